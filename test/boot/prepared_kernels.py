# SPDX-License-Identifier: BSD-2-Clause
"""Boots of prepared kernels, and of the bzImage in their place when they are missing or wrong."""
import dataclasses
import functools
import re
import subprocess

import small_kernel
from boot_test import BUILD, FOLDER, LOADER, BootTest, source_file
from kernel_tests import (INITRD, KERNELS, LEAVING, LINUX, LINUX_BASE, LINUX_VIEW_INITRD, NO_ERROR, behind, kernel,
                          memory_at_the_jump, same_e820_as_linux)

PREPARED = f"{BUILD}/linux/vmlinuz.mbk"
ENTERED = f"{LEAVING}, entering prepared Linux kernel"
REPORT = f"{LINUX_BASE} mapbridge.kaslr"
NEEDED = ("^PASS module_loads", "^PASS linux_initrd", "^PASS linux_no_warnings")
LINK_PHYSICAL, LINK_VIRTUAL = 0x1000000, 0xffffffff81000000
PLACE = 0x200000  # addresses are multiples of this
IMAGE_MAX = 1 << 30
BOOTS = 32


@functools.cache
def small():
    """A prepared kernel of a MiB that nobody can start."""
    bzimage = source_file("small.bz", small_kernel.bzimage(small_kernel.packed(small_kernel.vmlinux(), "lz4")))
    subprocess.run([f"{BUILD}/mapbridge", "prepare", bzimage, "-o", f"{bzimage}.mbk"], check=True,
                   stdout=subprocess.DEVNULL)
    with open(f"{bzimage}.mbk", "rb") as prepared:
        return prepared.read()


def bases(log):
    """((physical, virtual) that the loader planned, the same that Linux found, places for each); raises ValueError."""
    planned = re.search(r"^  kernel +\[mem 0x([0-9a-f]{16})-0x[0-9a-f]{16}\]", log, re.M)
    places = re.search(r"^  at virtual +0x([0-9a-f]+), one of (\d+) places; physical 1 of (\d+) \(KASLR\)$", log, re.M)
    found = re.search(r"^kernel: _text ([0-9a-f]{16}), physical ([0-9a-f]+)$", log, re.M)
    if not planned or not found:
        raise ValueError(f"the loader said {planned and planned[0]}, Linux {found and found[0]}")
    virtual = int(places[1], 16) if places else LINK_VIRTUAL
    return ((int(planned[1], 16), virtual), (int(found[2], 16), int(found[1], 16)),
            (int(places[3]), int(places[2])) if places else (1, 1))


def linux_agrees(log):
    yield from same_e820_as_linux(log)
    try:
        planned, found, _ = bases(log)
    except ValueError as error:
        yield "same_bases_as_linux", str(error)
        return
    why = None
    if planned != found:
        why = f"planned {planned[0]:#x} and {planned[1]:#x}, Linux is at {found[0]:#x} and {found[1]:#x}"
    elif any((base - link) % PLACE for base, link in zip(found, (LINK_PHYSICAL, LINK_VIRTUAL))):
        why = f"no multiples of 2 MiB: {found[0]:#x} and {found[1]:#x}"
    yield "same_bases_as_linux", why


def at_link_address(log):
    yield from linux_agrees(log)
    yield from memory_at_the_jump(log)
    found = re.search("^kernel: _text ([0-9a-f]+)", log, re.M)
    yield "at_link_address", None if found and int(found[1], 16) == LINK_VIRTUAL else f"_text is at {found and found[1]}"


def boot_logs(name, boots):
    for number in range(boots):
        with open(f"{FOLDER}/{name}.log" + (f".{number + 1}" if number else ""), encoding="latin-1") as log:
            yield log.read().replace("\r", "")


def differ(name, boots):
    """A check: all of several boots had other bases than the others, and agreed with Linux."""
    def check(_):
        found = []
        for log in boot_logs(name, boots):
            found.append(bases(log)[1])
            yield from ((part, why) for part, why in linux_agrees(log) if why or len(found) == boots)
        yield "bases_differ", None if len(set(found)) == boots else f"the bases are {found}"
    return check


def uneven(parts, places):
    """Why numbers of places, from 0, cannot be uniform: chi-square over eight equal parts, at one in a million; or None."""
    counts = [0] * 8
    for part in parts:
        if not 0 <= part < places:
            return f"place {part} of {places}"
        counts[part * 8 // places] += 1
    expected = [sum(place * 8 // places == part for place in range(places)) * len(parts) / places for part in range(8)]
    chi_square = sum((count - wanted) ** 2 / wanted for count, wanted in zip(counts, expected))
    return None if chi_square < 40.5 else f"chi-square {chi_square:.1f} of {counts}"


def uniform(name, boots):
    def check(_):
        yield from differ(name, boots)(_)
        found = [bases(log) for log in boot_logs(name, boots)]
        virtual = [(base[1] - LINK_VIRTUAL) // PLACE for _, base, _ in found]
        yield "virtual_bases_uniform", uneven(virtual, found[0][2][1])
        # all of the machine's memory below 2 GiB is one range but for the firmware's small pieces at its ends
        lowest, highest = min(base[0] for _, base, _ in found), max(base[0] for _, base, _ in found)
        places = max(place[0] for _, _, place in found)
        why = uneven([(base[0] - LINK_PHYSICAL) // PLACE for _, base, _ in found], (2 << 30) // PLACE)
        yield "physical_bases_uniform", why and f"{why}; {lowest:#x} to {highest:#x} of {places} places"
    return check


def boot(name, prepared=PREPARED, cmdline=REPORT, lines=(), more=(), files=None, **settings):
    """Linux by an entry that names its bzImage and the prepared kernel (None: which is missing)."""
    lines = ("linux /vmlinuz", "mapbridge-prepared /vmlinuz.mbk", "initrd /initrd.img", f"options {cmdline}", *lines)
    image = {"loader/entries/linux.conf": "".join(f"{line}\n" for line in lines).encode(), "vmlinuz": LINUX,
             "initrd.img": LINUX_VIEW_INITRD, **({"vmlinuz.mbk": prepared} if prepared else {})}
    defaults = dict(efi=LOADER, kernel_verdict=True, timeout=180, check=linux_agrees, must_not=NO_ERROR)
    return BootTest(name, must=(ENTERED, *NEEDED, *more), files={**image, **(files or {})}, **{**defaults, **settings})


def falls_back(name, why, **more):
    """The bzImage is started, and the console says why."""
    must = (f"^mapbridge: error: .*{why}", r"^note: \\vmlinuz is started instead of \\vmlinuz\.mbk$",
            f"{LEAVING}, entering Linux bzImage", *NEEDED)
    test = boot(name, prepared=None, check=same_e820_as_linux, **more)
    return dataclasses.replace(test, must_not=("!!!! X64 Exception",), must=must)


TESTS = [
    boot("linux_prepared", boots=2, accel="tcg", check=differ("linux_prepared", 2), more=("^kernel: 5-level",)),
    boot("linux_prepared_nokaslr", cmdline=f"nokaslr no5lvl {REPORT}", lines=("mapbridge-verify yes",),
         check=at_link_address, more=("^kernel: 4-level",)),
    # its firmware uses 5 levels, and it must not
    boot("linux_prepared_under_la57", cmdline=f"no5lvl {REPORT}", **behind("la57"), accel="tcg",
         more=("^la57: 5-level paging is on", "^kernel: 4-level")),
    kernel("hello_with_prepared_missing", kernel=None, files={
        "hello.elf": f"{KERNELS}/hello.elf", "initrd.img": INITRD,
        "loader/entries/hello.conf": b"linux /hello.elf\nmapbridge-prepared /hello.mbk\ninitrd /initrd.img\n"},
           must_not=("!!!! X64 Exception",), must=(r"^mapbridge: error: \\hello\.mbk: not found",
                                                 r"^note: \\hello\.elf is started instead of \\hello\.mbk$")),
    falls_back("linux_prepared_stale", r"vmlinuz\.mbk: stale: made from another kernel than \\vmlinuz",
               prepare=lambda: {"vmlinuz.mbk": small()}),
]
# make test-kaslr
KASLR = [boot("kaslr", boots=BOOTS, memory="2G", check=uniform("kaslr", BOOTS))]
