/* SPDX-License-Identifier: BSD-2-Clause */
/* Which entry to start when nobody chooses: what cannot be started is passed over, and said. */
#include "firmware.h"

#define DEEPLY_MAX 32 /* of so many entries the list looks into every kernel */

static void take_out(struct entry_list *list, size_t index)
{
	struct bls_file *file = list->files[index];

	print(console, "mapbridge: note: %s" ENTRIES "\\%s: left out, because it leads to this loader again\n",
	      fw.volumes[file->volume].prefix, file->name);
	list->count--;
	for (size_t i = index; i < list->count; i++)
		list->files[i] = list->files[i + 1];
	entry_free(file);
}

size_t choice_find(struct entry_list *list, const char *pattern, bool deeply)
{
	bool passed = false;
	size_t index;

	while ((index = bls_files_next(list->files, list->count, pattern)) < list->count) {
		struct bls_file *file = list->files[index];
		bool told = file->state == BLS_UNREAD;
		enum bls_state state = entry_check(file, deeply);

		if (state == BLS_LOOP) {
			take_out(list, index);
		} else if (state == BLS_BROKEN) {
			console_attend(true);
			if (!told)
				print(console, "mapbridge: error: %s\n", file->reason ? file->reason : file->name);
			print(console, "mapbridge: note: %s%s cannot be started and is passed over\n",
			      fw.volumes[file->volume].prefix, file->name);
			passed = true;
		} else {
			break;
		}
	}
	if (passed && index < list->count)
		print(console, "mapbridge: note: %s%s is the default instead\n", fw.volumes[list->files[index]->volume].prefix,
		      list->files[index]->name);
	return index;
}

void choice_check_all(struct entry_list *list)
{
	bool deeply = list->count <= DEEPLY_MAX;

	for (size_t i = 0; i < list->count;) {
		struct bls_file *file = list->files[i];
		bool loaded = file->entry;

		if (entry_check(file, deeply) == BLS_LOOP) {
			take_out(list, i);
			continue;
		}
		if (!loaded)
			entry_unload(file);
		i++;
	}
}
