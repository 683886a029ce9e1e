/* SPDX-License-Identifier: BSD-2-Clause */
/* Prepared kernels: what is checked of the file, of the bzImage that it was made from, and of the machine. */
#include "firmware.h"

#include <loader/prepared.h>
#include <mm/command_line.h>

#define CHUNK (UINT64_C(1) << 20)
#define XLF_5LEVEL_ENABLED 0x40
#define CPUID_FEATURES 7
#define CPUID_LA57 (UINT32_C(1) << 16) /* ECX */
#define CPUID_HYPERVISOR_TDX 0x21
#define CPUID_SEV 0x8000001f
#define MSR_SEV_STATUS 0xc0010131

EFI_STATUS prepared_read_head(struct file *file, const struct kernel_image *image, const uint8_t *start, size_t size,
			      struct prepared_header **head)
{
	const struct prepared_header *header = (const void *)start;
	uint8_t *whole = pool_allocate(header->head_size, file->path);
	EFI_STATUS status = EFI_SUCCESS;
	struct buffer_printer why;
	char text[300];

	if (!whole)
		return EFI_OUT_OF_RESOURCES;
	if (size > header->head_size)
		size = header->head_size;
	memcpy(whole, start, size);
	if (size < header->head_size)
		status = file_read(file, size, header->head_size - size, whole + size);
	buffer_printer_init(&why, text, sizeof(text));
	if (!EFI_ERROR(status) && prepared_check_head(image, (const void *)whole, &why.printer)) {
		print(refuse(file->path), "%s\n", text);
		status = EFI_CRC_ERROR;
	}
	if (EFI_ERROR(status))
		pool_free(whole);
	else
		*head = (struct prepared_header *)whole;
	return status;
}

static EFI_STATUS refuse_source(const struct file *file, const char *source, const char *what)
{
	print(refuse(file->path), "stale: made from another kernel than %s (%s differs); prepare the kernel again "
	      "(mapbridge prepare)\n", source, what);
	return EFI_INCOMPATIBLE_VERSION;
}

static EFI_STATUS compare_setup(const struct prepared_header *head, const struct file *file, struct file *source)
{
	uint32_t size = head->source_setup_size;
	uint8_t *setup;
	EFI_STATUS status;

	if (source->size != head->source_size || size > source->size || size > KERNEL_HEAD_SIZE)
		return refuse_source(file, source->path, "its size");
	setup = pool_allocate(size + 1, source->path);
	if (!setup)
		return EFI_OUT_OF_RESOURCES;
	status = file_read(source, 0, size, setup);
	if (!EFI_ERROR(status) && xxh64(setup, size) != head->source_setup_digest)
		status = refuse_source(file, source->path, "its setup code");
	pool_free(setup);
	return status;
}

static EFI_STATUS compare_all(const struct prepared_header *head, const struct file *file, struct file *source)
{
	uint8_t *chunk = pool_allocate(CHUNK, source->path), digest[SHA256_SIZE];
	EFI_STATUS status = chunk ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
	struct sha256 sha;

	sha256_start(&sha);
	for (uint64_t done = 0, size; done < source->size && !EFI_ERROR(status); done += size) {
		size = source->size - done < CHUNK ? source->size - done : CHUNK;
		status = file_read(source, done, size, chunk);
		if (!EFI_ERROR(status))
			sha256_add(&sha, chunk, size);
	}
	sha256_finish(&sha, digest);
	if (!EFI_ERROR(status) && __builtin_memcmp(digest, head->source_digest, SHA256_SIZE))
		status = refuse_source(file, source->path, "its SHA-256");
	pool_free(chunk);
	return status;
}

EFI_STATUS prepared_check_source(const struct prepared_header *head, const struct file *file, const char *source_path,
				 const char *user, bool whole)
{
	struct file source = { .handle = NULL };
	EFI_STATUS status = file_open(source_path, user, &source);

	if (!EFI_ERROR(status))
		status = compare_setup(head, file, &source);
	if (!EFI_ERROR(status) && whole)
		status = compare_all(head, file, &source);
	file_close(&source);
	return status;
}

EFI_STATUS prepared_check_content(const struct prepared_header *head, const struct file *file, const struct boot_plan *plan)
{
	uint8_t digest[SHA256_SIZE];
	struct sha256 sha;

	prepared_digest_start(head, &sha);
	for (size_t i = 0; i < plan->load_count; i++)
		if (plan->loads[i].file == 0) /* in the file's order, because that is the memory's */
			sha256_add(&sha, (const void *)(uintptr_t)plan->loads[i].to, plan->loads[i].size);
	sha256_finish(&sha, digest);
	if (__builtin_memcmp(digest, head->file_digest, SHA256_SIZE) == 0)
		return EFI_SUCCESS;
	print(refuse(file->path), "altered: its content has another SHA-256 than its header says; copy it again, or prepare the kernel "
	      "again (mapbridge prepare)\n");
	return EFI_CRC_ERROR;
}

const char *machine_encryption(void)
{
	struct cpuid is;
	uint32_t low, high;

	if (machine_cpuid(0).a >= CPUID_HYPERVISOR_TDX) {
		is = machine_cpuid(CPUID_HYPERVISOR_TDX);
		if (is.b == 0x65746e49 && is.d == 0x5844546c && is.c == 0x20202020) /* "IntelTDX    " */
			return "a TDX guest";
	}
	if (machine_cpuid(0x80000000).a >= CPUID_SEV && machine_cpuid(CPUID_SEV).a & 2) { /* the MSR is there */
		__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_SEV_STATUS));
		if (low & 1)
			return "an SEV guest";
	}
	return NULL;
}

EFI_STATUS prepared_check_machine(const struct file *file)
{
	const char *guest = machine_encryption();

	if (!guest)
		return EFI_SUCCESS;
	print(refuse(file->path), "this machine is %s, where only the bzImage's own code can start; needed: the bzImage\n", guest);
	return EFI_UNSUPPORTED;
}

static bool has_la57(void)
{
	return machine_cpuid(0).a >= CPUID_FEATURES && machine_cpuid(CPUID_FEATURES).c & CPUID_LA57;
}

void prepared_choose_levels(struct boot_request *request)
{
	unsigned levels = (request->kernel->header.xloadflags & XLF_5LEVEL_ENABLED) && has_la57() &&
			  !command_line_has_flag(request->command_line, "no5lvl") ? 5 : 4;

	request->change_levels = levels != request->paging.levels;
	request->paging.levels = levels;
}
