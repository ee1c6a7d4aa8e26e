# Lines through workers that read lines and write lines.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

from multiprocessing import Pool

def length(word):
    return f"{word} {len(word)}"

if __name__ == "__main__":
    words = ["map", "filter", "reduce"]
    with Pool(2) as pool:
        for result in pool.imap(length, words):
            print(result)
