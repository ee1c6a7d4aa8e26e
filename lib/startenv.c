/* The environment of a started process.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "startenv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "exit-status.h"
#include "record.h"

static char const handle_name[] = "MPUTILS_HANDLE=";
static char const name_name[] = "MPUTILS_NAME=";
static char const parent_name[] = "MPUTILS_PARENT=";
static char const scope_name[] = "MPUTILS_SCOPE=";
static char const ancestors_name[] = "MPUTILS_ANCESTORS=";
static char const status_name[] = "MPUTILS_STATUS=";

/* The variables that tell of a process, and room for a number.  */
enum { OWN_VARIABLES = 6, NUMBER_SIZE = 12 };

/* Whether the variable VAR, "NAME=VALUE", tells of a process.  */
static bool
is_own (char const *var)
{
  static char const *const names[OWN_VARIABLES] = {
    handle_name, name_name, parent_name, scope_name, ancestors_name,
    status_name
  };
  for (int i = 0; i < OWN_VARIABLES; i++)
    if (strncmp (var, names[i], strlen (names[i])) == 0)
      return true;
  return false;
}

/* Add NAME and VALUE, one string, to E at P; return its end.  */
static char *
add (struct mp_startenv *e, char *p, char const *name, char const *value)
{
  e->envp[e->n++] = p;
  return stpcpy (stpcpy (p, name), value) + 1;
}

/* Return the value of the variable NAME, which has its "=", in BASE, or "".  */
static char const *
value_in (char *const *base, char const *name)
{
  size_t len = strlen (name);
  for (; *base; base++)
    if (strncmp (*base, name, len) == 0)
      return *base + len;
  return "";
}

/* Store in VALUE, of MP_STARTENV_ANCESTORS_SIZE bytes, the ancestors of what is
   started by who has the environment BASE; "" if there are none.  */
static void
find_ancestors (char *const *base, char *value)
{
  struct mp_procid id;
  char const *handle = value_in (base, handle_name);
  char const *before = value_in (base, ancestors_name);
  *value = '\0';
  if (mp_procid_parse (handle, &id) != 0)
    return;
  while (*before && (MP_STARTENV_ANCESTORS_SIZE
                     < strlen (before) + strlen (handle) + sizeof " "))
    {
      before += strcspn (before, " ");
      before += *before == ' ';
    }
  stpcpy (stpcpy (stpcpy (value, before), *before ? " " : ""), handle);
}

int
mp_startenv_init (struct mp_startenv *e, char *const *base, char const *name,
                  char const *parent, char const *scope)
{
  size_t n = 0;
  char ancestors[MP_STARTENV_ANCESTORS_SIZE];
  find_ancestors (base, ancestors);
  size_t bytes = (sizeof handle_name + MP_PROCID_SIZE
                  + sizeof name_name + strlen (name)
                  + sizeof parent_name + (parent ? strlen (parent) : 0)
                  + sizeof scope_name + strlen (scope)
                  + sizeof ancestors_name + strlen (ancestors)
                  + sizeof status_name + NUMBER_SIZE);
  for (; base[n]; n++)
    bytes += strlen (base[n]) + 1;
  *e = (struct mp_startenv) { 0 };
  e->envp = calloc (n + OWN_VARIABLES + 1, sizeof *e->envp);
  e->strings = malloc (bytes);
  if (!e->envp || !e->strings)
    {
      mp_startenv_free (e);
      return ENOMEM;
    }
  char *p = e->strings;
  e->handle = p + sizeof handle_name - 1;
  add (e, p, handle_name, "");
  p += sizeof handle_name + MP_PROCID_SIZE;
  p = add (e, p, name_name, name);
  if (parent)
    p = add (e, p, parent_name, parent);
  if (strcmp (scope, MP_NO_SCOPE) != 0)
    p = add (e, p, scope_name, scope);
  if (*ancestors)
    p = add (e, p, ancestors_name, ancestors);
  for (size_t i = 0; i < n; i++)
    if (!is_own (base[i]))
      p = add (e, p, "", base[i]);
  /* The rest is room for the status.  */
  e->envp[e->n] = NULL;
  e->envp[n + OWN_VARIABLES] = NULL;
  return 0;
}

void
mp_startenv_set_handle (struct mp_startenv *e, struct mp_procid const *id)
{
  mp_procid_format (id, e->handle);
}

char *const *
mp_startenv_status (struct mp_startenv *e, int status)
{
  char number[NUMBER_SIZE];
  snprintf (number, sizeof number, "%d",
            WIFSIGNALED (status) ? MP_EXIT_SIGNAL + WTERMSIG (status)
            : WEXITSTATUS (status));
  /* There is room for it behind the last string.  */
  char *last = e->envp[e->n - 1];
  add (e, last + strlen (last) + 1, status_name, number);
  e->envp[e->n] = NULL;
  return e->envp;
}

void
mp_startenv_free (struct mp_startenv *e)
{
  free (e->envp);
  free (e->strings);
  *e = (struct mp_startenv) { 0 };
}
