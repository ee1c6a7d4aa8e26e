#!/bin/sh
# A Slurm job that is told to end, or cancelled, and another that does the rest.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

. "$abs_srcdir/gl/tests/init.sh"; path_prepend_ "$abs_builddir/src"
. "$abs_srcdir/tests/cluster.cfg"

require_cluster_
# What is told to end is killed only when that time is over.
start_cluster_ 3 'KillWait=600'

lines_ () { test "$(wc -l < "$1")" -ge "$2"; }
says_ ()
{
  grep -e "$1" err > /dev/null || { warn_ "not '$1':"; cat err; fail=1; }
}
nothing_left_ ()
{
  wait_no_jobs_ || fail=1
  wait_no_steps_ || fail=1
  no_leftovers_ 30 || fail=1
}
seq 40 | awk '{ print $1 * $1 }' > exp

# The run, with further options.  Tasks with even numbers ignore SIGTERM; all
# wait for a file.  This script does $on_term at SIGTERM.
cat > run <<'EOF' || framework_failure_
#!/bin/sh
pmap --slurm -P2 --joblog=log "$@" sh -c '
  test $(($1 % 2)) = 1 || trap "" TERM
  echo $1 >> ran; until test -e go; do sleep .05; done
  echo $(($1*$1))' sh ::: $(seq 40) >> out 2> err &
pid=$!
trap "$on_term" TERM
wait $pid
status=$?
# What has interrupted it was the signal.
while kill -0 $pid 2> /dev/null; do
  wait $pid
  status=$?
done
echo $status > status-
mv status- status
EOF
on_term=:
export on_term

# begin_ NAME
# Be in a new folder for a run.
begin_ () { mkdir $1 && cd $1 && : > ran && : > out || framework_failure_; }
# Six tasks run.
full_ () { retry_until_ 60 lines_ ran 6 || fail=1; }

# ends_ STATUS
# The run ends.
ends_ ()
{
  retry_until_ 60 test -e status || { warn_ "it does not end"; fail=1; }
  test "$(cat status)" = "$1" \
    || { warn_ "status $(cat status), not $1"; cat err; fail=1; }
}

# told_
# All nodes are told to end.
told_ ()
{
  local i_
  for i_ in 1 2 3; do
    retry_until_ 60 grep "n$i_ is told to end: it gets no more tasks" err \
      > /dev/null || { warn_ "n$i_ is not told"; fail=1; }
  done
}

# cut_ STATUS
# Let what runs end, if it may: no task has failed.  (Some may have been begun
# when others had gone by the signal, which their node got last.)
cut_ ()
{
  : > go
  ends_ $1
  cut -f1,11 log | grep -v Seq | LC_ALL=C sort > outcomes
  awk '$1 % 2 == 0 { print $1 "\tok" }' ran | LC_ALL=C sort > exp
  grep '[02468]	' outcomes | compare exp - || fail=1
  grep -v 'ok$' outcomes && fail=1
  test $(wc -l < ran) -lt 12 || { warn_ 'tasks were begun'; fail=1; }
  cut -f1 outcomes > done
}

# resume_
# Do the rest; there is nothing that is done twice.
resume_ ()
{
  : > ran
  rm -f status
  env "$mark_" sh ../run --resume
  ends_ 0
  LC_ALL=C sort -n out > sorted
  compare ../exp sorted || fail=1
  seq 40 | grep -vxFf done > exp
  LC_ALL=C sort -n ran > begun
  compare exp begun || fail=1
}

# In an allocation, steps alone are told.
enter_job_ -N3 -n6
begin_ steps
env "$mark_" sh ../run &
pid=$!
full_
scancel --signal=TERM $SLURM_JOB_ID
told_
cut_ 125
end_of_ $pid
says_ 'no host is left to run tasks'
wait_no_steps_ || fail=1
no_leftovers_ 30 || fail=1
resume_
cd ..

# The job is cancelled.
begin_ cancelled
env "$mark_" sh ../run &
pid=$!
full_
scancel $SLURM_JOB_ID
told_
cut_ 125
end_of_ $pid
says_ 'no host is left to run tasks'
leave_job_ || fail=1
nothing_left_
enter_job_ -N3 -n6
resume_
cd ..
leave_job_ || fail=1

# A batch script is told, too, in any way that there is.
for how in full batch cancel; do
  begin_ $how
  test $how != batch || on_term='kill $pid'
  job=$(env "$mark_" sbatch --parsable -N3 -n6 -o output ../run)
  on_term=:
  full_
  case $how in
    full) scancel --signal=TERM --full $job ;;
    batch) scancel --signal=TERM --batch $job ;;
    cancel) scancel $job ;;
  esac
  retry_until_ 60 grep 'told to end: no more tasks are started' err \
    > /dev/null || { warn_ "$how is not told"; cat err; fail=1; }
  cut_ 143
  cat err
  cd ..
  nothing_left_
done

Exit $fail
