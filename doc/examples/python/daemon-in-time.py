# A daemonic process that ends in time.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process

def child():
    print("the daemon has ended in time")

if __name__ == "__main__":
    p = Process(target=child, daemon=True)
    p.start()
    p.join()
    print("the main process ends")
