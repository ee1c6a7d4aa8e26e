/* pmap: what is the same in all pages.
   Copyright (C) 2026 The mputils authors
   SPDX-License-Identifier: GPL-3.0-or-later  */

#ifndef PMAP_HTML_PAGE_H
#define PMAP_HTML_PAGE_H

/* The style sheet and the script, as lines; null is behind the last.  */
extern char const *const pmap_html_style[];
extern char const *const pmap_html_script[];

#endif
