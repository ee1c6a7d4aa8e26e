#!/bin/sh
# --report writes a page about the run that is whole, bounded and harmless.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

require_proc_

python=
python3 -c 'import json, html.parser' 2> /dev/null && python=python3

cat > look.py <<'END1'
# Write what is of interest in a page: its elements, the attributes that could
# do something, the cells of its tables, and the items of its chart.
import html.parser, json, sys

class Page (html.parser.HTMLParser):
    inside = None
    def handle_starttag (self, tag, attrs):
        self.inside = tag
        for name, value in attrs:
            if name.startswith ('on') or name in ('src', 'href'):
                print ('ATTRIBUTE', tag, name, value)
        if tag in ('script', 'style', 'canvas'):
            print ('element', tag)
        elif tag not in ('html', 'head', 'meta', 'title', 'body', 'h1', 'h2',
                         'p', 'code', 'dl', 'div', 'dt', 'dd', 'small', 'span',
                         'i', 'b', 'button', 'noscript', 'table', 'tr', 'th',
                         'td'):
            print ('ELEMENT', tag)
        if ('id', 'data') in attrs:
            self.inside = 'data'
        if ('class', 'item') in attrs:
            self.inside = 'item'
    def handle_endtag (self, tag):
        self.inside = None
    def handle_data (self, data):
        if self.inside == 'item':
            print ('item', ascii (data))
        elif self.inside == 'data':
            page = json.loads (data)
            print ('lanes', page['lanes'])
            for key, word in page['words'].items ():
                print ('word', key, ascii (word))
            for b in page['bars']:
                print ('bar', len (b), ascii (b[5]))

text = open (sys.argv[1], encoding='utf-8', newline='').read ()
assert text.endswith ('</html>\n')
assert not any (c < ' ' and c != '\n' for c in text)
Page ().feed (text)
END1

# is_whole_ FILE
# Succeed if FILE is a page with nothing in it that gets or does something; with
# python, whatever items are in it.
is_whole_ ()
{
  test "$(tail -n 1 "$1")" = '</html>' || { warn_ 'no whole page'; return 1; }
  grep "default-src 'none'; .*script-src 'nonce-[0-9a-f]\{32\}'" "$1" \
    > /dev/null || return 1
  test -n "$python" || return 0
  $python look.py "$1" > look || return 1
  grep '^[A-Z]' look && return 1
  return 0
}

# Nothing but the page is left.
only_page_ () { test "$(echo page*)" = page; }

seq 30 | pmap -P3 --report=page sh -c 'test $1 != 7' _ 2> err
test $? = 123 || fail=1
is_whole_ page && only_page_ || fail=1
grep -E '(src|href|url) *[=(]|@import|https?:' page && fail=1
grep '<h1>pmap <code>sh -c &#39;test $1 != 7&#39; _</code></h1>' page || fail=1
grep '^<html lang="en">' page || fail=1
grep '<dt>tasks</dt><dd>30</dd>' page || fail=1
grep '<dt>failed</dt><dd class="bad">1</dd>' page || fail=1
grep 'The failures' page || fail=1
grep '<td class="n">7</td><td class="item">7</td>.*<td>exit 1</td>' page \
  || fail=1
if test -n "$python"; then
  test "$(grep -c '^bar 6' look)" = 30 || fail=1
  # Twenty slowest, and the failure.
  test "$(grep -c '^item' look)" = 21 || fail=1
  # Each word that the script uses is there, and has a place for what is told.
  sed -n 's/.*words\.\([a-z]*\).*/\1/p' page | sort -u > used
  test -s used || fail=1
  while read key; do
    grep "^word $key .*[]}1-9]" look > /dev/null || fail=1
  done < used
  grep -Fx "word one '#{1}  {2}\\n{3}, {4}\\nfrom {5} to {6}, {7}'" look \
    || fail=1
fi

# Items are inert.
img='</script><img src=x onerror=alert(1)>'
printf '%s\n' "$img" '<!--<script>' "a'b\"c&amp;d" '  <b>' > items
printf 'x\ty\377\303\033[1m\n\342\200\256rlo\n' >> items
pmap -P2 --report=page true < items || fail=1
is_whole_ page || fail=1
grep '<img\|<!--\|<b>' page && fail=1
grep '&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;</td>' page || fail=1
grep '"\\u003c/script\\u003e\\u003cimg src=x onerror=alert(1)\\u003e"' page \
  || fail=1
if test -n "$python"; then
  grep -Fx "bar 6 '$img'" look || fail=1
  grep -F "'x\u2409y\ufffdff\ufffdc3\u241b[1m'" look > /dev/null || fail=1
  grep -F "'\ufffd202erlo'" look > /dev/null || fail=1
fi
# So is the command.
pmap --report=page sh -c ": '$img'" ::: a || fail=1
is_whole_ page || fail=1
grep '<img' page && fail=1

# Each mode.
pmap --report=page -c : < items && is_whole_ page || fail=1
pmap --report=page -w cat < items > out && is_whole_ page || fail=1
pmap --report=page -b10 cat < items > out && is_whole_ page || fail=1
pmap --report=page -n 2 true < items && is_whole_ page || fail=1
pmap --report=page -u true < items && is_whole_ page || fail=1
pmap --report=page --ungrouped true < items && is_whole_ page || fail=1
pmap --report=page --retries=2 --retry-delay=0 sh -c 'exit 1' ::: a 2> err
is_whole_ page || fail=1
grep 'tried again</dt><dd>1 <small>2 attempts in all' page || fail=1
pmap --report=page true < /dev/null && is_whole_ page || fail=1

# However many tasks there are, the page is not larger than a browser likes, and
# says what it has done.
seq 60000 | pmap -P2 --report=page -c 'test $(($1 % 100)) != 0' 2> err
is_whole_ page || fail=1
test "$(wc -c < page)" -lt 2000000 || fail=1
grep 'bars are several of them' page > /dev/null || fail=1
grep 'The first 200 of 600' page || fail=1
grep '<dt>tasks</dt><dd>60000</dd>' page || fail=1
if test -n "$python"; then
  # None is lost.
  sed -n 's/^bar //p' look > out
  test "$(wc -l < out)" -le 16384 || fail=1
  grep '^7' out > /dev/null || fail=1
  $python - <<'END1' || fail=1
import json, re
text = open ('page', encoding='utf-8').read ()
bars = json.loads (re.search ('id="data">(.*?)</script>', text,
                              re.S).group (1))['bars']
n = sum (b[3] if len (b) == 7 else 1 for b in bars)
failed = sum (b[4] if len (b) == 7 else b[3] == 1 for b in bars)
assert n == 60000 and failed == 600, (n, failed)
END1
fi

# What was there stays until there is something better, and its mode, too.
echo old > page
chmod 640 page
pmap -P1 --report=page cat ::: page > out || fail=1
echo old > exp
compare exp out || fail=1
is_whole_ page && only_page_ || fail=1
test "$(ls -l page | cut -c1-10)" = -rw-r----- || fail=1
rm page
(umask 027; pmap --report=page true ::: a) || fail=1
test "$(ls -l page | cut -c1-10)" = -rw-r----- || fail=1

# A link leads on.
rm page
ln -s real page || framework_failure_
pmap --report=page true ::: a || fail=1
test -h page && is_whole_ real || fail=1
rm page real

# ^C.
env "$mark_" pmap --report=page -P2 sh -c ': > started; exec sleep 1000' _ \
  ::: 1 2 2> err &
pid=$!
retry_until_ 60 test -e started
kill -INT $pid
wait $pid
no_leftovers_ 20 || fail=1
is_whole_ page && only_page_ || fail=1
grep 'ended with the run</dt>' page || fail=1

# It cannot be written: nothing is run.
for file in no/page . no/; do
  returns_ 125 pmap --report=$file touch ::: ran 2> err || fail=1
  grep 'cannot write' err || fail=1
  test ! -e ran || fail=1
done
# Not any more.
mkdir folder || framework_failure_
returns_ 125 pmap --report=folder/page rmdir ::: folder 2> err || fail=1
test "$(grep -c "cannot write .*folder/page" err)" = 1 || fail=1
# The disk is full: the old one stays.
mkdir folder && echo old > folder/page || framework_failure_
(trap '' XFSZ; ulimit -f 4 \
  && returns_ 125 pmap --report=folder/page true ::: a 2> err) || fail=1
grep 'cannot write .*folder/page' err || fail=1
compare exp folder/page || fail=1
test "$(ls folder)" = page || fail=1
if test -c /dev/full; then
  returns_ 125 pmap --report=/dev/full true ::: a 2> err || fail=1
  test -c /dev/full || fail=1
fi

Exit $fail
