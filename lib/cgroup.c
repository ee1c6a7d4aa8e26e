/* Find the cgroups of a process and read their files, up to the root.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "cgroup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "procfile.h"

/* Room behind a directory's name for the longest "/FILE" asked for.  */
enum { FILE_ROOM = 64 };

/* A part of a string that is not NUL-terminated.  */
struct span
{
  char const *p;
  size_t len;
};

/* What a process's line in /proc/PID/cgroup says.  */
struct member
{
  int version;
  char *path;                   /* null: unknown */
};

static struct span
span_of (char const *s)
{
  return (struct span) { .p = s, .len = strlen (s) };
}

static bool
span_is (struct span s, char const *word)
{
  return s.len == strlen (word) && memcmp (s.p, word, s.len) == 0;
}

/* Cut the part of *S before the first C off and return it; all of it if there
   is no C.  */
static struct span
span_cut (struct span *s, char c)
{
  char const *end = s->len ? memchr (s->p, c, s->len) : NULL;
  struct span head = { .p = s->p, .len = end ? (size_t) (end - s->p) : s->len };
  size_t gone = head.len + (end != NULL);
  s->p += gone;
  s->len -= gone;
  return head;
}

/* Whether the comma-separated LIST has WORD.  */
static bool
span_list_has (struct span list, char const *word)
{
  while (list.len)
    if (span_is (span_cut (&list, ','), word))
      return true;
  return false;
}

int
mp_cgroups_read (char const *root, pid_t pid, struct mp_cgroups *c)
{
  *c = (struct mp_cgroups) { .root = root };
  int n = (pid
           ? asprintf (&c->membership_file, "%s/proc/%ld/cgroup", root,
                       (long int) pid)
           : asprintf (&c->membership_file, "%s/proc/self/cgroup", root));
  if (n < 0)
    {
      c->membership_file = NULL;
      return ENOMEM;
    }
  c->membership_error = mp_procfile_read (c->membership_file, &c->membership);
  int err = mp_mountinfo_open (root, &c->mounts);
  if (err)
    mp_cgroups_free (c);
  return err;
}

void
mp_cgroups_free (struct mp_cgroups *c)
{
  free (c->membership);
  free (c->membership_file);
  mp_mountinfo_free (&c->mounts);
  *c = (struct mp_cgroups) { .root = NULL };
}

/* Find the line of /proc/PID/cgroup, in TEXT, for CONTROLLER: a v1 hierarchy
   that has it, else v2.  Store it in *M, whose path the caller frees.
   Return 0, ENOENT if there is neither, or ENOMEM.  */
static int
find_member (char const *text, char const *controller, struct member *m)
{
  struct span rest = span_of (text);
  struct span path = { .p = NULL };
  while (rest.len && m->version != 1)
    {
      struct span line = span_cut (&rest, '\n');
      span_cut (&line, ':');
      struct span controllers = span_cut (&line, ':');
      bool v1 = span_list_has (controllers, controller);
      if (line.len && (v1 || controllers.len == 0))
        {
          path = line;
          m->version = v1 ? 1 : 2;
        }
    }
  if (!path.p)
    return ENOENT;
  m->path = strndup (path.p, path.len);
  return m->path ? 0 : ENOMEM;
}

/* Count the "/.." that *S starts with and step *S past them, and past a "/"
   that is all the rest.  */
static size_t
skip_ups (char const **s)
{
  size_t n = 0;
  while (strncmp (*s, "/..", 3) == 0 && ((*s)[3] == '/' || !(*s)[3]))
    {
      *s += 3;
      n++;
    }
  if (strcmp (*s, "/") == 0)
    ++*s;
  return n;
}

/* Where the process's cgroup PATH is as seen from a mount of the cgroup ROOT.
   Both are relative to the root of the same cgroup namespace and in the
   kernel's shortest form.  If the result is MP_CGROUP_FOUND, *REST is PATH
   relative to ROOT.  */
static enum mp_cgroup_state
locate (char const *root, char const *path, char const **rest)
{
  size_t root_ups = skip_ups (&root);
  size_t path_ups = skip_ups (&path);
  size_t len = strlen (root);
  /* ROOT is above the namespace's root, by directories whose names cannot be
     known from inside.  */
  if (root_ups > path_ups && len == 0)
    return MP_CGROUP_TOP_ONLY;
  if (root_ups == path_ups && strncmp (root, path, len) == 0
      && (path[len] == '/' || !path[len]))
    {
      *rest = path + len;
      return MP_CGROUP_FOUND;
    }
  return MP_CGROUP_OUTSIDE;
}

/* Make CG the directory REST of the mount point POINT below PREFIX.
   Return 0 or ENOMEM.  */
static int
set_dir (struct mp_cgroup *cg, char const *prefix, char const *point,
         char const *rest)
{
  cg->top = strlen (prefix) + strlen (point);
  cg->len = cg->top + strlen (rest);
  cg->dir = malloc (cg->len + FILE_ROOM);
  if (!cg->dir)
    return ENOMEM;
  stpcpy (stpcpy (stpcpy (cg->dir, prefix), point), rest);
  return 0;
}

bool
mp_cgroup_visible (struct mp_cgroup *cg)
{
  /* Every cgroup of either version has this file.  */
  memcpy (cg->dir + cg->len, "/cgroup.procs", sizeof "/cgroup.procs");
  bool visible = access (cg->dir, F_OK) == 0;
  cg->dir[cg->len] = '\0';
  return visible;
}

/* Whether NEW shows the process's cgroup better than OLD does: found rather
   than not, visible, and with more ancestors.  */
static bool
is_better (struct mp_cgroup *new, struct mp_cgroup *old)
{
  if (new->state != old->state)
    return new->state < old->state;
  if (!new->dir)
    return false;
  bool new_visible = mp_cgroup_visible (new);
  bool old_visible = mp_cgroup_visible (old);
  if (new_visible != old_visible)
    return new_visible;
  return new->len - new->top > old->len - old->top;
}

/* Whether no mount can show the cgroup CG of member M better than CG does: it
   is visible and so is every ancestor that the namespace shows.  */
static bool
is_best (struct mp_cgroup *cg, struct member const *m)
{
  if (!m->path || cg->state != MP_CGROUP_FOUND)
    return false;
  char const *path = m->path;
  skip_ups (&path);
  return cg->len - cg->top == strlen (path) && mp_cgroup_visible (cg);
}

/* Let CG be the cgroup of member M in the mount MNT if that is better than
   what CG is.  Return 0 or ENOMEM.  */
static int
consider (struct mp_cgroup *cg, char const *prefix, struct member const *m,
          struct mp_mount const *mnt)
{
  struct mp_cgroup new = { .state = MP_CGROUP_TOP_ONLY,
                           .version = mnt->version };
  char const *rest = "";
  if (m->path)
    new.state = locate (mnt->root, m->path, &rest);
  if (new.state <= MP_CGROUP_TOP_ONLY)
    {
      int err = set_dir (&new, prefix, mnt->point, rest);
      if (err)
        return err;
    }
  if (is_better (&new, cg))
    {
      free (cg->dir);
      *cg = new;
    }
  else
    free (new.dir);
  return 0;
}

/* Whether MNT can hold the hierarchy of member M for CONTROLLER.  */
static bool
mount_fits (struct mp_mount const *mnt, struct member const *m,
            char const *controller)
{
  return (mnt->version == m->version
          && (mnt->version == 2
              || span_list_has (span_of (mnt->options), controller)));
}

/* Find the best mount for M among those of C.  Return 0 or ENOMEM.  */
static int
find_mount (struct mp_cgroups *c, char const *controller,
            struct member const *m, struct mp_cgroup *cg)
{
  struct mp_mount const *mnt;
  size_t i = 0;
  int err;
  do
    {
      err = mp_mountinfo_get (&c->mounts, i++, &mnt);
      if (!err && mnt && mount_fits (mnt, m, controller))
        err = consider (cg, c->root, m, mnt);
    }
  while (!err && mnt && !is_best (cg, m));
  return err;
}

/* Without a mountinfo, try the places where systems mount the hierarchies
   (cgroups(7)), taking it that their root is mounted there.  If it is not,
   the process's own directory is not found there, its mount point's is.  */
static int
try_customary (char const *prefix, char const *controller,
               struct member const *m, struct mp_cgroup *cg)
{
  static struct mp_mount const places[] =
    {
      { .version = 1, .options = "cpu", .point = "/sys/fs/cgroup/cpu" },
      { .version = 1, .options = "cpu,cpuacct",
        .point = "/sys/fs/cgroup/cpu,cpuacct" },
      { .version = 1, .options = "memory", .point = "/sys/fs/cgroup/memory" },
      { .version = 1, .options = "cpuset", .point = "/sys/fs/cgroup/cpuset" },
      { .version = 2, .point = "/sys/fs/cgroup" },
      { .version = 2, .point = "/sys/fs/cgroup/unified" }
    };
  for (size_t i = 0; i < sizeof places / sizeof *places; i++)
    {
      struct mp_mount mnt = places[i];
      mnt.root = "/";
      if (!mount_fits (&mnt, m, controller))
        continue;
      struct mp_cgroup top = { .version = mnt.version };
      int err = set_dir (&top, prefix, mnt.point, "");
      if (err)
        return err;
      bool visible = mp_cgroup_visible (&top);
      mp_cgroup_free (&top);
      if (visible)
        return consider (cg, prefix, m, &mnt);
    }
  return 0;
}

/* Find where the hierarchy of M is mounted.  Return 0 or ENOMEM.  */
static int
find_member_mount (struct mp_cgroups *c, char const *controller,
                   struct member const *m, struct mp_cgroup *cg)
{
  int err = find_mount (c, controller, m, cg);
  if (!err && cg->state == MP_CGROUP_NOT_MOUNTED && c->mounts.error)
    err = try_customary (c->root, controller, m, cg);
  return err;
}

int
mp_cgroup_find (struct mp_cgroups *c, char const *controller,
                struct mp_cgroup *cg)
{
  *cg = (struct mp_cgroup) { .state = MP_CGROUP_NONE };
  struct member m = { .version = 0 };
  int err = c->membership ? find_member (c->membership, controller, &m) : 0;
  if (err)
    return err == ENOENT ? 0 : err;
  cg->state = MP_CGROUP_NOT_MOUNTED;
  if (m.version != 2)
    {
      cg->version = m.version = 1;
      err = find_member_mount (c, controller, &m, cg);
    }
  if (!err && cg->state == MP_CGROUP_NOT_MOUNTED
      && (m.version == 2 || !c->membership))
    {
      cg->version = m.version = 2;
      err = find_member_mount (c, controller, &m, cg);
    }
  free (m.path);
  if (err)
    mp_cgroup_free (cg);
  return err;
}

void
mp_cgroup_free (struct mp_cgroup *cg)
{
  free (cg->dir);
  *cg = (struct mp_cgroup) { .state = MP_CGROUP_NOT_MOUNTED };
}

/* Complete CG's directory to the name of its file NAME, in place.  */
static void
append_file (struct mp_cgroup *cg, char const *name)
{
  snprintf (cg->dir + cg->len, FILE_ROOM, "/%s", name);
}

int
mp_cgroup_line (struct mp_cgroup *cg, char const *name,
                char *buf, size_t size)
{
  append_file (cg, name);
  int err = mp_procfile_line (cg->dir, buf, size);
  cg->dir[cg->len] = '\0';
  return err;
}

int
mp_cgroup_text (struct mp_cgroup *cg, char const *name, char **text)
{
  append_file (cg, name);
  int err = mp_procfile_read (cg->dir, text);
  cg->dir[cg->len] = '\0';
  return err;
}

int
mp_cgroup_file (struct mp_cgroup const *cg, char const *name, char **file)
{
  if (asprintf (file, "%s/%s", cg->dir, name) < 0)
    {
      *file = NULL;
      return ENOMEM;
    }
  return 0;
}

bool
mp_cgroup_up (struct mp_cgroup *cg)
{
  if (cg->len <= cg->top)
    return false;
  while (cg->len > cg->top && cg->dir[--cg->len] != '/')
    continue;
  cg->dir[cg->len] = '\0';
  return true;
}
