#!/bin/sh
# Where tasks run: options that do not go together, and the process that holds
# a job of Slurm.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"

# usage_ MESSAGE OPTION...
# Check that pmap ends with MESSAGE.
usage_ ()
{
  local message_="$1"
  shift
  returns_ 125 pmap "$@" true ::: 1 2> err || fail=1
  grep -F -e "$message_" err > /dev/null \
    || { warn_ "not '$message_':"; cat err; fail=1; }
}
usage_ '--slurm and --hosts exclude each other' --slurm --hosts=a
usage_ '--slurm and --launcher exclude each other' --slurm --launcher=x
usage_ '--slurm and --ungrouped exclude each other' --slurm --ungrouped
usage_ '--slurm and --round-robin exclude each other' --slurm -b --round-robin
usage_ '--hosts and --ungrouped exclude each other' --hosts=a --ungrouped
usage_ '--hosts and --round-robin exclude each other' \
  --hosts=a -b --round-robin
usage_ '--send and --remote-program exclude each other' \
  --hosts=a --send --remote-program=/x
usage_ '--launcher makes sense only with --hosts' --launcher=x
usage_ '--send makes sense only with --slurm or --hosts' --send
usage_ '--remote-program makes sense only with --slurm or --hosts' \
  --remote-program=/x
for o in workdir=/ env=HOME heartbeat=9; do
  usage_ "--${o%=*} makes sense only with --slurm or --hosts" --$o
done

# The holder tells what its environment says of the job, and ends with its
# input.
mkdir bin || framework_failure_
cat > bin/scancel <<'END_OF_SCANCEL'
#!/bin/sh
echo "$*" > cancelled-
mv cancelled- cancelled
END_OF_SCANCEL
chmod +x bin/scancel
PATH=$PWD/bin:$PATH
SLURM_JOB_ID=17 SLURM_JOB_NODELIST='n[1-2]' X=y pmap --hold-job \
  < /dev/null > out || fail=1
tr '\0' '\n' < out | grep SLURM_JOB | LC_ALL=C sort > lines
printf '%s\n' SLURM_JOB_ID=17 'SLURM_JOB_NODELIST=n[1-2]' > exp
compare exp lines || fail=1
tr '\0' '\n' < out | grep X= && fail=1
test "$(tail -c 2 out | od -An -tx1 | tr -d ' ')" = 0000 || fail=1
test ! -e cancelled || fail=1
(unset SLURM_JOB_ID; returns_ 125 pmap --hold-job < /dev/null) || fail=1

# If salloc is killed, the holder cancels the job.
mkfifo in told || skip_ 'there are no named pipes'
exec 7<> in
cat > salloc <<'END_OF_SALLOC'
SLURM_JOB_ID=17 SLURM_JOB_NODELIST=n1 pmap --hold-job < in > told
: alive
END_OF_SALLOC
$SHELL salloc 7>&- &
pid=$!
head -c 1 < told > /dev/null
if test "$(uname)" = Linux; then
  kill -9 $pid
  wait $pid
  retry_until_ 30 test -e cancelled || fail=1
  test "$(cat cancelled)" = '--quiet 17' || { cat cancelled; fail=1; }
fi

Exit $fail
