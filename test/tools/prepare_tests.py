# SPDX-License-Identifier: BSD-2-Clause
"""mapbridge prepare, built with sanitizers: every compression, every refusal, and what --verify finds."""
import hashlib
import os
import re
import struct
import subprocess

import small_kernel
from boot_test import BUILD, FOLDER, source_file

TOOL = f"{BUILD}/san/mapbridge"
DEBIAN = {"cloud": f"{BUILD}/linux/vmlinuz", "generic": f"{BUILD}/linux-generic/vmlinuz"}


def prepare(*arguments):
    result = subprocess.run([TOOL, "prepare", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                            timeout=300)
    return result.returncode, result.stdout, result.stderr


def file(name, content):
    return source_file(f"prepare/{name}", content)


def prepared(name, bzimage, problems):
    """Path and bytes of the prepared kernel of a bzImage, which is at path."""
    path, out = file(f"{name}.bz", bzimage), f"{FOLDER}/files/prepare/{name}.mbk"
    status, _, error = prepare(path, "-o", out)
    if status or error:
        problems.append(f"{name}: status {status}: {error.strip()}")
        return path, out, b""
    with open(out, "rb") as made:
        return path, out, made.read()


def flat(elf):
    """The image as the ELF's segments fill it."""
    memory = bytearray(small_kernel.INIT + 0x400000)
    table, count = struct.unpack_from("<Q", elf, 32)[0], struct.unpack_from("<H", elf, 56)[0]
    for number in range(count):
        kind, _, offset, _, place, size, _, _ = struct.unpack_from("<IIQQQQQQ", elf, table + 56 * number)
        if kind == 1:
            memory[place - small_kernel.LINK:place - small_kernel.LINK + size] = elf[offset:offset + size]
    return memory


def read_back(data):
    """(image, offsets of its relocations of each kind), read from a prepared kernel as docs/prepared.md has it."""
    head_size, = struct.unpack_from("<I", data, 12)
    count, = struct.unpack_from("<I", data, 0x54)
    memory, at = bytearray(small_kernel.INIT + 0x400000), head_size
    for number in range(count):
        offset, size = struct.unpack_from("<QQ", data, 0x248 + 16 * number)
        memory[offset:offset + size] = data[at:at + size]
        at += size
    lists = []
    for kind, width in enumerate((8, 4, 4)):
        start, size = struct.unpack_from("<II", data, 0x90 + 8 * kind)
        units, offsets, place = list(struct.unpack_from(f"<{size // 2}H", data, start)), [], 0
        while units:
            unit, run = units.pop(0), 0
            distance = unit
            if unit & 0x8000:
                distance = (unit & 0x7fff) << 16 | units.pop(0)
            elif kind == 0:
                distance, run = unit // 32 * 8, unit % 32
            for _ in range(run + 1):
                offsets.append(place + distance)
                place, distance = place + distance + width, 0
        lists.append(offsets)
    return memory, lists


def wrong_fields(data, bzimage):
    head_size, = struct.unpack_from("<I", data, 12)
    wanted = {"magic": (data[:8], b"\x89MBK\r\n\x1a\n"),
              "file size": (struct.unpack_from("<Q", data, 0x38)[0], len(data)),
              "head digest": (struct.unpack_from("<Q", data, 0x10)[0], small_kernel.xxh64(data[0x38:head_size])),
              "digest": (data[0x18:0x38], hashlib.sha256(data[0x38:]).digest()),
              "source digest": (data[0x58:0x78], hashlib.sha256(bzimage).digest()),
              "setup digest": (struct.unpack_from("<Q", data, 0x48)[0], small_kernel.xxh64(bzimage[:2560])),
              "link address, size, entry": (struct.unpack_from("<QQQ", data, 0x78),
                                            (small_kernel.LINK, small_kernel.INIT + 0x21234 + small_kernel.BSS, 0)),
              "setup header": (data[0xa8:0xa8 + 0x7b], bzimage[0x1f1:0x26c]),
              "version": (data[0x148:0x166], b"6.1.0-small (test@test) #1 SMP")}
    for name, (found, right) in wanted.items():
        if found != right:
            yield f"{name} is {found}, not {right}"


def every_compression():
    problems = []
    for inverse in (True, False):
        elf = small_kernel.vmlinux(inverse)
        lists = [list(small_kernel.RELOCATIONS_64), list(small_kernel.INVERSE_32) if inverse else [],
                 list(small_kernel.RELOCATIONS_32)]
        for method in small_kernel.METHODS if inverse else ["gzip"]:
            bzimage = small_kernel.bzimage(small_kernel.packed(elf, method))
            path, out, data = prepared(f"{method}-{inverse}", bzimage, problems)
            if not data:
                continue
            memory, found = read_back(data)
            if memory != flat(elf) or found != lists:
                problems.append(f"{method}: what is in the file is not what was packed")
            problems += [f"{method}: {problem}" for problem in wrong_fields(data, bzimage)]
            if len(data) > len(elf):
                problems.append(f"{method}: {len(data)} bytes for an ELF of {len(elf)} with long runs of zeros")
            if prepare("--verify", out, path)[0]:
                problems.append(f"{method}: --verify says {prepare('--verify', out, path)}")
    return problems


def without_relocations():
    problems = []
    elf = small_kernel.vmlinux(relocations=False)
    _, _, data = prepared("bare", small_kernel.bzimage(small_kernel.packed(elf, "zstd")), problems)
    if data and read_back(data)[1] != [[], [], []]:
        problems.append("there are relocations")
    return problems


def entered_in_data():
    """As Linux since 7.2."""
    problems = []
    elf = small_kernel.vmlinux(inverse=False)
    elf = elf[:24] + struct.pack("<Q", small_kernel.LINK + small_kernel.DATA + 0x70) + elf[32:]
    _, _, data = prepared("data", small_kernel.bzimage(small_kernel.packed(elf, "zstd")), problems)
    if data and struct.unpack_from("<Q", data, 0x88)[0] != small_kernel.DATA + 0x70:
        problems.append(f"the entry is {struct.unpack_from('<Q', data, 0x88)[0]:#x}")
    return problems


def refused():
    """What is damaged on the way, and what is no bzImage."""
    elf = small_kernel.vmlinux()
    for method in small_kernel.METHODS:
        payload = small_kernel.packed(elf, method)
        middle = len(payload) // 2
        cases = [(payload[:middle] + payload[-4:], "damaged|not relocation tables|truncated")]
        if method in ("gzip", "bzip2", "xz", "lzo"):  # the others have no checksum; zstd has one that its tool adds
            cases.append((payload[:middle] + bytes([payload[middle] ^ 0x10]) + payload[middle + 1:], "damaged"))
        if method != "no":
            cases.append((payload[:-4] + struct.pack("<I", len(elf) + 1), "damaged"))
            cases.append((payload[:-4] + struct.pack("<I", len(elf) - 1), "damaged"))
            cases.append((payload[:-4] + b"\xff" * 4, "damaged"))
        for number, (broken, pattern) in enumerate(cases):
            path = file(f"broken-{method}-{number}", small_kernel.bzimage(broken))
            status, out, error = prepare(path, "-o", f"{path}.mbk")
            left = os.path.exists(f"{path}.mbk")
            if status != 2 or out or error.count("\n") != 1 or not re.search(pattern, error) or left:
                yield f"{method} case {number}: status {status}, {out!r}, {error!r}, a file: {left}"
    good = small_kernel.bzimage(small_kernel.packed(elf, "lz4"))
    lists = small_kernel.relocation_lists(True)
    one_list = elf[:-len(lists)] + lists[:4] + elf[-8:]

    def with_payload(data):
        return small_kernel.bzimage(small_kernel.packed(data, "gzip"))

    strange = {"empty": (b"", "empty"), "script": (b"#!/bin/sh\n" * 100, "a script; needed: an ELF64 kernel or a Linux bzImage"),
               "elf": (elf, "Linux vmlinux.*needed: a Linux bzImage"),
               "payload": (good[:0x248] + struct.pack("<II", 0x7fffffff, 100) + good[0x250:],
                           "payload of 100 bytes .*not all in the file"),
               "magic": (small_kernel.bzimage(b"????" + bytes(100)), "begins with 3f 3f 3f 3f"),
               "unpacked": (b"\x28\xb5\x2f\xfd" + bytes(100), r"zstd-compressed data \(zstd -d unpacks it\)"),
               "text": (with_payload(b"text" * 1000), "4000 bytes that are packed in it: no vmlinux .*no ELF file"),
               "own": (with_payload(elf[:24] + struct.pack("<Q", small_kernel.MAP + small_kernel.LINK) + elf[32:]),
                       "no vmlinux .*an ELF file whose entry is no physical address.*start the bzImage itself"),
               "cut": (with_payload(elf[:0x1000]), "packed in it: truncated: segment 0"),
               "outside": (with_payload(elf[:-4] + struct.pack("<i", -0x10)), "a relocation at 0xf+0 is outside"),
               "overlap": (with_payload(elf + elf[-4:]), "two relocations overlap"),
               "one-list": (with_payload(one_list), "not relocation tables")}
    for name, (content, pattern) in strange.items():
        path = file(f"strange-{name}", content)
        status, out, error = prepare(path, "-o", f"{path}.mbk")
        if status != 2 or out or error.count("\n") != 1 or not re.search(pattern, error):
            yield f"{name}: status {status}, {out!r}, {error!r}"
    path = file("good", good)
    for arguments, pattern in (((), "which bzImage"), ((path,), "-o is missing"), ((path, "-o"), "-o needs"),
                               ((path, "--frob"), "no option"), ((path, path, "-o", "x"), "one bzImage"),
                               ((path, "-o", "x", "--verify", "y"), "do not go together"),
                               (("/none", "-o", "x"), "/none: No such file"),
                               ((FOLDER, "-o", "x"), "needed: a regular file"),
                               ((path, "-o", "/none/x"), "/none/x: it cannot be written: No such file"),
                               (("--verify", "/none", path), "/none: No such file")):
        status, out, error = prepare(*arguments)
        if status != 2 or out or error.count("\n") != 1 or not re.search(pattern, error):
            yield f"{arguments}: status {status}, {out!r}, {error!r}"


def verify_finds():
    problems = []
    elf = small_kernel.vmlinux()
    path, out, data = prepared("verified", small_kernel.bzimage(small_kernel.packed(elf, "lz4")), problems)
    other = file("other.bz", small_kernel.bzimage(small_kernel.packed(elf, "gzip")))
    if problems:
        return problems
    head_size, = struct.unpack_from("<I", data, 12)
    cases = {"truncated": data[:-1], "altered: its content": data[:-5] + b"x" + data[-4:],
             "altered: its header": data[:0x150] + b"x" + data[0x151:],
             "version 2": data[:8] + struct.pack("<I", 2) + data[12:], "empty": b"", "a script; needed": b"#!/bin/sh\n",
             "altered: its content has": data[:0x18] + bytes(32) + data[0x38:]}
    for pattern, broken in cases.items():
        status, _, error = prepare("--verify", file("broken.mbk", broken), path)
        if status != 1 or not re.search(pattern, error) or error.count("\n") != 1:
            problems.append(f"{pattern}: status {status}, {error!r}")
    status, _, error = prepare("--verify", out, other)
    if status != 1 or "made from another bzImage" not in error:
        problems.append(f"another bzImage: status {status}, {error!r}")

    def resealed(changed):
        changed = small_kernel.sealed(changed)
        return changed[:0x18] + hashlib.sha256(changed[0x38:]).digest() + changed[0x38:]

    # somebody who can make digests, too
    start, = struct.unpack_from("<I", data, 0x90)
    for pattern, changed in {"image in it is not that": data[:head_size] + b"x" + data[head_size + 1:],
                             "relocations in it are not those": data[:start] + bytes([data[start] + 8]) + data[start + 1:],
                             "header is not that": data[:0x150] + b"x" + data[0x151:]}.items():
        status, _, error = prepare("--verify", file("forged.mbk", resealed(changed)), path)
        if status != 1 or pattern not in error:
            problems.append(f"forged, {pattern}: status {status}, {error!r}")
    return problems


def debian_kernel(path, methods):
    """The kernel of a package, as it is and packed anew."""
    out = f"{FOLDER}/files/prepare/{path.split('/')[-2]}"
    os.makedirs(os.path.dirname(out), exist_ok=True)
    status, said, error = prepare(path, "-o", f"{out}.mbk")
    verified = prepare("--verify", f"{out}.mbk", path)
    if status or verified[0] or not re.search(r"image of \d{8} bytes, \d{6} relocations", said):
        yield f"{path}: status {status}, {said}, {error}, {verified}"
    subprocess.run(["scripts/unpack-vmlinux", path, f"{out}.elf"], capture_output=True, check=True)
    with open(f"{out}.elf", "rb") as unpacked:
        elf = unpacked.read()
    for method in methods:
        with open(f"{out}.bz", "wb") as bzimage:
            bzimage.write(small_kernel.bzimage(small_kernel.packed(elf, method)))
        status, said, error = prepare(f"{out}.bz", "-o", f"{out}2.mbk")
        if status or subprocess.run(["cmp", "-s", "-i", "4096", f"{out}.mbk", f"{out}2.mbk"]).returncode:
            yield f"{path} in {method}: status {status}, {said}, {error}, or other segments than those of the package's own"
    for name in (".mbk", "2.mbk", ".elf", ".bz"):
        if os.path.exists(out + name):
            os.remove(out + name)


TESTS = [("prepare_every_compression", every_compression), ("prepare_without_relocations", without_relocations),
         ("prepare_entered_in_data", entered_in_data),
         ("prepare_refused", refused), ("prepare_verify_finds", verify_finds),
         ("prepare_debian_cloud", lambda: debian_kernel(DEBIAN["cloud"], ()))]
# make test-prepare: Debian's kernels in every compression
ALL = [(f"prepare_debian_{name}", lambda path=path: debian_kernel(path, small_kernel.METHODS))
       for name, path in DEBIAN.items()]
