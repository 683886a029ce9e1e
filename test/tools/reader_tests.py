# SPDX-License-Identifier: BSD-2-Clause
"""The host command's readers, and what show, convert and check say: against golden outputs and the corpus.

`python3 test/tools/reader_tests.py --write` writes the golden outputs anew; read the difference before it is committed.
"""
import glob
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zlib

MAPBRIDGE = os.environ.get("MAPBRIDGE", "build/san/mapbridge")
MAPS = "test/tools/maps"
GOLDEN = "test/tools/golden"
CORPUS = os.environ.get("MAPBRIDGE_CORPUS") or "../shared/corpus"
MEMORY_LIMIT = 200 << 20


def run(*arguments, given=b"", program=MAPBRIDGE, **more):
    result = subprocess.run([program, *arguments], input=given, capture_output=True, timeout=120, **more)
    return result.returncode, result.stdout.decode("utf-8", "surrogateescape"), result.stderr.decode("utf-8", "replace")


def golden_cases():
    """{file below GOLDEN: arguments}, run in MAPS"""
    cases = {}
    for path in sorted(os.listdir(MAPS)):
        cases[f"{path}.table"] = ["show", path]
        cases[f"{path}.tsv"] = ["show", "--as", "tsv", path]
        cases[f"{path}.check"] = ["check", path]
    for path in "linux-6.log", "iomem.txt", "freebsd.txt":
        cases[f"{path}.json"] = ["show", "--as", "json", path]
    cases["linux-6.log.convert"] = ["convert", "linux-6.log"]
    cases["linux-6.log.convert-acpi"] = ["convert", "--policy", "acpi", "linux-6.log"]
    cases["linux-6.log.convert-options"] = ["convert", "--memmap", "64K$0x1a00000", "--memmap", "mem=4G", "linux-6.log"]
    cases["linux-2.6.log.convert-exact"] = ["convert", "--memmap", "exactmap,1M@0,64M@1M", "--as", "tsv",
                                            "linux-2.6.log"]
    cases["soft-reserved.convert-cmdline"] = ["convert", "--cmdline", "ro efi=debug,nosoftreserve mem=500M -- mem=1M",
                                              "../../data/ovmf-gcd-ranges.tsv"]
    cases["linux-7.log.convert"] = ["convert", "linux-7.log"]
    cases["ovmf-6G.table"] = ["show", "../../data/ovmf-6G.tsv"]
    cases["ovmf-6G.check"] = ["check", "../../data/ovmf-6G.tsv"]
    cases["two-files.table"] = ["show", "grub.txt", "loader.csv"]
    return cases


def golden_output(arguments):
    status, output, errors = run(*arguments, program=os.path.abspath(MAPBRIDGE), cwd=MAPS)
    return f"{output}{errors}exit status {status}\n"


def outputs_are_golden():
    cases = golden_cases()
    for name in sorted(set(os.listdir(GOLDEN)) - set(cases)):
        yield f"{GOLDEN}/{name} belongs to no case"
    for name, arguments in cases.items():
        found = golden_output(arguments)
        with open(f"{GOLDEN}/{name}", encoding="utf-8") as file:
            wanted = file.read()
        if found != wanted:
            line = next((number for number, lines in enumerate(zip(found.split("\n"), wanted.split("\n")), 1)
                         if lines[0] != lines[1]), "the end")
            yield f"mapbridge {' '.join(arguments)}: differs from {GOLDEN}/{name} at line {line}"


def numbers(row):
    return [int(field, 0) if re.fullmatch(r"0x[0-9a-f]+|[0-9]+", field) else field for field in row]


def tables(text):
    """{first column's name: rows} of TSV that show printed; numbers are numbers"""
    found = {"type": [], "label": [], "depth": []}
    for line in text.split("\n"):
        row = line.split("\t")
        if row[0] in found:
            rows = found[row[0]]
        elif line and not line.startswith("#"):
            rows.append(numbers(row))
    return found


def normalised(folder, identity, suffix=".tsv"):
    path = f"{CORPUS}/{folder}/{identity}{suffix}"
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        return [numbers(line.split("\t")) for line in file.read().split("\n")[1:] if line]


def corpus_problems(path):
    """What is read of a log, against the normalised tables; a line that is refused must be wrong there, and named."""
    identity = os.path.basename(path)[:3]
    status, output, errors = run("show", "--as", "tsv", path)
    found = tables(output)
    efi = normalised("efi", identity)
    e820 = [row[-3:] for row in normalised("e820", identity)]
    after = normalised("e820", identity, ".after.tsv")
    iomem = normalised("iomem", identity)
    backwards = [row for row in e820 if row[1] < row[0]]
    e820 = [row for row in e820 if row not in backwards]
    if [row[:4] for row in found["type"]] != efi:
        yield f"{path}: {len(found['type'])} descriptors differ from the {len(efi)} of efi/{identity}.tsv"
    first = found["label"][0][0] if found["label"] else ""
    if e820 and [row[1:] for row in found["label"] if row[0] == first] != e820:
        yield f"{path}: its {first} table differs from e820/{identity}.tsv"
    for label in sorted({row[0] for row in after}):
        if [row for row in found["label"] if row[0] == label] != [row for row in after if row[0] == label]:
            yield f"{path}: its table {label} differs from e820/{identity}.after.tsv"
    if found["depth"] != iomem:
        yield f"{path}: {len(found['depth'])} resources differ from the {len(iomem)} of iomem/{identity}.tsv"
    named = re.findall(r":\d+: \".*\" is damaged and was left out; needed is ", errors)
    if len(named) != len(backwards) or status != (1 if backwards else 0):
        yield f"{path}: {len(backwards)} lines are wrong, status {status}, said was: {errors}"


class NoCorpus(Exception):
    """There is no corpus, and none is demanded: the test is skipped."""


def corpus_files():
    paths = sorted(glob.glob(f"{CORPUS}/raw/*"))
    if not paths and os.environ.get("MAPBRIDGE_CORPUS"):
        raise FileNotFoundError(f"MAPBRIDGE_CORPUS is \"{CORPUS}\", but there are no files in its folder raw/")
    if not paths:
        raise NoCorpus(f"nothing was read, because there is no folder {CORPUS}/raw; set MAPBRIDGE_CORPUS to where the "
                       "maps of real machines are")
    return paths


def corpus_is_read():
    for path in corpus_files():
        yield from corpus_problems(path)


def own_formats_come_back():
    """What JSON and TSV say is read again and said again, byte for byte, by way of either."""
    paths = [f"{MAPS}/{name}" for name in sorted(os.listdir(MAPS)) if "hidden" not in name]
    for path in paths + ["test/data/u-boot-2G.tsv"] + sorted(glob.glob(f"{CORPUS}/raw/00*")):
        first = run("show", "--as", "tsv", path)[1]
        json = run("show", "--as", "json", path)[1]
        for given, form in ((first, "tsv"), (first, "json"), (json, "tsv"), (json, "json")):
            status, output, errors = run("show", "--as", form, "-", given=given.encode("utf-8", "surrogateescape"))
            wanted = first if form == "tsv" else json
            kind = re.compile(r"^(# mapbridge map 1, from: |\"from\": ).*$", re.M)
            if status or errors or kind.sub("", output) != kind.sub("", wanted):
                yield f"{path}: read again from {form}: status {status}, {errors or 'another text'}"


def table_is_a_log_again():
    """What the table form prints can be read as a log, with the same maps."""
    for path in (f"{MAPS}/linux-6.log", f"{MAPS}/linux-7.log", "test/data/ovmf-6G.tsv"):
        status, output, errors = run("show", "--as", "tsv", "-", given=run("show", path)[1].encode())
        if status or errors or tables(output) != tables(run("show", "--as", "tsv", path)[1]):
            yield f"{path}: status {status}, {errors or 'other maps'}"


def encodings_and_line_ends_do_not_matter():
    for name in "shell.txt", "linux-6.log", "loader.csv", "iomem.txt":
        with open(f"{MAPS}/{name}", encoding="utf-8") as file:
            text = file.read()
        wanted = run("show", "--as", "tsv", f"{MAPS}/{name}")[1]
        crlf = text.replace("\n", "\r\n")
        for what, data in (("CRLF", crlf.encode()), ("UTF-8 with a mark", b"\xef\xbb\xbf" + text.encode()),
                           ("UTF-16LE with a mark", crlf.encode("utf-16-le").join((b"\xff\xfe", b""))),
                           ("UTF-16BE with a mark", b"\xfe\xff" + crlf.encode("utf-16-be")),
                           ("UTF-16LE", text.encode("utf-16-le")), ("UTF-16BE", text.encode("utf-16-be")),
                           ("NULs behind it", text.encode() + bytes(5000)),
                           ("NULs at line ends", text.replace("\n", "\0\n").encode()),
                           ("rubbish before it", bytes(range(128, 256)) * 30 + b"\n" + text.encode()),
                           ("coloured", re.sub("^", "\033[32m[   0.0] \033[0m\033[1;33m", text, flags=re.M).replace(
                               ": [", ": \033[0m[").encode() if name == "linux-6.log" else text.encode()),
                           ("no last line end", text.rstrip("\n").encode())):
            if name == "loader.csv" and what == "rubbish before it":
                continue
            output = run("show", "--as", "tsv", "-", given=data)[1]
            if tables(output) != tables(wanted):
                yield f"{name} as {what}: another map"


def logs_with_several_maps_and_gaps():
    good = "efi: mem%02d: type=7, attr=0xf, range=[0x%x-0x%x) (0MB)\n"
    lines = [good % (index, index << 12, (index + 1) << 12) for index in range(6)]
    invalid = "efi: mem06: [Reserved|] range=[0x0-0x0] (invalid)\n"
    boot = "Linux version 6.1.0 (a@b)\n"
    for name, text, starts, pattern in (
            ("gap", lines[0] + lines[3], [0, 3], "2: descriptors 1 to 2 are missing"),
            ("end of a map", lines[5], [5], "1: descriptors 0 to 4 are missing"),
            ("invalid first", invalid + "".join(lines), [0, 0, 1, 2, 3, 4, 5], "^$"),
            ("printed twice", "".join(lines[:2]) + lines[0], [0, 1], "3: the EFI map is printed again"),
            ("no memory in the last boot", boot + lines[0] + boot + "nothing\n", [0], "1: 2 boots are in this text"),
            ("second boot", boot + lines[0] + boot + lines[1] + boot, [1], "3: 3 boots are in this text"),
            ("rest of a boot", lines[0] + boot + lines[1], [1], "2: 2 boots are in this text"),
            ("no boot before", "hello\n" + boot + lines[0], [0], "^$")):
        status, output, errors = run("show", "--as", "tsv", "-", given=text.encode())
        if status or [row[1] >> 12 for row in tables(output)["type"]] != starts or not re.search(pattern, errors):
            yield f"{name}: status {status}, {output}, {errors}"
    labels = "label\tstart\tend_inclusive\ttype\n" + "".join(f"table {index}\t0x0\t0xfff\t1\n" for index in range(40))
    yield from expect("many tables", run("show", "-", given=labels.encode()), 1, "\"table 39\" was left out: more than")
    deep = " " * 1000 + "00000000-00000fff : deep\n00001000-00001fff : good\n"
    yield from expect("deep iomem", run("show", "-", given=deep.encode()), 1, ":1: .* is damaged")
    text = "".join(f"BIOS-e820: [mem 0x{index:x}-0x0] usable\n" for index in range(2, 300)) + lines[0]
    yield from expect("many damaged", run("show", "-", given=text.encode()), 1,
                      "standard input: 198 more lines are damaged\n$")
    yield from expect("many damaged", run("check", "-", given=text.encode()), 1,
                      "finding: 198 more lines(.|\n)*298 findings", 1)


def expect(name, result, status, pattern, where=2):
    if result[0] != status or not re.search(pattern, result[where]):
        yield f"{name}: status {result[0]}, {result[where]!r}; expected {status} and {pattern!r}"


def refusals_say_why():
    with tempfile.TemporaryDirectory() as folder:
        for name, data, pattern in (
                ("empty", b"", "there is no memory map in it; understood are: .*Linux log.*/sys"),
                ("text", b"hello\n", "there is no memory map"),
                ("binary", bytes(range(256)) * 100, "there is no memory map"),
                ("packed log", b"\x1f\x8b\x08\x00" + bytes(40), "it is gzip-compressed data \\(gzip -d unpacks it\\); there is no"),
                ("utf-16 rubbish", b"\xff\xfe\x00\xd8\x00", "there is no memory map"),
                ("damaged", b"BIOS-e820: [mem 0x1-", "a Linux log without a single good line; .*BIOS-e820"),
                ("no JSON", b'{"mapbridge": 1, "efi": [{"start": 12]}', "line 1: '\\]'; needed is ','"),
                ("cut JSON", b'{"mapbridge": 1,\n"efi": [', "line 2: the text ends here; needed is"),
                ("large JSON", b'{"mapbridge": 1, "efi": [{"type": 4294967296}]}', "a whole number in its range"),
                ("cut .efimap", b"\x89EFIMAP1" + bytes(10), "needed"),
                ("hidden", b"00000000-00000000 : System RAM\n", "as root")):
            path = f"{folder}/{name}"
            with open(path, "wb") as file:
                file.write(data)
            for command in "show", "check", "convert":
                yield from expect(f"{command} {name}", run(command, path), 2, f"^mapbridge: .*{name}: .*{pattern}.*\n$")
        yield from expect("no file", run("show", f"{folder}/none"), 2, "none: No such file or directory\n$")
        yield from expect("folder", run("show", folder), 2, "is a folder, but none of /sys/firmware/memmap")
    yield from expect("iomem convert", run("convert", f"{MAPS}/iomem.txt"), 2, "neither an EFI map nor an e820 table")
    yield from expect("no argument", run("show"), 2, "which file\\?")
    yield from expect("two files", run("show", "--as", "json", "a", "b"), 2, "one file")
    yield from expect("form", run("show", "--as", "yaml", "a"), 2, "no such form; there are table")
    yield from expect("policy", run("convert", "--policy", "bsd", "a"), 2, "there are acpi and linux")
    yield from expect("option", run("convert", "--memmap", "1M$", f"{MAPS}/grub.txt"), 2, "SIZE@START")
    yield from expect("unknown option", run("check", "--all"), 2, "mapbridge check: .*--all")
    yield from expect("unknown command", run("shwo"), 2, "did you mean \"show\"\\?")
    yield from expect("far command", run("frobnicate"), 2, "`mapbridge --help` lists them")
    yield from expect("nothing", run(), 2, "^usage: ", 1)
    with open("/dev/full", "wb") as full:
        result = subprocess.run([MAPBRIDGE, "show", f"{MAPS}/grub.txt"], stdout=full, stderr=subprocess.PIPE, text=True,
                                check=False)
    if result.returncode != 2 or "could not be written" not in result.stderr:
        yield f"full disk: status {result.returncode}, {result.stderr!r}"


def help_has_examples():
    yield from expect("--version", run("--version"), 0, r"^mapbridge \d+\.\d+\n$", 1)
    status, output, _ = run("--help")
    names = re.findall(r"^  (\w+) +\S", output, re.M)
    if status or not {"check", "convert", "diff", "explain", "show"} <= set(names):
        yield f"mapbridge --help: status {status}, commands {names}"
    for name in names:
        yield from expect(f"{name} --help", run(name, "--help"), 0,
                          rf"^usage: mapbridge {name} (.|\n)*\nexamples?:\n  .*mapbridge {name} ", 1)


def write_tree(folder, tree):
    for name, value in tree.items():
        path = f"{folder}/{name}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(value if isinstance(value, bytes) else value.encode())


def boot_params(entries, sentinel=0, count=None):
    page = bytearray(4096)
    struct.pack_into("<Q", page, 0x70, 0x7ff0014)
    struct.pack_into("<4sIIIIIII", page, 0x1c0, b"EL64", 0x1000, 48, 1, 0x2000, 480, 0, 0)
    page[0x1e8] = len(entries) if count is None else count
    page[0x1ef] = sentinel
    struct.pack_into("<HxxI", page, 0x1fe, 0xaa55, 0x53726448)
    for index, entry in enumerate(entries):
        struct.pack_into("<QQI", page, 0x2d0 + 20 * index, *entry)
    return bytes(page)


RULES = {"match stub/xen": "the rule of Linux's EFI stub", "match xen/stub": "the rule of Linux's EFI stub",
         "match grub": "the rule of GRUB, which gives type 20", "match grub5": "the rule of old GRUB and elilo"}


def check_knows_the_rule():
    """Of each pair of the corpus: whose rule made the e820 map from the EFI map, as pairs.tsv says."""
    if not os.path.exists(f"{CORPUS}/pairs.tsv") and not os.environ.get("MAPBRIDGE_CORPUS"):
        raise NoCorpus(f"nothing was checked, because there is no file {CORPUS}/pairs.tsv")
    with open(f"{CORPUS}/pairs.tsv", encoding="utf-8") as file:
        pairs = [line.split("\t") for line in file.read().split("\n")[1:] if line]
    if not pairs:
        yield f"{CORPUS}/pairs.tsv is empty"
    for identity, name, _, _, _, verdict, *_ in pairs:
        wanted = (f"note: the e820 map follows from the EFI map by {RULES[verdict]}" if verdict in RULES else
                  "note: the e820 map does not follow from the EFI map by any rule|so that it is a part only")
        output = run("check", f"{CORPUS}/raw/{identity}-{name}.txt")[1]
        if not re.search(wanted, output) or (verdict in RULES and "the EFI map makes it" in output):
            yield f"{identity}, {verdict}: {output}"


def efimap(stride, descriptors, sections):
    """An .efimap file, as docs/efimap.md describes it."""
    data = b"".join(struct.pack("<IIQQQQ", *row).ljust(stride, b"\xa5") for row in descriptors)
    body = b"".join(struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)
                    for kind, content in [(1, data), *sections])
    total = 32 + len(body)
    crc = zlib.crc32(struct.pack("<8sIIQII", b"\x89EFIMAP1", 32, 0, total, stride, 1) + body)
    return struct.pack("<8sIIQII", b"\x89EFIMAP1", 32, crc, total, stride, 1) + body


def efimap_files_are_read():
    rows = [(7, 0, 0, 0x1000, 0xa0, 0xf), (6, 0, 0x100000, 0xffff100000, 1, 0x800000000000000f)]
    sections = [(2, struct.pack("<IIIIQQII", 4, 1, 0x10000, 2 << 16 | 70, 0x7ff0014, 0x7fe0000, 2, 0)), (17, b"EDK II"),
                (19, b"1.2"), (20, b"01/02/2023"), (21, b"Maker"), (22, b"Model"), (25, b"Board")]
    for stride in 40, 48:
        data = efimap(stride, rows, sections)
        status, output, errors = run("show", "--as", "tsv", "-", given=data)
        facts = ("# board: Maker Model/Board, BIOS 1.2 01/02/2023\n# firmware: EFI v2.70 by EDK II\n# RSDP: 0x7ff0014\n"
                 f"# stride: {stride:#x}\n# buffer size: {2 * stride:#x}\n# descriptor version: 0x1\n")
        wanted = [[kind, start, pages, attribute, virtual] for kind, _, start, virtual, pages, attribute in rows]
        if status or errors or facts not in output or tables(output)["type"] != wanted:
            yield f"stride {stride}: status {status}, {output}, {errors}"
        yield from expect("damaged", run("check", "-", given=data[:100] + b"?" + data[101:]), 2, "its checksum is")


def sys_folders_are_read():
    """/sys/firmware/memmap, /sys/firmware/efi/runtime-map and /sys/kernel/boot_params, and a copy of all of them."""
    types = ("System RAM", "Reserved", "ACPI Tables", "ACPI Non-volatile Storage", "Unusable memory",
             "Persistent Memory", "Persistent Memory (legacy)", "Soft Reserved", "Unknown E820 type")
    numbers_of = (1, 2, 3, 4, 5, 7, 12, 0xefffffff, 2)
    tree = {}
    for index, name in enumerate(types):
        tree |= {f"firmware/memmap/{index}/start": f"{index << 20:#x}\n", f"firmware/memmap/{index}/type": name + "\n",
                 f"firmware/memmap/{index}/end": f"{(index << 20) + 0xfffff:#x}\n"}
    for index in range(12):
        tree |= {f"firmware/efi/runtime-map/{index}/{name}": value for name, value in
                 (("attribute", "0x800000000000000f\n"), ("num_pages", "0x10\n"), ("phys_addr", f"{index << 16:#x}\n"),
                  ("type", "0x6\n"), ("virt_addr", f"{0xfffffffe00000000 + (index << 16):#x}\n"))}
    tree["kernel/boot_params/data"] = boot_params([(0, 0x9fc00, 1), (0x100000, 0x1000, 20)])
    tree["kernel/boot_params/version"] = "0x020f\n"
    tree["kernel/boot_params/setup_data/0/type"] = "0x1\n"
    tree["kernel/boot_params/setup_data/0/data"] = struct.pack("<QQI", 0x200000, 0x1000, 3)
    memmap = [["BIOS-e820", index << 20, (index << 20) + 0xfffff, number] for index, number in enumerate(numbers_of)]
    page = [[0, 0x9fbff, 1], [0x100000, 0x100fff, 20], [0x200000, 0x200fff, 3]]
    with tempfile.TemporaryDirectory() as folder:
        write_tree(folder, tree)
        for path, efi, e820, resources in (
                ("firmware/memmap", 0, memmap, 0), ("firmware/efi/runtime-map", 12, [], 0),
                ("kernel/boot_params", 0, [["BIOS-e820", *row] for row in page], 0),
                ("kernel/boot_params/data", 0, [["BIOS-e820", *row] for row in page[:2]], 0),
                ("firmware", 12, memmap, 0), ("", 12, memmap + [["boot_params", *row] for row in page], 0)):
            status, output, errors = run("show", "--as", "tsv", f"{folder}/{path}")
            found = tables(output)
            if status or len(found["type"]) != efi or found["label"] != e820 or len(found["depth"]) != resources:
                yield f"/sys/{path}: status {status}, {found}, {errors}"
            if efi and found["type"][11] != [6, 11 << 16, 16, 0x800000000000000f, 0xfffffffe00000000 + (11 << 16)]:
                yield f"/sys/{path}: a descriptor is {found['type'][11]}"
            if path.startswith("kernel"):
                wanted = "# RSDP: 0x7ff0014\n# stride: 0x30\n# buffer size: 0x1e0\n# descriptor version: 0x1\n"
                if wanted not in output:
                    yield f"/sys/{path}: the facts are {output[:300]}"
        yield from expect("unknown type", run("show", f"{folder}/firmware/memmap"), 0, "Unknown E820 type.*reserved")
        page = bytearray(boot_params([(0, 0x9fc00, 1), (0x100000, 0x1000, 2)]))
        page[0x1fe:0x206] = bytes(8)
        status, output, _ = run("show", "--as", "tsv", "-", given=bytes(page))
        if status or len(tables(output)["label"]) != 2:
            yield f"a page without the header's magic numbers: status {status}, {output}"
        write_tree(folder, {"firmware/memmap/3/end": "what\n", "kernel/boot_params/data": boot_params([], 0xff, 200)})
        yield from expect("bad end", run("show", f"{folder}/firmware/memmap"), 1,
                          "memmap/3/end is no number; needed is")
        yield from expect("bad page", run("check", f"{folder}/kernel/boot_params"), 1,
                          "finding: e820_entries is 200; the page holds at most 128(.|\n)*sentinel is 0xff", 1)


def documented_output_is_real():
    """The ```console blocks of docs/mapbridge.md; "..." stands for any lines."""
    with open("docs/mapbridge.md", encoding="utf-8") as file:
        blocks = re.findall(r"^```console\n\$ (.*)\n((?:.*\n)*?)```$", file.read(), re.M)
    if len(blocks) < 5:
        yield f"docs/mapbridge.md has {len(blocks)} examples"
    path = f"{os.path.abspath(os.path.dirname(MAPBRIDGE))}:{os.environ['PATH']}"
    for command, wanted in blocks:
        output = subprocess.run(["bash", "-c", command], cwd=MAPS, env={**os.environ, "PATH": path}, timeout=60,
                                text=True, stdout=subprocess.PIPE, check=False).stdout
        pattern = "".join(r"(?:.*\n)*?" if line == "...\n" else re.escape(line) for line in wanted.splitlines(True))
        if not re.fullmatch(pattern, output):
            yield f"$ {command}: it prints something else: {output[:2000]}"


def colour_is_for_terminals():
    def through_terminal(environment):
        control, terminal = pty.openpty()
        subprocess.run([MAPBRIDGE, "show", f"{MAPS}/grub.txt"], stdout=terminal, check=False,
                       env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
        os.close(terminal)
        text = os.read(control, 1 << 16)
        os.close(control)
        return text

    if b"\033[32m" not in through_terminal({"NO_COLOR": ""}):
        yield "no colour on a terminal"
    if b"\033" in through_terminal({"NO_COLOR": "1"}):
        yield "colour with NO_COLOR"
    if "\033" in run("show", f"{MAPS}/grub.txt")[1]:
        yield "colour in a pipe"


def stopped_for_a_second(name, pause, terminal_wanted):
    """(status, standard error) of a program that did nothing for longer than a second, that long after its start."""
    control, terminal = pty.openpty()
    with subprocess.Popen([MAPBRIDGE, "check", name], stdout=subprocess.DEVNULL,
                          stderr=terminal if terminal_wanted else subprocess.PIPE) as program:
        time.sleep(pause)
        program.send_signal(signal.SIGSTOP)
        time.sleep(1.1)
        program.send_signal(signal.SIGCONT)
        said = b"" if terminal_wanted else program.stderr.read()
        status = program.wait(timeout=120)
    os.close(terminal)
    try:
        said = os.read(control, 1 << 16) if terminal_wanted else said
    except OSError:  # nothing was written
        pass
    os.close(control)
    return status, said


def long_work_shows_progress():
    """On a terminal, after a second, which the program spends stopped: early enough that it has not ended before."""
    row = "efi: mem%02d: type=7, attr=0xf, range=[0x%016x-0x%016x) (0MB)\n"
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(row % (index, index << 13, (index << 13) + 0x1000) for index in range(300000))
        file.flush()
        for pause in 0.4, 0.2, 0.1, 0.05, 0.02:
            status, said = stopped_for_a_second(file.name, pause, True)
            if status or said:
                break
        if status or not re.fullmatch(rb"(\rmapbridge: [a-z ]+: \d+ %\x1b\[K)+\r\x1b\[K", said):
            yield f"a terminal: status {status}, {said[-200:]!r}"
        status, said = stopped_for_a_second(file.name, pause, False)
        if status or said:
            yield f"a pipe: status {status}, {said[-200:]!r}"


def finding_out_shows_progress():
    """A large file that is no map: on a terminal the percentage goes on for all readers, and the refusal follows."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines("nothing of interest happened in minute %d, and nobody saw it\n" % minute for minute in range(100000))
        file.flush()
        for pause in 0.4, 0.2, 0.1, 0.05, 0.02:
            status, said = stopped_for_a_second(file.name, pause, True)
            if b"%" in said:
                break
        if status != 2 or not re.fullmatch(rb"(\rmapbridge: (finding out what it is|reading the file): \d+ %\x1b\[K)+\r\x1b\[K"
                                           rb"mapbridge: \S+: there is no memory map in it; [^\r]*\r\n", said):
            yield f"status {status}, {said[:200]!r}...{said[-200:]!r}"
        numbers = [int(number) for number in re.findall(rb"finding out what it is: (\d+) %", said)]
        if numbers != sorted(numbers):
            yield f"the percentage goes back: {numbers}"


def a_large_page_is_asked_for():
    """Up to 20,000 entries there is a page; with more `--all` asks for it, and the refusal says so."""
    for count, arguments, wanted in ((20000, [], 0), (20001, [], 2), (20001, ["--all"], 0)):
        tsv = "type\tphys_start\tnum_pages\tattribute\n" + "".join(f"7\t{index << 13}\t1\t0xf\n" for index in range(count))
        for command in ["show"], ["convert", "--policy", "acpi"]:
            status, output, errors = run(*command, "--as", "html", *arguments, "-", given=tsv.encode(),
                                         program="build/mapbridge")
            if status != wanted or output.endswith("</html>\n") != (wanted == 0):
                yield f"{command} {count} {arguments}: status {status}, {errors!r}, ...{output[-40:]!r}"
            if wanted and (output or not re.fullmatch(r"mapbridge: standard input: has 20001 entries, .*--all.*\n", errors)):
                yield f"{command} {count} {arguments}: {errors!r}"
        status, output, errors = run("show", "--as", "svg", "-", given=tsv.encode(), program="build/mapbridge")
        if status or not output.endswith("</svg>\n"):
            yield f"svg of {count}: status {status}, {errors!r}"


def limit_processor():
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))


def explaining_a_range_takes_linear_time():
    """
    200,000 descriptors, each asked for: about a second of processor time; what looks at each descriptor for each entry
    takes longer than the limit of 10 seconds. The same for descriptors that lie in each other.
    """
    count = 200000
    header = "type\tphys_start\tnum_pages\tattribute\n"
    plain = header + "".join(f"{(7, 0)[index % 2]}\t{index << 13}\t1\t0xf\n" for index in range(count))
    nested = header + f"7\t0\t{count * 2}\t0xf\n" * (count // 2) + "".join(
        f"0\t{index << 13}\t1\t0xf\n" for index in range(count // 2))
    for name, tsv, pattern in (("plain", plain, b"\n    EFI descriptors in it: 199999\n"),
                               ("nested", nested, b"\n    EFI descriptors in it: too many overlap to list them here")):
        result = subprocess.run(["build/mapbridge", "explain", "0-ffffffff", "-"], input=tsv.encode(), capture_output=True,
                                timeout=120, check=False, preexec_fn=limit_processor)
        if result.returncode or result.stderr or pattern not in result.stdout:
            yield f"{name}: status {result.returncode}, {result.stderr!r}, ...{result.stdout[-300:]!r}"
    status, output, errors = run("explain", "0x10000", "-", given=nested.encode(), program="build/mapbridge")
    if status or errors or "EFI descriptors in it: 100008\n" not in output:
        yield f"one entry of the nested ones: status {status}, {errors!r}, ...{output[-300:]!r}"


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def a_million_descriptors_fit():
    """In 200 MiB of address space, read as a log and as TSV."""
    count = 1000000
    row = "efi: mem%02d: [Conventional|   |  |  |  |  |  |  |  |  |   |WB|WT|WC|UC] range=[0x%016x-0x%016x] (0MB)"
    log = "\n".join(row % (index, index << 13, (index << 13) + 0xfff) for index in range(count)).encode()
    tsv = "type\tphys_start\tnum_pages\tattribute\n" + "".join(f"7\t{index << 13}\t1\t0xf\n" for index in range(count))
    wanted = f"EFI map: {count} descriptors\n  Conventional         {count} {count << 12:>22} bytes  3.81 GiB\n"
    with tempfile.NamedTemporaryFile() as file:
        for data in log, tsv.encode():
            file.seek(0)
            file.truncate()
            file.write(data)
            file.flush()
            result = subprocess.run(["build/mapbridge", "show", file.name], capture_output=True, timeout=120,
                                    check=False, preexec_fn=limit_memory)
            output, errors = result.stdout, result.stderr.decode()
            if result.returncode or errors or wanted.encode() not in output[-400:] or output.count(b"\n") != count + 3:
                yield f"{len(data)} bytes: status {result.returncode}, {errors}, ...{output[-200:].decode()}"


# A child's figure starts with what its parent had when it was made, and that is a lot here.
RESIDENT = """import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10)"""


def resident(*arguments):
    """(status, MiB that were resident at most) of the command, whose output nobody reads."""
    result = subprocess.run([sys.executable, "-c", RESIDENT, "build/mapbridge", *arguments], capture_output=True, check=True,
                            timeout=120)
    status, mebibytes = result.stdout.split()
    return int(status), int(mebibytes)


def comparing_a_million_descriptors_takes_little_memory():
    """Two logs of a million descriptors each, in order and with few changes; and two tables out of order with many: 200 MiB."""
    count = 1000000
    row = "efi: mem%02d: [%-12s|   |  |  |  |  |  |  |  |  |   |WB|WT|WC|UC] range=[0x%016x-0x%016x] (0MB)\n"
    log = [row % (index, "Conventional", index << 13, (index << 13) + 0xfff) for index in range(count)]
    tsv = [f"{(7, 4, 0)[index % 3]}\t{index * 7919 % count << 13}\t1\t0xf\n" for index in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        for name in "a", "b":
            with open(f"{folder}/{name}.log", "w", encoding="ascii") as file:
                file.writelines(log)
            with open(f"{folder}/{name}.tsv", "w", encoding="ascii") as file:
                file.write("type\tphys_start\tnum_pages\tattribute\n")
                file.writelines(tsv)
            log[::997] = [line.replace("Conventional", "Boot Data   ") for line in log[::997]]
            tsv[::2] = [line.replace("7\t", "4\t", 1) for line in tsv[1::2]]
        for form in "log", "tsv":
            status, mebibytes = resident("diff", f"{folder}/a.{form}", f"{folder}/b.{form}")
            if status != 1 or mebibytes >= 200:
                yield f"{form}: status {status}, {mebibytes} MiB"


TESTS = [(function.__name__, function) for function in (
    outputs_are_golden, corpus_is_read, check_knows_the_rule, efimap_files_are_read, own_formats_come_back,
    table_is_a_log_again, encodings_and_line_ends_do_not_matter, refusals_say_why, help_has_examples, sys_folders_are_read,
    logs_with_several_maps_and_gaps, documented_output_is_real, colour_is_for_terminals, long_work_shows_progress,
    finding_out_shows_progress, a_large_page_is_asked_for, explaining_a_range_takes_linear_time,
    a_million_descriptors_fit, comparing_a_million_descriptors_takes_little_memory)]

if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        for golden_name, golden_arguments in golden_cases().items():
            with open(f"{GOLDEN}/{golden_name}", "w", encoding="utf-8") as golden_file:
                golden_file.write(golden_output(golden_arguments))
    for test_name, test in TESTS:
        for problem in test():
            print(f"{test_name}: {problem}")
