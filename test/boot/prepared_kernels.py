# SPDX-License-Identifier: BSD-2-Clause
"""Boots of prepared kernels, and of the bzImage in their place when they are missing or wrong."""
import dataclasses
import functools
import subprocess

import small_kernel
from boot_test import BUILD, LOADER, BootTest, source_file
from kernel_tests import LEAVING, LINUX, LINUX_CMDLINE, LINUX_INITRD, NO_ERROR, same_e820_as_linux

PREPARED = f"{BUILD}/linux/vmlinuz.mbk"
ENTERED = f"{LEAVING}, entering prepared Linux kernel"
NEEDED = ("^PASS linux_efi", "^PASS linux_initrd", "^PASS linux_command_line")


@functools.cache
def small():
    """A prepared kernel of a MiB that nobody can start."""
    bzimage = source_file("small.bz", small_kernel.bzimage(small_kernel.packed(small_kernel.vmlinux(), "lz4")))
    subprocess.run([f"{BUILD}/mapbridge", "prepare", bzimage, "-o", f"{bzimage}.mbk"], check=True, stdout=subprocess.DEVNULL)
    with open(f"{bzimage}.mbk", "rb") as prepared:
        return prepared.read()


def entry(cmdline, *lines):
    lines = ("linux /vmlinuz", "initrd /initrd.img", f"options {cmdline}", *lines)
    return {"loader/entries/linux.conf": "".join(f"{line}\n" for line in lines).encode(), "vmlinuz": LINUX,
            "initrd.img": LINUX_INITRD}


def boot(name, prepared=PREPARED, cmdline=LINUX_CMDLINE, lines=(), **more):
    """Linux by an entry that names its bzImage and the prepared kernel (None: which is missing)."""
    files = entry(cmdline, "mapbridge-prepared /vmlinuz.mbk", *lines)
    if prepared:
        files["vmlinuz.mbk"] = prepared
    settings = dict(efi=LOADER, files=files, kernel_verdict=True, timeout=180, check=same_e820_as_linux, must_not=NO_ERROR)
    return BootTest(name, must=(ENTERED, *NEEDED), **settings, **more)


def falls_back(name, why, **more):
    """The bzImage is started, and the console says why."""
    test = boot(name, prepared=None, **more)
    return dataclasses.replace(test, must_not=("!!!! X64 Exception",), must=(
        f"^mapbridge: error: .*{why}", r"^note: \\vmlinuz is started instead of \\vmlinuz\.mbk$", f"{LEAVING}, entering Linux bzImage", *NEEDED))


TESTS = [
    boot("linux_prepared"),
    boot("linux_prepared_verified", cmdline=f"nokaslr {LINUX_CMDLINE}", lines=("mapbridge-verify yes",)),
    falls_back("linux_prepared_missing", r"vmlinuz\.mbk: not found"),
    falls_back("linux_prepared_stale", r"vmlinuz\.mbk: stale: made from another kernel than \\vmlinuz",
               prepare=lambda: {"vmlinuz.mbk": small()}),
]
