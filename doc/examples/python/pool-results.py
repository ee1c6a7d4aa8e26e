# What becomes of a call.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool, TimeoutError
import time

def fail():
    raise ValueError

if __name__ == "__main__":
    with Pool(2) as pool:
        slow = pool.apply_async(time.sleep, (600,))
        print("it is ready:", slow.ready())
        try:
            slow.get(timeout=0.2)
        except TimeoutError:
            print("it takes too long")
        bad = pool.apply_async(fail)
        bad.wait()
        print("it has succeeded:", bad.successful())
