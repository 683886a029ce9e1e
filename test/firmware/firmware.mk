# SPDX-License-Identifier: BSD-2-Clause
# The EFI application on a mock firmware: efi/ compiled for the host, with the sanitizers and a call for each call in the source.
## make test-firmware    every scenario of test/firmware on a mock firmware, with each of its calls failing once
FIRMWARE_TEST := $(B)/test/firmware/run
FIRMWARE_HOST := $(WARN) -Iinclude -I. -g -MMD -MP -fshort-wchar -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 \
	-DGNU_EFI_USE_MS_ABI -DMAPBRIDGE_VERSION='"$(VERSION)"'
FIRMWARE_EFI_O := $(patsubst efi/%.c,$(B)/firmware/efi/%.o,$(wildcard efi/*.c))
FIRMWARE_MOCK_O := $(patsubst %.c,$(B)/firmware/%.o,$(filter-out %/hostile_maps.c,$(wildcard test/firmware/*.c)))

$(B)/firmware/efi/%.o: efi/%.c Makefile test/firmware/firmware.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(FIRMWARE_HOST) -O0 $(SANITIZE) -c $< -o $@
$(B)/firmware/test/firmware/%.o: test/firmware/%.c Makefile test/firmware/firmware.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(FIRMWARE_HOST) -O1 $(SANITIZE) -c $< -o $@
# kernels that are small enough for each of their bytes to be flipped
MEASURED_KERNELS := $(B)/test/firmware/measured
$(MEASURED_KERNELS)/vmlinuz: test/firmware/measured_kernels.py
	$(Q)$< $(@D)
$(FIRMWARE_TEST): $(FIRMWARE_EFI_O) $(FIRMWARE_MOCK_O) $(TEST_SUPPORT) $(B)/san/libloader.a $(B)/san/libmm.a $(B)/efi/loader/stub.o \
		test/firmware/call_sites.py | $(MEASURED_KERNELS)/vmlinuz.mbk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) -Wl,--wrap=machine_cpuid,--wrap=machine_rdrand,--wrap=random_mixture $(filter %.o %.a,$^) -o $@
	$(Q)test/firmware/call_sites.py $@ >$@.sites

HOSTILE_MAPS := $(B)/test/firmware/hostile_maps
$(HOSTILE_MAPS): $(B)/san/test/firmware/hostile_maps.o $(TEST_SUPPORT) $(B)/san/libloader.a $(B)/san/libmm.a
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(SANITIZE) $^ -o $@

test-firmware test-firmware-all: $(HOSTILE_MAPS) $(FIRMWARE_TEST) kernels $(B)/BOOTX64.EFI $(B)/linux/vmlinuz.mbk $(B)/linux/vmlinuz $(B)/linux/vmlinux \
		$(B)/linux/initrd.img
	$(HOSTILE_MAPS)
	$(FIRMWARE_TEST) $(if $(filter %-all,$@),--all)
## make test-firmware-all  the same with nothing left out
.PHONY: test-firmware test-firmware-all
