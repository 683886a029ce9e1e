/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own files, unmodified, and the doors to what is static in them. Include paths lead to its source tree
 * and to a folder of empty files that stand for the headers that shim.h replaces.
 */
#include "shim.h"

#include "lib/sort.c"

#include "lib/cmdline.c"

#include "arch/x86/kernel/e820.c"

#include "linux_side.h"

#include <stdarg.h>

char *printed;
size_t printed_size;

/* The kernel writes 0x before 0, too; C's printf does not: "%#018Lx" becomes "0x%016Lx". */
static void write_prefixes_out(const char *format, char *text, size_t size)
{
	size_t length = 0;
	int digits, read;

	while (*format && length + 8 < size) {
		if (*format == '%' && sscanf(format, "%%#0%2d%n", &digits, &read) == 1) {
			length += (size_t)snprintf(text + length, size - length, "0x%%0%d", digits - 2);
			format += read;
		} else if (format[0] == '%' && format[1] == '#') {
			length += (size_t)snprintf(text + length, size - length, "0x%%");
			format += 2;
		} else {
			text[length++] = *format++;
		}
	}
	text[length] = '\0';
}

int shim_print(const char *format, ...)
{
	char explicit_format[200];
	va_list arguments;
	int length;

	if (!printed)
		return 0;
	write_prefixes_out(format, explicit_format, sizeof(explicit_format));
	va_start(arguments, format);
	length = vsnprintf(printed, printed_size, explicit_format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= printed_size)
		panic("no room for %d printed bytes", length);
	printed += length;
	printed_size -= (size_t)length;
	return 0;
}

void panic(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	abort();
}

void linux_set_table(const void *entries, size_t count)
{
	_Static_assert(sizeof(struct e820_entry) == 20, "packed as in boot_params");
	if (count > E820_MAX_ENTRIES)
		panic("%zu entries", count);
	memcpy(e820_table->entries, entries, count * sizeof(struct e820_entry));
	e820_table->nr_entries = (u32)count;
}

size_t linux_get_table(const void **entries)
{
	*entries = e820_table->entries;
	return e820_table->nr_entries;
}

int linux_append(const void *entries, size_t count)
{
	return __append_e820_table((struct boot_e820_entry *)(uintptr_t)entries, (u32)count);
}

void linux_range_add(uint64_t start, uint64_t size, uint32_t type)
{
	e820__range_add(start, size, type);
}

int linux_update_table(void)
{
	return e820__update_table(e820_table);
}

uint64_t linux_range_update(uint64_t start, uint64_t size, uint32_t old_type, uint32_t new_type)
{
	return e820__range_update(start, size, old_type, new_type);
}

uint64_t linux_range_remove(uint64_t start, uint64_t size, uint32_t old_type, bool check_type)
{
	return e820__range_remove(start, size, old_type, check_type);
}

bool linux_mapped_any(uint64_t start, uint64_t end, uint32_t type)
{
	return e820__mapped_any(start, end, type);
}

bool linux_mapped_all(uint64_t start, uint64_t end, uint32_t type)
{
	return e820__mapped_all(start, end, type);
}

int linux_get_entry_type(uint64_t start, uint64_t end)
{
	return e820__get_entry_type(start, end);
}

uint64_t linux_end_pfn(uint64_t limit_pfn)
{
	return e820_end_pfn(limit_pfn, E820_TYPE_RAM);
}

bool linux_search_gap(unsigned long *start, unsigned long *size)
{
	*size = 0x400000;
	return e820_search_gap(start, size);
}

void linux_print_table(char *who, char *text, size_t size)
{
	*text = '\0';
	printed = text;
	printed_size = size;
	e820__print_table(who);
	printed = NULL;
}
