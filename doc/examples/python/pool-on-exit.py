# What is done when a call has ended.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def divide(a, b):
    return a // b

def good(result):
    print("it has succeeded")

def bad(error):
    print("it has failed")

if __name__ == "__main__":
    with Pool(2) as pool:
        for b in (3, 0):
            call = pool.apply_async(divide, (12, b), callback=good,
                                    error_callback=bad)
            call.wait()
