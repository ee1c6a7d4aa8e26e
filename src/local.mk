# The programs.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Every program links the front ends' shared code, the process library and
# gnulib, in that order: src -> lib -> gl.
noinst_LIBRARIES += src/libfront.a
src_libfront_a_SOURCES = src/front.c src/front.h \
  src/open-records.c src/open-records.h
src_link = src/libfront.a lib/libmp.a gl/lib/libgnu.a $(LIBINTL) \
  $(LIB_CLOCK_GETTIME) $(LIB_CRYPTO) $(LIB_POLL) $(LIB_POSIX_SPAWN) \
  $(GETLOADAVG_LIBS)

bin_PROGRAMS += src/ncpu
src_ncpu_SOURCES = src/ncpu.c src/ncpu-report.c src/ncpu-report.h \
  src/json.c src/json.h
src_ncpu_LDADD = $(src_link)

bin_PROGRAMS += src/pkill-tree
src_pkill_tree_SOURCES = src/pkill-tree.c src/pkill-tree.h \
  src/pkill-tree-end.c src/pkill-tree-show.c
src_pkill_tree_LDADD = $(src_link)

bin_PROGRAMS += src/pmap
# A part a line.
src_pmap_SOURCES =
src_pmap_SOURCES += src/pmap.c src/pmap.h
src_pmap_SOURCES += src/pmap-agent.c src/pmap-agent.h src/pmap-agent-parts.h
src_pmap_SOURCES += src/pmap-agent-messages.c
src_pmap_SOURCES += src/pmap-agent-tasks.c
src_pmap_SOURCES += src/pmap-bars.c src/pmap-bars.h
src_pmap_SOURCES += src/pmap-blocks.c
src_pmap_SOURCES += src/pmap-brakes.c src/pmap-brakes.h
src_pmap_SOURCES += src/pmap-combinations.c
src_pmap_SOURCES += src/pmap-commands.c
src_pmap_SOURCES += src/pmap-failed.c src/pmap-failed.h
src_pmap_SOURCES += src/pmap-feed.c
src_pmap_SOURCES += src/pmap-file.c src/pmap-file.h
src_pmap_SOURCES += src/pmap-help.c
src_pmap_SOURCES += src/pmap-hosts.c src/pmap-hosts.h
src_pmap_SOURCES += src/pmap-html.c src/pmap-html.h
src_pmap_SOURCES += src/pmap-html-chart.c
src_pmap_SOURCES += src/pmap-html-make.c
src_pmap_SOURCES += src/pmap-html-page.c src/pmap-html-page.h
src_pmap_SOURCES += src/pmap-html-parts.h
src_pmap_SOURCES += src/pmap-html-text.c
src_pmap_SOURCES += src/pmap-html-times.c
src_pmap_SOURCES += src/pmap-joblog.c src/pmap-joblog.h
src_pmap_SOURCES += src/pmap-json.c src/pmap-json.h
src_pmap_SOURCES += src/pmap-observer.c src/pmap-observer.h
src_pmap_SOURCES += src/pmap-operands.c
src_pmap_SOURCES += src/pmap-options.c src/pmap-options-parts.h
src_pmap_SOURCES += src/pmap-options-rows.c
src_pmap_SOURCES += src/pmap-policy.c src/pmap-policy.h
src_pmap_SOURCES += src/pmap-program.c src/pmap-program.h
src_pmap_SOURCES += src/pmap-progress.c src/pmap-progress.h
src_pmap_SOURCES += src/pmap-remote.c src/pmap-remote.h
src_pmap_SOURCES += src/pmap-report.c
src_pmap_SOURCES += src/pmap-resources.c src/pmap-resources.h
src_pmap_SOURCES += src/pmap-results.c src/pmap-results.h
src_pmap_SOURCES += src/pmap-run.c src/pmap-run-parts.h
src_pmap_SOURCES += src/pmap-run-report.c
src_pmap_SOURCES += src/pmap-run-tasks.c
src_pmap_SOURCES += src/pmap-screen.c src/pmap-screen.h
src_pmap_SOURCES += src/pmap-setup.c
src_pmap_SOURCES += src/pmap-signals.c src/pmap-signals.h
src_pmap_SOURCES += src/pmap-slurm.c src/pmap-slurm.h
src_pmap_SOURCES += src/pmap-sources.c
src_pmap_SOURCES += src/pmap-stats.c src/pmap-stats.h
src_pmap_SOURCES += src/pmap-summary.c src/pmap-summary.h
src_pmap_SOURCES += src/pmap-tag.c src/pmap-tag.h
src_pmap_SOURCES += src/pmap-text.c src/pmap-text.h
src_pmap_SOURCES += src/pmap-trace.c src/pmap-trace.h
src_pmap_SOURCES += src/pmap-tty.c
src_pmap_SOURCES += src/pmap-workers.c src/pmap-workers.h
src_pmap_LDADD = $(src_link)

bin_PROGRAMS += src/pspawn
src_pspawn_SOURCES = src/pspawn.c src/pspawn.h src/pspawn-scope.c \
  src/pspawn-start.c src/pspawn-supervise.c src/descriptors.c src/descriptors.h
src_pspawn_LDADD = $(src_link)

bin_PROGRAMS += src/pjoin
src_pjoin_SOURCES = src/pjoin.c src/pjoin.h src/pjoin-find.c \
  src/pjoin-output.c src/pjoin-report.c src/pjoin-wait.c \
  src/json.c src/json.h
src_pjoin_LDADD = $(src_link)

# Where programs are installed under other names, links of the plain names, with
# their man pages and completions, for --with-unprefixed-dir.
EXTRA_DIST += src/unprefixed.sh
.PHONY: install-unprefixed-links install-unprefixed-data uninstall-unprefixed
install-unprefixed-links:
	@$(for_unprefixed) links
install-unprefixed-data: $(dist_man1_MANS) $(completions)
	@$(for_unprefixed) data
uninstall-unprefixed:
	@$(for_unprefixed) uninstall
for_unprefixed = \
  $(set_names) \
  MKDIR_P='$(MKDIR_P)' INSTALL_DATA='$(INSTALL_DATA)' DESTDIR='$(DESTDIR)' \
    bash='$(bash_completion_dir)' zsh='$(zsh_completion_dir)' \
    fish='$(fish_completion_dir)' srcdir='$(srcdir)' names="$$names" \
    unprefixed_dir='$(unprefixed_dir)' bindir='$(bindir)' SHELL='$(SHELL)' \
    $(SHELL) $(srcdir)/src/unprefixed.sh
