# Start several, join all.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process

def work(n):
    print("work", n)

if __name__ == "__main__":
    processes = [Process(target=work, args=(n,)) for n in (1, 2, 3)]
    for p in processes:
        p.start()
        p.join()                # else the order would be anyone's
    print("all have ended")
