# The results of a map, all at once.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def length(word):
    return len(word)

if __name__ == "__main__":
    with Pool(2) as pool:
        lengths = pool.map(length, ["one", "two or", "three"])
    print("the sum is", sum(lengths))
