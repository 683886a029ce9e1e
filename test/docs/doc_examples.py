# SPDX-License-Identifier: BSD-2-Clause
"""The examples of docs/mm.md: every ```c block is compiled as it stands, run, and must print the ``` block below it."""
import difflib
import glob
import os
import re
import subprocess

DOCUMENT = "docs/mm.md"
FOLDER = "build/test/docs"
MAX_LINES = 30
WARNINGS = ["-Wall", "-Wextra", *(["-Werror"] if os.environ.get("WERROR") else [])]
COMPILE = ["gcc", "-std=c11", *WARNINGS, "-Iinclude"]
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def examples(text):
    """[(name, code, expected output or None)], named after the heading that they stand under"""
    found = []
    blocks = list(BLOCK.finditer(text))
    for block, following in zip(blocks, blocks[1:] + [None]):
        if block[1] == "c":
            heading = re.findall(r"^## (\w+)", text[:block.start()], re.M)[-1]
            expected = following[2] if following and following[1] == "" else None
            found.append((heading, block[2], expected))
    return found


def run_example(name, code, expected):
    """Problems."""
    source, program = f"{FOLDER}/{name}.c", f"{FOLDER}/{name}"
    os.makedirs(FOLDER, exist_ok=True)
    with open(source, "w", encoding="utf-8") as file:
        file.write(code)
    compiled = subprocess.run([*COMPILE, source, "build/host/libmm.a", "-o", program], capture_output=True, text=True)
    if compiled.returncode:
        return [f"it does not compile:\n{compiled.stderr}"]
    result = subprocess.run([program], capture_output=True, text=True, timeout=10)
    problems = [f"it ended with status {result.returncode}"] if result.returncode else []
    if expected is None:
        problems.append("no ``` block with its output follows")
    elif result.stdout != expected:
        lines = difflib.unified_diff(expected.splitlines(), result.stdout.splitlines(), DOCUMENT, "printed",
                                     lineterm="")
        problems.append("it prints something else:\n" + "\n".join(lines))
    if code.count("\n") > MAX_LINES:
        problems.append(f"it has {code.count(chr(10))} lines; an example has at most {MAX_LINES}")
    return problems


def headers_without_example(found):
    """Every module is shown: problems for those public headers that no example includes."""
    shown = {header for _, code, _ in found for header in re.findall(r"#include <(mm/\w+\.h)>", code)}
    for path in sorted(glob.glob("include/mm/*.h")):
        header = path.removeprefix("include/")
        if header not in shown | {"mm/types.h"}:
            yield f"no example includes <{header}>"


def tests():
    """[(name, function that returns problems)]"""
    with open(DOCUMENT, encoding="utf-8") as file:
        found = examples(file.read())
    every = [(name, lambda name=name, code=code, expected=expected: run_example(name, code, expected))
             for name, code, expected in found]
    return every + [("every_header_is_shown", lambda: list(headers_without_example(found)))]
