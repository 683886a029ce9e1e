/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/boot_handoff.h>

#include <mm/fixmap.h>

#define PROTOCOL_VERSION 0x20f
#define ALT_MEM_K (32 * 1024) /* what Linux's own stub writes there */

static void write_header(const struct boot_plan *plan, const struct boot_request *request, struct boot_params *params)
{
	struct setup_header *header = &params->hdr;

	if (request->kernel->header_size) {
		__builtin_memcpy(header, &request->kernel->header, request->kernel->header_size);
		header->setup_data = 0; /* a file can know no address */
	} else {
		header->boot_flag = BOOT_FLAG;
		header->loadflags = request->kernel->format == KERNEL_VMLINUX ? LOADFLAGS_LOADED_HIGH : 0;
		header->header = BOOT_HEADER_MAGIC;
		header->version = PROTOCOL_VERSION;
		header->kernel_alignment = (uint32_t)request->kernel->alignment;
		header->cmdline_size = COMMAND_LINE_SIZE - 1;
		header->xloadflags = XLF_KERNEL_64 | XLF_CAN_BE_LOADED_ABOVE_4G;
		header->init_size = plan->kernel_size <= UINT32_MAX ? (uint32_t)plan->kernel_size : 0;
		header->pref_address = plan->kernel_phys;
	}
	header->type_of_loader = BOOT_LOADER_UNREGISTERED;
	if (request->kernel->format == KERNEL_PREPARED)
		header->loadflags = (uint8_t)((header->loadflags & ~LOADFLAGS_KASLR) | (plan->kaslr ? LOADFLAGS_KASLR : 0));
	if (plan->kernel_phys <= UINT32_MAX)
		header->code32_start = (uint32_t)plan->kernel_phys;
}

/* Behind the room for the nodes that boot_handoff_finish writes. The plan counted the same nodes. */
static void write_nodes(const struct boot_plan *plan, const struct boot_request *request, const struct boot_block *block)
{
	struct setup_data_writer nodes = { block->setup_data, plan->block.setup_data, plan->block.setup_data_size,
					   plan->block.setup_data_late, block->params };

	setup_data_add_nodes(&nodes, request->nodes, request->node_count);
}

void boot_handoff_prepare(const struct boot_plan *plan, const struct boot_request *request, const struct boot_facts *facts,
			  const struct boot_block *block)
{
	struct boot_params *params = block->params;

	write_header(plan, request, params);
	params->screen_info = facts->screen;
	__builtin_memcpy(params->edid_info, facts->edid, sizeof(params->edid_info));
	params->acpi_rsdp_addr = facts->acpi_rsdp;
	params->secure_boot = facts->secure_boot;
	params->alt_mem_k = ALT_MEM_K;
	params->hdr.cmd_line_ptr = (uint32_t)plan->block.command_line;
	params->ext_cmd_line_ptr = (uint32_t)(plan->block.command_line >> 32);
	params->hdr.ramdisk_image = (uint32_t)plan->initrd;
	params->ext_ramdisk_image = (uint32_t)(plan->initrd >> 32);
	params->hdr.ramdisk_size = (uint32_t)plan->initrd_size;
	params->ext_ramdisk_size = (uint32_t)(plan->initrd_size >> 32);
	__builtin_memcpy(block->command_line, request->command_line, text_length(request->command_line) + 1);
	write_nodes(plan, request, block);
}

static size_t table_capacity(size_t descriptors)
{
	return 2 * descriptors + 2;
}

size_t boot_handoff_scratch_size(size_t descriptors)
{
	size_t convert = efi_to_e820_scratch_size(descriptors), sum;

	if (convert == SIZE_MAX || descriptors > SIZE_MAX / 128 ||
	    __builtin_add_overflow(convert, table_capacity(descriptors) * sizeof(struct e820_entry) + 16, &sum))
		return SIZE_MAX;
	return sum;
}

static int write_e820(const struct e820_table *table, struct boot_params *params, struct setup_data_writer *nodes)
{
	size_t in_page = table->nr_entries < E820_MAX_ENTRIES_ZEROPAGE ? table->nr_entries : E820_MAX_ENTRIES_ZEROPAGE;
	size_t rest = (table->nr_entries - in_page) * sizeof(struct e820_entry);

	if (rest) {
		void *data = setup_data_add(nodes, SETUP_E820_EXT, rest);

		if (!data)
			return MM_ENOSPC;
		__builtin_memcpy(data, table->entries + in_page, rest);
	}
	__builtin_memcpy(params->e820_table, table->entries, in_page * sizeof(struct e820_entry));
	params->e820_entries = (uint8_t)in_page;
	return 0;
}

static int write_own_node(const struct boot_plan *plan, const struct boot_facts *facts, const struct boot_exit *exit,
			  uint32_t crc32, size_t descriptors, struct setup_data_writer *nodes)
{
	size_t reservations = plan->reservation_count * sizeof(struct mapbridge_reservation);
	struct mapbridge_handoff *handoff = setup_data_add(nodes, SETUP_MAPBRIDGE, sizeof(*handoff) + reservations);

	if (!handoff)
		return MM_ENOSPC;
	*handoff = (struct mapbridge_handoff){
		.version = MAPBRIDGE_HANDOFF_VERSION,
		.size = sizeof(*handoff),
		.page_table = plan->page_tables,
		.page_table_levels = plan->paging.levels,
		.reservation_count = (uint32_t)plan->reservation_count,
		.fixmap_pte = plan->fixmap_pte,
		.fixmap_virt = FIX_BTMAP_VIRT,
		.stack_bottom = plan->stack_bottom,
		.stack_top = plan->stack_top,
		.kernel_phys = plan->kernel_phys,
		.kernel_virt = plan->kernel_virt,
		.kernel_size = plan->kernel_size,
		.loader_tsc = facts->loader_tsc,
		.e820_crc32 = crc32,
		.printed_crc32 = exit->printed_crc32,
		.exit_tries = exit->tries,
		.exit_descriptors = (uint32_t)descriptors,
	};
	__builtin_memcpy(handoff + 1, plan->reservations, reservations);
	return 0;
}

static void write_efi_info(const struct boot_plan *plan, const struct boot_facts *facts, const struct efi_memmap *map,
			   struct efi_info *info)
{
	*info = (struct efi_info){
		.efi_loader_signature = EFI64_LOADER_SIGNATURE,
		.efi_systab = (uint32_t)facts->efi_systab,
		.efi_systab_hi = (uint32_t)(facts->efi_systab >> 32),
		.efi_memdesc_size = (uint32_t)map->desc_size,
		.efi_memdesc_version = map->desc_version,
		.efi_memmap = (uint32_t)plan->block.efi_memmap,
		.efi_memmap_hi = (uint32_t)(plan->block.efi_memmap >> 32),
		.efi_memmap_size = (uint32_t)map->size,
	};
}

int boot_handoff_finish(const struct boot_plan *plan, const struct boot_facts *facts, const struct boot_exit *exit,
			const struct boot_block *block, const struct efi_memmap *map, void *scratch, size_t scratch_size)
{
	size_t count = efi_memmap_count(map), entries = table_capacity(count) * sizeof(struct e820_entry);
	struct e820_table table = { scratch, table_capacity(count), 0 };
	struct setup_data_writer nodes = { block->setup_data, plan->block.setup_data, plan->block.setup_data_late, 0,
					   block->params };
	int error;

	entries = (entries + 15) & ~(size_t)15;
	if (scratch_size < boot_handoff_scratch_size(count))
		return MM_ENOSPC;
	error = efi_to_e820(map, plan->policy, &table, NULL, (uint8_t *)scratch + entries, scratch_size - entries);
	if (!error)
		error = write_e820(&table, block->params, &nodes);
	if (!error && plan->policy == E820_POLICY_ACPI)
		error = write_own_node(plan, facts, exit, e820_crc32(&table), count, &nodes);
	if (error) {
		block->params->e820_entries = 0;
		block->params->hdr.setup_data = 0;
		return error;
	}
	write_efi_info(plan, facts, map, &block->params->efi_info);
	return 0;
}

void boot_handoff_stub(const struct boot_plan *plan, struct stub_parameters *parameters)
{
	*parameters = (struct stub_parameters){
		.cr3 = plan->page_tables,
		.cr4 = plan->cr4,
		.cr0 = STUB_CR0_VALUE,
		.stack_top = plan->stack_top,
		.entry = plan->entry,
		.boot_params = plan->block.boot_params,
		.gdt_limit = sizeof(parameters->gdt) - 1,
		.gdt_base = plan->stub_parameters + offsetof(struct stub_parameters, gdt),
		/* 64-bit code and flat data, accessed bits set: nothing ever needs to write the table. */
		.gdt = { 0, 0, UINT64_C(0x00af9b000000ffff), UINT64_C(0x00cf93000000ffff) },
		.gdt_code_32 = UINT64_C(0x00cf9b000000ffff),
		.operation_count = plan->operation_count,
	};
	__builtin_memcpy(parameters->operations, plan->operations, plan->operation_count * sizeof(plan->operations[0]));
}
