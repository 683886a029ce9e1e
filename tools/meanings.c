/* SPDX-License-Identifier: BSD-2-Clause */
#include "meanings.h"

#include <string.h>

static const char *const efi_meanings[EFI_MAX_MEMORY_TYPE] = {
	[EFI_RESERVED_TYPE] = "the firmware keeps it for itself, and nobody else may use it",
	[EFI_LOADER_CODE] =
		"code of a program that the firmware started, such as the boot loader; free once the system runs",
	[EFI_LOADER_DATA] = "what the boot loader allocated: the kernel, its initrd and parameters are here; "
			    "free when they are not needed any more",
	[EFI_BOOT_SERVICES_CODE] = "code of the firmware's boot services; free after ExitBootServices",
	[EFI_BOOT_SERVICES_DATA] = "data of the firmware's boot services; free after ExitBootServices",
	[EFI_RUNTIME_SERVICES_CODE] = "code of the firmware's runtime services, which the system calls while it runs; "
				      "it must stay as it is",
	[EFI_RUNTIME_SERVICES_DATA] = "data of the firmware's runtime services; it must stay as it is",
	[EFI_CONVENTIONAL_MEMORY] = "free memory",
	[EFI_UNUSABLE_MEMORY] = "memory in which errors were found; nobody may use it",
	[EFI_ACPI_RECLAIM_MEMORY] = "holds ACPI tables; free once the system has read them",
	[EFI_ACPI_MEMORY_NVS] = "the firmware's own memory, which must keep its content, also while the machine sleeps",
	[EFI_MEMORY_MAPPED_IO] = "registers of a device that runtime services use; no memory",
	[EFI_MEMORY_MAPPED_IO_PORT_SPACE] = "accesses here become accesses to I/O ports; no memory",
	[EFI_PAL_CODE] = "firmware code of Itanium processors",
	[EFI_PERSISTENT_MEMORY] = "memory that keeps its content without power, such as an NVDIMM",
	[EFI_UNACCEPTED_MEMORY] = "memory of a confidential guest that has to be accepted before anybody touches it",
};

const char *efi_type_meaning(uint32_t type)
{
	if (type < EFI_MAX_MEMORY_TYPE)
		return efi_meanings[type];
	if (type >= EFI_OS_TYPE_MIN)
		return "a type that an operating system's loader made up";
	if (type >= EFI_OEM_TYPE_MIN)
		return "a type that the machine's maker made up";
	return "a type that the UEFI specification does not define";
}

const char *efi_type_in_linux(uint32_t type)
{
	switch (type) {
	case EFI_BOOT_SERVICES_CODE:
	case EFI_BOOT_SERVICES_DATA:
		return "keeps it reserved until the runtime services have their virtual addresses, because some "
		       "firmware still "
		       "uses it then, and frees it afterwards";
	case EFI_RUNTIME_SERVICES_CODE:
	case EFI_RUNTIME_SERVICES_DATA:
		return "maps it in the page tables that it uses while it calls the firmware";
	default:
		return NULL;
	}
}

const char *e820_type_meaning(uint32_t type)
{
	switch (type) {
	case E820_TYPE_RAM:
		return "uses them as RAM; in /proc/iomem they are \"System RAM\"";
	case E820_TYPE_RESERVED:
		return "leaves them alone and puts no device there; in /proc/iomem they are \"Reserved\"";
	case E820_TYPE_ACPI:
		return "reads the ACPI tables in them and never uses them as RAM; in /proc/iomem they are \"ACPI "
		       "Tables\"";
	case E820_TYPE_NVS:
		return "keeps their content over suspend and hibernation; in /proc/iomem they are "
		       "\"ACPI Non-volatile Storage\"";
	case E820_TYPE_UNUSABLE:
		return "never touches them; in /proc/iomem they are \"Unusable memory\"";
	case E820_TYPE_PMEM:
		return "gives them to the driver of persistent memory; in /proc/iomem they are \"Persistent Memory\"";
	case E820_TYPE_PRAM:
		return "gives them to the driver of persistent memory; in /proc/iomem they are "
		       "\"Persistent Memory (legacy)\"";
	case E820_TYPE_SOFT_RESERVED:
		return "keeps them out of the general pool, for programs that ask for this memory (device-dax); in "
		       "/proc/iomem they are \"Soft Reserved\"";
	case E820_TYPE_RESERVED_KERN:
		return "uses them as RAM, but not before it has read the setup_data in them";
	default:
		return "does not know this type and leaves them alone; in /proc/iomem they are \"Unknown E820 type\"";
	}
}

void efi_attribute_explain(uint64_t attribute, struct printer *out)
{
	static const struct {
		uint64_t bit;
		const char *words;
	} caching[] = {
		{ EFI_ATTRIBUTE_WB, "write-back" },
		{ EFI_ATTRIBUTE_WT, "write-through" },
		{ EFI_ATTRIBUTE_WC, "write-combining" },
		{ EFI_ATTRIBUTE_UC, "uncached" },
		{ EFI_ATTRIBUTE_UCE, "uncached with fetch-and-add semaphores" },
		{ EFI_ATTRIBUTE_WP, "write-protected" },
	}, others[] = {
		{ EFI_ATTRIBUTE_RP, "can be protected from reading" },
		{ EFI_ATTRIBUTE_XP, "must not be executed, or can be protected from it" },
		{ EFI_ATTRIBUTE_RO, "must not be written, or can be protected from it" },
		{ EFI_ATTRIBUTE_NV, "keeps its content without power" },
		{ EFI_ATTRIBUTE_MORE_RELIABLE, "is more reliable than other memory" },
		{ EFI_ATTRIBUTE_SP, "is meant for a specific purpose, not for everybody" },
		{ EFI_ATTRIBUTE_CPU_CRYPTO, "can be encrypted by the processor" },
		{ EFI_ATTRIBUTE_RUNTIME, "the firmware needs it mapped after boot" },
	};
	const char *separator = "";

	for (size_t i = 0; i < MM_ARRAY_COUNT(caching); i++) {
		if (!(attribute & caching[i].bit))
			continue;
		attribute &= ~caching[i].bit;
		print(out, "%s%s", *separator ? ", " : "can be mapped ", caching[i].words);
		separator = "; ";
	}
	for (size_t i = 0; i < MM_ARRAY_COUNT(others); i++) {
		if (!(attribute & others[i].bit))
			continue;
		attribute &= ~others[i].bit;
		print(out, "%s%s", separator, others[i].words);
		separator = "; ";
	}
	if (attribute)
		print(out, "%sbits that have no name here: 0x%llx", separator, (unsigned long long)attribute);
	else if (!*separator)
		print(out, "none");
}

void efi_attribute_print_short(uint64_t attribute, struct printer *out)
{
	char columns[80];
	struct buffer_printer text;
	const char *separator = "";

	buffer_printer_init(&text, columns, sizeof(columns));
	efi_attribute_print(attribute, &text.printer);
	for (const char *at = columns; *at;) {
		size_t blank = strspn(at, " |"), length = strcspn(at + blank, " |");

		if (length)
			print(out, "%s%.*s", separator, (int)length, at + blank);
		separator = length ? " " : separator;
		at += blank + length;
	}
}

static void print_entries(const struct efi_trace *trace, struct printer *out)
{
	if (trace->first == trace->last)
		print(out, "e820 entry %zu", trace->first);
	else
		print(out, "e820 entries %zu to %zu", trace->first, trace->last);
}

void efi_trace_explain(const struct efi_memory_desc *desc, const struct efi_trace *trace, struct printer *out)
{
	uint64_t end;

	switch (trace->fate) {
	case EFI_FATE_KEPT:
		print_entries(trace, out);
		print(out, " %s exactly this", trace->first == trace->last ? "is" : "are");
		break;
	case EFI_FATE_MERGED:
		print(out, "merged with its neighbours into ");
		print_entries(trace, out);
		break;
	case EFI_FATE_CLIPPED:
		print(out, "clipped into ");
		print_entries(trace, out);
		if (trace->by == SIZE_MAX)
			print(out, ", because it %s",
			      desc->phys_addr & MM_PAGE_MASK ? "does not start at a page boundary"
							     : "reaches the end of the address space");
		else
			print(out, ", because descriptor %zu, whose type is stronger, has the rest", trace->by);
		break;
	case EFI_FATE_COVERED:
		print(out, "nothing is left of it, because descriptor %zu, whose type is stronger, has all of it",
		      trace->by);
		break;
	case EFI_FATE_DROPPED:
		print(out, "dropped, because it has %s",
		      desc->num_pages == 0 ? "no pages"
					   : efi_memory_desc_end(desc, &end) ? "no whole page that e820 can name"
									       : "pages past 2^64");
		break;
	}
}
