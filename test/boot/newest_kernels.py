# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernels of three generations, in every format that they can be started in; for `make test-machines`."""
from boot_test import BUILD, LOADER
from kernel_tests import LEAVING, linux
from prepared_kernels import REPORT, at_link_address, boot, linux_agrees

FOLDERS = {"6.1": "linux", "6.12": "linux-trixie", "newest": "linux-newest"}
INITRD = f"{BUILD}/linux/initrd-kaslr.img"


def prepared(name, folder, options, check):
    made = boot(name, prepared=f"{BUILD}/{folder}/vmlinuz.mbk", cmdline=f"{options}{REPORT}", check=check, efi=LOADER, timeout=600,
                memory="1G", files={"vmlinuz": f"{BUILD}/{folder}/vmlinuz", "initrd.img": INITRD})
    made.must = tuple(text for text in made.must if "module_loads" not in text)
    return made


def boots(generation, folder):
    yield linux(f"linux_{generation}_bzimage", kernel=f"{BUILD}/{folder}/vmlinuz", memory="1G", timeout=600,
                must=(f"{LEAVING}, entering Linux bzImage", "^PASS linux_efi"))
    yield linux(f"linux_{generation}_vmlinux", kernel=f"{BUILD}/{folder}/vmlinux", memory="1G", timeout=600,
                must=(f"{LEAVING}, entering Linux vmlinux, ", "^PASS linux_efi"))
    yield prepared(f"linux_{generation}_prepared", folder, "", linux_agrees)
    yield prepared(f"linux_{generation}_prepared_nokaslr", folder, "nokaslr ", at_link_address)


ALL = [test for generation, folder in FOLDERS.items() for test in boots(generation, folder)]
