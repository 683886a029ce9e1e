# SPDX-License-Identifier: BSD-2-Clause
# Unit tests: test/unit/NAME_test.c is a cmocka program of its own, run with ASan and UBSan.
TEST_SUPPORT := $(patsubst %.c,$(B)/san/%.o,$(wildcard test/support/*.c))
UNIT_TESTS := $(patsubst test/unit/%.c,$(B)/test/unit/%,$(wildcard test/unit/*_test.c))

# cmocka 2 calls assert_in_range deprecated; what it names instead is not in cmocka 1
$(B)/%.o: HOSTFLAGS += $(if $(findstring /test/unit/,$@),-Wno-deprecated-declarations)

$(B)/test/unit/%: $(B)/san/test/unit/%.o $(B)/san/libloader.a $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) $(filter %.o,$^) $(filter %libtools.a,$^) $(filter-out %libtools.a,$(filter %.a,$^)) -lcmocka -lm -o $@

$(B)/test/unit/captured_maps_test: $(TEST_SUPPORT)
# the tools without main()
TOOLS_TESTS := $(addprefix $(B)/test/unit/,address_argument_test map_diff_test map_readers_test map_view_test markup_test)
$(TOOLS_TESTS): $(B)/san/libtools.a
$(B)/san/libtools.a: $(patsubst %,$(B)/san/%,$(filter-out tools/mapbridge.o,$(TOOLS_O)))
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $^

unit-tests: $(UNIT_TESTS)
	@for t in $(UNIT_TESTS); do $$t || exit 1; done
.PHONY: unit-tests

## make test-page        the page of `mapbridge show --as html` in headless Chromium, which `make test` runs, too
test-page: $(B)/san/mapbridge
	@test/run-tests --only '^page/'
.PHONY: test-page

# The library's own unit tests, those named after a header of it, also run built in other ways, as
# build/test/VARIANT/NAME_test.
MM_UNIT_TESTS := $(filter $(foreach header,$(wildcard include/mm/*.h),$(header:include/mm/%.h=test/unit/%_)%),\
	$(wildcard test/unit/*_test.c)) test/unit/freestanding_test.c
PHYS_ADDR_TESTS := $(filter test/unit/memblock_% test/unit/resource_%,$(MM_UNIT_TESTS))

# name of the variant, compiler and flags, source files of its tests
define mm_variant
$(B)/$1/%.o: %.c Makefile mm/mm.mk test/test.mk
	@mkdir -p $$(@D)
	$$(Q)$2 $$(HOSTFLAGS) -c $$< -o $$@
$(B)/$1/libmm.a: $(MM_HOST_C:%.c=$(B)/$1/%.o)
$(B)/test/$1/%: $(B)/$1/test/unit/%.o $(B)/$1/libmm.a
	@mkdir -p $$(@D)
	$$(Q)$2 $$^ -lcmocka -o $$@
VARIANT_TESTS += $(patsubst test/unit/%.c,$(B)/test/$1/%,$3)
endef
$(eval $(call mm_variant,clang,clang -O1 $(SANITIZE),$(MM_UNIT_TESTS)))
$(eval $(call mm_variant,phys32,$(HOSTCC) -O1 $(SANITIZE) -DMM_PHYS_ADDR_32,$(PHYS_ADDR_TESTS)))
$(eval $(call mm_variant,cnt0,$(HOSTCC) -O1 $(SANITIZE) -DMEMBLOCK_EMPTY_CNT_0,\
	$(filter test/unit/memblock_%,$(MM_UNIT_TESTS))))

variant-tests: $(VARIANT_TESTS)
	@for t in $(VARIANT_TESTS); do $$t || exit 1; done
# for test/run-tests
list-variant-tests:
	@printf '%s\n' $(VARIANT_TESTS)
.PHONY: variant-tests list-variant-tests

## make test-linux-memblock  the Linux kernel's own memblock suite (fetched from Debian) against mm/memblock
test-linux-memblock:
	scripts/test-linux-memblock
## make test-linux-e820      its e820.c, the same way, against mm/e820: millions of random maps; SEED=N CASES=N repeat a run
test-linux-e820:
	scripts/test-linux-e820 $(PROPERTY_ARGUMENTS)
.PHONY: test-linux-memblock test-linux-e820

## make property-tests   random cases against naive models; SEED=N CASES=N repeat a run
# Property tests: test/property/NAME.c compares the library with a naive model; `make property-tests SEED=5 CASES=1000`.
PROPERTY_TESTS := $(patsubst test/property/%.c,$(B)/test/property/%,$(wildcard test/property/*.c))
PROPERTY_HARNESS := $(patsubst %.c,$(B)/san/%.o,$(wildcard test/property/harness/*.c)) $(TEST_SUPPORT)

$(B)/test/property/%: $(B)/san/test/property/%.o $(PROPERTY_HARNESS) $(B)/san/libloader.a $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(HOSTCC) $(SANITIZE) $^ -o $@

# SEED and CASES are arguments by position: CASES alone needs a seed before it.
PROPERTY_ARGUMENTS = $(if $(SEED)$(CASES),$(or $(SEED),$$(date +%s)) $(CASES))

property-tests: $(PROPERTY_TESTS)
	@for t in $(PROPERTY_TESTS); do $$t $(PROPERTY_ARGUMENTS) || exit 1; done
.PHONY: property-tests

## make corpus-tests     replays the memory maps of real machines
# Replay of real machines' maps, which lie beside the checkout: MAPBRIDGE_CORPUS says where.
CORPUS_TEST := $(B)/test/corpus/corpus
CORPUS_OBJECTS := $(patsubst %.c,$(B)/san/%.o,$(wildcard test/corpus/*.c test/support/*.c))
$(CORPUS_TEST): $(CORPUS_OBJECTS) $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(HOSTCC) $(SANITIZE) $^ -o $@

corpus-tests: $(CORPUS_TEST)
	$<
.PHONY: corpus-tests

## make fuzz             every fuzz target for TIME seconds (10 unless told)
include test/fuzz.mk
## make bench-mm         timings of the library against Linux 6.1's own code (fetched from Debian), each with its limit
include test/bench.mk
## make coverage         lines and branches that the tests reach; fails below 95 % of mm/, or 90 % of a file of loader/
include test/coverage.mk
