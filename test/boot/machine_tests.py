# SPDX-License-Identifier: BSD-2-Clause
"""Boots on the machines of scripts/machines.py: unusual firmware, memory, processors, disks."""
import re
import subprocess

import machine
import machines
from boot_test import BootTest
from entry_tests import LIST, SIGNED_LOADER, signed_files
from kernel_tests import KERNELS, LINUX, LEAVING, LINUX_CMDLINE, LINUX_INITRD, NO_ERROR, behind, kernel, linux
from linux_tests import TPM_DEVICE, start_tpm



def settings(odd):
    settings = {**odd.settings(), **(behind(odd.program) if odd.program else {}), "fat": odd.fat, "gpt": odd.gpt}
    if odd.tpm:
        settings |= dict(extra=(*odd.extra, *TPM_DEVICE), prepare=start_tpm)
    return settings


def kernel_on(odd, name, boot=None, **more):
    test = kernel(f"{boot or name}_on_{odd.name}", kernel=f"{KERNELS}/{name}.elf", timeout=600, **settings(odd), **more)
    if name == "scribble":
        test.cmdline = odd.scribble_options
    if not odd.serial:
        test.must = test.must_not = ()  # nothing shows what the loader says; the kernel's verdict remains
    return test


def linux_on(odd):
    # early console output: many e820 lines do not fit the kernel's log buffer
    cmdline = " ".join(("earlyprintk=ttyS0,115200", odd.linux_options, LINUX_CMDLINE))
    check = {} if odd.linux_tells else {"check": None}
    return linux(f"linux_on_{odd.name}", cmdline=" ".join(cmdline.split()), timeout=600, **settings(odd), **check)


def signed_linux_on(odd):
    """Started as the EFI program that the firmware has verified; under lockdown only power off is left to end with."""
    return BootTest(f"signed_linux_on_{odd.name}", efi=SIGNED_LOADER, prepare=signed_files, kernel_verdict=True,
                    timeout=300, ends="poweroff", must=(r"^PASS linux_efi", r"secureboot: Secure boot enabled"),
                    must_not=(*NO_ERROR, LEAVING), files={
                        "linux.img": LINUX_INITRD, "loader/loader.conf": b"timeout 0\n", "loader/entries/linux.conf":
                        b"linux /signed\ninitrd /linux.img\noptions " + LINUX_CMDLINE.encode()}, **settings(odd))


def refused_on(odd, boot, error, kernel=LINUX):
    """Numbers, and back to the list."""
    return BootTest(f"{boot}_on_{odd.name}", kernel=kernel, timeout=300, ends="returned",
                    must=(f"^mapbridge: error: {error}",), must_not=(r"!!!! X64 Exception", LEAVING),
                    **{**settings(odd), "keys": ((LIST, "q"),)})


def qemu_words(odd):
    """The machine as QEMU's arguments, without firmware and disk."""
    return ("-machine", odd.machine, "-cpu", odd.cpu, "-m", odd.memory, *odd.extra)


BOOTS = {"setup_arch": lambda odd: kernel_on(odd, "setup_arch"), "scribble": lambda odd: kernel_on(odd, "scribble"),
         "linux": linux_on, "signed_linux": signed_linux_on,
         "too_many_ranges": lambda odd: refused_on(
             odd, "too_many_ranges", r".* has 140\d\d descriptors .*; needed: 1 to \d+, "),
         "too_little_memory": lambda odd: refused_on(
             odd, "too_little_memory", r".*: needed \d{7} bytes .*, \d{7} bytes .* are free in all; ",
             f"{KERNELS}/scribble.elf"),
         # two boots: the first one fills the variable store, which some firmware's map depends on
         "setup_arch_again": lambda odd: kernel_on(odd, "setup_arch", "setup_arch_again", boots=2)}

# `make test-machines`: everything on every machine.
ALL = [BOOTS[boot](odd) for odd in machines.MACHINES for boot in odd.boots]
TESTS = [BOOTS[boot](odd) for odd in machines.MACHINES for boot in odd.quick]


def refusal(impossible):
    """A test: QEMU still refuses this machine, in these words."""
    def test():
        command = [machine.QEMU, "-accel", "tcg", "-nodefaults", "-no-reboot", "-display", "none",
                   *impossible.arguments]
        try:
            result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        except subprocess.TimeoutExpired:
            yield "QEMU can make it now: move it to the machines"
            return
        if result.returncode == 0 or not re.search(impossible.says, result.stderr):
            yield f"status {result.returncode}, QEMU says {result.stderr.strip()!r}"
    return f"{impossible.name}_is_refused", test


IMPOSSIBLE = [refusal(one) for one in machines.IMPOSSIBLE if one.arguments]


def say_impossible():
    """The machines that are wanted and not here, and their number."""
    for one in machines.IMPOSSIBLE:
        print(f"CANNOT {one.name}: {one.why}")
    print(f"{len(machines.IMPOSSIBLE)} machines cannot be made here")
