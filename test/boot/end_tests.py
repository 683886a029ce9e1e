# SPDX-License-Identifier: BSD-2-Clause
"""Boots that end badly on purpose: the tests above are worth something only if each of these ends is seen."""
from boot_test import BUILD, LOADER_BEHIND, BootTest

MISBEHAVE = f"{BUILD}/test/efi/misbehave.efi"


def ending(way, ends, **more):
    return BootTest(f"end_{way}", efi=MISBEHAVE, files={"misbehave.txt": way.encode()}, ends=ends, **more)


TESTS = [
    ending("failure", "exit 35"),
    ending("triple_fault", "reset"),
    ending("hang", "timeout", timeout=8),
    # where W^X is enforced neither data executes nor can code be written
    *(BootTest(f"end_{way}", efi=f"{BUILD}/test/efi/strict_wx.efi", ends="exception", must=("^strict_wx: [1-9]",),
               files={LOADER_BEHIND: MISBEHAVE, "misbehave.txt": first}) for way, first in
      (("execution_of_data", b"x"), ("write_to_code", b"w"))),
    BootTest("end_nothing_to_boot", efi="LICENSE", ends="no-loader"),
]
