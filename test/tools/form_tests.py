# SPDX-License-Identifier: BSD-2-Clause
"""Each form of a memory map that the host command reads, in test/tools/forms/: the same small machine in all of them."""
import os
import subprocess

MAPBRIDGE = os.environ.get("MAPBRIDGE", "build/san/mapbridge")
FORMS = "test/tools/forms"

# The machine: what its BIOS says, (first, last, type)...
E820 = ((0x0, 0x9fbff, 1), (0x9fc00, 0x9ffff, 2), (0xf0000, 0xfffff, 2), (0x100000, 0x7fdffff, 1),
        (0x7fe0000, 0x7feffff, 3), (0x7ff0000, 0x7ffffff, 4), (0xfffc0000, 0xffffffff, 2), (0x100000000, 0x13fffffff, 1))
RAM = tuple(row for row in E820 if row[2] == 1)
WITHOUT_ACPI = tuple((*row[:2], row[2] if row[2] < 3 else 2) for row in E820)
# ... and its UEFI firmware: (type, start, pages, attributes)
RUNTIME = 1 << 63
EFI = ((7, 0x0, 0xa0, 15), (4, 0x100000, 0x100, 15), (7, 0x200000, 0x7c00, 15), (6, 0x7e00000, 0x100, 15 | RUNTIME),
       (9, 0x7f00000, 0x10, 15), (10, 0x7f10000, 0xf0, 15), (11, 0xffc00000, 0x400, 1 | RUNTIME))
LMB = ((0x0, 0x7ffffff, 1), (0x100000000, 0x13fffffff, 1), (0x0, 0xfff, 2), (0x7e00000, 0x7ffffff, 2))


def bios(*tables):
    """Rows of e820 tables, the first of which is the BIOS'."""
    return [(label, *row) for label, rows in zip(("BIOS-e820", "modified"), tables) for row in rows]


def memory(rows, label="memory"):
    return [(label, *row) for row in rows]


# file: what it is taken for, what is read of it
WANTED = {
    "coreboot.log": ("coreboot console", bios(E820)),
    "displaymem.txt": ("GRUB displaymem", bios(WITHOUT_ACPI)),
    "efi-shell-1.txt": ("UEFI shell memmap", EFI),
    "freebsd-smap.txt": ("list of named ranges", bios(E820)),
    "freebsd-sysctl.txt": ("list of named ranges", bios(E820)),
    "grub-lsmmap.txt": ("list of named ranges", bios(E820)),
    "grub4dos-a.txt": ("GRUB4DOS displaymem", EFI),
    "grub4dos.txt": ("GRUB4DOS displaymem", memory(((0x0, 0x9ffff, 1), (0x200000, 0x7dfffff, 1)), "free")),
    "haiku-e820.log": ("list of named ranges", bios(E820)),
    "haiku.log": ("Haiku syslog", memory(RAM)),
    "hvmloader.log": ("SeaBIOS or hvmloader log", bios(E820)),
    "ipxe.log": ("iPXE debug log", bios(E820)),
    "kexec.log": ("kexec -d", bios(E820, ((0x0, 0x9fbff, 1), (0x100000, 0x7fdffff, 1)))),
    "limine-kernel.log": ("list of named ranges", bios(E820)),
    "limine.log": ("Limine memory map", bios(E820)),
    "lsmem.txt": ("lsmem", memory(((0x0, 0x7ffffff, 1), (0x8000000, 0xfffffff, 2), (0x100000000, 0x13fffffff, 1)))),
    "memblock.log": ("U-Boot or memblock region list", memory(LMB)),
    "memdisk.txt": ("Syslinux meminfo or memdisk", bios(E820)),
    "meminfo-windows.txt": ("MemInfo of Windows", memory(RAM)),
    "msinfo.txt": ("msinfo32 of Windows", [
        (0, 0xa0000, 0xbffff, "PCI Express Root Complex"), (0, 0xfee00000, 0xfeefffff, "Motherboard resources"),
        (0, 0xfd0000000, 0xfdfffffff, "Display adapter, large range")]),
    "multiboot.txt": ("list of named ranges", bios(E820)),
    "netbsd.log": ("list of named ranges", bios(E820)),
    "openbsd.txt": ("OpenBSD machine memory", bios(E820)),
    "opencore.log": ("OpenCore log", EFI),
    "qemu-mtree-tree.txt": ("QEMU info mtree", [
        (0, 0x0, 2**64 - 1, "system"), (1, 0x0, 0x7ffffff, "alias ram-below-4g @pc.ram 0000000000000000-0000000007ffffff"),
        (1, 0x0, 2**64 - 1, "pci"), (2, 0xa0000, 0xbffff, "vga-lowmem"), (1, 0xfee00000, 0xfeefffff, "apic-msi")]),
    "qemu-mtree.txt": ("QEMU info mtree", memory((
        (0x0, 0x9ffff, 1), (0xa0000, 0xbffff, 2), (0xc0000, 0xfffff, 2), (0x100000, 0x7ffffff, 1),
        (0xfee00000, 0xfeefffff, 2)))),
    "rust-bootloader.log": ("list of named ranges", bios(WITHOUT_ACPI)),
    "rust-uefi.log": ("MemoryDescriptor of Rust's uefi", EFI),
    "seabios.log": ("SeaBIOS or hvmloader log", bios(E820)),
    "serenity.log": ("list of named ranges", bios(E820)),
    "syslinux-meminfo.txt": ("Syslinux meminfo or memdisk", bios(E820)),
    "tboot.log": ("tboot log", bios(E820, ((0x0, 0x9efff, 1), (0x800000, 0x9fffff, 5)))),
    "u-boot-bdinfo.txt": ("U-Boot or memblock region list", memory(LMB)),
    "u-boot-e820.txt": ("U-Boot memory map", bios(E820)),
    "u-boot-efi-mem-old.txt": ("U-Boot memory map", EFI),
    "u-boot-efi-mem.txt": ("U-Boot memory map", EFI),
    "u-boot-efidebug.txt": ("U-Boot memory map", EFI),
    "windows-export.reg": ("registry of Windows", memory(RAM)),
    "windows-reg-query.txt": ("registry of Windows", memory(RAM)),
}


def run(*arguments, given=b""):
    result = subprocess.run([MAPBRIDGE, *arguments], input=given, capture_output=True, timeout=60, check=False)
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def rows_of(tsv):
    """The rows of TSV that show printed, numbers as numbers."""
    rows = []
    for line in tsv.split("\n"):
        if line and line[0] != "#" and not line.startswith(("label\t", "type\t", "depth\t")):
            rows.append(tuple(int(field, 0) if field[0].isdigit() else field for field in line.split("\t")))
    return rows


def every_form_is_read():
    for name in sorted(set(os.listdir(FORMS)) ^ set(WANTED)):
        yield f"{FORMS}/{name} is not there, or nothing is expected of it"
    for name, (kind, wanted) in WANTED.items():
        status, output, errors = run("show", "--as", "tsv", f"{FORMS}/{name}")
        first = output.split("\n", 1)[0]
        if status or errors or first != f"# mapbridge map 1, from: {kind}" or rows_of(output) != list(wanted):
            yield f"{name}: status {status}, {errors!r}, {first!r}, {rows_of(output)}"


def damaged_lines_are_named():
    """A number that is none in any line of a map: the line is named, and the others are read."""
    # without a number a line of the first is like any other, and the registry has no lines
    unnamed = {"rust-bootloader.log", "windows-export.reg", "windows-reg-query.txt"}
    for name, (kind, wanted) in WANTED.items():
        with open(f"{FORMS}/{name}", encoding="utf-8") as file:
            lines = file.read().split("\n")
        for number, line in enumerate(lines):
            probe = "\n".join(lines[:number] + lines[number + 1:]).encode()
            status, output, _ = run("show", "--as", "tsv", "-", given=probe)
            if name in unnamed or len(rows_of(output)) == len(wanted):
                continue
            # the last number of the line's range
            line = line.split(" -> 0x0000")[0] if name == "opencore.log" else line
            place = max(line.rfind("00 "), line.rfind("ff "), line.rfind("00,"), line.rfind("00)"), line.rfind("ff]"))
            if place < 0:
                continue
            cut = "\n".join(lines[:number] + [line[:place] + "zz" + line[place + 2:]] + lines[number + 1:])
            status, output, errors = run("show", "--as", "tsv", "-", given=cut.encode())
            if len(rows_of(output)) == len(wanted) and not errors:
                yield f"{name}:{number + 1}: status {status}, nothing is said of {line[:place]}zz"
            break


def maps_of_a_text():
    """Several boots in one text, announcements, forms within others, and texts that only look like a map."""
    item = "  %d: %016x - %016x = %d RAM\n"
    head = "e820 map has %d items:\n"
    one, two = head % 1 + item % (0, 0, 0x1000, 1), head % 2 + item % (0, 0, 0x2000, 1)
    for name, text, wanted, said in (
            ("two boots", one + two + item % (1, 0x2000, 0x3000, 1), 2, "2 maps are in this text; the last one was read"),
            ("fewer than announced", two, 1, "announced with 2 entries, and 1 are there"),
            ("GRUB's other types", "base_addr = 0x0, length = 0x1000, RAM holding coreboot tables\n"
             "base_addr = 0x1000, length = 0x1000, faulty RAM (BadRAM)\n"
             "base_addr = 0x2000, length = 0x1000, type = 0x14\n", 3, ""),
            ("hvmloader's unknown type", "E820 table:\n [00]: 00000000:00000000 - 00000000:00001000: UNKNOWN (00000007)\n",
             1, ""),
            ("OVMF in decimal", "base 4096, length 8192, type 1\n", 1, "")):
        status, output, errors = run("show", "--as", "tsv", "-", given=text.encode())
        if status or len(rows_of(output)) != wanted or (said not in errors if said else errors):
            yield f"{name}: status {status}, {output!r}, {errors!r}"
    for text in ("10-20 some words\n", "0x10-0x20 some words\n", "base: none, size: large, type: free\n",
                 "  0: 0000000000000000 - 0000000000001000 = 1 RAM\n", "start the engine, end of type memory\n",
                 "physical memory ranges:\nnone\n", "Region 1: nothing\n", "reserved[0] for later\n"):
        status, output, errors = run("show", "-", given=text.encode())
        if status != 2 or output or "there is no memory map in it" not in errors:
            yield f"{text!r}: status {status}, {output!r}, {errors!r}"


TESTS = [(function.__name__, function) for function in (every_form_is_read, damaged_lines_are_named, maps_of_a_text)]

if __name__ == "__main__":
    for test_name, test in TESTS:
        for problem in test():
            print(f"{test_name}: {problem}")
