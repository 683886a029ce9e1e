# SPDX-License-Identifier: BSD-2-Clause
# The tools of the benchmark.
## make bench               guest instructions from the loader's first to the kernel's first, beside other loaders, with a
##                          plot (docs/performance.md): half an hour; then the timings of bench-mm
BENCH_TOOLS := $(B)/bench/marks.so $(B)/bench/init $(B)/bench/fwdisk.efi $(B)/bench/setboot.efi

$(B)/bench/marks.so: scripts/bench/marks.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(WARN) -D_POSIX_C_SOURCE=200809L -O2 -fPIC -shared -fvisibility=hidden $< -o $@
$(B)/bench/init: scripts/bench/init.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(WARN) -O2 -static -nostdlib -ffreestanding -fno-stack-protector -fno-pie -no-pie \
		-fno-asynchronous-unwind-tables $< -o $@
$(B)/bench/%.o: scripts/bench/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_EFI_FLAGS) -c $< -o $@
$(B)/bench/%.so: $(B)/bench/%.o
	$(Q)$(TEST_EFI_LINK) $^ -o $@ $(TEST_EFI_LIBS)
$(B)/bench/fwdisk.efi: TEST_EFI_SUBSYSTEM := 11
$(B)/bench/%.efi: $(B)/bench/%.so
	$(Q)$(TEST_EFI_OBJCOPY) $< $@

bench: all $(BENCH_TOOLS) $(B)/test/efi/misbehave.efi $(B)/linux/vmlinuz \
		$(B)/linux-generic/vmlinuz
	@! command -v apt-get >/dev/null || scripts/deps bench
	@scripts/bench/bench
	@$(MAKE) --no-print-directory bench-mm
.PHONY: bench
