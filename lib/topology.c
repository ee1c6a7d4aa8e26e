/* Cores, sockets and memory nodes: what groups of CPUs a set touches.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* What a walk over the groups has found.  */
struct groups
{
  struct mp_cpulist left;       /* the CPUs not yet in a known group */
  struct mp_cpulist firsts;     /* the first of each group */
  char *source;                 /* a file that was read, or should have been */
  int error;                    /* why it could not be read */
};

/* Take NAME, whose reading ended with ERROR, over as the source of G, or free
   it if a better one is known: one that could be read, or else the first.  */
static void
note_source (struct groups *g, char *name, int error)
{
  if (!g->source || (g->error && !error))
    {
      free (g->source);
      g->source = name;
      g->error = error;
    }
  else
    free (name);
}

/* Read the list of CPUs in the file NAME, which is taken over, into *GROUP.
   Return 0 or an errno value, which G keeps.  */
static int
read_group (struct groups *g, char *name, struct mp_cpulist *group)
{
  int error = mp_cpulist_read (name, group);
  note_source (g, name, error);
  return error;
}

/* Count GROUP if any of its CPUs is left; none of them is any more.
   Return 0 or ENOMEM.  */
static int
count_group (struct groups *g, struct mp_cpulist const *group)
{
  for (size_t id = 0; mp_cpulist_next (group, &id); id++)
    if (mp_cpulist_has (&g->left, id))
      {
        mp_cpulist_subtract (&g->left, group);
        return mp_cpulist_add (&g->firsts, id, id);
      }
  return 0;
}

/* Read the group of the CPU ID from the file FIELD of its topology, and count
   it.  Return 0 or an errno value.  */
static int
find_group_of (struct groups *g, char const *root, size_t id,
               char const *field)
{
  char *name;
  if (asprintf (&name, "%s/sys/devices/system/cpu/cpu%zu/topology/%s",
                root, id, field) < 0)
    return ENOMEM;
  struct mp_cpulist group = { .words = NULL };
  int err = read_group (g, name, &group);
  if (!err)
    err = mp_cpulist_add (&group, id, id);
  if (!err)
    err = count_group (g, &group);
  mp_cpulist_free (&group);
  return err;
}

/* Find the cores or sockets of the CPUs that are left.  FIELDS are the names
   of the file that tells a CPU's: the one since Linux 5.3 and the older.
   Return 0 or ENOMEM.  */
static int
find_packages (struct groups *g, char const *root,
               char const *const fields[2])
{
  for (size_t id = 0; mp_cpulist_next (&g->left, &id); id++)
    {
      int err = find_group_of (g, root, id, fields[0]);
      if (err && err != ENOMEM)
        err = find_group_of (g, root, id, fields[1]);
      if (err == ENOMEM)
        return err;
    }
  return 0;
}

/* Find the memory nodes of the CPUs that are left.  Return 0 or ENOMEM.  */
static int
find_nodes (struct groups *g, char const *root)
{
  char *name;
  if (asprintf (&name, "%s/sys/devices/system/node/online", root) < 0)
    return ENOMEM;
  struct mp_cpulist nodes = { .words = NULL };
  int err = read_group (g, name, &nodes);
  for (size_t id = 0; !err && mp_cpulist_next (&nodes, &id); id++)
    {
      struct mp_cpulist group = { .words = NULL };
      if (asprintf (&name, "%s/sys/devices/system/node/node%zu/cpulist",
                    root, id) < 0)
        err = ENOMEM;
      else if (read_group (g, name, &group) == 0)
        err = count_group (g, &group);
      mp_cpulist_free (&group);
    }
  mp_cpulist_free (&nodes);
  return err == ENOMEM ? err : 0;
}

/* Where the groups of KIND could not be read, append that to LIMITS and guess
   them: every CPU that is left is a core; all together are one of the
   rest.  */
static int
guess_groups (struct groups *g, enum mp_limit_kind kind,
              struct mp_limits *limits)
{
  struct mp_limit l = { .kind = kind, .state = MP_LIMIT_UNREADABLE,
                        .error = g->error, .source = g->source };
  if (g->error == 0 || g->error == EINVAL)
    l.state = MP_LIMIT_INVALID;
  int err = mp_limits_add (limits, &l);
  if (err)
    return err;
  if (kind == MP_LIMIT_CORES)
    return mp_cpulist_copy (&g->firsts, &g->left);
  size_t first = 0;
  return (mp_cpulist_next (&g->left, &first)
          ? mp_cpulist_add (&g->firsts, first, first) : 0);
}

/* Append the number of groups of KIND to LIMITS.  */
static int
add_count (struct groups const *g, enum mp_limit_kind kind, bool known,
           struct mp_limits *limits)
{
  struct mp_limit l = { .kind = kind, .state = MP_LIMIT_SET,
                        .cpus = mp_cpulist_count (&g->firsts),
                        .source = known ? g->source : NULL };
  int err = mp_cpulist_format (&g->firsts, &l.text);
  if (!err)
    err = mp_limits_add (limits, &l);
  free (l.text);
  return err;
}

/* The files that tell a CPU's core and its socket: the one since Linux 5.3 and
   the older.  */
static char const *const core_fields[]
  = { "core_cpus_list", "thread_siblings_list" };
static char const *const socket_fields[]
  = { "package_cpus_list", "core_siblings_list" };

int
mp_topology_reduce (char const *root, enum mp_limit_kind kind,
                    struct mp_cpulist *set, struct mp_limits *limits)
{
  struct groups g = { .source = NULL };
  int err = mp_cpulist_copy (&g.left, set);
  if (!err)
    err = (kind == MP_LIMIT_NODES ? find_nodes (&g, root)
           : find_packages (&g, root, (kind == MP_LIMIT_CORES
                                       ? core_fields : socket_fields)));
  bool known = mp_cpulist_count (&g.firsts) != 0;
  if (!err && !known)
    {
      mp_cpulist_free (&g.firsts);
      err = guess_groups (&g, kind, limits);
    }
  if (!err)
    err = add_count (&g, kind, known, limits);
  if (!err)
    {
      mp_cpulist_free (set);
      *set = g.firsts;
      g.firsts = (struct mp_cpulist) { .words = NULL };
    }
  mp_cpulist_free (&g.firsts);
  mp_cpulist_free (&g.left);
  free (g.source);
  return err;
}

/* What is put in order.  */
struct order
{
  char const *root;
  struct mp_cpulist left;       /* the CPUs that have no place yet */
  struct mp_topology_cpu *cpu;
  size_t n;
};

/* Store in *GROUP, which is overwritten, the CPUs of the group of ID that
   FIELDS name, and ID; ID alone if that cannot be read.  Return 0 or
   ENOMEM.  */
static int
read_group_of (char const *root, size_t id, char const *const fields[2],
               struct mp_cpulist *group)
{
  int err = ENOENT;
  *group = (struct mp_cpulist) { .words = NULL };
  for (int i = 0; err && err != ENOMEM && i < 2; i++)
    {
      char *name;
      if (asprintf (&name, "%s/sys/devices/system/cpu/cpu%zu/topology/%s",
                    root, id, fields[i]) < 0)
        return ENOMEM;
      err = mp_cpulist_read (name, group);
      free (name);
      if (err)
        mp_cpulist_free (group);
    }
  if (err != ENOMEM)
    err = mp_cpulist_add (group, id, id);
  if (err)
    mp_cpulist_free (group);
  return err;
}

/* Put those of CORE that are left next.  */
static void
put_core (struct order *o, struct mp_cpulist const *core)
{
  size_t nth = 0;
  for (size_t id = 0; mp_cpulist_next (core, &id); id++)
    if (mp_cpulist_has (&o->left, id))
      o->cpu[o->n++] = (struct mp_topology_cpu) { id, nth++ };
  mp_cpulist_subtract (&o->left, core);
}

/* Put the cores of those of GROUP that are left next, one after the other.
   Return 0 or ENOMEM.  */
static int
put_cores (struct order *o, struct mp_cpulist const *group)
{
  int err = 0;
  for (size_t id = 0; !err && mp_cpulist_next (group, &id); id++)
    {
      struct mp_cpulist core;
      if (!mp_cpulist_has (&o->left, id))
        continue;
      err = read_group_of (o->root, id, core_fields, &core);
      if (!err)
        put_core (o, &core);
      mp_cpulist_free (&core);
    }
  return err;
}

int
mp_topology_order (char const *root, struct mp_cpulist const *set,
                   struct mp_topology_cpu **cpu)
{
  struct order o = { .root = root };
  size_t n = mp_cpulist_count (set);
  int err = mp_cpulist_copy (&o.left, set);
  o.cpu = calloc (n ? n : 1, sizeof *o.cpu);
  if (!err && !o.cpu)
    err = ENOMEM;
  for (size_t i = 0; !err && mp_cpulist_next (&o.left, &i); i++)
    {
      struct mp_cpulist socket;
      err = read_group_of (root, i, socket_fields, &socket);
      if (!err)
        err = put_cores (&o, &socket);
      mp_cpulist_free (&socket);
    }
  mp_cpulist_free (&o.left);
  if (err)
    free (o.cpu);
  else
    *cpu = o.cpu;
  return err;
}
