# What is done with each result.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def square(n):
    return n * n

def tell(result):
    print("a square:", result)

if __name__ == "__main__":
    with Pool(1) as pool:       # else the order would be anyone's
        for n in (2, 3, 4):
            pool.apply_async(square, (n,), callback=tell)
        pool.close()
        pool.join()
