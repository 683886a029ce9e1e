/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime services in physical mode, as the UEFI specification 2.10 allows after ExitBootServices (2.3.4):
 * identity-mapped, interrupts off, DF clear, FPU and SSE ready, a stack of more than 4 KiB, 16-byte aligned.
 */
#include "scribble.h"

#include "lib/cpu.h"

#define FPU_CONTROL_WORD 0x037f
#define MXCSR_ALL_MASKED 0x1f80
#define ALL_SERVICES UINT32_MAX

static uint32_t supported = ALL_SERVICES;

void runtime_services_prepare(const struct machine *machine)
{
	uint64_t phys = efi_find_table(machine->systab, &efi_rt_properties_guid);
	const struct efi_rt_properties_table *properties = identity(phys);

	if (phys)
		supported = properties->supported;
	print(com1, "Runtime services supported: %#x\n", supported);
}

static void enable_sse(void)
{
	const uint16_t control_word = FPU_CONTROL_WORD;
	const uint32_t mxcsr = MXCSR_ALL_MASKED;

	write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT);
	__asm__ volatile("fninit; fldcw %0; ldmxcsr %1" : : "m"(control_word), "m"(mxcsr));
}

static void check_get_time(const struct efi_runtime_services *runtime)
{
	struct efi_time time = { 0 };
	uint64_t status = runtime->get_time(&time, NULL);

	print(com1, "GetTime: status %#llx, %04u-%02u-%02u %02u:%02u:%02u\n", (unsigned long long)status, time.year,
	      time.month, time.day, time.hour, time.minute, time.second);
	if (!(supported & EFI_RT_SUPPORTED_GET_TIME))
		check_equal(status, EFI_UNSUPPORTED, "GetTime answers that it is unsupported");
	else
		check(status == EFI_SUCCESS && time.year >= 1998 && time.year <= 9999 && time.month >= 1 &&
			      time.month <= 12 && time.day >= 1 && time.day <= 31 && time.hour <= 23 &&
			      time.minute <= 59 && time.second <= 59,
		      "GetTime answers", "status %#llx, %u-%u-%u", (unsigned long long)status, time.year, time.month,
		      time.day);
}

/* Names of variables that firmware has, or with right knows that it has not. */
static const uint16_t secure_boot[] = u"SecureBoot", boot_order[] = u"BootOrder", platform_lang[] = u"PlatformLang";
static const uint16_t nonsense[] = u"MapbridgeHasNoSuchVariable";

static uint64_t get_variable(const struct efi_runtime_services *runtime, const uint16_t *name, const char *shown)
{
	static uint8_t data[1024];
	uint64_t size = sizeof(data);
	uint32_t attributes = 0;
	uint64_t status = runtime->get_variable(name, &efi_global_variable_guid, &attributes, &size, data);

	print(com1, "GetVariable(%s): status %#llx, attributes %#x, %llu bytes\n", shown, (unsigned long long)status,
	      attributes, (unsigned long long)(status == EFI_SUCCESS ? size : 0));
	return status;
}

static void check_get_variable(const struct efi_runtime_services *runtime)
{
	const struct {
		const uint16_t *name;
		const char *shown;
	} asked[] = { { secure_boot, "SecureBoot" }, { boot_order, "BootOrder" }, { platform_lang, "PlatformLang" } };
	unsigned found = 0, missing = 0;

	if (!(supported & EFI_RT_SUPPORTED_GET_VARIABLE)) {
		check_equal(get_variable(runtime, boot_order, "BootOrder"), EFI_UNSUPPORTED,
			    "GetVariable answers that it is unsupported");
		return;
	}
	for (unsigned i = 0; i < MM_ARRAY_COUNT(asked); i++) {
		uint64_t status = get_variable(runtime, asked[i].name, asked[i].shown);

		found += status == EFI_SUCCESS;
		missing += status == EFI_NOT_FOUND;
	}
	check(found && found + missing == MM_ARRAY_COUNT(asked), "GetVariable answers",
	      "%u found, %u not found, %u other answers", found, missing,
	      (unsigned)MM_ARRAY_COUNT(asked) - found - missing);
	check_equal(get_variable(runtime, nonsense, "MapbridgeHasNoSuchVariable"), EFI_NOT_FOUND,
		    "GetVariable knows what it has not");
}

void runtime_services_check(const struct machine *machine)
{
	const struct efi_runtime_services *runtime = identity(machine->systab->runtime_services);

	if (!check(efi_header_good(&machine->systab->header, EFI_SYSTEM_TABLE_SIGNATURE) &&
			   efi_header_good(&runtime->header, EFI_RUNTIME_SERVICES_SIGNATURE),
		   "EFI system table survives", "its signature or CRC-32 is wrong"))
		return;
	enable_sse();
	check_get_time(runtime);
	check_get_variable(runtime);
}
