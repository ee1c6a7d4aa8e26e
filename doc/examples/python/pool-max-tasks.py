# A new worker after some tasks.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool
import os

def worker(item):
    return os.getpid()

if __name__ == "__main__":
    with Pool(1, maxtasksperchild=2) as pool:
        workers = pool.map(worker, range(6), chunksize=1)
    print("six items, workers:", len(set(workers)))
