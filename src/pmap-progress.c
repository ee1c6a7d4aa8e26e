/* pmap: how far a run has come.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-progress.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "mbswidth.h"
#include "minmax.h"
#include "progname.h"
#include "xalloc.h"
#include "xvasprintf.h"

#include "front.h"
#include "lines.h"
#include "pmap.h"
#include "pmap-hosts.h"
#include "rate.h"

static mp_time const second = 1000LL * MP_MILLISECOND;

/* When the line comes at first, for nobody wants to see it flash; how often it
   is drawn at most; and how often if there is nothing new but the time.  */
static mp_time const first_line = 250 * MP_MILLISECOND;
static mp_time const least_pause = 100 * MP_MILLISECOND;
static mp_time const idle_pause = 1000LL * MP_MILLISECOND;

/* Messages in place of it come after a second, then after twice the time, then
   every ten seconds, and after five minutes every minute, as they do if there
   is nothing new.  */
static mp_time const first_message = 1000LL * MP_MILLISECOND;
static mp_time const often = 10 * 1000LL * MP_MILLISECOND;
static mp_time const often_for = 300 * 1000LL * MP_MILLISECOND;
static mp_time const seldom = 60 * 1000LL * MP_MILLISECOND;

/* A piece of what is shown.  */
enum { PIECE_MAX = 128 };
typedef char piece[PIECE_MAX];

struct progress
{
  struct pmap_info const *info;
  struct pmap_screen *screen;   /* or null: messages */
  struct mp_rate rate;
  mp_time origin;               /* when the run began, but for the time that it
                                   was suspended */
  mp_time paused_at;            /* since when it is, or 0 */
  mp_time last;                 /* when something was last shown */

  /* Items of -w, and tasks, that are over, but those that were ended because
     the run is; of these, the failures.  */
  unsigned long long done, failed;
  unsigned long long lines_ended;       /* in attempts that are over */
  unsigned long long shown, shown_failed;       /* at last */

  /* What is known of the sinks.  */
  bool terminal[MP_STREAMS];
  unsigned long long sent[MP_STREAMS];  /* when last looked at */
  bool mid_line;                /* what they have written to the terminal has
                                   left the cursor within a line */

  bool fine;                    /* the bar has eighths of columns */
  char *line;
};

/* The counts.  */

/* How many items or tasks are over: those that filters have answered before the
   chunk is, too.  */
static unsigned long long
count_done (struct progress const *p)
{
  return p->done + (p->info->pool->lines_done - p->lines_ended);
}

/* How many there are, or 0 if that is not known.  Store in *ABOUT whether this
   is an estimate, from how much of the input they were made of.  */
static unsigned long long
total (struct progress const *p, bool *about)
{
  struct pmap_info const *info = p->info;
  unsigned long long left = 0;
  *about = false;
  return (info->pool->input_ended
          || pmap_feed_left (info->feed, info->made, &left, about)
          ? info->made + left : 0);
}

/* How many are worked on at a time.  */
static unsigned int
width_of (struct progress const *p)
{
  struct mp_pool const *pool = p->info->pool;
  unsigned int limit = mp_pool_limit (pool);
  unsigned int running = pool->running;
  if (p->info->o->remote)
    {
      /* Hosts have tasks that do not run yet.  */
      struct mp_remote_figures f;
      mp_remote_look (pool->executor, &f);
      limit = f.slots;
      running = f.running;
    }
  return limit ? limit : MAX (running, 1);
}

/* The words.  */

/* Write the time T into S, as H:MM:SS.  */
static void
put_time (piece s, mp_time t)
{
  long long int n = (t + second / 2) / second;
  if (n < 60 * 60)
    snprintf (s, PIECE_MAX, "%lld:%02lld", n / 60, n % 60);
  else if (n < 100 * 60 * 60)
    snprintf (s, PIECE_MAX, "%lld:%02lld:%02lld", n / 3600, n / 60 % 60,
              n % 60);
  else
    /* TRANSLATORS: days and hours, in a few columns, as all that the progress
       line is made of.  */
    snprintf (s, PIECE_MAX, _("%lldd %lldh"), n / 86400, n / 3600 % 24);
}

/* Write RATE, in pieces a second, into S, with three digits or so.  */
static void
put_rate (piece s, double rate)
{
  if (rate >= 9.95)
    snprintf (s, PIECE_MAX, _("%.0f/s"), rate);
  else if (rate >= 1)
    snprintf (s, PIECE_MAX, _("%.1f/s"), rate);
  else if (rate * 60 >= 1)
    snprintf (s, PIECE_MAX, _("%.1f/min"), rate * 60);
  else
    snprintf (s, PIECE_MAX, _("%.1f/h"), rate * 60 * 60);
}

/* What is shown.  A piece that is empty is not.  */
struct report
{
  double part;                  /* that is done; negative: not known */
  piece elapsed, percent, count, failed, hosts, rate, left;
};

/* Write into S how many of N hosts are READY.  */
static void
put_hosts (piece s, size_t ready, size_t n)
{
  if (ready == n)
    snprintf (s, PIECE_MAX, ngettext ("%zu host", "%zu hosts", n), n);
  else
    snprintf (s, PIECE_MAX, ngettext ("%zu/%zu host", "%zu/%zu hosts", n),
              ready, n);
}

/* Make *R tell what P knows at NOW, with all that is done: DONE.  */
static void
tell (struct progress const *p, mp_time now, unsigned long long done,
      struct report *r)
{
  bool about;
  unsigned long long all = total (p, &about);
  if (all < done && all)
    all = done;
  *r = (struct report) { .part = all ? (double) done / all : -1 };
  put_time (r->elapsed, now - p->origin);
  if (all)
    {
      int digits = snprintf (NULL, 0, "%llu", all);
      snprintf (r->count, sizeof r->count, "%*llu/%s%llu", digits, done,
                about ? "~" : "", all);
      /* It is 100 % at the end and not a moment before.  */
      snprintf (r->percent, sizeof r->percent, "%3d%%",
                (int) (100 * r->part));
    }
  else
    snprintf (r->count, sizeof r->count, _("%llu done"), done);
  if (p->failed)
    snprintf (r->failed, sizeof r->failed,
              ngettext ("%llu failed", "%llu failed", p->failed), p->failed);
  if (p->info->o->remote)
    {
      struct mp_remote_figures f;
      mp_remote_look (p->info->pool->executor, &f);
      put_hosts (r->hosts, f.ready, p->info->o->remote->n);
    }
  double rate = mp_rate_get (&p->rate, now, width_of (p));
  if (0 < rate)
    put_rate (r->rate, rate);
  mp_time left = (all ? mp_rate_left (&p->rate, now, width_of (p), all - done)
                  : -1);
  if (0 <= left)
    {
      piece time;
      put_time (time, left);
      snprintf (r->left, sizeof r->left, _("ETA %.60s"), time);
    }
}

/* The line.  */

/* The pieces of the line, from left to right, and in which order they get their
   place where it is small.  MIN columns at least are kept for a piece, so that
   what stands beside it does not jump to and fro.  */
enum { ELAPSED, BAR, PERCENT, COUNT, FAILED, HOSTS, RATE, LEFT, N_PIECES };
static struct { int rank, min; } const places[N_PIECES] = {
  [ELAPSED] = { 6, 4 }, [BAR] = { 3, 0 }, [PERCENT] = { 4, 4 },
  [COUNT] = { 0, 0 }, [FAILED] = { 1, 0 }, [RATE] = { 5, 7 },
  [LEFT] = { 2, 8 }, [HOSTS] = { 7, 0 }
};

/* The least and the most columns of a bar, with its ends.  */
enum { BAR_MIN = 10, BAR_MAX = 102 };

/* Append to S a bar of WIDTH columns of which PART is full, in eighths of
   columns if FINE.  Return its end.  */
static char *
put_bar (char *s, int width, double part, bool fine)
{
  int n = width - 2;
  int eighths = (int) (MIN (part, 1) * n * 8);
  int full = eighths / 8;
  *s++ = '[';
  for (int i = 0; i < n; i++)
    if (fine && i < full)
      s = stpcpy (s, "\342\226\210");
    else if (fine && i == full && eighths % 8)
      {
        /* From U+258F, one eighth, down to U+2589, seven.  */
        s = stpcpy (s, "\342\226\217");
        s[-1] -= eighths % 8 - 1;
      }
    else
      *s++ = i < full ? '#' : ' ';
  *s++ = ']';
  *s = '\0';
  return s;
}

/* Choose what has a place in COLUMNS, with GAP columns between pieces: WIDTH
   are those that the pieces would have; set those to 0 that have no place.
   Return how many columns are left.  */
static int
choose (int width[N_PIECES], int columns, int gap)
{
  int left = columns + gap;
  for (int rank = 0; rank < N_PIECES; rank++)
    for (int i = 0; i < N_PIECES; i++)
      if (places[i].rank == rank && width[i])
        {
          if (left < width[i] + gap)
            width[i] = 0;
          else
            left -= width[i] + gap;
        }
  return left;
}

/* Write into LINE what R tells, in COLUMNS columns at most, with a FINE bar or
   not.  LINE is large enough.  */
static void
lay_out (char *line, struct report const *r, int columns, bool fine)
{
  char const *text[N_PIECES] = {
    [ELAPSED] = r->elapsed, [BAR] = "", [PERCENT] = r->percent,
    [COUNT] = r->count, [FAILED] = r->failed, [HOSTS] = r->hosts,
    [RATE] = r->rate, [LEFT] = r->left
  };
  enum { SMALL = 60 };
  int gap = columns < SMALL ? 1 : 2;
  bool known = 0 <= r->part;
  int width[N_PIECES];
  for (int i = 0; i < N_PIECES; i++)
    {
      width[i] = mbswidth (text[i], 0);
      /* Those that will come by and by have their places.  */
      if (width[i] || (known && (i == RATE || i == LEFT)))
        width[i] = MAX (width[i], places[i].min);
    }
  width[BAR] = known ? BAR_MIN : 0;
  int left = choose (width, columns, gap);
  if (width[BAR])
    width[BAR] = MIN (MIN (BAR_MIN + left, BAR_MAX),
                      MAX (columns / 2, BAR_MIN));

  char *s = line;
  int owed = 0;                 /* blanks */
  for (int i = 0; i < N_PIECES; i++)
    if (width[i])
      {
        int fill = i == BAR ? 0 : width[i] - mbswidth (text[i], 0);
        if (i == BAR || *text[i])
          {
            memset (s, ' ', owed);
            s += owed;
            owed = 0;
            s = (i == BAR ? put_bar (s, width[i], r->part, fine)
                 : stpcpy (s, text[i]));
          }
        owed += fill + gap;
      }
  *s = '\0';
}

/* Enough for all pieces, three bytes for each column of the bar, and
   blanks.  */
enum { LINE_MAX_SIZE = N_PIECES * (PIECE_MAX + 16) + 3 * BAR_MAX };

/* Note what the sinks have done since this was called last.  It is called
   before each write, so only one of them has written.  */
static void
look_at_sinks (struct progress *p)
{
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct mp_sink const *sink = &p->info->pool->order.sink[i];
      if (p->terminal[i] && p->sent[i] != sink->sent)
        {
          p->sent[i] = sink->sent;
          p->mid_line = sink->last != '\n';
        }
    }
}

static struct mp_sink const *
own_sink (struct progress const *p)
{
  return &p->info->pool->order.sink[MP_STREAM_ERR];
}

/* Before something is written to the terminal, the line goes.  */
static bool
progress_writing (void *self, int stream)
{
  struct progress *p = self;
  look_at_sinks (p);
  return !p->terminal[stream] || pmap_screen_erase (p->screen, own_sink (p));
}

/* Whether the sinks have something for the terminal that is about to be
   written.  */
static bool
has_gathered (struct progress const *p)
{
  struct mp_order const *order = &p->info->pool->order;
  for (int i = 0; i < MP_STREAMS; i++)
    if (p->terminal[i] && order->sink[i].length)
      return true;
  return order->note.length;
}

/* Draw the line at NOW, when DONE are done.  */
static void
draw (struct progress *p, mp_time now, unsigned long long done)
{
  struct report r;
  tell (p, now, done, &r);
  /* In the last column, some terminals begin a new line at once.  */
  lay_out (p->line, &r, pmap_screen_width () - 1, p->fine);
  pmap_screen_draw (p->screen, own_sink (p), p->line);
  /* Output is shown when the line is next drawn, and not a moment before: the
     line would be gone for the time between.  */
  if (p->terminal[MP_STREAM_OUT])
    p->info->pool->flush_after = now + least_pause;
}

/* Show at NOW by the line, if it is time, that DONE are done.  Return when to
   be called next.  */
static mp_time
tick_line (struct progress *p, mp_time now, unsigned long long done)
{
  bool news = (done != p->shown || p->failed != p->shown_failed
               || !pmap_screen_drawn (p->screen));
  mp_time due = p->last + (news ? least_pause : idle_pause);
  if (now < due)
    return due;
  look_at_sinks (p);
  /* There will be a call when that has changed.  */
  if (p->mid_line || has_gathered (p))
    return now + idle_pause;
  p->last = now;
  p->shown = done;
  p->shown_failed = p->failed;
  if (pmap_screen_is_ours ())
    draw (p, now, done);
  return now + idle_pause;
}

/* Messages.  */

/* Append TEXT, unless it is empty, to the message LINE, behind a comma unless
   it is the first.  */
static void
append (char *line, char const *text)
{
  if (!*text)
    return;
  if (*line)
    strcat (line, ", ");
  strcat (line, text + strspn (text, " "));
}

/* Make P->line tell what P knows at NOW: when the run is over, if OVER.  */
static void
compose (struct progress *p, mp_time now, unsigned long long done, bool over)
{
  struct report r;
  tell (p, now, done, &r);
  *p->line = '\0';
  append (p->line, r.count);
  append (p->line, r.failed);
  if (over)
    {
      piece time;
      snprintf (time, sizeof time, _("in %.60s"), r.elapsed);
      append (p->line, time);
      return;
    }
  append (p->line, r.hosts);
  append (p->line, r.rate);
  append (p->line, r.left);
}

/* As tick_line, by a message.  */
static mp_time
tick_message (struct progress *p, mp_time now, unsigned long long done)
{
  mp_time elapsed = now - p->origin;
  bool news = done != p->shown || p->failed != p->shown_failed;
  mp_time pause = (!news || often_for < elapsed ? seldom
                   : MIN (MAX (p->last - p->origin, first_message), often));
  mp_time due = p->last + pause;
  if (now < due)
    return due;
  p->last = now;
  p->shown = done;
  p->shown_failed = p->failed;
  compose (p, now, done, false);
  pmap_say (p->info->messages, 0, "%s", p->line);
  return now + seldom;
}

/* The last message.  A run that was ended does not wait for who reads it.  */
static void
last_message (struct progress *p)
{
  struct mp_pool *pool = p->info->pool;
  mp_time now = p->paused_at ? p->paused_at : mp_now ();
  if (pool->output_error)
    return;
  compose (p, now, count_done (p), true);
  if (!pool->stopping)
    {
      error (0, 0, "%s", p->line);
      return;
    }
  char *text = xasprintf ("%s: %s\n", program_name, p->line);
  if (!text)
    xalloc_die ();
  mp_pool_note (pool, text, strlen (text));
  if (mp_order_advance (&pool->order) == 0)
    mp_order_flush (&pool->order);
  free (text);
}

/* What happens.  */

static void
progress_started (void *self, struct mp_task const *task)
{
  struct progress *p = self;
  (void) task;
  if (!p->rate.n)
    mp_rate_start (&p->rate, mp_now ());
}

static void
progress_ended (void *self, struct mp_task *task, bool again)
{
  struct progress *p = self;
  if (task->lines && !again)
    p->lines_ended += task->lines->done;
  if (again || pmap_task_outcome (task) == PMAP_ABORTED)
    return;
  p->done += pmap_task_count (task);
  p->failed += pmap_task_failures (task);
}

static mp_time
progress_tick (void *self, mp_time now)
{
  struct progress *p = self;
  if (p->paused_at)
    return -1;
  if (p->info->pool->stopping)
    return (p->screen && !pmap_screen_erase (p->screen, own_sink (p))
            ? now + least_pause : -1);
  unsigned long long done = count_done (p);
  mp_rate_note (&p->rate, now, done);
  return p->screen ? tick_line (p, now, done) : tick_message (p, now, done);
}

static void
progress_paused (void *self, bool paused)
{
  struct progress *p = self;
  mp_time now = mp_now ();
  if (paused)
    {
      if (!p->paused_at)
        p->paused_at = now;
      if (p->screen)
        {
          pmap_screen_erase (p->screen, own_sink (p));
          pmap_screen_paused (p->screen);
        }
    }
  else if (p->paused_at)
    {
      mp_time gone = now - p->paused_at;
      mp_rate_shift (&p->rate, gone);
      p->origin += gone;
      p->last += gone;
      p->paused_at = 0;
    }
}

static bool
progress_close (void *self)
{
  struct progress *p = self;
  if (!p->screen)
    last_message (p);
  else
    {
      /* A terminal that is stopped may go on.  If it does not, the guard will
         wait.  */
      enum { TRIES = 20, PAUSE = 50 };
      for (int i = 0; i < TRIES; i++)
        {
          if (pmap_screen_erase (p->screen, own_sink (p)))
            break;
          poll (NULL, 0, PAUSE);
        }
    }
  free (p->line);
  free (p);
  return true;
}

struct pmap_observer
pmap_progress_open (struct pmap_info const *info, struct pmap_screen *screen)
{
  struct progress *p = xzalloc (sizeof *p);
  p->info = info;
  p->screen = screen;
  p->origin = info->origin;
  p->last = info->origin + (screen ? first_line - least_pause : 0);
  p->line = xmalloc (LINE_MAX_SIZE);
  for (int i = 0; i < MP_STREAMS; i++)
    p->terminal[i] = screen && isatty (STDOUT_FILENO + i);
  /* Whether the locale has U+2588, a full block, in UTF-8.  */
  p->fine = mbswidth ("\342\226\210", (MBSW_REJECT_INVALID
                                       | MBSW_REJECT_UNPRINTABLE)) == 1;
  return (struct pmap_observer) {
    .self = p, .started = progress_started, .ended = progress_ended,
    .writing = screen ? progress_writing : NULL, .tick = progress_tick,
    .paused = progress_paused, .close = progress_close
  };
}
