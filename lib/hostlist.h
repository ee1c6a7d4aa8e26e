/* Lists of hosts.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_HOSTLIST_H
#define MP_HOSTLIST_H

#include <stddef.h>

/* A host, and how many tasks may run there at a time; 0: not said.  */
struct mp_hostlist_entry
{
  char *name;                   /* owned */
  unsigned int slots;
};

/* All zero is an empty list.  */
struct mp_hostlist
{
  struct mp_hostlist_entry *entry;      /* owned, N */
  size_t n;
};

/* Free what L holds and make it empty.  */
void mp_hostlist_free (struct mp_hostlist *l);

/* Append the host that the LEN bytes at S mean, "HOST" or "N/HOST", to L;
   blanks around them do not count.  Return 0; ENOMEM; or EINVAL if there is no
   name, if it begins with '-' and a command would take it for an option, if
   it has a blank or a control character, or if N is not a number from 1 up.  */
int mp_hostlist_add (struct mp_hostlist *l, char const *s, size_t len);

#endif
