/* SPDX-License-Identifier: BSD-2-Clause */
#include "acpi.h"

#include "runtime.h"

#include <mm/early_ioremap.h>

#define RSDP_V1_LENGTH 20
#define FADT_FACS 36
#define FADT_DSDT 40
#define FADT_X_FACS 132
#define FADT_X_DSDT 140
#define TABLE_MAX (16u << 20) /* a longer one is taken for garbage */

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint32_t extended_checksum;
} __attribute__((packed));

_Static_assert(sizeof(struct rsdp) == 36, "RSDP");
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI table header");

static bool same(const char *signature, const char *wanted, size_t length)
{
	return !__builtin_memcmp(signature, wanted, length);
}

/* Byte sum and CRC-32 of physical memory, one early_memremap slot at a time. */
static bool digest(uint64_t phys, uint32_t length, uint8_t *sum, uint32_t *crc)
{
	*sum = 0;
	*crc = 0;
	while (length) {
		uint32_t room = FIX_BTMAP_SLOT_SIZE - (phys & MM_PAGE_MASK);
		uint32_t chunk = length < room ? length : room;
		uint8_t *bytes = early_memremap_ro(phys, chunk);

		if (!bytes)
			return false;
		for (uint32_t i = 0; i < chunk; i++)
			*sum += bytes[i];
		*crc = crc32(*crc, bytes, chunk);
		early_memunmap(bytes, chunk);
		phys += chunk;
		length -= chunk;
	}
	return true;
}

struct reader {
	struct acpi_table *tables;
	unsigned count;
	const char *why;
};

static bool refuse(struct reader *reader, const char *why)
{
	reader->why = why;
	return false;
}

static bool read_table(struct reader *reader, uint64_t address)
{
	struct acpi_table *table = &reader->tables[reader->count];
	uint8_t sum;

	if (reader->count == ACPI_TABLES_MAX)
		return refuse(reader, "there are more than 128 tables");
	if (copy_from_early_mem(&table->header, address, sizeof(table->header)))
		return refuse(reader, "a table's header cannot be mapped");
	table->address = address;
	table->length = table->header.length;
	table->has_checksum = !same(table->header.signature, "FACS", 4);
	if (table->length < sizeof(table->header) || table->length > TABLE_MAX)
		return refuse(reader, "a table's length makes no sense");
	if (!digest(address, table->length, &sum, &table->crc))
		return refuse(reader, "a table cannot be mapped");
	table->good = !table->has_checksum || !sum;
	reader->count++;
	return true;
}

static bool read_pointer(uint64_t phys, unsigned size, uint64_t *value)
{
	*value = 0;
	return !copy_from_early_mem(value, phys, size);
}

/* The FADT's DSDT or FACS: the 64-bit pointer when the table is long enough to have one and it is set. */
static bool read_from_fadt(struct reader *reader, uint64_t fadt, uint32_t length, unsigned at, unsigned x_at)
{
	uint64_t address = 0;

	if (length >= x_at + 8 && !read_pointer(fadt + x_at, 8, &address))
		return refuse(reader, "the FADT cannot be mapped");
	if (!address && length >= at + 4 && !read_pointer(fadt + at, 4, &address))
		return refuse(reader, "the FADT cannot be mapped");
	return !address || read_table(reader, address);
}

/* Each table that the XSDT (8-byte pointers) or RSDT (4) points to. */
static bool read_all(struct reader *reader, uint64_t root, unsigned pointer_size)
{
	if (!read_table(reader, root))
		return false;

	const uint32_t length = reader->tables[reader->count - 1].length;

	for (uint32_t at = sizeof(struct acpi_header); at + pointer_size <= length; at += pointer_size) {
		uint64_t address;

		if (!read_pointer(root + at, pointer_size, &address))
			return refuse(reader, "the XSDT cannot be mapped");
		if (!read_table(reader, address))
			return false;

		const struct acpi_table *table = &reader->tables[reader->count - 1];

		if (!same(table->header.signature, "FACP", 4))
			continue;
		if (!read_from_fadt(reader, address, table->length, FADT_DSDT, FADT_X_DSDT) ||
		    !read_from_fadt(reader, address, table->length, FADT_FACS, FADT_X_FACS))
			return false;
	}
	return true;
}

static bool read_rsdp(struct reader *reader, uint64_t address, struct rsdp *rsdp)
{
	struct acpi_table *table = &reader->tables[0];
	uint8_t sum, v1_sum;
	uint32_t crc;

	if (copy_from_early_mem(rsdp, address, sizeof(*rsdp)))
		return refuse(reader, "the RSDP cannot be mapped");
	if (!same(rsdp->signature, "RSD PTR ", 8))
		return refuse(reader, "there is no \"RSD PTR \" at acpi_rsdp_addr");
	*table = (struct acpi_table){ .address = address, .has_checksum = true };
	table->length = rsdp->revision < 2 ? RSDP_V1_LENGTH : rsdp->length;
	if (table->length > MM_PAGE_SIZE || !digest(address, RSDP_V1_LENGTH, &v1_sum, &crc) ||
	    !digest(address, table->length, &sum, &table->crc))
		return refuse(reader, "the RSDP's length makes no sense");
	__builtin_memcpy(table->header.signature, "RSDP", 4);
	__builtin_memcpy(table->header.oem_id, rsdp->oem_id, sizeof(rsdp->oem_id));
	table->header.revision = rsdp->revision;
	table->good = !sum && !v1_sum;
	reader->count = 1;
	return true;
}

unsigned acpi_read_tables(uint64_t address, struct acpi_table tables[ACPI_TABLES_MAX], const char **why)
{
	struct reader reader = { .tables = tables };
	struct rsdp rsdp;
	bool good = read_rsdp(&reader, address, &rsdp);

	if (good)
		good = rsdp.revision >= 2 && rsdp.xsdt ? read_all(&reader, rsdp.xsdt, 8)
						       : read_all(&reader, rsdp.rsdt, 4);
	*why = reader.why;
	return good ? reader.count : 0;
}
