# A plain process is waited for.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process, Event
import time

def child(go):
    go.wait()
    time.sleep(0.3)
    print("the child ends")

if __name__ == "__main__":
    go = Event()
    Process(target=child, args=(go,)).start()
    print("the main process ends", flush=True)
    go.set()
