# Several arguments an item.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def area(width, height):
    return width * height

if __name__ == "__main__":
    with Pool(2) as pool:
        for result in pool.starmap(area, [(2, 3), (4, 5)]):
            print(result)
