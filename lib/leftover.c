/* What the daemonic processes of a supervisor that is gone have left.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "leftover.h"

#include <errno.h>
#include <string.h>

#include "treeset.h"

/* What is looked for.  */
struct search
{
  struct mp_procid const *supervisor;
  struct mp_treeset set;
};

/* Make the process of REC a target of ARG, a search, if it is one of its
   supervisor's daemonic ones.  Return 0 or an errno value.  */
static int
add (struct mp_record *rec, void *arg)
{
  struct search *search = arg;
  struct mp_handle h = { .id = rec->id, .record = rec };
  enum mp_refusal why;
  int err = 0;
  if (rec->started && rec->daemon && !rec->other_boot
      && mp_procid_equal (&rec->supervisor, search->supervisor))
    err = mp_treeset_add (&search->set, &h, &why);
  mp_record_free (rec);
  return err == ENOMEM ? err : 0;
}

int
mp_leftover_end (struct mp_records *r, char const *scope,
                 struct mp_procid const *supervisor)
{
  struct search search = { .supervisor = supervisor };
  int err = mp_treeset_begin (&search.set, 0, r);
  if (!err)
    err = mp_records_each (r, scope, add, &search);
  if (!err && search.set.n_targets)
    err = mp_treeset_kill (&search.set);
  mp_treeset_end (&search.set);
  return err;
}
