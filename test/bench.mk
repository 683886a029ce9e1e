# SPDX-License-Identifier: BSD-2-Clause
# Timings of the library: test/bench/NAME_bench.c, optimised and without sanitizers.
MM_BENCHES := $(patsubst test/bench/%.c,$(B)/test/bench/%,$(wildcard test/bench/*_bench.c))

$(B)/test/bench/%: $(B)/host/test/bench/%.o $(B)/host/libmm.a
	@mkdir -p $(@D)
	$(HOSTCC) $^ -o $@

bench-mm: $(MM_BENCHES)
	@for t in $(MM_BENCHES); do $$t || exit 1; done
.PHONY: bench-mm
