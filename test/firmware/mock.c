/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of the application on the mock firmware. */
#define _GNU_SOURCE
#include "mock.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

struct mock mock;
static sigjmp_buf back;

EFI_STATUS EFIAPI efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *system);

static void add_problem(const char *format, va_list list)
{
	struct result *result = mock.result;
	size_t room = PROBLEMS_SIZE - result->problems_used;
	int length = vsnprintf(result->problems + result->problems_used, room, format, list);

	if (length >= 0 && (size_t)length + 1 < room) {
		result->problems_used += (size_t)length;
		result->problems[result->problems_used++] = '\n';
	}
}

void problem(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	add_problem(format, list);
	va_end(list);
}

void fatal(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	add_problem(format, list);
	va_end(list);
	end_run(ENDED_NOT);
}

void end_run(enum ending ending)
{
	mock.result->ending = ending;
	siglongjmp(back, 1);
}

static void set_up(void)
{
	memory_setup();
	tables_setup();
	disk_setup();
	file_systems_setup();
	screens_setup();
	devices_setup();
	console_setup();
	images_setup();
	cpu_setup();
}

static void check_returned(void)
{
	if (!mock.stuck) {
		memory_check_leaks();
		tables_check_leaks();
	}
	handles_check_leaks();
	files_check_leaks();
	images_check_leaks();
	if (mock.phase != PHASE_BOOT)
		problem("it returned after ExitBootServices was called");
	watchdog_check("it returns");
}

void mock_run(const struct scenario *scenario, const struct injection *injection, struct result *result)
{
	mock = (struct mock){ .scenario = scenario, .injection = *injection, .result = result, .watchdog = 300 };
	if (sigsetjmp(back, 1) == 0) {
		set_up();
		mock.stack = (uint64_t)(uintptr_t)__builtin_frame_address(0);
		mock.in_application = true;

		EFI_STATUS status = efi_main(mock.image, mock.system);

		mock.result->status = status;
		mock.result->ending = ENDED_RETURNED;
	}
	mock.in_application = false;
	mock.injection = (struct injection){ 0 };
	if (sigsetjmp(back, 1) == 0) {
		if (mock.result->ending == ENDED_RETURNED)
			check_returned();
		if (mock.result->ending == ENDED_JUMPED && scenario->flip_count)
			result->handed_over = memory_digest();
		if (mock.result->ending == ENDED_JUMPED && !scenario->flipped)
			handoff_check();
	}
	variables_check();
	if (mock.result->ending == ENDED_RESET && mock.phase == PHASE_BOOT)
		problem("the machine is reset although the firmware would have gone on");
	mock.result->console[mock.result->console_used] = '\0';
}
