#!/bin/sh
# The manual explains each message that the programs' own code has.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# messages_ FILE...
# Print the messages in the calls of error, pmap_say and front_bad_value in
# FILEs of C, with a "*" for each value; of two numbers, the plural.  No message
# has "); " inside.
messages_ ()
{
  awk '
    # The string literal at the beginning of S, joined of its parts; REST is
    # what follows.
    function literal(s,   text) {
      while (match (s, /^ *"([^"\\]|\\.)*"/)) {
        text = text substr (s, index (s, "\"") + 1, \
                            RLENGTH - index (s, "\"") - 1)
        s = substr (s, RLENGTH + 1)
      }
      rest = s
      return text
    }
    { all = all " " $0 }
    END {
      while (match (all, /[^a-z_](error|pmap_say|front_bad_value) \(/)) {
        bad = substr (all, RSTART + 1, 1) == "f"
        all = substr (all, RSTART + RLENGTH)
        call = substr (all, 1, index (all ");", ");"))
        while (match (call, /(_|N_|ngettext) ?\( *"/)) {
          plural = substr (call, RSTART, 1) == "n"
          text = literal(substr (call, RSTART + RLENGTH - 1))
          call = rest
          if (plural) {
            text = literal(substr (call, 2))
            call = rest
          }
          gsub (/%[-.0-9*]*(ll|l|z|j)?[a-z]/, "*", text)
          print (bad ? text ": *" : text)
        }
      }
    }' "$@" | LC_ALL=C sort -u
}

# explained_ FILE SECTION
# Print what the node SECTION of the manual's FILE explains, likewise.
explained_ ()
{
  awk -v node="$2" '
    /^@node / { inside = $0 == "@node " node; next }
    inside && sub (/^@itemx? /, "") {
      gsub (/\047?@var\{[^}]*\}\047?/, "*")
      gsub (/@samp\{[^}]*\}|@dots\{\}/, "*")
      print
    }' "$abs_srcdir/doc/$1"
}

# as_pattern_
# Make a regular expression of each line: "*" is anything.
as_pattern_ () { sed 's/[][\.^$()+?{}|]/\\&/g; s/\*/.*/g'; }

explained_ mputils.texi Diagnostics > common
test -s common || framework_failure_

# What is not explained: the bare form of a list of processes, and a value of
# an option that only pmap itself gives.
cat > exceptions <<'END'
process '*' *: *
process '*'
invalid kind of agent: *
END

for p in $PROGRAMS; do
  explained_ $p.texi "Messages of $p" > own
  test "$(wc -l < own)" -ge 5 || { warn_ "$p: no list"; fail=1; }
  cat common own | grep '[a-z]' > explained
  as_pattern_ < explained > explained-patterns
  files=$(ls "$abs_srcdir/src/$p.c" "$abs_srcdir"/src/$p-*.c)
  test $p = pmap || test $p = ncpu \
    || files="$files $abs_srcdir/src/open-records.c"
  messages_ $files | grep -vxFf exceptions > said
  test "$(wc -l < said)" -ge 4 || { warn_ "$p: no messages"; fail=1; }
  while read -r message; do
    # The manual may say more than the message has, or name what it leaves
    # open.
    pattern=$(printf '%s\n' "$message" | as_pattern_)
    grep -xE -e "$pattern(: .*)?" explained > /dev/null && continue
    printf '%s\n' "$message" | grep -xEf explained-patterns > /dev/null \
      && continue
    warn_ "$p: the manual does not explain: $message"
    fail=1
  done < said
done

Exit $fail
