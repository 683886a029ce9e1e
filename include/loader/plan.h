/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The boot plan: every decision about a boot, made from the parsed kernel and the firmware's map without touching
 * firmware. The caller allocates, reads and clears what the plan says, leaves boot services, finishes
 * boot_params with the final map (boot_handoff.c), and enters the stub.
 */
#ifndef LOADER_PLAN_H
#define LOADER_PLAN_H

#include <loader/handoff.h>
#include <loader/kaslr.h>
#include <loader/kernel_image.h>
#include <loader/setup_data.h>
#include <loader/stub.h>
#include <mm/efi_memmap.h>
#include <mm/efi_to_e820.h>
#include <mm/paging.h>

#define PLAN_INITRDS_MAX 64
#define PLAN_ALLOCATIONS_MAX 32
#define PLAN_LOADS_MAX (KERNEL_SEGMENTS_MAX + PLAN_INITRDS_MAX)
#define PLAN_CLEARS_MAX (2 * KERNEL_SEGMENTS_MAX + PLAN_INITRDS_MAX + 8)
#define PLAN_RESERVATIONS_MAX 64
#define PLAN_TABLES_MAX 8
#define PLAN_NODES_SIZE_MAX (UINT64_C(1) << 30) /* bytes of the request's setup_data nodes */

/* Descriptors by which the map may grow between the plan and ExitBootServices (Linux: EFI_MMAP_NR_SLACK_SLOTS). */
#define PLAN_SLACK_DESCRIPTORS 32

struct placement_listener;

/* Bytes of firmware tables at a physical address. */
struct boot_table {
	uint64_t base;
	uint64_t size;
};

/* What is asked for. Everything pointed to stays the caller's and must live as long as the plan is made. */
struct boot_request {
	const struct kernel_image *kernel;
	const char *command_line; /* ASCII or UTF-8, NUL-terminated */
	const uint64_t *initrd_sizes; /* bytes, in the order in which they are joined */
	size_t initrd_count;
	const struct efi_memmap *map;        /* the firmware's map now */
	const struct efi_memmap *attributes; /* EFI_MEMORY_ATTRIBUTES_TABLE's descriptors; null: there is none */
	struct paging_mode paging; /* that the kernel is entered with */
	bool change_levels;        /* the firmware's page tables have another depth: what the stub needs to change it lies below 4 GiB */
	bool keep_mce; /* CR4.MCE is set and stays so */
	/*
	 * Tables that Linux reads before it can map them itself: the EFI system table and its configuration tables
	 * (find_cc_blob_efi() in arch/x86/boot/compressed/sev.c), the RSDP and what it leads to. They are mapped for reading
	 * wherever they lie. At most PLAN_TABLES_MAX.
	 */
	const struct boot_table *tables;
	size_t table_count;
	const struct setup_data_node *nodes; /* to hand over, besides those that the loader makes itself */
	size_t node_count;
	/*
	 * For a prepared kernel with relocations: random numbers, which choose its physical and virtual address unless the command
	 * line has nokaslr. Null: its addresses are fixed.
	 */
	const struct plan_random *random;
	const struct plan_refused *refused; /* not to be used again; null when refused_count is 0 */
	size_t refused_count;
	struct placement_listener *listener; /* placement.h; null: nobody asks why things go where they go */
};

struct plan_random {
	uint64_t physical;
	uint64_t virtual;
};

/*
 * Memory that the firmware has refused although its map calls it free: EDK2 keeps the free pages of a memory type's bin
 * for that type, and tells so in the map only when a descriptor has nothing else in it. Bytes.
 */
struct plan_refused {
	uint64_t base;
	uint64_t size;
};

/* Pages to allocate at this very address; code: as EfiLoaderCode, else EfiLoaderData. */
struct plan_allocation {
	uint64_t base;
	uint64_t pages;
	bool code;
};

/* Bytes of a file to read: file 0 is the kernel, n the n-th initrd. */
struct plan_load {
	unsigned file;
	uint64_t offset;
	uint64_t size;
	uint64_t to;
};

/* Bytes to set to 0 before or after the loads; no load writes there. */
struct plan_clear {
	uint64_t base;
	uint64_t size;
};

/* The pieces in which boot_params and what hangs on it lie, all in one 2 MiB block, because the decompressor has few pages for tables. */
struct plan_block {
	uint64_t boot_params;
	uint64_t command_line; /* COMMAND_LINE_SIZE bytes */
	uint64_t setup_data;   /* the nodes, one behind the other */
	uint64_t setup_data_late; /* bytes at the front for those written after ExitBootServices; then the request's nodes */
	uint64_t setup_data_size; /* of all */
	uint64_t efi_memmap;   /* the map that made ExitBootServices succeed */
	uint64_t efi_memmap_size;
	uint64_t base;
	uint64_t size;
};

struct boot_plan {
	struct plan_allocation allocations[PLAN_ALLOCATIONS_MAX];
	size_t allocation_count;
	struct plan_load loads[PLAN_LOADS_MAX];
	size_t load_count;
	struct plan_clear clears[PLAN_CLEARS_MAX];
	size_t clear_count;
	struct mapbridge_reservation reservations[PLAN_RESERVATIONS_MAX]; /* sorted, disjoint */
	size_t reservation_count;
	struct stub_operation operations[STUB_OPERATIONS_MAX];
	size_t operation_count;

	uint64_t kernel_phys; /* where the kernel's lowest byte will be when it runs */
	uint64_t kernel_virt; /* its virtual address (ELF64, prepared) */
	bool kaslr;           /* a prepared kernel's virtual address is random, and the physical one, too, unless places is 0 */
	uint64_t kernel_places; /* that many the physical address was chosen from, and */
	uint64_t kernel_virtual_places; /* that many the virtual one */
	uint64_t kernel_size;
	uint64_t kernel_loaded; /* where a position-independent kernel's memory_size bytes are loaded; else 0 */
	uint64_t entry;       /* what the stub jumps to */
	uint64_t initrd;      /* 0: none */
	uint64_t initrd_size; /* all files, each padded to 4 bytes but the last */
	struct plan_block block;
	uint64_t stub;            /* page of the stub's code */
	uint64_t stub_parameters; /* page of its parameters */
	uint64_t stack_bottom;
	uint64_t stack_top;
	uint64_t page_tables;
	uint64_t page_table_pages;
	uint64_t fixmap_pte; /* filled in when the tables are built (ELF64) */
	uint64_t cr4;
	struct kaslr_options kaslr_options;
	enum e820_policy policy;
	struct paging_mode paging;
	struct paging_map page_map; /* its ranges lie in the caller's scratch memory */
};

/*
 * Bytes of scratch memory, of any alignment, for a plan over that many descriptors, those of the map and of the
 * attributes table together; SIZE_MAX on overflow.
 */
size_t boot_plan_scratch_size(size_t descriptors);

/*
 * Makes the plan. The scratch memory must stay until the page tables are built. On refusal: a sentence without newline on
 * why (what was found, what was needed, what to do), and MM_EINVAL (the files or the command line), MM_ENOMEM (the
 * machine's memory, or unaccepted memory in it and a Linux kernel) or MM_ENOSPC (scratch memory, or a table of the plan); *plan is undefined then.
 */
int boot_plan_make(const struct boot_request *request, struct boot_plan *plan, void *scratch, size_t scratch_size,
		   struct printer *why);

/* Bytes of the map's memory that nobody has accepted yet (EFI_UNACCEPTED_MEMORY); UINT64_MAX when they are more than that. */
uint64_t boot_plan_unaccepted(const struct efi_memmap *map);

/* Prints what goes where, and the reservations one a line in memblock's form. */
void boot_plan_print(const struct boot_plan *plan, struct printer *out);

/* What happens to the map until ExitBootServices, in descriptors: how much room the buffer for the map must have. */
size_t boot_plan_map_capacity(size_t descriptors);

/* Adds a range of bytes to the plan's reservations, in order; MM_ENOSPC when there is no more room, MM_EBUSY when it overlaps. */
int boot_plan_reserve(struct boot_plan *plan, uint64_t base, uint64_t size, enum mapbridge_reservation_kind kind);

/*
 * The address space at the jump, into plan->page_map: RAM, ACPI and runtime ranges and the first MiB one to one, the kernel's
 * segments in the higher half, the fixmap's table; for a bzImage its window executable. MM_ENOSPC when the list is full.
 */
int boot_plan_map_pages(struct boot_plan *plan, const struct boot_request *request);

#endif
