/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * EFI maps: where the log of the same boot can be compared, the e820 map that Linux printed; always, that no byte is
 * lost.
 */
#include "corpus.h"

#include <stdio.h>
#include <string.h>

/* Whether pairs.tsv says that Linux's stub made the e820 map of the same log; if not, why. */
static bool is_comparable(const char *id, const char *name)
{
	void *pairs = open_table(".", "pairs", ".tsv");
	char *fields[6];
	bool comparable = false;

	while (pairs && next_row(pairs, fields, 6) == 6) {
		if (strcmp(fields[0], id) != 0)
			continue;
		comparable = strcmp(fields[4], "yes") == 0;
		if (!comparable)
			printf("not comparable: %s %s: its e820 map was not made by the rule of Linux's stub (%s)\n",
			       id, name, fields[5]);
	}
	if (pairs)
		close_table(pairs);
	return comparable;
}

static void replay_under(const char *id, const struct efi_memmap *map, enum e820_policy policy)
{
	static struct e820_entry entries[2 * MAX_MAP];
	static struct efi_trace trace[MAX_MAP];
	struct e820_table table = { entries, 2 * MAX_MAP, 0 };

	verdict(convert(map, policy, &table, trace), id, "converts");
	verdict(conserves_bytes(map, &table), id, "conserves bytes");
	verdict(traces_are_sound(map, policy, &table, trace), id, "explains every descriptor and every entry");
	verdict(converts_to_the_same_when_shuffled(map, policy, &table), id, "converts to the same when shuffled");
}

bool replay_efi_map(const char *id, const char *name, bool *compared)
{
	static unsigned char buffer[MAX_MAP * MAX_STRIDE];
	static struct e820_entry entries[2 * MAX_MAP], logged_entries[MAX_MAP];
	struct e820_table table = { entries, 2 * MAX_MAP, 0 }, logged = { logged_entries, MAX_MAP, 0 };
	struct efi_memmap map = read_efi_map(id, buffer);

	*compared = false;
	if (map.size == 0)
		return false;
	replay_under(id, &map, E820_POLICY_ACPI);
	replay_under(id, &map, E820_POLICY_LINUX);
	*compared = is_comparable(id, name);
	if (!*compared)
		return true;
	verdict(read_e820_map(id, NULL, &logged) && convert(&map, E820_POLICY_LINUX, &table, NULL) &&
			same_tables(&table, &logged),
		id, "converts to the e820 map that Linux printed");
	return true;
}
