#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Lists where efi/ calls the firmware: the return address of every call through a pointer, and its line and function.

usage: call_sites.py PROGRAM    (built without optimization; prints "ADDRESS efi/FILE.c:LINE FUNCTION" lines)
"""
import os
import re
import subprocess
import sys

# Calls through pointers that are not the firmware's but our callbacks: what the source line has.
OWN_CALLBACKS = re.compile(r"(?<!>)\b[a-z_]+\(context, |(printer|console)->write\(|take_text : get_text|\]\.(read|press)\(|\bfit\(handles|"
                           r"once_parse : bls|reading->(wants|found)\(|\bprint_text\(viewer")


def call_sites(program):
    listing = subprocess.run(["objdump", "-d", "-l", "--no-show-raw-insn", program], stdout=subprocess.PIPE, text=True,
                             check=True).stdout
    function = place = None
    pending = None  # a call whose return address is that of the next instruction
    for line in listing.splitlines():
        instruction = re.match(r"\s*([0-9a-f]+):\s+(\S+)\s*(.*)", line)
        if instruction:
            if pending:
                yield int(instruction[1], 16), *pending
            indirect = instruction[2].startswith("call") and instruction[3].startswith("*")
            pending = (place, function) if place and indirect else None
            continue
        source = re.match(r"(\S+):(\d+)(?: \(discriminator \d+\))?$", line)
        header = re.match(r"[0-9a-f]+ <(.+)>:$", line)
        if header:
            function, place = header[1].split(".")[0], None
        elif source:
            parts = source[1].split("/")
            place = (f"efi/{parts[-1]}", int(source[2])) if len(parts) > 1 and parts[-2] == "efi" else None


def main():
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
    lines = {}
    for address, (path, number), function in call_sites(sys.argv[1]):
        if path not in lines:
            with open(os.path.join(top, path), encoding="utf-8") as source:
                lines[path] = source.read().split("\n")
        if not OWN_CALLBACKS.search(lines[path][number - 1]):
            print(f"{address:x} {path}:{number} {function}")


main()
