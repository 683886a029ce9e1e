/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding mem= and memmap= in a command line, and saying what is wrong with one. */
#include <mm/command_line.h>
#include <mm/e820_options.h>

static const char *what_is_wrong(int error)
{
	switch (error) {
	case MM_EOVERFLOW:
		return "a number or a range passes 2^64";
	case MM_ERANGE:
		return "a type is above 2^32 - 1";
	case MM_ENOSPC:
		return "the memory map has no room for more entries";
	default:
		return "needed is SIZE, or for memmap= SIZE@START, SIZE#START, SIZE$START, SIZE!START, "
		       "SIZE%START-OLD+NEW or exactmap, with sizes above 0 such as 512M or 0x20000000";
	}
}

static void tell(const struct command_word *word, const char *stop, int error, struct printer *out)
{
	print(out, "e820: option \"%.*s\" is left out: ", (int)(word->end - word->start), word->start);
	if (stop && stop < word->end)
		print(out, "wrong from \"%.*s\" on, ", (int)(word->end - stop), stop);
	print(out, "%s\n", what_is_wrong(error));
}

int e820_apply_command_line(struct e820_table *table, const char *command_line, size_t *applied, struct printer *out)
{
	struct command_word word;
	int first_error = 0;

	*applied = 0;
	while (command_line_next_word(&command_line, &word)) {
		bool mem = command_word_is_named(&word, "mem");
		const char *stop = NULL;
		int error = MM_EINVAL;

		if (word.end - word.start == 2 && word.start[0] == '-' && word.start[1] == '-')
			break;
		if (!mem && !command_word_is_named(&word, "memmap"))
			continue;
		if (word.value)
			error = mem ? e820_apply_mem(table, word.value, word.end, &stop) :
				      e820_apply_memmap(table, word.value, word.end, &stop);
		if (error) {
			tell(&word, stop, error, out);
			first_error = first_error ? first_error : error;
		} else {
			++*applied;
		}
	}
	return first_error;
}
