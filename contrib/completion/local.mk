# The completions of bash, zsh and fish.
# Copyright (C) 2026 The mputils authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Like the man pages they come from --help, and are shipped in the tarball.
ncpu_completions = contrib/completion/ncpu.bash \
  contrib/completion/ncpu.zsh contrib/completion/ncpu.fish
pjoin_completions = contrib/completion/pjoin.bash \
  contrib/completion/pjoin.zsh contrib/completion/pjoin.fish
pkill_tree_completions = contrib/completion/pkill-tree.bash \
  contrib/completion/pkill-tree.zsh contrib/completion/pkill-tree.fish
pmap_completions = contrib/completion/pmap.bash \
  contrib/completion/pmap.zsh contrib/completion/pmap.fish
pspawn_completions = contrib/completion/pspawn.bash \
  contrib/completion/pspawn.zsh contrib/completion/pspawn.fish
completions = $(ncpu_completions) $(pjoin_completions) \
  $(pkill_tree_completions) $(pmap_completions) $(pspawn_completions)
dist_noinst_DATA += $(completions)
MAINTAINERCLEANFILES += $(completions)

completion_parts = contrib/completion/arguments \
  contrib/completion/generate.awk contrib/completion/functions.bash \
  contrib/completion/functions.zsh contrib/completion/functions.fish
EXTRA_DIST += $(completion_parts) contrib/completion/install.sh
completion_deps = $(completion_parts) $(man_deps)

$(ncpu_completions): $(src_ncpu_SOURCES) $(completion_deps) \
    | src/ncpu$(EXEEXT)
	$(AM_V_GEN)$(make_completion)
$(pjoin_completions): $(src_pjoin_SOURCES) $(completion_deps) \
    | src/pjoin$(EXEEXT)
	$(AM_V_GEN)$(make_completion)
$(pkill_tree_completions): $(src_pkill_tree_SOURCES) $(completion_deps) \
    | src/pkill-tree$(EXEEXT)
	$(AM_V_GEN)$(make_completion)
$(pmap_completions): $(src_pmap_SOURCES) $(completion_deps) \
    | src/pmap$(EXEEXT)
	$(AM_V_GEN)$(make_completion)
$(pspawn_completions): $(src_pspawn_SOURCES) $(completion_deps) \
    | src/pspawn$(EXEEXT)
	$(AM_V_GEN)$(make_completion)

make_completion = \
  program=$(basename $(@F)) shell=$(patsubst .%,%,$(suffix $@)) && \
  dir=$(srcdir)/contrib/completion && $(MKDIR_P) $(@D) && \
  LC_ALL=C $(EMULATOR) src/$$program$(EXEEXT) --help > $@-help-t && \
  LC_ALL=C $(AWK) -f $$dir/generate.awk \
    -v program=$$program -v shell=$$shell \
    part=arguments $$dir/arguments part=help $@-help-t \
    part=functions $$dir/functions.$$shell > $@-t && \
  rm -f $@-help-t && mv $@-t $@

# Under the names that the programs are installed by.
.PHONY: install-completions uninstall-completions
install-completions: $(completions)
	@$(for_completions) install
uninstall-completions:
	@$(for_completions) uninstall
for_completions = \
  $(set_names) \
  MKDIR_P='$(MKDIR_P)' INSTALL_DATA='$(INSTALL_DATA)' DESTDIR='$(DESTDIR)' \
    bash_dir='$(bash_completion_dir)' zsh_dir='$(zsh_completion_dir)' \
    fish_dir='$(fish_completion_dir)' srcdir='$(srcdir)' names="$$names" \
    $(SHELL) $(srcdir)/contrib/completion/install.sh
