/* pmap: a trace of the run.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

/* The format is the JSON array of the Trace Event Format, of which every viewer
   takes one that lacks its end.  Each event begins with what parts it from the
   one before, so that the file, with a bracket added, is JSON (RFC 8259)
   whenever one stops writing it.  */

#include <config.h>

#include "pmap-trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "error.h"
#include "full-write.h"
#include "minmax.h"
#include "quote.h"
#include "sig2str.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "exit-status.h"
#include "front.h"
#include "pmap.h"
#include "pmap-file.h"
#include "pmap-hosts.h"
#include "pmap-stats.h"
#include "pmap-text.h"
#include "pool.h"

/* What is written at once.  SIGKILL may cut a write in two between two pages
   of the file, but not within one; pages have this size or a multiple of it.
   And pipes take that much in one piece.  */
enum { PAGE = 4096 };

/* The most bytes of the command, of the items of a task, of its label and of
   its host in an event, which must be shorter than a page.  */
enum { COMMAND_SHOWN = 1200, ITEMS_SHOWN = 1600, LABEL_SHOWN = 600,
       HOST_SHOWN = 300 };

/* How long an event waits for others, and the least time between two values of
   the counter.  */
static mp_time const flush_delay = 1000LL * MP_MILLISECOND;
static mp_time const count_delay = 20LL * MP_MILLISECOND;

/* The lanes of a host, or those here.  */
struct lanes
{
  long int pid;                 /* by which they are known as one process */
  bool told;                    /* that has its name */
  unsigned int n;               /* lanes that may have their names */
  bool *named;                  /* of each, whether it has */
};

struct trace
{
  struct pmap_info const *info;
  int fd;
  int err;                      /* why nothing more is written, or 0 */
  struct pmap_text event;       /* that is being made */
  char page[PAGE];              /* the next one of the file */
  size_t n;                     /* bytes in it */
  size_t sent;                  /* of those, were written */
  mp_time flush_at;             /* when all must be, or 0 */
  bool counts;                  /* the counter tells something */
  unsigned int counted;         /* its last value */
  mp_time counted_at;           /* when that was */
  struct lanes *host;           /* where there are hosts: of each; */
  struct lanes here;            /* or the only ones */
};

/* Write what the page of T has, and begin the next one if it is full.  */
static void
flush (struct trace *t)
{
  size_t n = t->n - t->sent;
  if (n && !t->err && full_write (t->fd, t->page + t->sent, n) != n)
    {
      t->err = errno;
      pmap_say (t->info->messages, t->err, _("cannot write %s"),
                quote (t->info->o->trace_file));
    }
  t->sent = t->n;
  if (t->n == PAGE)
    t->n = t->sent = 0;
  t->flush_at = 0;
}

/* Write the event of T at NOW: it is whole in a page.  Blanks fill the one
   before.  */
static void
put_event (struct trace *t, mp_time now)
{
  if (PAGE - t->n < t->event.len)
    {
      memset (t->page + t->n, ' ', PAGE - t->n);
      t->n = PAGE;
      flush (t);
    }
  memcpy (t->page + t->n, t->event.data, t->event.len);
  t->n += t->event.len;
  if (!t->flush_at)
    t->flush_at = now + flush_delay;
}

/* Begin an event of T, with the phase PH, in the lane TID of L.  The first one
   does not part from anything.  */
static void
begin_event (struct trace *t, char ph, struct lanes const *l, unsigned int tid)
{
  bool first = !t->event.size;
  t->event.len = 0;
  pmap_text_printf (&t->event, "%s\n{\"ph\":\"%c\",\"pid\":%ld,\"tid\":%u",
                    first ? "[" : ",", ph, l->pid, tid);
}

/* Add to the event of T that KEY is TIME, which is in nanoseconds; in the file
   it is in microseconds.  */
static void
add_time (struct trace *t, char const *key, mp_time time)
{
  pmap_text_printf (&t->event, ",\"%s\":%lld.%03d", key, time / 1000,
                    (int) (time % 1000));
}

/* Add to T an event that gives the lane TID of L, or the process that L is, the
   property NAME, whose argument KEY is the JSON in VALUE.  */
static void
put_metadata (struct trace *t, struct lanes const *l, unsigned int tid,
              char const *name, char const *key, struct pmap_text const *value)
{
  begin_event (t, 'M', l, tid);
  pmap_text_printf (&t->event, ",\"name\":\"%s\",\"args\":{\"%s\":", name, key);
  pmap_text_add (&t->event, value->data, value->len);
  pmap_text_puts (&t->event, "}}");
  put_event (t, mp_now ());
}

/* Give L, lanes of T, the name that is the LEN bytes at NAME, and its place as
   number PLACE from above.  */
static void
name_lanes (struct trace *t, struct lanes *l, char const *name, size_t len,
            size_t place)
{
  struct pmap_text value = { .data = NULL };
  if (l->told)
    return;
  l->told = true;
  pmap_text_json (&value, name, len, COMMAND_SHOWN);
  put_metadata (t, l, 0, "process_name", "name", &value);
  if (t->info->o->remote)
    {
      value.len = 0;
      pmap_text_printf (&value, "%zu", place);
      put_metadata (t, l, 0, "process_sort_index", "sort_index", &value);
    }
  pmap_text_free (&value);
}

/* Name the lane SLOT of L, those of T that are of HOST (null: here); 0 is the
   one of tasks that were not run.  */
static void
name_lane (struct trace *t, struct lanes *l, char const *host,
           unsigned int slot)
{
  struct pmap_text value = { .data = NULL };
  if (l->n <= slot)
    {
      unsigned int n = MAX (slot + 1, 2 * l->n);
      l->named = xreallocarray (l->named, n, sizeof *l->named);
      memset (l->named + l->n, false, n - l->n);
      l->n = n;
    }
  if (l->named[slot])
    return;
  l->named[slot] = true;
  if (host)
    name_lanes (t, l, host, strlen (host), l - t->host + 1);
  pmap_text_printf (&value, slot ? "\"slot %u\"" : "\"not run\"", slot);
  put_metadata (t, l, slot, "thread_name", "name", &value);
  value.len = 0;
  pmap_text_printf (&value, "%u", slot);
  put_metadata (t, l, slot, "thread_sort_index", "sort_index", &value);
  pmap_text_free (&value);
}

/* Name the process: by what it runs.  */
static void
name_process (struct trace *t)
{
  char *text = pmap_run_text (t->info->o);
  char *name = xasprintf ("pmap %s", text);
  if (!name)
    xalloc_die ();
  name_lanes (t, &t->here, name, strlen (name), 0);
  free (name);
  free (text);
}

/* Make lanes for the hosts of T.  Each is a process to viewers, which fold its
   lanes into one; the numbers are of no process of ours.  */
static void
make_hosts (struct trace *t)
{
  struct pmap_hosts const *hosts = t->info->o->remote;
  t->host = xcalloc (hosts->n, sizeof *t->host);
  for (size_t i = 0; i < hosts->n; i++)
    t->host[i].pid = t->here.pid + 1 + i;
}

/* The lanes of T where TASK has run.  */
static struct lanes *
lanes_of (struct trace *t, struct mp_task const *task)
{
  return (task->host && t->host
          ? &t->host[pmap_hosts_number (t->info->o->remote, task->host)]
          : &t->here);
}

/* How many tasks run.  */
static unsigned int
count_running (struct pmap_info const *info)
{
  struct mp_remote_figures f;
  if (!info->o->remote)
    return info->pool->running;
  /* Hosts are given tasks that do not run yet.  */
  mp_remote_look (info->pool->executor, &f);
  return f.running;
}

/* If that is worth it at NOW, add to T how many tasks run.  */
static void
count (struct trace *t, mp_time now)
{
  if (!t->counts || now < t->counted_at + count_delay)
    return;
  unsigned int running = count_running (t->info);
  if (running == t->counted)
    return;
  begin_event (t, 'C', &t->here, 0);
  add_time (t, "ts", now - t->info->origin);
  pmap_text_printf (&t->event,
                    ",\"name\":\"tasks\",\"args\":{\"running\":%u}}", running);
  put_event (t, now);
  t->counted = running;
  t->counted_at = now;
}

static void
trace_started (void *self, struct mp_task const *task)
{
  (void) task;
  struct trace *t = self;
  if (t->counts)
    count (t, mp_now ());
}

/* Add to the event of T the items of TASK, as many as there is room for.  */
static void
add_items (struct trace *t, struct mp_task const *task)
{
  bool several = 1 < task->n_items;
  bool whole = true;
  size_t stop = t->event.len + ITEMS_SHOWN;
  if (!task->n_items)
    return;
  pmap_text_puts (&t->event, several ? ",\"items\":[" : ",\"item\":");
  for (size_t i = 0; i < task->n_items && whole; i++)
    {
      if (i)
        pmap_text_puts (&t->event, ",");
      whole = t->event.len < stop;
      if (whole)
        whole = pmap_text_json (&t->event, task->item[i].data,
                                task->item[i].len, stop - t->event.len);
      else
        pmap_text_puts (&t->event, "\"...\"");
    }
  if (several)
    pmap_text_printf (&t->event, "],\"n_items\":%zu", task->n_items);
}

/* Add to the event of T how TASK has come out: if LOST, the attempt was lost
   with its host.  */
static void
add_outcome (struct trace *t, struct mp_task const *task, bool lost)
{
  static char const *const words[] = {
    [PMAP_OK] = "ok", [PMAP_EXIT] = "exit", [PMAP_SIGNAL] = "signal",
    [PMAP_TIMEOUT] = "timeout", [PMAP_ERROR] = "error",
    [PMAP_ABORTED] = "aborted"
  };
  char name[SIG2STR_MAX];
  pmap_text_printf (&t->event, ",\"outcome\":\"%s\"",
                    lost ? "lost" : words[pmap_task_outcome (task)]);
  if (task->error)
    {
      char const *why = pmap_plain_error (task->error);
      pmap_text_puts (&t->event, ",\"error\":");
      pmap_text_json (&t->event, why, strlen (why), LABEL_SHOWN);
    }
  if (lost || task->error || !task->ended)
    return;
  if (WIFEXITED (task->status))
    pmap_text_printf (&t->event, ",\"status\":%d", WEXITSTATUS (task->status));
  else if (sig2str (WTERMSIG (task->status), name) == 0)
    pmap_text_printf (&t->event, ",\"signal\":\"%s\"", name);
  else
    pmap_text_printf (&t->event, ",\"signal\":\"%d\"", WTERMSIG (task->status));
}

/* Add to the event of T what TASK has used, as far as that is known.  */
static void
add_usage (struct trace *t, struct mp_task const *task)
{
  struct mp_usage const *u = &task->usage;
  if (!t->info->o->ungrouped)
    pmap_text_printf (&t->event, ",\"stdout_bytes\":%llu,\"stderr_bytes\":%llu",
                      task->bytes[MP_STREAM_OUT], task->bytes[MP_STREAM_ERR]);
  if (u->max_rss)
    pmap_text_printf (&t->event,
                      ",\"user_us\":%lld,\"system_us\":%lld"
                      ",\"max_rss_kib\":%ld",
                      u->user / 1000, u->system / 1000, u->max_rss);
}

/* Add to T this attempt at TASK, which is over: if LOST, it was lost with its
   host.  */
static void
put_attempt (struct trace *t, struct mp_task const *task, bool lost)
{
  char label[PMAP_LABEL_MAX + 1];
  size_t len = pmap_task_label (task, label);
  mp_time end = task->ended ? task->ended : mp_now ();
  bool ran = pmap_task_ran (task);
  struct lanes *lanes = ran ? lanes_of (t, task) : &t->here;
  unsigned int lane = ran ? task->slot : 0;
  if (t->err)
    return;
  name_lane (t, lanes, lanes == &t->here ? NULL : task->host, lane);
  begin_event (t, ran ? 'X' : 'i', lanes, lane);
  add_time (t, "ts", (ran ? pmap_task_begin (task) : end) - t->info->origin);
  if (ran)
    add_time (t, "dur", pmap_task_time (task));
  else
    pmap_text_puts (&t->event, ",\"s\":\"t\"");
  pmap_text_puts (&t->event, ",\"name\":");
  pmap_text_json (&t->event, label, len, LABEL_SHOWN);
  pmap_text_printf (&t->event, ",\"args\":{\"index\":%llu", task->index);
  add_items (t, task);
  pmap_text_printf (&t->event, ",\"attempt\":%u", task->attempt);
  if (ran && task->host)
    {
      pmap_text_puts (&t->event, ",\"host\":");
      pmap_text_json (&t->event, task->host, strlen (task->host), HOST_SHOWN);
    }
  add_outcome (t, task, lost);
  add_usage (t, task);
  pmap_text_puts (&t->event, "}}");
  put_event (t, end);
  count (t, end);
}

static void
trace_ended (void *self, struct mp_task *task, bool again)
{
  (void) again;
  put_attempt (self, task, false);
}

static void
trace_lost (void *self, struct mp_task *task)
{
  put_attempt (self, task, true);
}

static mp_time
trace_tick (void *self, mp_time now)
{
  struct trace *t = self;
  count (t, now);
  if (t->flush_at && t->flush_at <= now)
    flush (t);
  return t->flush_at ? t->flush_at : -1;
}

static void
trace_untold (void *arg, struct mp_task *task)
{
  trace_ended (arg, task, false);
}

static bool
trace_close (void *self)
{
  static char const end[] = "\n]\n";
  struct trace *t = self;
  bool good;
  pmap_each_untold (t->info, trace_untold, t);
  t->counted_at = 0;
  count (t, mp_now ());
  t->event.len = 0;
  pmap_text_puts (&t->event, end);
  put_event (t, mp_now ());
  flush (t);
  if (close (t->fd) != 0 && !t->err)
    {
      t->err = errno;
      error (0, t->err, _("cannot write %s"), quote (t->info->o->trace_file));
    }
  good = !t->err;
  pmap_text_free (&t->event);
  free (t->here.named);
  for (size_t i = 0; t->host && i < t->info->o->remote->n; i++)
    free (t->host[i].named);
  free (t->host);
  free (t);
  return good;
}

struct pmap_observer
pmap_trace_open (struct pmap_info const *info)
{
  char const *file = info->o->trace_file;
  struct trace *t = xzalloc (sizeof *t);
  t->info = info;
  /* Warm workers are given tasks that do not run yet.  */
  t->counts = !info->o->script && !info->o->filter;
  t->fd = pmap_file_create (info->o, file);
  t->here.pid = getpid ();
  if (info->o->remote)
    make_hosts (t);
  name_process (t);
  flush (t);
  /* It was said.  */
  if (t->err)
    exit (MP_EXIT_FAILURE);
  return (struct pmap_observer) { .self = t, .started = trace_started,
                                  .ended = trace_ended, .lost = trace_lost,
                                  .tick = trace_tick, .close = trace_close };
}
