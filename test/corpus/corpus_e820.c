/* SPDX-License-Identifier: BSD-2-Clause */
/* e820 maps as Linux printed them: sanitising finds them again, and printing them gives the log's own lines. */
#include "corpus.h"

#include <mm/e820_options.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned user_maps;

static bool update(struct e820_table *table)
{
	size_t size = e820_update_scratch_size(table->nr_entries), clipped;
	void *scratch = malloc(size ? size : 1);
	int result = e820_update_table(table, scratch, size, &clipped);

	free(scratch);
	return result == 0 && clipped == 0;
}

static bool is_sanitised(const struct e820_table *table)
{
	for (size_t i = 0; i < table->nr_entries; i++) {
		uint64_t end;

		if (table->entries[i].size == 0 ||
		    __builtin_add_overflow(table->entries[i].addr, table->entries[i].size, &end) ||
		    (i > 0 && table->entries[i - 1].addr + table->entries[i - 1].size > table->entries[i].addr))
			return false;
	}
	return true;
}

/* Whether each printed line is a line of the log as it was found. */
static bool log_has_lines(const char *id, const char *name, char *text)
{
	char *fields[1];
	bool all = true;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		void *log = open_log(id, name);
		bool found = false;

		while (log && !found && next_row(log, fields, 1))
			found = strstr(fields[0], line) != NULL;
		if (log)
			close_table(log);
		if (!found)
			printf("  not in the log: %s\n", line);
		all &= found;
	}
	return all;
}

/* Before 3.4 Linux printed another form, since 6.19 it prints other words; those logs cannot be compared. */
static bool log_has_todays_form(const char *id, const char *name)
{
	void *log = open_log(id, name);
	char *fields[1];
	bool form = false;

	while (log && next_row(log, fields, 1))
		form |= strstr(fields[0], "BIOS-e820: [mem 0x") && strstr(fields[0], "] usable");
	if (log)
		close_table(log);
	if (!form)
		printf("printed form not comparable: %s %s: no line in the form of Linux 3.4 to 6.18\n", id, name);
	return form;
}

/*
 * What user.tsv says of a machine, or "": options of its log and how they fit, and whether the marked map merges
 * back.
 */
static void read_result(const char *id, char *result, size_t size)
{
	void *results = open_table(".", "user", ".tsv");
	char *fields[3];

	*result = '\0';
	while (results && next_row(results, fields, 3) == 3)
		if (strcmp(fields[0], id) == 0)
			snprintf(result, size, "%s", fields[2]);
	if (results)
		close_table(results);
}

/* Linux marks setup_data by a type that prints like RAM: merged again, it is the map that the loader gave. */
static void replay_extended(const char *id, const char *name, const struct e820_table *logged, const char *result)
{
	static struct e820_entry entries[2 * MAX_MAP];
	struct e820_table table = { entries, 2 * MAX_MAP, 0 };

	if (!read_e820_map(id, "reserve setup_data", &table) || table.nr_entries == 0)
		return;
	if (strstr(result, "extended merges back to the map: yes"))
		verdict(update(&table) && same_tables(&table, logged), id, "is found again from the extended map");
	else
		printf("not comparable: %s %s: its extended map was changed by an option as well\n", id, name);
}

/* The memory options of the log, applied to the loader's map, give the map that Linux calls user-defined. */
static void replay_options(const char *id, const char *name, const struct e820_table *logged, char *result)
{
	static struct e820_entry entries[2 * MAX_MAP], user_entries[2 * MAX_MAP];
	struct e820_table table = { entries, 2 * MAX_MAP, logged->nr_entries }, user = { user_entries, 2 * MAX_MAP, 0 };
	char *options = strstr(result, "user["), *end = options ? strstr(options, "]: match") : NULL;
	size_t applied;

	if (!options)
		return;
	if (!end) {
		printf("not comparable: %s %s: its options do not account for its user-defined map: %.40s\n", id, name,
		       result);
		return;
	}
	options += strlen("user[");
	*end = '\0';
	memcpy(entries, logged->entries, logged->nr_entries * sizeof(entries[0]));
	verdict(read_e820_map(id, "user", &user) && user.nr_entries &&
			e820_apply_command_line(&table, options, &applied, NULL) == 0 && applied && update(&table) &&
			same_tables(&table, &user),
		id, "gives the user-defined map by the options of the log");
	user_maps++;
}

bool replay_e820_map(const char *id, const char *name)
{
	static struct e820_entry entries[2 * MAX_MAP], logged_entries[2 * MAX_MAP];
	static char text[MAX_MAP * 100];
	struct e820_table table = { entries, 2 * MAX_MAP, 0 }, logged = { logged_entries, 2 * MAX_MAP, 0 };
	struct buffer_printer out;
	char result[1000];

	if (!read_e820_map(id, NULL, &logged))
		return false;
	if (!is_sanitised(&logged)) {
		printf("not comparable: %s %s: the printed map overlaps or is not in order\n", id, name);
		return false;
	}
	memcpy(entries, logged_entries, sizeof(entries));
	table.nr_entries = logged.nr_entries;
	verdict(update(&table) && same_tables(&table, &logged), id, "is sanitised already");
	shuffle(entries, table.nr_entries, sizeof(entries[0]));
	verdict(update(&table) && same_tables(&table, &logged), id, "is found again after a shuffle");

	read_result(id, result, sizeof(result));
	replay_extended(id, name, &logged, result);
	replay_options(id, name, &logged, result);
	if (!log_has_todays_form(id, name))
		return true;
	buffer_printer_init(&out, text, sizeof(text));
	e820_print_table(&logged, "BIOS-e820", &out.printer);
	verdict(out.length < sizeof(text) && log_has_lines(id, name, text), id, "is printed as in the log");
	return true;
}
