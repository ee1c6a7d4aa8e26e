/* Trees of small files that stand for a system's /proc and /sys.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef FIXTURE_H
#define FIXTURE_H

/* A file of a tree.  */
struct fixture_file
{
  char const *name;             /* below the tree's root, with a leading '/' */
  char const *text;             /* null: make a directory instead, which no
                                   one, not even root, can read as a file */
};

/* Make a new directory with the FILES, an array that ends with a null name,
   and return its name.  Its parents are made as needed.  It goes with
   fixture_remove.  Failure fails the running test.  */
char *fixture_make (struct fixture_file const *files);

/* Remove the tree ROOT and free its name.  */
void fixture_remove (char *root);

#endif
