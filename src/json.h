/* Write JSON (RFC 8259).
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef JSON_H
#define JSON_H

/* Write S to standard output as a JSON string, quotes included.  Bytes that
   are not UTF-8, which file names may have and JSON may not, become U+FFFD.
   Null becomes null.  */
void json_string (char const *s);

#endif
