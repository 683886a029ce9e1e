# SPDX-License-Identifier: BSD-2-Clause
# Timings of the library: test/bench/NAME_bench.c, optimised and without sanitizers, against Linux 6.1's own code where
# there is some: the same compiler, -O2, the same run. No line of Linux is here: Debian's source package is fetched.
MM_BENCHES := $(patsubst test/bench/%.c,$(B)/test/bench/%,$(wildcard test/bench/*_bench.c))
BENCH_LINUX := $(B)/linux-memblock/linux-source-6.1/tools/testing/memblock-bench

$(B)/test/bench/%_bench: $(B)/host/test/bench/%_bench.o $(B)/host/test/bench/table.o $(B)/host/libmm.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $^ -o $@
$(B)/test/bench/memblock_bench: $(B)/test/bench/memblock_work_ours.o $(B)/test/bench/memblock_work_linux.o
$(B)/test/bench/e820_bench: $(B)/test/bench/e820_linux.o

$(B)/test/bench/e820_linux.o: $(wildcard test/linux-e820/*.[ch]) scripts/compile-linux-e820 test/bench.mk
	@mkdir -p $(@D)
	$(Q)CC=$(HOSTCC) scripts/compile-linux-e820 $(B)/linux-e820 $@ -DMAX_NUMNODES=32768

# memblock_work.c and an implementation in one object that has no other global name.
BENCH_LINUX_FLAGS := -O2 -g -Wall -I. -I../../include -DCONFIG_PHYS_ADDR_T_64BIT -DCONFIG_NUMA -DCONFIG_NODES_SHIFT=4
BENCH_LINUX_OBJECTS := memblock.o mmzone.o slab.o lib/slab.o
$(BENCH_LINUX)/memblock.o: scripts/build-linux-memblock scripts/fetch-linux-source test/bench.mk
	@mkdir -p $(B)/linux-memblock
	$(Q)CC=$(HOSTCC) scripts/build-linux-memblock 6.1 $(B)/linux-memblock bench CFLAGS="$(BENCH_LINUX_FLAGS)" \
		$(BENCH_LINUX_OBJECTS) >$(B)/linux-memblock/bench.log 2>&1 || { cat $(B)/linux-memblock/bench.log >&2; exit 1; }
define memblock_work
$(B)/test/bench/memblock_work_$1.o: test/bench/memblock_work.c test/bench/memblock_work.h $2 \
		$(BENCH_LINUX)/memblock.o
	@mkdir -p $$(@D)
	$(Q)$(HOSTCC) $3 $(filter-out -I%,$(BENCH_LINUX_FLAGS)) -I$(BENCH_LINUX) \
		-I$(BENCH_LINUX)/../../include -DMEMBLOCK_WORK=memblock_work_$1 -c $$< -o $$@.work
	$(Q)ld -r $$@.work $4 -o $$@
	$(Q)objcopy --keep-global-symbol=memblock_work_$1 $$@
	@rm $$@.work
endef
MEMBLOCK_OBJECTS := $(patsubst %.c,$(B)/host/%.o,$(wildcard mm/memblock*.c) mm/printer.c)
$(eval $(call memblock_work,ours,$(MEMBLOCK_OBJECTS),-Itest/linux-memblock -Iinclude,$(MEMBLOCK_OBJECTS)))
$(eval $(call memblock_work,linux,,,$(BENCH_LINUX_OBJECTS:%=$(BENCH_LINUX)/%)))

bench-mm: $(MM_BENCHES)
	@for t in $(MM_BENCHES); do $$t || exit 1; done
.PHONY: bench-mm
