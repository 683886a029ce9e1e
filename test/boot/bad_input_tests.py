# SPDX-License-Identifier: BSD-2-Clause
"""Every bad input in one boot: a caller program starts the loader for each, twice, and looks for leaks."""
import re

import bad_inputs
import prepared_kernels
from boot_test import BUILD, LOADER, LOADER_BEHIND, BootTest


def cases():
    with open(f"{BUILD}/kernels/setup_arch.elf", "rb") as elf, open(f"{BUILD}/linux/vmlinuz", "rb") as linux:
        return bad_inputs.all_cases(elf.read(), linux.read(), prepared_kernels.small())


def files():
    image = {}
    for case in cases():
        entry = f"linux /bad/{case.name}\n" if case.entry is None else case.entry
        image[f"loader/entries/bad-{case.name}.conf"] = entry if isinstance(entry, bytes) else entry.encode()
        if case.kernel is not None:
            image[f"bad/{case.name}"] = case.kernel
        image.update(case.files)
    return image


def why_wrong(case, log):
    name = re.escape(f"bad-{case.name}.conf")
    match = re.search(rf"^CASE {name} run 2$(.*?)^CASE {name} returned (.*) leaked (-?\d+) pages (-?\d+) handles$", log,
                      re.M | re.S)
    if not match:
        return "it did not come back to its caller"
    said, status, pages, handles = match.groups()
    errors = re.findall(rf"^mapbridge: error: load options: {name} cannot be started: (.*)", said, re.M)
    if not errors:  # it was started
        errors = re.findall(rf"^booting .*{name}\n(?:(?!mapbridge: error: ).*\n)*mapbridge: error: (.*)", said, re.M)
    if len(errors) != 1:
        return f"{len(errors)} error lines instead of one: {errors}"
    if not re.search(case.error, errors[0]):
        return f"the error does not say {case.error}: {errors[0]}"
    if "mapbridge: back to the firmware" not in said:
        return "it did not say that it goes back to the firmware"
    if status == "Success":
        return "it returned success"
    if (pages, handles) != ("0", "0"):
        return f"it left {pages} pages and {handles} handles behind"
    return None


def check(log):
    for case in cases():
        yield case.name, why_wrong(case, log)


TESTS = [
    BootTest("bad_input", efi=f"{BUILD}/test/efi/caller.efi", files={LOADER_BEHIND: LOADER}, prepare=files,
             memory="256M", timeout=300, loader_may_return=True, check=check, must=(r"^caller: [1-9]\d* cases",),
             must_not=(r"!!!! X64 Exception", r"mapbridge: leaving boot services")),
]
