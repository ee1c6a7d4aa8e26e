# What "make syntax-check" looks at: gnulib's rules (maint.mk) and our own.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# The part of gnulib that bootstrap has imported is enough for the rules that
# read its headers.
gnulib_dir = $(srcdir)/gl

manual_title = Multiprocessing for the shell
bootstrap-tools = autoconf,automake,gnulib

# There are no submodules whose commits could be private.
gl_public_submodule_commit =

# Where sc_po_check finds gnulib's strings to translate.
generated_files = $(srcdir)/gl/lib/*.[ch]

# Rules that are not for us:
# - bindtextdomain is called by front_init: see sc_front_init.
# - The year in a copyright notice is that of the last change, and a check
#   that fails on 1 January by itself is no check.
# - Nothing is released yet, so nothing in NEWS is immutable.
# - GNU indent does not know today's C.
# - The two on tests assume other folders: see sc_test_frame.
# - strcmp (a, b) == 0 is as clear as a macro for it.
# - sc_tight_scope wants a Makefile.am in src/.
local-checks-to-skip =			\
  sc_bindtextdomain			\
  sc_copyright_check			\
  sc_cross_check_PATH_usage_in_tests	\
  sc_immutable_NEWS			\
  sc_indent				\
  sc_prohibit_strcmp			\
  sc_require_test_exit_idiom		\
  sc_tight_scope

# This finds "either version" of anything, and what is not ours.
exclude_file_name_regexp--sc_GPL_version = \
  ^(lib/cgroup\.c|contrib/packaging/debian/copyright)$$

# Tests and measurements read what they wrote themselves.
exclude_file_name_regexp--sc_prohibit_atoi_atof = ^(bench|tests)/

# Only the programs have usages.
exclude_file_name_regexp--sc_two_space_separator_in_usage = \
  ^(\.ci/run|bootstrap|.*\.(mk|sh))$$

# One is built by a test, for Slurm's programs, and one includes what does.
exclude_file_name_regexp--sc_require_config_h = ^tests/(helpers/loopback|l10n/front)\.c$$
exclude_file_name_regexp--sc_require_config_h_first = \
  ^tests/(helpers/loopback|l10n/front)\.c$$

# Every file that can hold a comment says whose it is and what one may do.
heads_exempt_ = \
  ^(README(-hacking)?|SECURITY|NEWS|AUTHORS|\.gitignore|po/LINGUAS|doc/examples/.*\.out|contrib/packaging/(README|debian/(README\.Debian|changelog|copyright|mputils\.(docs|examples|lintian-overrides)|source/format)))$$
exclude_file_name_regexp--sc_head_license = $(heads_exempt_)
sc_head_license:
	@require='SPDX-License-Identifier: GPL-3\.0-or-later'		\
	halt='the above files lack the SPDX line'			\
	  $(_sc_search_regexp)

exclude_file_name_regexp--sc_head_copyright = $(heads_exempt_)
sc_head_copyright:
	@require='Copyright (\(C\)|@copyright\{\}) [-0-9]+ The mputils authors' \
	halt='the above files lack the copyright line'			\
	  $(_sc_search_regexp)

# The texts of --help may end their 79 columns with \n\.
sc_long_lines:
	@prohibit='^.{81}'						\
	exclude='\\n\\$$'						\
	in_vc_files='(\.([ch]|sh|cfg)|/bootstrap|\.ci/run|/slurm-cluster)$$'		\
	halt='the above lines have more than 80 columns'		\
	  $(_sc_search_regexp)

sc_c_without_tabs:
	@prohibit='	'						\
	in_vc_files='\.[ch]$$'						\
	halt='indent C with spaces'					\
	  $(_sc_search_regexp)

# Every test runs in a folder of its own, with what init.cfg gives it, and
# its end tells its fate.
sc_test_frame:
	@require='^\. "\$$abs_srcdir/gl/tests/init\.sh"; path_prepend_ '	\
	in_vc_files='^(.*/)?tests/[^/]*/[^/]*\.sh$$'			\
	halt='the above tests do not read init.sh'			\
	  $(_sc_search_regexp)
	@fail=0;							\
	for f in $$($(VC_LIST_EXCEPT) | $(GREP) -E 'tests/[^/]*/[^/]*\.sh$$'); \
	do								\
	  tail -n 1 $$f | $(GREP) '^Exit ' > /dev/null			\
	    || { echo $$f; fail=1; };					\
	done;								\
	test $$fail = 0 || { echo '$(ME): the last line of the above tests'	\
	  'is not: Exit $$fail' 1>&2; exit 1; }

# A test waits with retry_until_, never for luck.  What sleeps 1000 s is there
# to be ended.
sc_test_sleep:
	@prohibit='^[[:space:]]*sleep [.0-9]'				\
	exclude='sleep 1000'						\
	in_vc_files='^(.*/)?tests/[^/]*/[^/]*\.sh$$'			\
	halt='use retry_until_ in place of sleep'			\
	  $(_sc_search_regexp)

# Names, locale, exit status and the check of standard output are the same in
# all programs.
sc_front_init:
	@require='\<front_init \('					\
	in_vc_files='^(.*/)?src/.*\.c$$'				\
	containing='^main ('						\
	halt='the above programs do not call front_init'		\
	  $(_sc_search_regexp)

# A release has one version.
sc_versions:
	@$(SHELL) $(srcdir)/contrib/packaging/check-versions

# The library never prints, exits or parses options.
sc_lib_is_silent:
	@prohibit='\<(exit|error|fprintf|printf|puts|perror|getopt(_long)?) \(' \
	in_vc_files='^(.*/)?lib/.*\.[ch]$$'				\
	halt='lib/ does not print, exit or parse options'		\
	  $(_sc_search_regexp)

# A unit test that the makefile does not name would never be run.  Parts of
# one, check-NAME-PART.c, are named there among its sources.
sc_unit_tests_listed:
	@fail=0;							\
	files=$$($(VC_LIST_EXCEPT) | $(GREP) -o 'tests/unit/check-.*\.c$$'); \
	for f in $$files; do						\
	  tr -s ' \\' '\n\n' < $(srcdir)/tests/local.mk			\
	    | $(GREP) -Fx "$$f" > /dev/null || { echo "$$f"; fail=1; };	\
	done;								\
	test $$fail = 0 || { echo '$(ME): tests/local.mk does not name'	\
	  'the above unit tests' 1>&2; exit 1; }
