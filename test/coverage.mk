# SPDX-License-Identifier: BSD-2-Clause
# Which lines and branches the tests reach: of mm/ by unit tests, property tests and the corpus, in all; of each file of
# loader/, and of what trims our PE image, by the same and by the seeds of the fuzz targets. What only prints (..._lines.c)
# has no limit of its own.
COVERAGE_LIMIT := 95
COVERAGE_LIMIT_PARSER := 90
COVERAGE_CASES := 20000
COVERAGE_TESTS := $(patsubst test/%.c,$(B)/coverage/test/%,\
	$(filter-out $(TOOLS_TESTS:$(B)/%=%.c),$(wildcard test/unit/*_test.c)) $(wildcard test/property/*.c) \
	$(filter-out test/fuzz/map_readers_fuzz.c,$(wildcard test/fuzz/*_fuzz.c)) \
	test/corpus/corpus.c)
GCOVR := gcovr --root . --exclude-unreachable-branches --exclude-throw-branches

$(B)/coverage/%.o: %.c Makefile mm/mm.mk test/coverage.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTFLAGS) -O0 --coverage -c $< -o $@
$(B)/coverage/libmm.a: $(MM_HOST_C:%.c=$(B)/coverage/%.o)
$(B)/coverage/libloader.a: $(LOADER_C:%.c=$(B)/coverage/%.o)
$(B)/coverage/test/unit/%: $(B)/coverage/test/unit/%.o $(TEST_SUPPORT:$(B)/san/%=$(B)/coverage/%) \
		$(B)/coverage/libloader.a $(B)/coverage/libmm.a
	$(Q)$(HOSTCC) --coverage $^ -lcmocka -lm -o $@
$(B)/coverage/test/fuzz/%: $(B)/coverage/test/fuzz/%.o $(B)/coverage/test/fuzz/replay.o \
		$(B)/coverage/libloader.a $(B)/coverage/libmm.a
	$(Q)$(HOSTCC) --coverage $^ -o $@
$(B)/coverage/test/fuzz/pe_fuzz: $(B)/coverage/scripts/pe_trim.o
$(B)/coverage/test/property/%: $(B)/coverage/test/property/%.o $(PROPERTY_HARNESS:$(B)/san/%=$(B)/coverage/%) \
		$(B)/coverage/libloader.a $(B)/coverage/libmm.a
	$(Q)$(HOSTCC) --coverage $^ -o $@
$(B)/coverage/test/corpus/corpus: $(CORPUS_OBJECTS:$(B)/san/%=$(B)/coverage/%) $(B)/coverage/libmm.a
	$(Q)$(HOSTCC) --coverage $^ -o $@

# gcovr leaves out the branches that only the compiler sees; its own status says whether the limits of mm/ hold.
coverage: $(COVERAGE_TESTS)
	@find $(B)/coverage -name '*.gcda' -delete
	@for t in $(COVERAGE_TESTS); do \
		case $$t in \
		*/property/*) arguments='1 $(COVERAGE_CASES)' ;; \
		*/fuzz/*) arguments=$$(find test/fuzz/seeds/$$(basename $${t%_fuzz}) -type f) ;; \
		*) arguments= ;; \
		esac; \
		$$t $$arguments >$$t.log 2>&1 || { tail -n 20 $$t.log; echo "$$t failed"; exit 1; }; \
	done
	@status=0; $(GCOVR) --filter mm/ --print-summary --fail-under-line $(COVERAGE_LIMIT) \
		--fail-under-branch $(COVERAGE_LIMIT) --csv $(B)/coverage/coverage.csv \
		--html-details $(B)/coverage/index.html $(B)/coverage || status=$$?; \
	$(GCOVR) --filter loader/ --filter scripts/ --csv $(B)/coverage/loader.csv $(B)/coverage || status=$$?; \
	awk -F, -v limit=$(COVERAGE_LIMIT_PARSER) '$$2 == "line_total" { next } \
		{ printf "%-28s %4d of %4d lines %5.1f %%   %4d of %4d branches %5.1f %%\n", \
			$$1, $$3, $$2, 100 * $$4, $$6, $$5, 100 * $$7 } \
		$$1 ~ /^(loader|scripts)\// && $$1 !~ /_lines.c$$/ && 100 * $$4 < limit { \
			print "FAIL " $$1 ": under " limit " % of its lines"; bad = 1 } \
		END { exit bad }' $(B)/coverage/coverage.csv $(B)/coverage/loader.csv || status=1; exit $$status
.PHONY: coverage
