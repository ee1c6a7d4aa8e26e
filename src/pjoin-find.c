/* pjoin: find what the operands name.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pjoin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "quote.h"
#include "xalloc.h"

#include "exit-status.h"
#include "front.h"
#include "open-records.h"
#include "items.h"
#include "procstat.h"

/* Return the job of J that is the process ID, or null.  */
static struct pjoin_job *
find_job (struct pjoin const *j, struct mp_procid const *id)
{
  for (size_t i = 0; i < j->n; i++)
    if (mp_procid_equal (&j->job[i]->handle.id, id))
      return j->job[i];
  return NULL;
}

/* Take over HANDLE, of the process that the user calls NAME, as a job of J.
   Return it.  */
static struct pjoin_job *
add_job (struct pjoin *j, struct mp_handle const *handle, char const *name)
{
  if (j->n == j->allocated)
    j->job = x2nrealloc (j->job, &j->allocated, sizeof *j->job);
  struct pjoin_job *job = xmalloc (sizeof *job);
  *job = (struct pjoin_job) {
    .source = { .fd = -1 }, .join = j, .name = xstrdup (name),
    .handle = *handle, .wait = { .pidfd = -1 }
  };
  for (int i = 0; i < MP_KEEP_STREAMS; i++)
    mp_kept_init (&job->kept[i], j->records, job->handle.record, i);
  j->job[j->n++] = job;
  return job;
}

/* Report that the operand NAME could not be found because of ERR.  Return the
   exit status.  */
static int
not_found (char const *name, int err)
{
  switch (err)
    {
    case EINVAL:
      error (0, 0, _("%s is neither a name nor a handle nor a PID"),
             quote (name));
      return MP_EXIT_NO;
    case ENOENT:
      error (0, 0, _("no process is called %s here"), quote (name));
      return MP_EXIT_NO;
    case ESRCH:
      error (0, 0, _("there is no process %s"), quote (name));
      return MP_EXIT_NO;
    case EBADMSG:
      error (0, 0, _("the record of %s is damaged"), quote (name));
      return MP_EXIT_FAILURE;
    default:
      error (0, err, _("cannot look for %s"), quote (name));
      return MP_EXIT_FAILURE;
    }
}

/* Whether HANDLE is this very process.  */
static bool
is_self (struct mp_handle const *handle)
{
  return handle->id.pid == getpid () && handle->running;
}

/* Put what the operand NAME names into J.  Return 0 or the exit status, after
   a message.  */
static int
find_operand (struct pjoin *j, char const *name)
{
  struct mp_handle handle;
  /* The pspawn that writes into our pipe may just have made them.  */
  if (!j->records && open_records (j->store, false))
    j->records = j->store;
  int err = mp_handle_find (j->records, mp_handle_scope (), name, &handle);
  if (err)
    return not_found (name, err);
  if (is_self (&handle))
    {
      error (0, 0, _("%s is this pjoin itself"), quote (name));
      mp_handle_free (&handle);
      return MP_EXIT_NO;
    }
  if (find_job (j, &handle.id))
    mp_handle_free (&handle);
  else
    add_job (j, &handle, name)->named = true;
  return 0;
}

/* Wait until FD can be read.  */
static void
await_input (int fd)
{
  struct pollfd p = { .fd = fd, .events = POLLIN };
  if (poll (&p, 1, -1) < 0 && errno != EINTR)
    error (MP_EXIT_FAILURE, errno, _("cannot read handles"));
}

/* Put what ITEM, a line of standard input, names into J.  Return as
   find_operand.  */
static int
find_line (struct pjoin *j, struct mp_item const *item)
{
  size_t len = item->len;
  /* What comes from elsewhere may have its line ends.  */
  if (len && item->data[len - 1] == '\r')
    item->data[--len] = '\0';
  if (len == 0)
    return 0;
  if (strlen (item->data) != len)
    {
      error (0, 0, _("handle %s holds a NUL byte; use --null"),
             quote_mem (item->data, len));
      return MP_EXIT_NO;
    }
  return find_operand (j, item->data);
}

/* Put what the lines of standard input name into J.  Return as
   find_operand.  */
static int
find_input (struct pjoin *j)
{
  struct mp_items items;
  struct mp_item item = { NULL, 0 };
  int status = 0;
  int err = mp_items_init (&items, STDIN_FILENO, j->o->delimiter);
  while (!err)
    {
      err = mp_items_next (&items, &item);
      if (err == EAGAIN)
        {
          await_input (items.fd);
          err = 0;
          continue;
        }
      if (err || !item.data)
        break;
      int s = find_line (j, &item);
      status = status ? status : s;
    }
  mp_items_free (&items);
  if (err)
    error (MP_EXIT_FAILURE, err, _("cannot read handles"));
  return status;
}

/* Whether PID is this process or one that it descends from.  */
static bool
is_ancestor (pid_t pid)
{
  struct mp_procstat st;
  pid_t p = getpid ();
  while (p != pid && 1 < p && mp_procstat_read (p, &st) == 0)
    p = st.ppid;
  return p == pid;
}

/* Add REC to ARG, a join, unless it will not end as long as we wait.  */
static int
add_record (struct mp_record *rec, void *arg)
{
  struct pjoin *j = arg;
  struct mp_handle handle = { .id = rec->id, .record = rec };
  int err = rec->started && !rec->other_boot ? 0 : ESRCH;
  if (!err)
    err = mp_procid_running (&rec->id);
  if (err == ENOSYS)
    err = 0;
  handle.running = !err;
  if (!rec->started || rec->other_boot || find_job (j, &rec->id)
      || (!j->o->list && handle.running && is_ancestor (rec->id.pid)))
    mp_record_free (rec);
  else
    add_job (j, &handle, rec->name);
  return err == ESRCH ? 0 : err;
}

/* Report that the record called NAME is passed over, because of ERR.  */
static void
report_damaged (char const *name, int err, void *arg)
{
  struct pjoin *j = arg;
  j->damage = true;
  if (err == EBADMSG)
    error (0, 0, _("the record of %s is damaged"), quote (name));
  else
    error (0, err, _("cannot read the record of %s"), quote (name));
}

/* Order jobs by the time when they were started.  */
static int
by_start (void const *a, void const *b)
{
  struct pjoin_job const *const *p = a;
  struct pjoin_job const *const *q = b;
  mp_time s = (*p)->handle.record->start_time;
  mp_time t = (*q)->handle.record->start_time;
  return s < t ? -1 : s > t;
}

/* Put all of this scope into J.  Return 0 or the exit status.  */
static int
find_all (struct pjoin *j)
{
  if (!j->records)
    return 0;
  int err = mp_records_each_of (j->records, mp_handle_scope (), add_record,
                                report_damaged, j);
  if (err)
    {
      error (0, err, _("cannot read the records in %s"),
             quote (j->records->dir));
      return MP_EXIT_FAILURE;
    }
  if (j->n)
    qsort (j->job, j->n, sizeof *j->job, by_start);
  return 0;
}

/* Say if laggards among J's jobs must not be ended.  Return 0 or the exit
   status.  */
static int
check_ending (struct pjoin const *j)
{
  int status = 0;
  for (size_t i = 0; i < j->n; i++)
    {
      struct pjoin_job const *job = j->job[i];
      if (job->handle.running
          && (job->handle.id.pid == 1 || is_ancestor (job->handle.id.pid)))
        {
          error (0, 0, _("%s must not be ended: this pjoin descends from it"),
                 quote (job->name));
          status = MP_EXIT_NO;
        }
    }
  return status;
}

int
pjoin_find (struct pjoin *j)
{
  if (j->o->all || (j->o->list && j->o->n_operands == 0))
    return find_all (j);
  int status = 0;
  for (size_t i = 0; i < j->o->n_operands; i++)
    {
      char const *operand = j->o->operand[i];
      int s = (strcmp (operand, "-") == 0 ? find_input (j)
               : find_operand (j, operand));
      status = status ? status : s;
    }
  if (!status && (j->o->signal || 0 <= j->o->kill_after))
    status = check_ending (j);
  return status;
}

void
pjoin_forget (struct pjoin *j)
{
  for (size_t i = 0; i < j->n; i++)
    {
      struct pjoin_job *job = j->job[i];
      for (int k = 0; k < MP_KEEP_STREAMS; k++)
        mp_kept_close (&job->kept[k]);
      if (job->waitable)
        mp_procwait_close (&job->wait);
      mp_handle_free (&job->handle);
      free (job->name);
      free (job);
    }
  free (j->job);
  j->job = NULL;
  j->n = j->allocated = 0;
}
