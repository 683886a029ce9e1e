# SPDX-License-Identifier: BSD-2-Clause
"""Boots on machines with unusual memory maps, and of the same machine several times."""
import machines
from kernel_tests import KERNELS, LINUX_CMDLINE, behind, kernel, linux


def settings(odd):
    return {**odd.settings(), **(behind(odd.program) if odd.program else {})}


def kernel_on(odd, name, **more):
    return kernel(f"{name}_on_{odd.name}", kernel=f"{KERNELS}/{name}.elf", timeout=240, **settings(odd), **more)


def linux_on(odd):
    # early console output: many e820 lines do not fit the kernel's log buffer
    cmdline = " ".join(("earlyprintk=ttyS0,115200", odd.linux_options, LINUX_CMDLINE))
    return linux(f"linux_on_{odd.name}", cmdline=" ".join(cmdline.split()), timeout=300, **settings(odd))


def qemu_words(odd):
    """The machine as QEMU's arguments, without firmware and disk."""
    return ("-machine", odd.machine, "-cpu", odd.cpu, "-m", odd.memory, *odd.extra)


def again(odd, **more):
    """Two boots: the first one fills the variable store, which some firmware's map depends on."""
    test = kernel_on(odd, "hello", boots=2, **more)
    test.name = f"hello_again_on_{odd.name}"
    return test


# `make test-machines`: everything on every machine.
ALL = [
    *(kernel_on(odd, "setup_arch") for odd in machines.MACHINES),
    *(kernel_on(odd, "scribble") for odd in machines.MACHINES if "scribble" not in odd.without),
    *(linux_on(odd) for odd in machines.MACHINES if "linux" not in odd.without),
    *(again(odd) for odd in machines.MACHINES),
]
QUICK = {f"setup_arch_on_{name}" for name in ("ovmf-64G", "ovmf-numa", "ovmf-gcd-ranges", "u-boot-512M",
                                              "u-boot-fragmented")}
QUICK |= {"scribble_on_ovmf-gcd-ranges", "scribble_on_u-boot-512M", "linux_on_ovmf-64G", "linux_on_u-boot-512M",
          "hello_again_on_ovmf-256M", "hello_again_on_u-boot-512M"}
TESTS = [test for test in ALL if test.name in QUICK]
