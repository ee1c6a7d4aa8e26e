/* Requests to start a process, in a form that can be passed on.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "request.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intprops.h"

/* A request is strings, each with its NUL byte: this, then the fields below in
   their order, each list after its length.  */
static char const signature[] = "mputils request 1";

/* Add S, with its NUL byte, to F.  */
static void
put_string (FILE *f, char const *s)
{
  fwrite (s, 1, strlen (s) + 1, f);
}

/* Add the number N.  */
static void
put_number (FILE *f, long long n)
{
  char text[INT_BUFSIZE_BOUND (long long)];
  snprintf (text, sizeof text, "%lld", n);
  put_string (f, text);
}

/* Add a string that may be null.  */
static void
put_optional (FILE *f, char const *s)
{
  put_number (f, s != NULL);
  put_string (f, s ? s : "");
}

/* Add the strings LIST, which a null pointer ends.  */
static void
put_list (FILE *f, char *const *list)
{
  size_t n = 0;
  while (list[n])
    n++;
  put_number (f, n);
  for (size_t i = 0; i < n; i++)
    put_string (f, list[i]);
}

/* Add the members of SET: numbers, of which 0 is the last.  */
static void
put_signals (FILE *f, sigset_t const *set)
{
  for (int sig = 1; sig < NSIG; sig++)
    if (sigismember (set, sig) == 1)
      put_number (f, sig);
  put_number (f, 0);
}

/* Add the limits of this process: numbers, -1 at the end.  */
static void
put_limits (FILE *f)
{
  for (int i = 0; i < RLIM_NLIMITS; i++)
    {
      struct rlimit l;
      if (getrlimit (i, &l) != 0)
        continue;
      put_number (f, i);
      /* RLIM_INFINITY passes as the number that it is.  */
      put_number (f, (long long) l.rlim_cur);
      put_number (f, (long long) l.rlim_max);
    }
  put_number (f, -1);
}

int
mp_request_format (struct mp_start const *start, char **text, size_t *len)
{
  char owner[MP_PROCID_SIZE];
  sigset_t ignored;
  FILE *f = open_memstream (text, len);
  if (!f)
    return ENOMEM;
  sigemptyset (&ignored);
  for (int sig = 1; sig < NSIG; sig++)
    {
      struct sigaction sa;
      if (sigaction (sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN)
        sigaddset (&ignored, sig);
    }
  put_string (f, signature);
  put_string (f, start->file);
  put_optional (f, start->parent);
  put_string (f, start->method);
  put_string (f, start->command);
  put_optional (f, start->on_exit);
  put_number (f, start->umask);
  put_number (f, start->timeout);
  put_number (f, start->signal);
  put_number (f, start->kill_after);
  put_number (f, (long long) start->keep_max);
  put_number (f, start->daemon);
  mp_procid_format (&start->owner, owner);
  put_string (f, start->daemon ? owner : "");
  put_signals (f, start->mask);
  put_signals (f, &ignored);
  put_limits (f);
  put_list (f, start->argv);
  put_list (f, start->envp);
  bool failed = ferror (f);
  if (fclose (f) != 0 || failed)
    {
      free (*text);
      return ENOMEM;
    }
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

/* Take the next number.  */
static long long
get_number (struct reader *r)
{
  char *s = get_string (r);
  char *end;
  errno = 0;
  long long n = strtoll (s, &end, 10);
  if (!r->err && (errno || end == s || *end))
    r->err = EBADMSG;
  return r->err ? 0 : n;
}

static char *
get_optional (struct reader *r)
{
  bool given = get_number (r) != 0;
  char *s = get_string (r);
  return given ? s : NULL;
}

/* Take a list of strings; the caller frees the array.  */
static char **
get_list (struct reader *r)
{
  long long n = get_number (r);
  if (n < 0 || r->end - r->p < n)
    r->err = r->err ? r->err : EBADMSG;
  char **list = r->err ? NULL : calloc (n + 1, sizeof *list);
  if (!list)
    {
      r->err = r->err ? r->err : ENOMEM;
      return NULL;
    }
  for (long long i = 0; i < n; i++)
    list[i] = get_string (r);
  return list;
}

/* Take a set of signals.  */
static void
get_signals (struct reader *r, sigset_t *set)
{
  sigemptyset (set);
  for (long long sig; (sig = get_number (r)) != 0; )
    if (sig < 0 || NSIG <= sig)
      r->err = EBADMSG;
    else
      sigaddset (set, sig);
}

/* Take the limits.  */
static void
get_limits (struct reader *r, struct mp_request *req)
{
  for (long long i; (i = get_number (r)) != -1 && !r->err; )
    {
      struct rlimit l = { .rlim_cur = get_number (r) };
      l.rlim_max = get_number (r);
      if (i < 0 || RLIM_NLIMITS <= i)
        continue;
      req->limit[i] = l;
      req->limited[i] = true;
    }
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
  *req = (struct mp_request) { .start = req->start };
  char const *first = get_string (&r);
  if (!r.err && strcmp (first, signature) != 0)
    r.err = EBADMSG;
  start->file = get_string (&r);
  start->parent = get_optional (&r);
  start->method = get_string (&r);
  start->command = get_string (&r);
  start->on_exit = get_optional (&r);
  start->umask = get_number (&r);
  start->timeout = get_number (&r);
  start->signal = get_number (&r);
  start->kill_after = get_number (&r);
  start->keep_max = get_number (&r);
  start->daemon = get_number (&r) != 0;
  char const *owner = get_string (&r);
  if (start->daemon && mp_procid_parse (owner, &start->owner) != 0)
    r.err = EBADMSG;
  get_signals (&r, &req->mask);
  get_signals (&r, &req->ignored);
  get_limits (&r, req);
  req->argv = get_list (&r);
  req->envp = get_list (&r);
  if (r.err)
    {
      mp_request_free (req);
      return r.err;
    }
  start->argv = req->argv;
  start->envp = req->envp;
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
