/* SPDX-License-Identifier: BSD-2-Clause */
/* The file systems of the volumes: UEFI 2.10, sections 13.4 and 13.5. Names are compared without case, as FAT has them. */
#include "mock.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_UNITS 512
#define VOLUMES 2

struct node {
	bool used;
	unsigned volume;
	char path[PATH_MAX_UNITS]; /* "\\loader\\loader.conf"; "" is the root */
	bool directory;
	const uint8_t *bytes;
	size_t size;
	uint8_t *own; /* what bytes points to after a write */
};

struct open_file {
	EFI_FILE protocol;
	struct node *node;
	uint64_t position; /* in a directory: of the next node */
	bool writable;
};

struct volume_protocol {
	EFI_FILE_IO_INTERFACE protocol;
	unsigned number;
	EFI_HANDLE handle;
};

static struct node nodes[FILES_MAX];
static struct volume_protocol volume_protocols[VOLUMES];
static unsigned files_open;
static EFI_GUID info_guid = EFI_FILE_INFO_ID;

/* From one encoding to another; returns the bytes that the text has in it. A name that is none is a mistake of the caller. */
static size_t convert(const char *to_name, const char *from_name, const void *from, size_t size, void *to, size_t capacity)
{
	iconv_t how = iconv_open(to_name, from_name);
	char *in = (char *)from, *out = to;
	size_t left = capacity;

	if (how == (iconv_t)-1)
		fatal("iconv does not know %s", to_name);
	if (iconv(how, &in, &size, &out, &left) == (size_t)-1)
		problem("a name that is no %s", from_name);
	iconv_close(how);
	return capacity - left;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_path(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b))
		a++, b++;
	return *a == *b;
}

static struct node *find_node(unsigned volume, const char *path)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		if (nodes[i].used && nodes[i].volume == volume && same_path(nodes[i].path, path))
			return &nodes[i];
	return NULL;
}

static struct node *add_node(unsigned volume, const char *path, bool directory)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		if (nodes[i].used)
			continue;
		nodes[i] = (struct node){ .used = true, .volume = volume, .directory = directory };
		snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
		return &nodes[i];
	}
	fatal("the scenario has too many files");
}

/* With the directories that lead to it. */
static struct node *make_node(unsigned volume, const char *path, bool directory)
{
	char parent[PATH_MAX_UNITS];

	for (const char *at = strchr(path + 1, '\\'); at; at = strchr(at + 1, '\\')) {
		snprintf(parent, sizeof(parent), "%.*s", (int)(at - path), path);
		if (!find_node(volume, parent))
			add_node(volume, parent, true);
	}
	return add_node(volume, path, directory);
}

static size_t parent_length(const char *path)
{
	return path[0] ? (size_t)(strrchr(path, '\\') - path) : 0;
}

/* The path that a name means, seen from a node. False when it is longer than any file's. */
static bool resolve(const struct node *from, const CHAR16 *name, char *path)
{
	size_t length = 0;

	path[0] = '\0';
	if (name[0] != '\\') {
		length = strlen(from->path);
		memcpy(path, from->path, length + 1);
	}
	while (*name) {
		size_t units = 0;

		while (*name == '\\')
			name++;
		while (name[units] && name[units] != '\\')
			units++;
		if (length + 3 * units + 2 > PATH_MAX_UNITS)
			return false;
		if (units == 2 && name[0] == '.' && name[1] == '.') {
			length = parent_length(path);
		} else if (units && !(units == 1 && name[0] == '.')) {
			path[length++] = '\\';
			length += convert("UTF-8", "UTF-16LE", name, units * sizeof(*name), path + length, 3 * units);
		}
		path[length] = '\0';
		name += units;
	}
	return true;
}

static EFI_STATUS EFIAPI file_open(EFI_FILE *self, EFI_FILE **file, CHAR16 *name, UINT64 mode, UINT64 attributes);
static EFI_STATUS EFIAPI file_close(EFI_FILE *self);
static EFI_STATUS EFIAPI file_delete(EFI_FILE *self);
static EFI_STATUS EFIAPI file_read(EFI_FILE *self, UINTN *size, void *buffer);
static EFI_STATUS EFIAPI file_write(EFI_FILE *self, UINTN *size, void *buffer);
static EFI_STATUS EFIAPI file_get_position(EFI_FILE *self, UINT64 *position);
static EFI_STATUS EFIAPI file_set_position(EFI_FILE *self, UINT64 position);
static EFI_STATUS EFIAPI file_get_info(EFI_FILE *self, EFI_GUID *type, UINTN *size, void *buffer);
static EFI_STATUS EFIAPI file_set_info(EFI_FILE *self, EFI_GUID *type, UINTN size, void *buffer);
static EFI_STATUS EFIAPI file_flush(EFI_FILE *self);

/* Memory of the host's, so that the sanitizer finds uses after Close. */
static EFI_FILE *open_node(struct node *node, bool writable)
{
	struct open_file *file = calloc(1, sizeof(*file));

	file->protocol = (EFI_FILE){ EFI_FILE_PROTOCOL_REVISION, file_open,         file_close,    file_delete,
				     file_read,                  file_write,        file_get_position, file_set_position,
				     file_get_info,              file_set_info,     file_flush,    NULL, NULL, NULL, NULL };
	file->node = node;
	file->writable = writable;
	files_open++;
	return &file->protocol;
}

static EFI_STATUS EFIAPI volume_open(EFI_FILE_IO_INTERFACE *self, EFI_FILE **root)
{
	struct volume_protocol *volume = (struct volume_protocol *)self;

	FIRMWARE(OpenVolume);
	*root = open_node(find_node(volume->number, ""), true);
	return EFI_SUCCESS;
}

/* A driver follows a damaged chain to wherever it leads, and never comes back from one that has no end. */
static void check_links(unsigned volume, const char *path)
{
	for (size_t i = 0; i < mock.scenario->link_count && volume == 0; i++) {
		const char *damaged = mock.scenario->links[i].path;
		size_t length = strlen(damaged);

		if (strncmp(path, damaged, length) == 0 && (!path[length] || path[length] == '\\'))
			problem("%s has a damaged chain, and is left to the firmware", damaged);
	}
}

static EFI_STATUS EFIAPI file_open(EFI_FILE *self, EFI_FILE **file, CHAR16 *name, UINT64 mode, UINT64 attributes)
{
	struct node *from = ((struct open_file *)self)->node, *node;
	bool writable = mode & EFI_FILE_MODE_WRITE;
	char path[PATH_MAX_UNITS];

	FIRMWARE(File_Open);
	if (!file || !name || (mode != EFI_FILE_MODE_READ && mode != (EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE) &&
			       mode != (EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE | EFI_FILE_MODE_CREATE)))
		return EFI_INVALID_PARAMETER;
	if (!resolve(from, name, path))
		return EFI_NOT_FOUND;
	check_links(from->volume, path);
	node = find_node(from->volume, path);
	if (node && mock.scenario->blocks_only && !mock.injection.call)
		problem("%s is opened, and not read from its blocks", path);
	if (writable && mock.scenario->read_only)
		return EFI_WRITE_PROTECTED;
	if (!node && !(mode & EFI_FILE_MODE_CREATE))
		return EFI_NOT_FOUND;
	if (!node) {
		char parent[PATH_MAX_UNITS];

		snprintf(parent, sizeof(parent), "%.*s", (int)parent_length(path), path);
		if (!find_node(from->volume, parent))
			return EFI_NOT_FOUND;
		fat_image_changed();
		node = add_node(from->volume, path, attributes & EFI_FILE_DIRECTORY);
	}
	*file = open_node(node, writable);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_close(EFI_FILE *self)
{
	FIRMWARE(File_Close);
	files_open--;
	free(self);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_delete(EFI_FILE *self)
{
	struct open_file *file = (struct open_file *)self;
	EFI_STATUS injected = call_enter(CALL_File_Delete, __builtin_return_address(0));
	bool can = file->writable && file->node->path[0] && !injected;

	if (can)
		file->node->used = false;
	fat_image_changed();
	files_open--;
	free(file);
	return can ? EFI_SUCCESS : EFI_WARN_DELETE_FAILURE;
}

/* EFI_FILE_INFO with the name alone. */
static EFI_STATUS put_info(const struct node *node, UINTN *size, void *buffer)
{
	const char *name = node->path[0] ? strrchr(node->path, '\\') + 1 : "";
	CHAR16 units[PATH_MAX_UNITS];
	size_t bytes = convert("UTF-16LE", "UTF-8", name, strlen(name) + 1, units, sizeof(units)), needed = SIZE_OF_EFI_FILE_INFO + bytes;
	EFI_FILE_INFO info = { .Size = needed, .FileSize = node->size, .PhysicalSize = (node->size + 511) / 512 * 512,
			       .Attribute = node->directory ? EFI_FILE_DIRECTORY : EFI_FILE_ARCHIVE };

	if (*size < needed) {
		*size = needed;
		return EFI_BUFFER_TOO_SMALL;
	}
	memcpy(buffer, &info, SIZE_OF_EFI_FILE_INFO);
	memcpy((uint8_t *)buffer + SIZE_OF_EFI_FILE_INFO, units, bytes);
	*size = needed;
	return EFI_SUCCESS;
}

static EFI_STATUS read_directory(struct open_file *file, UINTN *size, void *buffer)
{
	const char *endless = mock.scenario->endless;

	if (endless && strcmp(file->node->path, endless) == 0 && file->position >= 2)
		file->position = 0;
	for (; file->position < FILES_MAX; file->position++) {
		const struct node *node = &nodes[file->position];
		size_t length = strlen(file->node->path);
		EFI_STATUS status;

		if (!node->used || node->volume != file->node->volume || !node->path[0] ||
		    parent_length(node->path) != length || strncmp(node->path, file->node->path, length) != 0)
			continue;
		status = put_info(node, size, buffer);
		file->position += status == EFI_SUCCESS;
		return status;
	}
	*size = 0;
	return EFI_SUCCESS;
}

static void own_bytes(struct node *node, size_t size);

static void change_read(struct node *node, uint64_t from, uint64_t size)
{
	bool flips = false;

	for (size_t i = 0; i < mock.scenario->flip_count && !strstr(node->path, ".conf"); i++)
		flips |= strcmp(mock.scenario->flips[i].path, node->path) == 0;
	if (!flips)
		return;
	if (!node->own)
		own_bytes(node, node->size);
	for (uint64_t i = from; i < from + size; i++)
		node->own[i] ^= 0xff;
}

static EFI_STATUS EFIAPI file_read(EFI_FILE *self, UINTN *size, void *buffer)
{
	EFI_STATUS injected = call_enter(CALL_File_Read, __builtin_return_address(0));
	struct open_file *file = (struct open_file *)self;
	uint64_t left = file->position < file->node->size ? file->node->size - file->position : 0;

	if (injected == EFI_BUFFER_TOO_SMALL && file->node->directory)
		*size = PAGE;
	if (EFI_ERROR(injected))
		return injected;
	if (file->node->directory) {
		if (injected == STATUS_SHORT)
			*size = 0;
		return *size ? read_directory(file, size, buffer) : EFI_SUCCESS;
	}
	if (*size > left)
		*size = left;
	if (injected == STATUS_SHORT)
		*size /= 2;
	if (mock.scenario->read_size && *size > mock.scenario->read_size)
		*size = mock.scenario->read_size;
	memcpy(buffer, file->node->bytes + file->position, *size);
	if (mock.scenario->rereads_differ)
		change_read(file->node, file->position, *size);
	file->position += *size;
	return EFI_SUCCESS;
}

static void own_bytes(struct node *node, size_t size)
{
	uint8_t *bytes = calloc(1, size ? size : 1);

	if (node->size)
		memcpy(bytes, node->bytes, node->size < size ? node->size : size);
	free(node->own);
	node->bytes = node->own = bytes;
	node->size = size;
}

static EFI_STATUS EFIAPI file_write(EFI_FILE *self, UINTN *size, void *buffer)
{
	struct open_file *file = (struct open_file *)self;

	FIRMWARE(File_Write);
	if (file->node->directory)
		return EFI_UNSUPPORTED;
	if (!file->writable)
		return EFI_ACCESS_DENIED;
	if (mock.scenario->volume_full)
		return EFI_VOLUME_FULL;
	if (file->position + *size > file->node->size || !file->node->own)
		own_bytes(file->node, file->position + *size > file->node->size ? file->position + *size : file->node->size);
	memcpy(file->node->own + file->position, buffer, *size);
	fat_image_changed();
	file->position += *size;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_get_position(EFI_FILE *self, UINT64 *position)
{
	FIRMWARE(File_GetPosition);
	*position = ((struct open_file *)self)->position;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_set_position(EFI_FILE *self, UINT64 position)
{
	struct open_file *file = (struct open_file *)self;

	FIRMWARE(File_SetPosition);
	if (file->node->directory && position)
		return EFI_UNSUPPORTED;
	file->position = position == UINT64_MAX ? file->node->size : position;
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_get_info(EFI_FILE *self, EFI_GUID *type, UINTN *size, void *buffer)
{
	EFI_STATUS injected = call_enter(CALL_File_GetInfo, __builtin_return_address(0));

	if (injected == EFI_BUFFER_TOO_SMALL)
		*size = PAGE;
	if (injected)
		return injected;
	if (!guid_is(type, &info_guid))
		missing("EFI_FILE.GetInfo of another type than EFI_FILE_INFO");
	return put_info(((struct open_file *)self)->node, size, buffer);
}

/* A new name in the same directory, or another size. */
static EFI_STATUS EFIAPI file_set_info(EFI_FILE *self, EFI_GUID *type, UINTN size, void *buffer)
{
	struct open_file *file = (struct open_file *)self;
	struct node *node = file->node;
	EFI_FILE_INFO *info = buffer;
	char path[PATH_MAX_UNITS], *name = path + parent_length(node->path) + 1;
	size_t i = 0;

	FIRMWARE(File_SetInfo);
	if (!guid_is(type, &info_guid))
		missing("EFI_FILE.SetInfo of another type than EFI_FILE_INFO");
	if (size < SIZE_OF_EFI_FILE_INFO + sizeof(CHAR16) || info->Size > size)
		return EFI_BAD_BUFFER_SIZE;
	if (!file->writable)
		return EFI_ACCESS_DENIED;
	snprintf(path, sizeof(path), "%s", node->path);
	for (; (size_t)(&info->FileName[i] + 1 - (CHAR16 *)buffer) * sizeof(CHAR16) <= size && info->FileName[i]; i++)
		;
	if ((size_t)(&info->FileName[i] + 1 - (CHAR16 *)buffer) * sizeof(CHAR16) > size)
		problem("SetInfo with a name that does not end in its buffer");
	name[convert("UTF-8", "UTF-16LE", info->FileName, i * sizeof(CHAR16), name, (size_t)(path + sizeof(path) - name) - 1)] = '\0';
	if (!same_path(path, node->path) && find_node(node->volume, path))
		return EFI_ACCESS_DENIED;
	memcpy(node->path, path, sizeof(path));
	fat_image_changed();
	if (!node->directory && info->FileSize != node->size)
		own_bytes(node, info->FileSize);
	return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI file_flush(EFI_FILE *self)
{
	FIRMWARE(File_Flush);
	return ((struct open_file *)self)->writable ? EFI_SUCCESS : EFI_ACCESS_DENIED;
}

const uint8_t *file_bytes(EFI_HANDLE volume, const CHAR16 *name, size_t *size)
{
	const struct volume_protocol *protocol = handle_interface(volume, &fw_file_system_guid);
	struct node *node = NULL;
	char path[PATH_MAX_UNITS];

	if (protocol && resolve(find_node(protocol->number, ""), name, path))
		node = find_node(protocol->number, path);
	if (!node || node->directory)
		return NULL;
	*size = node->size;
	return node->bytes;
}

bool file_system_node(unsigned volume, size_t index, struct fat_node *node)
{
	const struct node *from = &nodes[index];

	*node = (struct fat_node){ from->path, from->directory, from->bytes, from->size };
	return from->used && from->volume == volume;
}

/* A partition that nobody has connected has no file system yet. */
EFI_STATUS EFIAPI fw_ConnectController(EFI_HANDLE handle, EFI_HANDLE *driver, EFI_DEVICE_PATH *rest, BOOLEAN recursive)
{
	struct volume_protocol *volume = &volume_protocols[1];

	FIRMWARE(ConnectController);
	(void)driver, (void)rest, (void)recursive;
	if (handle != volume->handle || mock.scenario->xbootldr_broken)
		return EFI_NOT_FOUND;
	mock.in_application = false;
	handle_install(handle, &fw_file_system_guid, &volume->protocol);
	mock.in_application = true;
	return EFI_SUCCESS;
}

void file_systems_setup(void)
{
	const struct scenario *scenario = mock.scenario;

	for (unsigned i = 0; i < (scenario->xbootldr ? 2 : 1); i++) {
		struct volume_protocol *volume = &volume_protocols[i];

		*volume = (struct volume_protocol){ { EFI_FILE_IO_INTERFACE_REVISION, volume_open }, i, disk_partition(i) };
		add_node(i, "", true);
		if (i == 0 || scenario->xbootldr_connected)
			handle_install(volume->handle, &fw_file_system_guid, &volume->protocol);
	}
	for (size_t i = 0; i < scenario->file_count; i++) {
		const struct scenario_file *file = &scenario->files[i];
		struct node *node = make_node(file->volume, file->path, file->directory);

		node->bytes = file->bytes;
		node->size = file->size;
	}
}

void files_check_leaks(void)
{
	if (files_open)
		problem("%u files are not closed", files_open);
}
