/* SPDX-License-Identifier: BSD-2-Clause */
/* The order of the list, what a pattern finds in it, and what entries are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <loader/bls_sort.h>

#define MAX 16

static struct bls_file *new_file(const char *name, const char *text)
{
	struct bls_entry entry;
	struct bls_file *file;
	char whole[300];
	void *memory;

	snprintf(whole, sizeof(whole), "linux /k\n%s", text);
	assert_int_equal(bls_entry_parse(whole, strlen(whole), &entry, NULL, NULL), 0);
	memory = malloc(bls_file_size(&entry, strlen(whole)));
	assert_non_null(memory);
	file = bls_file_make(memory, name, 0, &entry, whole, strlen(whole));
	assert_ptr_equal(file, memory);
	assert_null(file->entry);
	assert_int_equal(file->text_size, strlen(whole));
	assert_memory_equal(file->text, whole, strlen(whole));
	return file;
}

struct named {
	const char *name, *text;
};

/* Sorts them from every rotation, forwards and backwards: the order they are given in is the one that must come out. */
static void expect_order(const struct named *expected, size_t count)
{
	struct bls_file *files[MAX];

	assert_true(count <= MAX);
	for (size_t turn = 0; turn < 2 * count; turn++) {
		for (size_t i = 0; i < count; i++) {
			size_t from = turn < count ? (i + turn) % count : (2 * count - 1 - i + turn) % count;

			files[i] = new_file(expected[from].name, expected[from].text);
		}
		bls_files_sort(files, count);
		for (size_t i = 0; i < count; i++) {
			if (strcmp(files[i]->name, expected[i].name) != 0)
				fail_msg("turn %zu, place %zu: %s instead of %s", turn, i, files[i]->name,
					 expected[i].name);
			for (size_t j = i + 1; j < count; j++) {
				assert_true(bls_file_compare(files[i], files[j]) < 0);
				assert_true(bls_file_compare(files[j], files[i]) > 0);
			}
		}
		for (size_t i = 0; i < count; i++)
			free(files[i]);
	}
}

#define EXPECT_ORDER(...)                                                                                              \
	do {                                                                                                           \
		const struct named list_[] = { __VA_ARGS__ };                                                          \
		expect_order(list_, MM_ARRAY_COUNT(list_));                                                            \
	} while (0)

static void sort_key_then_machine_then_newest_version(void **state)
{
	(void)state;
	EXPECT_ORDER({ "z.conf", "sort-key arch\nversion 1\n" }, { "y.conf", "sort-key debian\nversion 10\n" },
		     { "x.conf", "sort-key debian\nversion 9\n" },
		     { "w.conf", "sort-key debian\nmachine-id a\nversion 1\n" },
		     { "v.conf", "sort-key debian\nmachine-id b\nversion 2\n" }, { "u.conf", "sort-key debian-x\n" },
		     { "zz.conf", "version 99\n" },
		     { "c-10.conf", "version 1\ntitle A\nmachine-id a\n" }, { "c-9.conf", "version 100\n" },
		     { "b.conf", "" });
}

static void capital_letters_come_first(void **state)
{
	(void)state;
	EXPECT_ORDER({ "a.conf", "sort-key Z\n" }, { "b.conf", "sort-key a\n" }, { "c.conf", "sort-key a0\n" });
}

static void without_versions_by_name_newest_first(void **state)
{
	(void)state;
	EXPECT_ORDER({ "linux-6.10.conf", "" }, { "linux-6.9.conf", "" }, { "linux-6.9~rc1.conf", "" },
		     { "arch.conf", "" });
	EXPECT_ORDER({ "b-2.conf", "sort-key k\nversion 5\n" }, { "b-1.conf", "sort-key k\nversion 5\n" });
}

/* Also entries with a sort-key: those without tries left come after all others, and are sorted among each other. */
static void bad_entries_come_last(void **state)
{
	(void)state;
	EXPECT_ORDER({ "n+1-2.conf", "sort-key b\n" }, { "o.conf", "" }, { "a+5.conf", "version 1\n" },
		     { "z+0-1.conf", "sort-key a\nversion 9\n" }, { "y+0.conf", "sort-key a\nversion 8\n" },
		     { "x+0-2.conf", "" });
}

/* Names that differ only in their counters: more tries left first, then fewer done. */
static void counters_are_no_part_of_the_name(void **state)
{
	(void)state;
	EXPECT_ORDER({ "b+1.conf", "" }, { "A+10.conf", "" }, { "a+3.conf", "" }, { "a+2-1.conf", "" }, { "a+2-2.conf", "" },
		     { "a.conf", "" });
	EXPECT_ORDER({ "os-6.1.2.conf", "" }, { "os-6.1+3.conf", "" }, { "os-6.0.conf", "" });
	EXPECT_ORDER({ "k+5.conf", "sort-key k\nversion 1\n" }, { "z.conf", "sort-key k\nversion 0\n" });
	/* names that are equal as versions: any order will do that is one */
	EXPECT_ORDER({ "a_+9.conf", "" }, { "a +3.conf", "" }, { "a[.conf", "" });
}

static void names_have_no_case(void **state)
{
	(void)state;
	EXPECT_ORDER({ "OS-6.11.conf", "" }, { "os-6.10.conf", "" }, { "Os-6.9.CONF", "" }, { "ALPHA.conf", "" });
	EXPECT_ORDER({ "b.conf", "sort-key k\n" }, { "A.conf", "sort-key k\n" });
}

/* Where the specification's letter and systemd-boot differ: docs/configuration.md has these. */
static void the_letter_of_the_specification(void **state)
{
	(void)state;
	EXPECT_ORDER({ "os-1.conf", "" }, { "os.conf", "" }); /* .conf is no part of the version */
	EXPECT_ORDER({ "os.beta.conf", "" }, { "os.conf", "" });
	EXPECT_ORDER({ "a.conf", "sort-key k\nversion 1.a\n" }, { "b.conf", "sort-key k\nversion 1.0\n" }); /* no digits are 0 */
}

static void missing_keys(void **state)
{
	(void)state;
	EXPECT_ORDER({ "e.conf", "sort-key k\nversion 1\n" }, { "d.conf", "sort-key k\n" }, { "c.conf", "sort-key k\n" },
		     { "b.conf", "sort-key k\nmachine-id 0\nversion 2\n" }, { "a.conf", "sort-key k\nmachine-id 0\n" },
		     { "z.conf", "machine-id 0\nversion 9\n" }, { "y.conf", "version 10\n" }, { "x.conf", "" });
}

static void volumes_break_the_last_tie(void **state)
{
	struct bls_file *a = new_file("a.conf", ""), *b = new_file("a.conf", "");

	(void)state;
	assert_int_equal(bls_file_compare(a, b), 0);
	b->volume = 1;
	assert_true(bls_file_compare(a, b) < 0);
	assert_true(bls_file_compare(b, a) > 0);
	free(a);
	free(b);
	/* names that are the same but for their case, too */
	a = new_file("b.conf", "");
	b = new_file("B.conf", "");
	b->volume = 1;
	assert_true(bls_file_compare(a, b) < 0);
	free(a);
	free(b);
}

static void find_takes_the_first_that_fits(void **state)
{
	struct bls_file *files[] = { new_file("debian-6.10+3.conf", ""), new_file("debian-6.9.conf", ""),
				     new_file("shell.conf", "") };

	(void)state;
	assert_int_equal(bls_files_find(files, 3, "debian-*"), 0);
	assert_int_equal(bls_files_find(files, 3, "debian-6.9*"), 1);
	assert_int_equal(bls_files_find(files, 3, "debian-6.10.conf"), 0); /* without the counter */
	assert_int_equal(bls_files_find(files, 3, "debian-6.10+3.conf"), 0);
	assert_int_equal(bls_files_find(files, 3, "SHELL.conf"), 2);
	assert_int_equal(bls_files_find(files, 3, "shell"), 3);
	assert_int_equal(bls_files_find(files, 3, "debian-6.10+2.conf"), 3);
	assert_int_equal(bls_files_find(files, 0, "*"), 0);
	for (size_t i = 0; i < 3; i++)
		free(files[i]);
}

static void expect_labels(struct bls_file **files, size_t count, const char *const *labels)
{
	for (size_t i = 0; i < count; i++) {
		struct buffer_printer out;
		char text[200];

		buffer_printer_init(&out, text, sizeof(text));
		bls_file_print_label(files, count, i, &out.printer);
		assert_string_equal(text, labels[i]);
	}
	for (size_t i = 0; i < count; i++)
		free(files[i]);
}

static void labels_tell_entries_apart(void **state)
{
	struct bls_file *files[] = {
		new_file("a.conf", "title Debian\nversion 1\nmachine-id x\n"),
		new_file("b.conf", "title Debian\nversion 2\n"),
		new_file("c.conf", "title Debian\nversion 2\nmachine-id y\n"),
		new_file("d.conf", "title Debian\nversion 2\nmachine-id y\n"),
		new_file("e.conf", "title Shell\nversion 7\n"), new_file("f.conf", ""),
		new_file("g.conf", "title Debian\n"),
	};
	static const char *const labels[] = { "Debian (1)", "Debian (2)", "Debian (2) (y) (c.conf)",
					      "Debian (2) (y) (d.conf)", "Shell",
					      "f.conf", "Debian" };

	(void)state;
	expect_labels(files, MM_ARRAY_COUNT(files), labels);
}

static void a_name_is_no_pattern(void **state)
{
	struct bls_file *files[3] = { new_file("linuxo.conf", ""), new_file("linux[old]+3-1.conf", ""), new_file("a+b.conf", "") };

	(void)state;
	assert_int_equal(bls_files_find(files, 3, "linux[old].conf"), 0);
	assert_int_equal(bls_files_find_name(files, 3, "Linux[old].CONF"), 1);
	assert_int_equal(bls_files_find_name(files, 3, "linux[old]+3-1.conf"), 1);
	assert_int_equal(bls_files_find_name(files, 3, "linux[old]+2-1.conf"), 3);
	assert_int_equal(bls_files_find_name(files, 3, "a+b.conf"), 2);
	assert_int_equal(bls_files_find_name(files, 3, "*.conf"), 3);
	assert_int_equal(bls_files_find_name(files, 3, "linuxo.con"), 3);
	assert_int_equal(bls_files_find_name(files, 3, "linuxo.conf2"), 3);
	assert_int_equal(bls_files_find_name(files, 3, ""), 3);
	for (size_t i = 0; i < 3; i++)
		free(files[i]);
}

/* Automatic choice, with what is known of each entry as letters: u r f s may start, b t l may not. */
static size_t next(const char *states, const char *pattern)
{
	static const char letters[] = "urfsbtl";
	struct bls_file *files[MAX] = { NULL };
	size_t count = strlen(states), index;

	assert_true(count < 10);
	for (size_t i = 0; i < count; i++) {
		const char name[] = { i % 2 ? 'b' : 'a', (char)('0' + i), '.', 'c', 'o', 'n', 'f', '\0' };

		files[i] = new_file(name, "");
		files[i]->state = (enum bls_state)(strchr(letters, states[i]) - letters);
	}
	index = bls_files_next(files, count, pattern);
	for (size_t i = 0; i < count; i++)
		free(files[i]);
	return index;
}

static void the_next_entry(void **state)
{
	(void)state;
	assert_int_equal(next("uuuu", ""), 0);
	assert_int_equal(next("busu", ""), 1);
	assert_int_equal(next("ru", ""), 0);
	assert_int_equal(next("btlf", ""), 3);
	assert_int_equal(next("btl", ""), 3);
	assert_int_equal(next("", ""), 0);
	assert_int_equal(next("uuuu", "b*"), 1);
	assert_int_equal(next("ubuu", "b*"), 3); /* the next that fits */
	assert_int_equal(next("ubub", "b*"), 0); /* none that fits is left: the first of all */
	assert_int_equal(next("bbtb", "b*"), 4);
	assert_int_equal(next("ssss", "b3.conf"), 3);
	assert_int_equal(next("sssl", "b3.conf"), 0);
	assert_int_equal(next("ssss", "gone"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_next_entry), cmocka_unit_test(a_name_is_no_pattern),
		cmocka_unit_test(sort_key_then_machine_then_newest_version),
		cmocka_unit_test(capital_letters_come_first),
		cmocka_unit_test(without_versions_by_name_newest_first),
		cmocka_unit_test(bad_entries_come_last),
		cmocka_unit_test(counters_are_no_part_of_the_name), cmocka_unit_test(names_have_no_case),
		cmocka_unit_test(the_letter_of_the_specification), cmocka_unit_test(missing_keys),
		cmocka_unit_test(volumes_break_the_last_tie),
		cmocka_unit_test(find_takes_the_first_that_fits),
		cmocka_unit_test(labels_tell_entries_apart),
	};

	return cmocka_run_group_tests_name("bls_sort", tests, NULL, NULL);
}
