# Give a man page that help2man has made the sections that a reader expects.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# To help2man, all that --help says is the description.  Its first heading
# begins the options here, and the exit statuses have a section of their own.
# SEE ALSO tells of the manual, so --help's line need not; .IP in an option is
# only a line that --help has indented further; and notes come after examples.
/^\.SH / { options = 0; noted = $2 == "NOTES" }
/^\.SH AUTHOR$/ { printf "%s", notes }
noted { notes = notes $0 "\n"; next }
/^\.SS "Exit status:"$/ { print ".SH \"EXIT STATUS\""; options = 0; next }
/^\.SS ".*:"$/ {
  if (! begun++)
    print ".SH OPTIONS"
  options = 1
  sub (/:"$/, "\"")
}
options && /^\.IP$/ { next }
/^\.PP$/ { held = 1; next }
held { held = 0; if (/^Full documentation: /) next; print ".PP" }
{ print }
