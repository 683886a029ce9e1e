/* SPDX-License-Identifier: BSD-2-Clause */
#include <loader/bls_sort.h>

#include <loader/bls_version.h>

static int compare_text(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (unsigned char)*a - (unsigned char)*b;
}

static int compare_number(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static bool is_bad(const struct bls_file *file)
{
	return file->counter.counted && file->counter.left == 0;
}

static int compare_keys(const struct bls_entry *a, const struct bls_entry *b)
{
	int order = compare_text(a->sort_key, b->sort_key);

	if (order == 0)
		order = compare_text(a->machine_id, b->machine_id);
	if (order == 0)
		order = bls_version_compare(b->version, text_length(b->version), a->version, text_length(a->version));
	return order;
}

int bls_file_compare(const struct bls_file *a, const struct bls_file *b)
{
	bool key_a = a->entry.sort_key[0], key_b = b->entry.sort_key[0];
	int order = is_bad(a) - is_bad(b);

	if (order == 0)
		order = key_b - key_a;
	if (order == 0 && key_a)
		order = compare_keys(&a->entry, &b->entry);
	if (order == 0)
		order = bls_version_compare(b->name, b->counter.stem, a->name, a->counter.stem);
	if (order == 0)
		order = compare_number(b->counter.left, a->counter.left);
	if (order == 0)
		order = compare_number(a->counter.done, b->counter.done);
	if (order == 0)
		order = compare_text(a->name, b->name);
	return order ? order : compare_number(a->volume, b->volume);
}

void bls_files_sort(struct bls_file **files, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct bls_file *file = files[i];
		size_t place = i;

		for (; place > 0 && bls_file_compare(file, files[place - 1]) < 0; place--)
			files[place] = files[place - 1];
		files[place] = file;
	}
}

void bls_file_print_id(const struct bls_file *file, struct printer *out)
{
	print(out, "%.*s.conf", (int)file->counter.stem, file->name);
}

static bool fits(const struct bls_file *file, const char *pattern)
{
	char name[BLS_NAME_MAX];
	struct buffer_printer out;

	buffer_printer_init(&out, name, sizeof(name));
	bls_file_print_id(file, &out.printer);
	return bls_name_matches(pattern, file->name) || bls_name_matches(pattern, name);
}

size_t bls_files_find(struct bls_file *const *files, size_t count, const char *pattern)
{
	size_t i = 0;

	while (i < count && !fits(files[i], pattern))
		i++;
	return i;
}

static const char *title_of(const struct bls_file *file)
{
	return file->entry.title[0] ? file->entry.title : file->name;
}

void bls_file_print_label(struct bls_file *const *files, size_t count, size_t index, struct printer *printer)
{
	const struct bls_file *file = files[index];
	bool title = false, version = false, machine = false; /* another entry has the same, and all before it */

	for (size_t i = 0; i < count; i++) {
		if (i == index || compare_text(title_of(files[i]), title_of(file)) != 0)
			continue;
		title = true;
		if (compare_text(files[i]->entry.version, file->entry.version) != 0)
			continue;
		version = true;
		if (compare_text(files[i]->entry.machine_id, file->entry.machine_id) == 0)
			machine = true;
	}
	print(printer, "%s", title_of(file));
	if (title && file->entry.version[0])
		print(printer, " (%s)", file->entry.version);
	if (version && file->entry.machine_id[0])
		print(printer, " (%s)", file->entry.machine_id);
	if (machine && file->entry.title[0])
		print(printer, " (%s)", file->name);
}
