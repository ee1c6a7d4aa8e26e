/* The front end of the programs in this folder: they find the translations
   that a test has made, below the folder they run in, and not those installed.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#undef LOCALEDIR
#define LOCALEDIR "./locale"
#include "../../src/front.c"
