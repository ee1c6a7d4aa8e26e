# Side-by-side measurements, run by `make bench'.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

EXTRA_PROGRAMS = bench/bare-loop bench/line-filter bench/measure
bench_bare_loop_SOURCES = bench/bare-loop.c
bench_line_filter_SOURCES = bench/line-filter.c
bench_measure_SOURCES = bench/measure.c
CLEANFILES += $(EXTRA_PROGRAMS) bench/results.txt bench/results.status
EXTRA_DIST += bench/run.sh bench/cluster.sh bench/rows.sh

# The table goes to standard output and to bench/results.txt.
.PHONY: bench
bench: all $(EXTRA_PROGRAMS) tests/helpers/forest$(EXEEXT)
	{ PATH='$(abs_top_builddir)/src$(PATH_SEPARATOR)'"$$PATH" \
	    $(SHELL) $(srcdir)/bench/run.sh bench; \
	  echo $$? > bench/results.status; } | tee bench/results.txt
	@exit `cat bench/results.status`

# Does each measurement still work, and say the same as its peer?  How fast it
# was is no matter here.
.PHONY: bench-check
bench-check:
	ROUNDS=1 $(MAKE) bench || :
	test `wc -l < bench/results.txt` -ge 30
	! grep -E 'FAILED|other output' bench/results.txt

# The same on a private Slurm cluster of three nodes on this machine.
.PHONY: bench-cluster
bench-cluster: all $(EXTRA_PROGRAMS)
	PATH='$(abs_top_builddir)/src$(PATH_SEPARATOR)'"$$PATH" \
	  $(SHELL) $(srcdir)/bench/cluster.sh bench
