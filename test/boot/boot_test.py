# SPDX-License-Identifier: BSD-2-Clause
"""A boot test as data, and the code that runs one: an image, QEMU with its serial port in a file, and the verdict."""
import dataclasses
import mmap
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path.insert(0, os.path.join(TOP, "scripts"))
import machine  # noqa: E402
from typist import Typist  # noqa: E402

BUILD = "build"
LOADER = f"{BUILD}/BOOTX64.EFI"
LOADER_BEHIND = "EFI/mapbridge/BOOTX64.EFI"  # where the EFI test programs look for it
FOLDER = f"{BUILD}/test/boot"


@dataclasses.dataclass
class BootTest:
    name: str
    efi: str = LOADER
    kernel: str | None = None
    initrds: tuple = ()  # source files, or the bytes of one
    cmdline: str = ""
    initrd_crc32: bool = True  # tell the kernel the checksum of its initrd
    files: dict = dataclasses.field(default_factory=dict)  # path on the image -> source file, or bytes
    gpt: bool = False  # a GPT disk, with what is below it on an XBOOTLDR partition
    xbootldr: dict = dataclasses.field(default_factory=dict)  # as files
    prepare: object = None  # called first; returns more files
    memory: str = "512"
    cpu: str = "max"
    machine: str = "q35"
    accel: str = "auto"
    firmware: str | None = None  # as machine.find_firmware takes it
    extra: tuple = ()  # QEMU arguments
    disk: str = "virtio"  # these five as machine.Machine and scripts/make-image take them
    sector: int = 512
    fat: int | None = None
    drive: str = ""
    serial: bool = True
    unreadable: tuple = ()  # (source file or bytes, offset in it): sectors of the disk that cannot be read
    boots: int = 1  # of the same machine and disk, one after the other; each must go well
    display: str = "none"
    timeout: float = 120
    ends: str = "exit 33"  # how machine.End names it: its kind, and the status of an exit
    ends_how: str = ""  # a regular expression for what machine.End tells about it
    loader_may_return: bool = False
    must: tuple = ()  # regular expressions, each found in the serial log
    must_not: tuple = ()
    kernel_verdict: bool = False  # the kernel prints PASS and FAIL lines and `N passed, N failed`
    check: object = None  # called with the log; yields (name of a part, why it failed or None)
    check_disk: object = None  # called with the image's path after the boot, yields as check; what was written is kept
    # (regular expression, input): sent when the log has it behind the last one; text to the serial port, a tuple of
    # QEMU's key names to the keyboard; a function is called with the machine.Run instead
    keys: tuple = ()
    screenshot_at: str | None = None  # the screen must not be blank when this is on serial


def source_file(name, content):
    """Bytes of a test as a file below build/."""
    if isinstance(content, str):
        return content
    path = f"{FOLDER}/files/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    return path


def make_image(test, path):
    files = {**test.files, **(test.prepare() if test.prepare else {})}
    command = ["scripts/make-image", path, "--efi", test.efi]
    for destination, content in files.items():
        command += ["--file", f"{source_file(f'{test.name}/{destination}', content)}:{destination}"]
    if test.gpt:
        command.append("--gpt")
    if test.disk == "cdrom":
        command.append("--cdrom")
    if test.fat:
        command += ["--fat", str(test.fat)]
    command += ["--sector", str(test.sector)]
    for destination, content in test.xbootldr.items():
        command += ["--xbootldr", f"{source_file(f'{test.name}/xbootldr/{destination}', content)}:{destination}"]
    if test.kernel:
        command += ["--kernel", test.kernel, "--cmdline", test.cmdline]
        for initrd in test.initrds:
            command += ["--initrd", source_file(f"{test.name}/initrd.img", initrd)]
        if test.initrds and test.initrd_crc32:
            command.append("--initrd-crc32")
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stderr.strip() if result.returncode else None


def kernel_problems(log):
    """A kernel's own verdict must be there, must agree with its lines, and must be all PASS."""
    passed, failed = re.findall(r"^PASS (.*)", log, re.M), re.findall(r"^FAIL (.*)", log, re.M)
    last = re.findall(r"^(\d+) passed, (\d+) failed$", log, re.M)
    yield from (f"the kernel says: FAIL {line}" for line in failed)
    if not last:
        yield "the kernel printed no line `N passed, N failed`"
    elif [len(passed), len(failed)] != [int(number) for number in last[-1]] or not passed:
        yield f"the kernel says {', '.join(last[-1])} passed, failed; its lines say {len(passed)}, {len(failed)}"


def screen_problem(path):
    """A screen of one colour, or nearly so, is blank; binary PPM."""
    with open(path, "rb") as file:
        header, pixels = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", file.read(64)), None
        if not header:
            return "QEMU wrote no binary PPM"
        file.seek(header.end())
        pixels = file.read()
    counts = {}
    for place in range(0, len(pixels), 3):
        pixel = pixels[place:place + 3]
        counts[pixel] = counts.get(pixel, 0) + 1
    other = len(pixels) // 3 - max(counts.values())
    return None if other > 1000 else f"only {other} pixels of {len(pixels) // 3} differ from the background"


def content_of(source):
    if isinstance(source, bytes):
        return source
    with open(source, "rb") as file:
        return file.read()


def places(image, unreadable):
    """Where on the disk the bytes are; a new volume's files are in one piece."""
    found = []
    for source, offset in unreadable:
        with open(image, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as disk:
            start = disk.find(content_of(source)[:4096])
        if start < 0:
            raise machine.Problem(f"{image}: what shall be unreadable is not there")
        found.append(start + offset)
    return tuple(found)


def run_qemu(test, image, log_path, accel, variables=None):
    """(end, log text, problems with the screen and the keys)"""
    if test.accel != "auto":
        accel = test.accel
    computer = machine.Machine(image, test.memory, test.cpu, test.machine, accel, test.firmware,
                               display="vga" if test.screenshot_at else test.display, extra=test.extra,
                               variables=variables, snapshot=not test.check_disk, disk=test.disk, sector=test.sector,
                               drive=test.drive, serial=test.serial, bad_bytes=places(image, test.unreadable))
    wait_for = [end for end in machine.ENDS if not (test.loader_may_return and end[1] == "returned")]
    screen = {"problem": f"{test.screenshot_at} never came" if test.screenshot_at else None}
    typist = Typist(test.keys, log_path)

    def on_data(_):
        if test.screenshot_at and "path" not in screen and re.search(test.screenshot_at, run.text):
            screen["path"] = log_path + ".ppm"
            taken = run.screenshot(screen["path"], "ppm")
            screen["problem"] = screen_problem(screen["path"]) if taken else "QEMU gave no picture"
        typist.on_data(run)

    try:
        with machine.Run(computer, log_path, typist.serial, on_data=on_data) as run:
            end = run.wait(test.timeout, wait_for)
    finally:
        typist.close()
    problems = [f"the screen: {screen['problem']}"] if screen["problem"] else []
    return end, run.text, problems + typist.problems()


def problems_of_boot(test, end, log):
    ended = f"{end.kind} {end.status}" if end.kind == "exit" else end.kind
    if ended != test.ends:
        yield f"expected the end `{test.ends}`, found `{ended}`: {end.what}"
    elif not re.search(test.ends_how, end.what):
        yield f"expected an end like `{test.ends_how}`: {end.what}"
    yield from (f"not in the log: {pattern}" for pattern in test.must if not re.search(pattern, log, re.M))
    yield from (f"in the log: {match[0]}" for pattern in test.must_not if (match := re.search(pattern, log, re.M)))
    if test.kernel_verdict:
        yield from kernel_problems(log)


def boot(test, accel, image, log_path):
    """Yields (problems, log) of each boot. The firmware's variables are kept from one to the next."""
    variables = f"{FOLDER}/{test.name}.vars" if test.boots > 1 else None
    try:
        for number in range(test.boots):
            path = log_path if number == 0 else f"{log_path}.{number + 1}"
            end, log, problems = run_qemu(test, image, path, accel, variables)
            prefix = f"boot {number + 1}: " if test.boots > 1 else ""
            yield [prefix + problem for problem in [*problems, *problems_of_boot(test, end, log)]], log
    finally:
        if variables and os.path.exists(variables):
            os.remove(variables)


def different_crc32(logs):
    """Why the boots do not agree on the e820 map, which Linux asks for when it resumes from hibernation; or None."""
    crcs = [re.findall(r"^e820: CRC32 ([0-9a-f]{8}) ", log, re.M) for log in logs]
    if all(len(crc) == 1 for crc in crcs) and len(set(map(tuple, crcs))) == 1:
        return None
    return f"the checksums of the e820 map are {', '.join('+'.join(crc) or 'none' for crc in crcs)}"


def run(test, accel):
    """Yields (name, list of problems, log lines to show) for the test and for each of its parts."""
    os.makedirs(FOLDER, exist_ok=True)
    image, log_path = f"{FOLDER}/{test.name}.img", f"{FOLDER}/{test.name}.log"
    try:
        problem = make_image(test, image)
        if problem:
            yield test.name, [problem], []
            return
        boots = list(boot(test, accel, image, log_path))
        disk_parts = list(test.check_disk(image)) if test.check_disk else []
    except (machine.Problem, OSError) as error:
        yield test.name, [str(error)], []
        return
    finally:
        if os.path.exists(image):
            os.remove(image)
    log = boots[-1][1]
    yield test.name, [problem for problems, _ in boots for problem in problems], log.rstrip().split("\n")[-40:]
    if test.boots > 1:
        why = different_crc32([log for _, log in boots])
        yield f"{test.name}/same_map_at_each_boot", [why] if why else [], []
    for part, why in [*(test.check(log) if test.check else ()), *disk_parts]:
        yield f"{test.name}/{part}", [why] if why else [], []
