# SPDX-License-Identifier: BSD-2-Clause
"""mapbridge plan: whole reports against golden outputs, refusals, and maps that say less than an .efimap file.

`python3 test/tools/plan_tests.py --write` writes the golden outputs anew; read the difference before it is committed.
"""
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

sys.path[:0] = [os.path.join(os.path.dirname(os.path.realpath(__file__)), "../boot")]
import bad_inputs  # noqa: E402
import small_kernel  # noqa: E402

MAPBRIDGE = os.path.abspath("build/san/mapbridge")
MAPS, DATA = os.path.abspath("test/tools/maps"), os.path.abspath("test/data")
GOLDEN = "test/tools/plan"
MAP, MACHINE, ATTRIBUTES, TABLES, REFUSED, NODES, RANDOM, LOADER, SYSTEM = 1, 2, 3, 4, 5, 6, 10, 16, 21
ELF = bad_inputs.elf64([(0x1000000, 0x3000, 5), (0x1003000, 0x5000, 6)])


def recorded_map(path):
    """GetMemoryMap's buffer of a machine in test/data, with a stride of 48 bytes."""
    with open(path, encoding="ascii") as file:
        rows = [line.split("\t") for line in file if line[0] not in "#t"]
    return b"".join(struct.pack("<IIQQQQQ", int(kind), 0, int(start, 16), 0, int(pages), int(attribute, 16), 0)
                    for kind, start, pages, attribute in rows)


def efimap(sections, stride=48):
    """An .efimap file by docs/efimap.md alone."""
    body = b"".join(struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)
                    for kind, data in sections.items())
    head = struct.pack("<8sIIQII", b"\x89EFIMAP1", 32, 0, 32 + len(body), stride, 1)
    return head[:12] + struct.pack("<I", zlib.crc32(head + body)) + head[16:] + body


def machine(levels=4, flags=3, secure_boot=2):
    return struct.pack("<IIIIQQII", levels, flags, 0x10000, 0x20046, 0xf77d014, 0xf5eb018, secure_boot, 0)


def whole_machine():
    """OVMF with 256 MiB; a table in reserved memory, refused memory, nodes."""
    runtime = struct.pack("<IIQQQQ", 5, 0, 0xf5ec000, 0, 16, 0x8000000000020000)
    return {MAP: recorded_map(f"{DATA}/ovmf-256M.tsv"), MACHINE: machine(),
            ATTRIBUTES: struct.pack("<II", 40, 1) + runtime,
            TABLES: struct.pack("<QQQQ", 0xf5eb018, 120, 0xff000000, 36),
            REFUSED: struct.pack("<QQ", 0xea00000, 0x10000),
            NODES: struct.pack("<IIQIIQ", 9, 0, 36, 3, 0, 1000), LOADER: b"Mapbridge 0.1", SYSTEM: b"Example Inc."}


FILES = {"machine.efimap": efimap(whole_machine()), "kernel.elf": ELF, "vmlinuz": small_kernel.bzimage(b"not unpacked"),
         "moved.elf": bad_inputs.elf64([(0x900000, 0x3000, 5)], entry=bad_inputs.KERNEL_BASE + 0x900000),
         "one.img": b"1" * 5001, "two.img": b"2" * 70000, "packed.gz": b"\x1f\x8b\x08" + bytes(100)}
CASES = {
    "elf": ["--map", "machine.efimap", "--kernel", "kernel.elf", "--initrd", "one.img", "--initrd", "two.img",
            "--cmdline", "root=/dev/none quiet"],
    "linux": ["--map", "machine.efimap", "--kernel", "vmlinuz", "--initrd", "one.img"],
    "moved": ["--map", "machine.efimap", "--kernel", "moved.elf", "--no-gib-pages"],
    "log": ["--map", f"{MAPS}/linux-6.log", "--kernel", "vmlinuz", "--levels", "5"],
    "iomem": ["--map", f"{MAPS}/iomem.txt", "--kernel", "kernel.elf", "--brief"],
}


class Folder:
    """The files, in a folder to run in."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.write(FILES)
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def write(self, files):
        for name, content in files.items():
            with open(f"{self.folder.name}/{name}", "wb") as file:
                file.write(content)

    def plan(self, *arguments, given=b""):
        result = subprocess.run([MAPBRIDGE, "plan", *arguments], input=given, capture_output=True, cwd=self.folder.name,
                                timeout=60)
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    def golden_output(self, arguments):
        status, output, errors = self.plan(*arguments)
        return f"{output}{errors}exit status {status}\n".replace(MAPS + "/", "")


def plans_are_golden():
    with Folder() as folder:
        for name, arguments in CASES.items():
            with open(f"{GOLDEN}/{name}.txt", encoding="ascii") as file:
                expected, found = file.read().split("\n"), folder.golden_output(arguments).split("\n")
            differences = [f"line {n + 1}: {b!r}, not {a!r}" for n, (a, b) in enumerate(zip(expected, found)) if a != b]
            if len(expected) != len(found):
                differences.append(f"{len(found)} lines, not {len(expected)}")
            if differences:
                yield f"{name}: {'; '.join(differences[:3])}"
    for name in set(os.listdir(GOLDEN)) - {f"{name}.txt" for name in CASES}:
        yield f"{GOLDEN}/{name} belongs to no case"


def refusals():
    """(name, arguments, status, what standard error says)"""
    good = ["--map", "machine.efimap", "--kernel", "kernel.elf"]
    kernel = ["--kernel", "vmlinuz", "--map"]
    yield "nothing", [], 2, "plan needs --map FILE and --kernel KERNEL"
    yield "no kernel", good[:2], 2, "plan needs --map FILE and --kernel KERNEL"
    yield "rest", [*good, "file"], 2, 'what is "file"\\?'
    yield "levels", [*good, "--levels", "3"], 2, "--levels 3; needed: 4 or 5"
    yield "option", [*good, "--fast"], 2, "--fast"
    yield "initrds", [*good, *["--initrd", "one.img"] * 65], 2, "more than 64 initrds"
    yield "missing map", ["--map", "none", *good[2:]], 2, "none: No such file"
    yield "missing kernel", [*good[:3], "none"], 2, "none: No such file"
    yield "folder", [*good, "--initrd", "."], 2, "\\.: not a regular file"
    yield "no map", ["--map", "one.img", *good[2:]], 2, "there is no memory map in it"
    yield "damaged", [*kernel, "damaged.efimap"], 2, "its checksum is [0-9a-f]{8}"
    yield "tables", [*kernel, "tables.efimap"], 2, "9 early tables and 4 levels .* at most 8"
    yield "no machine", [*kernel, "map-only.efimap"], 2, "0 early tables and 0 levels"
    # what the loader itself refuses
    yield "not a kernel", [*good[:3], "one.img"], 1, "one\\.img: a text file; needed: an ELF64 kernel or a Linux bzImage; name the kernel itself"
    yield "packed", [*good[:3], "packed.gz"], 1, "packed\\.gz: gzip-compressed data \\(gzip -d unpacks it\\); needed: an ELF64"
    yield "empty initrd", [*good, "--initrd", "empty.img"], 1, "kernel\\.elf: initrd file 1 of 1 is empty"
    yield "command line", [*good, "--cmdline", "x" * 2048], 1, "the command line has 2048 bytes; needed: at most 2047"
    yield "small machine", [*kernel, "small.efimap"], 1, "no memory for the kernel: needed 67108864 bytes"
    yield "nodes", [*kernel, "nodes.efimap"], 1, "1 setup_data nodes take .* needed: at most 1073741824"
    yield "unaccepted", [*kernel, "unaccepted.efimap"], 1, "4096 bytes of memory are not accepted yet"


def plan_refusals_say_why():
    def one(kind, pages):
        return struct.pack("<IIQQQQQ", kind, 0, 0x200000, 0, pages, 0xf, 0)
    damaged = bytearray(FILES["machine.efimap"])
    damaged[1000] ^= 1
    files = {"damaged.efimap": damaged, "tables.efimap": efimap(whole_machine() | {TABLES: bytes(9 * 16)}),
             "map-only.efimap": efimap({MAP: one(7, 1)}),
             "small.efimap": efimap({MAP: one(7, 256), MACHINE: machine()}),
             "nodes.efimap": efimap(whole_machine() | {NODES: struct.pack("<IIQ", 9, 0, 1 << 62)}),
             "unaccepted.efimap": efimap({MAP: one(7, 65536) + one(15, 1), MACHINE: machine()}), "empty.img": b""}
    with Folder() as folder:
        folder.write(files)
        for name, arguments, status, pattern in refusals():
            found, output, errors = folder.plan(*arguments)
            if found != status or output or not re.search(pattern, errors) or not errors.startswith("mapbridge"):
                yield f"{name}: status {found}, {output[:80]!r}, {errors.strip()!r}; expected {status} and {pattern!r}"


def options_of_the_stub():
    """(name, arguments, status, pattern of standard output, pattern of standard error): what the loader does about them."""
    good = ["--map", "machine.efimap", "--kernel", "vmlinuz", "--brief", "--cmdline"]
    root = ["--root", "volume"]
    yield "initrd=", [*good, "initrd=\\boot/a.img", *root], 0, "initrd .* 1001 bytes", None
    yield "joined", [*good, "initrd=/boot/a.img", *root, "--initrd", "one.img"], 0, f"initrd .* {JOINED} bytes", None
    yield "missing", [*good, "initrd=b.img", *root], 2, None, "volume/b.img: No such file"
    yield "no root", [*good, "initrd=b.img"], 2, None, "--cmdline has initrd=b.img; needed: --root FOLDER"
    yield "no path", [*good, "initrd= quiet", *root], 1, None, "an option initrd= has no path"
    yield "noinitrd", [*good, "noinitrd initrd=b.img", "--initrd", "one.img"], 0, "(?s)^(?!.*initrd)", "no initrd is loaded"
    yield "bus mastering", [*good, "efi=disable_early_pci_dma"], 1, None, "efi=disable_early_pci_dma is for the kernel's own EFI stub, and the loader starts it"
    yield "device path", [*good, "initrd=PciRoot(0x0)/a"], 1, None, "initrd= with a device path is for the kernel's own"
    yield "screen", [*good, "video=efifb:auto"], 0, "kernel", "which mode it means depends on the screen"
    own = ["--map", "machine.efimap", "--kernel", "kernel.elf", "--brief", "--cmdline"]
    yield "own kernel", [*own, "initrd=b.img efi=disable_early_pci_dma video=efifb:auto"], 0, "kernel", None


JOINED = (len(FILES["one.img"]) + 3 & ~3) + 1001


def plans_know_the_options_of_the_stub():
    with Folder() as folder:
        os.makedirs(f"{folder.folder.name}/volume/boot")
        folder.write({"volume/boot/a.img": bytes(1001)})
        for name, arguments, status, wanted, errors_wanted in options_of_the_stub():
            found, output, errors = folder.plan(*arguments)
            if found != status or bool(wanted) != bool(output) or bool(errors_wanted) != bool(errors) or \
                    not re.search(wanted or "", output) or not re.search(errors_wanted or "", errors):
                yield f"{name}: status {found}, {output[:600]!r}, {errors.strip()!r}"


def plans_from_standard_input():
    with Folder() as folder:
        usable = b"BIOS-e820: [mem 0x0000000000100000-0x000000000fffffff] usable\n"
        status, output, errors = folder.plan("--map", "-", "--kernel", "kernel.elf", given=usable)
        if status or errors or "made from the e820" not in output or "4 levels (assumed)" not in output:
            yield f"status {status}, {errors}{output[-300:]}"


def a_saved_prepared_kernel_stays_where_it_was():
    """Its random numbers are in the file; another file's numbers put it elsewhere."""
    with Folder() as folder:
        folder.write({"vmlinux.bz": small_kernel.bzimage(small_kernel.packed(small_kernel.vmlinux(), "gzip")),
                      "a.efimap": efimap(whole_machine() | {RANDOM: struct.pack("<QQ", 1, 2)}),
                      "b.efimap": efimap(whole_machine() | {RANDOM: struct.pack("<QQ", 3, 4)})})
        made = subprocess.run([MAPBRIDGE, "prepare", "vmlinux.bz", "-o", "k.mbk"], capture_output=True, text=True,
                              cwd=folder.folder.name)
        if made.returncode:
            yield f"mapbridge prepare: {made.stderr}"
        plans = [folder.plan("--map", f"{name}.efimap", "--kernel", "k.mbk", "--brief")
                 for name in ("a", "a", "b", "machine")]
        if any(status or errors for status, _, errors in plans):
            yield f"{plans}"
        texts = [text for _, text, _ in plans]
        if texts[0] != texts[1] or len(set(texts)) != 3 or "(KASLR)" not in texts[0] or "(KASLR)" in texts[3]:
            yield f"the plans are {texts}"


TESTS = [(function.__name__, function) for function in (
    plans_are_golden, plan_refusals_say_why, plans_know_the_options_of_the_stub, plans_from_standard_input, a_saved_prepared_kernel_stays_where_it_was)]

if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        os.makedirs(GOLDEN, exist_ok=True)
        with Folder() as where:
            for golden_name, golden_arguments in CASES.items():
                with open(f"{GOLDEN}/{golden_name}.txt", "w", encoding="ascii") as golden_file:
                    golden_file.write(where.golden_output(golden_arguments))
    else:
        for test_name, test in TESTS:
            for problem in test():
                print(f"{test_name}: {problem}")
