# SPDX-License-Identifier: Apache-2.0
#
# Puts the runtime wrapper in front of an engine's runtime. Each engine has one target, and
# uninstall-ENGINE to undo it:
#
#   make install-docker             daemon.json: a runtime, and the default one
#   make install-containerd         config.toml: BinaryName of the runtime of pods
#   make install-podman-runtime     containers.conf.d: crun and runc
#   make install-crio               crio.conf.d: a runtime handler
#   make install-runc-divert        replaces the distribution's runc, for any program that calls it
#
# Run `make install` first. `make uninstall` undoes these too. No daemon is restarted.

LIBEXECDIR ?= $(PREFIX)/libexec
REGISTER := docker containerd podman-runtime crio runc-divert

$(REGISTER:%=install-%) $(REGISTER:%=uninstall-%) unregister: export DESTDIR := $(DESTDIR)
$(REGISTER:%=install-%) $(REGISTER:%=uninstall-%) unregister: export BINDIR := $(BINDIR)
$(REGISTER:%=install-%) $(REGISTER:%=uninstall-%) unregister: export LIBEXECDIR := $(LIBEXECDIR)
$(REGISTER:%=install-%) $(REGISTER:%=uninstall-%) unregister: export SYSCONFDIR := $(SYSCONFDIR)
$(REGISTER:%=install-%) $(REGISTER:%=uninstall-%) unregister: export DATADIR := $(DATADIR)

$(REGISTER:%=install-%): install-%:
	@oci-hooks.d/register.sh install $*

$(REGISTER:%=uninstall-%): uninstall-%:
	@oci-hooks.d/register.sh uninstall $*

unregister:
	@oci-hooks.d/register.sh uninstall

# The wrapper must stay installed as long as engines call it.
uninstall: unregister

.PHONY: $(REGISTER:%=install-%) $(REGISTER:%=uninstall-%) unregister
