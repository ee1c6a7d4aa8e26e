# What makes packages of mputils for distributions.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

EXTRA_DIST += contrib/packaging/README contrib/packaging/build-deb \
  contrib/packaging/build-rpm contrib/packaging/check-deb \
  contrib/packaging/check-versions contrib/packaging/debian \
  contrib/packaging/mputils.spec contrib/packaging/rpmlint.rc

# NEWS, configure.ac and the packages must be of one version.
.PHONY: check-versions
check-versions:
	$(AM_V_at)$(SHELL) $(srcdir)/contrib/packaging/check-versions

# Packages in packages/, of the tarball that make dist makes.
.PHONY: deb rpm
deb: dist
	$(srcdir)/contrib/packaging/build-deb $(distdir).tar.xz packages
rpm: dist
	$(srcdir)/contrib/packaging/build-rpm $(distdir).tar.xz packages
