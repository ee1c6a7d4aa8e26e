/* Trees of small files that stand for a system's /proc and /sys.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "fixture.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Make the directories on the way to NAME, from its byte FROM on, which is
   behind the root's '/'.  */
static void
make_parents (char *name, size_t from)
{
  for (char *p = strchr (name + from, '/'); p; p = strchr (p + 1, '/'))
    {
      *p = '\0';
      if (mkdir (name, 0777) < 0)
        ck_assert_msg (errno == EEXIST, "mkdir %s: %s", name,
                       strerror (errno));
      *p = '/';
    }
}

static void
write_file (char const *name, char const *text)
{
  FILE *f = fopen (name, "w");
  ck_assert_msg (f != NULL, "open %s: %s", name, strerror (errno));
  ck_assert_int_ge (fputs (text, f), 0);
  ck_assert_int_eq (fclose (f), 0);
}

char *
fixture_make (struct fixture_file const *files)
{
  char const *tmp = getenv ("TMPDIR");
  char *root;
  ck_assert_int_gt (asprintf (&root, "%s/check-XXXXXX", tmp ? tmp : "/tmp"),
                    0);
  ck_assert_msg (mkdtemp (root) != NULL, "mkdtemp %s: %s", root,
                 strerror (errno));
  for (; files->name; files++)
    {
      char *name;
      ck_assert_int_gt (asprintf (&name, "%s%s%s", root, files->name,
                                  files->text ? "" : "/"), 0);
      make_parents (name, strlen (root) + 1);
      if (files->text)
        write_file (name, files->text);
      free (name);
    }
  return root;
}

static int
remove_one (char const *name, struct stat const *st, int type,
            struct FTW *where)
{
  (void) st;
  (void) type;
  (void) where;
  return remove (name);
}

void
fixture_remove (char *root)
{
  enum { DESCRIPTORS = 16 };
  ck_assert_int_eq (nftw (root, remove_one, DESCRIPTORS,
                          FTW_DEPTH | FTW_PHYS), 0);
  free (root);
}
