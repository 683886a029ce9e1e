# SPDX-License-Identifier: BSD-2-Clause
"""`mapbridge explain` and `diff`: what they print about files that were reviewed by eye, and what they refuse."""
import difflib
import os
import subprocess

MAPBRIDGE = "build/san/mapbridge"
FOLDER = "test/tools"

# name of the file with the output, exit status, arguments (files are those of the folder)
GOLDEN = (
    ("explain-gap", 0, "explain", "a0000", "second-boot.log"),
    ("explain-merged", 0, "explain", "0x7f4ed000", "first-boot.log"),
    ("explain-across", 0, "explain", "7f77f000-7f7fe7ff", "first-boot.log"),
    ("explain-page", 0, "explain", "pfn:7fef4", "first-boot.log", "second-boot.log"),
    ("explain-overlap", 0, "explain", "0x10000000+2M", "odd.log"),
    ("explain-covered", 0, "explain", "10041000", "odd.log"),
    ("explain-no-pages", 0, "explain", "0x50000000", "odd.log"),
    ("explain-soft-reserved", 0, "explain", "[mem 0x17ffff000-0x180000fff]", "odd.log"),
    ("explain-above-all", 0, "explain", "0xffffffffffffffff", "odd.log"),
    ("explain-hypertransport", 0, "explain", "1012G+1", "odd.log"),
    ("explain-grub", 0, "explain", "0x40000000", "grub.log"),
    ("explain-user", 0, "explain", "512M", "grub.log"),
    ("explain-iomem", 0, "explain", "3a000000", "iomem.txt"),
    ("diff-two-boots", 1, "diff", "first-boot.log", "second-boot.log"),
    ("diff-same", 0, "diff", "second-boot.log", "second-boot.log"),
    ("diff-converted", 1, "diff", "grub.log", "odd.log"),
)


def run(*arguments, **more):
    command = [os.path.abspath(MAPBRIDGE), *arguments]
    result = subprocess.run(command, cwd=FOLDER, capture_output=True, timeout=60, **more)
    return result.returncode, result.stdout.decode("utf-8", "replace"), result.stderr.decode("utf-8", "replace")


def golden(name, status, *arguments):
    def test():
        found, output, errors = run(*arguments)
        if found != status or errors:
            yield f"status {found}, wanted {status}; standard error: {errors!r}"
        with open(f"{FOLDER}/explain_diff/{name}.txt", encoding="utf-8") as file:
            wanted = file.read()
        if output != wanted:
            lines = difflib.unified_diff(wanted.splitlines(), output.splitlines(), name, "printed", lineterm="")
            yield "it prints something else:\n" + "\n".join(lines)
    return test


def refusals():
    """One line on standard error, nothing on standard output, status 2."""
    for wanted, *arguments in (
            ('"0x" is no address; an address is written', "explain", "0x", "first-boot.log"),
            ('"12x4" is no address', "explain", "12x4", "first-boot.log"),
            ('"ffM" is no address', "explain", "ffM", "first-boot.log"),
            ('"1000-fff" is no range of addresses: it ends before it starts', "explain", "1000-fff", "first-boot.log"),
            ('"1000+0" is no range of addresses: it has no bytes', "explain", "1000+0", "first-boot.log"),
            ('"16777216T" is no range of addresses: it passes 2^64 - 1', "explain", "16777216T", "first-boot.log"),
            ("explain needs an address and a file", "explain", "1000"),
            ('explain has no option "--where"', "explain", "--where", "1000", "first-boot.log"),
            ("nothing.log: No such file or directory", "explain", "1000", "nothing.log"),
            ("diff needs two files", "diff", "first-boot.log"),
            ("diff needs two files", "diff", "first-boot.log", "iomem.txt", "odd.log"),
            ("only one of the two files can be standard input", "diff", "-", "-"),
            ("iomem.txt (/proc/iomem) have no level in common", "diff", "first-boot.log", "iomem.txt"),
            ("nothing.log: No such file or directory", "diff", "first-boot.log", "nothing.log"),
            ("nothing.log: No such file or directory", "diff", "nothing.log", "first-boot.log")):
        status, output, errors = run(*arguments)
        if status != 2 or output or errors.count("\n") != 1 or wanted not in errors:
            yield f"{' '.join(arguments)}: status {status}, {output!r}, {errors!r}; wanted {wanted!r}"


def explains_the_files_that_can_be_read():
    status, output, errors = run("explain", "1000", "nothing.log", "first-boot.log")
    if status != 2 or "entry 0 (usable) has it" not in output or errors.count("\n") != 1:
        yield f"status {status}, {output!r}, {errors!r}"


def tells_of_damage():
    """Damaged lines are named, and seen in the exit status; what is left is explained and compared."""
    status, output, errors = run("explain", "1000", "hostile.log")
    if status != 1 or "descriptor 0 (Conventional) has it" not in output or "hostile.log:8: " not in errors:
        yield f"explain: status {status}, {output[:80]!r}, {errors!r}"
    status, output, errors = run("diff", "hostile.log", "hostile.log")
    if status != 0 or "the same 2 EFI descriptors" not in output or errors.count("hostile.log:8: ") != 2:
        yield f"diff: status {status}, {output[:80]!r}, {errors!r}"


def help_texts():
    for command in ("explain", "diff"):
        for option in ("--help", "-h"):
            status, output, errors = run(command, option)
            if status or errors or not output.startswith(f"usage: mapbridge {command} ") or "exit status" not in output:
                yield f"{command} {option}: status {status}, {output[:60]!r}, {errors!r}"


def standard_input():
    with open(f"{FOLDER}/first-boot.log", "rb") as file:
        status, output, errors = run("diff", "-", "second-boot.log", stdin=file)
    if status != 1 or errors or not output.startswith("A: standard input (Linux log)\n"):
        yield f"status {status}, {output[:60]!r}, {errors!r}"


TESTS = [(arguments[0], golden(*arguments)) for arguments in GOLDEN]
TESTS += [(function.__name__, function) for function in (refusals, explains_the_files_that_can_be_read, tells_of_damage,
                                                         help_texts, standard_input)]
