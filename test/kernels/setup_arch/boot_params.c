/* SPDX-License-Identifier: BSD-2-Clause */
/* boot_params and what it points to; the reservation set. */
#include "contract.h"

#include "lib/cpu.h"
#include "lib/entry.h"

#include <mm/efi_to_e820.h>

#define PROTOCOL_VERSION 0x20f
#define NODES_MAX 1000

static bool is_ram(const struct machine *machine, uint64_t base, uint64_t size)
{
	return e820_mapped_all(&machine->e820, base, base + size, E820_TYPE_RAM);
}

/* Sorted, without empty or overlapping entries, equal neighbours merged. */
static bool is_sanitised(const struct e820_table *table, size_t *bad)
{
	for (*bad = 0; *bad < table->nr_entries; (*bad)++) {
		const struct e820_entry *entry = &table->entries[*bad];
		const struct e820_entry *before = entry - 1;

		if (!entry->size || entry->size > UINT64_MAX - entry->addr)
			return false;
		if (!*bad)
			continue;
		if (before->addr + before->size > entry->addr)
			return false;
		if (before->addr + before->size == entry->addr && before->type == entry->type &&
		    entry->type != E820_TYPE_PRAM && entry->type != E820_TYPE_SOFT_RESERVED)
			return false;
	}
	return true;
}

static void check_e820(const struct machine *machine)
{
	const size_t in_page = machine->boot_params->e820_entries;
	const struct e820_table *e820 = &machine->e820;
	static struct e820_entry ours[MACHINE_E820_MAX];
	struct e820_table converted = { ours, MACHINE_E820_MAX, 0 };
	size_t bad;
	bool sanitised = is_sanitised(e820, &bad);
	int error;

	check(sanitised, "B4 the e820 map is sorted, disjoint and merged", "entry %zu is not", bad);
	check(in_page && in_page <= E820_MAX_ENTRIES_ZEROPAGE &&
		      (in_page == e820->nr_entries || in_page == E820_MAX_ENTRIES_ZEROPAGE),
	      "B5 128 entries in boot_params, then SETUP_E820_EXT", "%zu of %zu are in boot_params", in_page,
	      e820->nr_entries);
	check_equal(e820_crc32(e820), machine->handoff->e820_crc32, "B6 e820_crc32 is that of the map");
	error = efi_to_e820(&machine->efi_map, E820_POLICY_ACPI, &converted, NULL, machine_scratch,
			    sizeof(machine_scratch));
	check(!error && converted.nr_entries == e820->nr_entries && e820_crc32(&converted) == e820_crc32(e820),
	      "B7 the e820 map is what mm/ makes of the EFI map", "error %d, %zu entries, handed over were %zu", error,
	      converted.nr_entries, e820->nr_entries);
}

static void check_efi(const struct machine *machine)
{
	const struct efi_info *info = &machine->boot_params->efi_info;
	const uint64_t map = boot_params_efi_memmap(machine->boot_params);
	const struct efi_runtime_services *runtime = identity(machine->systab->runtime_services);

	check(info->efi_loader_signature == EFI64_LOADER_SIGNATURE && info->efi_memdesc_version == 1 &&
		      info->efi_memdesc_size >= sizeof(struct efi_memory_desc) && info->efi_memmap_size &&
		      info->efi_memmap_size % info->efi_memdesc_size == 0 &&
		      machine_reserved(machine, map, info->efi_memmap_size, MAPBRIDGE_EFI_MEMMAP),
	      "B8 efi_info: EL64 and the final EFI map", "signature %#x version %u stride %u size %u at %#llx",
	      info->efi_loader_signature, info->efi_memdesc_version, info->efi_memdesc_size, info->efi_memmap_size,
	      (unsigned long long)map);
	check(efi_header_good(&runtime->header, EFI_RUNTIME_SERVICES_SIGNATURE), "B9 efi_info: a sound system table",
	      "the runtime services table at %p has a bad signature or CRC-32", (const void *)runtime);
}

static void check_command_line(const struct machine *machine)
{
	const uint64_t address = boot_params_command_line(machine->boot_params);
	const char *text = identity(address);
	unsigned length = 0, dirty = 0;

	if (!check(address && is_ram(machine, address, COMMAND_LINE_SIZE) &&
			   machine_reserved(machine, address, COMMAND_LINE_SIZE, MAPBRIDGE_COMMAND_LINE),
		   "B10 the command line is 2048 reserved bytes", "at %#llx", (unsigned long long)address))
		return;
	while (length < COMMAND_LINE_SIZE && text[length])
		length++;
	for (unsigned i = length; i < COMMAND_LINE_SIZE; i++)
		dirty += text[i] != 0;
	check(length < COMMAND_LINE_SIZE && !dirty, "B11 the command line is padded with zeros",
	      "length %u, %u bytes after it are not 0", length, dirty);
	print(com1, "Command line: %s\n", text);
}

static void check_initrd(const struct machine *machine)
{
	const uint64_t base = boot_params_initrd(machine->boot_params);
	const uint64_t size = boot_params_initrd_size(machine->boot_params);
	uint64_t wanted;
	uint32_t crc;

	if (!size)
		check(!base, "B12 without an initrd both fields are 0", "ramdisk_image %#llx",
		      (unsigned long long)base);
	else
		check(base % MM_PAGE_SIZE == 0 && is_ram(machine, base, size) &&
			      machine_reserved(machine, base, size, MAPBRIDGE_INITRD),
		      "B12 the initrd is page-aligned in reserved RAM", "%#llx bytes at %#llx",
		      (unsigned long long)size, (unsigned long long)base);
	if (!command_line_number(machine->boot_params, "initrd_crc32", &wanted))
		return;
	crc = crc32(0, identity(base), size);
	check(size && crc == wanted, "the initrd is the one that the command line names", "CRC-32 %#x, must be %#llx",
	      crc, (unsigned long long)wanted);
}

static void check_setup_data(const struct machine *machine)
{
	uint64_t phys = machine->boot_params->hdr.setup_data;
	unsigned nodes = 0, own = 0, bad = 0;

	for (; phys && nodes < NODES_MAX; nodes++) {
		const struct setup_data *node = identity(phys);

		own += node->type == SETUP_MAPBRIDGE;
		bad += phys % 8 || !machine_reserved(machine, phys, sizeof(*node) + node->len, MAPBRIDGE_SETUP_DATA);
		phys = node->next;
	}
	check(!phys && own == 1 && !bad, "B13 setup_data: aligned, reserved nodes, one of SETUP_MAPBRIDGE",
	      "%u nodes, %u of them ours, %u misaligned or not reserved%s", nodes, own, bad, phys ? ", a cycle" : "");
}

static void check_screen(const struct machine *machine)
{
	const struct screen_info *screen = &machine->boot_params->screen_info;
	const uint8_t *bytes = (const uint8_t *)screen;
	unsigned dirty = 0;

	for (unsigned i = 0; i < sizeof(*screen); i++)
		dirty += bytes[i] != 0;
	if (screen->orig_video_isVGA != VIDEO_TYPE_EFI)
		check(!dirty, "B14 without a framebuffer screen_info is 0", "%u bytes are not", dirty);
	else
		check(screen->lfb_base && screen->lfb_width && screen->lfb_height && screen->lfb_depth &&
			      screen->lfb_linelength >= screen->lfb_width * (screen->lfb_depth / 8) &&
			      screen->lfb_size == (uint32_t)screen->lfb_linelength * screen->lfb_height,
		      "B14 screen_info describes the framebuffer", "base %#x %ux%ux%u line %u size %u",
		      screen->lfb_base, screen->lfb_width, screen->lfb_height, screen->lfb_depth,
		      screen->lfb_linelength, screen->lfb_size);
}

void check_boot_params(const struct machine *machine)
{
	const struct boot_params *boot_params = machine->boot_params;
	const struct setup_header *hdr = &boot_params->hdr;

	check((uint64_t)boot_params % MM_PAGE_SIZE == 0 && is_ram(machine, (uint64_t)boot_params, BOOT_PARAMS_SIZE) &&
		      machine_reserved(machine, (uint64_t)boot_params, BOOT_PARAMS_SIZE, MAPBRIDGE_BOOT_PARAMS),
	      "B1 boot_params is a page of reserved RAM", "at %p", (const void *)boot_params);
	check_equal(boot_params->sentinel, 0, "B2 the sentinel is 0");
	check(hdr->boot_flag == BOOT_FLAG && hdr->header == BOOT_HEADER_MAGIC && hdr->version == PROTOCOL_VERSION &&
		      hdr->type_of_loader == BOOT_LOADER_UNREGISTERED,
	      "B3 header: 0xaa55, HdrS, version 0x20f, loader 0xff", "%#x %#x %#x %#x", hdr->boot_flag, hdr->header,
	      hdr->version, hdr->type_of_loader);
	check_e820(machine);
	check_efi(machine);
	check_command_line(machine);
	check_initrd(machine);
	check_setup_data(machine);
	check_screen(machine);
}

static bool reservations_good(const struct machine *machine, uint32_t *bad)
{
	uint64_t end = 0;

	for (*bad = 0; *bad < machine->reservation_count; (*bad)++) {
		const struct mapbridge_reservation *reservation = &machine->reservations[*bad];

		if (!reservation->size || reservation->base < end || reservation->kind >= MAPBRIDGE_RESERVATION_KINDS ||
		    reservation->reserved)
			return false;
		if (reservation->kind != MAPBRIDGE_FIRST_PAGE && !is_ram(machine, reservation->base, reservation->size))
			return false;
		end = reservation->base + reservation->size;
	}
	return true;
}

void check_reservations(const struct machine *machine)
{
	const struct mapbridge_handoff *handoff = machine->handoff;
	uint32_t bad;
	bool good = reservations_good(machine, &bad);

	check(good, "R1 reservations are sorted, disjoint, usable RAM", "number %u is not", bad);
	check(machine_reserved(machine, pa_symbol(_text), (uint64_t)(_etext - _text), MAPBRIDGE_KERNEL_TEXT) &&
		      machine_reserved(machine, pa_symbol(__start_rodata), (uint64_t)(__end_rodata - __start_rodata),
				       MAPBRIDGE_KERNEL_RODATA) &&
		      machine_reserved(machine, pa_symbol(_sdata), (uint64_t)(_edata - _sdata),
				       MAPBRIDGE_KERNEL_DATA) &&
		      machine_reserved(machine, pa_symbol(__bss_start), (uint64_t)(__bss_stop - __bss_start),
				       MAPBRIDGE_KERNEL_BSS),
	      "R2 kernel text, rodata, data and bss are reserved as such", "one of them is not");
	check(machine_reserved(machine, 0, MM_PAGE_SIZE, MAPBRIDGE_FIRST_PAGE), "R3 the first page is reserved",
	      "it is not");
	check(handoff->exit_tries >= 1 && handoff->exit_descriptors == efi_memmap_count(&machine->efi_map),
	      "R4 exit_tries and exit_descriptors", "%u tries, %u descriptors, the map has %zu", handoff->exit_tries,
	      handoff->exit_descriptors, efi_memmap_count(&machine->efi_map));
	print(com1, "ExitBootServices: %u tries, e820 map %s\n", handoff->exit_tries,
	      handoff->printed_crc32 == handoff->e820_crc32 ? "as shown before" : "changed meanwhile");
	check(handoff->loader_tsc && handoff->loader_tsc < entry_state.tsc, "R5 loader_tsc is earlier than the entry",
	      "loader %#llx, entry %#llx", (unsigned long long)handoff->loader_tsc,
	      (unsigned long long)entry_state.tsc);
}
