# The names of the current process and its parent.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process, current_process, parent_process
import os

def child():
    print(current_process().name, "is here")
    print("its parent is known:", parent_process().pid == os.getppid())

if __name__ == "__main__":
    print(current_process().name, "is here")
    p = Process(target=child, name="worker")
    p.start()
    p.join()
