# SPDX-License-Identifier: BSD-2-Clause
"""Disks that fail in the middle of a file, and slow ones: a message and the list, or patience; never a hang."""
import random
import re

from boot_test import LOADER, LOADER_BEHIND, BootTest, content_of
from end_tests import MISBEHAVE
from kernel_tests import EFI, KERNELS, LEAVING, LINUX, NO_ERROR

FILLER = random.Random(3).randbytes(256 << 10)  # firmware reads small files together with their neighbours
INITRD = random.Random(2).randbytes(12 << 20)
SETUP_ARCH = f"{KERNELS}/setup_arch.elf"
HELLO = f"{KERNELS}/hello.elf"
CONF = b"timeout 0\n# a file that fills a sector" + b"." * 900
ENTRY = b"title Unreadable\nlinux /boot/hello.elf\n#" + b"." * 900
NO_LIST = {"loader/loader.conf": b"timeout 0\n"}
SLOW = ",throttling.bps-read=1500000"
SLOWLY = r"^Mapbridge \S+, from .*\n(?:.*\n)*?booting "  # what was said while nobody looked
BACK = "Esc or q goes back to the firmware"
LIST = rf"\nEntries:\n   1  .*\n(.*\n)*.*{BACK}"


def progress(name, mebibytes):
    return rf"(\r?  [1-9]\d* of {mebibytes * 1024} KiB of \\{re.escape(name)})+\n"


def large_program():
    """What follows the last section is nothing to the firmware."""
    program = content_of(f"{EFI}/echo.efi")
    return {"echo.efi": program + (FILLER * 40)[len(program):]}


def stops_at(source, offset):
    """The piece in the message has the damage."""
    def check(log):
        said = re.findall(r"^mapbridge: error: .*: reading stopped at byte (\d+) of (\d+), in a piece of (\d+) bytes "
                          r"\(EFI_DEVICE_ERROR\)", log, re.M)
        # a firmware may start the loader again
        good = said and all(int(size) == len(content_of(source)) and 0 <= offset - int(start) < int(piece)
                            for start, size, piece in said)
        yield "the_byte", None if good else f"the damage is at byte {offset}, the loader says {said}"
    return check


def failing(name, path, source, offset, **more):
    """A boot that reads a file whose sector at offset is damaged."""
    return BootTest(f"disk_fails_in_{name}", **{**dict(
        kernel=SETUP_ARCH, ends="returned", files={"a-filler": FILLER}, keys=((BACK, "q"),),
        unreadable=((source, offset),), check=stops_at(source, offset), must_not=(r"!!!! X64 Exception", LEAVING),
        must=(rf"^mapbridge: error: {path}: reading stopped at byte ", LIST)),
        **more})


# none of these on USB: a sector that cannot be read is a crash inside edk2 2025.02, see docs/machines.md
TESTS = [
    failing("kernel", r"\\boot\\setup_arch\.elf", SETUP_ARCH, 0x8000),
    failing("linux", r"\\boot\\vmlinuz", LINUX, 0x600200, kernel=LINUX, disk="nvme"),
    failing("initrd", r"\\boot\\initrd\.img", INITRD, 0x789e00, initrds=(INITRD,), disk="scsi"),
    # the entries are still there: without the file's settings the first one is started
    failing("loader_conf", r"\\loader\\loader\.conf", CONF, 512, kernel=None, ends="exit 33", keys=(),
            files={"loader/loader.conf": CONF, "hello.elf": HELLO, "loader/filler": FILLER,
                   "loader/entries/hello.conf": b"linux /hello.elf\n"}, kernel_verdict=True,
            must=(r"^mapbridge: error: \\loader\\loader\.conf: reading stopped at byte ", r"^Hello from the higher half"),
            must_not=(r"!!!! X64 Exception",)),
    failing("entry", r"\\loader\\entries\\a\.conf", ENTRY, 512, kernel=None,
            files={"a-filler": FILLER, "loader/entries/a.conf": ENTRY, "loader/entries/b-filler": FILLER,
                   "loader/entries/c.conf": b"linux /missing.elf\n"}),
    # files that take longer than the watchdog would wait, and the watchdog that would have done something; nobody has
    # asked for messages, until it takes long
    BootTest("slow_disk", efi=f"{EFI}/watchdog.efi", kernel_verdict=True, drive=SLOW,
             files={LOADER_BEHIND: LOADER, "hello.elf": HELLO, "initrd.img": INITRD, **NO_LIST,
                    "loader/entries/hello.conf": b"linux /hello.elf\ninitrd /initrd.img\n"},
             must=(r"^watchdog: armed for 1 second", SLOWLY, progress("initrd.img", 12), LEAVING),
             must_not=(*NO_ERROR, "BIOS-e820")),
    BootTest("slow_disk_with_efi_program", drive=SLOW, ends="returned", keys=((BACK, "q"),), prepare=large_program,
             files={**NO_LIST, "loader/entries/echo.conf": b"efi /echo.efi\n"}, must_not=NO_ERROR,
             must=(SLOWLY, progress("echo.efi", 10) + "(.*\n)*echo: 0 bytes of options", LIST)),
    BootTest("end_watchdog", efi=f"{EFI}/watchdog.efi", ends="reset", timeout=60,
             files={LOADER_BEHIND: MISBEHAVE, "misbehave.txt": b"hang"}, must=(r"^watchdog: armed for 1 second",)),
]
