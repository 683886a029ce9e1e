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

size_t bls_file_size(const struct bls_entry *entry, size_t text_size)
{
	return sizeof(struct bls_file) + text_size + text_length(entry->title) + text_length(entry->version) +
	       text_length(entry->machine_id) + text_length(entry->sort_key) + 4; /* their NULs */
}

static const char *store(char **to, const char *text)
{
	char *stored = *to;
	size_t size = text_length(text) + 1;

	__builtin_memcpy(stored, text, size);
	*to += size;
	return stored;
}

struct bls_file *bls_file_make(void *memory, const char *name, unsigned volume, const struct bls_entry *entry, const char *text,
			       size_t text_size)
{
	struct bls_file *file = memory;
	char *room = (char *)(file + 1);

	*file = (struct bls_file){ .counter = boot_counter_parse(name), .volume = volume, .text_size = text_size };
	__builtin_memcpy(file->name, name, text_length(name) + 1);
	file->title = store(&room, entry->title);
	file->version = store(&room, entry->version);
	file->machine_id = store(&room, entry->machine_id);
	file->sort_key = store(&room, entry->sort_key);
	__builtin_memcpy(room, text, text_size);
	file->text = room;
	return file;
}

static bool is_bad(const struct bls_file *file)
{
	return file->counter.counted && file->counter.left == 0;
}

static int compare_keys(const struct bls_file *a, const struct bls_file *b)
{
	int order = compare_text(a->sort_key, b->sort_key);

	if (order == 0)
		order = compare_text(a->machine_id, b->machine_id);
	if (order == 0)
		order = bls_version_compare(b->version, text_length(b->version), a->version, text_length(a->version));
	return order;
}

static void lower_name(const struct bls_file *file, char *to)
{
	for (size_t i = 0; i < file->counter.stem; i++)
		to[i] = file->name[i] >= 'A' && file->name[i] <= 'Z' ? (char)(file->name[i] + 'a' - 'A') : file->name[i];
}

/* As versions, without their case, which FAT does not have, and without counter and .conf. */
static int compare_names(const struct bls_file *a, const struct bls_file *b)
{
	char low_a[BLS_NAME_MAX], low_b[BLS_NAME_MAX];

	lower_name(a, low_a);
	lower_name(b, low_b);
	return bls_version_compare(low_a, a->counter.stem, low_b, b->counter.stem);
}

int bls_file_compare(const struct bls_file *a, const struct bls_file *b)
{
	bool key_a = a->sort_key[0], key_b = b->sort_key[0];
	int order = is_bad(a) - is_bad(b);

	if (order == 0)
		order = key_b - key_a;
	if (order == 0 && key_a)
		order = compare_keys(a, b);
	if (order == 0)
		order = compare_names(b, a);
	if (order == 0)
		order = compare_number(b->counter.left, a->counter.left);
	if (order == 0)
		order = compare_number(a->counter.done, b->counter.done);
	if (order == 0)
		order = compare_number(a->volume, b->volume);
	return order ? order : compare_text(a->name, b->name);
}

/*
 * Puts a file into a heap whose largest one is on top, at a place or below it. Nearly all belong near the bottom, so the way
 * down is gone without a look at the file, and then up again as far as it must.
 */
static void sift(struct bls_file **heap, size_t count, size_t top, struct bls_file *file)
{
	size_t place = top, child;

	for (; (child = 2 * place + 1) < count; place = child) {
		if (child + 1 < count && bls_file_compare(heap[child], heap[child + 1]) < 0)
			child++;
		heap[place] = heap[child];
	}
	for (; place > top && bls_file_compare(heap[(place - 1) / 2], file) < 0; place = (place - 1) / 2)
		heap[place] = heap[(place - 1) / 2];
	heap[place] = file;
}

void bls_files_sort(struct bls_file **files, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sift(files, count, i - 1, files[i - 1]);
	for (size_t left = count; left > 1; left--) {
		struct bls_file *last = files[left - 1];

		files[left - 1] = files[0];
		sift(files, left - 1, 0, last);
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

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Of the whole name, in which no character is a pattern's. Case does not matter, as FAT has none. */
static bool same_name(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

size_t bls_files_find_name(struct bls_file *const *files, size_t count, const char *name)
{
	char id[BLS_NAME_MAX];
	struct buffer_printer out;

	for (size_t i = 0; i < count; i++) {
		buffer_printer_init(&out, id, sizeof(id));
		bls_file_print_id(files[i], &out.printer);
		if (same_name(files[i]->name, name) || same_name(id, name))
			return i;
	}
	return count;
}

size_t bls_files_next(struct bls_file *const *files, size_t count, const char *pattern)
{
	size_t first = count;

	for (size_t i = 0; i < count; i++) {
		if (files[i]->state >= BLS_BROKEN)
			continue;
		if (!pattern[0] || fits(files[i], pattern))
			return i;
		if (first == count)
			first = i;
	}
	return first;
}

static const char *title_of(const struct bls_file *file)
{
	return file->title[0] ? file->title : file->name;
}

void bls_file_print_label(struct bls_file *const *files, size_t count, size_t index, struct printer *printer)
{
	const struct bls_file *file = files[index];
	bool title = false, version = false, machine = false; /* another entry has the same, and all before it */

	for (size_t i = 0; i < count; i++) {
		if (i == index || compare_text(title_of(files[i]), title_of(file)) != 0)
			continue;
		title = true;
		if (compare_text(files[i]->version, file->version) != 0)
			continue;
		version = true;
		if (compare_text(files[i]->machine_id, file->machine_id) == 0)
			machine = true;
	}
	print(printer, "%s", title_of(file));
	if (title && file->version[0])
		print(printer, " (%s)", file->version);
	if (version && file->machine_id[0])
		print(printer, " (%s)", file->machine_id);
	if (machine && file->title[0])
		print(printer, " (%s)", file->name);
}
