# Squares, by four workers.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def square(n):
    return n * n

if __name__ == "__main__":
    with Pool(4) as pool:
        for result in pool.map(square, range(10)):
            print(result)
