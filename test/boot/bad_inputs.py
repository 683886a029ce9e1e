# SPDX-License-Identifier: BSD-2-Clause
"""Kernels, initrds and entries that the loader must refuse, each with what its error line must say."""
import dataclasses
import struct

import small_kernel

PAGE = 4096
KERNEL_BASE = 0xffffffff80000000
READ_EXECUTE, READ_WRITE = 5, 6


@dataclasses.dataclass
class BadInput:
    name: str
    error: str  # regular expression that the error line must match
    kernel: bytes | None = None  # becomes \bad\NAME
    entry: str | bytes | None = None  # default: an entry that names that kernel
    files: dict = dataclasses.field(default_factory=dict)


def elf64(segments, entry=KERNEL_BASE + 0x1000000, machine=62, bits=2):
    """An ELF64 executable of (p_paddr, p_memsz, p_flags) segments that are right unless a test says otherwise."""
    offset = PAGE
    headers = contents = b""
    for physical, size, flags in segments:
        content = b"\xf4" * min(size, PAGE)
        virtual = KERNEL_BASE + physical % (1 << 30)
        headers += struct.pack("<IIQQQQQQ", 1, flags, offset, virtual, physical, len(content), size, PAGE)
        contents += content.ljust(PAGE, b"\0")
        offset += PAGE
    header = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", bits, 1, 1, 2, machine, 1, entry, 64, 0, 0, 64, 56,
                         len(segments), 0, 0, 0)
    return (header + headers).ljust(PAGE, b"\0") + contents


def pe(machine, *sections):
    """The headers of a PE file, which starts as an MS-DOS program."""
    table = b"".join(name.ljust(40, b"\0") for name in sections)
    return (b"MZ".ljust(0x3c, b"\0") + struct.pack("<I", 0x80)).ljust(0x80, b"\0") + struct.pack(
        "<4sHHIIIHH", b"PE\0\0", machine, len(sections), 0, 0, 0, 0, 0x22e) + table.ljust(4096, b"\0")


def multiboot2():
    header = struct.pack("<4I", 0xe85250d6, 0, 24, 2**32 - 0xe85250d6 - 24)
    return b"\xeb\xfe".ljust(64, b"\x90") + header + struct.pack("<HHI", 0, 0, 8) + bytes(4096)


TEXT = (0x1000000, PAGE, READ_EXECUTE)


def last_segment_end(elf):
    """File offset of the end of the last segment of an ELF64."""
    table, count = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    headers = (struct.unpack_from("<IIQQQQQQ", elf, table + number * 56) for number in range(count))
    return max(offset + file_size for kind, _, offset, _, _, file_size, _, _ in headers if kind == 1)


def patched(data, offset, value):
    return data[:offset] + value + data[offset + len(value):]


def prepared_cases(good):
    """good: the bytes of a prepared kernel."""
    head_size, = struct.unpack_from("<I", good, 12)
    table, table_size = struct.unpack_from("<II", good, 0x90)
    far = struct.pack("<HH", 0xffff, 0xfff8)
    return [
        BadInput("prepared-cut", r"prepared-cut: truncated: \d+ bytes, its header says", kernel=good[:-4096]),
        BadInput("prepared-cut-in-header", r"prepared-cut-in-header: truncated: 1000 bytes", kernel=good[:1000]),
        BadInput("prepared-newer", r"prepared-newer: a prepared kernel of version 2; needed: version 1",
                 kernel=patched(good, 8, struct.pack("<I", 2))),
        BadInput("prepared-altered-head", r"prepared-altered-head: altered: its header and relocations",
                 kernel=patched(good, 0x148, b"x")),
        BadInput("prepared-altered-relocations", r"prepared-altered-relocations: altered: its header and relocations",
                 kernel=patched(good, table, b"x")),
        BadInput("prepared-altered-content", r"prepared-altered-content: altered: its content has another SHA-256",
                 kernel=patched(good, head_size + 5, b"x"), entry="linux /bad/prepared-altered-content\nmapbridge-verify yes\n"),
        BadInput("prepared-outside", r"prepared-outside: relocation table 0 goes on to 0x8",
                 kernel=small_kernel.sealed(patched(good, table + table_size - 4, far))),
        BadInput("prepared-overlap", r"prepared-overlap: segment 1 has 0x\w+ bytes at 0x1000; needed: whole pages",
                 kernel=small_kernel.sealed(patched(good, 0x258, struct.pack("<Q", 4096)))),
    ]


def all_cases(good_elf, linux, prepared):
    """The bytes of a test kernel, of a bzImage and of a prepared kernel."""
    xloadflags = struct.unpack_from("<H", linux, 0x236)[0]
    big = bytes(48 << 20)
    return prepared_cases(prepared) + [
        BadInput("no-kernel-file", r"missing\.elf", entry="linux /bad/missing.elf\n"),
        BadInput("kernel-is-a-folder", r"\\bad: a directory", entry="linux /bad\n"),
        BadInput("no-initrd-file", r"missing\.img", kernel=good_elf,
                 entry="linux /bad/no-initrd-file\ninitrd /bad/missing.img\n"),
        BadInput("second-initrd-missing", r"missing\.img", kernel=good_elf,
                 entry="linux /bad/second-initrd-missing\ninitrd /bad/second-initrd-missing\n"
                       "initrd /bad/missing.img\n"),
        BadInput("no-linux-key", r"bad-no-linux-key\.conf: no linux line", entry="title nothing to start\n"),
        BadInput("empty-entry", r"bad-empty-entry\.conf: no linux line", entry=""),
        BadInput("empty-kernel", r"empty-kernel: empty", kernel=b""),
        BadInput("zeros", r"\\zeros: .*zeros", kernel=bytes(65536)),
        BadInput("text", r"\\text: a script; needed: an ELF64 kernel", kernel=b"#!/bin/sh\necho this is no kernel\n" * 100),
        BadInput("elf-cut-in-header", r"elf-cut-in-header: truncated: 40 bytes", kernel=good_elf[:40]),
        BadInput("elf-cut-in-segments", r"elf-cut-in-segments: truncated: segment 2",
                 kernel=good_elf[:last_segment_end(good_elf) - 1]),
        BadInput("elf-32-bit", r"elf-32-bit.*32", kernel=patched(good_elf, 4, b"\1")),
        BadInput("elf-other-machine", r"elf-other-machine: .*183", kernel=elf64([TEXT], machine=183)),
        BadInput("elf-no-segments", r"elf-no-segments: 0 program headers", kernel=elf64([])),
        BadInput("elf-entry-outside", r"elf-entry-outside: .*0xffffffff85000000",
                 kernel=elf64([TEXT], entry=KERNEL_BASE + 0x5000000)),
        BadInput("elf-overlap", r"elf-overlap.*overlap", kernel=elf64([TEXT, (0x1000000, 2 * PAGE, READ_WRITE)])),
        BadInput("elf-wrap", r"elf-wrap: .*wraps", kernel=elf64([TEXT, (2**64 - PAGE, 2 * PAGE, READ_WRITE)])),
        BadInput("elf-beyond-ram", r"elf-beyond-ram: .*0x1000000000",
                 kernel=elf64([TEXT, (64 << 30, PAGE, READ_WRITE)])),
        # OVMF keeps ACPI NVS at 0x810000 on every machine
        BadInput("elf-on-reserved", r"elf-on-reserved: .*0x810000 is EfiACPIMemoryNVS",
                 kernel=elf64([TEXT, (0x810000, PAGE, READ_WRITE)])),
        BadInput("bzimage-cut-in-header", r"bzimage-cut-in-header: .*528 bytes", kernel=linux[:0x210]),
        BadInput("bzimage-cut", rf"bzimage-cut: truncated: {len(linux) // 2} bytes", kernel=linux[:len(linux) // 2]),
        BadInput("bzimage-32-bit", r"bzimage-32-bit: .*XLF_KERNEL_64",
                 kernel=patched(linux, 0x236, struct.pack("<H", xloadflags & ~1))),
        BadInput("bzimage-long-cmdline", r"command line has 2048 bytes; needed: at most 2047", kernel=linux,
                 entry=f"linux /bad/bzimage-long-cmdline\noptions {'x' * 2048}\n"),
        BadInput("no-efi-program", r"missing\.efi: not found", entry="efi /bad/missing.efi\n"),
        BadInput("efi-is-text", r"\\efi-is-text: no EFI program for x86-64: a script; needed: an EFI program", kernel=b"#!/bin/sh\n",
                 entry="efi /bad/efi-is-text\n"),
        BadInput("efi-for-arm", r"\\efi-for-arm: no EFI program for x86-64: an EFI program for ARM64", kernel=pe(0xaa64),
                 entry="efi /bad/efi-for-arm\n"),
        BadInput("uki-is-gzip", r"\\uki-is-gzip: no EFI program for x86-64: gzip-compressed data .*; unpack it",
                 kernel=b"\x1f\x8b\x08".ljust(4096, b"x"), entry="uki /bad/uki-is-gzip\n"),
        BadInput("linux-is-gzip", r"\\linux-is-gzip: gzip-compressed data .*; unpack it",
                 kernel=b"\x1f\x8b\x08".ljust(4096, b"x")),
        BadInput("linux-is-efi", r"\\linux-is-efi: an EFI program; .*; name it with the key efi instead", kernel=pe(0x8664)),
        BadInput("linux-is-uki", r"\\linux-is-uki: a unified kernel image; .*; name it with the key uki instead",
                 kernel=pe(0x8664, b".linux")),
        BadInput("linux-is-multiboot", r"\\linux-is-multiboot: a multiboot 2 kernel; .*GRUB", kernel=multiboot2()),
        BadInput("efi-cut", r"\\efi-cut: the firmware cannot load it", kernel=linux[:0x400], entry="efi bad/efi-cut\n"),
        BadInput("elf-started-as-efi", r"elf-started-as-efi: no EFI program for x86-64: an ELF file; needed: ", kernel=good_elf,
                 entry="linux /bad/elf-started-as-efi\nmapbridge-start efi\n"),
        BadInput("efi-no-initrd", r"missing\.img: not found", kernel=linux,
                 entry="linux /bad/efi-no-initrd\ninitrd /bad/efi-no-initrd\ninitrd /bad/missing.img\n"
                       "mapbridge-start efi\n"),
        BadInput("efi-empty-initrd", r"empty\.img: empty", kernel=linux, files={"bad/empty.img": b""},
                 entry="linux /bad/efi-empty-initrd\ninitrd /bad/empty.img\nmapbridge-start efi\n"),
        BadInput("efi-long-options", r"options have 4000 bytes", kernel=linux,
                 entry=f"linux /bad/efi-long-options\nmapbridge-start efi\noptions {'x' * 4000}\n"),
        BadInput("path-is-latin-1", r"bad-path-is-latin-1\.conf: line 1: a path with byte 0xe9", entry=b"linux /caf\xe9\n"),
        BadInput("utf-16", r"bad-utf-16\.conf: a text in UTF-16", entry="linux /k\n".encode("utf-16")),
        BadInput("nul-in-options", r"bad-nul-in-options\.conf: line 2: a NUL byte in the options",
                 entry="linux /k\noptions a\0b\n"),
        BadInput("devicetree", r"bad-devicetree\.conf: line 2: the key devicetree", entry="linux /k\ndevicetree /d\n"),
        BadInput("initrd-too-big", r"no memory for the initrd: .*301989888.*largest", kernel=good_elf,
                 files={"bad/big.img": big}, entry="linux /bad/initrd-too-big\n" + "initrd /bad/big.img\n" * 6),
    ]
