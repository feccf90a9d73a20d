# SPDX-License-Identifier: Apache-2.0
#
#   make               build/rootfence, one static binary with the BPF program inside
#   make test          unit tests and golden cases: needs no root, installs nothing, takes a minute
#   make check         every test and every lint, as .ci/run does it; installs what that needs
#   make check-SUITE   one of them: build, unit, golden, hostile, commands, policies, faults, mounts, runtimes,
#                      fuzz, lint, live
#   make check-mutations [MUTATE="unit golden"]    checks that each suite can fail; also
#                      MUTATE="--live live"
#   make generate      updates what is generated: rules, schema, cases
#   make demo          shows what it does on real podman containers
#   make bench         measures what it costs
#   make build-deps    installs what the build needs, from Debian
#   make install       with DESTDIR, PREFIX, SYSCONFDIR; `make uninstall` removes it all
#   make clean         removes build/
#   make help          this list, and the targets for fuzzing, engines and kernels
#
# CFLAGS, CPPFLAGS and LDFLAGS are added to ours. V=1 shows the commands, WERROR=1 makes warnings
# errors, SAN=1 builds with AddressSanitizer and UBSan, CC=clang works too.

VERSION := 0.1.0
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
PKG_CONFIG ?= pkg-config
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

BUILD_DEPS := gcc make pkgconf clang llvm bpftool libc6-dev linux-libc-dev libbpf-dev libelf-dev \
	libseccomp-dev libyajl-dev zlib1g-dev
TEST_DEPS := bats busybox-static clang-format clang-tidy cppcheck crun e2fsprogs fuse-overlayfs \
	golang-github-opencontainers-specs-dev jq libcap2-bin libclang-rt-dev libcmocka-dev mandoc \
	podman procps python3 python3-jsonschema runc shellcheck slirp4netns strace uidmap util-linux

ifneq ($(V),1)
Q := @
say = @printf '  %-8s%s\n' '$(1)' '$(2)'
MAKEFLAGS += --no-print-directory
endif

# Options that the compiler does not know are left out.
cc_has = $(shell $(CC) -Werror $(1) -x c -c /dev/null -o /dev/null 2>/dev/null && echo '$(1)')
hash := \#
fortify = $(shell echo '$(hash)include <features.h>' | $(CC) -Werror -O2 $(CFLAGS) \
	-U_FORTIFY_SOURCE $(1) -E - >/dev/null 2>&1 && echo '-U_FORTIFY_SOURCE $(1)')
# Debian's name of the machine, as in directories. clang adds "pc".
machine := $(subst -pc-,-,$(shell $(CC) -dumpmachine 2>/dev/null))
arch := $(firstword $(subst -, ,$(machine)))

# libelf.pc names libzstd if libelf needs it. yajl.pc has two errors: headers are included as
# <yajl/...>, and the static library is libyajl_s.a.
pkg_config = $(shell $(PKG_CONFIG) $(1) yajl libseccomp libbpf libelf zlib 2>/dev/null)
STATIC_LIBS := $(patsubst -lyajl,-lyajl_s,$(call pkg_config,--static --libs))
SHARED_LIBS := $(call pkg_config,--libs)
LIB_CPPFLAGS := $(filter-out -I/usr/include,$(patsubst %/yajl,%,$(call pkg_config,--cflags)))

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-Wold-style-definition -Wpointer-arith -Wwrite-strings -Wvla -Wformat=2 -Wundef \
	-Wcast-qual -Wimplicit-fallthrough -Wno-unused-parameter -Wno-missing-field-initializers
# Not part of $(flags): it changes no object, so nothing has to be built again for it.
WERROR_FLAG := $(if $(filter 1,$(WERROR)),-Werror)
HARDEN := -fPIE -fstack-protector-strong $(call cc_has,-fstack-clash-protection) \
	$(call cc_has,-fcf-protection) $(call cc_has,-ftrivial-auto-var-init=zero)
DEFINES := -D_GNU_SOURCE -DROOTFENCE_VERSION='"$(VERSION)"' \
	-DROOTFENCE_BINDIR='"$(BINDIR)"' \
	-DROOTFENCE_SYSCONFDIR='"$(SYSCONFDIR)/rootfence"'
# Checkouts in different directories build the same binary.
PREFIX_MAP := '-ffile-prefix-map=$(CURDIR)=.'
# CFLAGS, CPPFLAGS and LDFLAGS are the caller's. They come after our defaults and before the flags
# that the caller must not change.
ALL_CPPFLAGS := $(DEFINES) -Ihook -Ibpf -isystem $(BUILD) $(LIB_CPPFLAGS) $(CPPFLAGS)
ALL_CFLAGS := $(WARN) -O2 -g $(CFLAGS) -std=gnu11 -ffunction-sections -fdata-sections \
	$(HARDEN) $(PREFIX_MAP)
ALL_LDFLAGS := $(LDFLAGS) -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed
# Each page that a start touches takes time. Unused sections are left out. Packed relocations are a
# sixtieth as long, but the linker must write them and libc (2.36) must read them.
packed := -Wl,-z,pack-relative-relocs
LEAN := -Wl,--gc-sections $(shell printf '%s\n' '$(hash)include <features.h>' \
	'int main(void) { return sizeof(char[__GLIBC_PREREQ(2, 36) ? 1 : -1]); }' | \
	$(CC) -static-pie -fPIE -Wl,--fatal-warnings $(packed) -x c -o /dev/null - 2>/dev/null && \
	echo '$(packed)')

# An instrumented build. INSTRUMENT has the compiler's options for it.
ifeq ($(SAN),1)
INSTRUMENT ?= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifneq ($(INSTRUMENT),)
ALL_CPPFLAGS += -DROOTFENCE_SANITIZED
ALL_CFLAGS += -O1 $(INSTRUMENT)
ALL_LDFLAGS += $(INSTRUMENT)
LINK := $(ALL_LDFLAGS) -pie
LIBS := $(SHARED_LIBS)
else
ALL_CPPFLAGS += $(or $(call fortify,-D_FORTIFY_SOURCE=3),$(call fortify,-D_FORTIFY_SOURCE=2))
LINK := $(ALL_LDFLAGS) -static-pie $(LEAN)
LIBS := $(STATIC_LIBS)
endif

ALL_BPF_CFLAGS := $(BPF_CFLAGS) -target bpf -g -O2 -std=gnu11 -Wall -Wextra -Wno-unused-parameter \
	-Ibpf $(LIB_CPPFLAGS) -idirafter /usr/include/$(machine) $(PREFIX_MAP) \
	-D__TARGET_ARCH_$(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(arch)))

# Generates the system call filters; not part of the program.
FILTERS := hook/base/restrain_filters
SRCS := $(filter-out $(FILTERS).c,$(sort $(wildcard hook/*.c hook/*/*.c hook/*/*/*.c)))
OBJS := $(SRCS:%.c=$(BUILD)/%.o)
TEST_SRCS := $(sort $(wildcard tests/unit/*_test.c))
TESTS := $(TEST_SRCS:tests/unit/%.c=$(BUILD)/tests/%)

all: $(BUILD)/rootfence

$(BUILD)/rootfence: $(OBJS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(LINK) -o $@ $^ $(LIBS)

$(BUILD)/hook/guard/attach.o $(BUILD)/hook/guard/attach_restore.o: $(BUILD)/guard.skel.h
$(BUILD)/hook/base/restrain.o: $(BUILD)/restrain_filters.h
$(BUILD)/hook/policy/file/shipped.o: $(BUILD)/shipped_policies.h
$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(WERROR_FLAG) -MMD -MP -c -o $@ $<

$(BUILD)/guard.bpf.o: bpf/guard.bpf.c $(BUILD)/flags
	$(call say,BPF,$<)
	$(Q)$(CLANG) $(ALL_BPF_CFLAGS) $(WERROR_FLAG) -MMD -MP -MF $(@:.o=.d) -MT $@ -c -o $@.tmp $<
	$(Q)$(LLVM_STRIP) -g -o $@ $@.tmp && rm -f $@.tmp

$(BUILD)/guard.skel.h: $(BUILD)/guard.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name guard_bpf >$@.tmp && mv $@.tmp $@

$(BUILD)/$(FILTERS): $(BUILD)/$(FILTERS).o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -pie -o $@ $< $(SHARED_LIBS)

$(BUILD)/restrain_filters.h: $(BUILD)/$(FILTERS)
	$(call say,FILTERS,$@)
	$(Q)$< >$@.tmp && mv $@.tmp $@

# The shipped policies and the schema, as C: each line of a file is a string. The directory changes
# when a policy is added or removed.
POLICIES := $(filter-out policies/schema.json,$(sort $(wildcard policies/*.json)))
as_strings = sed 's/[\\"]/\\&/g; s/.*/	"&\\n"/'
$(BUILD)/shipped_policies.h: policies $(POLICIES) policies/schema.json Makefile
	$(call say,POLICY,$@)
	$(Q)mkdir -p $(@D) && { \
		echo 'const struct shipped_policy shipped_policies[] = {' && \
		for f in $(POLICIES); do \
			echo "{ \"$$(basename $$f .json)\", FILE_TEXT(" && $(as_strings) $$f && echo ') },' || exit; \
		done && \
		echo '{ 0 } };' && echo 'const struct str shipped_schema = FILE_TEXT(' && \
		$(as_strings) policies/schema.json && echo ');'; } >$@.tmp && mv $@.tmp $@

# Everything is built again when the compiler or a flag changes, and only then. Before that, one
# line says what is missing on this machine.
flags := $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(LINK) $(LIBS) | $(CLANG) $(ALL_BPF_CFLAGS)
quoted_flags := '$(subst ','\'',$(flags))'
$(BUILD)/flags: export STATIC := $(if $(INSTRUMENT),,-static)
$(BUILD)/flags: FORCE
	@printf '%s\n' $(quoted_flags) | cmp -s - $@ || { $(needs) $(BUILD_DEPS) && \
		mkdir -p $(@D) && printf '%s\n' $(quoted_flags) >$@; }
needs = CC='$(CC)' CLANG='$(CLANG)' LLVM_STRIP='$(LLVM_STRIP)' BPFTOOL='$(BPFTOOL)' \
	PKG_CONFIG='$(PKG_CONFIG)' tests/deps.sh --check

$(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(filter-out %/hook/main.o,$(OBJS))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -pie -o $@ $^ $(SHARED_LIBS) \
		$(shell $(PKG_CONFIG) --libs cmocka)

unit-tests: $(TESTS)

# For tools that need to know how a file is compiled.
print-flags: $(BUILD)/guard.skel.h $(BUILD)/restrain_filters.h $(BUILD)/shipped_policies.h
	@echo '$(subst ','\'',$(ALL_CPPFLAGS)) -std=gnu11'

test:
	@$(needs) $(BUILD_DEPS) libcmocka-dev python3
	@PLAIN=1 tests/run.sh unit golden fixes

help: ; @sed -n 's/^#   //p' Makefile oci-hooks.d/register.mk tests/fuzz/fuzz.mk tests/vm/vm.mk

# One suite by name, or all of them. tests/run.sh counts the results and prints the summary.
SUITES := build unit golden hostile commands policies faults mounts runtimes fuzz lint live
check check-%: export WERROR ?= 1
check: deps
	@tests/lib/own_root.py tests/run.sh
$(SUITES:%=check-%): check-%:
	@tests/lib/own_root.py tests/run.sh $*
check-mutations: ; @tests/mutations.py $(MUTATE)
lint: check-lint

# Generates files from the rule table and from the table of policy cases. They are kept in the tree.
generate: all
	@ROOTFENCE=$(BUILD)/rootfence docs/generate.py
	@tests/policies/make.py

# Measures what it costs; these are not tests. Each number is compared with a real program's in the
# same run: see docs/performance.md.
bench: bench-reader bench-spawn bench-guard bench-podman bench-growth bench-check
bench-reader bench-spawn bench-guard bench-podman: bench-%: all ; @tests/bench/$*.sh
bench-growth bench-check: bench-%: all ; @tests/bench/$*.py

demo: deps
	@$(MAKE) all
	@tests/lib/own_root.py tests/demo.sh

deps: ; @tests/deps.sh $(BUILD_DEPS) $(TEST_DEPS)
build-deps: ; @tests/deps.sh $(BUILD_DEPS)

# MODE:SOURCE:TARGET of each installed file, in this order: a program comes before the file that
# calls it. Uninstall goes backwards. CRI-O, buildah and others read the shared hook directory. The
# other two are only for podman, without the runtime wrapper and with it.
OWN_HOOKS := $(DATADIR)/rootfence/hooks.d
WRAPPER_HOOKS := $(DATADIR)/rootfence/hooks-wrapper.d
SHARED_HOOKS ?= $(DATADIR)/containers/oci/hooks.d
MAN = $(foreach n,5 8,$(foreach f,$(wildcard docs/*.$n),644:$f:$(DATADIR)/man/man$n/$(notdir $f)))
INSTALL = 755:$(BUILD)/rootfence:$(BINDIR)/rootfence \
	644:policies/schema.json:$(DATADIR)/rootfence/schema.json \
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

.PHONY: all unit-tests print-flags test help check check-mutations lint generate bench \
	bench-reader bench-spawn bench-guard bench-podman bench-growth bench-check \
	demo deps build-deps install uninstall clean FORCE $(SUITES:%=check-%)
.DELETE_ON_ERROR:
.SECONDARY:
