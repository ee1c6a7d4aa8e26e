# A pool that ends with its block.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool
import time

def add(a, b):
    return a + b

if __name__ == "__main__":
    with Pool(2) as pool:
        slow = pool.apply_async(time.sleep, (600,))
        total = pool.apply_async(add, (3, 4))
        print(total.get())
    print("the slow one was not waited for")
