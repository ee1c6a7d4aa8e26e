# Exit codes.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process
import os, signal, sys

def good():
    pass

def bad():
    sys.exit(3)

def killed():
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    for target in (good, bad, killed):
        p = Process(target=target)
        p.start()
        p.join()
        if p.exitcode < 0:
            print(target.__name__, "was ended by signal", -p.exitcode)
        else:
            print(target.__name__, "exited with", p.exitcode)
