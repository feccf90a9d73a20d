# SPDX-License-Identifier: Apache-2.0
#
#   make fuzz TIME=60 [TARGET="reader policy"]    fuzzes each target (default: all) for TIME seconds
#   make fuzz ENGINE=afl TARGET=reader            the same target under AFL++ (Debian: afl++)
#   make coverage [LAYER=hook/json]               lines that tests reach, by folder; with LAYER,
#                                                 also the lines of it that they do not reach
#
# Findings stay in build/fuzz/findings/, the corpus in build/fuzz/corpus/.

FUZZ_SANITIZE := -O2 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
# The counters are kept in a file, so they survive any end of the process. The linker does not use
# the option, hence -Wno-unused-command-line-argument.
COVERAGE := -fprofile-instr-generate -fcoverage-mapping -mllvm -runtime-counter-relocation \
	-Wno-unused-command-line-argument
FUZZ_TARGETS := $(patsubst tests/fuzz/%_fuzz.c,%,$(sort $(wildcard tests/fuzz/*_fuzz.c)))
FUZZ_SHARED := $(filter-out %_fuzz.c tests/fuzz/mutate.c,$(sort $(wildcard tests/fuzz/*.c)))
# The input of these targets is not JSON.
FUZZ_PLAIN := args decide event overlay
FUZZ_BINARIES := $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
TIME ?= 60
ENGINE ?= libfuzzer

# The fuzz targets themselves are not instrumented: only the code under test is to be explored.
$(BUILD)/tests/fuzz/%.o: ALL_CFLAGS += -fno-sanitize=fuzzer-no-link

# An archive, so that each target links only what it calls. The fuzzer reads every counter after
# each input.
$(BUILD)/fuzzed.a: $(FUZZ_SHARED:%.c=$(BUILD)/%.o) $(filter-out %/hook/main.o,$(OBJS))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^
$(filter-out $(FUZZ_PLAIN:%=$(BUILD)/fuzz/%),$(FUZZ_BINARIES)): $(BUILD)/tests/fuzz/mutate.o
$(FUZZ_BINARIES): $(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%_fuzz.o $(BUILD)/fuzzed.a
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -pie -o $@ $(filter %.o,$^) \
		$(BUILD)/fuzzed.a $(SHARED_LIBS)

fuzz-binaries: $(FUZZ_BINARIES)

fuzz-targets:
	@$(MAKE) CC=clang BUILD=build/fuzz INSTRUMENT='$(FUZZ_SANITIZE)' fuzz-binaries
fuzz-targets-afl:
	@$(MAKE) CC=afl-clang-fast BUILD=build/afl INSTRUMENT='$(FUZZ_SANITIZE)' fuzz-binaries

fuzz: fuzz-targets$(if $(filter afl,$(ENGINE)),-afl)
	@tests/fuzz/run.sh --$(ENGINE) $(TIME) $(or $(TARGET),$(FUZZ_TARGETS))

coverage:
	@$(MAKE) CC=clang BUILD=build/coverage INSTRUMENT='$(COVERAGE)' all unit-tests fuzz-binaries
	@tests/fuzz/coverage.sh $(LAYER)

-include $(patsubst %.c,$(BUILD)/%.d,$(wildcard tests/fuzz/*.c))

.PHONY: fuzz fuzz-binaries fuzz-targets fuzz-targets-afl coverage
