# SPDX-License-Identifier: BSD-2-Clause
"""Boots Debian's kernel twice on one machine, through its EFI stub and through us, and compares what it knows."""
import contextlib
import dataclasses
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time

import boot_test
import kernel_tests
import machine
import machines
import parity
from boot_test import BUILD, FOLDER, BootTest

SYSTEMD_BOOT = "/usr/lib/systemd/boot/efi/systemd-bootx64.efi"
# The timer check fails on a busy host; hundreds of e820 entries do not fit into the usual log buffer.
CMDLINE = "console=ttyS0,115200 panic=-1 no_timer_check log_buf_len=1M"
KERNELS = {"cloud": f"{BUILD}/linux", "generic": f"{BUILD}/linux-generic"}
# No random numbers from the processor: what the loader brings is then what Linux has.
NO_RDRAND = "max,-rdrand,-rdseed"
RNG = ("-object", "rng-random,id=rng,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=rng")


@dataclasses.dataclass
class Pair:
    """Two boots of one machine."""
    name: str
    on: machines.OddMachine
    kernel: str = "cloud"
    display: str = "vga"
    tpm: bool = False
    cmdline: str = ""


def odd(name):
    return next(one for one in machines.MACHINES if one.name == name)


FULL = machines.OddMachine("full", "q35, 512 MiB, graphics, TPM 2.0, a source of random numbers", cpu=NO_RDRAND,
                           extra=RNG)
PAIRS = [Pair("cloud", FULL, tpm=True)]
MORE_PAIRS = [
    Pair("cloud-plain", machines.OddMachine("plain", "q35, 512 MiB"), display="none"),
    Pair("cloud-6G", odd("ovmf-6G")), Pair("cloud-pc", odd("ovmf-pc")), Pair("cloud-numa", odd("ovmf-numa")),
    Pair("cloud-nvdimm", odd("ovmf-nvdimm")), Pair("cloud-secboot", odd("ovmf-secboot")),
    Pair("cloud-fragmented", odd("ovmf-fragmented"), display="none", cmdline="earlyprintk=ttyS0,115200"),
    Pair("cloud-la57", odd("ovmf-la57")),
    Pair("generic", FULL, kernel="generic", tpm=True),
    *(Pair(f"cloud-options-{name}", odd(machine_name), cmdline=options) for name, machine_name, options in (
        ("size", "ovmf-2G", "video=efifb:640x480"), ("number", "ovmf-2G", "video=efifb:mode=3"),
        ("auto", "ovmf-2G", "video=efifb:auto"), ("list", "ovmf-2G", "video=efifb:list"),
        ("no-mode", "ovmf-2G", "video=efifb:mode=999"), ("depth", "ovmf-2G", "video=efifb:nothing,1024x768-32"),
        ("format", "ovmf-2G", "video=efifb:800x600-bgr"),
        ("efi", "ovmf-2G", "efi=novamap,nochunk,no_disable_early_pci_dma quiet loglevel=7"),
        ("memory", "ovmf-2G", "mem=1G memmap=64M$0x20000000 hugepages=2"),
        ("soft-reserve", "ovmf-gcd-accepted", "efi=nosoftreserve"), ("other", "ovmf-2G", "no5lvl mem_encrypt=off"))),
]


@contextlib.contextmanager
def software_tpm():
    """QEMU's arguments for a fresh TPM 2.0."""
    if not shutil.which("swtpm"):
        raise machine.Problem("swtpm is missing; install the package swtpm")
    with tempfile.TemporaryDirectory(prefix="mapbridge.tpm.") as folder:
        path = f"{folder}/socket"
        with subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={folder}", "--ctrl",
                               f"type=unixio,path={path}", "--flags", "startup-clear"],
                              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            until = time.monotonic() + 10
            while not os.path.exists(path) and process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            try:
                yield ("-chardev", f"socket,id=tpm,path={path}", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
                       "-device", "tpm-crb,tpmdev=tpm0")
            finally:
                process.terminate()


def by_the_stub(test):
    """The same boot, with an entry that starts the kernel as an EFI program."""
    files = {**test.files, "linux": test.kernel, "initrd.img": test.initrds[0], "loader/entries/linux.conf":
             f"linux /linux\ninitrd /initrd.img\nmapbridge-start efi\noptions {test.cmdline}\n".encode()}
    return dataclasses.replace(test, kernel=None, initrds=(), files=files)


def boot(pair, way, efi, more_cmdline, change=lambda test: test):
    """The log of one boot that ran to its end; raises machine.Problem."""
    name = f"parity-{pair.name}-{way}"
    image, log, folder = f"{FOLDER}/{name}.img", f"{FOLDER}/{name}.log", KERNELS[pair.kernel]
    program = {} if not pair.on.program else {boot_test.LOADER_BEHIND: efi}
    test = BootTest(name, efi=f"{kernel_tests.EFI}/{pair.on.program}.efi" if pair.on.program else efi, files=program,
                    kernel=f"{folder}/vmlinuz", initrds=(f"{folder}/initrd-view.img",), initrd_crc32=False,
                    cmdline=" ".join(filter(None, (pair.cmdline, CMDLINE, pair.on.linux_options, more_cmdline))))
    os.makedirs(FOLDER, exist_ok=True)
    problem = boot_test.make_image(change(test), image)
    if problem:
        raise machine.Problem(problem)
    try:
        with contextlib.ExitStack() as stack:
            tpm = stack.enter_context(software_tpm()) if pair.tpm else ()
            names = {field.name for field in dataclasses.fields(machine.Machine)}
            settings = {name: value for name, value in pair.on.settings().items() if name in names}
            settings |= {"extra": (*pair.on.extra, *tpm), "display": pair.display}
            run = stack.enter_context(machine.Run(machine.Machine(image, **settings), log))
            end = run.wait(300)
            if not end.success:
                raise machine.Problem(f"{way}: {end.what}; the log is {log}")
            return run.text
    finally:
        os.remove(image)


def view(pair, way, efi, more_cmdline="nokaslr mapbridge.view", change=lambda test: test):
    return parity.view_items(parity.blocks(boot(pair, way, efi, more_cmdline, change)))


@functools.cache
def entered_by_us(number):
    """The view of one pair, for whoever compares with it."""
    return view((PAIRS + MORE_PAIRS)[number], "mapbridge", boot_test.LOADER)


def compare(number):
    """Problems of one pair of boots."""
    pair = (PAIRS + MORE_PAIRS)[number]
    if not os.path.exists(SYSTEMD_BOOT):
        yield f"{SYSTEMD_BOOT} is missing; install the package systemd-boot-efi"
        return
    try:
        with open(parity.DOCUMENT, encoding="utf-8") as file:
            rows = parity.read_rows(file.read())
        stub, ours = view(pair, "stub", SYSTEMD_BOOT), entered_by_us(number)
    except (machine.Problem, parity.BadView, OSError) as error:
        yield str(error)
        return
    if not rows:
        yield f"{parity.DOCUMENT} has no table"
    yield from parity.compare(pair.name, stub, ours, rows)


MEASURED = {"tpm/pcr 4", "tpm/pcr 9", "tpm/pcr 12"}


def tpm_as_through_the_stub():
    """The PCRs of the kernel, its options and its initrd are the same when we enter it and when its EFI stub does."""
    try:
        ways = [{key: value for key, value in one.items()
                 if key in MEASURED or re.match("tpm/event in PCR (4|9|12):", key)}
                for one in (entered_by_us(0), view(PAIRS[0], "started", boot_test.LOADER, change=by_the_stub))]
    except (machine.Problem, parity.BadView, OSError) as error:
        yield str(error)
        return
    if not MEASURED <= set(ways[0]) or any(not value.strip("0") for value in ways[0].values()):
        yield f"not everything is measured: {ways[0]}"
    yield from ("{}: `{}` through the stub, `{}` entered by us".format(*difference)
                for difference in parity.differences(*reversed(ways)))


KASLR_FLAG = 2  # of loadflags: the decompressor has chosen addresses
DEFAULT_TEXT = 0xffffffff81000000
KASLR_BOOTS = 3  # one in some hundred boots draws the default address by chance


def not_random(items):
    """What KASLR has not changed in a view."""
    load = int(items["boot_params/hdr.code32_start"], 0)
    code = next(key for key, value in items.items() if value == "Kernel code")
    physical = int(re.fullmatch(r"iomem/ *([0-9a-f]+)-.*", code)[1], 16)
    text = next(int(key.split("/")[1].split()[0], 16) for key in items if re.fullmatch("symbols/.* T _text", key))
    if not int(items["boot_params/hdr.loadflags"], 0) & KASLR_FLAG:
        yield "KASLR is off: its flag in loadflags is not set"
    if physical == load:
        yield f"the kernel is at {physical:#x}, where it was loaded"
    if text == DEFAULT_TEXT:
        yield f"the kernel's text is at {text:#x}, where it was linked"


def kaslr_is_active():
    """Without `nokaslr` the kernel moves, physically and virtually: we have left it the memory for that."""
    machine_2g, problems = odd("ovmf-2G"), []
    for number in range(KASLR_BOOTS):
        pair = Pair(f"kaslr-{number}", machine_2g, display="none")
        try:
            problems = list(not_random(view(pair, "mapbridge", boot_test.LOADER, "mapbridge.view")))
        except (machine.Problem, parity.BadView, OSError) as error:
            problems = [str(error)]
        if not problems:
            return
    yield from problems


RULES = """
| `one` | `a` `b` | `1` | `2` | both are listed |
| `other` | `c` | `.*` | `.*` | of another machine |
## By chance
| `.*` | `d.*` | `x\\|y` | `-` | may be there |
"""
# items through the stub, items through us, and what the comparison must say, in order
COMPARISONS = (
    ({"a": "1", "b": "1", "e": "5"}, {"a": "2", "b": "2", "e": "5"}, ()),
    ({"a": "1", "b": "1", "d1": "y"}, {"a": "2", "b": "2"}, ()),
    ({"a": "1", "b": "1", "d1": "z"}, {"a": "2", "b": "2"}, ("not in .*: d1: `z`",)),
    ({"a": "1", "b": "1"}, {"a": "2", "b": "3"}, ("not in .*: b: `1` .* `3`", "is gone: b")),
    ({"a": "1", "b": "1"}, {"a": "2", "b": "1"}, ("is gone: b",)),
    ({"a": "1", "b": "1", "c": "1"}, {"a": "2", "b": "2"}, ("not in .*: c: `1` .* `-`",)),
    ({"a": "1", "b": "1", "meminfo/MemTotal": "1000"}, {"a": "2", "b": "2", "meminfo/MemTotal": "744"}, ()),
    ({"a": "1", "b": "1", "meminfo/MemTotal": "1000"}, {"a": "2", "b": "2", "meminfo/MemTotal": "743"}, ("MemTotal",)),
    ({"a": "1", "b": "1", "crng/crng init done": "0.0"}, {"a": "2", "b": "2", "crng/crng init done": "0.6"}, ("crng",)),
)


def comparison_notices():
    """The comparison finds what is not listed and what is listed in vain, and nothing else."""
    rows = parity.read_rows(RULES)
    if len(rows) != 4:
        yield f"the table has 4 rows, read were {len(rows)}"
    for stub, ours, expected in COMPARISONS:
        problems = list(parity.compare("one", stub, ours, rows))
        if len(problems) != len(expected) or not all(map(re.search, expected, problems)):
            yield f"{stub} and {ours}: {problems}"
    text = "\n".join(f"=== {name}\nx" for name in parity.NEVER_EMPTY) + "\n"
    whole = f"view begins\n{text}view ends {hashlib.md5(text.encode()).hexdigest()}\n"
    if parity.blocks(whole)["dmi"] != ["x"]:
        yield "a good view is not read"
    for damage in (whole.replace("dmi\nx", "dmi\ny"), whole[:-3], whole.replace("view begins", "")):
        with contextlib.suppress(parity.BadView):
            parity.blocks(damage)
            yield f"a damaged view is taken: {damage[-60:]!r}"


def suite(pairs):
    return [(pair.name, lambda number=number: compare(number)) for number, pair in enumerate(pairs)]


OTHERS = [("comparison_notices", comparison_notices), ("tpm_as_through_the_stub", tpm_as_through_the_stub),
          ("kaslr_is_active", kaslr_is_active)]
TESTS = suite(PAIRS) + OTHERS
ALL = suite(PAIRS + MORE_PAIRS) + OTHERS
BOOTS = [kernel_tests.linux("linux_efi_clock", initrds=(f"{BUILD}/linux/initrd-clock.img",), check=None,
                            cmdline=f"{CMDLINE} mapbridge.clock", must=("^PASS efi_clock",))]
