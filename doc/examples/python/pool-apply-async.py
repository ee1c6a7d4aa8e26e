# Start calls now, get their results later.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def add(a, b):
    return a + b

def multiply(a, b):
    return a * b

if __name__ == "__main__":
    with Pool(2) as pool:
        total = pool.apply_async(add, (3, 4))
        product = pool.apply_async(multiply, (3, 4))
        print("all are started")
        print(total.get())
        print(product.get())
