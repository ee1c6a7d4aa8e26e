# The start methods.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

import multiprocessing

def child(method):
    print("started by", method)

if __name__ == "__main__":
    for method in sorted(multiprocessing.get_all_start_methods()):
        context = multiprocessing.get_context(method)
        p = context.Process(target=child, args=(method,))
        p.start()
        p.join()
