# SPDX-License-Identifier: BSD-2-Clause
"""Boots of the test kernels, of Linux, and of a disk without a configuration."""
import itertools
import re
import struct
import zlib

from boot_test import BUILD, LOADER, LOADER_BEHIND, BootTest

KERNELS = f"{BUILD}/kernels"
EFI = f"{BUILD}/test/efi"
INITRD = f"{BUILD}/run/initrd.img"
LINUX = f"{BUILD}/linux/vmlinuz"
LINUX_INITRD = f"{BUILD}/linux/initrd.img"
LINUX_VIEW_INITRD = f"{BUILD}/linux/initrd-view.img"
# on a busy host the kernel's timer check fails, and processors seem to hang
LINUX_BASE = "console=ttyS0,115200 panic=-1 no_timer_check rcupdate.rcu_cpu_stall_suppress=1"
LINUX_CMDLINE = f"{LINUX_BASE} mapbridge.check"
LEAVING = r"^mapbridge: leaving boot services"
BY_ITSELF = "goes back by itself in"
NO_ERROR = (r"mapbridge: error", r"!!!! X64 Exception")


def contract_holds(log):
    """setup_arch has a PASS line for every numbered line of the handoff contract, and checks nothing that is not in it."""
    with open("docs/handoff.md", encoding="utf-8") as file:
        promised = set(re.findall(r"^\| ([A-Z]\d+) \|", file.read(), re.M))
    checked = set(re.findall(r"^PASS ([A-Z]\d+) ", log, re.M))
    why = [f"promised but not checked: {sorted(promised - checked)}"] if promised - checked else []
    why += [f"checked but not promised: {sorted(checked - promised)}"] if checked - promised else []
    yield "every_line_of_the_contract", "; ".join(why) if why or promised else "docs/handoff.md has no numbered lines"


def kernel(name, **more):
    settings = dict(kernel=f"{KERNELS}/{name.split('_with_')[0].split('_under_')[0]}.elf",
                    initrds=(INITRD,), kernel_verdict=True, must_not=NO_ERROR,
                    must=(r"^BIOS-e820: \[mem 0x", r"^e820: last_pfn = 0x", r"^memblock_reserve: ", LEAVING))
    settings["must"] += more.pop("must", ())
    if name.startswith("setup_arch"):
        settings["check"] = contract_holds
    return BootTest(name, **{**settings, **more})


# what Linux prints since 7.0 or so, with two blanks in front, and lines for gaps
NEWER_NAMES = {"System RAM": "usable", "device reserved": "reserved", "persistent RAM (type 7)": "persistent (type 7)"}


def older_form(lines):
    return [place + NEWER_NAMES.get(kind.strip(), kind.strip()) for place, kind in
            (re.fullmatch(r"(\[mem 0x[0-9a-f]+-0x[0-9a-f]+\] )(.*)", line.strip()).groups() for line in lines)]


def e820_lines(log):
    """The loader's lines and Linux's, without prefixes. Linux prints what does not fit its page as `extended:`."""
    loader, _, rest = log.rpartition("mapbridge: leaving boot services")
    own = re.findall(r"^BIOS-e820: (.*)", loader, re.M)
    linux = re.findall(r"^\[ *[0-9.]+\] BIOS-e820: (\[mem .*)", rest, re.M)
    extended = re.findall(r"^\[ *[0-9.]+\] extended: (\[mem .*)", rest, re.M)
    return own, older_form(linux), older_form(extended)


def same_e820_as_linux(log):
    own, linux, extended = e820_lines(log)
    why = None
    if not own or not linux:
        why = f"the loader printed {len(own)} lines, Linux {len(linux)}"
    elif linux != own[:128]:
        pairs = itertools.zip_longest(own, linux, fillvalue="nothing")
        why = "; ".join(f"loader: {ours}, Linux: {theirs}" for ours, theirs in pairs if ours != theirs)[:400]
    elif len(own) > 128 and extended != own:
        pairs = itertools.zip_longest(own, extended, fillvalue="nothing")
        why = "extended: " + "; ".join(f"loader: {a}, Linux: {b}" for a, b in pairs if a != b)[:400]
    yield "e820_equals_linux", why
    crc = hibernation_crc32(extended or linux)
    yield "crc32_of_linux_map", None if f"e820: CRC32 {crc:08x} " in log else f"Linux's map has {crc:08x}, not printed"


IN_USE_MAX = 256  # KiB


def memory_at_the_jump(log):
    """What the loader holds besides kernel, initrd, boot_params and its own image, in the last map before it leaves."""
    with open(LOADER, "rb") as file:
        data = file.read()
    image = struct.unpack_from("<I", data, struct.unpack_from("<I", data, 0x3c)[0] + 80)[0] >> 10  # SizeOfImage
    held = sum(int(size) for size in re.findall(r"^mem\d+ Loader (?:Code|Data) .* (\d+) KiB", log, re.M))
    planned = sum((int(last, 16) // 4096 - int(first, 16) // 4096 + 1) * 4 for first, last in
                  re.findall(r"^  (?:kernel|initrd|boot_params) +\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]", log, re.M))
    extra = held - planned - image
    yield "memory_at_the_jump", None if 0 < extra <= IN_USE_MAX else \
        f"{extra} KiB are in use ({held} without {planned} and the image's {image}); needed: at most {IN_USE_MAX}"


def linux_and_memory(log):
    yield from same_e820_as_linux(log)
    yield from memory_at_the_jump(log)


E820_TYPES = {"usable": 1, "reserved": 2, "ACPI data": 3, "ACPI NVS": 4, "unusable": 5, "persistent (type 7)": 7,
              "soft reserved": 0xefffffff}


def hibernation_crc32(lines):
    """As arch/x86/power/hibernate.c computes it: over the number of entries and the entries."""
    data = struct.pack("<I", len(lines))
    for line in lines:
        start, last, kind = re.fullmatch(r"\[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\] (.*)", line.strip()).groups()
        data += struct.pack("<QQI", int(start, 16), int(last, 16) + 1 - int(start, 16), E820_TYPES[kind])
    return zlib.crc32(data)


def more_than_300(log):
    count = len(e820_lines(log)[0])
    if "PASS C1 " in log:
        yield from contract_holds(log)
    yield "more_than_300_entries", None if count > 300 else f"the map has {count} entries"


def linux(name, check=same_e820_as_linux, **more):
    return BootTest(name, **{**dict(kernel=LINUX, initrds=(LINUX_INITRD,), cmdline=LINUX_CMDLINE, initrd_crc32=False,
                                    kernel_verdict=True, must=(LEAVING, r"^PASS linux_efi"), must_not=NO_ERROR,
                                    timeout=180, check=check), **more})


def variable_is_kept(log):
    """In the second boot; the first one has written it."""
    found = re.findall(r"^the variable of the boot before is there: written at [0-9.]+ s$", log, re.M)
    yield "variable_is_kept", None if found else "the second boot did not find what the first one wrote"


# where Linux maps the firmware's runtime code: from 4 GiB below the top of the address space downwards, 64 GiB
IN_RUNTIME_SERVICES = r"rebooted at 0x(ffffffef|fffffff[0-9a-e])[0-9a-f]{8}$"


def behind(program):
    """The loader started by an EFI test program."""
    return dict(efi=f"{EFI}/{program}.efi", files={LOADER_BEHIND: LOADER})


TESTS = [
    kernel("hello-pie"),
    kernel("setup_arch-moved", must=(r"^  moved after ExitBootServices: ",)),
    kernel("setup_arch_under_dirty", **behind("dirty")), # a kernel's bss lies in memory full of garbage
    kernel("setup_arch_under_stubborn", **behind("stubborn"), must=(r"^ExitBootServices: 4 tries, e820 map changed meanwhile",),
           must_not=(*NO_ERROR, "stubborn: FAIL")),
    # as often as efi/leave.c tries, then back to the firmware in the only way that is left
    kernel("hello_under_stubborn_forever", **behind("stubborn_forever"), kernel_verdict=False, ends="reset",
           ends_how="was rebooted", must_not=(*NO_ERROR, "stubborn: FAIL"),
           must=(r"^stubborn: a cold reset because of an error, after 32 calls of ExitBootServices",)),
    kernel("setup_arch_under_strict_wx", **behind("strict_wx"), must=(r"^strict_wx: the image is made for it",)),
    kernel("setup_arch_with_two_initrds", machine="pc", initrds=(INITRD, LINUX_INITRD)),
    kernel("setup_arch_under_la57", **behind("la57"), accel="tcg", must=(r"^la57: 5-level paging is on", "5-level")),
    kernel("setup_arch_with_fragments", **behind("fragment"), check=more_than_300),
    linux("linux", check=linux_and_memory),
    linux("linux_under_la57", **behind("la57"), accel="tcg", must=(r"^la57: 5-level paging is on", r"^PASS linux_efi")),
    linux("linux_runtime_services", accel="tcg", initrds=(LINUX_VIEW_INITRD,), boots=2, check=variable_is_kept,
          cmdline=f"{LINUX_BASE} reboot=efi mapbridge.runtime", must=(LEAVING, "^PASS reboot_by_efi"),
          must_not=(*NO_ERROR, "WARNING:|BUG:|Oops|Firmware Bug"), ends="reset", ends_how=IN_RUNTIME_SERVICES),
    # early console output: so many lines do not fit the kernel's log buffer
    linux("linux_with_fragments", **behind("fragment"), cmdline=f"earlyprintk=ttyS0,115200 {LINUX_CMDLINE}"),
    BootTest("no_configuration", ends="returned", screenshot_at=BY_ITSELF, keys=((BY_ITSELF, "q"),),
             must=(r"^BIOS-e820: \[mem 0x", r"[\\/]loader[\\/]"), must_not=(r"!!!! X64 Exception", LEAVING)),
    BootTest("default_entry_missing", ends="returned", keys=((BY_ITSELF, "q"),),
             files={"loader/loader.conf": b"default other.conf\ntimeout 0\nmapbridge-console dump\n",
                    "loader/entries/boot.conf": b"linux /boot.elf\n"},
             must=(r"^mapbridge: error: .*loader\.conf: .*other\.conf", r"^mapbridge: error: .*boot\.elf: not found",
                   r"^   1  boot\.conf"), must_not=(r"!!!! X64 Exception", LEAVING)),
]
