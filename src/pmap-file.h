/* pmap: the files that it writes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_FILE_H
#define PMAP_FILE_H

struct pmap_options;

/* Exit if FILE, which is to be written, is one of the inputs of O.  */
void pmap_file_check (struct pmap_options const *o, char const *file);

/* Open FILE, which is none of the inputs of O, to be written anew, without
   waiting for anyone; or exit.  Return the descriptor, close-on-exec.  */
int pmap_file_create (struct pmap_options const *o, char const *file);

#endif
