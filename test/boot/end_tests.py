# SPDX-License-Identifier: BSD-2-Clause
"""Boots that end badly on purpose: the tests above are worth something only if each of these ends is seen."""
from boot_test import BUILD, BootTest

MISBEHAVE = f"{BUILD}/test/efi/misbehave.efi"


def ending(way, ends, **more):
    return BootTest(f"end_{way}", efi=MISBEHAVE, files={"misbehave.txt": way.encode()}, ends=ends, **more)


TESTS = [
    ending("success", "exit 33", screenshot_at=None),
    ending("failure", "exit 35"),
    ending("exception", "exception"),
    ending("triple_fault", "reset"),
    ending("refusal", "returned", must=(r"^mapbridge: error: a stand-in refuses",)),
    ending("hang", "timeout", timeout=12),
    BootTest("end_nothing_to_boot", efi="LICENSE", ends="no-loader"),
]
