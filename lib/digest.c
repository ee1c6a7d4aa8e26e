/* Short digests of lists of byte strings.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#include <config.h>

#include "digest.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

void
mp_digest_init (struct mp_digest *d)
{
  sha256_init_ctx (&d->ctx);
}

void
mp_digest_add (struct mp_digest *d, void const *data, size_t len)
{
  /* A log may be read on a machine with another order of bytes.  */
  unsigned char length[sizeof (uint64_t)];
  uint64_t rest = len;
  for (size_t i = 0; i < sizeof length; i++, rest >>= CHAR_BIT)
    length[i] = rest & UCHAR_MAX;
  sha256_process_bytes (length, sizeof length, &d->ctx);
  /* DATA may be null then.  */
  if (len)
    sha256_process_bytes (data, len, &d->ctx);
}

void
mp_digest_end (struct mp_digest *d, struct mp_key *key)
{
  unsigned char whole[SHA256_DIGEST_SIZE];
  sha256_finish_ctx (&d->ctx, whole);
  memcpy (key->byte, whole, sizeof key->byte);
}

void
mp_digest_items (struct mp_item const *item, size_t n, struct mp_key *key)
{
  struct mp_digest d;
  mp_digest_init (&d);
  for (size_t i = 0; i < n; i++)
    mp_digest_add (&d, item[i].data, item[i].len);
  mp_digest_end (&d, key);
}
