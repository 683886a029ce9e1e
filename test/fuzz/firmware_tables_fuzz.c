/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as what firmware and disks hand over in tables of their own: the first byte says as which of them.
 */
#define _GNU_SOURCE /* memmem, MAP_ANONYMOUS */
#include <sys/mman.h>

#include <loader/gpt.h>
#include <loader/screen.h>
#include <loader/smbios.h>
#include <loader/tpm_event_log.h>

#include "fuzz.h"

/* A block with a GPT header, and behind it the entries; first the type that is looked for. */
static void read_gpt(const uint8_t *data, size_t size)
{
	uint8_t unique[GPT_GUID_SIZE], *block, *entries;
	size_t block_size, entries_size;
	struct gpt gpt;

	if (size < GPT_GUID_SIZE)
		return;
	block_size = size - GPT_GUID_SIZE < 512 ? size - GPT_GUID_SIZE : 512;
	entries_size = size - GPT_GUID_SIZE - block_size;
	block = exact_copy(data + GPT_GUID_SIZE, block_size);
	entries = exact_copy(data + GPT_GUID_SIZE + block_size, entries_size);
	if (gpt_header_parse(block, block_size, &gpt)) {
		CHECK(gpt.entry_size >= 128 && (uint64_t)gpt.entry_count * gpt.entry_size <= GPT_ENTRIES_MAX);
		if (gpt_find_type(&gpt, entries, entries_size, data, unique)) {
			const uint8_t *found = memmem(entries, entries_size, data, GPT_GUID_SIZE);

			CHECK(found && entries_size >= gpt.entry_size);
		}
	}
	free(entries);
	free(block);
}

/* A mode of the Graphics Output Protocol: what is described lies inside the numbers' limits. */
static void read_screen(const uint8_t *data, size_t size)
{
	static const struct screen_info none;
	struct screen_mode mode;
	struct screen_info screen;

	if (size < sizeof(mode))
		return;
	memcpy(&mode, data, sizeof(mode));
	mode.format %= 5;
	/* most widths are too large, and most lines shorter than that */
	mode.width &= data[0] & 1 ? 0xfff : UINT32_MAX;
	mode.pixels_per_line = data[0] & 2 ? mode.width + (mode.pixels_per_line & 0xff) : mode.pixels_per_line;
	mode.height &= data[0] & 4 ? 0xfff : UINT32_MAX;
	if (!screen_info_from_mode(&mode, &screen)) {
		CHECK(memcmp(&screen, &none, sizeof(screen)) == 0);
		return;
	}
	CHECK(screen.lfb_width == mode.width && screen.lfb_height == mode.height);
	CHECK(screen.lfb_base == (uint32_t)mode.framebuffer && screen.ext_lfb_base == mode.framebuffer >> 32);
	CHECK(screen.lfb_size == (uint64_t)screen.lfb_linelength * screen.lfb_height && screen.lfb_size > 0);
	CHECK(screen.lfb_linelength >= screen.lfb_width && screen.orig_video_isVGA == VIDEO_TYPE_EFI);
	CHECK(screen.lfb_depth == screen.red_size + screen.green_size + screen.blue_size + screen.rsvd_size);
}

static void check_names(const uint8_t *data, size_t size)
{
	uint8_t *table = exact_copy(data, size);
	struct smbios_names names;

	memset(&names, 0xa5, sizeof(names));
	smbios_names_read(table, size, &names);
	for (unsigned i = 0; i < SMBIOS_NAMES; i++) {
		const char *end = memchr(names.text[i], '\0', SMBIOS_TEXT_SIZE);
		size_t length = end ? (size_t)(end - names.text[i]) : SMBIOS_TEXT_SIZE;

		CHECK(end && (length == 0 || names.text[i][length - 1] != ' '));
		for (size_t n = 0; n < length; n++)
			CHECK(names.text[i][n] >= ' ' && names.text[i][n] <= '~');
	}
	free(table);
}

/* With the right checksum, which the fuzzer would never find. */
static void check_entry(const uint8_t *data, size_t size, size_t sum_at, bool (*parse)(const uint8_t *, struct smbios_table *))
{
	uint8_t *entry = exact_copy(data, size);
	struct smbios_table table;
	uint8_t sum = 0;

	entry[sum_at] = 0;
	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + entry[i]);
	entry[sum_at] = (uint8_t)-sum;
	CHECK(!parse(entry, &table) || table.base != 0);
	free(entry);
}

/* SMBIOS structures, and an entry point: names are short, printable, and nothing else is read. */
static void read_smbios(const uint8_t *data, size_t size)
{
	check_names(data, size);
	if (size >= SMBIOS_ENTRY2_SIZE)
		check_entry(data, SMBIOS_ENTRY2_SIZE, 4, smbios_entry2_parse);
	if (size >= SMBIOS_ENTRY3_SIZE)
		check_entry(data, SMBIOS_ENTRY3_SIZE, 5, smbios_entry3_parse);
}

/* Memory of exactly the parser's limit, nothing mapped behind. Zeros behind the input would be a million empty events. */
static uint8_t *limited(uint8_t **memory, size_t *used, const uint8_t *data, size_t size)
{
	if (!*memory) {
		*memory = mmap(NULL, TPM_LOG_SIZE_MAX + MM_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CHECK(*memory != MAP_FAILED && mprotect(*memory + TPM_LOG_SIZE_MAX, MM_PAGE_SIZE, PROT_NONE) == 0);
		*used = TPM_LOG_SIZE_MAX;
	}
	memset(*memory, 0xff, *used);
	if (size)
		memcpy(*memory, data, size);
	*used = size;
	return *memory;
}

/*
 * A TPM event log and the table of final events. First 4 bytes: where the last event begins; 4: the length of the log, the
 * rest is the table. Nothing tells the parser where memory ends, so that its own limit lies behind.
 */
static void read_event_log(const uint8_t *data, size_t size)
{
	static uint8_t *log_memory, *table_memory;
	static size_t log_used, table_used;
	uint32_t numbers[2];
	uint8_t *log, *table;
	uint64_t bytes;

	if (size < sizeof(numbers))
		return;
	memcpy(numbers, data, sizeof(numbers));
	data += sizeof(numbers);
	size -= sizeof(numbers);
	numbers[1] = numbers[1] < size ? numbers[1] : (uint32_t)size;
	log = limited(&log_memory, &log_used, data, numbers[1]);
	table = limited(&table_memory, &table_used, data + numbers[1], size - numbers[1]);
	for (uint32_t format = TPM_LOG_FORMAT_1_2; format <= TPM_LOG_FORMAT_2; format++) {
		int error = tpm_log_size(format, log, numbers[0], &bytes);

		CHECK(error == MM_EINVAL || (error == 0 && bytes > numbers[0] && bytes <= TPM_LOG_SIZE_MAX));
	}
	if (tpm_final_events_size(table, log, &bytes) == 0)
		CHECK(bytes <= TPM_LOG_SIZE_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const uint8_t *data, size_t size) = { read_gpt, read_screen, read_smbios, read_event_log };

	if (size > 0)
		readers[data[0] % MM_ARRAY_COUNT(readers)](data + 1, size - 1);
	return 0;
}
