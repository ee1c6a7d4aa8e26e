# Several arguments an item, of any text.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def tell(who, what):
    return who + " draws " + what

if __name__ == "__main__":
    drawn = [("Ann", "*"), ("Bob", "red apples")]
    with Pool(2) as pool:
        for result in pool.starmap(tell, drawn):
            print(result)
