# Several items at once to a worker.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool
import os

def worker(item):
    return os.getpid()

if __name__ == "__main__":
    with Pool(2) as pool:
        workers = pool.map(worker, range(10), chunksize=5)
    print("the first five had workers:", len(set(workers[:5])))
    print("the other five had workers:", len(set(workers[5:])))
