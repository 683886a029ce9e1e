/* SPDX-License-Identifier: BSD-2-Clause */
/* boot_params field by field. Source of the meanings: Linux's Documentation/arch/x86/boot.rst and zero-page.rst. */
#include <string.h>

#include "plan_report.h"

#define X(value) ((unsigned long long)(value))

struct field {
	const char *name;
	unsigned offset;
	unsigned size;
	const char *meaning;
};

#define FIELD(path, meaning) { #path, offsetof(struct boot_params, path), sizeof(((struct boot_params *)0)->path), meaning }

static const struct field fields[] = {
	FIELD(screen_info.orig_video_isVGA, "0x70: a linear framebuffer of UEFI; 0: none"),
	FIELD(screen_info.lfb_width, "pixels"),
	FIELD(screen_info.lfb_height, "pixels"),
	FIELD(screen_info.lfb_depth, "bits a pixel"),
	FIELD(screen_info.lfb_base, "framebuffer, lower half"),
	FIELD(screen_info.lfb_size, "bytes"),
	FIELD(screen_info.lfb_linelength, "bytes a line"),
	FIELD(screen_info.red_size, "bits"),
	FIELD(screen_info.red_pos, "lowest bit"),
	FIELD(screen_info.green_size, "bits"),
	FIELD(screen_info.green_pos, "lowest bit"),
	FIELD(screen_info.blue_size, "bits"),
	FIELD(screen_info.blue_pos, "lowest bit"),
	FIELD(screen_info.rsvd_size, "bits"),
	FIELD(screen_info.rsvd_pos, "lowest bit"),
	FIELD(screen_info.pages, "screens in the framebuffer"),
	FIELD(screen_info.capabilities, "bit 0: no quirks of old cards, bit 1: ext_lfb_base counts"),
	FIELD(screen_info.ext_lfb_base, "framebuffer, upper half"),
	FIELD(acpi_rsdp_addr, "where ACPI begins; 0: Linux looks for it itself"),
	FIELD(ext_ramdisk_image, "initrd, upper half of its address"),
	FIELD(ext_ramdisk_size, "initrd, upper half of its size"),
	FIELD(ext_cmd_line_ptr, "command line, upper half of its address"),
	FIELD(edid_info, "the monitor's description; 0: none is known"),
	FIELD(efi_info.efi_loader_signature, "\"EL64\": started from 64-bit UEFI"),
	FIELD(efi_info.efi_systab, "EFI system table, lower half"),
	FIELD(efi_info.efi_memdesc_size, "stride of the EFI map's descriptors"),
	FIELD(efi_info.efi_memdesc_version, "their version"),
	FIELD(efi_info.efi_memmap, "EFI map, lower half of its address"),
	FIELD(efi_info.efi_memmap_size, "bytes of this map; the loader writes that of ExitBootServices"),
	FIELD(efi_info.efi_systab_hi, "EFI system table, upper half"),
	FIELD(efi_info.efi_memmap_hi, "EFI map, upper half of its address"),
	FIELD(alt_mem_k, "what Linux's own stub writes; nobody reads it with an e820 map"),
	FIELD(e820_entries, "entries in e820_table; more are in setup_data"),
	FIELD(secure_boot, "1: unknown, 2: disabled, 3: enabled"),
	FIELD(sentinel, "0: the whole page was cleared before, so every field counts"),
	FIELD(hdr.setup_sects, "of the kernel file: sectors of real-mode code"),
	FIELD(hdr.root_flags, "of the kernel file: root is mounted read-only"),
	FIELD(hdr.syssize, "of the kernel file: protected-mode code, 16 bytes each"),
	FIELD(hdr.ram_size, "of the kernel file: obsolete"),
	FIELD(hdr.vid_mode, "of the kernel file: counts only for the real-mode entry"),
	FIELD(hdr.root_dev, "of the kernel file: counts when root= is not given"),
	FIELD(hdr.boot_flag, "magic number"),
	FIELD(hdr.jump, "of the kernel file: where the header ends"),
	FIELD(hdr.header, "\"HdrS\""),
	FIELD(hdr.version, "of the boot protocol: major, minor"),
	FIELD(hdr.realmode_swtch, "of the kernel file: for the real-mode entry"),
	FIELD(hdr.start_sys_seg, "of the kernel file: obsolete"),
	FIELD(hdr.kernel_version, "of the kernel file: where its version is, from byte 0x200 on"),
	FIELD(hdr.type_of_loader, "0xff: a loader without a number of its own"),
	FIELD(hdr.loadflags, "bit 0: loaded above 1 MiB, bit 1: KASLR was done (only the kernel says so)"),
	FIELD(hdr.setup_move_size, "of the kernel file: for protocol 2.00 and 2.01"),
	FIELD(hdr.code32_start, "where the kernel lies"),
	FIELD(hdr.ramdisk_image, "initrd, lower half of its address; 0: none"),
	FIELD(hdr.ramdisk_size, "initrd, lower half of its size"),
	FIELD(hdr.bootsect_kludge, "of the kernel file: obsolete"),
	FIELD(hdr.heap_end_ptr, "of the kernel file: for the real-mode entry"),
	FIELD(hdr.ext_loader_ver, "not used with 0xff"),
	FIELD(hdr.ext_loader_type, "not used with 0xff"),
	FIELD(hdr.cmd_line_ptr, "command line, lower half of its address"),
	FIELD(hdr.initrd_addr_max, "of the kernel file: highest address for the initrd's last byte"),
	FIELD(hdr.kernel_alignment, "where a relocatable kernel may lie: multiples of this"),
	FIELD(hdr.relocatable_kernel, "1: the kernel may be loaded elsewhere"),
	FIELD(hdr.min_alignment, "power of two that it can live with"),
	FIELD(hdr.xloadflags, "bit 0: 64-bit entry, bit 1: may lie above 4 GiB, bits 2 to 4: EFI entries, bits 5 and 6: 5 levels"),
	FIELD(hdr.cmdline_size, "longest command line, without its NUL"),
	FIELD(hdr.hardware_subarch, "0: a PC"),
	FIELD(hdr.hardware_subarch_data, "not used on a PC"),
	FIELD(hdr.payload_offset, "of the kernel file: the compressed kernel, from its protected-mode code on"),
	FIELD(hdr.payload_length, "of the kernel file: its bytes"),
	FIELD(hdr.setup_data, "first node of setup_data; 0: none"),
	FIELD(hdr.pref_address, "where the kernel would like to lie"),
	FIELD(hdr.init_size, "bytes that it needs from there on before it knows about memory"),
	FIELD(hdr.handover_offset, "of the kernel file: EFI handover entry"),
	FIELD(hdr.kernel_info_offset, "of the kernel file: more facts"),
};

static void print_field(const uint8_t *page, const struct field *field, struct printer *out)
{
	uint64_t value = 0;

	if (field->size > sizeof(value)) {
		for (unsigned i = 0; i < field->size; i++)
			value += page[field->offset + i] != 0;
		print(out, "  0x%03x %-34s %3u bytes, %3llu not 0  %s\n", field->offset, field->name, field->size, X(value),
		      field->meaning);
		return;
	}
	memcpy(&value, page + field->offset, field->size);
	print(out, "  0x%03x %-34s 0x%0*llx%*s  %s\n", field->offset, field->name, (int)(2 * field->size), X(value),
	      (int)(16 - 2 * field->size), "", field->meaning);
}

static const char *node_name(uint32_t type)
{
	switch (type) {
	case SETUP_E820_EXT:
		return "SETUP_E820_EXT, the e820 entries that do not fit the page";
	case SETUP_PCI:
		return "SETUP_PCI, an option ROM";
	case SETUP_RNG_SEED:
		return "SETUP_RNG_SEED, random bytes";
	case SETUP_MAPBRIDGE:
		return "SETUP_MAPBRIDGE, the loader's own: docs/handoff.md";
	default:
		return "unknown type";
	}
}

static void print_nodes(uint64_t at, const uint8_t *memory, uint64_t phys, uint64_t size, struct printer *out)
{
	while (at >= phys && at - phys < size) {
		struct setup_data node;

		memcpy(&node, memory + (at - phys), sizeof(node));
		print(out, "  0x%llx: setup_data type 0x%x, %u bytes: %s\n", X(at), node.type, node.len, node_name(node.type));
		at = node.next;
	}
}

void boot_params_print(const struct boot_params *params, const uint8_t *setup_data, uint64_t setup_data_phys,
		       uint64_t setup_data_size, struct printer *out)
{
	struct e820_entry entries[E820_MAX_ENTRIES_ZEROPAGE];
	struct e820_table table = { entries, E820_MAX_ENTRIES_ZEROPAGE, params->e820_entries };

	for (size_t i = 0; i < MM_ARRAY_COUNT(fields); i++)
		print_field((const uint8_t *)params, &fields[i], out);
	print(out, "  0x%03x %-34s %u entries, as of this map; the loader writes those of ExitBootServices:\n",
	      (unsigned)offsetof(struct boot_params, e820_table), "e820_table", params->e820_entries);
	memcpy(entries, params->e820_table, sizeof(entries));
	e820_print_table(&table, "    e820", out);
	print_nodes(params->hdr.setup_data, setup_data, setup_data_phys, setup_data_size, out);
}
