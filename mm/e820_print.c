/* SPDX-License-Identifier: BSD-2-Clause */
#include <mm/e820.h>

void e820_print_type(uint32_t type, struct printer *out)
{
	switch (type) {
	case E820_TYPE_RAM:
	case E820_TYPE_RESERVED_KERN:
		print(out, "usable");
		break;
	case E820_TYPE_RESERVED:
		print(out, "reserved");
		break;
	case E820_TYPE_SOFT_RESERVED:
		print(out, "soft reserved");
		break;
	case E820_TYPE_ACPI:
		print(out, "ACPI data");
		break;
	case E820_TYPE_NVS:
		print(out, "ACPI NVS");
		break;
	case E820_TYPE_UNUSABLE:
		print(out, "unusable");
		break;
	case E820_TYPE_PMEM:
	case E820_TYPE_PRAM:
		print(out, "persistent (type %u)", (unsigned)type);
		break;
	default:
		print(out, "type %u", (unsigned)type);
	}
}

void e820_print_table(const struct e820_table *table, const char *who, struct printer *out)
{
	for (size_t i = 0; i < table->nr_entries; i++) {
		const struct e820_entry *entry = &table->entries[i];

		print(out, "%s: [mem 0x%016llx-0x%016llx] ", who, (unsigned long long)entry->addr,
		      (unsigned long long)(entry->addr + entry->size - 1));
		e820_print_type(entry->type, out);
		print(out, "\n");
	}
}
