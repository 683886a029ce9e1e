/* SPDX-License-Identifier: BSD-2-Clause */
/* Forms that need no code: what a line of each looks like, see line_form.h. A new one is a row here. */
#include "line_form.h"

/* Names of e820 types as firmware, loaders and systems print them. */
static const struct type_name e820_types[] = {
	{ "RAM", E820_TYPE_RAM },
	{ "Usable RAM", E820_TYPE_RAM },
	{ "RAMSTAGE", E820_TYPE_RAM },
	{ "PAYLOAD", E820_TYPE_RAM },
	{ "RESERVED", E820_TYPE_RESERVED },
	{ "Reserved", E820_TYPE_RESERVED },
	{ "VENDOR RESERVED", E820_TYPE_RESERVED },
	{ "CONFIGURATION TABLES", E820_TYPE_RESERVED },
	{ "BL31", E820_TYPE_RESERVED },
	{ "OPENSBI", E820_TYPE_RESERVED },
	{ "TAG STORAGE", E820_TYPE_RESERVED },
	{ "ACPI", E820_TYPE_ACPI },
	{ "ACPI reclaimable", E820_TYPE_ACPI },
	{ "NVS", E820_TYPE_NVS },
	{ "ACPI NVS", E820_TYPE_NVS },
	{ "UNUSABLE", E820_TYPE_UNUSABLE },
	{ "Unusable", E820_TYPE_UNUSABLE },
	{ "Bad memory", E820_TYPE_UNUSABLE },
	{ "SOFT RESERVED", E820_TYPE_SOFT_RESERVED },
	/* Limine's; what it needs itself is RAM that a kernel may take */
	{ "Bootloader reclaimable", E820_TYPE_RAM },
	{ "EFI reclaimable", E820_TYPE_RAM },
	{ "EFI boot services", E820_TYPE_RAM },
	{ "Kernel/Modules", E820_TYPE_RAM },
	{ "Executable/Modules", E820_TYPE_RAM },
	{ "Framebuffer", E820_TYPE_RESERVED },
	{ NULL, 0 }
};

/* EFI types: OpenCore's, U-Boot's two ways, uefi-rs'. */
static const struct type_name efi_types[] = {
	{ "Reserved", EFI_RESERVED_TYPE },
	{ "RESERVED", EFI_RESERVED_TYPE },
	{ "reserved", EFI_RESERVED_TYPE },
	{ "LDR Code", EFI_LOADER_CODE },
	{ "LOADER CODE", EFI_LOADER_CODE },
	{ "loader_code", EFI_LOADER_CODE },
	{ "LDR Data", EFI_LOADER_DATA },
	{ "LOADER DATA", EFI_LOADER_DATA },
	{ "loader_data", EFI_LOADER_DATA },
	{ "BS Code", EFI_BOOT_SERVICES_CODE },
	{ "BOOT CODE", EFI_BOOT_SERVICES_CODE },
	{ "bs_code", EFI_BOOT_SERVICES_CODE },
	{ "BOOT_SERVICES_CODE", EFI_BOOT_SERVICES_CODE },
	{ "BS Data", EFI_BOOT_SERVICES_DATA },
	{ "BOOT DATA", EFI_BOOT_SERVICES_DATA },
	{ "bs_data", EFI_BOOT_SERVICES_DATA },
	{ "BOOT_SERVICES_DATA", EFI_BOOT_SERVICES_DATA },
	{ "RT Code", EFI_RUNTIME_SERVICES_CODE },
	{ "RUNTIME CODE", EFI_RUNTIME_SERVICES_CODE },
	{ "rt_code", EFI_RUNTIME_SERVICES_CODE },
	{ "RUNTIME_SERVICES_CODE", EFI_RUNTIME_SERVICES_CODE },
	{ "RT Data", EFI_RUNTIME_SERVICES_DATA },
	{ "RUNTIME DATA", EFI_RUNTIME_SERVICES_DATA },
	{ "rt_data", EFI_RUNTIME_SERVICES_DATA },
	{ "RUNTIME_SERVICES_DATA", EFI_RUNTIME_SERVICES_DATA },
	{ "Available", EFI_CONVENTIONAL_MEMORY },
	{ "CONVENTIONAL", EFI_CONVENTIONAL_MEMORY },
	{ "conv", EFI_CONVENTIONAL_MEMORY },
	{ "Unusable", EFI_UNUSABLE_MEMORY },
	{ "unusable", EFI_UNUSABLE_MEMORY },
	{ "UNUSABLE", EFI_UNUSABLE_MEMORY },
	{ "UNUSABLE MEM", EFI_UNUSABLE_MEMORY },
	{ "ACPI RECL", EFI_ACPI_RECLAIM_MEMORY },
	{ "ACPI RECLAIM MEM", EFI_ACPI_RECLAIM_MEMORY },
	{ "acpi_reclaim", EFI_ACPI_RECLAIM_MEMORY },
	{ "ACPI_RECLAIM", EFI_ACPI_RECLAIM_MEMORY },
	{ "ACPI NVS", EFI_ACPI_MEMORY_NVS },
	{ "acpi_nvs", EFI_ACPI_MEMORY_NVS },
	{ "ACPI_NON_VOLATILE", EFI_ACPI_MEMORY_NVS },
	{ "MemMapIO", EFI_MEMORY_MAPPED_IO },
	{ "IO", EFI_MEMORY_MAPPED_IO },
	{ "io", EFI_MEMORY_MAPPED_IO },
	{ "MMIO", EFI_MEMORY_MAPPED_IO },
	{ "MemPortIO", EFI_MEMORY_MAPPED_IO_PORT_SPACE },
	{ "IO PORT", EFI_MEMORY_MAPPED_IO_PORT_SPACE },
	{ "io_port", EFI_MEMORY_MAPPED_IO_PORT_SPACE },
	{ "MMIO_PORT_SPACE", EFI_MEMORY_MAPPED_IO_PORT_SPACE },
	{ "PAL Code", EFI_PAL_CODE },
	{ "PAL CODE", EFI_PAL_CODE },
	{ "pal_code", EFI_PAL_CODE },
	{ "Persist", EFI_PERSISTENT_MEMORY },
	{ "PERSISTENT_MEMORY", EFI_PERSISTENT_MEMORY },
	{ "UNACCEPTED", EFI_UNACCEPTED_MEMORY },
	{ NULL, 0 }
};

#define END { .pattern = NULL }

/* Source: OpenCorePkg's OcMemoryLib. */
static const struct line_form opencore_forms[] = {
	{ .pattern = "%n ~[!%A]~%s-%l", .names = efi_types },
	END
};
const struct map_reader opencore_reader = {
	.kind = "OpenCore log", .forms = opencore_forms,
	.needed = "TYPE [ATTRIBUTE|...] START-LAST of whole pages"
};

/* Source: SeaBIOS' src/e820map.c, Xen's tools/firmware/hvmloader/e820.c. */
static const struct line_form firmware_forms[] = {
	{ .pattern = "%i: %s - %e = !%t", .heading = "e820 map has", .label = "BIOS-e820", .restarts = true },
	{ .pattern = "[%i]: %s - %e: UNKNOWN (%i)", .heading = "E820 table:", .label = "BIOS-e820",
	  .type = E820_TYPE_RESERVED, .restarts = true },
	{ .pattern = "[%i]: %s - %e: !%n", .heading = "E820 table:", .label = "BIOS-e820", .names = e820_types },
	END
};
const struct map_reader firmware_reader = {
	.kind = "SeaBIOS or hvmloader log", .forms = firmware_forms,
	.needed = "N: START - END = TYPE, or [N]: START - END: TYPE, with START not above END"
};

/* Source: tboot's e820.c. The map that it changed follows the firmware's. */
static const struct line_form tboot_forms[] = {
	{ .pattern = "TBOOT:~%s - %e ~(!%t)", .heading = "original e820 map:", .label = "BIOS-e820" },
	{ .pattern = "TBOOT:~%s - %e ~(!%t)", .heading = "adjusted e820 map:", .label = "modified" },
	END
};
const struct map_reader tboot_reader = {
	.kind = "tboot log", .forms = tboot_forms, .needed = "TBOOT: START - END (TYPE), START not above END"
};

/* Source: coreboot's src/lib/bootmem.c; in the console of the boot (cbmem -c) with a level before each line. */
static const struct line_form coreboot_forms[] = {
	{ .pattern = "%i.~%s-%l: !%n", .label = "BIOS-e820", .names = e820_types },
	{ .heading = "coreboot memory table:", .restarts = true },
	END
};
const struct map_reader coreboot_reader = {
	.kind = "coreboot console", .forms = coreboot_forms,
	.needed = "N. START-LAST: TYPE, with START not above LAST"
};

/* Source: U-Boot's cmd/efidebug.c (memmap), cmd/efi.c (efi mem), arch/x86/lib/e820.c. */
static const struct line_form u_boot_forms[] = {
	{ .pattern = "^%n %s-!%e%A", .names = efi_types },
	{ .pattern = "^%i %T:%w !%s %i %z %a" },
	{ .pattern = "^%i %n %s %i !%z %a", .names = efi_types },
	{ .pattern = "^%s %z !%n", .heading = "E820: ", .label = "BIOS-e820", .names = e820_types },
	END
};
const struct map_reader u_boot_reader = {
	.kind = "U-Boot memory map", .forms = u_boot_forms,
	.needed = "TYPE START-END ATTRIBUTE|..., or N TYPE START VIRTUAL SIZE ATTRIBUTES, of whole pages"
};

/* Source: U-Boot's lib/lmb.c (bdinfo), Linux's mm/memblock.c (memblock=debug). */
static const struct line_form lmb_forms[] = {
	{ .pattern = "memory[%i]~[!%s-%l], %z bytes", .label = "memory", .type = E820_TYPE_RAM },
	{ .pattern = "reserved[%i]~[!%s-%l], %z bytes", .label = "memory", .type = E820_TYPE_RESERVED },
	{ .heading = "lmb_dump_all:", .restarts = true },
	{ .heading = "MEMBLOCK configuration:", .restarts = true },
	END
};
const struct map_reader lmb_reader = {
	.kind = "U-Boot or memblock region list", .forms = lmb_forms,
	.needed = "memory[N] or reserved[N], then [START-LAST], SIZE bytes, SIZE being that of the range"
};

/* Source: kexec-tools' kexec/arch/i386. Its own numbers of types are one less than e820's. */
static const struct line_form kexec_forms[] = {
	{ .pattern = "^%s-%l (!%t)", .heading = "CRASH MEMORY RANGES", .label = "crash ranges", .type = 1 },
	{ .pattern = "^%s-%l (!%t)", .heading = "MEMORY RANGES", .label = "BIOS-e820", .type = 1 },
	{ .pattern = "^%s-%l (!%t)", .heading = "E820 memmap:", .label = "modified" },
	END
};
const struct map_reader kexec_reader = {
	.kind = "kexec -d", .forms = kexec_forms, .needed = "START-LAST (TYPE), with START not above LAST"
};

/* Source: Syslinux' com32/modules/meminfo.c, memdisk/e820func.c. */
static const struct line_form syslinux_forms[] = {
	{ .pattern = "^%i %s %z %e !%t [", .label = "BIOS-e820" },
	{ .pattern = "e820: %s %z !%t", .label = "BIOS-e820" },
	END
};
const struct map_reader syslinux_reader = {
	.kind = "Syslinux meminfo or memdisk", .forms = syslinux_forms,
	.needed = "N START SIZE END TYPE [ATTRIBUTES], or e820: START SIZE TYPE"
};

/* Source: common/mm/pmm.s2.c of Limine. Its numbers above 0x1000 are only its own, so the names count. */
static const struct line_form limine_forms[] = {
	{ .pattern = "[%s -> %e] : !%z ~<%n", .label = "BIOS-e820", .names = e820_types },
	END
};
const struct map_reader limine_reader = {
	.kind = "Limine memory map", .forms = limine_forms,
	.needed = "[START -> END] : SIZE <TYPE (NUMBER)>, SIZE being that of the range"
};

/* Source: iPXE's src/arch/x86/interface/pcbios/memmap.c, with DEBUG=memmap. */
static const struct line_form ipxe_forms[] = {
	{ .pattern = "region [%s,%e) type !%t", .label = "BIOS-e820" },
	END
};
const struct map_reader ipxe_reader = {
	.kind = "iPXE debug log", .forms = ipxe_forms, .needed = "region [START,END) type N"
};

/* Source: GRUB4DOS for UEFI, stage2/builtins.c: displaymem, which shows what is free, and displaymem -a. */
static const struct line_form grub4dos_forms[] = {
	{ .pattern = "Unit_Bytes: t=~%T, !p=~%s, v=~%i, n=~%p, a=~%a" },
	{ .pattern = "Unit_Bytes: Base=~!%s, Length=~%z, End=~%e", .label = "free", .type = E820_TYPE_RAM },
	END
};
const struct map_reader grub4dos_reader = {
	.kind = "GRUB4DOS displaymem", .forms = grub4dos_forms,
	.needed = "Unit_Bytes: t=TYPE, p=START, v=VIRTUAL, n=PAGES, a=ATTRIBUTES, or Base=START, Length=SIZE, End=END"
};

/* Source: Haiku's vm_translation_map_init. Only memory is there. */
static const struct line_form haiku_forms[] = {
	{ .pattern = "0x%s - !0x%e", .heading = "physical memory ranges:", .label = "memory", .type = E820_TYPE_RAM,
	  .restarts = true },
	{ .heading = "allocated " },
	END
};
const struct map_reader haiku_reader = {
	.kind = "Haiku syslog", .forms = haiku_forms, .needed = "START - END, with START not above END"
};

/* MemInfo -r of "Windows Internals". Only memory is there. */
static const struct line_form meminfo_forms[] = {
	{ .pattern = "Physical Memory Range: !%s to %e", .label = "memory", .type = E820_TYPE_RAM },
	END
};
const struct map_reader meminfo_reader = {
	.kind = "MemInfo of Windows", .forms = meminfo_forms, .needed = "Physical Memory Range: START to END"
};

/* What Windows' msinfo32 exports of the hardware's resources; below "[I/O]" and others are no addresses of memory. */
static const struct line_form msinfo_forms[] = {
	{ .pattern = "^0x%s-0x%l !%r", .heading = "[Memory]" },
	{ .heading = "[" },
	END
};
const struct map_reader msinfo_reader = {
	.kind = "msinfo32 of Windows", .forms = msinfo_forms, .needed = "0xSTART-0xLAST DEVICE, with START not above LAST"
};

/* Source: OpenBSD's sys/arch/amd64/stand/libsa/memprobe.c, `machine memory` at its boot prompt. */
static const struct line_form openbsd_forms[] = {
	{ .pattern = "Region %i: !type %t at %s for %kKB", .label = "BIOS-e820" },
	END
};
const struct map_reader openbsd_reader = {
	.kind = "OpenBSD machine memory", .forms = openbsd_forms, .needed = "Region N: type N at START for NKB"
};

/*
 * QEMU's `info mtree -f`, of the address space that the processors see; and `info mtree`, a tree in which regions lie over
 * others: resources rather than a map.
 */
static const struct type_name qemu_types[] = {
	{ "ram", E820_TYPE_RAM },
	{ "nv-ram", E820_TYPE_PMEM },
	{ "rom", E820_TYPE_RESERVED },
	{ "romd", E820_TYPE_RESERVED },
	{ "ramd", E820_TYPE_RESERVED },
	{ "i/o", E820_TYPE_RESERVED },
	{ "container", E820_TYPE_RESERVED },
	{ NULL, 0 }
};
static const struct line_form mtree_forms[] = {
	{ .heading = "FlatView #" },
	{ .pattern = "^%s-%l (prio %i, !%n)", .heading = "AS \"memory\"", .label = "memory", .names = qemu_types },
	{ .pattern = "^%s-%l (prio %w %w !%r", .heading = "address-space: memory", .restarts = true },
	{ .pattern = "^%s-%l (prio %w %w !%r", .heading = "address-space: cpu-memory", .restarts = true },
	{ .heading = "address-space: " },
	{ .heading = "memory-region: " },
	END
};
const struct map_reader mtree_reader = {
	.kind = "QEMU info mtree", .forms = mtree_forms,
	.needed = "START-LAST (prio N, TYPE): NAME, with START not above LAST"
};

/* util-linux' lsmem. What is offline is no memory that anybody may use. */
static const struct type_name lsmem_states[] = {
	{ "online", E820_TYPE_RAM },
	{ "on", E820_TYPE_RAM },
	{ "offline", E820_TYPE_RESERVED },
	{ "off", E820_TYPE_RESERVED },
	{ "going-offline", E820_TYPE_RAM },
	{ NULL, 0 }
};
static const struct line_form lsmem_forms[] = {
	{ .pattern = "^0x%s-0x%l %w !%n", .label = "memory", .names = lsmem_states },
	END
};
const struct map_reader lsmem_reader = {
	.kind = "lsmem", .forms = lsmem_forms, .needed = "START-LAST SIZE STATE, STATE being online or offline"
};

/* The Debug output of Rust's crate uefi. */
static const struct line_form uefi_rs_forms[] = {
	{ .pattern = "MemoryDescriptor { ty: %n, phys_start: %S, virt_start: %w page_count: %P, att: MemoryAttribute(%A",
	  .names = efi_types },
	{ .pattern = "MemoryDescriptor { ty: !%n, phys_start: %S, virt_start: %w page_count: %P, att: %A",
	  .names = efi_types },
	END
};
const struct map_reader uefi_rs_reader = {
	.kind = "MemoryDescriptor of Rust's uefi", .forms = uefi_rs_forms,
	.needed = "MemoryDescriptor { ty: TYPE, phys_start: START, virt_start: VIRTUAL, page_count: PAGES, att: ..."
};
