# SPDX-License-Identifier: BSD-2-Clause
"""Looks into PE, ELF and bzImage files: the bytes at their entry points, and the kernel inside a bzImage."""
import struct
import subprocess

PATTERN_LENGTH = 48


class BadImage(Exception):
    pass


def u16(data, offset):
    return struct.unpack_from("<H", data, offset)[0]


def u32(data, offset):
    return struct.unpack_from("<I", data, offset)[0]


def pe_entry(data):
    """File offset of a PE image's entry point."""
    header = u32(data, 0x3c)
    if data[:2] != b"MZ" or data[header:header + 4] != b"PE\0\0":
        raise BadImage("not a PE image")
    entry = u32(data, header + 24 + 16)
    sections = header + 24 + u16(data, header + 20)
    for number in range(u16(data, header + 6)):
        size, address, raw_size, raw = struct.unpack_from("<IIII", data, sections + 40 * number + 8)
        if address <= entry < address + min(size, raw_size):
            return raw + entry - address
    raise BadImage("its entry point is in no section")


def elf_entry(data):
    """File offset of an ELF64's entry point, which may be a virtual or (vmlinux) a physical address."""
    if data[:5] != b"\x7fELF\2":
        raise BadImage("not a 64-bit ELF")
    entry, table, count = elf_header(data)
    for number in range(count):
        kind, _, offset, virtual, physical, size, _, _ = struct.unpack_from("<IIQQQQQQ", data, table + 56 * number)
        for base in (virtual, physical):
            if kind == 1 and base <= entry < base + size:
                return offset + entry - base
    raise BadImage("its entry point is in no segment")


def elf_header(data):
    entry, table = struct.unpack_from("<QQ", data, 24)
    return entry, table, u16(data, 56)


def pattern(data, offset, length=PATTERN_LENGTH):
    return data[offset:offset + length].hex()


def bzimage_entries(data):
    """{mark: pattern} of the ways into a bzImage."""
    if data[0x202:0x206] != b"HdrS":
        raise BadImage("not a bzImage")
    start = (data[0x1f1] + 1) * 512
    marks = {"pe": pattern(data, pe_entry(data)), "32-bit": pattern(data, start), "64-bit": pattern(data, start + 512)}
    if u32(data, 0x264):
        marks["handover"] = pattern(data, start + u32(data, 0x264) + 512)
    return marks


UNPACKERS = {b"\x02\x21": ["lz4", "-dc"], b"\x28\xb5": ["zstd", "-dc"], b"\xfd\x37": ["xz", "-dc"],
             b"\x1f\x8b": ["gzip", "-dc"]}


def unpacked_kernel(data):
    """The ELF inside a bzImage."""
    start = (data[0x1f1] + 1) * 512 + u32(data, 0x248)
    payload = data[start:start + u32(data, 0x24c)]
    if payload[:4] == b"\x7fELF":
        return payload
    command = UNPACKERS.get(payload[:2])
    if not command:
        raise BadImage(f"its compression is not known: {payload[:4].hex()}")
    # the last 4 bytes are the unpacked size, not part of the compressed stream
    return subprocess.run(command, input=payload[:-4], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
