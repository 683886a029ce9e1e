# SPDX-License-Identifier: BSD-2-Clause
"""make install, and what it installs: the command, its manual page, completion, and libmm through pkg-config."""
import os
import re
import subprocess
import tempfile

from doc_examples import WARNINGS

PROGRAM = r"""
#include <mm/e820.h>
#include <mm/efi_to_e820.h>
#include <stdio.h>

int main(void)
{
	static const struct efi_memory_desc desc = { EFI_CONVENTIONAL_MEMORY, 0, 0x100000, 0, 256, EFI_ATTRIBUTE_WB };
	struct efi_memmap map = { &desc, sizeof(desc), sizeof(desc), EFI_MEMORY_DESC_VERSION };
	struct e820_entry entries[4];
	struct e820_table table = { entries, 4, 0 };
	char scratch[4096];

	if (efi_to_e820(&map, E820_POLICY_ACPI, &table, NULL, scratch, sizeof(scratch)) != 0)
		return 1;
	printf("%llu bytes of RAM\n", (unsigned long long)e820_total(&table, E820_TYPE_RAM));
	return 0;
}
"""


def run(*command, **more):
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **more)
    return result.returncode, result.stdout + result.stderr


def installed(folder):
    return sorted(os.path.relpath(f"{path}/{name}", folder) for path, _, names in os.walk(folder) for name in names)


def installs_what_is_needed():
    headers = sorted(os.listdir("include/mm"))
    wanted = sorted(["bin/mapbridge", "lib/libmm.a", "lib/pkgconfig/libmm.pc", "share/man/man1/mapbridge.1",
                     "share/bash-completion/completions/mapbridge", "share/zsh/site-functions/_mapbridge",
                     *(f"include/mapbridge/mm/{name}" for name in headers)])
    with tempfile.TemporaryDirectory() as folder:
        status, output = run("make", "-s", "install", "PREFIX=/opt/some where", f"DESTDIR={folder}/root")
        prefix = f"{folder}/root/opt/some where"
        if status or installed(f"{folder}/root") != [f"opt/some where/{name}" for name in wanted]:
            yield f"make install: status {status}, installed {installed(folder)}, said {output}"
            return
        status, output = run(f"{prefix}/bin/mapbridge", "--version")
        if status:
            yield f"the installed command: status {status}, {output}"
        with open(f"{prefix}/lib/pkgconfig/libmm.pc", encoding="utf-8") as file:
            if "prefix=/opt/some where\n" not in file.read():
                yield "libmm.pc does not know its prefix"


def programs_build_with_pkg_config():
    with tempfile.TemporaryDirectory() as folder:
        status, output = run("make", "-s", "install", f"PREFIX={folder}")
        if status:
            yield f"make install: status {status}, {output}"
            return
        with open(f"{folder}/program.c", "w", encoding="utf-8") as file:
            file.write(PROGRAM)
        status, flags = run("pkg-config", "--cflags", "--libs", "libmm",
                            env={**os.environ, "PKG_CONFIG_PATH": f"{folder}/lib/pkgconfig"})
        if status:
            yield f"pkg-config: {flags}"
            return
        status, output = run("gcc", "-std=c11", *WARNINGS, f"{folder}/program.c", *flags.split(),
                             "-o", f"{folder}/program", cwd="/")
        if status:
            yield f"gcc with {flags}: {output}"
            return
        status, output = run(f"{folder}/program")
        if status or output != "1048576 bytes of RAM\n":
            yield f"the program: status {status}, {output!r}"


def commands():
    """{command: its long options}, by --help"""
    names = re.findall(r"^  ([a-z]+) +\S", run("build/mapbridge", "--help")[1], re.M)
    return {name: set(re.findall(r"--[a-z][a-z-]*", run("build/mapbridge", name, "--help")[1])) - {"--help"}
            for name in names}


def manual_is_right():
    """It has no errors, and every command and option."""
    status, output = run("mandoc", "-Tlint", "-W", "warning", "docs/mapbridge.1")
    if status or output:
        yield f"mandoc: status {status}, {output}"
    with open("docs/mapbridge.1", encoding="utf-8") as file:
        text = file.read()
    for name, options in commands().items():
        section = re.search(rf"^\.Ss {name}\n(.*?)(?=^\.S[hs] )", text, re.M | re.S)
        if not section:
            yield f"docs/mapbridge.1 has no section about {name}"
            continue
        for option in sorted(options):
            if f"Fl {option[1:]}" not in section[1]:
                yield f"docs/mapbridge.1 does not tell of {name} {option}"


def complete(*words):
    script = ('source tools/install/mapbridge.bash; mapbridge() { build/mapbridge "$@"; }; COMP_WORDS=("$@"); '
              'COMP_CWORD=$(($# - 1)); _mapbridge; printf "%s\\n" "${COMPREPLY[@]}"')
    return set(run("bash", "-c", script, "bash", *words)[1].split())


def completion_knows_everything():
    all_commands = commands()
    if complete("mapbridge", "") != set(all_commands) | {"--help", "--version"}:
        yield f"commands: {complete('mapbridge', '')}"
    if complete("mapbridge", "con") != {"convert"}:
        yield f"con: {complete('mapbridge', 'con')}"
    for name, options in all_commands.items():
        if complete("mapbridge", name, "--") not in (options, options | {"--help"}):
            yield f"{name} --: {complete('mapbridge', name, '--')}, by its help {options}"
    if complete("mapbridge", "show", "x") or complete("mapbridge", "convert", "--policy", "a") != {"acpi"}:
        yield "completes what it should not"
    forms = complete("mapbridge", "show", "--as", "")
    if not {"table", "tsv", "json"} <= forms:
        yield f"show --as: {forms}"
    for form in forms:
        status, output = run("build/mapbridge", "show", "--as", form, "test/data/ovmf-2G.tsv")
        if status or not output:
            yield f"show --as {form}: status {status}, {output[:100]}"
    status, output = run("zsh", "-n", "tools/install/_mapbridge")
    if status or output:
        yield f"zsh: {output}"


TESTS = [(function.__name__, function) for function in (installs_what_is_needed, programs_build_with_pkg_config,
                                                        manual_is_right, completion_knows_everything)]
