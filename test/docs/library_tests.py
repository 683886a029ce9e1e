# SPDX-License-Identifier: BSD-2-Clause
"""What docs/mm.md says about build/kernel/libmm.a: its size, what it wants from outside, its static memory."""
import re
import subprocess

LIBRARY = "build/kernel/libmm.a"
LINKED = "build/test/docs/libmm.o"
TEXT_LIMIT = 60 << 10
FROM_OUTSIDE = {"memcpy", "memmove", "memset", "memcmp"}
PADDING = 64  # alignment of sections differs between compilers


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def sizes():
    """{object: (text, data + bss)}; text holds the constants, too."""
    return {row[5].removesuffix(".o"): (int(row[0]), int(row[1]) + int(row[2]))
            for row in (line.split() for line in output("size", LIBRARY).splitlines()[1:])}


def documented():
    """{module: static bytes} of the table in docs/mm.md"""
    with open("docs/mm.md", encoding="utf-8") as file:
        return {name: int(size) for name, size in re.findall(r"^\| `(\w+)` \| (\d+) \|", file.read(), re.M)}


def module_of(name, modules):
    """The module that an object file belongs to: e820_split is part of e820."""
    fitting = [module for module in modules if name == module or name.startswith(module + "_")]
    return max(fitting, key=len, default=None)


def code_fits():
    text = sum(code for code, _ in sizes().values())
    if not 0 < text <= TEXT_LIMIT:
        yield f"{LIBRARY} has {text} bytes of code and constants; at most {TEXT_LIMIT} are allowed"


def wants_nothing_from_outside():
    """Its objects, linked with each other, need the four functions at most, which mm/freestanding.c brings, weak."""
    subprocess.run(["ld", "-r", "-o", LINKED, "--whole-archive", LIBRARY], check=True)
    for line in output("nm", "-u", LINKED).splitlines():
        yield f"{LIBRARY} wants {line.split()[-1]}"
    weak = set(re.findall(r"^\w+ W (\w+)$", output("nm", LINKED), re.M))
    if weak != FROM_OUTSIDE:
        yield f"its weak functions are {', '.join(sorted(weak))}; wanted are {', '.join(sorted(FROM_OUTSIDE))}"


def static_memory_is_as_documented():
    table = documented()
    found = dict.fromkeys(table, 0)
    for name, (_, static) in sizes().items():
        module = module_of(name, table)
        if module:
            found[module] += static
        elif static:
            yield f"{name}.o has {static} bytes of static memory and no row in docs/mm.md"
    for module, size in table.items():
        if bool(size) != bool(found[module]) or abs(size - found[module]) > PADDING:
            yield f"{module} has {found[module]} bytes of .data and .bss; docs/mm.md says {size}"


TESTS = [(function.__name__, function) for function in (code_fits, wants_nothing_from_outside,
                                                        static_memory_is_as_documented)]
