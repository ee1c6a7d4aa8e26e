# Join with a time limit.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process
import time

if __name__ == "__main__":
    p = Process(target=time.sleep, args=(600,))
    p.start()
    p.join(0.2)
    if p.is_alive():
        print("it still runs")
    p.terminate()
    p.join()
    print("ended by signal", -p.exitcode)
