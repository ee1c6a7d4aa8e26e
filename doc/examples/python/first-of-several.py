# Wait for the first of several.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process
from multiprocessing.connection import wait
import time

if __name__ == "__main__":
    slow = Process(target=time.sleep, args=(600,), name="slow")
    fast = Process(target=time.sleep, args=(0.1,), name="fast")
    slow.start()
    fast.start()
    sentinels = {p.sentinel: p for p in (slow, fast)}
    for ready in wait(sentinels):
        print("the first is", sentinels[ready].name)
    slow.terminate()
