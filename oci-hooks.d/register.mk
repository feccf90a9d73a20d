# SPDX-License-Identifier: Apache-2.0
#
# The runtime wrapper in front of an engine's runtime, one engine a target, each with its undo:
#
#   make install-docker             daemon.json: a runtime, and the default one
#   make install-containerd         config.toml: BinaryName of the runtime of pods
#   make install-podman-runtime     containers.conf.d: crun and runc
#   make install-crio               crio.conf.d: a runtime handler
#   make install-runc-divert        in place of the distribution's runc, for whatever calls that
#
# `make install` comes first, and `make uninstall` takes these back too. No daemon is restarted.

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

# What engines still call must not go.
uninstall: unregister

.PHONY: $(REGISTER:%=install-%) $(REGISTER:%=uninstall-%) unregister
