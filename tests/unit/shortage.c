/* Make memory short.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "shortage.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

/* The linker makes every call of NAME one of __wrap_NAME, and __real_NAME what
   NAME was: ld(1) on --wrap.  So this works beside tools that have their own
   allocator.  */
void *__real_malloc (size_t size);
void *__real_calloc (size_t n, size_t size);
void *__real_realloc (void *p, size_t size);
void *__real_reallocarray (void *p, size_t n, size_t size);
void *__wrap_malloc (size_t size);
void *__wrap_calloc (size_t n, size_t size);
void *__wrap_realloc (void *p, size_t size);
void *__wrap_reallocarray (void *p, size_t n, size_t size);

static int allowed = -1;

void
shortage_after (int n)
{
  allowed = n;
}

/* Whether the allocation that is asked for fails.  */
static bool
short_now (void)
{
  if (allowed < 0)
    return false;
  if (allowed > 0)
    {
      allowed--;
      return false;
    }
  errno = ENOMEM;
  return true;
}

void *
__wrap_malloc (size_t size)
{
  return short_now () ? NULL : __real_malloc (size);
}

void *
__wrap_calloc (size_t n, size_t size)
{
  return short_now () ? NULL : __real_calloc (n, size);
}

void *
__wrap_realloc (void *p, size_t size)
{
  return short_now () ? NULL : __real_realloc (p, size);
}

void *
__wrap_reallocarray (void *p, size_t n, size_t size)
{
  return short_now () ? NULL : __real_reallocarray (p, n, size);
}
