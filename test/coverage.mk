# SPDX-License-Identifier: BSD-2-Clause
# Which lines and branches of mm/ the unit tests, the property tests and the corpus reach.
COVERAGE_LIMIT := 95
COVERAGE_CASES := 20000
COVERAGE_TESTS := $(patsubst test/%.c,$(B)/coverage/test/%,\
	$(MM_UNIT_TESTS) $(wildcard test/property/*.c) test/corpus/corpus.c)

$(B)/coverage/%.o: %.c Makefile mm/mm.mk test/coverage.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTFLAGS) -O0 --coverage -c $< -o $@
$(B)/coverage/libmm.a: $(MM_HOST_C:%.c=$(B)/coverage/%.o)
$(B)/coverage/libloader.a: $(LOADER_C:%.c=$(B)/coverage/%.o)
$(B)/coverage/test/unit/%: $(B)/coverage/test/unit/%.o $(B)/coverage/libmm.a
	$(Q)$(HOSTCC) --coverage $^ -lcmocka -o $@
$(B)/coverage/test/property/%: $(B)/coverage/test/property/%.o $(PROPERTY_HARNESS:$(B)/san/%=$(B)/coverage/%) \
		$(B)/coverage/libloader.a $(B)/coverage/libmm.a
	$(Q)$(HOSTCC) --coverage $^ -o $@
$(B)/coverage/test/corpus/corpus: $(CORPUS_OBJECTS:$(B)/san/%=$(B)/coverage/%) $(B)/coverage/libmm.a
	$(Q)$(HOSTCC) --coverage $^ -o $@

# gcovr leaves out the branches that only the compiler sees; its own status says whether the limits hold.
coverage: $(COVERAGE_TESTS)
	@find $(B)/coverage -name '*.gcda' -delete
	@for t in $(COVERAGE_TESTS); do \
		case $$t in */property/*) arguments='1 $(COVERAGE_CASES)' ;; *) arguments= ;; esac; \
		$$t $$arguments >$$t.log 2>&1 || { tail -n 20 $$t.log; echo "$$t failed"; exit 1; }; \
	done
	@status=0; gcovr --root . --filter mm/ --exclude-unreachable-branches --exclude-throw-branches --print-summary \
		--fail-under-line $(COVERAGE_LIMIT) --fail-under-branch $(COVERAGE_LIMIT) \
		--csv $(B)/coverage/coverage.csv --html-details $(B)/coverage/index.html $(B)/coverage || status=$$?; \
	awk -F, 'NR > 1 { printf "%-28s %4d of %4d lines %5.1f %%   %4d of %4d branches %5.1f %%\n", \
		$$1, $$3, $$2, 100 * $$4, $$6, $$5, 100 * $$7 }' $(B)/coverage/coverage.csv; exit $$status
.PHONY: coverage
