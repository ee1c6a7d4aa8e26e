# Results one by one, as they come.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool
import os, time

def work(name):
    while name == "slow" and not os.path.exists("seen"):
        time.sleep(0.1)
    return name

if __name__ == "__main__":
    with Pool(2) as pool:
        for result in pool.imap_unordered(work, ["slow", "fast"]):
            print(result, "is done")
            open("seen", "w").close()
    os.remove("seen")
