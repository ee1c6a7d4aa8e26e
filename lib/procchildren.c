/* The children of processes.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "procchildren.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "c-ctype.h"
#include "procfile.h"
#include "procstat.h"

/* Return the number that the directory entry NAME is, 0 if it is none.  */
static pid_t
entry_pid (char const *name)
{
  return c_isdigit (*name) ? strtol (name, NULL, 10) : 0;
}

/* Make room for N + 1 elements of SIZE bytes in the array P of *N_ALLOC.
   Return the array, or NULL if there is no memory; P is then as before.  */
static void *
grow (void *p, size_t n, size_t *n_alloc, size_t size)
{
  if (n < *n_alloc)
    return p;
  size_t larger = *n_alloc ? 2 * *n_alloc : 64;
  p = reallocarray (p, larger, size);
  if (p)
    *n_alloc = larger;
  return p;
}

/* Add CHILD to the result of C.  Return 0 or ENOMEM.  */
static int
add_child (struct mp_children *c, pid_t child)
{
  pid_t *p = grow (c->child, c->n, &c->n_alloc, sizeof *p);
  if (!p)
    return ENOMEM;
  c->child = p;
  c->child[c->n++] = child;
  return 0;
}

/* Add to the result of C the children that the thread TID of PID has.
   Return 0 or an errno value.  */
static int
thread_children (struct mp_children *c, pid_t pid, pid_t tid)
{
  char name[64];
  char *text;
  snprintf (name, sizeof name, "/proc/%jd/task/%jd/children",
            (intmax_t) pid, (intmax_t) tid);
  int err = mp_procfile_read (name, &text);
  if (err)
    return err == ENOENT || err == ESRCH ? 0 : err;

  char *end;
  for (char *p = text; !err; p = end)
    {
      pid_t child = strtol (p, &end, 10);
      if (end == p)
        break;
      err = add_child (c, child);
    }
  free (text);
  return err;
}

/* Add to the result of C the children of all threads of PID.
   Return 0 or an errno value.  */
static int
all_threads_children (struct mp_children *c, pid_t pid)
{
  char name[64];
  snprintf (name, sizeof name, "/proc/%jd/task", (intmax_t) pid);
  DIR *dir = opendir (name);
  if (!dir)
    return errno == ENOENT || errno == ESRCH ? 0 : errno;

  int err = 0;
  struct dirent *entry;
  while (!err && (entry = readdir (dir)))
    {
      pid_t tid = entry_pid (entry->d_name);
      if (tid)
        err = thread_children (c, pid, tid);
    }
  closedir (dir);
  return err;
}

/* Order for sorting by parent, then by child.  */
static int
compare_parentage (void const *a, void const *b)
{
  struct mp_parentage const *p = a;
  struct mp_parentage const *q = b;
  int order = (p->parent > q->parent) - (p->parent < q->parent);
  return order ? order : (p->child > q->child) - (p->child < q->child);
}

/* Store in C the parents of all processes that DIR, which is /proc, shows.
   Return 0 or an errno value.  */
static int
learn_parents (struct mp_children *c, DIR *dir)
{
  size_t n_alloc = 0;
  struct dirent *entry;
  while ((entry = readdir (dir)))
    {
      struct mp_procstat st;
      pid_t pid = entry_pid (entry->d_name);
      int err = pid ? mp_procstat_read (pid, &st) : ESRCH;
      if (err == EMFILE || err == ENFILE || err == ENOMEM)
        return err;
      if (err)
        continue;               /* vanished, or hidden */
      struct mp_parentage *p = grow (c->known, c->n_known, &n_alloc,
                                     sizeof *p);
      if (!p)
        return ENOMEM;
      c->known = p;
      c->known[c->n_known++]
        = (struct mp_parentage) { .parent = st.ppid, .child = pid };
    }
  if (c->n_known)
    qsort (c->known, c->n_known, sizeof *c->known, compare_parentage);
  return 0;
}

/* Add to the result of C the children of PID among the known.
   Return 0 or an errno value.  */
static int
known_children (struct mp_children *c, pid_t pid)
{
  size_t low = 0;
  size_t high = c->n_known;
  while (low < high)
    {
      size_t middle = low + (high - low) / 2;
      if (c->known[middle].parent < pid)
        low = middle + 1;
      else
        high = middle;
    }

  int err = 0;
  for (; !err && low < c->n_known && c->known[low].parent == pid; low++)
    err = add_child (c, c->known[low].child);
  return err;
}

int
mp_children_begin (struct mp_children *c, bool by_stat)
{
  char name[64];
  snprintf (name, sizeof name, "/proc/self/task/%jd/children",
            (intmax_t) getpid ());
  *c = (struct mp_children) { .by_stat = by_stat || access (name, F_OK) != 0 };
  if (!c->by_stat)
    return 0;

  DIR *dir = opendir ("/proc");
  if (!dir)
    return errno;
  int err = learn_parents (c, dir);
  closedir (dir);
  return err;
}

int
mp_children_of (struct mp_children *c, pid_t pid, long threads)
{
  c->n = 0;
  if (c->by_stat)
    return known_children (c, pid);
  if (threads == 1)
    return thread_children (c, pid, pid);
  return all_threads_children (c, pid);
}

void
mp_children_end (struct mp_children *c)
{
  free (c->known);
  free (c->child);
  *c = (struct mp_children) { 0 };
}
