# A plain process is waited for.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process
import time

def child():
    time.sleep(0.3)
    print("the child ends")

if __name__ == "__main__":
    Process(target=child).start()
    print("the main process ends", flush=True)
