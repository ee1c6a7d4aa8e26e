# Arguments, by position and by name.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Process

def greet(who, mark="."):
    print("hello " + who + mark)

if __name__ == "__main__":
    p = Process(target=greet, args=("big world",), kwargs={"mark": "!"})
    p.start()
    p.join()
