# SPDX-License-Identifier: BSD-2-Clause
"""The scripts on the host: what they refuse and how, and that images do not depend on when they were made."""
import os
import pty
import re
import subprocess
import tempfile
import time

from boot_test import BUILD, FOLDER


def run(*command, **more):
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60, **more)
    return result.returncode, result.stdout + result.stderr


def refuses(pattern, *command, **more):
    """Problems unless the command fails with exactly one line, which matches."""
    status, output = run(*command, **more)
    if status == 0:
        yield f"{command[0]} did not fail"
    if output.count("\n") != 1 or not re.search(pattern, output):
        yield f"expected one line that matches {pattern}, found: {output!r}"


def image_is_reproducible():
    images = []
    for number, zone in enumerate(("UTC", "Asia/Tokyo")):
        for kind, arguments in (("fat", ()), ("gpt", ("--gpt", "--xbootldr", "LICENSE:boot/file"))):
            images.append(f"{FOLDER}/reproducible-{kind}{number}.img")
            status, output = run("scripts/make-image", images[-1], "--efi", "LICENSE", "--kernel", "Makefile",
                                 "--initrd", "LICENSE", "--cmdline", "a  b", "--initrd-crc32",
                                 "--file", "LICENSE:some/where/else.txt", *arguments, env={**os.environ, "TZ": zone})
            if status:
                yield output.strip()
                return
        time.sleep(2.1 * (1 - number))  # FAT counts in steps of two seconds
    for first, second in ((0, 2), (1, 3)):
        if run("cmp", images[first], images[second])[0]:
            yield f"{images[first]} and {images[second]} are of the same files and differ"
    entry = run("mtype", "-i", images[0], "::/loader/entries/boot.conf")[1]
    if not re.fullmatch("title Makefile\nlinux /boot/Makefile\ninitrd /boot/LICENSE\n"
                        "options a  b initrd_crc32=0x[0-9a-f]{8}\n", entry):
        yield f"the entry is {entry!r}"
    for path in images:
        os.remove(path)


def image_grows_with_its_files():
    big, image = f"{FOLDER}/files/300M", f"{FOLDER}/big.img"
    os.makedirs(f"{FOLDER}/files", exist_ok=True)
    with open(big, "wb") as file:
        file.truncate(300 << 20)
    status, output = run("scripts/make-image", image, "--file", f"{big}:big")
    if status:
        yield output.strip()
    elif "314 572 800" not in run("mdir", "-i", image, "::/")[1]:
        yield "the file did not arrive"
    for path in (big, image):
        if os.path.exists(path):
            os.remove(path)


def image_refusals():
    out = f"{FOLDER}/refused.img"
    for pattern, *arguments in (("the kernel nix does not exist", "--kernel", "nix"),
                                ("the initrd nix does not exist", "--kernel", "LICENSE", "--initrd", "nix"),
                                ("the EFI program scripts is not a readable file", "--efi", "scripts"),
                                ("need --kernel", "--cmdline", "x"),
                                ("--xbootldr needs --gpt", "--xbootldr", "LICENSE:a"),
                                ("twice", "--gpt", "--xbootldr", "LICENSE:a/b", "--xbootldr", "LICENSE:A/B"),
                                ("one line", "--kernel", "LICENSE", "--cmdline", "a\nlinux /other"),
                                ("twice", "--file", "LICENSE:a/b", "--file", "LICENSE:A/B"),
                                ("no path on a FAT volume", "--file", "LICENSE:../b")):
        yield from refuses(pattern, "scripts/make-image", out, *arguments)
        if os.path.exists(out):
            yield f"{out} was made all the same"


def run_refuses_missing_files():
    yield from refuses(r"nix.elf of KERNEL= or INITRD= does not exist", "make", "-s", "run", "KERNEL=nix.elf")
    yield from refuses(r"nix.img of KERNEL= or INITRD= does not exist", "make", "-s", "run", "INITRD=LICENSE nix.img")
    yield from refuses(r"the image nix.img does not exist", "scripts/qemu", "nix.img")


def qemu_on_a_terminal():
    """With a terminal QEMU has it for itself, and the serial log must be watched all the same."""
    image, way = f"{FOLDER}/terminal.img", f"{FOLDER}/files/refusal"
    os.makedirs(os.path.dirname(way), exist_ok=True)
    with open(way, "w", encoding="utf-8") as file:
        file.write("refusal")
    run("scripts/make-image", image, "--efi", f"{BUILD}/test/efi/misbehave.efi", "--file", f"{way}:misbehave.txt")
    controller, terminal = pty.openpty()
    command = ["scripts/qemu", image, "--accel", "tcg", "--timeout", "60", "--log", f"{FOLDER}/terminal.log"]
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        output = b""
        try:
            while data := os.read(controller, 65536):
                output += data
        except OSError:  # all have closed the terminal
            pass
    os.close(controller)
    os.remove(image)
    if process.returncode != 1 or b"went back to the firmware: error: a stand-in refuses" not in output:
        yield f"status {process.returncode}: {output[-300:]!r}"


def deps_elsewhere():
    """Without apt-get: the exact package names, and status 1."""
    with tempfile.TemporaryDirectory() as tools:
        for tool in ("sh", "sort", "tr", "grep", "cat"):
            os.symlink(f"/bin/{tool}" if os.path.exists(f"/bin/{tool}") else f"/usr/bin/{tool}", f"{tools}/{tool}")
        status, output = run("/bin/sh", "scripts/deps", "run", env={"PATH": tools})
    if status != 1:
        yield f"status {status}"
    for package in "make gcc libc6-dev binutils gnu-efi qemu-system-x86 ovmf mtools python3".split():
        if not re.search(rf"(^|\s){re.escape(package)}(\s|$)", output):
            yield f"{package} is not named: {output!r}"


def deps_says_nothing_when_all_is_there():
    status, output = run("scripts/deps", "test")
    if status or output:
        yield f"status {status}: {output!r}"


def loader_is_small():
    """The limit of the loader's file."""
    size = os.path.getsize(f"{BUILD}/BOOTX64.EFI") if os.path.exists(f"{BUILD}/BOOTX64.EFI") else 0
    if not 0 < size <= 164 << 10:
        yield f"BOOTX64.EFI has {size} bytes; at most {164 << 10} are allowed"


TESTS = [(function.__name__, function) for function in (
    image_is_reproducible, image_grows_with_its_files, image_refusals, run_refuses_missing_files, qemu_on_a_terminal,
    deps_elsewhere, deps_says_nothing_when_all_is_there, loader_is_small)]
