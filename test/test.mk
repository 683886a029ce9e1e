# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: test/unit/NAME_test.c is a cmocka program of its own, run with ASan and UBSan.
UNIT_TESTS := $(patsubst test/unit/%.c,$(B)/test/unit/%,$(wildcard test/unit/*_test.c))

$(B)/test/unit/%: $(B)/san/test/unit/%.o $(B)/san/libloader.a $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) $^ -lcmocka -o $@

unit-tests: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done
.PHONY: unit-tests

## test-linux-memblock  the Linux kernel's own memblock suite (fetched from Debian) against mm/memblock
test-linux-memblock:
	scripts/test-linux-memblock
.PHONY: test-linux-memblock

# Property tests: test/property/NAME.c compares the library with a naive model; `make property-tests SEED=5 CASES=1000`.
PROPERTY_TESTS := $(patsubst test/property/%.c,$(B)/test/property/%,$(wildcard test/property/*.c))
PROPERTY_HARNESS := $(patsubst %.c,$(B)/san/%.o,$(wildcard test/property/harness/*.c))

$(B)/test/property/%: $(B)/san/test/property/%.o $(PROPERTY_HARNESS) $(B)/san/libloader.a $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(HOSTCC) $(SANITIZE) $^ -o $@

property-tests: $(PROPERTY_TESTS)
	@for t in $(PROPERTY_TESTS); do $$t $(SEED) $(CASES) || exit 1; done
.PHONY: property-tests

# Replay of real machines' maps, which lie beside the checkout: MAPBRIDGE_CORPUS says where, "none" does without.
$(B)/test/corpus/corpus: $(patsubst %.c,$(B)/san/%.o,$(wildcard test/corpus/*.c)) $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(HOSTCC) $(SANITIZE) $^ -o $@

corpus-tests: $(B)/test/corpus/corpus
	$<
.PHONY: corpus-tests
