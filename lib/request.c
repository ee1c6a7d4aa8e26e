/* Requests to start a process, in a form that can be passed on.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "request.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "minmax.h"

/* A request is this, and after it strings, each with its NUL byte: the file,
   MPUTILS_PARENT, the method, the command for the record, the script, the
   owner, the arguments and the environment; "" for what there is not.  Who
   writes it and who reads it are on the same machine.  */
struct head
{
  char signature[24];
  size_t head_size;             /* of this, in case programs differ */
  size_t size;                  /* of all */
  size_t n_args, n_vars;
  uintmax_t keep_max;
  mp_time timeout, kill_after;
  int signal;
  mode_t umask;
  unsigned char has_parent, has_script, daemon;
  unsigned char limited[RLIM_NLIMITS];
  struct rlimit limit[RLIM_NLIMITS];
  sigset_t mask, ignored;
};

static char const signature[] = "mputils request 2";

/* Store in H->mask the signals of MASK, and in H->ignored those that this
   process ignores.  Of a set that the kernel has filled in, no more than these
   is defined.  */
static void
note_signals (struct head *h, sigset_t const *mask)
{
  sigemptyset (&h->mask);
  sigemptyset (&h->ignored);
  for (int sig = 1; sig < NSIG; sig++)
    {
      struct sigaction sa;
      if (sigismember (mask, sig) == 1)
        sigaddset (&h->mask, sig);
      if (sigaction (sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
        sigaddset (&h->ignored, sig);
    }
}

/* Store in H the limits of this process.  */
static void
note_limits (struct head *h)
{
  for (int i = 0; i < RLIM_NLIMITS; i++)
    h->limited[i] = getrlimit (i, &h->limit[i]) == 0;
}

/* Add the strings LIST, which a null pointer ends, to *SIZE, and their number
   to *N.  */
static void
measure (char *const *list, size_t *size, size_t *n)
{
  for (; list[*n]; ++*n)
    *size += strlen (list[*n]) + 1;
}

/* Copy the N strings LIST to P.  Return the end.  */
static char *
put_strings (char *p, char const *const *list, size_t n)
{
  for (size_t i = 0; i < n; i++)
    p = stpcpy (p, list[i] ? list[i] : "") + 1;
  return p;
}

int
mp_request_format (struct mp_start const *start, char **text, size_t *len)
{
  enum { SINGLE = 6 };
  char owner[MP_PROCID_SIZE] = "";
  char const *const single[SINGLE] = {
    start->file, start->parent, start->method, start->command,
    start->on_exit, owner
  };
  size_t n_args = 0, n_vars = 0;
  if (start->daemon)
    mp_procid_format (&start->owner, owner);
  *len = sizeof (struct head);
  for (int i = 0; i < SINGLE; i++)
    *len += (single[i] ? strlen (single[i]) : 0) + 1;
  measure (start->argv, len, &n_args);
  measure (start->envp, len, &n_vars);
  *text = malloc (*len);
  if (!*text)
    return ENOMEM;
  struct head *h = memset (*text, 0, sizeof *h);
  strcpy (h->signature, signature);
  h->head_size = sizeof *h;
  h->size = *len;
  h->n_args = n_args;
  h->n_vars = n_vars;
  h->keep_max = start->keep_max;
  h->timeout = start->timeout;
  h->kill_after = start->kill_after;
  h->signal = start->signal;
  h->umask = start->umask;
  h->has_parent = start->parent != NULL;
  h->has_script = start->on_exit != NULL;
  h->daemon = start->daemon;
  note_limits (h);
  note_signals (h, start->mask);
  char *p = put_strings (*text + sizeof *h, single, SINGLE);
  p = put_strings (p, (char const *const *) start->argv, n_args);
  put_strings (p, (char const *const *) start->envp, n_vars);
  return 0;
}

/* What is left to read.  */
struct reader
{
  char *p, *end;
  int err;                      /* 0, EBADMSG or ENOMEM */
};

/* Take the next string; "" if there is none, which R->err tells.  */
static char *
get_string (struct reader *r)
{
  static char none[] = "";
  char *s = r->p;
  char *nul = r->err ? NULL : memchr (s, '\0', r->end - s);
  if (!nul)
    {
      r->err = r->err ? r->err : EBADMSG;
      return none;
    }
  r->p = nul + 1;
  return s;
}

/* Take N strings; the caller frees the array.  */
static char **
get_list (struct reader *r, size_t n)
{
  if (!r->err && (size_t) (r->end - r->p) < n)
    r->err = EBADMSG;
  char **list = r->err ? NULL : calloc (n + 1, sizeof *list);
  if (!list)
    {
      r->err = r->err ? r->err : ENOMEM;
      return NULL;
    }
  for (size_t i = 0; i < n; i++)
    list[i] = get_string (r);
  return list;
}

/* Take the head into *H.  */
static void
get_head (struct reader *r, struct head *h)
{
  size_t len = r->end - r->p;
  memset (h, 0, sizeof *h);
  memcpy (h, r->p, MIN (len, sizeof *h));
  if (len < sizeof *h || memcmp (h->signature, signature, sizeof signature) != 0
      || h->head_size != sizeof *h || h->size != len)
    r->err = EBADMSG;
  else
    r->p += sizeof *h;
}

/* In the new process: set the limits and ignore the signals that the request
   ARG has.  */
static int
enter (void *arg)
{
  struct mp_request const *req = arg;
  for (int sig = 1; sig < NSIG; sig++)
    if (sigismember (&req->ignored, sig) == 1)
      signal (sig, SIG_IGN);
  for (int i = 0; i < RLIM_NLIMITS; i++)
    if (req->limited[i] && setrlimit (i, &req->limit[i]) != 0)
      {
        /* The hard limit of the server may be lower: as near as possible.  */
        struct rlimit l;
        if (getrlimit (i, &l) != 0)
          return errno;
        if (req->limit[i].rlim_cur < l.rlim_max)
          l.rlim_cur = req->limit[i].rlim_cur;
        setrlimit (i, &l);
      }
  return 0;
}

int
mp_request_parse (char *text, size_t len, struct mp_request *req)
{
  struct reader r = { .p = text, .end = text + len };
  struct mp_start *start = &req->start;
  struct head h;
  *req = (struct mp_request) { .start = req->start };
  get_head (&r, &h);
  start->file = get_string (&r);
  start->parent = get_string (&r);
  start->method = get_string (&r);
  start->command = get_string (&r);
  start->on_exit = get_string (&r);
  char const *owner = get_string (&r);
  req->argv = get_list (&r, h.n_args);
  req->envp = get_list (&r, h.n_vars);
  start->daemon = h.daemon;
  if (!r.err && h.daemon && mp_procid_parse (owner, &start->owner) != 0)
    r.err = EBADMSG;
  if (r.err)
    {
      mp_request_free (req);
      return r.err;
    }
  start->parent = h.has_parent ? start->parent : NULL;
  start->on_exit = h.has_script ? start->on_exit : NULL;
  start->umask = h.umask;
  start->timeout = h.timeout;
  start->signal = h.signal;
  start->kill_after = h.kill_after;
  start->keep_max = h.keep_max;
  start->argv = req->argv;
  start->envp = req->envp;
  req->mask = h.mask;
  req->ignored = h.ignored;
  memcpy (req->limit, h.limit, sizeof req->limit);
  for (int i = 0; i < RLIM_NLIMITS; i++)
    req->limited[i] = h.limited[i];
  start->mask = &req->mask;
  start->in_child = enter;
  start->arg = req;
  return 0;
}

void
mp_request_free (struct mp_request *req)
{
  free (req->argv);
  free (req->envp);
  req->argv = req->envp = NULL;
}
