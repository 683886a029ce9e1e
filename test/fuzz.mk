# SPDX-License-Identifier: BSD-2-Clause
# Fuzzing needs clang. A target is test/fuzz/NAME_fuzz.c with seeds in test/fuzz/seeds/NAME/, where every input that ever
# failed stays, and with words in test/fuzz/NAME.dict. Findings go to build/fuzz/NAME_fuzz-*, what it learns to
# build/fuzz/NAME_fuzz.corpus for the next run.
TIME := 10
FUZZ_CC := clang
FUZZ_FLAGS := $(WARN) -Iinclude -g -O1 -MMD -MP -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
FUZZ_LIMIT := $(B)/fuzz/obj/test/fuzz/limit/cpu_limit.o
FUZZ_LINK := $(FUZZ_CC) -fsanitize=fuzzer,address,undefined -Wl,--wrap=LLVMFuzzerTestOneInput
FUZZ_TARGETS := $(patsubst test/fuzz/%.c,$(B)/fuzz/%,$(wildcard test/fuzz/*_fuzz.c))

$(B)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -c $< -o $@
$(B)/fuzz/%: $(B)/fuzz/obj/test/fuzz/%.o $(FUZZ_LIMIT) $(MM_HOST_C:%.c=$(B)/fuzz/obj/%.o) $(LOADER_C:%.c=$(B)/fuzz/obj/%.o)
	$(Q)$(FUZZ_LINK) $^ -o $@
# the readers of the host command
READERS_C := loader/file_kind.c $(wildcard tools/read_*.c) $(patsubst %,tools/%.c,\
	text names e820_line line_form json utf8 map_source map_source_read source_text progress file_content)
$(B)/fuzz/libreaders.a: $(READERS_C:%.c=$(B)/fuzz/obj/%.o) test/fuzz.mk
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $(filter %.o,$^)
$(B)/fuzz/map_readers_fuzz: $(B)/fuzz/obj/test/fuzz/map_readers_fuzz.o $(FUZZ_LIMIT) $(B)/fuzz/libreaders.a $(MM_HOST_C:%.c=$(B)/fuzz/obj/%.o)
	$(Q)$(FUZZ_LINK) $^ -o $@
$(B)/fuzz/pe_fuzz: $(B)/fuzz/obj/scripts/pe_trim.o

fuzz: $(FUZZ_TARGETS)
	@passed=0; failed=0; \
	for t in $(FUZZ_TARGETS); do \
		if scripts/fuzz-one $$(basename $$t) $(TIME); then passed=$$((passed + 1)); else failed=$$((failed + 1)); fi; \
	done; \
	echo "$$passed passed, $$failed failed"; test $$failed = 0
.PHONY: fuzz
