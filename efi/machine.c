/* SPDX-License-Identifier: BSD-2-Clause */
/* Facts about the machine: processor modes, firmware tables, framebuffer, Secure Boot. */
#include "firmware.h"

#define CR4_MCE (UINT64_C(1) << 6)
#define CR4_LA57 (UINT64_C(1) << 12)

static EFI_GUID acpi2_guid = { 0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 } };
static EFI_GUID acpi1_guid = { 0xeb9d2d30, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d } };
static EFI_GUID attributes_guid = { 0xdcfa911d, 0x26eb, 0x469f, { 0xa2, 0x20, 0x38, 0xb7, 0xdc, 0x46, 0x12, 0x20 } };
static EFI_GUID attribute_protocol_guid = { 0xf4560cf6, 0x40ec, 0x4b4a, { 0xa1, 0x92, 0xbf, 0x1d, 0x57, 0xd0, 0xb1, 0x89 } };
static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
static EFI_GUID global_guid = EFI_GLOBAL_VARIABLE;

/* EFI_MEMORY_ATTRIBUTES_TABLE (UEFI 2.10, section 4.6.4); descriptors follow. */
struct attributes_table {
	uint32_t version;
	uint32_t entries;
	uint32_t desc_size;
	uint32_t flags;
};

/* EFI_MEMORY_ATTRIBUTE_PROTOCOL (UEFI 2.10, section 37.7), which gnu-efi's headers do not have. */
struct attribute_protocol {
	EFI_STATUS(EFIAPI *get)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 *attributes);
	EFI_STATUS(EFIAPI *set)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes);
	EFI_STATUS(EFIAPI *clear)(struct attribute_protocol *self, EFI_PHYSICAL_ADDRESS base, UINT64 size, UINT64 attributes);
};

static void *configuration_table(const EFI_GUID *guid)
{
	for (UINTN i = 0; i < fw.system->NumberOfTableEntries; i++)
		if (__builtin_memcmp(&fw.system->ConfigurationTable[i].VendorGuid, guid, sizeof(*guid)) == 0)
			return fw.system->ConfigurationTable[i].VendorTable;
	return NULL;
}

uint64_t machine_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

static void cpuid(uint32_t leaf, uint32_t *a, uint32_t *d)
{
	uint32_t b, c = 0;

	*a = leaf;
	__asm__ volatile("cpuid" : "+a"(*a), "=b"(b), "+c"(c), "=d"(*d));
}

void machine_paging(struct paging_mode *mode, bool *mce)
{
	uint64_t cr4;
	uint32_t highest, features = 0, ignored;

	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	cpuid(0x80000000, &highest, &ignored);
	if (highest >= 0x80000001)
		cpuid(0x80000001, &ignored, &features);
	mode->levels = cr4 & CR4_LA57 ? 5 : 4;
	mode->gib_pages = features >> 26 & 1;
	*mce = cr4 & CR4_MCE;
}

bool machine_memory_attributes(struct efi_memmap *attributes)
{
	const struct attributes_table *table = configuration_table(&attributes_guid);

	if (!table || table->version == 0 || table->desc_size < sizeof(struct efi_memory_desc))
		return false;
	*attributes = (struct efi_memmap){ table + 1, (size_t)table->entries * table->desc_size, table->desc_size, 1 };
	return true;
}

static bool variable_is_one(const CHAR16 *name)
{
	UINT8 value = 0;
	UINTN size = sizeof(value);

	return !EFI_ERROR(fw.runtime->GetVariable((CHAR16 *)name, &global_guid, NULL, &size, &value)) && value == 1;
}

bool machine_secure_boot(void)
{
	return variable_is_one(L"SecureBoot") && !variable_is_one(L"SetupMode");
}

static void mask_to_field(uint32_t mask, uint8_t *size, uint8_t *position)
{
	*position = mask ? (uint8_t)__builtin_ctz(mask) : 0;
	for (*size = 0; mask; mask &= mask - 1)
		++*size;
}

static void describe_pixels(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode, struct screen_info *screen)
{
	EFI_PIXEL_BITMASK masks = { 0x000000ff, 0x0000ff00, 0x00ff0000, 0xff000000 };

	if (mode->PixelFormat == PixelBlueGreenRedReserved8BitPerColor)
		masks = (EFI_PIXEL_BITMASK){ 0x00ff0000, 0x0000ff00, 0x000000ff, 0xff000000 };
	else if (mode->PixelFormat == PixelBitMask)
		masks = mode->PixelInformation;
	mask_to_field(masks.RedMask, &screen->red_size, &screen->red_pos);
	mask_to_field(masks.GreenMask, &screen->green_size, &screen->green_pos);
	mask_to_field(masks.BlueMask, &screen->blue_size, &screen->blue_pos);
	mask_to_field(masks.ReservedMask, &screen->rsvd_size, &screen->rsvd_pos);
	screen->lfb_depth = screen->red_size + screen->green_size + screen->blue_size + screen->rsvd_size;
	screen->lfb_linelength = (uint16_t)(mode->PixelsPerScanLine * screen->lfb_depth / 8);
}

static void describe_screen(struct screen_info *screen)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;

	if (EFI_ERROR(fw.boot->LocateProtocol(&gop_guid, NULL, (void **)&gop)) || !gop->Mode || !gop->Mode->Info ||
	    gop->Mode->Info->PixelFormat >= PixelBltOnly)
		return;

	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = gop->Mode->Info;
	uint64_t base = gop->Mode->FrameBufferBase;

	screen->orig_video_isVGA = VIDEO_TYPE_EFI;
	screen->lfb_width = (uint16_t)mode->HorizontalResolution;
	screen->lfb_height = (uint16_t)mode->VerticalResolution;
	describe_pixels(mode, screen);
	screen->lfb_base = (uint32_t)base;
	screen->ext_lfb_base = (uint32_t)(base >> 32);
	screen->lfb_size = (uint32_t)screen->lfb_linelength * screen->lfb_height;
	screen->pages = 1;
	screen->capabilities = VIDEO_CAPABILITY_SKIP_QUIRKS | (base >> 32 ? VIDEO_CAPABILITY_64BIT_BASE : 0);
}

void machine_facts(struct boot_facts *facts)
{
	void *rsdp = configuration_table(&acpi2_guid);

	*facts = (struct boot_facts){
		.efi_systab = (uintptr_t)fw.system,
		.acpi_rsdp = (uintptr_t)(rsdp ? rsdp : configuration_table(&acpi1_guid)),
		.secure_boot = machine_secure_boot() ? SECURE_BOOT_ENABLED : SECURE_BOOT_DISABLED,
		.loader_tsc = fw.tsc,
	};
	describe_screen(&facts->screen);
}

EFI_STATUS machine_make_executable(uint64_t base, uint64_t size)
{
	struct attribute_protocol *protocol;
	EFI_STATUS status;

	if (EFI_ERROR(fw.boot->LocateProtocol(&attribute_protocol_guid, NULL, (void **)&protocol)))
		return EFI_SUCCESS;
	status = protocol->set(protocol, base, size, EFI_ATTRIBUTE_RO);
	return EFI_ERROR(status) ? status : protocol->clear(protocol, base, size, EFI_ATTRIBUTE_XP);
}
