/* The record of a process that was started: who it is, how it ended.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c-ctype.h"
#include "procfile.h"

/* The longest name.  File systems take 255 bytes, and a little more is
   put before it.  */
enum { NAME_LIMIT = 200 };

bool
mp_record_name_ok (char const *name)
{
  size_t len = strlen (name);
  if (len == 0 || NAME_LIMIT < len || *name == '.' || *name == '-')
    return false;
  bool number = true;
  for (char const *p = name; *p; p++)
    {
      if (*p == '/' || c_iscntrl (*p))
        return false;
      number &= c_isdigit (*p) || *p == ':';
    }
  return !number;
}

void
mp_record_boot (char boot[MP_RECORD_BOOT_SIZE])
{
  /* It stays the same as long as the machine runs, and is asked for with every
     record.  */
  static char known[MP_RECORD_BOOT_SIZE];
  if (!*known
      && mp_procfile_line ("/proc/sys/kernel/random/boot_id", known,
                           sizeof known) != 0)
    *known = '\0';
  strcpy (boot, *known ? known : "-");
}

/* What the file "start" calls the kinds of IDs.  */
static char const *const kind_name[] = {
  [MP_PROCID_NONE] = "none",
  [MP_PROCID_START] = "start-time",
  [MP_PROCID_INODE] = "pidfd-inode"
};

int
mp_record_format_start (struct mp_record const *rec, char **text)
{
  char boot[MP_RECORD_BOOT_SIZE];
  char id[MP_PROCID_SIZE];
  char supervisor[MP_PROCID_SIZE];
  char guard[MP_PROCID_SIZE] = "-";
  char owner[MP_PROCID_SIZE] = "-";
  mp_record_boot (boot);
  mp_procid_format (&rec->id, id);
  mp_procid_format (&rec->supervisor, supervisor);
  if (rec->guard.pid)
    mp_procid_format (&rec->guard, guard);
  if (rec->daemon)
    mp_procid_format (&rec->owner, owner);
  int n = asprintf (text,
                    "version 1\nboot %s\nidentity %s\nhandle %s\n"
                    "supervisor %s\nguard %s\nowner %s\ntime %lld\n"
                    "method %s\ncommand %s\n",
                    boot, kind_name[rec->id.kind], id, supervisor, guard,
                    owner, rec->start_time, rec->method, rec->command);
  return n < 0 ? ENOMEM : 0;
}

int
mp_record_format_status (struct mp_record const *rec, char **text)
{
  char status[16] = "unknown";
  if (rec->status_known)
    snprintf (status, sizeof status, "%d", rec->status);
  int n = asprintf (text,
                    "version 1\nstatus %s\ntimed-out %d\ntime %lld\n"
                    "user %lld\nsystem %lld\npeak %lld\n"
                    "kept-out %llu\nkept-err %llu\n"
                    "dropped-out %llu\ndropped-err %llu\n"
                    "error-script %d\nerror-out %d\nerror-err %d\n",
                    status, rec->timed_out, rec->end_time, rec->user,
                    rec->system, rec->peak_kib, rec->kept[0], rec->kept[1],
                    rec->dropped[0], rec->dropped[1], rec->script_error,
                    rec->keep_error[0], rec->keep_error[1]);
  return n < 0 ? ENOMEM : 0;
}

/* Store in *VALUE a copy of what the line of TEXT that begins with KEY says.
   Return 0, EBADMSG if there is no such line, or ENOMEM.  */
static int
find (char const *text, char const *key, char **value)
{
  size_t len = strlen (key);
  for (char const *line = text; *line; )
    {
      char const *end = strchr (line, '\n');
      /* A line without an end was torn.  */
      if (!end)
        break;
      if (strncmp (line, key, len) == 0 && line[len] == ' ')
        {
          line += len + 1;
          *value = strndup (line, end - line);
          return *value ? 0 : ENOMEM;
        }
      line = end + 1;
    }
  return EBADMSG;
}

/* Store in *N the whole number that KEY has in TEXT.  Return as find.  */
static int
find_number (char const *text, char const *key, long long *n)
{
  char *value;
  char *end;
  int err = find (text, key, &value);
  if (err)
    return err;
  errno = 0;
  *n = strtoll (value, &end, 10);
  if (errno || end == value || *end || c_isspace (*value))
    err = EBADMSG;
  free (value);
  return err;
}

/* Store in *ID the PID:ID that KEY has in TEXT.  Return as find.  */
static int
find_id (char const *text, char const *key, struct mp_procid *id)
{
  char *value;
  int err = find (text, key, &value);
  if (err)
    return err;
  err = mp_procid_parse (value, id);
  free (value);
  return err == EINVAL ? EBADMSG : err;
}

/* Return 0 if TEXT is of a version that is known, else as find.  */
static int
check_version (char const *text)
{
  long long version;
  int err = find_number (text, "version", &version);
  return err ? err : version == 1 ? 0 : EBADMSG;
}

/* Read from TEXT into REC of what kind its IDs are, which one program has
   found.  That it does not say so is an error of none.  Return 0 or ENOMEM.  */
static int
parse_kind (struct mp_record *rec, char const *text)
{
  char *name;
  int err = find (text, "identity", &name);
  if (err)
    return err == ENOMEM ? err : 0;
  for (size_t i = 0; i < sizeof kind_name / sizeof *kind_name; i++)
    if (strcmp (name, kind_name[i]) == 0)
      rec->id.kind = rec->supervisor.kind = rec->guard.kind = i;
  free (name);
  return 0;
}

/* Store in *ID the PID:ID that KEY has in TEXT, and in *THERE whether it is one
   and not "-".  Return as find.  */
static int
find_optional_id (char const *text, char const *key, struct mp_procid *id,
                  bool *there)
{
  char *value;
  int err = find (text, key, &value);
  if (err)
    return err;
  *there = strcmp (value, "-") != 0;
  free (value);
  return *there ? find_id (text, key, id) : 0;
}

int
mp_record_parse_start (struct mp_record *rec, char const *text)
{
  char boot[MP_RECORD_BOOT_SIZE];
  char *its_boot = NULL;
  bool guarded;
  int err = check_version (text);
  if (!err)
    err = find (text, "boot", &its_boot);
  if (!err)
    err = find_id (text, "handle", &rec->id);
  if (!err)
    err = find_id (text, "supervisor", &rec->supervisor);
  if (!err)
    {
      err = find_optional_id (text, "guard", &rec->guard, &guarded);
      /* Records from before there were guards have no such line.  */
      err = err == EBADMSG ? 0 : err;
    }
  if (!err)
    err = parse_kind (rec, text);
  if (!err)
    err = find_optional_id (text, "owner", &rec->owner, &rec->daemon);
  if (!err)
    err = find_number (text, "time", &rec->start_time);
  if (!err)
    err = find (text, "method", &rec->method);
  if (!err)
    err = find (text, "command", &rec->command);
  if (!err)
    {
      mp_record_boot (boot);
      rec->other_boot = strcmp (boot, its_boot) != 0;
      rec->started = true;
    }
  free (its_boot);
  return err;
}

/* Read the status from TEXT into REC.  */
static int
parse_wait_status (struct mp_record *rec, char const *text)
{
  char *value;
  long long n = 0;
  int err = find (text, "status", &value);
  if (err)
    return err;
  rec->status_known = strcmp (value, "unknown") != 0;
  free (value);
  if (rec->status_known)
    err = find_number (text, "status", &n);
  if (n < 0 || 0xffff < n)
    err = EBADMSG;
  rec->status = n;
  return err;
}

int
mp_record_parse_status (struct mp_record *rec, char const *text)
{
  long long timed_out = 0;
  long long kept[2] = { 0 };
  long long dropped[2] = { 0 };
  long long error[2] = { 0 };
  long long script_error = 0;
  struct { char const *key; long long *n; } const numbers[] = {
    { "timed-out", &timed_out },
    { "time", &rec->end_time },
    { "user", &rec->user },
    { "system", &rec->system },
    { "peak", &rec->peak_kib },
    { "kept-out", &kept[0] },
    { "kept-err", &kept[1] },
    { "dropped-out", &dropped[0] },
    { "dropped-err", &dropped[1] },
    { "error-out", &error[0] },
    { "error-err", &error[1] }
  };
  int err = check_version (text);
  if (!err)
    err = parse_wait_status (rec, text);
  for (size_t i = 0; !err && i < sizeof numbers / sizeof *numbers; i++)
    err = find_number (text, numbers[i].key, numbers[i].n);
  if (err)
    return err;
  /* Supervisors from before that was told do not write it; what is torn lacks
     the lines after it, too.  */
  err = find_number (text, "error-script", &script_error);
  if (err && err != EBADMSG)
    return err;
  rec->timed_out = timed_out;
  for (int i = 0; i < 2; i++)
    {
      rec->kept[i] = kept[i];
      rec->dropped[i] = dropped[i];
      rec->keep_error[i] = error[i];
    }
  rec->script_error = script_error;
  rec->ended = true;
  return 0;
}

void
mp_record_free (struct mp_record *rec)
{
  if (!rec)
    return;
  free (rec->scope);
  free (rec->name);
  free (rec->path);
  free (rec->method);
  free (rec->command);
  free (rec);
}
