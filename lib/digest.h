/* Short digests of lists of byte strings.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_DIGEST_H
#define MP_DIGEST_H

#include <stddef.h>

#include "sha256.h"

#include "items.h"

/* What a digest comes to: the first bytes of a SHA-256 (FIPS 180-4), so many
   that nobody finds two lists with the same.  */
enum { MP_KEY_SIZE = 16 };

struct mp_key
{
  unsigned char byte[MP_KEY_SIZE];
};

/* A digest in the making.  */
struct mp_digest
{
  struct sha256_ctx ctx;
};

/* Begin the digest D of a list.  */
void mp_digest_init (struct mp_digest *d);

/* Add the LEN bytes at DATA as one string.  How long it is goes into the
   digest, too: "ab" and "c" differ from "a" and "bc", and from "abc".  */
void mp_digest_add (struct mp_digest *d, void const *data, size_t len);

/* End D and store in *KEY what it has come to.  It is the same on every
   machine.  */
void mp_digest_end (struct mp_digest *d, struct mp_key *key);

/* Store in *KEY the digest of the N items at ITEM.  */
void mp_digest_items (struct mp_item const *item, size_t n,
                      struct mp_key *key);

#endif
