# A daemonic process that is cut off.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process, Event
import time

def child(begun):
    print("the daemon begins", flush=True)
    begun.set()
    time.sleep(600)
    print("this is never seen")

if __name__ == "__main__":
    begun = Event()
    Process(target=child, args=(begun,), daemon=True).start()
    begun.wait()
    print("the main process ends")
