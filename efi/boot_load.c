/* SPDX-License-Identifier: BSD-2-Clause */
/* What a boot puts into memory: the plan's pages, kernel and initrds, relocations, page tables and the stub. */
#include "boot.h"

#include <loader/placement.h>
#include <mm/fixmap.h>

EFI_STATUS boot_kernel_step(struct boot *boot, EFI_STATUS status)
{
	boot->kernel_failed = EFI_ERROR(status);
	return status;
}

void boot_free_pages(struct boot *boot)
{
	while (boot->allocated > 0) {
		const struct plan_allocation *a = &boot->plan.allocations[--boot->allocated];

		if (boot->relocated && !a->code) /* the stub's page may be read-only; it is the same in each boot */
			wipe((void *)(uintptr_t)a->base, a->pages * MM_PAGE_SIZE);
		fw.boot->FreePages(a->base, a->pages);
	}
}

static EFI_STATUS allocate_pages(struct boot *boot)
{
	for (size_t i = 0; i < boot->plan.allocation_count; i++) {
		const struct plan_allocation *a = &boot->plan.allocations[i];
		EFI_PHYSICAL_ADDRESS base = a->base;
		EFI_STATUS status =
			fw.boot->AllocatePages(AllocateAddress, a->code ? EfiLoaderCode : EfiLoaderData, a->pages, &base);

		if (EFI_ERROR(status))
			return status;
		boot->allocated++;
	}
	return EFI_SUCCESS;
}

/* Scratch memory first and the map last, so that the map is still true when the plan's pages are allocated. */
EFI_STATUS boot_read_map(struct boot *boot)
{
	EFI_STATUS status = memory_map_reserve(&boot->map, PLAN_SLACK_DESCRIPTORS);
	size_t count, plan, handoff;

	if (EFI_ERROR(status))
		return status;
	count = boot->map.capacity / boot->map.view.desc_size;
	plan = boot_plan_scratch_size(count + efi_memmap_count(&boot->attributes));
	handoff = boot_handoff_scratch_size(boot_plan_map_capacity(count));
	boot->scratch_size = plan > handoff ? plan : handoff;
	boot->scratch = pool_allocate(boot->scratch_size, "memory map");
	return boot->scratch ? memory_map_read(&boot->map) : EFI_OUT_OF_RESOURCES;
}

void boot_free_map(struct boot *boot)
{
	memory_map_free(&boot->map);
	if (boot->scratch)
		wipe(boot->scratch, boot->scratch_size);
	pool_free(boot->scratch);
	boot->scratch = NULL;
}

/* What is around a refused place may be refused as well, so each further refusal rules out more than the one before. */
static void remember_refusal(struct boot *boot, const struct plan_allocation *allocation)
{
	uint64_t size = allocation->pages * MM_PAGE_SIZE, around = size * ((1U << boot->request.refused_count) - 1);
	uint64_t base = allocation->base > around ? allocation->base - around : 0;

	boot->refused[boot->request.refused_count++] =
		(struct plan_refused){ base, allocation->base + size + around - base };
	boot->request.refused = boot->refused;
}

EFI_STATUS boot_place(struct boot *boot)
{
	struct buffer_printer why;
	char text[500];
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;
	uint64_t unaccepted;

	for (unsigned i = 0; i < PLAN_TRIES; i++) {
		status = boot_read_map(boot);
		if (EFI_ERROR(status))
			return status;
		unaccepted = boot_plan_unaccepted(&boot->map.view);
		boot->needs_stub = unaccepted && boot->kernel.format == KERNEL_BZIMAGE;
		if (boot->needs_stub) {
			print(console, "note: %llu bytes of memory are not accepted yet, which only the kernel's own EFI stub can do: it is "
			      "started instead, as the line \"mapbridge-start efi\" in an entry does\n", X(unaccepted));
			return EFI_UNSUPPORTED;
		}
		boot->kernel_failed = unaccepted;
		buffer_printer_init(&why, text, sizeof(text));
		if (boot_plan_make(&boot->request, &boot->plan, boot->scratch, boot->scratch_size, &why.printer)) {
			print(refuse(boot->name), "%s: %s%s\n", boot->files[0].path, text,
			      i ? " (the firmware has refused memory that its map calls free)" : "");
			return EFI_LOAD_ERROR;
		}
		status = allocate_pages(boot);
		if (!EFI_ERROR(status))
			return EFI_SUCCESS;
		remember_refusal(boot, &boot->plan.allocations[boot->allocated]);
		boot_free_pages(boot);
		boot_free_map(boot);
	}
	print(refuse(boot->name), "the firmware did not give the memory that its map calls free (%s, %d tries); restart the machine\n",
	      status_name(status), PLAN_TRIES);
	return status;
}

/* What the plan was made from is not read again: what was checked is what runs. */
static EFI_STATUS read_kernel(struct boot *boot, uint64_t offset, uint64_t size, uint8_t *to)
{
	uint64_t known = offset < boot->head_size ? boot->head_size - offset : 0;

	if (known > size)
		known = size;
	if (known)
		memcpy(to, boot->head + offset, known);
	return size > known ? file_read(&boot->files[0], offset + known, size - known, to + known) : EFI_SUCCESS;
}

void boot_measure_head(const struct boot *boot)
{
	if (boot->prepared)
		measure_kernel_part(boot->files[0].path, boot->prepared, boot->prepared->head_size);
	else
		measure_kernel_part(boot->files[0].path, boot->head, boot->head_size);
}

static EFI_STATUS read_measured_kernel(struct boot *boot, const struct plan_load *piece)
{
	const struct file *file = &boot->files[0];
	uint8_t *to = (uint8_t *)(uintptr_t)piece->to;
	bool image = boot->kernel.format == KERNEL_BZIMAGE && file->size <= boot->kernel.memory_size;
	EFI_STATUS status;

	/* As LoadImage measures it: the whole file, from where its main part will lie; there is room, and it is moved down then. */
	if (image) {
		status = read_kernel(boot, 0, file->size, to);
		if (EFI_ERROR(status))
			return status;
		image = measure_pe_kernel(file->path, piece->to, file->size);
		__builtin_memmove(to, to + piece->offset, piece->size);
		/* What is in no digest of a PE image, such as a signature, is not left in the kernel's memory. */
		memset(to + piece->size, 0, file->size - piece->size);
	} else {
		status = read_kernel(boot, piece->offset, piece->size, to);
	}
	if (EFI_ERROR(status) || image)
		return status;
	if (boot->kernel.format == KERNEL_BZIMAGE)
		boot_measure_head(boot);
	measure_kernel_part(file->path, to, piece->size);
	return status;
}

static EFI_STATUS load_piece(struct boot *boot, const struct plan_load *piece)
{
	uint8_t *to = (uint8_t *)(uintptr_t)piece->to;

	if (piece->file > 0)
		return boot->media.size ? initrd_media_read(&boot->media, to) :
					  file_read(&boot->files[piece->file], piece->offset, piece->size, to);
	return boot->has_tpm ? read_measured_kernel(boot, piece) : read_kernel(boot, piece->offset, piece->size, to);
}

EFI_STATUS boot_load(struct boot *boot)
{
	const struct boot_plan *plan = &boot->plan;
	unsigned told = UINT32_MAX;
	EFI_STATUS status = EFI_SUCCESS;

	for (size_t i = 0; i < plan->load_count && !EFI_ERROR(status); i++) {
		const struct plan_load *piece = &plan->loads[i];
		const struct file *file = &boot->files[piece->file];

		if (piece->file != told && (piece->file == 0 || boot->media.size == 0)) {
			print(console, "reading %s, ", file->path);
			print_size(console, file->size);
			print(console, "\n");
			console_flush();
			told = piece->file;
		}
		status = load_piece(boot, piece);
		if (piece->file == 0)
			boot_kernel_step(boot, status);
	}
	for (size_t i = 0; i < plan->clear_count && !EFI_ERROR(status); i++)
		memset((void *)(uintptr_t)plan->clears[i].base, 0, plan->clears[i].size);
	if (!EFI_ERROR(status)) {
		measure_options(boot->entry->options, false);
		measure_initrd(plan->initrd, plan->initrd_size);
	}
	return status;
}

/* All relocations have been looked at before: what goes wrong here has changed since. */
static EFI_STATUS relocate_prepared(struct boot *boot)
{
	const struct kernel_segment *first = &boot->kernel.segments[0];
	uint64_t delta = boot->plan.kernel_virt - (first->virt - first->phys);
	EFI_STATUS status = EFI_SUCCESS;

	if (boot->entry->verify)
		status = prepared_check_content(boot->prepared, &boot->files[0], &boot->plan);
	if (!EFI_ERROR(status) && delta &&
	    prepared_relocate(boot->prepared, boot->kernel.memory_size, (uint8_t *)(uintptr_t)boot->plan.kernel_phys, delta, console))
		status = EFI_LOAD_ERROR;
	return status;
}

EFI_STATUS boot_relocate(struct boot *boot)
{
	struct buffer_printer why;
	char text[300];

	if (boot->prepared)
		return boot_kernel_step(boot, relocate_prepared(boot));
	buffer_printer_init(&why, text, sizeof(text));
	if (!boot->plan.kernel_loaded ||
	    elf64_relocate(&boot->kernel, (uint8_t *)(uintptr_t)boot->plan.kernel_loaded, &why.printer) == 0)
		return EFI_SUCCESS;
	print(refuse(boot->entry->linux), "%s\n", text);
	return EFI_LOAD_ERROR;
}

static const uint64_t *read_table(void *context, paddr_t address)
{
	(void)context;
	return (const uint64_t *)(uintptr_t)address.value;
}

EFI_STATUS boot_build(struct boot *boot, struct boot_block *block)
{
	struct boot_plan *plan = &boot->plan;
	struct paging_memory tables = { (uint64_t *)(uintptr_t)plan->page_tables, pa(plan->page_tables), plan->page_table_pages };
	struct paging_reader reader = { read_table, NULL };
	paddr_t fixmap = pa(0);
	EFI_STATUS status;

	if (!paging_build(&plan->page_map, &plan->paging, &tables)) {
		print(refuse(boot->name), "the page tables do not fit into the %llu pages that were counted\n",
		      X(plan->page_table_pages));
		return EFI_LOAD_ERROR;
	}
	paging_find_table(&reader, pa(plan->page_tables), &plan->paging, va(FIX_BTMAP_VIRT), 1, &fixmap);
	plan->fixmap_pte = fixmap.value;
	*block = (struct boot_block){ (void *)(uintptr_t)plan->block.boot_params, (void *)(uintptr_t)plan->block.command_line,
				      (void *)(uintptr_t)plan->block.setup_data };
	boot_handoff_prepare(plan, &boot->request, &boot->facts, block);
	boot_handoff_stub(plan, (struct stub_parameters *)(uintptr_t)plan->stub_parameters);
	__builtin_memcpy((void *)(uintptr_t)plan->stub, stub_start, STUB_SIZE);
	status = machine_make_executable(plan->stub, MM_PAGE_SIZE);
	if (EFI_ERROR(status))
		print(refuse(boot->name), "the stub's page cannot be made executable (%s)\n", status_name(status));
	return status;
}
