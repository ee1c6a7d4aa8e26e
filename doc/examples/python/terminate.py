# Terminate a process, and what it has started.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process, Pipe
import os, signal, subprocess, time

def child(pipe):
    pipe.send(subprocess.Popen(["sleep", "600"]).pid)
    time.sleep(600)

if __name__ == "__main__":
    here, there = Pipe()
    p = Process(target=child, args=(there,))
    p.start()
    grandchild = here.recv()
    p.terminate()               # leaves the grandchild
    p.join()
    print("ended by signal", -p.exitcode)
    os.kill(grandchild, signal.SIGTERM)
    print("what it had started is gone")
