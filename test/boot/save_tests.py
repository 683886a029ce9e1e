# SPDX-License-Identifier: BSD-2-Clause
"""Maps saved to the boot volume: what is in the files, and what becomes of the volume when saving is cut short."""
import difflib
import glob
import os
import re
import struct
import subprocess
import zlib

import machine
from boot_test import FOLDER, LOADER
from entry_tests import DOWN, LIST
from kernel_tests import INITRD, KERNELS, LINUX, LINUX_INITRD
from typist import Typist

SETUP_ARCH = f"{KERNELS}/setup_arch.elf"
PLAN = r"^plan:\n(?:  .*\n|memblock_reserve: .*\n)+"
DONE = r"\.txt( is there already)?, \d.*\n"
MAPBRIDGE = "build/san/mapbridge"
REPORT = (r"^where things go", r"^what is read:", r"^  0x228 hdr\.cmd_line_ptr ", r"^    e820: \[mem ", r"^reservations:",
          r"^page tables:")
FOLDER_ON_VOLUME = "mapbridge"
SECTOR = 512
CLUSTER = 4096
FILES = {"EFI/BOOT/BOOTX64.EFI": LOADER, "setup_arch.elf": SETUP_ARCH, "initrd.img": INITRD}
TEXTS = {"loader/loader.conf": "timeout menu-force\nmapbridge-console dump\n",
         "loader/entries/b.conf": "linux /setup_arch.elf\ninitrd /initrd.img\noptions one two\n"}
WITH_LINUX = {"vmlinuz": LINUX, "linux.img": LINUX_INITRD}
LINUX_ENTRY = {"loader/entries/a.conf": "linux /vmlinuz\ninitrd /linux.img\ninitrd /initrd.img\noptions quiet\n"}
ENVIRONMENT = {**os.environ, "MTOOLS_SKIP_CHECK": "1", "PATH": os.environ["PATH"] + ":/usr/sbin"}  # fsck.fat


class LoggedMachine(machine.Machine):
    """Every write to the disk is logged, in order, as the device mapper's log-writes does it."""

    def command(self, scratch, serial):
        open(f"{self.image}.writes", "wb").close()
        drive = (f"if=none,id=disk,driver=blklogwrites,file.driver=file,file.filename={self.image},"
                 f"log.driver=file,log.filename={self.image}.writes,log-sector-size={SECTOR}")
        return [drive if argument.startswith("if=none,id=disk,") else argument
                for argument in super().command(scratch, serial)]


class ReadOnlyMachine(machine.Machine):
    def command(self, scratch, serial):
        return [argument + ",readonly=on" if argument.startswith("if=none,id=disk,") else argument
                for argument in super().command(scratch, serial)]


def run(*command):
    result = subprocess.run(command, capture_output=True, env=ENVIRONMENT)
    if result.returncode:
        raise machine.Problem(f"{' '.join(command)}: {result.stderr.decode(errors='replace').strip()}")
    return result.stdout


def make_image(name, files, texts):
    image = f"{FOLDER}/{name}.img"
    command = ["scripts/make-image", image]
    for path, text in texts.items():
        source = f"{FOLDER}/files/{name}/{path}"
        os.makedirs(os.path.dirname(source), exist_ok=True)
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        files = {**files, path: source}
    for path, source in files.items():
        command += ["--file", f"{source}:{path}"]
    run(*command)
    return image, files


def boot(image, keys, kind=machine.Machine, until=machine.BACK_TO_FIRMWARE, **more):
    """The log of one boot that is typed into and ends when the log says so: else in the firmware."""
    log_path = f"{image}.log"
    typist = Typist(keys, log_path)
    ends = [(re.compile(until), "awaited", lambda text, match: match[0]), *machine.ENDS]
    try:
        with machine.Run(kind(image, snapshot=False, display="none", **more), log_path, typist.serial,
                         on_data=lambda _: typist.on_data(process)) as process:
            end = process.wait(90, ends)
    finally:
        typist.close()
    if end.kind != "awaited" or typist.problems():
        raise machine.Problem(f"the boot ended as `{end.kind}`: {end.what} {typist.problems()}; see {log_path}")
    return process.text


def read(image, path):
    return run("mtype", "-i", image, f"::/{path}")


def names(image, folder=FOLDER_ON_VOLUME):
    """What is in a folder of the volume; none when there is no such folder."""
    command = ["mdir", "-b", "-i", image, f"::/{folder}"]
    result = subprocess.run(command, capture_output=True, text=True, env=ENVIRONMENT)
    return sorted(line.rsplit("/", 1)[1] for line in result.stdout.split("\n") if line.rsplit("/", 1)[-1])


def damaged(image, files):
    """Problems with the files that were there before."""
    for path, source in files.items():
        with open(source, "rb") as file:
            if read(image, path) != file.read():
                yield f"{path} is not what it was"


# What fsck.fat may find after a reset: space that belongs to nobody, an empty new folder. Others lose nothing by it.
HARMLESS = re.compile(r"fsck\.fat |.*: \d+ files, |Leaving filesystem unchanged|Free cluster summary wrong|"
                      r"  Auto-correcting|"
                      r"Reclaimed \d+ unused cluster|FATs differ but appear to be intact|  Using first FAT|"
                      rf"/{FOLDER_ON_VOLUME}$|  Expected a valid '\.\.?' entry in the \w+ slot, found free entry|"
                      r"  Creating\.")


def broken_volume(image, harmless=None):
    """What fsck.fat finds; it repairs nothing."""
    result = subprocess.run(["fsck.fat", "-n", image], capture_output=True, text=True, env=ENVIRONMENT)
    lines = [line for line in result.stdout.split("\n") if line]
    if harmless:
        yield from (f"fsck.fat: {line}" for line in lines if not harmless.match(line))
    elif result.returncode:
        yield f"fsck.fat: {lines}"


def sections(data):
    """{type: data} of an .efimap file, by docs/efimap.md alone, and its stride; raises ValueError."""
    magic, header_size, crc32, total, stride, version = struct.unpack_from("<8sIIQII", data)
    if (magic, total, version) != (b"\x89EFIMAP1", len(data), 1):
        raise ValueError(f"its header is {data[:32]!r}, its size {len(data)}")
    if zlib.crc32(data[:12] + bytes(4) + data[16:]) != crc32:
        raise ValueError("its checksum is wrong")
    found, at = {}, header_size
    while at < total:
        kind, length = struct.unpack_from("<II", data, at)
        found[kind] = data[at + 8:at + 8 + length]
        at += 8 + length + -length % 8
    return found, stride


def same_descriptors(data, text):
    """Problems where the map in the file is not the one that the text lists."""
    found, stride = sections(data)
    listed = re.findall(r"^mem\d+ .{12} ([0-9a-f]+)-([0-9a-f]+) ", text, re.M)
    descs = [struct.unpack_from("<IIQQQQ", found[1], at) for at in range(0, len(found[1]), stride)]
    saved = [(f"{base:012x}", f"{base + pages * 4096 - 1:012x}") for _, _, base, _, pages, _ in descs]
    if not listed or saved != listed:
        yield f"{len(saved)} descriptors are saved, {len(listed)} listed, and they are not the same"
    vendor, bios, system = found.get(17), found.get(18), found.get(22)
    bios = bios or b""  # U-Boot 2025.01 names none
    if None in (vendor, system) or f"by {vendor.decode()}," not in text or f"BIOS: {bios.decode()}," not in text:
        yield f"the names are {vendor}, {bios}, {system}"
    ecam = struct.unpack("<QHBBI", found[7]) if len(found.get(7, b"")) == 16 else None
    covered = ecam and any(base <= ecam[0] and ecam[0] + (256 << 20) <= base + pages * 4096
                           for _, _, base, _, pages, _ in descs)
    if ecam and (ecam[1:] != (0, 0, 255, 0) or not covered):
        yield f"the PCI configuration space is {ecam}"
    rsdp, systab = struct.unpack_from("<QQ", found[2], 16)
    if f"ACPI RSDP {rsdp:#x}, EFI system table {systab:#x}\n" not in text or rsdp == 0:
        yield f"RSDP {rsdp:#x}, system table {systab:#x} are not in the text"


def saved_pairs(log):
    """[(.efimap, .txt)] that the log says were saved, without the folder"""
    files = re.findall(r"^saved \\mapbridge\\(\S+), \d+ bytes", log, re.M)
    return list(zip(files[::2], files[1::2]))


def check_saved(image, log, count):
    """Problems with what one boot saved. The list prints the plan of what it saves, the viewer does not."""
    pairs, plans = saved_pairs(log), re.findall(PLAN, log, re.M)
    if len(pairs) != count or "mapbridge: error" in log:
        yield f"{len(pairs)} maps were saved, expected: {count}; see {image}.log"
        return
    if names(image) != sorted(sum(pairs, ())):
        yield f"the folder has {names(image)}, saved were {pairs}"
        return
    for number, pair in enumerate(pairs):
        data, text = (read(image, f"{FOLDER_ON_VOLUME}/{name}") for name in pair)
        text = text.decode("ascii")
        crc, plan = re.search(r"^e820: CRC32 ([0-9a-f]{8}) ", text, re.M), re.search(PLAN, text, re.M)
        if not crc or not pair[0].startswith(f"map-{crc[1]}"):
            yield f"{pair[0]} has not the checksum of its e820 map"
        if not plan or (number == 0 and [plan[0]] != plans[:1]):
            yield f"{pair[1]} has not the plan that the console showed"
        yield from same_descriptors(data, text)


def replay(image, pair, kernel, initrds, cmdline):
    """(what the host plans from a saved map, problems)"""
    saved = f"{image}.efimap"
    with open(saved, "wb") as file:
        file.write(read(image, f"{FOLDER_ON_VOLUME}/{pair[0]}"))
    command = [MAPBRIDGE, "plan", "--map", saved, "--kernel", kernel, "--cmdline", cmdline]
    for initrd in initrds:
        command += ["--initrd", initrd]
    shown = subprocess.run([MAPBRIDGE, "show", saved], capture_output=True, text=True)
    if shown.returncode or not re.search(r"^efi: mem00: ", shown.stdout, re.M):
        return "", [f"mapbridge show ended with {shown.returncode}: {shown.stderr}"]
    brief, whole = (subprocess.run(more, capture_output=True, text=True) for more in ([*command, "--brief"], command))
    if brief.returncode or whole.returncode or brief.stderr or whole.stderr:
        return "", [f"mapbridge plan ended with {brief.returncode}, {whole.returncode}: {brief.stderr}{whole.stderr}"]
    parts = [part for part in REPORT if not re.search(part, whole.stdout, re.M)]
    problems = [f"the report has no line like {parts}"] if parts else []
    if not whole.stdout.startswith(brief.stdout + "\nmachine: "):
        problems.append("the report does not begin with the plan")
    return brief.stdout, problems


def replays(name, down, more, count, kernel, initrds, cmdline):
    """The host's plan from a saved map is the saving loader's, and what the loader prints as it boots there."""
    image, files = make_image(name, {**FILES, **WITH_LINUX}, {**TEXTS, **LINUX_ENTRY})
    booted = re.findall(PLAN, boot(image, ((LIST, f"{down}\r"),), until=r"mapbridge: leaving boot services"), re.M)
    log = boot(image, ((LIST, f"{down}s"), (DONE, more[0]), *more[1:]))
    problems = [*check_saved(image, log, count), *damaged(image, files), *broken_volume(image)]
    yield from problems
    if problems or len(booted) != 1:
        yield f"{len(booted)} plans of the boot, expected: 1; see {image}.log"
        return
    for number, pair in enumerate(saved_pairs(log)):
        planned, problems = replay(image, pair, kernel, initrds, cmdline)
        yield from problems
        text = read(image, f"{FOLDER_ON_VOLUME}/{pair[1]}").decode("ascii")
        plans = [("the saving loader", re.search(PLAN, text, re.M)[0])]
        if number == 0:  # later the firmware has other memory: it has written files
            plans.append(("the booting loader", booted[0]))
        for which, plan in plans:
            lines = difflib.unified_diff(plan.split("\n"), planned.split("\n"), which, "the host", lineterm="", n=0)
            if plan != planned:
                yield "the plans differ: " + "; ".join(lines)
    if not sections(read(image, f"{FOLDER_ON_VOLUME}/{saved_pairs(log)[0][0]}"))[0].get(7):
        yield "the PCI configuration space is not saved"


def replays_setup_arch():
    """From the list, and from the viewer, which looks at one map while it is open: its second save finds the first."""
    viewer = ("m", (r"s: save", "s"), (r"saved \S+\.txt", "s"), (r"\.txt is there already", "q"), (LIST, "q"))
    yield from replays("save_setup_arch", "", viewer, 2, SETUP_ARCH, [INITRD], "one two")


def replays_linux():
    yield from replays("save_linux", DOWN, ("q",), 1, LINUX, [LINUX_INITRD, INITRD], "quiet")


def write_log(path):
    """[(byte, data)] of the writes to the disk, in their order"""
    with open(path, "rb") as file:
        log = file.read()
    magic, _, count, sector = struct.unpack_from("<QQQI", log)
    if magic != 0x6a736677736872 or sector != SECTOR:
        raise machine.Problem(f"{path} is no log of writes")
    writes, at = [], SECTOR
    for _ in range(count):
        start, sectors = struct.unpack_from("<QQ", log, at)
        at += SECTOR + sectors * SECTOR
        if sectors:
            writes.append((start * SECTOR, log[at - sectors * SECTOR:at]))
    return writes


def resets():
    """The volume after each write of a save, and in the middle of each, as a reset leaves it; one is booted again."""
    image, files = make_image("save_reset", FILES, TEXTS)
    after_reset = f"{image}.reset"
    run("cp", "--sparse=always", image, after_reset)
    log = boot(image, ((LIST, "s"), (DONE, "q")), LoggedMachine)
    yield from check_saved(image, log, 1)
    whole = {name: read(image, f"{FOLDER_ON_VOLUME}/{name}") for name in names(image)}
    writes = write_log(f"{image}.writes")
    seen, half = set(), 0
    for number, (start, data) in enumerate(writes):
        half = len(data) // SECTOR // 2 * SECTOR
        for part in (0, half), (half, len(data)):
            with open(after_reset, "r+b") as disk:
                disk.seek(start + part[0])
                disk.write(data[part[0]:part[1]])
            left = names(after_reset)
            seen.update(left)
            where = f"a reset in write {number + 1} of {len(writes)}: "
            yield from (where + problem for problem in damaged(after_reset, files))
            yield from (where + problem for problem in broken_volume(after_reset, HARMLESS))
            yield from (f"{where}{name} is not whole" for name in left
                        if name in whole and read(after_reset, f"{FOLDER_ON_VOLUME}/{name}") != whole[name])
        if "map.tmp" in left and "resumed" not in seen:
            seen.add("resumed")
            run("cp", "--sparse=always", after_reset, f"{after_reset}.next")
    if not {"map.tmp", "resumed", *whole} <= seen:
        yield f"only these were ever seen: {sorted(seen)}"
        return
    log = boot(f"{after_reset}.next", ((LIST, "s"), (DONE, "q")))
    yield from (f"after a reset: {problem}" for problem in check_saved(f"{after_reset}.next", log, 1))
    yield from (f"after a reset: {problem}" for problem in damaged(f"{after_reset}.next", files))


def one_error(image, files, log, pattern, expected_names):
    errors = re.findall(r"^mapbridge: error: .*", log, re.M)
    if len(errors) != 1 or not re.search(pattern, errors[0]):
        yield f"expected one error like `{pattern}`, found {errors}"
    if names(image) != expected_names:
        yield f"the folder has {names(image)}, expected: {expected_names}"
    yield from damaged(image, files)
    yield from broken_volume(image)


def read_only_disk():
    image, files = make_image("save_read_only", FILES, TEXTS)
    log = boot(image, ((LIST, "s"), (r"mapbridge: error: .*\n", "q")), ReadOnlyMachine)
    pattern = r"\\mapbridge: the volume is write-protected \(EFI_WRITE_PROTECTED\).* needed: "
    yield from one_error(image, files, log, pattern, [])


def full_volume():
    """There is room for the folder and a part of the map."""
    image, files = make_image("save_full", FILES, TEXTS)
    free = int(re.search(r"([\d ]+) bytes free", run("mdir", "-i", image, "::/").decode())[1].replace(" ", ""))
    filler = f"{image}.filler"
    with open(filler, "wb") as file:
        file.truncate(free - 2 * CLUSTER)
    run("mcopy", "-i", image, filler, "::/filler")
    os.remove(filler)
    log = boot(image, ((LIST, "s"), (r"mapbridge: error: .*\n", "q")))
    pattern = r"map-[0-9a-f]{8}\.efimap: the volume is full \(EFI_VOLUME_FULL\).* needed: "
    yield from one_error(image, files, log, pattern, [])


def under_u_boot():
    """Which cannot rename, and leaves the count of free clusters as it was."""
    image, files = make_image("save_u_boot", FILES, TEXTS)
    yield from check_saved(image, boot(image, ((LIST, "s"), (DONE, "q")), firmware="u-boot", machine="pc"), 1)
    yield from damaged(image, files)
    yield from broken_volume(image, HARMLESS)


def removed(test):
    """A test whose images are removed behind it."""
    def run_and_remove():
        try:
            yield from test()
        except (machine.Problem, ValueError) as problem:
            yield str(problem)
        finally:
            for path in glob.glob(f"{FOLDER}/save*.img*"):
                if not path.endswith(".log"):
                    os.remove(path)
    return run_and_remove


TESTS = [(test.__name__, removed(test)) for test in (replays_setup_arch, replays_linux, resets, read_only_disk,
                                                     full_volume, under_u_boot)]
