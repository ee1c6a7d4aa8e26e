# The active children.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process, active_children
import time

if __name__ == "__main__":
    for n in (1, 2):
        Process(target=time.sleep, args=(600,)).start()
    print(len(active_children()), "are active")
    for p in active_children():
        p.terminate()
        p.join()
    print(len(active_children()), "are active")
