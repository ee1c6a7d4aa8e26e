# What is done with each error.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def divide(n):
    return 12 // n

def good(result):
    print("a result:", result)

def bad(error):
    print("an error")

if __name__ == "__main__":
    with Pool(1) as pool:       # else the order would be anyone's
        calls = [pool.apply_async(divide, (n,), callback=good,
                                  error_callback=bad)
                 for n in (4, 0, 3)]
        pool.close()
        pool.join()
    if not all(call.successful() for call in calls):
        print("not all have succeeded")
