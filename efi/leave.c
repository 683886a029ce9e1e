/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way out of boot services. Between the last GetMemoryMap and ExitBootServices nothing is called; after a first
 * failure nothing but these two is sure to work (UEFI 2.10, section 7.4.6).
 */
#include "firmware.h"

/* Real firmware needed two or three; a map that still changes after this many never settles. */
#define EXIT_TRIES_MAX 32

#define STACK_WIPED 32768

struct attempt {
	struct efi_memmap map;
	uint32_t tries;
};

static EFI_STATUS try_exit(const struct boot_plan *plan, struct attempt *attempt)
{
	void *buffer = (void *)(uintptr_t)plan->block.efi_memmap;
	UINTN size = plan->block.efi_memmap_size, key, stride = sizeof(struct efi_memory_desc);
	UINT32 version = 0;
	EFI_STATUS status = fw.boot->GetMemoryMap(&size, buffer, &key, &stride, &version);

	if (EFI_ERROR(status))
		return status;
	attempt->tries++;
	status = fw.boot->ExitBootServices(fw.image, key);
	if (!EFI_ERROR(status))
		attempt->map = (struct efi_memmap){ buffer, size, stride, version };
	return status;
}

/* Where plans were made and numbers were drawn; UEFI has 128 KiB (2.10, section 2.3.4), and little of it is in use here. */
static __attribute__((noinline)) void wipe_stack(void)
{
	uint8_t below[STACK_WIPED];

	wipe(below, sizeof(below));
}

/* The kernel is to find nothing of what was decided but what it is told. */
static __attribute__((noreturn)) void enter_stub(const struct boot_departure *departure)
{
	uint64_t stub = departure->plan->stub, parameters = departure->plan->stub_parameters;

	wipe(departure->scratch, departure->scratch_size);
	wipe(departure->state, departure->state_size);
	wipe_stack();
	__asm__ volatile("cli; jmp *%0" : : "r"(stub), "D"(parameters) : "memory");
	__builtin_unreachable();
}

EFI_STATUS leave(const struct boot_departure *departure)
{
	const struct boot_plan *plan = departure->plan;
	struct attempt attempt = { .tries = 0 };
	struct boot_exit exit = { .printed_crc32 = departure->printed_crc32 };
	EFI_STATUS status = EFI_ABORTED;

	for (unsigned i = 0; i < EXIT_TRIES_MAX; i++) {
		status = try_exit(plan, &attempt);
		if (!EFI_ERROR(status) || attempt.tries == 0)
			break;
	}
	if (attempt.tries == 0)
		return status;
	if (!EFI_ERROR(status)) {
		__asm__ volatile("cli");
		exit.tries = attempt.tries;
		if (boot_handoff_finish(plan, departure->facts, &exit, &departure->block, &attempt.map, departure->scratch,
					departure->scratch_size) == 0)
			enter_stub(departure);
	}
	/* Half shut down, with neither console nor drivers to rely on: only a reset leads back to the firmware. */
	fw.runtime->ResetSystem(EfiResetCold, status, 0, NULL);
	for (;;)
		__asm__ volatile("cli; hlt");
}
