/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An input of a fuzz target may take this much processor time. libFuzzer's own -timeout counts wall time, which a busy
 * machine uses up. The linker puts this between libFuzzer and the target (--wrap=LLVMFuzzerTestOneInput).
 */
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#define INPUT_SECONDS 10

int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libFuzzer keeps the input of a target that aborts. */
static void stop(int number)
{
	static const char text[] = "the input takes more than 10 s of processor time\n";

	(void)number;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(1);
	abort();
}

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct itimerval limit = { .it_value = { .tv_sec = INPUT_SECONDS } }, none = { .it_value = { .tv_sec = 0 } };
	int result;

	signal(SIGPROF, stop);
	setitimer(ITIMER_PROF, &limit, NULL);
	result = __real_LLVMFuzzerTestOneInput(data, size);
	setitimer(ITIMER_PROF, &none, NULL);
	return result;
}
