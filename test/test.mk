# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: test/unit/NAME_test.c is a cmocka program of its own, run with ASan and UBSan.
TEST_SUPPORT := $(patsubst %.c,$(B)/san/%.o,$(wildcard test/support/*.c))
UNIT_TESTS := $(patsubst test/unit/%.c,$(B)/test/unit/%,$(wildcard test/unit/*_test.c))

$(B)/test/unit/%: $(B)/san/test/unit/%.o $(B)/san/libloader.a $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) $(filter %.o,$^) $(filter %.a,$^) -lcmocka -o $@

$(B)/test/unit/captured_maps_test: $(TEST_SUPPORT)

unit-tests: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done
.PHONY: unit-tests

## test-linux-memblock  the Linux kernel's own memblock suite (fetched from Debian) against mm/memblock
test-linux-memblock:
	scripts/test-linux-memblock
.PHONY: test-linux-memblock

## make property-tests   random cases against naive models; SEED=N CASES=N repeat a run
# Property tests: test/property/NAME.c compares the library with a naive model; `make property-tests SEED=5 CASES=1000`.
PROPERTY_TESTS := $(patsubst test/property/%.c,$(B)/test/property/%,$(wildcard test/property/*.c))
PROPERTY_HARNESS := $(patsubst %.c,$(B)/san/%.o,$(wildcard test/property/harness/*.c)) $(TEST_SUPPORT)

$(B)/test/property/%: $(B)/san/test/property/%.o $(PROPERTY_HARNESS) $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(HOSTCC) $(SANITIZE) $^ -o $@

# SEED and CASES are arguments by position: CASES alone needs a seed before it.
PROPERTY_ARGUMENTS = $(if $(SEED)$(CASES),$(or $(SEED),$$(date +%s)) $(CASES))

property-tests: $(PROPERTY_TESTS)
	@for t in $(PROPERTY_TESTS); do $$t $(PROPERTY_ARGUMENTS) || exit 1; done
.PHONY: property-tests

## make corpus-tests     replays the memory maps of real machines
# Replay of real machines' maps, which lie beside the checkout: MAPBRIDGE_CORPUS says where, "none" does without.
$(B)/test/corpus/corpus: $(patsubst %.c,$(B)/san/%.o,$(wildcard test/corpus/*.c test/support/*.c)) $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(HOSTCC) $(SANITIZE) $^ -o $@

corpus-tests: $(B)/test/corpus/corpus
	$<
.PHONY: corpus-tests

## make fuzz             every fuzz target for TIME seconds (10 unless told)
include test/fuzz.mk
## make bench-mm         timings of the library, each against a limit
include test/bench.mk
