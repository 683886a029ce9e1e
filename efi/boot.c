/* SPDX-License-Identifier: BSD-2-Clause */
/* One boot: open, plan, place, read, show, leave. Every way back frees what was taken. */
#include "firmware.h"

#include <loader/bls.h>
#include <loader/linux_options.h>
#include <loader/placement.h>
#include <loader/prepared.h>
#include <mm/fixmap.h>

/*
 * The firmware may take a page between the plan and its allocations, or refuse memory that its map calls free: then the
 * plan is made anew, without the memory that was refused.
 */
#define PLAN_TRIES 8

struct boot {
	const struct bls_entry *entry;
	const char *name; /* of the entry's file */
	struct file files[1 + PLAN_INITRDS_MAX]; /* 0: the kernel */
	struct option_path option_paths[PLAN_INITRDS_MAX]; /* of the initrds that the options name */
	size_t initrd_count; /* those of the entry, then those of its options */
	uint64_t initrd_sizes[PLAN_INITRDS_MAX];
	uint8_t *head; /* the kernel file's first bytes, which the plan is made from */
	size_t head_size;
	bool take_prepared; /* the kernel is what mapbridge-prepared names */
	bool kernel_failed; /* what went wrong is the kernel's file, and not another one or the machine */
	struct kernel_image kernel;
	struct prepared_header *prepared; /* of a prepared kernel: its header and relocations */
	struct boot_request request;
	struct plan_random random;
	struct boot_plan plan;
	size_t allocated; /* of the plan's allocations */
	struct plan_refused refused[PLAN_TRIES];
	struct memory_map map;
	struct efi_memmap attributes;
	void *scratch; /* for the plan, then for the way out */
	size_t scratch_size;
	struct boot_facts facts;
	struct linux_tables tables;
	struct boot_table early_tables[PLAN_TABLES_MAX];
	struct initrd_media media; /* the initrd when the entry names none */
	struct linux_options options; /* of Linux's EFI stub; of other kernels none are read */
	struct screen_before screen;
	bool needs_stub; /* only the kernel's own EFI stub can start it here */
	bool has_tpm;
	bool relocated; /* from here on its memory has what is secret: where the kernel is, and a random seed */
};

/* Keeps in mind whether a step that is about the kernel's file went wrong. */
static EFI_STATUS kernel_step(struct boot *boot, EFI_STATUS status)
{
	boot->kernel_failed = EFI_ERROR(status);
	return status;
}

static EFI_STATUS open_files(struct boot *boot)
{
	const char *kernel = boot->take_prepared ? boot->entry->prepared : boot->entry->linux;
	EFI_STATUS status = kernel_step(boot, file_open(kernel, boot->name, &boot->files[0]));

	for (size_t i = 0; i < boot->entry->initrd_count && !EFI_ERROR(status); i++) {
		struct file *file = &boot->files[1 + i];

		status = file_open(boot->entry->initrd[i], boot->name, file);
		if (!EFI_ERROR(status) && file->size == 0) {
			print(refuse(file->path), "empty, named by %s; needed: an initrd; copy the file again, or remove the line\n",
			      boot->name);
			status = EFI_LOAD_ERROR;
		}
		boot->initrd_count += !EFI_ERROR(status);
	}
	return status;
}

static EFI_STATUS read_prepared(struct boot *boot)
{
	const struct bls_entry *entry = boot->entry;
	struct file *file = &boot->files[0];
	EFI_STATUS status;

	if (boot->take_prepared && boot->kernel.format != KERNEL_PREPARED) {
		print(refuse(file->path), "no prepared kernel, named by %s; needed: a file that mapbridge prepare has made\n", boot->name);
		return EFI_LOAD_ERROR;
	}
	if (boot->kernel.format != KERNEL_PREPARED)
		return EFI_SUCCESS;
	status = prepared_check_machine(file);
	if (!EFI_ERROR(status))
		status = prepared_read_head(file, &boot->kernel, boot->head, boot->head_size, &boot->prepared);
	if (!EFI_ERROR(status) && boot->take_prepared)
		status = prepared_check_source(boot->prepared, file, entry->linux, boot->name, entry->verify);
	return status;
}

/* Where our page tables would be wrong, only a bzImage can be started. Prepared kernels were refused before. */
static EFI_STATUS check_encryption(struct boot *boot)
{
	const char *guest = machine_encryption();

	if (!guest)
		return EFI_SUCCESS;
	boot->needs_stub = boot->kernel.format == KERNEL_BZIMAGE;
	if (boot->needs_stub)
		print(console, "note: this machine is %s: the kernel's own EFI stub is started, as the line \"mapbridge-start efi\" in an "
		      "entry does\n", guest);
	else
		print(refuse(boot->files[0].path), "this machine is %s, whose page tables need a bit that is not set for such a kernel; needed: "
		      "a Linux bzImage, whose EFI stub is started here\n", guest);
	return EFI_UNSUPPORTED;
}

static EFI_STATUS parse_kernel(struct boot *boot)
{
	struct file *file = &boot->files[0];
	struct buffer_printer why;
	char text[400];
	EFI_STATUS status;

	boot->head_size = file->size < KERNEL_HEAD_SIZE ? file->size : KERNEL_HEAD_SIZE;
	boot->head = pool_allocate(boot->head_size + 1, file->path);
	if (!boot->head)
		return EFI_OUT_OF_RESOURCES;
	status = file_read(file, 0, boot->head_size, boot->head);
	buffer_printer_init(&why, text, sizeof(text));
	if (!EFI_ERROR(status) && kernel_image_parse(boot->head, boot->head_size, file->size, &boot->kernel, &why.printer)) {
		print(refuse(file->path), "%s\n", text);
		status = EFI_LOAD_ERROR;
	}
	if (!EFI_ERROR(status))
		status = read_prepared(boot);
	return EFI_ERROR(status) ? status : check_encryption(boot);
}

static void free_pages(struct boot *boot)
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
static EFI_STATUS read_map(struct boot *boot)
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

static void free_map(struct boot *boot)
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

static EFI_STATUS place(struct boot *boot)
{
	struct buffer_printer why;
	char text[500];
	EFI_STATUS status = EFI_OUT_OF_RESOURCES;
	uint64_t unaccepted;

	for (unsigned i = 0; i < PLAN_TRIES; i++) {
		status = read_map(boot);
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
		free_pages(boot);
		free_map(boot);
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

/* The bytes that the kernel's format, its plan and its relocations are read from. */
static void measure_head(const struct boot *boot)
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
		measure_head(boot);
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

static EFI_STATUS load(struct boot *boot)
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
			kernel_step(boot, status);
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

static EFI_STATUS relocate(struct boot *boot)
{
	struct buffer_printer why;
	char text[300];

	if (boot->prepared)
		return kernel_step(boot, relocate_prepared(boot));
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

/* Page tables, boot_params without its map, and the stub in its page. */
static EFI_STATUS build(struct boot *boot, struct boot_block *block)
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

/* Shows the map as it is with everything in place; in any case it must fit into what a kernel takes. */
static EFI_STATUS show_map(struct boot *boot, uint32_t *crc32)
{
	struct memory_map now = { .buffer = NULL };
	EFI_STATUS status;

	if (!console_dumps() && boot_plan_map_capacity(efi_memmap_count(&boot->map.view)) <= E820_MAX_ENTRIES_EXT / 2)
		return EFI_SUCCESS;
	status = memory_map_reserve(&now, PLAN_SLACK_DESCRIPTORS);
	if (!EFI_ERROR(status))
		status = memory_map_read(&now);
	if (!EFI_ERROR(status))
		status = dump_memory_map(&now.view, boot->plan.policy, &boot->plan, crc32, console_dumps() ? console : NULL);
	memory_map_free(&now);
	return status;
}

static EFI_STATUS show_and_leave(struct boot *boot, const struct boot_block *block)
{
	struct boot_departure departure = { .plan = &boot->plan, .facts = &boot->facts, .block = *block,
					    .scratch = boot->scratch, .scratch_size = boot->scratch_size,
					    .state = boot, .state_size = sizeof(*boot) };
	EFI_STATUS status;

	if (kernel_is_linux(&boot->kernel))
		machine_request_memory_overwrite();
	loader_variables_leave();
	status = show_map(boot, &departure.printed_crc32);
	if (EFI_ERROR(status))
		return status;
	print(console, "mapbridge: leaving boot services, entering ");
	kernel_image_print(&boot->kernel, console);
	print(console, " %s\n", boot->files[0].path);
	console_end();
	linux_tables_wipe(&boot->tables);
	status = leave(&departure);
	print(refuse("GetMemoryMap"), "%s for the last map in %llu bytes; restart the machine\n", status_name(status),
	      X(boot->plan.block.efi_memmap_size));
	return status;
}

static EFI_STATUS check_entry(const struct boot *boot)
{
	const struct bls_entry *entry = boot->entry;

	if (entry->options_too_long) {
		print(refuse(boot->name), "the options have %zu bytes; needed: at most %d; shorten them\n", entry->options_length,
		      COMMAND_LINE_SIZE - 1);
		return EFI_LOAD_ERROR;
	}
	if (machine_secure_boot()) {
		print(refuse(boot->name), "Secure Boot is on, and %s would run without being verified; needed: Secure Boot off; "
		      "switch it off in the firmware's setup\n", entry->linux);
		return EFI_ACCESS_DENIED;
	}
	return EFI_SUCCESS;
}

/* What a user might expect of this kernel and does not get. */
static void tell_limits(const struct boot *boot)
{
	struct paging_mode paging;
	bool mce;

	if (boot->prepared && !prepared_has_relocations(boot->prepared))
		print(console, "note: %s has no relocations (CONFIG_RANDOMIZE_BASE): no KASLR\n", boot->files[0].path);
	if (boot->kernel.format != KERNEL_VMLINUX)
		return;
	print(console, "note: a vmlinux runs at the address that it is loaded to, without KASLR; its bzImage can have it\n");
	machine_paging(&paging, &mce);
	if (paging.levels == 5)
		print(console, "note: 5-level page tables are on: a vmlinux without CONFIG_X86_5LEVEL stops without a message\n");
}

/* Linux would have been refused. */
static void tell_unaccepted(const struct boot *boot)
{
	uint64_t bytes = boot_plan_unaccepted(&boot->map.view);

	if (bytes)
		print(console, "note: %llu bytes of memory are not accepted yet: mapped, reserved in e820, not to be touched before "
		      "the kernel accepts them\n", X(bytes));
}

/* Whether only the kernel's own stub can do what the options want; a vmlinux has none. */
static EFI_STATUS check_stub_options(struct boot *boot)
{
	bool has_stub = boot->kernel.format == KERNEL_BZIMAGE || boot->take_prepared;
	struct buffer_printer why;
	char text[64];

	buffer_printer_init(&why, text, sizeof(text));
	if (boot->options.memory_encryption && boot->prepared) {
		boot->kernel_failed = true;
		print(refuse(boot->files[0].path), "mem_encrypt=on needs a bzImage, whose own code passes it on; name the bzImage\n");
		return EFI_UNSUPPORTED;
	}
	if (!linux_options_need_stub(boot->entry->options, &why.printer))
		return EFI_SUCCESS;
	boot->needs_stub = has_stub;
	if (has_stub)
		print(console, "note: %s is for the kernel's own EFI stub: it is started instead, as the line \"mapbridge-start efi\" in "
		      "an entry does\n", text);
	else
		print(refuse(boot->name), "%s is for the kernel's own EFI stub, which %s does not have; needed: the bzImage, or no such "
		      "option\n", text, boot->files[0].path);
	return EFI_UNSUPPORTED;
}

/* What Linux's own stub would do with its options. */
static EFI_STATUS take_options(struct boot *boot)
{
	EFI_STATUS status;

	if (!kernel_is_linux(&boot->kernel))
		return EFI_SUCCESS;
	linux_options_read(boot->entry->options, &boot->options);
	status = check_stub_options(boot);
	if (EFI_ERROR(status))
		return status;
	if (boot->options.no_chunk)
		print(console, "note: efi=nochunk does nothing here: it is about how Linux's EFI stub reads files\n");
	if (boot->options.memory_encryption && boot->kernel.format == KERNEL_VMLINUX)
		print(console, "note: mem_encrypt=on: since Linux 6.8 only a bzImage's own code passes it on, not a vmlinux\n");
	if (boot->options.no_initrd) {
		print(console, "note: noinitrd: no initrd is loaded\n");
		boot->initrd_count = 0;
		return EFI_SUCCESS;
	}
	return option_initrds_open(boot->entry->options, boot->name, false, boot->files + 1, boot->option_paths,
				   &boot->initrd_count);
}

/* What Linux's own stub would look for. */
static EFI_STATUS find_linux_things(struct boot *boot)
{
	EFI_STATUS status;

	if (!kernel_is_linux(&boot->kernel))
		return EFI_SUCCESS;
	status = linux_tables_make(&boot->tables);
	if (EFI_ERROR(status) || boot->initrd_count || boot->options.no_initrd)
		return status;
	status = initrd_media_find(&boot->media);
	if (EFI_ERROR(status))
		return status == EFI_NOT_FOUND ? EFI_SUCCESS : status;
	boot->initrd_sizes[0] = boot->media.size;
	print(console, "the entry names no initrd: taking the one that another program offers (LINUX_EFI_INITRD_MEDIA_GUID), ");
	print_size(console, boot->media.size);
	print(console, "\n");
	return EFI_SUCCESS;
}

/* Whether the entry can be booted at all, as far as its files tell. */
static EFI_STATUS read_entry(struct boot *boot)
{
	EFI_STATUS status = check_entry(boot);

	if (!EFI_ERROR(status))
		status = open_files(boot);
	if (!EFI_ERROR(status))
		status = kernel_step(boot, parse_kernel(boot));
	if (!EFI_ERROR(status))
		status = take_options(boot);
	if (EFI_ERROR(status))
		return status;
	for (size_t i = 0; i < boot->initrd_count; i++)
		boot->initrd_sizes[i] = boot->files[1 + i].size;
	tell_limits(boot);
	return find_linux_things(boot);
}

static void choose_numbers(struct plan_random *random)
{
	uint8_t mixture[SHA256_SIZE];

	random_mixture(mixture);
	__builtin_memcpy(random, mixture, sizeof(*random));
	wipe(mixture, sizeof(mixture));
}

/* Last of all, because what Linux is told may have changed the firmware's tables. */
static void make_request(struct boot *boot)
{
	bool mce;

	volumes_forget_directories(); /* the plan is the same however many there were */
	machine_facts(&boot->facts);
	boot->request = (struct boot_request){ .kernel = &boot->kernel,
					       .command_line = boot->entry ? boot->entry->options : "",
					       .initrd_sizes = boot->initrd_sizes,
					       .initrd_count = boot->media.size ? 1 : boot->initrd_count,
					       .map = &boot->map.view,
					       .tables = boot->early_tables,
					       .table_count = machine_early_tables(boot->early_tables),
					       .nodes = boot->tables.nodes,
					       .node_count = boot->tables.node_count };
	if (machine_memory_attributes(&boot->attributes))
		boot->request.attributes = &boot->attributes;
	machine_paging(&boot->request.paging, &mce);
	boot->request.keep_mce = mce;
	if (boot->prepared)
		prepared_choose_levels(&boot->request);
	if (boot->prepared && prepared_has_relocations(boot->prepared)) {
		choose_numbers(&boot->random);
		boot->request.random = &boot->random;
	}
}

/* What was read of the kernel besides its parts. The kernel is not to find it as memory in use. */
static void free_heads(struct boot *boot)
{
	pool_free(boot->head);
	pool_free(boot->prepared);
	boot->head = NULL;
	boot->prepared = NULL;
}

static EFI_STATUS run(struct boot *boot)
{
	struct boot_block block;
	EFI_STATUS status = read_entry(boot);

	if (EFI_ERROR(status))
		return status;
	boot->has_tpm = measure_begin();
	if (boot->kernel.format != KERNEL_BZIMAGE) /* which is measured as a whole when it is read */
		measure_head(boot);
	make_request(boot);
	status = place(boot);
	if (!EFI_ERROR(status))
		tell_unaccepted(boot);
	if (!EFI_ERROR(status))
		status = load(boot);
	if (!EFI_ERROR(status)) {
		boot->relocated = true;
		status = relocate(boot);
	}
	free_heads(boot);
	if (EFI_ERROR(status))
		return status;
	volumes_forget_fat();
	if (screen_request_apply(&boot->options.screen, &boot->screen))
		screen_describe(&boot->facts.screen, boot->facts.edid);
	status = build(boot, &block);
	return EFI_ERROR(status) ? status : show_and_leave(boot, &block);
}

static struct boot *boot_begin(const struct bls_entry *entry, const char *name)
{
	struct boot *boot;

	volumes_forget_directories();
	boot = pool_allocate(sizeof(*boot), name);
	if (!boot)
		return NULL;
	memset(boot, 0, sizeof(*boot));
	boot->entry = entry;
	boot->name = name;
	boot->take_prepared = entry && entry->prepared[0];
	return boot;
}

static void boot_end(struct boot *boot)
{
	screen_request_undo(&boot->screen);
	free_pages(boot);
	linux_tables_free(&boot->tables);
	free_map(boot);
	for (size_t i = 0; i < MM_ARRAY_COUNT(boot->files); i++)
		file_close(&boot->files[i]);
	free_heads(boot);
	wipe(boot, sizeof(*boot));
	pool_free(boot);
	volumes_recall_fat();
}

/* Boots with the prepared kernel, if there is one and *take_prepared; untrue afterwards says to try again without it. */
static EFI_STATUS boot_once(const struct bls_entry *entry, const char *name, bool *take_prepared)
{
	struct boot *boot = boot_begin(entry, name);
	EFI_STATUS status;
	bool needs_stub;

	if (!boot)
		return EFI_OUT_OF_RESOURCES;
	boot->take_prepared &= *take_prepared;
	status = run(boot);
	needs_stub = boot->needs_stub;
	*take_prepared = !(boot->take_prepared && boot->kernel_failed);
	boot_end(boot);
	return needs_stub ? start_image(entry, name) : status;
}

EFI_STATUS boot_entry(const struct bls_entry *entry, const char *name)
{
	bool take_prepared = true;
	EFI_STATUS status;

	print(console, "booting %s%s%s\n", name, entry->title[0] ? ": " : "", entry->title);
	status = boot_once(entry, name, &take_prepared);
	if (take_prepared)
		return status;
	print(console, "note: %s is started instead of %s\n", entry->linux, entry->prepared);
	return boot_once(entry, name, &take_prepared);
}

EFI_STATUS boot_survey(const struct bls_entry *entry, const char *name,
		       void (*use)(void *context, const struct boot_survey *survey), void *context)
{
	struct boot *boot = boot_begin(entry, name);
	struct boot_survey survey;
	EFI_STATUS status;
	bool planned;

	if (!boot)
		return EFI_OUT_OF_RESOURCES;
	status = entry ? read_entry(boot) : EFI_NOT_FOUND;
	make_request(boot);
	planned = !EFI_ERROR(status) && !EFI_ERROR(place(boot));
	free_pages(boot);
	status = EFI_SUCCESS;
	if (!planned) {
		free_map(boot);
		status = read_map(boot);
	}
	if (!EFI_ERROR(status)) {
		survey = (struct boot_survey){ &boot->request, &boot->facts, planned ? &boot->plan : NULL };
		use(context, &survey);
	}
	boot_end(boot);
	return status;
}
