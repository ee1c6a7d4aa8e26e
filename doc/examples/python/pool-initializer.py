# Prepare each worker.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def prepare(argument):
    global greeting
    greeting = argument

def greet(name):
    return greeting + ", " + name

if __name__ == "__main__":
    with Pool(2, initializer=prepare, initargs=("Hello",)) as pool:
        for result in pool.map(greet, ["Ann", "Bob"]):
            print(result)
