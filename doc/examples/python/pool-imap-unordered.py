# Results one by one, as they come.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool
import time

def wait(seconds):
    time.sleep(seconds)
    return seconds

if __name__ == "__main__":
    with Pool(2) as pool:
        for result in pool.imap_unordered(wait, [2, 0]):
            print(result, "is done")
