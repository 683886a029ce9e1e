/* SPDX-License-Identifier: BSD-2-Clause */
/* One boot: open, plan, place, read, show, leave. Every way back frees what was taken. */
#include "boot.h"

static EFI_STATUS open_files(struct boot *boot)
{
	const char *kernel = boot->take_prepared ? boot->entry->prepared : boot->entry->linux;
	EFI_STATUS status = boot_kernel_step(boot, file_open(kernel, boot->name, &boot->files[0]));

	for (size_t i = 0; i < boot->entry->initrd_count && !EFI_ERROR(status); i++) {
		struct file *file = &boot->files[1 + i];

		status = file_open(bls_entry_initrd(boot->entry, i), boot->name, file);
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
	return option_initrds_open(boot->entry->options, boot->name, false, boot->files + 1, &boot->initrd_count);
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
		status = boot_kernel_step(boot, parse_kernel(boot));
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
		boot_measure_head(boot);
	make_request(boot);
	status = boot_place(boot);
	if (!EFI_ERROR(status))
		tell_unaccepted(boot);
	if (!EFI_ERROR(status))
		status = boot_load(boot);
	if (!EFI_ERROR(status)) {
		boot->relocated = true;
		status = boot_relocate(boot);
	}
	free_heads(boot);
	if (EFI_ERROR(status))
		return status;
	volumes_forget_fat();
	if (screen_request_apply(&boot->options.screen, &boot->screen))
		screen_describe(&boot->facts.screen, boot->facts.edid);
	status = boot_build(boot, &block);
	return EFI_ERROR(status) ? status : show_and_leave(boot, &block);
}

static struct boot *boot_begin(const struct bls_entry *entry, const char *name)
{
	const char *options = entry ? entry->options : "";
	struct linux_initrd option;
	struct boot *boot;

	volumes_forget_directories();
	boot = pool_allocate(sizeof(*boot), name);
	if (!boot)
		return NULL;
	memset(boot, 0, sizeof(*boot));
	boot->entry = entry;
	boot->name = name;
	boot->take_prepared = entry && entry->prepared[0];
	if (entry) {
		boot->file_count = 1 + (linux_initrd_next(&options, &option) ? PLAN_INITRDS_MAX : entry->initrd_count);
		boot->files = pool_allocate(boot->file_count * sizeof(*boot->files), name);
	}
	if (entry && !boot->files) {
		pool_free(boot);
		return NULL;
	}
	for (size_t i = 0; i < boot->file_count; i++)
		boot->files[i] = (struct file){ .path = NULL };
	return boot;
}

static void boot_end(struct boot *boot)
{
	screen_request_undo(&boot->screen);
	boot_free_pages(boot);
	linux_tables_free(&boot->tables);
	boot_free_map(boot);
	for (size_t i = 0; i < boot->file_count; i++)
		file_close(&boot->files[i]);
	pool_free(boot->files);
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
	planned = !EFI_ERROR(status) && !EFI_ERROR(boot_place(boot));
	boot_free_pages(boot);
	status = EFI_SUCCESS;
	if (!planned) {
		boot_free_map(boot);
		status = boot_read_map(boot);
	}
	if (!EFI_ERROR(status)) {
		survey = (struct boot_survey){ &boot->request, &boot->facts, planned ? &boot->plan : NULL };
		use(context, &survey);
	}
	boot_end(boot);
	return status;
}
