# The manual and the man pages.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

info_TEXINFOS = doc/mputils.texi
doc_mputils_TEXINFOS = doc/cluster.texi doc/edition.texi doc/moving.texi \
  doc/ncpu.texi doc/pjoin.texi doc/pkill-tree.texi doc/pmap.texi \
  doc/pspawn.texi doc/python.texi doc/security.texi doc/tutorial.texi

# Automake's version.texi would have the time when a file was written here.
EXTRA_DIST += doc/edition.texi doc/source-date.sh
MAINTAINERCLEANFILES += $(srcdir)/doc/edition.texi
$(srcdir)/doc/edition.texi: configure doc/mputils.texi \
    $(filter-out doc/edition.texi,$(doc_mputils_TEXINFOS))
	$(AM_V_GEN)date=`$(source_date) doc` && \
	date=`TZ=UTC0 LC_ALL=C date -d @$$date +'%-d %B %Y'` && \
	{ echo "@set UPDATED $$date"; echo "@set VERSION $(VERSION)"; } > $@-t && \
	mv $@-t $@

python_names = active-children arguments cpu-count daemon-cut-off \
  daemon-in-time exit-codes first-of-several first-process join-timeout \
  names plain-waited-for pool-apply-async pool-callback pool-chunksize \
  pool-error-callback pool-filter pool-imap pool-imap-unordered \
  pool-initializer \
  pool-map pool-max-tasks pool-on-exit pool-results pool-squares \
  pool-starmap pool-starmap-text pool-with start-join start-methods terminate

# The chapter beside Python is made of its examples, which a test runs.  It is
# made among the other chapters, where TeX looks for it.
python_examples = $(python_names:%=doc/examples/python/%.sh) \
  $(python_names:%=doc/examples/python/%.py) \
  $(python_names:%=doc/examples/python/%.out)
python_to_texi = doc/examples/python/to-texi.awk
EXTRA_DIST += $(python_examples) $(python_to_texi) doc/python.texi.in
MAINTAINERCLEANFILES += $(srcdir)/doc/python.texi
$(srcdir)/doc/python.texi: doc/python.texi.in $(python_examples) \
    $(python_to_texi)
	$(AM_V_GEN)awk -v dir=$(srcdir)/doc/examples/python -f $(srcdir)/$(python_to_texi) \
	  $(srcdir)/doc/python.texi.in > $@-t && mv $@-t $@

AM_MAKEINFOFLAGS = --no-split
AM_MAKEINFOHTMLFLAGS = --no-split

# Man pages come from --help, so that the two cannot drift, and are shipped
# in the tarball.  They depend on the sources and not on the program, so that
# building from a tarball does not need help2man.
dist_man1_MANS += doc/man/ncpu.1 doc/man/pjoin.1 doc/man/pkill-tree.1
dist_man1_MANS += doc/man/pmap.1 doc/man/pspawn.1
EXTRA_DIST += doc/man/ncpu.x doc/man/pjoin.x doc/man/pkill-tree.x
EXTRA_DIST += doc/man/pmap.x doc/man/pspawn.x
EXTRA_DIST += doc/man/rename-page.sh doc/man/sections.awk
EXTRA_DIST += doc/examples/demo.sh
EXTRA_DIST += doc/agent-protocol.txt doc/scale.txt
MAINTAINERCLEANFILES += $(dist_man1_MANS)

# What all --help texts are made of besides.
man_deps = $(src_libfront_a_SOURCES) lib/exit-status.h configure.ac \
  doc/man/sections.awk

doc/man/ncpu.1: $(src_ncpu_SOURCES) doc/man/ncpu.x $(man_deps) | src/ncpu$(EXEEXT)
	$(AM_V_GEN)$(run_help2man)
doc/man/pjoin.1: $(src_pjoin_SOURCES) doc/man/pjoin.x $(man_deps) \
    | src/pjoin$(EXEEXT)
	$(AM_V_GEN)$(run_help2man)
doc/man/pkill-tree.1: $(src_pkill_tree_SOURCES) doc/man/pkill-tree.x \
    $(man_deps) | src/pkill-tree$(EXEEXT)
	$(AM_V_GEN)$(run_help2man)
doc/man/pmap.1: $(src_pmap_SOURCES) doc/man/pmap.x $(man_deps) | src/pmap$(EXEEXT)
	$(AM_V_GEN)$(run_help2man)
doc/man/pspawn.1: $(src_pspawn_SOURCES) doc/man/pspawn.x $(man_deps) \
    | src/pspawn$(EXEEXT)
	$(AM_V_GEN)$(run_help2man)

# The program is run through a link under its plain name, whatever $(EXEEXT).
# The page's date is that of the last change to what it is made of.
run_help2man = \
  name=`basename $@ .1` && $(MKDIR_P) doc/man && \
  SOURCE_DATE_EPOCH=`$(source_date) src doc/man configure.ac` && \
  export SOURCE_DATE_EPOCH && \
  if $(HELP2MAN) --version > /dev/null 2>&1 \
     || test ! -f $(srcdir)/doc/man/$$name.1; then \
    LC_ALL=C $(HELP2MAN) --source='$(PACKAGE_STRING)' --info-page=mputils \
      --include=$(srcdir)/doc/man/$$name.x --output=$@-h \
      "`echo $(EMULATOR) src/$$name$(EXEEXT)`" && \
    awk -f $(srcdir)/doc/man/sections.awk $@-h > $@-t && \
    rm -f $@-h; \
  else \
    echo "warning: there is no help2man: $$name.1 is that of the release" >&2; \
    cat $(srcdir)/doc/man/$$name.1 > $@-t; \
  fi && mv $@-t $@

# Where programs are installed under other names, their pages say so, too.
install-data-hook:
	@pairs=; pages=; \
	for p in $(notdir $(bin_PROGRAMS:$(EXEEXT)=)); do \
	  new=`echo $$p | sed '$(transform)'`; \
	  pages="$$pages $$new.1"; \
	  test $$new = $$p || pairs="$$pairs $$p=$$new"; \
	done; \
	test -z "$$pairs" || for page in $$pages; do \
	  $(SHELL) $(srcdir)/doc/man/rename-page.sh \
	    "$(DESTDIR)$(man1dir)/$$page" $$pairs || exit 1; \
	done
