# SPDX-License-Identifier: BSD-2-Clause
# build/BOOTX64.EFI, with gnu-efi: position-independent ELF without what nothing refers to, then objcopy to PE.
## make            build everything
EFI_O := $(patsubst %.c,$(B)/efi/%.o,$(wildcard efi/*.c))
EFI_LIBS := $(B)/efi/libloader.a $(B)/efi/libmm.a
EFI_FLAGS := $(filter-out -O2,$(FREESTANDING)) -Os -fpic -ffunction-sections -fvisibility=hidden -fshort-wchar -maccumulate-outgoing-args
GNU_EFI_FLAGS := -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI
EFI_SECTIONS := .text .sdata .data .rodata .dynamic .dynsym .rel .rela .rel.* .rela.* .reloc

$(B)/efi/efi/%.o: EFI_FLAGS += $(GNU_EFI_FLAGS)
$(B)/efi/%.o: %.c Makefile efi/efi.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_FLAGS) -c $< -o $@
$(B)/efi/%.o: %.S Makefile efi/efi.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_FLAGS) -c $< -o $@

$(B)/efi/libmm.a: $(MM_C:%.c=$(B)/efi/%.o)
$(B)/efi/libloader.a: $(LOADER_C:%.c=$(B)/efi/%.o) $(B)/efi/loader/stub.o
$(B)/BOOTX64.so: $(EFI_O) $(EFI_LIBS) efi/keep_reloc.lds
	$(Q)ld -nostdlib -znocombreloc -shared -Bsymbolic --no-undefined --gc-sections -e _start -T efi/keep_reloc.lds \
		-T /usr/lib/elf_x86_64_efi.lds /usr/lib/crt0-efi-x86_64.o $(filter %.o %.a,$^) -o $@ -L/usr/lib -lgnuefi
$(B)/BOOTX64.EFI: $(B)/BOOTX64.so
	$(Q)objcopy $(addprefix -j ,$(EFI_SECTIONS)) --strip-all --target=efi-app-x86_64 --subsystem=10 $< $@
