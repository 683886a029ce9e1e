/* SPDX-License-Identifier: BSD-2-Clause */
/* The events that go into the TPM's log, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <loader/tpm_event.h>

static void an_event(void **state)
{
	static const uint8_t expected[] = { 22, 0, 0, 0, 14, 0, 0, 0, 1, 0, 12, 0, 0, 0, 13, 0, 0, 0, 'a', 0, 0, 0 };
	uint8_t event[22];

	(void)state;
	assert_int_equal(tpm_event_size(4), sizeof(event));
	assert_int_equal(tpm_event_size(0), 18);
	assert_int_equal(tpm_event_size(UINT32_MAX - 18), UINT32_MAX);
	assert_int_equal(tpm_event_size(UINT32_MAX - 17), 0);
	assert_int_equal(tpm_event_size(SIZE_MAX), 0);
	tpm_event_write((struct tpm_event *)event, TPM_PCR_COMMAND_LINE, TPM_EV_IPL, "a\0\0", 4);
	assert_memory_equal(event, expected, sizeof(expected));
}

/* As Linux's stub writes them: tag, size, and the text with its NUL. */
static void tagged_events(void **state)
{
	static const uint8_t initrd[] = "\xec\x22\x3b\x8f\x0d\0\0\0Linux initrd";
	static const uint8_t options[] = "\xed\x22\x3b\x8f\x1a\0\0\0LOADED_IMAGE::LoadOptions";
	uint8_t tag[TPM_TAG_MAX];

	(void)state;
	assert_int_equal(tpm_tag_write(tag, TPM_TAG_INITRD), sizeof(initrd));
	assert_memory_equal(tag, initrd, sizeof(initrd));
	assert_int_equal(tpm_tag_write(tag, TPM_TAG_LOAD_OPTIONS), sizeof(options));
	assert_memory_equal(tag, options, sizeof(options));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event),
		cmocka_unit_test(tagged_events),
	};

	return cmocka_run_group_tests_name("tpm_event", tests, NULL, NULL);
}
