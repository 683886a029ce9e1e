#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The smallest kernels of each format, for flipping each of their bytes: measured_kernels.py FOLDER."""
import gzip
import pathlib
import random
import struct
import sys

PAGE = 4096
LINK = 0x1000000
MAP = 0xffffffff80000000
TEXT, DATA = 0, 0x2000  # offsets in the image
RELOCATIONS_64 = range(DATA, DATA + 0x200, 24)
RELOCATIONS_32 = range(0x40, 0x400, 0x64)
SETUP_SECTORS = 2


def content(size, seed):
    return random.Random(seed).randbytes(size)


def vmlinux():
    """Text and data, and behind the ELF the relocations as Linux's build appends them."""
    segments = [(TEXT, content(0x1234, 1), 0, 5, 0x200000), (DATA, content(0x800, 2), 0x400, 6, PAGE)]
    table = contents = b""
    offset = PAGE
    for place, data, bss, flags, align in segments:
        contents = contents.ljust(offset - PAGE, b"\0") + data
        table += struct.pack("<IIQQQQQQ", 1, flags, offset, MAP + LINK + place, LINK + place, len(data), len(data) + bss, align)
        offset += len(data) + -len(data) % PAGE
    header = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, 62, 1, LINK, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    lists = b"".join(struct.pack(f"<i{len(offsets)}i", 0, *(MAP + LINK + offset - 2**64 for offset in offsets))
                     for offsets in (RELOCATIONS_64, RELOCATIONS_32))
    return (header + table).ljust(PAGE, b"\0") + contents + lists


def bzimage(payload):
    setup = bytearray((SETUP_SECTORS + 1) * 512)
    setup[0x300:0x300 + 23] = b"7.0.0-measured (a@test)"
    protected = bytearray(content(0x2c0, 3)) + payload
    protected = protected.ljust(len(protected) + -len(protected) % 16, b"\0")
    struct.pack_into("<B", setup, 0x1f1, SETUP_SECTORS)
    struct.pack_into("<I", setup, 0x1f4, len(protected) // 16)
    struct.pack_into("<HH4sH", setup, 0x1fe, 0xaa55, 0x6aeb, b"HdrS", 0x20f)
    struct.pack_into("<HBB", setup, 0x20e, 0x100, 0, 1)
    struct.pack_into("<IIBBHI", setup, 0x22c, 0x7fffffff, 0x200000, 1, 21, 0x7f, 2047)
    struct.pack_into("<II", setup, 0x248, 0x2c0, len(payload))
    struct.pack_into("<QI", setup, 0x258, LINK, 0x40000)
    return setup, bytes(protected)


def with_pe_header(setup, protected):
    """An EFI program of two sections with a signature behind it."""
    size = len(setup) + len(protected)
    signature = content(64, 4)
    optional = struct.pack("<HBBIIIII", 0x20b, 2, 20, len(protected), 0, 0, 0x1000, 0x1000)
    optional += struct.pack("<QIIHHHHHHIIIIHH", 0, 0x1000, 0x200, 0, 0, 0, 0, 1, 1, 0, 0x10000, 0x200, 0x12345678, 10, 0)
    optional += struct.pack("<QQQQII", 0, 0, 0, 0, 0, 16)
    optional += bytes(4 * 8) + struct.pack("<II", size, len(signature)) + bytes(11 * 8)
    sections = struct.pack("<8sIIIIIIHHI", b".setup", len(setup) - 0x200, 0x200, len(setup) - 0x200, 0x200, 0, 0, 0, 0, 0x42000040)
    sections += struct.pack("<8sIIIIIIHHI", b".text", len(protected), 0x1000, len(protected), len(setup), 0, 0, 0, 0, 0x60000020)
    header = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, 2, 0, 0, 0, len(optional), 0x206) + optional + sections
    assert len(optional) == 240 and 0x40 + len(header) <= 0x1f1
    setup = bytearray(setup)
    setup[0:2] = b"MZ"
    struct.pack_into("<I", setup, 0x3c, 0x40)
    setup[0x40:0x40 + len(header)] = header
    return bytes(setup) + protected + signature


folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
unpacked = vmlinux()
parts = bzimage(gzip.compress(unpacked, 9, mtime=0))
(folder / "vmlinux").write_bytes(unpacked)
(folder / "plain").write_bytes(bytes(parts[0]) + parts[1])
(folder / "vmlinuz").write_bytes(with_pe_header(*parts))
