/* pmap: what there is to tell of a task, as JSON.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "pmap-json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attribute.h"
#include "base64.h"
#include "minmax.h"
#include "sig2str.h"
#include "xalloc.h"

#include "exit-status.h"
#include "pmap.h"

/* Who writes the objects.  */
struct json
{
  struct pmap_info const *info;
  char host[sizeof ((struct utsname *) 0)->nodename];
};

/* An object on its way to a spool.  What is put is small pieces mostly, so they
   are gathered.  */
struct writer
{
  struct mp_spool spool;
  struct mp_budget *budget;
  int error;                    /* of the first failure, an errno value */
  size_t n;
  char buffer[16 * 1024];
};

/* Bytes that are read in pieces: the LEN at DATA, or if DATA is null, those of
   SPOOL.  */
struct text
{
  char const *data;
  size_t len;
  struct mp_spool const *spool;

  struct mp_outbuf_mark at;     /* how far it was read */
  off_t offset;
  int error;                    /* why it could not be read, or 0 */
};

/* Let T be read from its beginning.  */
static void
text_begin (struct text *t)
{
  t->offset = 0;
  if (!t->data)
    t->at = mp_outbuf_begin (&t->spool->memory);
}

/* Store in *PIECE where the next bytes of T are, and return how many: 0 at the
   end.  They are good until the next call.  */
static size_t
text_read (struct text *t, char const **piece)
{
  static char buffer[16 * 1024];
  if (t->data)
    {
      *piece = t->data;
      size_t n = t->offset ? 0 : t->len;
      t->offset = n;
      return n;
    }
  if (t->spool->fd < 0)
    return mp_outbuf_read (&t->at, piece);
  ssize_t got;
  do
    got = pread (t->spool->fd, buffer, sizeof buffer, t->offset);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    t->error = errno;
  *piece = buffer;
  t->offset += MAX (got, 0);
  return MAX (got, 0);
}

/* Where a check of UTF-8 is: how many bytes of a character are lacking, and
   between what the next one must be.  A piece may end within a character, which
   the checks of gnulib do not follow.  */
struct utf8
{
  int lacking;
  unsigned char min, max;
};

/* Whether C may be the next byte of valid UTF-8 (RFC 3629, section 4), where U
   is.  */
static bool
utf8_next (struct utf8 *u, unsigned char c)
{
  if (u->lacking)
    {
      bool good = u->min <= c && c <= u->max;
      *u = (struct utf8) { u->lacking - 1, 0x80, 0xbf };
      return good;
    }
  if (c < 0x80)
    return true;
  *u = (struct utf8) { c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3,
                       c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80,
                       c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf };
  return 0xc2 <= c && c <= 0xf4;
}

/* Whether T is valid UTF-8.  */
static bool
is_utf8 (struct text *t)
{
  struct utf8 u = { 0, 0, 0 };
  char const *piece;
  size_t n;
  text_begin (t);
  while ((n = text_read (t, &piece)) != 0)
    for (size_t i = 0; i < n; i++)
      if (!utf8_next (&u, piece[i]))
        return false;
  return !u.lacking;
}

/* Send on what W has gathered.  */
static void
flush (struct writer *w)
{
  if (!w->error && w->n)
    w->error = mp_spool_add (&w->spool, w->budget, w->buffer, w->n);
  w->n = 0;
}

/* Put the LEN bytes at DATA.  */
static void
put (struct writer *w, char const *data, size_t len)
{
  while (len)
    {
      if (w->n == sizeof w->buffer)
        flush (w);
      size_t n = MIN (len, sizeof w->buffer - w->n);
      memcpy (w->buffer + w->n, data, n);
      w->n += n;
      data += n;
      len -= n;
    }
}

/* Put FORMAT with its arguments, which is short.  */
static void ATTRIBUTE_FORMAT ((printf, 2, 3))
put_format (struct writer *w, char const *format, ...)
{
  char text[256];
  va_list args;
  va_start (args, format);
  int n = vsnprintf (text, sizeof text, format, args);
  va_end (args);
  put (w, text, MIN (MAX (n, 0), (int) sizeof text - 1));
}

/* Put the LEN bytes at S, which are of UTF-8, as within a string.  */
static void
put_escaped (struct writer *w, char const *s, size_t len)
{
  static char const escapes[] = "\"\\nrt";
  static char const meanings[] = "\"\\\n\r\t";
  size_t start = 0;
  for (size_t i = 0; i < len; i++)
    {
      unsigned char c = s[i];
      if (' ' <= c && c != 0x7f && c != '"' && c != '\\')
        continue;
      put (w, s + start, i - start);
      start = i + 1;
      char const *e = c ? strchr (meanings, c) : NULL;
      if (e)
        put_format (w, "\\%c", escapes[e - meanings]);
      else
        put_format (w, "\\u%04x", (unsigned int) c);
    }
  put (w, s + start, len - start);
}

/* Put the LEN bytes at S in base64.  Only the last of several pieces may have a
   length that 3 does not divide.  */
static void
put_base64 (struct writer *w, char const *s, size_t len)
{
  enum { STEP = 3 * 64 };
  char out[BASE64_LENGTH (STEP)];
  while (len)
    {
      size_t n = MIN (len, STEP);
      base64_encode (s, n, out, BASE64_LENGTH (n));
      put (w, out, BASE64_LENGTH (n));
      s += n;
      len -= n;
    }
}

/* Put T in base64.  */
static void
put_all_base64 (struct writer *w, struct text *t)
{
  char rest[3];
  size_t n_rest = 0;
  char const *piece;
  size_t n;
  text_begin (t);
  while ((n = text_read (t, &piece)) != 0)
    {
      while (n && n_rest && n_rest < 3)
        {
          rest[n_rest++] = *piece++;
          n--;
        }
      if (n_rest == 3)
        {
          put_base64 (w, rest, 3);
          n_rest = 0;
        }
      size_t whole = n - n % 3;
      put_base64 (w, piece, whole);
      if (whole < n)
        {
          n_rest = n - whole;
          memcpy (rest, piece + whole, n_rest);
        }
    }
  put_base64 (w, rest, n_rest);
}

/* Put T as a string, in base64 unless it is UTF-8.  */
static void
put_string (struct writer *w, struct text *t, bool utf8)
{
  put (w, "\"", 1);
  if (utf8)
    {
      char const *piece;
      size_t n;
      text_begin (t);
      while ((n = text_read (t, &piece)) != 0)
        put_escaped (w, piece, n);
    }
  else
    put_all_base64 (w, t);
  put (w, "\"", 1);
  if (t->error && !w->error)
    w->error = t->error;
}

/* Put the member NAME, and let a value follow.  What is in base64 has another
   name.  */
static void
put_name (struct writer *w, char const *name, bool utf8)
{
  put_format (w, ", \"%s%s\": ", name, utf8 ? "" : "_base64");
}

/* Put the member NAME, whose value is T.  */
static void
put_text (struct writer *w, char const *name, struct text *t)
{
  bool utf8 = is_utf8 (t);
  put_name (w, name, utf8);
  put_string (w, t, utf8);
}

/* Put the member NAME, whose value is the string S, or null.  */
static void
put_chars (struct writer *w, char const *name, char const *s)
{
  struct text t = { .data = s, .len = s ? strlen (s) : 0 };
  if (s)
    put_text (w, name, &t);
  else
    put_format (w, ", \"%s\": null", name);
}

/* Put the member NAME, whose value is SECONDS and NS nanoseconds, or null if it
   is not KNOWN.  */
static void
put_time (struct writer *w, char const *name, bool known,
          long long int seconds, long long int ns)
{
  if (known)
    put_format (w, ", \"%s\": %lld.%06lld", name, seconds, ns / 1000);
  else
    put_format (w, ", \"%s\": null", name);
}

static void
put_duration (struct writer *w, char const *name, bool known, mp_time t)
{
  mp_time const second = 1000LL * MP_MILLISECOND;
  put_time (w, name, known, t / second, t % second);
}

/* Put the items of TASK: one, or an array where a task may have several.  */
static void
put_items (struct writer *w, struct pmap_options const *o,
           struct mp_task const *task)
{
  if (!task->n_items)
    return;
  if (task->n_items == 1 && o->chunk == 1)
    {
      struct text t = { .data = task->item->data, .len = task->item->len };
      put_text (w, "item", &t);
      return;
    }
  bool utf8 = true;
  for (size_t i = 0; utf8 && i < task->n_items; i++)
    {
      struct text t = { .data = task->item[i].data, .len = task->item[i].len };
      utf8 = is_utf8 (&t);
    }
  put_name (w, "items", utf8);
  for (size_t i = 0; i < task->n_items; i++)
    {
      struct text t = { .data = task->item[i].data, .len = task->item[i].len };
      put (w, i ? ", " : "[", i ? 2 : 1);
      put_string (w, &t, utf8);
    }
  put (w, "]", 1);
}

/* Put how TASK has ended.  */
static void
put_outcome (struct writer *w, struct mp_task const *task)
{
  static char const *const words[] = {
    [PMAP_OK] = "success", [PMAP_EXIT] = "exit", [PMAP_SIGNAL] = "signal",
    [PMAP_TIMEOUT] = "timeout", [PMAP_ERROR] = "error",
    [PMAP_ABORTED] = "aborted"
  };
  char name[SIG2STR_MAX];
  int err = task->error ? task->error : task->callback_error;
  bool signaled = !task->error && WIFSIGNALED (task->status);
  put_chars (w, "outcome", words[pmap_task_outcome (task)]);
  if (task->error)
    put_format (w, ", \"status\": null");
  else
    put_format (w, ", \"status\": %d",
                signaled ? MP_EXIT_SIGNAL + WTERMSIG (task->status)
                : WEXITSTATUS (task->status));
  if (signaled && sig2str (WTERMSIG (task->status), name) != 0)
    sprintf (name, "%d", WTERMSIG (task->status));
  put_chars (w, "signal", signaled ? name : NULL);
  put_chars (w, "error", err ? pmap_plain_error (err) : NULL);
  put_format (w, ", \"timed_out\": %s", task->timed_out ? "true" : "false");
}

/* Put when and where TASK was run, and what it has used.  */
static void
put_circumstances (struct writer *w, struct json const *j,
                   struct mp_task const *task)
{
  bool begun = task->begun;
  bool used = task->usage.max_rss;
  struct timespec start = pmap_wall_time (j->info, task->begun);
  put_format (w, ", \"attempt\": %u", task->attempt);
  if (task->slot && !task->error)
    put_format (w, ", \"slot\": %u", task->slot);
  else
    put_format (w, ", \"slot\": null");
  put_chars (w, "host", task->host ? task->host : j->host);
  put_time (w, "start", begun, start.tv_sec, start.tv_nsec);
  put_duration (w, "elapsed", begun && task->ended, task->ended - task->begun);
  put_duration (w, "user", used, task->usage.user);
  put_duration (w, "system", used, task->usage.system);
  if (used)
    put_format (w, ", \"peak_kib\": %ld", task->usage.max_rss);
  else
    put_format (w, ", \"peak_kib\": null");
}

/* Put the object for TASK, with its output if OUTPUT.  */
static void
put_object (struct writer *w, struct json const *j, struct mp_task *task,
            bool output)
{
  static char const *const names[] = { "stdout", "stderr" };
  put_format (w, "{\"index\": %llu", task->index);
  put_items (w, j->info->o, task);
  char *command = pmap_task_command (j->info, task);
  put_chars (w, "command", *command ? command : NULL);
  free (command);
  put_outcome (w, task);
  put_circumstances (w, j, task);
  for (int i = 0; i < MP_STREAMS; i++)
    {
      struct text t = { .spool = &task->spool[i] };
      if (output)
        put_text (w, names[i], &t);
      else
        put_chars (w, names[i], NULL);
    }
  put (w, "}\n", 2);
  flush (w);
}

/* Let the output of TASK be the object for it.  If that cannot be written for
   lack of resources, one without the output.  */
static void
json_render (void *self, struct mp_task *task, struct mp_budget *budget)
{
  struct writer w = { .spool.fd = -1, .budget = budget };
  put_object (&w, self, task, true);
  if (w.error)
    {
      if (!task->callback_error)
        task->callback_error = w.error;
      mp_spool_clear (&w.spool, budget);
      /* Memory is all that is left: an object is small without output.  */
      struct mp_budget generous = { .limit = SIZE_MAX };
      for (int i = 0; i < MP_STREAMS; i++)
        mp_spool_clear (&task->spool[i], budget);
      w = (struct writer) { .spool.fd = -1, .budget = &generous };
      put_object (&w, self, task, false);
      budget->used += generous.used;
    }
  for (int i = 0; i < MP_STREAMS; i++)
    mp_spool_clear (&task->spool[i], budget);
  task->spool[MP_STREAM_OUT] = w.spool;
}

static bool
json_close (void *self)
{
  free (self);
  return true;
}

struct pmap_observer
pmap_json_open (struct pmap_info const *info)
{
  struct json *j = xmalloc (sizeof *j);
  struct utsname u;
  *j = (struct json) { .info = info };
  if (0 <= uname (&u))
    strcpy (j->host, u.nodename);
  return (struct pmap_observer) { .self = j, .render = json_render,
                                  .close = json_close };
}
