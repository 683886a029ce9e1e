# SPDX-License-Identifier: BSD-2-Clause
"""The order of generated lists of entries, ours and systemd-boot's on the same disk (`make test-bless`). Both are compared
with a model, which knows the two rules in which the specification's letter and systemd-boot differ: docs/configuration.md
has them."""
import functools
import os
import random
import re

import machine
from bless_tests import names
from boot_test import BUILD, BootTest, FOLDER, LOADER, make_image, run_qemu

DISKS, NAMES = 24, 26
SYSTEMD_BOOT = f"{BUILD}/bless/sid/systemd-bootx64.efi"
LAST = "zz-entries.conf"  # what is started: it prints the list
STEMS = ("os", "OS", "Os", "linux", "a", "B", "b", "")
JOINTS = ("-", ".", "_", "~", "^", "", "--", "-.", " ")
PARTS = ("0", "00", "1", "01", "9", "10", "6.1", "6.10", "6.9", "1.a", "beta", "rc1", "Beta", "a", "1~rc", "2^3", "1-2")
COUNTERS = ("", "", "", "+3", "+2-1", "+10", "+0-3", "+0", "+1-2", "+03", "+x", "+1-")
VERSIONS = (None, None, "1", "1.0", "1.a", "1~rc1", "1-2", "1^2", "1.0.1", "6.9", "6.10", "01",
            "1a", "1A", "A", "a", "~1", "^1", "-1", ".1", "1+2", "1_3")
SORT_KEYS = (None, None, "k", "K", "k-1", "a", "Z")
MACHINES = (None, "0", "aaaa", "AAAA", "b")


def ascii_isalpha(c):
    return c.isascii() and c.isalpha()


def ascii_isdigit(c):
    return c.isascii() and c.isdigit()


def prefix(text, belongs):
    length = 0
    while length < len(text) and belongs(text[length]):
        length += 1
    return text[:length], text[length:]


def sign(a, b):
    return (a > b) - (a < b)


def compare_versions(a, b, letter):
    """Version Format Specification 1, section Version Comparison, with ~ and ^ as systemd and RPM have them: ~ is looked
    for before the end of a text, and what goes on with ^ is newer than what ends there and older than all else."""
    while True:
        a, b = (re.sub(r"^[^a-zA-Z0-9.~^-]+", "", text) for text in (a, b))
        for mark in "~-^.":
            if mark == "-" and not (a and b):
                return sign(len(a) > 0, len(b) > 0)
            if a[:1] == mark or b[:1] == mark:
                if a[:1] != b[:1]:
                    return -1 if a[:1] == mark else 1
                a, b = a[1:], b[1:]
        if ascii_isdigit(a[:1]) or ascii_isdigit(b[:1]):
            (x, a), (y, b) = prefix(a, ascii_isdigit), prefix(b, ascii_isdigit)
            order = 0 if letter else sign(len(x) > 0, len(y) > 0)
            order = order or sign(int(x or 0), int(y or 0))
        else:
            (x, a), (y, b) = prefix(a, ascii_isalpha), prefix(b, ascii_isalpha)
            order = sign(x, y)
        if order:
            return order


def counter(name):
    """(left, done), or None."""
    match = re.fullmatch(r".*\+(\d+)(?:-(\d+))?\.conf", name, re.I)
    return match and (int(match[1]), int(match[2] or 0))


def our_name(name):
    """Without the counter."""
    return re.sub(r"(\+\d+(-\d+)?)?\.conf$", ".conf", name, flags=re.I)


def compare(a, b, letter):
    """Of (file name, sort-key, machine-id, version)."""
    left = [counter(one[0]) for one in (a, b)]
    order = sign(*(bool(one and one[0] == 0) for one in left)) or sign(a[1] is None, b[1] is None)
    if not order and a[1] is not None:
        order = sign(a[1], b[1]) or sign(a[2] or "", b[2] or "") or -compare_versions(a[3] or "", b[3] or "", letter)
    names = [our_name(one[0]).lower().removesuffix(".conf" if letter else "\0") for one in (a, b)]
    order = order or -compare_versions(*names, letter)
    if not order and all(left):
        order = -sign(left[0][0], left[1][0]) or sign(left[0][1], left[1][1])
    return order


def generate(seed):
    """Entries of which no two are equal, whoever compares: then the directory's order would count."""
    rng = random.Random(seed)
    entries = [(LAST, None, None, None)]
    while len(entries) < NAMES:
        name = rng.choice(STEMS) + "".join(rng.choice(JOINTS) + rng.choice(PARTS) for _ in range(rng.randrange(3)))
        name += rng.choice(COUNTERS) + rng.choice((".conf", ".conf", ".CONF"))
        keys = rng.choice(SORT_KEYS), rng.choice(MACHINES), rng.choice(VERSIONS)
        one = (name, *keys)
        if name[0] not in ". " and all(other[0].lower() != name.lower() and compare(one, other, False) and
                                       compare(one, other, True) for other in entries):
            entries.append(one)
    rng.shuffle(entries)
    return entries


def text_of(entry):
    keys = zip(("sort-key", "machine-id", "version"), entry[1:])
    lines = [f"{key} {value}" for key, value in keys if value is not None]
    return "\n".join([*lines, "efi /entries.efi" if entry[0] == LAST else "linux /kernel", ""]).encode()


def listed(seed, loader, entries):
    """(what LoaderEntries has, the names on the disk, what went wrong); mtools loses some names with ~."""
    files = {"loader/loader.conf": f"default {LAST}\ntimeout 0\n".encode(), "kernel": b"no kernel",
             "entries.efi": f"{BUILD}/test/efi/entries.efi",
             **{f"loader/entries/{entry[0]}": text_of(entry) for entry in entries}}
    test = BootTest(f"order_{seed}", efi=loader, gpt=True, files=files)
    image = f"{FOLDER}/{test.name}.img"
    os.makedirs(FOLDER, exist_ok=True)
    problem = make_image(test, image)
    if problem:
        return [], [], problem
    there = names(image)
    end, log, _ = run_qemu(test, image, f"{FOLDER}/{test.name}.log", "kvm" if machine.probe_kvm()[0] else "tcg")
    os.remove(image)
    found = re.findall(r"^entry: (.*\S)", log, re.M)
    return found, there, None if end.status == 33 else f"{loader}: {end.what}"


def first_difference(found, expected):
    both = min(len(found), len(expected))
    place = next((i for i in range(both) if found[i] != expected[i]), both)
    return f"at {place + 1} of {len(expected)} is {found[place:place + 3]}; needed: {expected[place:place + 3]}"


def order_of(seed):
    entries = generate(seed)
    for loader, letter, shown in ((SYSTEMD_BOOT, False, lambda name: our_name(name).lower()), (LOADER, True, our_name)):
        found, there, problem = listed(seed, loader, entries)
        found = [name for name in found if not name.startswith("auto-")]
        key = functools.cmp_to_key(functools.partial(compare, letter=letter))
        expected = [shown(entry[0]) for entry in sorted(entries, key=key) if entry[0] in there]
        if problem or found != expected or len(there) < NAMES - 4:
            yield f"seed {seed}, {loader}: {problem or first_difference(found, expected)}"


ALL = [(f"order_of_list_{seed}", functools.partial(order_of, seed)) for seed in range(1, DISKS + 1)]
