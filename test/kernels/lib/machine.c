/* SPDX-License-Identifier: BSD-2-Clause */
#include "machine.h"

#include "cpu.h"

#include <mm/early_ioremap.h>

#define CR3_ADDRESS UINT64_C(0x000ffffffffff000)
#define NODES_MAX 1000

uint8_t machine_scratch[2 << 20];
static struct e820_entry entries[MACHINE_E820_MAX];

static const uint64_t *identity_table(void *context, paddr_t address)
{
	(void)context;
	return identity(address.value);
}

const struct paging_reader identity_reader = { identity_table, NULL };

static void collect_e820(struct machine *machine)
{
	const struct boot_params *boot_params = machine->boot_params;
	size_t refused = 0, also_refused;
	uint64_t phys = boot_params->hdr.setup_data;
	int error;

	machine->e820 = (struct e820_table){ entries, MACHINE_E820_MAX, 0 };
	error = e820_append(&machine->e820, boot_params->e820_table, boot_params->e820_entries, &refused);
	for (unsigned i = 0; phys && !error && i < NODES_MAX; i++) {
		const struct setup_data *node = identity(phys);

		if (node->type == SETUP_E820_EXT) {
			error = e820_append(&machine->e820, node + 1, node->len / sizeof(struct e820_entry),
					    &also_refused);
			refused += also_refused;
		}
		phys = node->next;
	}
	if (error || refused)
		panic("e820", "%zu entries stored, %zu pass 2^64, error %d", machine->e820.nr_entries, refused, error);
}

static void find_attributes(struct machine *machine)
{
	uint64_t phys = efi_find_table(machine->systab, &efi_memory_attributes_guid);
	const struct efi_memory_attributes_table *table = identity(phys);

	if (phys)
		machine->attributes = (struct efi_memmap){ table + 1, (size_t)table->count * table->desc_size,
							   table->desc_size, 1 };
}

void machine_init(struct machine *machine, struct boot_params *boot_params)
{
	const struct efi_info *info = &boot_params->efi_info;

	*machine = (struct machine){ .boot_params = boot_params, .handoff = find_handoff(boot_params) };
	machine->paging.levels = read_cr4() & CR4_LA57 ? 5 : 4;
	machine->page_table = read_cr3() & CR3_ADDRESS;
	if (!machine->handoff || machine->handoff->version != MAPBRIDGE_HANDOFF_VERSION ||
	    machine->handoff->size < sizeof(*machine->handoff))
		panic("handoff", "boot_params has no SETUP_MAPBRIDGE node of version %d", MAPBRIDGE_HANDOFF_VERSION);
	machine->reservations = handoff_reservations(machine->handoff);
	machine->reservation_count = machine->handoff->reservation_count;
	collect_e820(machine);
	machine->efi_map = (struct efi_memmap){ identity(boot_params_efi_memmap(boot_params)), info->efi_memmap_size,
						info->efi_memdesc_size, info->efi_memdesc_version };
	machine->systab = identity(boot_params_efi_systab(boot_params));
	if (!boot_params_efi_systab(boot_params) ||
	    !efi_header_good(&machine->systab->header, EFI_SYSTEM_TABLE_SIGNATURE))
		panic("efi_systab", "no EFI system table with a right signature and CRC-32 at %#llx",
		      (unsigned long long)boot_params_efi_systab(boot_params));
	find_attributes(machine);
}

bool machine_reserved(const struct machine *machine, uint64_t base, uint64_t size, int kind)
{
	uint64_t at = base;

	for (uint32_t i = 0; i < machine->reservation_count && at < base + size; i++) {
		const struct mapbridge_reservation *reservation = &machine->reservations[i];

		if (at >= reservation->base && at - reservation->base < reservation->size &&
		    (kind < 0 || reservation->kind == (uint32_t)kind))
			at = reservation->base + reservation->size;
	}
	return at >= base + size;
}

void sanitise(struct e820_table *table)
{
	size_t clipped;
	int error = e820_update_table(table, machine_scratch, sizeof(machine_scratch), &clipped);

	if (error || clipped)
		panic("e820_update_table", "error %d with %zu entries, %zu clipped at 2^64", error, table->nr_entries,
		      clipped);
}

uint64_t fixmap_init(const struct machine *machine)
{
	struct early_ioremap_ops ops = { .flush_tlb_one = invlpg, .warn = com1 };
	paddr_t table;

	if (!paging_find_table(&identity_reader, pa(machine->page_table), &machine->paging, va(FIX_BTMAP_VIRT), 1,
			       &table))
		panic("fixmap", "there is no page table under the PMD of %#llx", (unsigned long long)FIX_BTMAP_VIRT);
	ops.bm_pte = identity(table.value);
	for (unsigned i = 0; i < PAGING_TABLE_ENTRIES; i++)
		if (ops.bm_pte[i])
			panic("fixmap", "entry %u of the PTE page is %#llx, not empty", i,
			      (unsigned long long)ops.bm_pte[i]);
	early_ioremap_init(&ops);
	return table.value;
}
