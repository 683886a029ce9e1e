# SPDX-License-Identifier: BSD-2-Clause
# build/BOOTX64.EFI, with gnu-efi's headers: what something refers to as one ELF object, then ld's PE linker. Position-
# independent code of a program, not of a library: a table of addresses (GOT) is nothing that a PE image could have.
## make            build everything
EFI_O := $(patsubst %.c,$(B)/efi/%.o,$(wildcard efi/*.c))
EFI_LIBS := $(B)/efi/libloader.a $(B)/efi/libmm.a
EFI_FLAGS := $(filter-out -O2,$(FREESTANDING)) -Oz -fpie -ffunction-sections -fdata-sections -fvisibility=hidden -fshort-wchar -maccumulate-outgoing-args
# What -Oz leaves on although it makes this code longer, by 2 KiB. (Link-time optimization gained less than it lost.)
EFI_SMALL := -fno-move-loop-invariants -fno-tree-ch -fno-tree-pre -fno-code-hoisting -fno-caller-saves -fno-jump-tables \
	-fira-region=one -malign-data=abi
GNU_EFI_FLAGS := -isystem /usr/include/efi -isystem /usr/include/efi/x86_64 -DGNU_EFI_USE_MS_ABI
EFI_PE := -m i386pep --subsystem 10 --image-base 0 --nxcompat --dynamicbase --no-insert-timestamp

# each boot goes through these many times, one of a prepared kernel hundreds of thousands of times
EFI_FAST := $(addprefix $(B)/efi/,mm/efi_memmap.o loader/prepared_relocate.o loader/sha256.o loader/xxh64.o)

$(B)/efi/efi/%.o: EFI_FLAGS += $(GNU_EFI_FLAGS) -DMAPBRIDGE_VERSION='"$(VERSION)"'
$(EFI_FAST): EFI_SMALL := -O2 -falign-functions=1 -falign-loops=1 -falign-jumps=1
$(B)/efi/%.o: %.c Makefile efi/efi.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_FLAGS) -include efi/hidden.h $(EFI_SMALL) -c $< -o $@
$(B)/efi/%.o: %.S Makefile efi/efi.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(EFI_FLAGS) -c $< -o $@

$(B)/efi/libmm.a: $(MM_C:%.c=$(B)/efi/%.o)
$(B)/efi/libloader.a: $(LOADER_C:%.c=$(B)/efi/%.o) $(B)/efi/loader/stub.o
$(B)/BOOTX64.o: $(EFI_O) $(EFI_LIBS)
	$(Q)ld -r --gc-sections -e efi_main $^ -o $@
	$(Q)! readelf -rW $@ | grep GOTPCREL || { echo "$@: the address of a function of another file is taken, by a GOT" >&2; rm $@; exit 1; }
$(B)/trim-image: scripts/trim_image.c scripts/pe_trim.c scripts/pe_trim.h
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(WARN) -O2 -D_POSIX_C_SOURCE=200809L $(filter %.c,$^) -o $@
$(B)/BOOTX64.EFI: $(B)/BOOTX64.o efi/image.lds $(B)/trim-image
	$(Q)ld $(EFI_PE) -e efi_main --strip-all -T efi/image.lds $< -o $@
	$(Q)$(B)/trim-image $@
