/* Sets of CPU ids, of any size, and the lists that the kernel writes them as.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_CPULIST_H
#define MP_CPULIST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A set of CPU ids.  All zero is the empty set; what is in WORDS belongs to
   the set and goes with mp_cpulist_free.  */
struct mp_cpulist
{
  unsigned long *words;         /* a bit a CPU, as in the kernel's cpumask */
  size_t nwords;
};

/* Ids from here on are refused (ERANGE): far above any kernel's NR_CPUS, and
   low enough that a damaged file cannot take the memory.  */
enum { MP_CPULIST_LIMIT = 1 << 22 };

/* Free what SET holds and make it empty.  */
void mp_cpulist_free (struct mp_cpulist *set);

/* Add the ids FIRST to LAST, FIRST <= LAST, to SET.  Return 0, ERANGE or
   ENOMEM; on failure SET is as before.  */
int mp_cpulist_add (struct mp_cpulist *set, size_t first, size_t last);

/* Whether ID is in SET.  */
bool mp_cpulist_has (struct mp_cpulist const *set, size_t id);

/* How many ids SET has.  */
size_t mp_cpulist_count (struct mp_cpulist const *set);

/* Find the smallest id in SET that is at least *ID and store it in *ID.
   Return false if there is none.  */
bool mp_cpulist_next (struct mp_cpulist const *set, size_t *id);

/* Take out of SET what is in OTHER.  */
void mp_cpulist_subtract (struct mp_cpulist *set,
                          struct mp_cpulist const *other);

/* Put a copy of FROM, into *TO, which is overwritten.  Return 0 or ENOMEM.  */
int mp_cpulist_copy (struct mp_cpulist *to, struct mp_cpulist const *from);

/* Read S, a list such as "0-3,8\n", into SET, which is overwritten.  The
   kernel writes an empty set as an empty line ("List format" in cpuset(7)).
   Return 0, EINVAL if S is no such list, ERANGE or ENOMEM.  */
int mp_cpulist_parse (char const *s, struct mp_cpulist *set);

/* Write SET as such a list, without a newline, to *S, which the caller frees.
   Return 0 or ENOMEM.  */
int mp_cpulist_format (struct mp_cpulist const *set, char **s);

/* Read the list in the file NAME into SET, which is overwritten.  Return 0,
   or an errno value: EINVAL if there is no list in it.  */
int mp_cpulist_read (char const *name, struct mp_cpulist *set);

/* Store the CPUs on which the process PID (0: the caller) may run in SET,
   which is overwritten.  The kernel has already left out those that are
   offline.  Return 0, or an errno value: ESRCH if there is no such process,
   ENOSYS where the system cannot tell.  */
int mp_cpulist_affinity (pid_t pid, struct mp_cpulist *set);

#endif
