# SPDX-License-Identifier: BSD-2-Clause
# The EFI programs of the boot tests, and `make test`.
## make test                build everything and run every test; ends with N passed, N failed
##                          (test/run-tests --list, test/run-tests --only REGEX: some of them; FUZZ_SECONDS=5: sooner)
## make test-machines       the test kernels and Linux on each machine of scripts/machines.py, and Linux 6.1, 6.12 and the newest
##                          one in every format: an hour; JOBS=2 boots two at a time
## make test-prepare        Debian's kernels prepared from every compression that Linux's build has
## make test-kaslr          a prepared kernel 32 times: its addresses differ, and are uniform over all places
## make test-parity         Debian's cloud and generic kernels through their EFI stub and through us, compared
## make test-bless          boot counting to its end in Debian's own userland, with systemd of Debian 12 and of sid; the
##                          order of generated lists of entries, compared with systemd-boot's of sid
TEST_EFI := $(patsubst test/boot/efi/%.c,$(B)/test/efi/%.efi,$(filter-out %/chain.c,$(wildcard test/boot/efi/*.c)))
TEST_EFI_FLAGS := $(WARN) -O2 -I/usr/include/efi -I/usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI -ffreestanding -fpic \
	-fshort-wchar -mno-red-zone -mno-sse -mno-mmx -fno-stack-protector -fcf-protection=none \
	-fno-asynchronous-unwind-tables -MMD -MP
# gnu-efi 4 has them in the architecture's folder
GNU_EFI_LIB := $(patsubst %/crt0-efi-x86_64.o,%,$(firstword $(wildcard /usr/lib/crt0-efi-x86_64.o /usr/lib/*/crt0-efi-x86_64.o)))
TEST_EFI_LINK := $(LD) -nostdlib -znocombreloc -shared -Bsymbolic --no-undefined -T $(GNU_EFI_LIB)/elf_x86_64_efi.lds \
	$(GNU_EFI_LIB)/crt0-efi-x86_64.o
TEST_EFI_LIBS := -L$(GNU_EFI_LIB) -lefi -lgnuefi
TEST_EFI_SUBSYSTEM := 10
TEST_EFI_SECTIONS := .text .sdata .data .rodata .dynamic .dynsym .rel .rela .rel.* .rela.* .reloc
TEST_EFI_OBJCOPY = objcopy $(addprefix -j ,$(TEST_EFI_SECTIONS)) -O efi-app-x86_64 \
	--subsystem=$(TEST_EFI_SUBSYSTEM)
.PRECIOUS: $(B)/test/efi/%.o $(B)/test/efi/%.so $(B)/bench/%.o $(B)/bench/%.so

# the same program in other words
TEST_EFI_VARIANTS := gcd_accepted fragment_3000 fragment_14000 stubborn_forever
TEST_EFI += $(TEST_EFI_VARIANTS:%=$(B)/test/efi/%.efi)
$(B)/test/efi/gcd_accepted.o: TEST_EFI_FLAGS += -DALL_ACCEPTED=1
$(B)/test/efi/gcd_accepted.o: test/boot/efi/gcd_ranges.c
$(B)/test/efi/fragment_3000.o: TEST_EFI_FLAGS += -DISLANDS=1550
$(B)/test/efi/fragment_14000.o: TEST_EFI_FLAGS += -DISLANDS=7000 -DMAX_STEP=2
$(B)/test/efi/fragment_3000.o $(B)/test/efi/fragment_14000.o: test/boot/efi/fragment.c
$(B)/test/efi/stubborn_forever.o: TEST_EFI_FLAGS += -DFAILURES=1000
$(B)/test/efi/stubborn_forever.o: test/boot/efi/stubborn.c
$(TEST_EFI_VARIANTS:%=$(B)/test/efi/%.o):
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_EFI_FLAGS) -c $< -o $@
$(B)/test/efi/%.o: test/boot/efi/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_EFI_FLAGS) -c $< -o $@
$(B)/test/efi/%.o: test/boot/efi/%.S
	@mkdir -p $(@D)
	$(Q)$(CC) -c $< -o $@
$(B)/test/efi/la57.so: $(B)/test/efi/la57_switch.o
$(B)/test/efi/%.so: $(B)/test/efi/%.o $(B)/test/efi/chain.o
	$(Q)$(TEST_EFI_LINK) $^ -o $@ $(TEST_EFI_LIBS)
$(B)/test/efi/%.efi: $(B)/test/efi/%.so
	$(Q)$(TEST_EFI_OBJCOPY) $< $@

# what cannot be built is counted as a failure by run-tests, and all else is tested all the same
test-programs: all $(UNIT_TESTS) $(VARIANT_TESTS) $(PROPERTY_TESTS) $(FUZZ_TARGETS) $(CORPUS_TEST) $(FIRMWARE_TEST) $(HOSTILE_MAPS) $(TEST_EFI) \
		$(B)/san/mapbridge $(B)/run/initrd.img $(B)/linux/initrd.img $(B)/linux/initrd-view.img $(B)/linux/vmlinux \
		$(B)/linux/vmlinuz.mbk $(B)/san/mapbridge
test:
	@status=0; $(MAKE) --no-print-directory -k test-programs || status=$$?; \
	test/run-tests --build-status $$status
test-machines:
	@status=0; $(MAKE) --no-print-directory -k test-programs $(NEWER_LINUX) $(B)/linux/initrd-kaslr.img || status=$$?; \
	test/run-tests --machines --jobs $(or $(JOBS),1) --build-status $$status
PARITY_INITRDS := $(B)/linux-generic/initrd-view.img $(B)/linux/initrd-clock.img
test-parity:
	@status=0; $(MAKE) --no-print-directory -k test-programs $(PARITY_INITRDS) || status=$$?; \
	test/run-tests --parity --build-status $$status
test-prepare: $(B)/san/mapbridge $(B)/linux/vmlinuz $(B)/linux-generic/vmlinuz
	@test/run-tests --prepare
test-kaslr: all $(B)/linux/vmlinuz.mbk $(B)/linux/initrd-view.img
	@test/run-tests --kaslr
BLESS := $(patsubst %,$(B)/bless/%/initrd.img,bookworm sid)
$(BLESS): scripts/fetch-userland
	$(Q)scripts/fetch-userland $(notdir $(@D)) $(@D)
test-bless: all $(BLESS) $(B)/test/efi/entries.efi
	@test/run-tests --bless
.PHONY: test-bless test-kaslr test-prepare test test-machines test-parity test-programs
