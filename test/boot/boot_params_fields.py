# SPDX-License-Identifier: BSD-2-Clause
"""Names for the bytes of Linux's zero page (Documentation/arch/x86/zero-page.rst), as data."""

# name -> (offset, size)
FIELDS = {
    "orig_video_mode": (0x006, 1), "orig_video_isVGA": (0x00f, 1),
    "lfb_width": (0x012, 2), "lfb_height": (0x014, 2), "lfb_depth": (0x016, 2), "lfb_base": (0x018, 4),
    "lfb_size": (0x01c, 4), "lfb_linelength": (0x024, 2), "red_size": (0x026, 1), "red_pos": (0x027, 1),
    "green_size": (0x028, 1), "green_pos": (0x029, 1), "blue_size": (0x02a, 1), "blue_pos": (0x02b, 1),
    "rsvd_size": (0x02c, 1), "rsvd_pos": (0x02d, 1), "pages": (0x032, 2), "capabilities": (0x036, 4),
    "ext_lfb_base": (0x03a, 4),
    "acpi_rsdp_addr": (0x070, 8), "ext_ramdisk_image": (0x0c0, 4), "ext_ramdisk_size": (0x0c4, 4),
    "ext_cmd_line_ptr": (0x0c8, 4), "cc_blob_address": (0x13c, 4), "edid_info": (0x140, 128),
    "efi_loader_signature": (0x1c0, 4), "efi_systab": (0x1c4, 4), "efi_memdesc_size": (0x1c8, 4),
    "efi_memdesc_version": (0x1cc, 4), "efi_memmap": (0x1d0, 4), "efi_memmap_size": (0x1d4, 4),
    "efi_systab_hi": (0x1d8, 4), "efi_memmap_hi": (0x1dc, 4), "alt_mem_k": (0x1e0, 4), "e820_entries": (0x1e8, 1),
    "secure_boot": (0x1ec, 1), "sentinel": (0x1ef, 1),
    "hdr.setup_sects": (0x1f1, 1), "hdr.root_flags": (0x1f2, 2), "hdr.syssize": (0x1f4, 4),
    "hdr.vid_mode": (0x1fa, 2),
    "hdr.root_dev": (0x1fc, 2), "hdr.boot_flag": (0x1fe, 2), "hdr.jump": (0x200, 2), "hdr.header": (0x202, 4),
    "hdr.version": (0x206, 2), "hdr.realmode_swtch": (0x208, 4), "hdr.start_sys_seg": (0x20c, 2),
    "hdr.kernel_version": (0x20e, 2), "hdr.type_of_loader": (0x210, 1), "hdr.loadflags": (0x211, 1),
    "hdr.setup_move_size": (0x212, 2), "hdr.code32_start": (0x214, 4), "hdr.ramdisk_image": (0x218, 4),
    "hdr.ramdisk_size": (0x21c, 4), "hdr.bootsect_kludge": (0x220, 4), "hdr.heap_end_ptr": (0x224, 2),
    "hdr.ext_loader": (0x226, 2), "hdr.cmd_line_ptr": (0x228, 4), "hdr.initrd_addr_max": (0x22c, 4),
    "hdr.kernel_alignment": (0x230, 4), "hdr.relocatable_kernel": (0x234, 1), "hdr.min_alignment": (0x235, 1),
    "hdr.xloadflags": (0x236, 2), "hdr.cmdline_size": (0x238, 4), "hdr.hardware_subarch": (0x23c, 4),
    "hdr.hardware_subarch_data": (0x240, 8), "hdr.payload_offset": (0x248, 4), "hdr.payload_length": (0x24c, 4),
    "hdr.setup_data": (0x250, 8), "hdr.pref_address": (0x258, 8), "hdr.init_size": (0x260, 4),
    "hdr.handover_offset": (0x264, 4), "hdr.kernel_info_offset": (0x268, 4),
}
E820_TABLE, E820_ENTRY, E820_SLOTS = 0x2d0, 20, 128


def items(page):
    """(name, hexadecimal value) of every byte of the page: fields, map entries, and what has no name in pieces of 8."""
    fields = dict(FIELDS)
    used = page[FIELDS["e820_entries"][0]]
    starts = [int.from_bytes(page[E820_TABLE + n * E820_ENTRY:][:8], "little") for n in range(used)]
    names = [f"at {start:#x}" for start in starts] + [f"slot {n}" for n in range(used, E820_SLOTS)]
    fields.update({f"e820_table {name}": (E820_TABLE + n * E820_ENTRY, E820_ENTRY) for n, name in enumerate(names)})
    yield "order of e820_table", "by address" if starts == sorted(starts) else "not by address"
    named = set()
    for name, (offset, size) in fields.items():
        named.update(range(offset, offset + size))
        data = page[offset:offset + size]
        yield name, f"{int.from_bytes(data, 'little'):#x}" if size <= 8 else data.hex()
    for start in range(0, len(page), 8):
        rest = {offset for offset in range(start, start + 8) if offset not in named and page[offset]}
        yield f"byte {start:#05x}", " ".join(f"{offset:#x}={page[offset]:#x}" for offset in sorted(rest)) or "0"
