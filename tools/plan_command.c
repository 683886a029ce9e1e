/* SPDX-License-Identifier: BSD-2-Clause */
/* mapbridge plan: what the loader would do on a machine, without the machine; by the loader's own code. */
#define _GNU_SOURCE /* getopt_long */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "allocate.h"
#include "command.h"
#include "file_printer.h"
#include "plan_report.h"

#include <loader/linux_options.h>

static const char help[] =
	"usage: mapbridge plan --map FILE --kernel KERNEL [--initrd FILE]... [--cmdline TEXT] [OPTION]...\n"
	"\n"
	"Makes the loader's boot plan for the machine that a file tells of, or says why the loader refuses. First the plan as\n"
	"the loader prints it, byte for byte; then where each thing goes and why, boot_params field by field, what is\n"
	"reserved, and the page tables.\n"
	"\n"
	"  --map FILE       an .efimap file, or whatever `mapbridge show` reads; - is standard input\n"
	"  --kernel KERNEL  a Linux bzImage or vmlinux, or an ELF64 kernel; told by its content\n"
	"  --initrd FILE    may be given several times, in the order in which they are joined\n"
	"  --cmdline TEXT   the kernel's command line; of a Linux kernel with the options that its EFI stub would act on\n"
	"  --root FOLDER    the root of the boot volume, where the files lie that initrd= in the command line names\n"
	"  --levels 4|5     levels of page tables (default: what the file says, else 4)\n"
	"  --no-gib-pages   the processor has no pages of 1 GiB (default: what the file says, else it has)\n"
	"  --brief          only the plan as the loader prints it\n"
	"  --help           this text\n"
	"\n"
	"An .efimap file that the loader saved says all that the plan depends on. For other files the report says what was\n"
	"assumed; firmware that still runs needs memory, of which an e820 map knows nothing.\n"
	"\n"
	"examples:\n"
	"  mapbridge plan --map map-1b2c3d4e.efimap --kernel /boot/vmlinuz --initrd /boot/initrd.img --cmdline quiet\n"
	"  dmesg | mapbridge plan --map - --kernel my-kernel.elf --brief\n"
	"\n"
	"exit status: 0 there is a plan, 1 the loader refuses (standard error says why), 2 wrong arguments, or a file that\n"
	"cannot be read\n";

struct arguments {
	const char *map;
	const char *kernel;
	const char *initrds[PLAN_INITRDS_MAX];
	size_t initrd_count;
	char *option_initrds[PLAN_INITRDS_MAX]; /* of the command line, and among initrds, too; on the heap */
	const char *command_line;
	const char *root; /* null: not given */
	struct plan_wishes wishes;
	bool brief;
};

static const struct option options[] = {
	{ "map", required_argument, NULL, 'm' },     { "kernel", required_argument, NULL, 'k' },
	{ "initrd", required_argument, NULL, 'i' },  { "cmdline", required_argument, NULL, 'c' },
	{ "root", required_argument, NULL, 'r' },
	{ "levels", required_argument, NULL, 'l' },  { "no-gib-pages", no_argument, NULL, 'g' },
	{ "brief", no_argument, NULL, 'b' },         { "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

/* One option; an exit status, or EXIT_FINE to go on. */
static int take_option(int option, struct arguments *arguments)
{
	switch (option) {
	case 'm':
		arguments->map = optarg;
		return EXIT_FINE;
	case 'k':
		arguments->kernel = optarg;
		return EXIT_FINE;
	case 'i':
		if (arguments->initrd_count == PLAN_INITRDS_MAX)
			return refuse("more than %d initrds; needed: at most that many, as in an entry", PLAN_INITRDS_MAX);
		arguments->initrds[arguments->initrd_count++] = optarg;
		return EXIT_FINE;
	case 'c':
		arguments->command_line = optarg;
		return EXIT_FINE;
	case 'r':
		arguments->root = optarg;
		return EXIT_FINE;
	case 'l':
		if (strcmp(optarg, "4") && strcmp(optarg, "5"))
			return refuse("--levels %s; needed: 4 or 5", optarg);
		arguments->wishes.levels = (unsigned)(*optarg - '0');
		return EXIT_FINE;
	case 'g':
		arguments->wishes.no_gib_pages = true;
		return EXIT_FINE;
	case 'b':
		arguments->brief = true;
		return EXIT_FINE;
	default:
		return refuse("`mapbridge plan --help` tells which options there are");
	}
}

static int check_arguments(const struct arguments *arguments, int rest, char **argv)
{
	if (rest)
		return refuse("what is \"%s\"? `mapbridge plan --help` tells how to name files", argv[0]);
	if (!arguments->map || !arguments->kernel)
		return refuse("plan needs --map FILE and --kernel KERNEL; `mapbridge plan --help` tells more");
	return EXIT_FINE;
}

/* Opens a regular file and tells its size; null after a refusal. */
static FILE *open_file(const char *path, uint64_t *size)
{
	struct stat status;
	FILE *file = fopen(path, "rb");

	if (file && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode)) {
		*size = (uint64_t)status.st_size;
		return file;
	}
	refuse("%s: %s", path, file ? "not a regular file" : strerror(errno));
	if (file)
		fclose(file);
	return NULL;
}

/* The loader's refusal: an exit status of its own. */
static int loader_refuses(const char *path, const char *why)
{
	refuse("%s: %s", path, why);
	return EXIT_FINDINGS;
}

static int read_kernel(const char *path, struct kernel_image *kernel)
{
	struct buffer_printer why;
	char text[600];
	uint64_t size;
	FILE *file = open_file(path, &size);
	unsigned char *head;
	size_t got;
	int result;

	if (!file)
		return EXIT_REFUSED;
	head = allocate(KERNEL_HEAD_SIZE, 1);
	got = fread(head, 1, KERNEL_HEAD_SIZE, file);
	fclose(file);
	buffer_printer_init(&why, text, sizeof(text));
	if (got != (size < KERNEL_HEAD_SIZE ? size : KERNEL_HEAD_SIZE))
		result = refuse("%s: its first %d bytes could not be read", path, KERNEL_HEAD_SIZE);
	else
		result = kernel_image_parse(head, got, size, kernel, &why.printer) ? loader_refuses(path, text) : EXIT_FINE;
	free(head);
	return result;
}

/* The file of an option initrd=, below the root. */
static int add_initrd(struct arguments *arguments, const struct linux_initrd *initrd)
{
	size_t size = initrd->length + (arguments->root ? strlen(arguments->root) : 0) + sizeof("/");
	char *path;

	if (initrd->length == 0)
		return loader_refuses("--cmdline", "an option initrd= has no path; needed: one, such as initrd=\\initrd.img");
	if (arguments->initrd_count == PLAN_INITRDS_MAX)
		return refuse("more than %d initrds, with those of --cmdline; needed: at most that many", PLAN_INITRDS_MAX);
	if (!arguments->root)
		return refuse("--cmdline has initrd=%.*s; needed: --root FOLDER, the root of the volume that it is on",
			      (int)initrd->length, initrd->name);
	path = allocate(size, 1);
	snprintf(path, size, "%s/%.*s", arguments->root, (int)initrd->length, initrd->name);
	for (char *c = path + strlen(arguments->root); *c; c++)
		if (*c == '\\')
			*c = '/';
	for (size_t i = 0; i < PLAN_INITRDS_MAX; i++)
		if (!arguments->option_initrds[i]) {
			arguments->option_initrds[i] = path;
			break;
		}
	arguments->initrds[arguments->initrd_count++] = path;
	return EXIT_FINE;
}

/* What the loader does about the options of Linux's EFI stub. */
static int take_options(struct arguments *arguments, const struct kernel_image *kernel)
{
	const char *at = arguments->command_line;
	struct linux_options options;
	struct linux_initrd initrd;
	struct buffer_printer why;
	int status = EXIT_FINE;
	char text[64];

	if (!kernel_is_linux(kernel))
		return EXIT_FINE;
	linux_options_read(at, &options);
	buffer_printer_init(&why, text, sizeof(text));
	if (options.memory_encryption && kernel->format == KERNEL_PREPARED)
		return loader_refuses(arguments->kernel, "mem_encrypt=on needs a bzImage, whose own code passes it on");
	if (linux_options_need_stub(at, &why.printer)) {
		refuse("%s: there is no plan: %s is for the kernel's own EFI stub, and %s", arguments->kernel, text,
		       kernel->format == KERNEL_BZIMAGE ? "the loader starts it instead" :
							  "this is not a bzImage, which would have one");
		return EXIT_FINDINGS;
	}
	if (options.screen.wish != SCREEN_KEEP)
		fprintf(stderr, "mapbridge: video=efifb: which mode it means depends on the screen\n");
	if (options.no_initrd) {
		if (arguments->initrd_count)
			fprintf(stderr, "mapbridge: noinitrd: no initrd is loaded\n");
		arguments->initrd_count = 0;
		return EXIT_FINE;
	}
	while (status == EXIT_FINE && linux_initrd_next(&at, &initrd))
		status = add_initrd(arguments, &initrd);
	return status;
}

static int read_sizes(const struct arguments *arguments, uint64_t *sizes)
{
	for (size_t i = 0; i < arguments->initrd_count; i++) {
		FILE *file = open_file(arguments->initrds[i], &sizes[i]);

		if (!file)
			return EXIT_REFUSED;
		fclose(file);
	}
	return EXIT_FINE;
}

static int make_plan(const struct arguments *arguments, const struct plan_machine *machine, struct boot_request *request)
{
	size_t count = efi_memmap_count(request->map) + (request->attributes ? efi_memmap_count(request->attributes) : 0);
	size_t scratch_size = boot_plan_scratch_size(count);
	struct placements placements;
	struct buffer_printer why;
	char text[600];
	struct boot_plan *plan = allocate(1, sizeof(*plan));
	void *scratch = scratch_size == SIZE_MAX ? NULL : malloc(scratch_size);
	int status = EXIT_FINE;

	placements_init(&placements);
	request->listener = &placements.listener;
	buffer_printer_init(&why, text, sizeof(text));
	if (!scratch) {
		status = refuse("no memory to plan with %zu descriptors", count);
	} else if (boot_plan_make(request, plan, scratch, scratch_size, &why.printer)) {
		status = loader_refuses(arguments->kernel, text);
	} else {
		boot_plan_print(plan, &standard_output);
		if (!arguments->brief) {
			putchar('\n');
			plan_machine_print(machine, &arguments->wishes, kernel_is_linux(request->kernel), &standard_output);
			plan_report(&(struct plan_names){ arguments->kernel, arguments->initrds }, machine, request, plan,
				    &placements, &standard_output);
		}
	}
	free(scratch);
	free(plan);
	return status;
}

static int plan(struct arguments *arguments)
{
	struct kernel_image *kernel = allocate(1, sizeof(*kernel));
	uint64_t sizes[PLAN_INITRDS_MAX];
	struct plan_machine machine;
	struct boot_request request = { .kernel = kernel, .command_line = arguments->command_line, .initrd_sizes = sizes };
	int status = read_kernel(arguments->kernel, kernel);

	if (status == EXIT_FINE)
		status = take_options(arguments, kernel);
	if (status == EXIT_FINE)
		status = read_sizes(arguments, sizes);
	request.initrd_count = arguments->initrd_count;
	if (status == EXIT_FINE && !plan_machine_open(&machine, arguments->map, &arguments->wishes))
		status = EXIT_REFUSED;
	else if (status == EXIT_FINE) {
		plan_machine_request(&machine, kernel_is_linux(kernel), kernel->format == KERNEL_PREPARED, &request);
		status = make_plan(arguments, &machine, &request);
		plan_machine_close(&machine);
	}
	free(kernel);
	return status;
}

int plan_run(int argc, char **argv)
{
	struct arguments arguments = { .command_line = "" };
	int option, status = EXIT_FINE;

	while (status == EXIT_FINE && (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_FINE;
		}
		status = take_option(option, &arguments);
	}
	if (status == EXIT_FINE)
		status = check_arguments(&arguments, argc - optind, argv + optind);
	if (status == EXIT_FINE)
		status = plan(&arguments);
	for (size_t i = 0; i < PLAN_INITRDS_MAX; i++)
		free(arguments.option_initrds[i]);
	return status;
}
