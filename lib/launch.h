/* Words of a command that starts another elsewhere.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef MP_LAUNCH_H
#define MP_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>

/* Words, one after the other.  All zero is none.  */
struct mp_words
{
  char **word;                  /* owned, N and a null; or null */
  size_t n;
};

/* Free the words of W and make it empty.  */
void mp_words_free (struct mp_words *w);

/* Append to W a copy of WORD.  Return 0 or ENOMEM.  */
int mp_words_add (struct mp_words *w, char const *word);

/* Append to W copies of the words of FROM.  Return 0 or ENOMEM; then some may
   have been appended.  */
int mp_words_add_all (struct mp_words *w, struct mp_words const *from);

/* Append to W the words of S, which blanks separate: no shell reads S, and
   nothing quotes a blank.  In each, every "{host}" becomes HOST, unless that is
   null; it makes no more words, whatever is in HOST.  Return 0 or ENOMEM; then
   some may have been appended.  */
int mp_words_split (struct mp_words *w, char const *s, char const *host);

/* Whether the command W hands further words to a shell elsewhere, as ssh(1)
   does: they must be quoted for that.  */
bool mp_words_for_shell (struct mp_words const *w);

#endif
