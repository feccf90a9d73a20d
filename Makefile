# SPDX-License-Identifier: Apache-2.0
#
#   make            build/rootfence, one static binary with the BPF program inside
#   make demo       what it does, shown on real podman containers
#   make check      every test and every lint; .ci/run runs the same
#   make install    DESTDIR, PREFIX, SYSCONFDIR; `make uninstall` takes it all back
#
# V=1 shows the commands, SAN=1 builds with AddressSanitizer and UBSan, CC=clang works too.

VERSION := 0.1.0
CC := gcc
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(or $(shell PATH="$$PATH:/usr/sbin:/sbin" command -v bpftool),bpftool)

DESTDIR ?=
PREFIX ?= /usr
SYSCONFDIR ?= /etc
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
LIBEXECDIR ?= $(PREFIX)/libexec
UNITDIR ?= $(PREFIX)/lib/systemd/system

SAN ?= 0
BUILD ?= $(if $(filter 1,$(SAN)),build/san,build)

BUILD_DEPS := gcc make clang llvm bpftool libc6-dev linux-libc-dev libbpf-dev libelf-dev \
	libseccomp-dev libyajl-dev libzstd-dev zlib1g-dev
TEST_DEPS := bats busybox-static clang-format clang-tidy cppcheck crun fuse-overlayfs \
	golang-github-opencontainers-specs-dev jq libcap2-bin libclang-rt-dev libcmocka-dev mandoc \
	podman procps python3 python3-jsonschema runc shellcheck slirp4netns strace uidmap util-linux

ifneq ($(V),1)
Q := @
say = @printf '  %-8s%s\n' '$(1)' '$(2)'
MAKEFLAGS += --no-print-directory
endif

# What a compiler does not know, it is not asked for.
cc_has = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo '$(1)')
hash := \#
fortify := $(shell echo '$(hash)include <features.h>' | \
	$(CC) -Werror -O2 -D_FORTIFY_SOURCE=3 -E - >/dev/null 2>&1 && echo 3 || echo 2)
zstd := $(if $(findstring /,$(shell $(CC) -print-file-name=libzstd.a 2>/dev/null)),-lzstd)

WARN := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef \
	-Wcast-qual -Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers
HARDEN := -fstack-protector-strong $(call cc_has,-fstack-clash-protection) \
	$(call cc_has,-fcf-protection) $(call cc_has,-ftrivial-auto-var-init=zero)
DEFINES := -D_GNU_SOURCE -DROOTFENCE_VERSION='"$(VERSION)"' \
	-DROOTFENCE_BINDIR='"$(BINDIR)"' \
	-DROOTFENCE_DATADIR='"$(DATADIR)/rootfence"' \
	-DROOTFENCE_SYSCONFDIR='"$(SYSCONFDIR)/rootfence"'
CPPFLAGS := $(DEFINES) -Ihook -Ibpf -isystem $(BUILD)
CFLAGS := -std=gnu11 -O2 -g -fPIE -ffunction-sections -fdata-sections $(WARN) $(HARDEN)
LDFLAGS := -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
# Each page that a start touches costs: what nobody calls is left out, and the list of what has to
# be relocated is a sixtieth as long, where the linker can write it and libc read it.
packed := -Wl,-z,pack-relative-relocs
LEAN := -Wl,--gc-sections $(shell printf '%s\n' '$(hash)include <features.h>' \
	'int main(void) { return sizeof(char[__GLIBC_PREREQ(2, 36) ? 1 : -1]); }' | \
	$(CC) -static-pie -fPIE -Wl,--fatal-warnings $(packed) -x c -o /dev/null - 2>/dev/null && \
	echo '$(packed)')
STATIC_LIBS := -lyajl_s -lseccomp -lbpf -lelf -lz $(zstd)
SHARED_LIBS := -lyajl -lseccomp -lbpf -lelf -lz

# A build that watches itself: INSTRUMENT has the compiler's options for it.
ifeq ($(SAN),1)
INSTRUMENT ?= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifneq ($(INSTRUMENT),)
CPPFLAGS += -DROOTFENCE_SANITIZED
CFLAGS += -O1 $(INSTRUMENT)
LDFLAGS += $(INSTRUMENT)
LINK := -pie $(LDFLAGS)
LIBS := $(SHARED_LIBS)
else
CPPFLAGS += -D_FORTIFY_SOURCE=$(fortify)
LINK := -static-pie $(LDFLAGS) $(LEAN)
LIBS := $(STATIC_LIBS)
endif

BPF_CFLAGS := -target bpf -g -O2 -std=gnu11 -Wall -Wextra -Werror -Wno-unused-parameter -Ibpf \
	-D__TARGET_ARCH_$(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(shell uname -m))) \
	-idirafter /usr/include/$(shell uname -m)-linux-gnu

# Makes the system call filters; no part of the program.
FILTERS := hook/base/restrain_filters
SRCS := $(filter-out $(FILTERS).c,$(sort $(wildcard hook/*.c hook/*/*.c hook/*/*/*.c)))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
TEST_SRCS := $(sort $(wildcard tests/unit/*_test.c))
TESTS := $(TEST_SRCS:tests/unit/%.c=$(BUILD)/tests/%)

all: $(BUILD)/rootfence

$(BUILD)/rootfence: $(OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/hook/guard/attach.o: $(BUILD)/guard.skel.h
$(BUILD)/hook/base/restrain.o: $(BUILD)/restrain_filters.h
$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/guard.bpf.o: bpf/guard.bpf.c $(BUILD)/flags
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(BPF_CFLAGS) -MMD -MP -MF $(@:.o=.d) -MT $@ -c -o $@.tmp $<
	$(Q)$(LLVM_STRIP) -g -o $@ $@.tmp && rm -f $@.tmp

$(BUILD)/guard.skel.h: $(BUILD)/guard.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name guard_bpf >$@.tmp && mv $@.tmp $@

$(BUILD)/$(FILTERS): $(BUILD)/$(FILTERS).o
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -pie $(LDFLAGS) -o $@ $< -lseccomp

$(BUILD)/restrain_filters.h: $(BUILD)/$(FILTERS)
	$(call say,FILTERS,$@)
	$(Q)$< >$@.tmp && mv $@.tmp $@

# Everything is built again when the compiler or a flag changes, and only then.
flags := $(CC) $(CPPFLAGS) $(CFLAGS) $(LINK) $(LIBS) | $(CLANG) $(BPF_CFLAGS)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(flags))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(flags))' >$@

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(filter-out %/hook/main.o,$(OBJS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) -pie $(LDFLAGS) -o $@ $^ -lcmocka $(SHARED_LIBS)

unit-tests: $(TESTS)

# For tools that want to know how a file is compiled.
print-flags: $(BUILD)/guard.skel.h $(BUILD)/restrain_filters.h
	@echo '$(subst ','\'',$(CPPFLAGS)) -std=gnu11'

# One suite by name, or all of them; tests/run.sh counts and has the last line.
SUITES := build unit golden hostile commands policies faults fuzz lint live
check: deps
	@tests/lib/own_root.py tests/run.sh
$(SUITES:%=check-%): check-%:
	@tests/lib/own_root.py tests/run.sh $*
lint: check-lint

# What is made of the rule table and of the table of policy cases, and kept in the tree.
generate: all
	@ROOTFENCE=$(BUILD)/rootfence docs/generate.py
	@tests/policies/make.py

# Numbers, no tests: what it costs, each held against something real in the same run; docs/performance.md.
bench: bench-reader bench-spawn bench-guard bench-podman bench-growth bench-check
bench-reader bench-spawn bench-guard bench-podman: bench-%: all ; @tests/bench/$*.sh
bench-growth bench-check: bench-%: all ; @tests/bench/$*.py

demo: deps
	@$(MAKE) all
	@tests/lib/own_root.py tests/demo.sh

deps: ; @tests/deps.sh $(BUILD_DEPS) $(TEST_DEPS)
build-deps: ; @tests/deps.sh $(BUILD_DEPS)

# What goes where, in this order: what is called before what calls it. Uninstall goes backwards.
# CRI-O, buildah and others read the shared directory; the others are only for podman, without
# the runtime wrapper and with it.
OWN_HOOKS := $(DATADIR)/rootfence/hooks.d
WRAPPER_HOOKS := $(DATADIR)/rootfence/hooks-wrapper.d
SHARED_HOOKS ?= $(DATADIR)/containers/oci/hooks.d
MAN = $(foreach n,5 8,$(foreach f,$(wildcard docs/*.$n),644:$f:$(DATADIR)/man/man$n/$(notdir $f)))
INSTALL = 755:$(BUILD)/rootfence:$(BINDIR)/rootfence \
	644:policies/schema.json:$(DATADIR)/rootfence/schema.json \
	$(foreach f,$(filter-out %/schema.json,$(wildcard policies/*.json)),644:$f:$(DATADIR)/rootfence/policies/$(notdir $f)) \
	$(foreach f,rootfence-runtime,link:$(BINDIR)/rootfence:$(BINDIR)/$f) \
	$(foreach f,runc crun,link:$(BINDIR)/rootfence:$(LIBEXECDIR)/rootfence/$f) \
	$(MAN) \
	644:docs/completion.bash:$(DATADIR)/bash-completion/completions/rootfence \
	644:oci-hooks.d/rootfence.service:$(UNITDIR)/rootfence.service \
	$(foreach f,$(wildcard oci-hooks.d/shared/*.json),644:$f:$(SHARED_HOOKS)/$(notdir $f)) \
	$(foreach f,$(wildcard oci-hooks.d/podman/*.json),644:$f:$(OWN_HOOKS)/$(notdir $f)) \
	$(foreach f,createruntime poststop,644:oci-hooks.d/podman/zz-rootfence-$f.json:$(WRAPPER_HOOKS)/zz-rootfence-$f.json) \
	644:oci-hooks.d/50-rootfence.conf:$(SYSCONFDIR)/containers/containers.conf.d/50-rootfence.conf
install uninstall: export DESTDIR := $(DESTDIR)
install uninstall: export BINDIR := $(BINDIR)
install uninstall: export DATADIR := $(DATADIR)
install uninstall: export SYSCONFDIR := $(SYSCONFDIR)

install: all
	@oci-hooks.d/install.sh install $(INSTALL)

uninstall:
	@oci-hooks.d/install.sh uninstall

clean:
	rm -rf build

include oci-hooks.d/register.mk
include tests/fuzz/fuzz.mk
include tests/vm/vm.mk
-include $(OBJS:.o=.d) $(BUILD)/$(FILTERS).d $(BUILD)/guard.bpf.d $(TEST_SRCS:%.c=$(BUILD)/%.d)

.PHONY: all unit-tests print-flags check lint generate bench bench-reader bench-spawn bench-guard \
	bench-podman bench-growth bench-check \
	demo deps build-deps install uninstall clean FORCE $(SUITES:%=check-%)
.DELETE_ON_ERROR:
.SECONDARY:
