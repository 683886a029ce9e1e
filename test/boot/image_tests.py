# SPDX-License-Identifier: BSD-2-Clause
"""BOOTX64.EFI as a file: what firmware that protects memory, Secure Boot and shim ask of a PE image."""
import os
import re
import struct
import subprocess

from boot_test import FOLDER, LOADER
from entry_tests import signed

PAGE = 4096
SECTOR = 512
NX_COMPAT, DYNAMIC_BASE = 0x100, 0x40
RELOCS_STRIPPED = 1
CODE, EXECUTE, READ, WRITE = 0x20, 0x20000000, 0x40000000, 0x80000000
RELOCATIONS = 5  # number of the data directory
DIR64 = 10


class Section:
    def __init__(self, data):
        name, self.size, self.start, self.raw_size, self.raw, self.flags = struct.unpack("<8sIIII12xI", data)
        self.name = name.rstrip(b"\0").decode()

    def __str__(self):
        return f"section {self.name} [{self.start:#x}, +{self.size:#x}) flags {self.flags:#x}"


class Image:
    """The headers of a PE32+ file (Microsoft's PE format specification)."""

    def __init__(self, path):
        with open(path, "rb") as file:
            self.data = file.read()
        pe = struct.unpack_from("<I", self.data, 0x3c)[0]
        signature, machine, count, optional_size, self.flags = struct.unpack_from("<4sHH12xHH", self.data, pe)
        optional = pe + 24
        magic, self.entry = struct.unpack_from("<H14xI", self.data, optional)
        self.section_alignment, self.file_alignment = struct.unpack_from("<II", self.data, optional + 32)
        self.size, self.headers = struct.unpack_from("<II", self.data, optional + 56)
        self.subsystem, self.dll_flags = struct.unpack_from("<HH", self.data, optional + 68)
        if (signature, machine, magic) != (b"PE\0\0", 0x8664, 0x20b):
            raise ValueError(f"{path} is no PE32+ for x86-64")
        self.relocations = struct.unpack_from("<II", self.data, optional + 112 + 8 * RELOCATIONS)
        self.sections = [Section(self.data[at:at + 40]) for at in
                         range(optional + optional_size, optional + optional_size + 40 * count, 40)]

    def holding(self, address):
        return [section for section in self.sections if 0 <= address - section.start < section.size]


def sections_are_pages_without_write_and_execute():
    image = Image(LOADER)
    if image.section_alignment != PAGE:
        yield f"the section alignment is {image.section_alignment}"
    end = -(-image.headers // PAGE) * PAGE
    for section in image.sections:
        if section.start != end:
            yield f"{section} does not follow the one before at {end:#x}"
        end = section.start + -(-section.size // PAGE) * PAGE
        if section.flags & WRITE and section.flags & (EXECUTE | CODE):
            yield f"{section} is writable and executable"
        if not section.flags & READ:
            yield f"{section} is not readable"
    if end != image.size:
        yield f"the sections end at {end:#x}, the image at {image.size:#x}"
    kinds = {section.flags & (EXECUTE | WRITE) for section in image.sections}
    if kinds != {EXECUTE, WRITE, 0}:
        yield f"code, data and constants are not apart: {', '.join(map(str, image.sections))}"
    if [section.flags & EXECUTE for section in image.holding(image.entry)] != [EXECUTE]:
        yield f"the entry point {image.entry:#x} is in no code"


def nx_compat_is_set():
    image = Image(LOADER)
    if image.dll_flags & (NX_COMPAT | DYNAMIC_BASE) != NX_COMPAT | DYNAMIC_BASE:
        yield f"DllCharacteristics are {image.dll_flags:#x}"
    if image.subsystem != 10:
        yield f"the subsystem is {image.subsystem}, not an EFI application"


def relocations_are_there():
    """Each is of 8 bytes that hold an address inside the image, which is linked for address 0."""
    image = Image(LOADER)
    start, size = image.relocations
    if image.flags & RELOCS_STRIPPED or not size or not image.holding(start):
        yield f"flags {image.flags:#x}, relocations [{start:#x}, +{size:#x})"
        return
    section, count = image.holding(start)[0], 0
    at = section.raw + start - section.start
    end = at + size
    while at < end:
        page, length = struct.unpack_from("<II", image.data, at)
        for entry, in struct.iter_unpack("<H", image.data[at + 8:at + length]):
            if entry >> 12 == 0:  # padding
                continue
            place = page + (entry & 0xfff)
            holder = image.holding(place)[0]
            value = struct.unpack_from("<Q", image.data, holder.raw + place - holder.start)[0]
            if entry >> 12 != DIR64 or not image.holding(value):
                yield f"relocation {entry >> 12} at {place:#x} of {value:#x}"
            count += 1
        at += length
    if not count:
        yield "there are none"


def sections_are_as_shim_wants_them():
    """Bytes in the file for each, inside the file and behind the headers, in order, without overlap; and .sbat."""
    image = Image(LOADER)
    end = image.headers
    for section in image.sections:
        if not section.raw_size or section.raw < end or section.raw % image.file_alignment:
            yield f"{section} has {section.raw_size} bytes in the file at {section.raw:#x}; needed: some, from {end:#x}"
        if section.raw_size > -(-section.size // image.file_alignment) * image.file_alignment:
            yield f"{section} has {section.raw_size} bytes in the file"
        end = section.raw + section.raw_size
    if end != len(image.data):
        yield f"the sections end at {end}, the file at {len(image.data)}"
    sbat = [section for section in image.sections if section.name == ".sbat"]
    lines = image.data[sbat[0].raw:].split(b"\0")[0].decode().splitlines() if sbat else []
    if [line.split(",")[:2] for line in lines] != [["sbat", "1"], ["mapbridge", "1"]] or \
            any(line.count(",") != 5 for line in lines[1:]):
        yield f".sbat says {lines}"


def bootctl_finds_the_version():
    """In .sdmagic, as systemd-boot has it, after trimming and in a signed image."""
    os.makedirs(f"{FOLDER}/files", exist_ok=True)
    for path in (LOADER, signed(LOADER, "signed/magic.efi")):
        image = Image(path)
        magic = [image.data[section.raw:section.raw + section.size].rstrip(b"\0") for section in image.sections
                 if section.name == ".sdmagic"]
        if len(magic) != 1 or not re.fullmatch(rb"#### LoaderInfo: mapbridge \d[\d.]* ####", magic[0]):
            yield f"{path}: .sdmagic says {magic}"
        elif image.data.count(b"#### LoaderInfo: ") != 1:
            yield f"{path}: the mark is there {image.data.count(b'#### LoaderInfo: ')} times"


def a_signature_fits():
    os.makedirs(f"{FOLDER}/files", exist_ok=True)
    path = signed(LOADER, "signed/image.efi")
    result = subprocess.run(["sbverify", "--cert", "/usr/share/ovmf/PkKek-1-snakeoil.pem", path], capture_output=True,
                            text=True)
    if result.returncode or "warning" in result.stderr:
        yield f"sbverify: {result.stdout} {result.stderr}"


TESTS = [(function.__name__, function) for function in (
    sections_are_pages_without_write_and_execute, nx_compat_is_set, relocations_are_there,
    sections_are_as_shim_wants_them, bootctl_finds_the_version, a_signature_fits)]
