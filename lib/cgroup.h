/* Find the cgroups of a process and read their files, up to the root.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_CGROUP_H
#define MP_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "mountinfo.h"

/* What /proc says about the cgroups of one process.  Opaque to callers.

   Facts used, from cgroups(7), cgroup_namespaces(7) and proc(5):
   - /proc/PID/cgroup has a line "ID:CONTROLLERS:PATH" for each hierarchy; the
     one with an empty CONTROLLERS is cgroup v2.  PATH is relative to the root
     of the reader's cgroup namespace, so it may start with "/..", and ends in
     " (deleted)" when the cgroup was removed.
   - /proc/self/mountinfo tells where a hierarchy is mounted and which of its
     directories is there (the root field), relative to the same root.
   - From the two follows where in the file system the cgroup's directory is,
     and which of its ancestors can be seen.  */
struct mp_cgroups
{
  char const *root;             /* prefix of every file name */
  char *membership;             /* /proc/PID/cgroup, or null */
  char *membership_file;        /* its name */
  int membership_error;         /* why MEMBERSHIP is null */
  struct mp_mountinfo mounts;
};

/* How well a cgroup could be found.  */
enum mp_cgroup_state
{
  MP_CGROUP_FOUND,              /* the process's own, with its ancestors */
  MP_CGROUP_TOP_ONLY,           /* only the topmost visible ancestor */
  MP_CGROUP_OUTSIDE,            /* not below what is mounted here */
  MP_CGROUP_NOT_MOUNTED,        /* its hierarchy is not mounted here */
  MP_CGROUP_NONE                /* no hierarchy has this controller */
};

/* A cgroup directory, which moves upwards.  */
struct mp_cgroup
{
  enum mp_cgroup_state state;
  int version;                  /* 1 or 2 */
  char *dir;                    /* the directory, ROOT included; null unless
                                   FOUND or TOP_ONLY */
  size_t len;                   /* its length now */
  size_t top;                   /* its length at the mount point */
};

/* Read what ROOT/proc says about the cgroups of process PID (0: the caller)
   into *C, to be freed with mp_cgroups_free.  ROOT, "" for the real ones, is
   kept, not copied.  A file that cannot be read is noted in *C and is no
   error: without the first, only the cgroups at the mount points are known;
   without the second, the customary mount points are tried.
   Return 0 or ENOMEM.  */
int mp_cgroups_read (char const *root, pid_t pid, struct mp_cgroups *c);
void mp_cgroups_free (struct mp_cgroups *c);

/* Find the cgroup that limits the process through CONTROLLER ("cpu",
   "memory", "cpuset"): v1 if that is where the controller is, else v2.  C's
   mounts are read on as far as needed.  The result in *CG is to be freed with
   mp_cgroup_free.  Return 0 or ENOMEM.  */
int mp_cgroup_find (struct mp_cgroups *c, char const *controller,
                    struct mp_cgroup *cg);
void mp_cgroup_free (struct mp_cgroup *cg);

/* Read the one-line file NAME of the cgroup CG into the SIZE bytes at BUF, as
   mp_procfile_line does.  Return 0 or an errno value.  */
int mp_cgroup_line (struct mp_cgroup *cg, char const *name,
                    char *buf, size_t size);

/* Read the file NAME of CG whole, as mp_procfile_read does.  */
int mp_cgroup_text (struct mp_cgroup *cg, char const *name, char **text);

/* Store the full name of CG's file NAME in *FILE, which the caller frees.
   Return 0 or ENOMEM.  */
int mp_cgroup_file (struct mp_cgroup const *cg, char const *name,
                    char **file);

/* Whether CG's directory can be seen: it may be covered by another mount, or
   be gone.  */
bool mp_cgroup_visible (struct mp_cgroup *cg);

/* Make CG its parent.  Return false if it is at the mount point already.  */
bool mp_cgroup_up (struct mp_cgroup *cg);

#endif
