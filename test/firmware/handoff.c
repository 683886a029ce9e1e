/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel would find after the jump, read as a kernel reads it: from boot_params on, with the map that the firmware
 * gave last and the scenario's files as the truth, and nothing of the loader's code.
 */
#include "handoff.h"

#include <stdlib.h>
#include <string.h>

#include <loader/handoff.h>

#define NODES_MAX 64

static const struct boot_params *params;

bool handoff_owns(const char *what, uint64_t base, uint64_t size)
{
	bool owns = size && base + size > base &&
		    (memory_is_applications(base, size, EfiLoaderData) || memory_is_applications(base, size, EfiLoaderCode));

	if (!owns)
		problem("%s at 0x%llx + 0x%llx is not in memory that was allocated", what, (unsigned long long)base,
			(unsigned long long)size);
	return owns;
}

/* The types of e820, the stronger behind the weaker: where descriptors overlap, the strongest counts. */
static const uint32_t types[] = { E820_TYPE_RAM,      E820_TYPE_RESERVED, E820_TYPE_ACPI,         E820_TYPE_NVS,
				  E820_TYPE_UNUSABLE, E820_TYPE_PMEM,     E820_TYPE_SOFT_RESERVED };
#define TYPES (sizeof(types) / sizeof(types[0]))

/* The index of the type of e820 that a descriptor of the last map has. */
static unsigned expected_type(const EFI_MEMORY_DESCRIPTOR *d, bool linux_kernel)
{
	const char *options = mock.scenario->command_line;
	bool soft_reserve = !options || !strstr(options, "nosoftreserve");
	bool ram = (d->Type >= 1 && d->Type <= 4) || d->Type == EfiConventionalMemory;

	if (ram)
		return !(d->Attribute & 0x40000) ? 0 : !linux_kernel ? 1 : soft_reserve ? 6 : 0;
	if (d->Type == EfiACPIReclaimMemory)
		return 2;
	if (d->Type == EfiACPIMemoryNVS)
		return 3;
	if (linux_kernel && (d->Type == EfiUnusableMemory || d->Type == 14))
		return d->Type == 14 ? 5 : 4;
	return 1;
}

/* Inclusive ends, so that 2^64 is no special case. False for no pages and for a range that wraps. */
static bool last_byte(const EFI_MEMORY_DESCRIPTOR *d, uint64_t *last)
{
	return d->NumberOfPages - 1 <= UINT64_MAX / PAGE && !__builtin_mul_overflow(d->NumberOfPages - 1, PAGE, last) &&
	       !__builtin_add_overflow(*last, PAGE - 1, last) && !__builtin_add_overflow(*last, d->PhysicalStart, last);
}

/* Where a descriptor begins, or the byte behind one. */
struct edge {
	uint64_t at;
	unsigned type;
	int step;
};

struct piece {
	uint64_t first, last;
	uint32_t type; /* of e820 */
};

static int by_place(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static uint32_t strongest(const unsigned open[TYPES])
{
	for (size_t i = TYPES; i-- > 0;)
		if (open[i])
			return types[i];
	return 0;
}

/* What the last map means, as pieces in order; room for two for each descriptor. */
static size_t expected_pieces(struct piece *pieces)
{
	uint64_t size, stride, last;
	const uint8_t *map = memory_last_map(&size, &stride);
	struct edge *edges = malloc((2 * size / stride + 1) * sizeof(*edges));
	bool linux_kernel = handoff_kernel_is_linux();
	unsigned open[TYPES] = { 0 };
	size_t edge_count = 0, count = 0;

	for (uint64_t at = 0; at < size; at += stride) {
		EFI_MEMORY_DESCRIPTOR d;

		memcpy(&d, map + at, sizeof(d));
		if (!last_byte(&d, &last))
			continue;
		edges[edge_count++] = (struct edge){ d.PhysicalStart, expected_type(&d, linux_kernel), 1 };
		if (last != UINT64_MAX)
			edges[edge_count++] = (struct edge){ last + 1, expected_type(&d, linux_kernel), -1 };
	}
	qsort(edges, edge_count, sizeof(*edges), by_place);
	for (size_t i = 0; i < edge_count; i++) {
		open[edges[i].type] += (unsigned)edges[i].step;
		if (i + 1 < edge_count && edges[i + 1].at == edges[i].at)
			continue;
		pieces[count++] = (struct piece){ edges[i].at, i + 1 < edge_count ? edges[i + 1].at - 1 : UINT64_MAX,
						  strongest(open) };
	}
	free(edges);
	return count;
}

/* The type at an address, and the last byte up to which it holds. *next goes forward with the address. */
static uint32_t type_at(const struct piece *pieces, size_t count, size_t *next, uint64_t address, uint64_t *last)
{
	while (*next < count && pieces[*next].last < address)
		++*next;
	*last = *next == count ? UINT64_MAX : pieces[*next].first > address ? pieces[*next].first - 1 : pieces[*next].last;
	return *next == count || pieces[*next].first > address ? 0 : pieces[*next].type;
}

/* Every byte of the address space has the type in e820 that the map gives it, or none in both. */
static void check_e820(const struct e820_entry *entries, size_t count)
{
	uint64_t size, stride, address = 0, end, other;
	size_t expected_count, next_expected = 0, next_actual = 0;
	struct piece *expected, *actual = malloc((count + 1) * sizeof(*actual));

	for (size_t i = 0; i < count; i++) {
		actual[i] = (struct piece){ entries[i].addr, entries[i].addr + entries[i].size - 1, entries[i].type };
		if (entries[i].size == 0 || actual[i].last < actual[i].first || (i && actual[i].first <= actual[i - 1].last))
			problem("e820 entry %zu is empty, wraps or is out of order", i);
	}
	memory_last_map(&size, &stride);
	expected = malloc((2 * size / stride + 1) * sizeof(*expected));
	expected_count = expected_pieces(expected);
	for (;; address = end + 1) {
		uint32_t is = type_at(actual, count, &next_actual, address, &end);
		uint32_t should = type_at(expected, expected_count, &next_expected, address, &other);

		if (is != should)
			problem("e820 has type %u at 0x%llx, and the firmware's map means %u", is, (unsigned long long)address, should);
		end = other < end ? other : end;
		if (end == UINT64_MAX)
			break;
	}
	free(actual);
	free(expected);
}

static void check_reservations(const struct mapbridge_handoff *node, uint32_t length)
{
	const struct mapbridge_reservation *r = (const void *)((const uint8_t *)node + node->size);
	const uint64_t needed[] = { (uint64_t)(uintptr_t)params, params->hdr.cmd_line_ptr, params->hdr.setup_data,
				    node->page_table, node->stack_bottom, node->kernel_phys, mock.jump_rip, mock.jump_rdi,
				    params->efi_info.efi_memmap | (uint64_t)params->efi_info.efi_memmap_hi << 32,
				    params->hdr.ramdisk_image | (uint64_t)params->ext_ramdisk_image << 32 };

	if (node->version != MAPBRIDGE_HANDOFF_VERSION || node->size + node->reservation_count * sizeof(*r) > length) {
		problem("the hand-off node is damaged");
		return;
	}
	for (uint32_t i = 1; i < node->reservation_count; i++)
		if (r[i].base < r[i - 1].base + r[i - 1].size)
			problem("reservations %u and %u overlap", i - 1, i);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		bool found = needed[i] == 0;

		for (uint32_t j = 0; j < node->reservation_count; j++)
			found |= needed[i] - r[j].base < r[j].size;
		if (!found)
			problem("0x%llx is not reserved", (unsigned long long)needed[i]);
	}
}

/* Copies the entries of boot_params and of the node of type SETUP_E820_EXT. */
static void check_nodes(void)
{
	const struct scenario *scenario = mock.scenario;
	static struct e820_entry entries[E820_MAX_ENTRIES_ZEROPAGE + E820_MAX_ENTRIES_EXT];
	size_t count = params->e820_entries, nodes = 0, roms = 0, seeds = 0;

	memcpy(entries, params->e820_table, count * sizeof(entries[0]));
	for (uint64_t at = params->hdr.setup_data; at; nodes++) {
		const struct setup_data *node = (const void *)(uintptr_t)at;
		const uint8_t *data = (const uint8_t *)(node + 1);

		if (nodes == NODES_MAX) {
			problem("the list of setup_data has no end");
			return;
		}
		if (!handoff_owns("a setup_data node", at, sizeof(*node)) || !handoff_owns("setup_data", at, sizeof(*node) + node->len))
			return;
		if (node->type == SETUP_E820_EXT) {
			if (node->len > E820_MAX_ENTRIES_EXT * sizeof(entries[0])) {
				problem("%u bytes of SETUP_E820_EXT", node->len);
				return;
			}
			memcpy(entries + count, data, node->len);
			count += node->len / sizeof(entries[0]);
		} else if (node->type == SETUP_MAPBRIDGE) {
			check_reservations((const void *)data, node->len);
		}
		roms += node->type == SETUP_PCI;
		seeds += node->type == SETUP_RNG_SEED;
		at = node->next;
	}
	check_e820(entries, count);
	if (handoff_kernel_is_linux() && !mock.result->injected &&
	    (roms != scenario->roms || seeds != (scenario->rng && !scenario->tables_full)))
		problem("%zu option ROMs and %zu random seeds are handed over", roms, seeds);
}

bool initrds_are(const struct scenario *scenario, const uint8_t *bytes, uint64_t size)
{
	uint64_t at = 0;

	for (size_t i = 0; i < scenario->initrd_count; i++) {
		const struct scenario_file *file = scenario_file(scenario, 0, scenario->initrds[i]);

		for (; at % 4; at++)
			if (at >= size || bytes[at])
				return false;
		if (!file || file->size > size - at || memcmp(bytes + at, file->bytes, file->size) != 0)
			return false;
		at += file->size;
	}
	return at == size;
}

static void check_initrd(void)
{
	uint64_t base = params->hdr.ramdisk_image | (uint64_t)params->ext_ramdisk_image << 32;
	uint64_t size = params->hdr.ramdisk_size | (uint64_t)params->ext_ramdisk_size << 32;
	const uint8_t *bytes = (const void *)(uintptr_t)base;

	if (size && !handoff_owns("the initrd", base, size))
		return;
	if (mock.scenario->initrd_count || !mock.scenario->offered_initrd) {
		if (!initrds_are(mock.scenario, bytes, size))
			problem("the initrd has other bytes than its files");
		return;
	}
	if (size == 0 && mock.result->injected)
		return; /* the one that offers it said that there is none */
	for (uint64_t i = 0; i < size; i++)
		if (bytes[i] != 0x42 || size != mock.scenario->offered_initrd) {
			problem("the initrd is not the one that was offered");
			return;
		}
}

static void check_efi_info(void)
{
	const struct efi_info *info = &params->efi_info;
	uint64_t map = info->efi_memmap | (uint64_t)info->efi_memmap_hi << 32, size, stride;
	uint64_t systab = info->efi_systab | (uint64_t)info->efi_systab_hi << 32;
	const uint8_t *last = memory_last_map(&size, &stride);

	if (info->efi_loader_signature != EFI64_LOADER_SIGNATURE || systab != (uint64_t)(uintptr_t)mock.system)
		problem("efi_info does not lead to the system table");
	if (info->efi_memmap_size != size || info->efi_memdesc_size != stride || info->efi_memdesc_version != 1 ||
	    !handoff_owns("the EFI map", map, size) || memcmp((const void *)(uintptr_t)map, last, size) != 0)
		problem("the EFI map is not the one of ExitBootServices");
}

static void check_command_line(void)
{
	const char *expected = mock.scenario->command_line ? mock.scenario->command_line : "";
	uint64_t line = params->hdr.cmd_line_ptr | (uint64_t)params->ext_cmd_line_ptr << 32;

	if (mock.result->injected && mock.scenario->unedited && handoff_owns("the command line", line, COMMAND_LINE_SIZE) &&
	    strncmp((const char *)(uintptr_t)line, mock.scenario->unedited, COMMAND_LINE_SIZE) == 0)
		return;
	if (handoff_owns("the command line", line, COMMAND_LINE_SIZE) &&
	    strncmp((const char *)(uintptr_t)line, expected, COMMAND_LINE_SIZE) != 0)
		problem("the command line is \"%.100s\"", (const char *)(uintptr_t)line);
}

/* The console's screen is in the mode that the kernel is told of; after a failure another one may be, or none. */
static void check_screen(void)
{
	uint32_t width = params->screen_info.lfb_width, height = params->screen_info.lfb_height;

	if (!screen_has(width, height, mock.result->injected) && (width || !mock.result->injected))
		problem("the kernel is told of a screen of %ux%u pixels, which is not there", width, height);
}

void handoff_check(void)
{
	const struct stub_parameters *stub = (const void *)(uintptr_t)mock.jump_rdi;

	if (mock.phase != PHASE_GONE || !mock.interrupts_off)
		problem("the jump comes before boot services are left, or with interrupts on");
	if (!memory_is_applications(mock.jump_rip, STUB_SIZE, EfiLoaderCode) ||
	    memcmp((const void *)(uintptr_t)mock.jump_rip, stub_start, STUB_SIZE) != 0) {
		problem("the jump to 0x%llx does not lead to the stub", (unsigned long long)mock.jump_rip);
		return;
	}
	if (!handoff_owns("the stub's parameters", mock.jump_rdi, sizeof(*stub)) ||
	    !handoff_owns("boot_params", stub->boot_params, BOOT_PARAMS_SIZE))
		return;
	params = (const void *)(uintptr_t)stub->boot_params;
	if (params->sentinel || params->hdr.boot_flag != BOOT_FLAG || params->hdr.header != BOOT_HEADER_MAGIC ||
	    params->hdr.type_of_loader != BOOT_LOADER_UNREGISTERED || params->hdr.version < 0x20c)
		problem("boot_params has no good header");
	check_efi_info();
	check_command_line();
	check_initrd();
	check_screen();
	check_nodes();
	handoff_check_kernel(stub);
}
