# The tests: unit tests with Check, the programs with gnulib's init.sh.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

TEST_EXTENSIONS = .sh
SH_LOG_COMPILER = tests/helpers/plain$(EXEEXT) $(SHELL)

# The programs under test come first in PATH, under their plain names.
# srcdir is where init.sh looks for init.cfg.
AM_TESTS_ENVIRONMENT = \
  abs_srcdir='$(abs_top_srcdir)'; export abs_srcdir; \
  abs_builddir='$(abs_top_builddir)'; export abs_builddir; \
  srcdir='$(abs_top_srcdir)/tests'; export srcdir; \
  VERSION='$(PACKAGE_VERSION)'; export VERSION; \
  PROGRAMS='$(notdir $(bin_PROGRAMS:$(EXEEXT)=))'; export PROGRAMS; \
  LC_ALL=C; export LC_ALL; \
  PATH='$(abs_top_builddir)/src$(PATH_SEPARATOR)'"$$PATH"; export PATH; \
  exec 9>&2;

# tests_scripts, every tests/PROGRAM/NAME.sh: written by ./bootstrap, so that
# no list can drift.
include $(srcdir)/tests/list.mk
EXTRA_DIST += $(tests_scripts) tests/await tests/cluster.cfg tests/emulated.sh \
  tests/essentials.cfg tests/init.cfg tests/moving.cfg tests/slurm-cluster \
  tests/helpers/loopback.c gl/tests/init.sh

# What the scripts run besides the programs.
check_PROGRAMS += tests/helpers/plain
tests_helpers_plain_SOURCES = tests/helpers/plain.c
tests_helpers_plain_LDADD = $(src_link)
check_PROGRAMS += tests/helpers/forest
tests_helpers_forest_SOURCES = tests/helpers/forest.c
tests_helpers_forest_LDADD = $(src_link)
check_PROGRAMS += tests/helpers/refuse
tests_helpers_refuse_SOURCES = tests/helpers/refuse.c

# The programs once more, for tests of translations: see tests/l10n/front.c.
check_PROGRAMS += tests/l10n/ncpu tests/l10n/pjoin tests/l10n/pkill-tree
check_PROGRAMS += tests/l10n/pmap tests/l10n/pspawn
tests_l10n_ncpu_SOURCES = tests/l10n/front.c
tests_l10n_ncpu_LDADD = $(src_ncpu_OBJECTS) $(src_link)
tests_l10n_pjoin_SOURCES = tests/l10n/front.c
tests_l10n_pjoin_LDADD = $(src_pjoin_OBJECTS) $(src_link)
tests_l10n_pkill_tree_SOURCES = tests/l10n/front.c
tests_l10n_pkill_tree_LDADD = $(src_pkill_tree_OBJECTS) $(src_link)
tests_l10n_pmap_SOURCES = tests/l10n/front.c
tests_l10n_pmap_LDADD = $(src_pmap_OBJECTS) $(src_link)
tests_l10n_pspawn_SOURCES = tests/l10n/front.c
tests_l10n_pspawn_LDADD = $(src_pspawn_OBJECTS) $(src_link)

# Unit tests of the library, one program an area.
if HAVE_CHECK
unit_tests = tests/unit/check-lib
unit_tests += tests/unit/check-blocks
unit_tests += tests/unit/check-brakes
unit_tests += tests/unit/check-columns
unit_tests += tests/unit/check-cpus
unit_tests += tests/unit/check-filters
unit_tests += tests/unit/check-items
unit_tests += tests/unit/check-journal
unit_tests += tests/unit/check-output
unit_tests += tests/unit/check-rate
unit_tests += tests/unit/check-order
unit_tests += tests/unit/check-template
unit_tests += tests/unit/check-process
unit_tests += tests/unit/check-records
unit_tests += tests/unit/check-remote
unit_tests += tests/unit/check-run
unit_tests += tests/unit/check-shells
unit_tests += tests/unit/check-slurm
unit_tests += tests/unit/check-start
unit_tests += tests/unit/check-super
unit_tests += tests/unit/check-tree
unit_tests += tests/unit/check-treeset
unit_tests += tests/unit/check-proc
unit_tests += tests/unit/check-guard
unit_tests += tests/unit/check-local
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)
endif
TESTS += $(tests_scripts)
tests_unit_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/src
tests_unit_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_LDADD = $(src_link) $(CHECK_LIBS)

tests_unit_check_lib_SOURCES = tests/unit/check-lib.c \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_lib_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_lib_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_lib_LDADD = $(tests_unit_LDADD)

# What is linked with tests/unit/shortage.c.
wrap_allocation = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc \
  -Wl,--wrap=realloc,--wrap=reallocarray

tests_unit_check_blocks_SOURCES = tests/unit/check-blocks.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_blocks_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_blocks_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_blocks_LDFLAGS = $(wrap_allocation)
tests_unit_check_blocks_LDADD = $(tests_unit_LDADD)

tests_unit_check_brakes_SOURCES = tests/unit/check-brakes.c \
  tests/unit/check-cpus.h tests/unit/fixture.c tests/unit/fixture.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_brakes_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_brakes_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_brakes_LDADD = $(tests_unit_LDADD)

tests_unit_check_columns_SOURCES = tests/unit/check-columns.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_columns_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_columns_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_columns_LDFLAGS = $(wrap_allocation)
tests_unit_check_columns_LDADD = $(tests_unit_LDADD)

tests_unit_check_cpus_SOURCES = tests/unit/check-cpus.c \
  tests/unit/check-cpus.h tests/unit/check-cpus-cgroup.c \
  tests/unit/check-cpus-memory.c tests/unit/check-cpus-topology.c \
  tests/unit/fixture.c tests/unit/fixture.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_cpus_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_cpus_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_cpus_LDADD = $(tests_unit_LDADD)

tests_unit_check_filters_SOURCES = tests/unit/check-filters.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_filters_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_filters_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_filters_LDFLAGS = $(wrap_allocation)
tests_unit_check_filters_LDADD = $(tests_unit_LDADD)

tests_unit_check_rate_SOURCES = tests/unit/check-rate.c \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_rate_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_rate_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_rate_LDADD = $(tests_unit_LDADD)

tests_unit_check_items_SOURCES = tests/unit/check-items.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_items_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_items_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_items_LDFLAGS = $(wrap_allocation)
tests_unit_check_items_LDADD = $(tests_unit_LDADD)

tests_unit_check_journal_SOURCES = tests/unit/check-journal.c \
  tests/unit/fixture.c tests/unit/fixture.h \
  tests/unit/nodes.c tests/unit/nodes.h \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_journal_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_journal_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_journal_LDFLAGS = $(wrap_allocation)
tests_unit_check_journal_LDADD = $(tests_unit_LDADD)

tests_unit_check_output_SOURCES = tests/unit/check-output.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_output_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_output_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_output_LDFLAGS = $(wrap_allocation)
tests_unit_check_output_LDADD = $(tests_unit_LDADD)

tests_unit_check_order_SOURCES = tests/unit/check-order.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_order_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_order_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_order_LDFLAGS = $(wrap_allocation)
tests_unit_check_order_LDADD = $(tests_unit_LDADD)

tests_unit_check_template_SOURCES = tests/unit/check-template.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_template_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_template_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_template_LDFLAGS = $(wrap_allocation)
tests_unit_check_template_LDADD = $(tests_unit_LDADD)

tests_unit_check_process_SOURCES = tests/unit/check-process.c \
  tests/unit/nodes.c tests/unit/nodes.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_process_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_process_CFLAGS = $(tests_unit_CFLAGS) -pthread
tests_unit_check_process_LDADD = $(tests_unit_LDADD)

tests_unit_check_records_SOURCES = tests/unit/check-records.c \
  tests/unit/fixture.c tests/unit/fixture.h \
  tests/unit/nodes.c tests/unit/nodes.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_records_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_records_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_records_LDADD = $(tests_unit_LDADD)

tests_unit_check_remote_SOURCES = tests/unit/check-remote.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_remote_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_remote_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_remote_LDFLAGS = $(wrap_allocation)
tests_unit_check_remote_LDADD = $(tests_unit_LDADD)

tests_unit_check_run_SOURCES = tests/unit/check-run.c \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_run_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_run_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_run_LDADD = $(tests_unit_LDADD)

tests_unit_check_start_SOURCES = tests/unit/check-start.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_start_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_start_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_start_LDFLAGS = $(wrap_allocation)
tests_unit_check_start_LDADD = $(tests_unit_LDADD)

tests_unit_check_super_SOURCES = tests/unit/check-super.c \
  tests/unit/fixture.c tests/unit/fixture.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_super_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_super_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_super_LDADD = $(tests_unit_LDADD)

tests_unit_check_tree_SOURCES = tests/unit/check-tree.c \
  tests/unit/nodes.c tests/unit/nodes.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_tree_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_tree_CFLAGS = $(tests_unit_CFLAGS) -pthread
tests_unit_check_tree_LDADD = $(tests_unit_LDADD)

tests_unit_check_treeset_SOURCES = tests/unit/check-treeset.c \
  tests/unit/nodes.c tests/unit/nodes.h tests/unit/unit.c tests/unit/unit.h
tests_unit_check_treeset_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_treeset_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_treeset_LDADD = $(tests_unit_LDADD)

tests_unit_check_proc_SOURCES = tests/unit/check-proc.c \
  tests/unit/nodes.c tests/unit/nodes.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_proc_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_proc_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_proc_LDADD = $(tests_unit_LDADD)

tests_unit_check_guard_SOURCES = tests/unit/check-guard.c \
  tests/unit/nodes.c tests/unit/nodes.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_guard_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_guard_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_guard_LDADD = $(tests_unit_LDADD)

tests_unit_check_shells_SOURCES = tests/unit/check-shells.c \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_shells_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_shells_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_shells_LDADD = $(tests_unit_LDADD)

tests_unit_check_slurm_SOURCES = tests/unit/check-slurm.c \
  tests/unit/shortage.c tests/unit/shortage.h \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_slurm_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_slurm_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_slurm_LDFLAGS = $(wrap_allocation)
tests_unit_check_slurm_LDADD = $(tests_unit_LDADD)

tests_unit_check_local_SOURCES = tests/unit/check-local.c \
  tests/unit/unit.c tests/unit/unit.h
tests_unit_check_local_CPPFLAGS = $(tests_unit_CPPFLAGS)
tests_unit_check_local_CFLAGS = $(tests_unit_CFLAGS)
tests_unit_check_local_LDADD = $(tests_unit_LDADD)

# The unit tests again under valgrind, for .ci/run.  Check must not fork, for
# valgrind is to see what a test leaves behind.  Not check-super: valgrind makes
# a fork of vfork, and how an exec went is not seen then.  Several at a time,
# for it takes long.
.PHONY: check-valgrind
check-valgrind: $(check_PROGRAMS)
	$(AM_V_at)printf '%s\n' $(unit_tests:tests/unit/check-super=) \
	  | CK_FORK=no CK_DEFAULT_TIMEOUT=0 \
	    xargs -n 1 -P "$$(getconf _NPROCESSORS_ONLN)" \
	    valgrind -q --error-exitcode=9 \
	    --leak-check=full --errors-for-leak-kinds=definite,indirect \
	    --child-silent-after-fork=yes
