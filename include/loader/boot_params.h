/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The x86 boot protocol's boot_params page ("zero page") and setup_data nodes. Source: Linux's
 * Documentation/arch/x86/zero-page.rst and boot.rst; only the fields that Mapbridge reads or writes have names.
 */
#ifndef LOADER_BOOT_PARAMS_H
#define LOADER_BOOT_PARAMS_H

#include <mm/e820.h>

#define BOOT_PARAMS_SIZE 4096
#define EDID_SIZE 128 /* of the first block, the only one that has room */
#define BOOT_FLAG 0xaa55
#define BOOT_HEADER_MAGIC 0x53726448 /* "HdrS" */
#define BOOT_LOADER_UNREGISTERED 0xff

#define LOADFLAGS_LOADED_HIGH 0x1
#define LOADFLAGS_KASLR 0x2 /* the kernel's own addresses are random: it then randomises its other regions, too */

/* xloadflags */
#define XLF_KERNEL_64 0x1
#define XLF_CAN_BE_LOADED_ABOVE_4G 0x2

/* setup_header, as it lies in a bzImage at file offset 0x1f1 and in boot_params at 0x1f1. */
struct setup_header {
	uint8_t setup_sects;
	uint16_t root_flags;
	uint32_t syssize; /* of the protected-mode part, in units of 16 bytes */
	uint16_t ram_size;
	uint16_t vid_mode;
	uint16_t root_dev;
	uint16_t boot_flag;
	uint16_t jump; /* its second byte + 0x202 is the end of the header */
	uint32_t header;
	uint16_t version;
	uint32_t realmode_swtch;
	uint16_t start_sys_seg;
	uint16_t kernel_version; /* offset of a string from the file's byte 0x200; 0: none */
	uint8_t type_of_loader;
	uint8_t loadflags;
	uint16_t setup_move_size;
	uint32_t code32_start;
	uint32_t ramdisk_image;
	uint32_t ramdisk_size;
	uint32_t bootsect_kludge;
	uint16_t heap_end_ptr;
	uint8_t ext_loader_ver;
	uint8_t ext_loader_type;
	uint32_t cmd_line_ptr;
	uint32_t initrd_addr_max; /* the highest address that the initrd's last byte may have */
	uint32_t kernel_alignment;
	uint8_t relocatable_kernel;
	uint8_t min_alignment;
	uint16_t xloadflags;
	uint32_t cmdline_size; /* without the terminating NUL */
	uint32_t hardware_subarch;
	uint64_t hardware_subarch_data;
	uint32_t payload_offset;
	uint32_t payload_length;
	uint64_t setup_data; /* physical address of the first struct setup_data */
	uint64_t pref_address;
	uint32_t init_size;
	uint32_t handover_offset;
	uint32_t kernel_info_offset;
} __attribute__((packed));

struct efi_info {
	uint32_t efi_loader_signature; /* "EL64" */
	uint32_t efi_systab;
	uint32_t efi_memdesc_size;
	uint32_t efi_memdesc_version;
	uint32_t efi_memmap;
	uint32_t efi_memmap_size;
	uint32_t efi_systab_hi;
	uint32_t efi_memmap_hi;
} __attribute__((packed));

#define EFI64_LOADER_SIGNATURE 0x34364c45 /* "EL64" */

/* The fields of screen_info that a linear framebuffer from UEFI uses. */
struct screen_info {
	uint8_t reserved_00[0x06];
	uint8_t orig_video_mode;
	uint8_t reserved_07[0x0f - 0x07];
	uint8_t orig_video_isVGA;
	uint8_t reserved_10[0x12 - 0x10];
	uint16_t lfb_width;
	uint16_t lfb_height;
	uint16_t lfb_depth;
	uint32_t lfb_base;
	uint32_t lfb_size; /* bytes */
	uint8_t reserved_20[0x24 - 0x20];
	uint16_t lfb_linelength; /* bytes */
	uint8_t red_size;
	uint8_t red_pos;
	uint8_t green_size;
	uint8_t green_pos;
	uint8_t blue_size;
	uint8_t blue_pos;
	uint8_t rsvd_size;
	uint8_t rsvd_pos;
	uint8_t reserved_2e[0x32 - 0x2e];
	uint16_t pages;
	uint16_t vesa_attributes;
	uint32_t capabilities;
	uint32_t ext_lfb_base;
	uint8_t reserved_3e[2];
} __attribute__((packed));

#define VIDEO_TYPE_EFI 0x70
#define VIDEO_CAPABILITY_SKIP_QUIRKS 0x1
#define VIDEO_CAPABILITY_64BIT_BASE 0x2

struct boot_params {
	struct screen_info screen_info;
	uint8_t reserved_040[0x070 - 0x040];
	uint64_t acpi_rsdp_addr;
	uint8_t reserved_078[0x0c0 - 0x078];
	uint32_t ext_ramdisk_image;
	uint32_t ext_ramdisk_size;
	uint32_t ext_cmd_line_ptr;
	uint8_t reserved_0cc[0x140 - 0x0cc];
	uint8_t edid_info[EDID_SIZE];
	struct efi_info efi_info;
	uint32_t alt_mem_k;
	uint8_t reserved_1e4[0x1e8 - 0x1e4];
	uint8_t e820_entries;
	uint8_t reserved_1e9[0x1ec - 0x1e9];
	uint8_t secure_boot;
	uint8_t reserved_1ed[0x1ef - 0x1ed];
	uint8_t sentinel;
	uint8_t reserved_1f0;
	struct setup_header hdr;
	uint8_t reserved_26c[0x2d0 - 0x26c];
	struct e820_entry e820_table[E820_MAX_ENTRIES_ZEROPAGE];
	uint8_t reserved_cd0[BOOT_PARAMS_SIZE - 0xcd0];
} __attribute__((packed));

enum { SECURE_BOOT_UNSET = 0, SECURE_BOOT_UNKNOWN = 1, SECURE_BOOT_DISABLED = 2, SECURE_BOOT_ENABLED = 3 };

#define BOOT_PARAMS_OFFSET(field, offset)                                                                              \
	_Static_assert(offsetof(struct boot_params, field) == (offset), "boot_params." #field)
BOOT_PARAMS_OFFSET(screen_info.orig_video_isVGA, 0x0f);
BOOT_PARAMS_OFFSET(screen_info.lfb_width, 0x12);
BOOT_PARAMS_OFFSET(screen_info.lfb_height, 0x14);
BOOT_PARAMS_OFFSET(screen_info.lfb_depth, 0x16);
BOOT_PARAMS_OFFSET(screen_info.lfb_base, 0x18);
BOOT_PARAMS_OFFSET(screen_info.lfb_size, 0x1c);
BOOT_PARAMS_OFFSET(screen_info.lfb_linelength, 0x24);
BOOT_PARAMS_OFFSET(screen_info.red_size, 0x26);
BOOT_PARAMS_OFFSET(screen_info.rsvd_pos, 0x2d);
BOOT_PARAMS_OFFSET(screen_info.pages, 0x32);
BOOT_PARAMS_OFFSET(screen_info.capabilities, 0x36);
BOOT_PARAMS_OFFSET(screen_info.ext_lfb_base, 0x3a);
BOOT_PARAMS_OFFSET(acpi_rsdp_addr, 0x070);
BOOT_PARAMS_OFFSET(ext_ramdisk_image, 0x0c0);
BOOT_PARAMS_OFFSET(ext_ramdisk_size, 0x0c4);
BOOT_PARAMS_OFFSET(ext_cmd_line_ptr, 0x0c8);
BOOT_PARAMS_OFFSET(edid_info, 0x140);
BOOT_PARAMS_OFFSET(efi_info.efi_loader_signature, 0x1c0);
BOOT_PARAMS_OFFSET(efi_info.efi_systab, 0x1c4);
BOOT_PARAMS_OFFSET(efi_info.efi_memdesc_size, 0x1c8);
BOOT_PARAMS_OFFSET(efi_info.efi_memdesc_version, 0x1cc);
BOOT_PARAMS_OFFSET(efi_info.efi_memmap, 0x1d0);
BOOT_PARAMS_OFFSET(efi_info.efi_memmap_size, 0x1d4);
BOOT_PARAMS_OFFSET(efi_info.efi_systab_hi, 0x1d8);
BOOT_PARAMS_OFFSET(efi_info.efi_memmap_hi, 0x1dc);
BOOT_PARAMS_OFFSET(alt_mem_k, 0x1e0);
BOOT_PARAMS_OFFSET(e820_entries, 0x1e8);
BOOT_PARAMS_OFFSET(secure_boot, 0x1ec);
BOOT_PARAMS_OFFSET(sentinel, 0x1ef);
BOOT_PARAMS_OFFSET(hdr.setup_sects, 0x1f1);
BOOT_PARAMS_OFFSET(hdr.syssize, 0x1f4);
BOOT_PARAMS_OFFSET(hdr.boot_flag, 0x1fe);
BOOT_PARAMS_OFFSET(hdr.jump, 0x200);
BOOT_PARAMS_OFFSET(hdr.header, 0x202);
BOOT_PARAMS_OFFSET(hdr.version, 0x206);
BOOT_PARAMS_OFFSET(hdr.kernel_version, 0x20e);
BOOT_PARAMS_OFFSET(hdr.type_of_loader, 0x210);
BOOT_PARAMS_OFFSET(hdr.code32_start, 0x214);
BOOT_PARAMS_OFFSET(hdr.ramdisk_image, 0x218);
BOOT_PARAMS_OFFSET(hdr.ramdisk_size, 0x21c);
BOOT_PARAMS_OFFSET(hdr.cmd_line_ptr, 0x228);
BOOT_PARAMS_OFFSET(hdr.initrd_addr_max, 0x22c);
BOOT_PARAMS_OFFSET(hdr.kernel_alignment, 0x230);
BOOT_PARAMS_OFFSET(hdr.relocatable_kernel, 0x234);
BOOT_PARAMS_OFFSET(hdr.xloadflags, 0x236);
BOOT_PARAMS_OFFSET(hdr.cmdline_size, 0x238);
BOOT_PARAMS_OFFSET(hdr.setup_data, 0x250);
BOOT_PARAMS_OFFSET(hdr.pref_address, 0x258);
BOOT_PARAMS_OFFSET(hdr.init_size, 0x260);
BOOT_PARAMS_OFFSET(hdr.kernel_info_offset, 0x268);
BOOT_PARAMS_OFFSET(e820_table, 0x2d0);
_Static_assert(sizeof(struct boot_params) == BOOT_PARAMS_SIZE, "boot_params");

/* Linux copies this many bytes from cmd_line_ptr whatever the command line's length. */
#define COMMAND_LINE_SIZE 2048

/* A node of the list at hdr.setup_data; len bytes of data follow it. */
struct setup_data {
	uint64_t next; /* physical address of the next node; 0: this is the last */
	uint32_t type;
	uint32_t len;
};

_Static_assert(sizeof(struct setup_data) == 16, "setup_data");

enum { SETUP_E820_EXT = 1, SETUP_PCI = 3, SETUP_RNG_SEED = 9 };

/* The data of a SETUP_PCI node up to the ROM's bytes (Linux's struct pci_setup_rom behind its setup_data). */
struct setup_pci_rom {
	uint16_t vendor;
	uint16_t devid;
	uint32_t reserved;
	uint64_t pcilen; /* bytes of the ROM */
	uint64_t segment;
	uint64_t bus;
	uint64_t device;
	uint64_t function;
};

_Static_assert(offsetof(struct setup_pci_rom, pcilen) == 8, "pci_setup_rom");
_Static_assert(sizeof(struct setup_pci_rom) == 48, "pci_setup_rom");

#endif
