/* SPDX-License-Identifier: BSD-2-Clause */
/* Saves a survey to the boot volume: as an .efimap file, from which a host can plan the same boot, and as text. */
#include "firmware.h"

#include <loader/placement.h>
#include <loader/smbios.h>
#include <mm/efimap.h>

#define FOLDER "\\mapbridge"
#define TEMPORARY FOLDER "\\map.tmp"
#define SAME_CRC_MAX 9        /* maps with one e820 checksum whose descriptors differ */
#define ECAM_MAX 16
#define SMBIOS_MAX (1U << 20) /* bytes; an entry point of version 3 has a limit, not a size */

static EFI_GUID smbios2_guid = { 0xeb9d2d31, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static EFI_GUID smbios3_guid = { 0xf2fd1544, 0x9794, 0x4a2c, { 0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94 } };

/* Ranges are written as they lie in memory. */
_Static_assert(sizeof(struct boot_table) == sizeof(struct efimap_range), "base, size");
_Static_assert(sizeof(struct plan_refused) == sizeof(struct efimap_range), "base, size");
_Static_assert(sizeof(struct plan_random) == sizeof(struct efimap_random), "two numbers");
_Static_assert(sizeof(struct screen_info) == 64, "EFIMAP_SCREEN");

struct saving {
	const struct boot_survey *survey;
	struct efimap map;
	struct efimap_machine machine;
	struct efimap_node *nodes;
	struct efimap_ecam ecam[ECAM_MAX];
	uint32_t *attributes; /* stride, version, descriptors */
	struct smbios_names names;
	char vendor[EFIMAP_TEXT_MAX + 1];
	uint32_t crc32;
};

struct saved_file {
	const char *suffix;
	void *bytes;
	size_t size;
};

static void read_names(struct smbios_names *names)
{
	const uint8_t *entry2 = machine_table(&smbios2_guid), *entry3 = machine_table(&smbios3_guid);
	struct smbios_table table;

	if ((entry3 && smbios_entry3_parse(entry3, &table)) || (entry2 && smbios_entry2_parse(entry2, &table)))
		smbios_names_read((const uint8_t *)(uintptr_t)table.base, table.size < SMBIOS_MAX ? table.size : SMBIOS_MAX, names);
}

static void set(struct saving *saving, enum efimap_type type, const void *data, size_t size)
{
	if (size)
		saving->map.sections[type] = (struct efimap_data){ data, size };
}

static void set_text(struct saving *saving, enum efimap_type type, const char *text)
{
	set(saving, type, text, text_length(text));
}

static void set_texts(struct saving *saving)
{
	const CHAR16 *vendor = fw.system->FirmwareVendor;
	size_t length = 0;

	for (; vendor && vendor[length] && length < EFIMAP_TEXT_MAX; length++)
		saving->vendor[length] = vendor[length] >= ' ' && vendor[length] <= '~' ? (char)vendor[length] : '?';
	set_text(saving, EFIMAP_LOADER, "Mapbridge " MAPBRIDGE_VERSION);
	set_text(saving, EFIMAP_FIRMWARE_VENDOR, saving->vendor);
	read_names(&saving->names);
	for (unsigned i = 0; i < SMBIOS_NAMES; i++)
		set_text(saving, EFIMAP_BIOS_VENDOR + i, saving->names.text[i]);
}

static bool all_zero(const void *data, size_t size)
{
	const uint8_t *bytes = data;

	while (size > 0)
		if (bytes[--size])
			return false;
	return true;
}

static void set_ecam(struct saving *saving)
{
	struct mcfg_entry entries[ECAM_MAX];
	size_t count = machine_ecam(entries, ECAM_MAX);

	for (size_t i = 0; i < count; i++)
		saving->ecam[i] = (struct efimap_ecam){ .base = entries[i].base, .segment = entries[i].segment,
							.start_bus = entries[i].start_bus, .end_bus = entries[i].end_bus };
	set(saving, EFIMAP_ECAM, saving->ecam, count * sizeof(saving->ecam[0]));
}

static EFI_STATUS set_lists(struct saving *saving)
{
	const struct boot_request *request = saving->survey->request;
	const struct efi_memmap *attributes = request->attributes;

	if (request->node_count) {
		saving->nodes = pool_allocate(request->node_count * sizeof(*saving->nodes), "saved map");
		if (!saving->nodes)
			return EFI_OUT_OF_RESOURCES;
		for (size_t i = 0; i < request->node_count; i++)
			saving->nodes[i] = (struct efimap_node){ request->nodes[i].type, 0,
								 request->nodes[i].head_size + request->nodes[i].body_size };
		set(saving, EFIMAP_NODES, saving->nodes, request->node_count * sizeof(*saving->nodes));
	}
	if (attributes) {
		saving->attributes = pool_allocate(8 + attributes->size, "saved map");
		if (!saving->attributes)
			return EFI_OUT_OF_RESOURCES;
		saving->attributes[0] = (uint32_t)attributes->desc_size;
		saving->attributes[1] = attributes->desc_version;
		__builtin_memcpy(saving->attributes + 2, attributes->buffer, attributes->size);
		set(saving, EFIMAP_ATTRIBUTES, saving->attributes, 8 + attributes->size);
	}
	set(saving, EFIMAP_TABLES, request->tables, request->table_count * sizeof(*request->tables));
	/* Not those of a kernel that will run. */
	set(saving, EFIMAP_RANDOM, request->random, request->random ? sizeof(*request->random) : 0);
	set_ecam(saving);
	set(saving, EFIMAP_REFUSED, request->refused, request->refused_count * sizeof(*request->refused));
	return EFI_SUCCESS;
}

static EFI_STATUS collect(struct saving *saving)
{
	const struct boot_request *request = saving->survey->request;
	const struct boot_facts *facts = saving->survey->facts;

	saving->map.map = *request->map;
	saving->machine = (struct efimap_machine){ .paging_levels = request->paging.levels,
						   .flags = (request->paging.gib_pages ? EFIMAP_GIB_PAGES : 0) |
							    (request->keep_mce ? EFIMAP_MCE : 0),
						   .firmware_revision = fw.system->FirmwareRevision,
						   .uefi_revision = fw.system->Hdr.Revision,
						   .acpi_rsdp = facts->acpi_rsdp,
						   .efi_systab = facts->efi_systab,
						   .secure_boot = facts->secure_boot };
	set(saving, EFIMAP_MACHINE, &saving->machine, sizeof(saving->machine));
	if (!all_zero(&facts->screen, sizeof(facts->screen)))
		set(saving, EFIMAP_SCREEN, &facts->screen, sizeof(facts->screen));
	if (!all_zero(facts->edid, sizeof(facts->edid)))
		set(saving, EFIMAP_EDID, facts->edid, sizeof(facts->edid));
	set_texts(saving);
	return set_lists(saving);
}

static void print_machine(const struct saving *saving, struct printer *out)
{
	const struct efimap_machine *machine = &saving->machine;
	static const char structures[][8] = { "BIOS", "system", "board" }; /* in the order of enum smbios_name, three names each */
	const char (*name)[SMBIOS_TEXT_SIZE] = saving->names.text;

	print(out, "Mapbridge " MAPBRIDGE_VERSION "\nfirmware: UEFI %u.%02u by %s, revision 0x%08x\n", machine->uefi_revision >> 16,
	      machine->uefi_revision & 0xffff, saving->vendor, machine->firmware_revision);
	for (unsigned i = 0; i < MM_ARRAY_COUNT(structures); i++, name += 3)
		print(out, "%s: %s, %s, %s\n", structures[i], name[0], name[1], name[2]);
	print(out, "ACPI RSDP 0x%llx, EFI system table 0x%llx\n", X(machine->acpi_rsdp), X(machine->efi_systab));
}

/* Into size bytes; returns how many it takes. */
static EFI_STATUS print_text(struct saving *saving, char *to, size_t size, size_t *length)
{
	const struct boot_plan *plan = saving->survey->plan;
	struct buffer_printer out;
	EFI_STATUS status;

	buffer_printer_init(&out, to, size);
	print_machine(saving, &out.printer);
	status = dump_memory_map(saving->survey->request->map, plan ? plan->policy : E820_POLICY_ACPI, plan, &saving->crc32,
				 &out.printer);
	*length = out.length;
	return status;
}

static EFI_STATUS make_files(struct saving *saving, struct saved_file files[2])
{
	char none;
	EFI_STATUS status = collect(saving);

	files[0] = (struct saved_file){ .suffix = ".efimap" };
	files[1] = (struct saved_file){ .suffix = ".txt" };
	if (!EFI_ERROR(status))
		status = print_text(saving, &none, sizeof(none), &files[1].size);
	if (EFI_ERROR(status))
		return status;
	files[0].size = efimap_size(&saving->map);
	files[0].bytes = pool_allocate(files[0].size, "saved map");
	files[1].bytes = pool_allocate(files[1].size + 1, "saved map");
	if (!files[0].bytes || !files[1].bytes)
		return EFI_OUT_OF_RESOURCES;
	efimap_write(&saving->map, files[0].bytes);
	return print_text(saving, files[1].bytes, files[1].size + 1, &files[1].size);
}

struct path {
	char text[48];
};

/* Name of a file in our folder; number 1 has none. */
static struct path path_of(uint32_t crc32, unsigned number, const char *suffix)
{
	struct buffer_printer out;
	struct path path;

	buffer_printer_init(&out, path.text, sizeof(path.text));
	print(&out.printer, FOLDER "\\map-%08x", crc32);
	if (number > 1)
		print(&out.printer, "-%u", number);
	print(&out.printer, "%s", suffix);
	return path;
}

static EFI_STATUS refuse_write(const char *path, EFI_STATUS status, size_t size)
{
	const char *why = "cannot be written", *help = "check the volume";

	if (status == EFI_VOLUME_FULL) {
		why = "the volume is full";
		help = "delete what is not needed there";
	} else if (status == EFI_WRITE_PROTECTED || status == EFI_ACCESS_DENIED) {
		why = "the volume is write-protected";
		help = "start from a disk that is not";
	}
	print(refuse(path), "%s (%s); needed: room for %zu bytes; %s\n", why, status_name(status), size, help);
	return status;
}

/* The lowest number under which each file is missing or has the content already. */
static EFI_STATUS find_number(const struct saving *saving, const struct saved_file files[2], unsigned *number, bool same[2])
{
	for (*number = 1; *number <= SAME_CRC_MAX; ++*number) {
		bool other = false;

		for (unsigned i = 0; i < 2; i++) {
			struct path path = path_of(saving->crc32, *number, files[i].suffix);
			EFI_STATUS status = file_compare(path.text, files[i].bytes, files[i].size, &same[i]);

			if (EFI_ERROR(status) && status != EFI_NOT_FOUND)
				return refuse_write(path.text, status, files[i].size);
			if (EFI_ERROR(status))
				same[i] = false;
			else if (!same[i])
				other = true;
		}
		if (!other)
			return EFI_SUCCESS;
	}
	print(refuse(FOLDER), "%d other maps with the checksum %08x are there; delete one of them\n", SAME_CRC_MAX, saving->crc32);
	return EFI_ACCESS_DENIED;
}

static EFI_STATUS write_files(const struct saving *saving, const struct saved_file files[2])
{
	EFI_STATUS status = directory_make(FOLDER);
	unsigned number;
	bool same[2];

	if (EFI_ERROR(status))
		return refuse_write(FOLDER, status, files[0].size + files[1].size);
	status = find_number(saving, files, &number, same);
	for (unsigned i = 0; i < 2 && !EFI_ERROR(status); i++) {
		struct path path = path_of(saving->crc32, number, files[i].suffix);

		if (!same[i])
			status = file_write_new(TEMPORARY, path.text, path.text + sizeof(FOLDER), files[i].bytes, files[i].size);
		if (EFI_ERROR(status))
			return refuse_write(path.text, status, files[i].size);
		print(console, same[i] ? "%s is there already, " : "saved %s, ", path.text);
		print_size(console, files[i].size);
		print(console, "\n");
	}
	return status;
}

EFI_STATUS map_save(const struct boot_survey *survey)
{
	const struct volume *volume = fw.volume;
	struct saving *saving = pool_allocate(sizeof(*saving), "saved map");
	struct saved_file files[2] = { 0 };
	EFI_STATUS status;

	if (!saving)
		return EFI_OUT_OF_RESOURCES;
	__builtin_memset(saving, 0, sizeof(*saving));
	saving->survey = survey;
	status = make_files(saving, files);
	fw.volume = &fw.volumes[0];
	if (!EFI_ERROR(status))
		status = write_files(saving, files);
	fw.volume = volume;
	pool_free(files[0].bytes);
	pool_free(files[1].bytes);
	pool_free(saving->nodes);
	pool_free(saving->attributes);
	pool_free(saving);
	return status;
}
