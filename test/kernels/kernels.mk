# SPDX-License-Identifier: BSD-2-Clause
# The test kernels: build/kernels/NAME.elf. setup_arch and scribble share lib/ and libmm.a, hello stands alone.
## make kernels    build the test kernels
KERNEL_NAMES := setup_arch scribble
# setup_arch once more at 16 MiB, where OVMF keeps data of its own until ExitBootServices: the stub must move it there.
MOVED_KERNEL := $(B)/kernels/setup_arch-moved.elf
KERNELS := $(KERNEL_NAMES:%=$(B)/kernels/%.elf) $(MOVED_KERNEL) $(B)/kernels/hello.elf $(B)/kernels/hello-pie.elf
KERNEL_LIB_O := $(patsubst %,$(B)/kernel/%.o,$(basename $(wildcard test/kernels/lib/*.[cS])))
KERNEL_LINK := -nostdlib -static -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,separate-code \
	-Wl,-z,norelro -Wl,-z,noexecstack

kernels: $(KERNELS)
.PHONY: kernels

$(B)/kernel/test/kernels/%.o: FREESTANDING += -Itest/kernels
$(B)/kernel/%.o: %.S
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREESTANDING) -fno-pic -c $< -o $@

define kernel_rule
$(B)/kernels/$(1).elf: $(patsubst %.c,$(B)/kernel/%.o,$(wildcard test/kernels/$(1)/*.c))
endef
$(foreach name,$(KERNEL_NAMES),$(eval $(call kernel_rule,$(name))))

$(KERNEL_NAMES:%=$(B)/kernels/%.elf) $(MOVED_KERNEL): $(KERNEL_LIB_O) $(B)/kernel/libmm.a test/kernels/lib/kernel.ld
	@mkdir -p $(@D)
	$(Q)$(CC) $(KERNEL_LINK) -Wl,-T,test/kernels/lib/kernel.ld $(filter %.o,$^) $(B)/kernel/libmm.a -o $@

$(MOVED_KERNEL): KERNEL_LINK += -Wl,--defsym=KERNEL_PHYS=0x1000000
$(MOVED_KERNEL): $(patsubst %.c,$(B)/kernel/%.o,$(wildcard test/kernels/setup_arch/*.c))

$(B)/kernels/hello.elf: test/kernels/hello/hello.c test/kernels/hello/hello.ld
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREESTANDING) -mcmodel=kernel -fno-pic $(KERNEL_LINK) -Wl,-T,test/kernels/hello/hello.ld $< -o $@
$(B)/kernels/hello-pie.elf: test/kernels/hello/hello.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREESTANDING) -fpie -static-pie $(KERNEL_LINK) $< -o $@
