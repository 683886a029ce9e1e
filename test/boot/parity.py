# SPDX-License-Identifier: BSD-2-Clause
"""Compares what Linux knows after two boots, item by item, with the differences that docs/linux-parity.md explains."""
import dataclasses
import hashlib
import re
import struct

import boot_params_fields

DOCUMENT = "docs/linux-parity.md"
OPTIONAL = "## By chance"
ABSENT = "-"
MEMTOTAL_SLACK_KIB = 256
CRNG_SLACK_SECONDS = 0.5
SETUP_DATA = {1: "E820_EXT", 2: "DTB", 3: "PCI", 4: "EFI", 5: "APPLE", 6: "JAILHOUSE", 7: "CC_BLOB", 8: "IMA",
              9: "RNG_SEED"}
TPM_EVENTS = {1: "POST_CODE", 3: "NO_ACTION", 4: "SEPARATOR", 5: "ACTION", 6: "EVENT_TAG", 8: "S_CRTM_VERSION",
              13: "IPL", 0x80000001: "VARIABLE_DRIVER_CONFIG", 0x80000002: "VARIABLE_BOOT",
              0x80000003: "BOOT_SERVICES_APPLICATION", 0x80000004: "BOOT_SERVICES_DRIVER", 0x80000006: "GPT_EVENT",
              0x80000007: "EFI_ACTION", 0x80000008: "PLATFORM_FIRMWARE_BLOB", 0x80000009: "HANDOFF_TABLES",
              0x800000e0: "VARIABLE_AUTHORITY"}
# blocks of one line an item: what its key is and what its value; a line that does not match is its own key
LINES = {
    "e820": r"(?P<key>\S+: \[mem \S+\]) (?P<value>.*)",
    "iomem": r"(?P<key> *\S+) : (?P<value>.*)",
    "meminfo": r"(?P<key>MemTotal): *(?P<value>\d+) kB",
    "firmware": r"(?P<key>/sys/firmware/efi/(?:systab:\w+|\w+))[:=](?P<value>.*)",
    "acpi": r"(?P<value>[0-9a-f]{32})  \./(?P<key>.*)",
    "dmi": r"(?P<value>[0-9a-f]{32})  (?P<key>.*)",
    "framebuffer": r"(?P<key>/sys/class/graphics/[^:]*):(?P<value>.*)",
    "pci": r"(?P<key>[0-9a-f:.]{12}):(?P<value>.*)",
    "efivars": None, "secure_boot": None, "symbols": None, "warnings": None,
}
# a kernel always has something to tell here
NEVER_EMPTY = ("e820", "iomem", "efi", "meminfo", "firmware", "runtime_map", "memmap", "acpi", "dmi", "efivars", "pci",
               "boot_params", "cmdline", "symbols", "log")


class BadView(Exception):
    """Why a log holds no usable view."""


def blocks(log):
    """{name: lines} of the view in a serial log; raises BadView when it is not there or not whole."""
    found = re.search(r"^view begins\n(.*)^view ends ([0-9a-f]{32})$", log, re.M | re.S)
    if not found:
        raise BadView("the log holds no complete view")
    if hashlib.md5(found[1].encode("latin-1")).hexdigest() != found[2]:
        raise BadView("the view was damaged on its way through the serial port")
    parts = re.split(r"^=== (\w+)\n", found[1], flags=re.M)
    # hundreds of entries do not fit into the kernel's first log buffer, but they are on the serial port
    printed = dict.fromkeys(re.findall(r"^\[ *[0-9.]+\] ((?:BIOS-e820|extended): .*)", log[:found.start()], re.M))
    view = {name: text.splitlines() for name, text in zip(parts[1::2], parts[2::2])}
    view["e820"] = list(printed or dict.fromkeys(view.get("e820", ())))
    empty = [name for name in NEVER_EMPTY if not view.get(name)]
    if empty:
        raise BadView(f"the view says nothing about {', '.join(empty)}")
    return view


def line_items(name, lines):
    seen = {}
    for line in lines:
        match = re.fullmatch(LINES[name], line) if LINES[name] else None
        key, value = (match["key"], match["value"]) if match else (line, "there")
        seen[key] = seen.get(key, 0) + 1
        yield f"{name}/{key}" + (f" #{seen[key]}" if seen[key] > 1 else ""), value


def join_ram(lines):
    """Linux cuts System RAM at each setup_data node; pieces that touch are one range of memory."""
    joined, last = [], None
    for line in lines:
        match = re.fullmatch(r"([0-9a-f]+)-([0-9a-f]+) : System RAM", line)
        if match and last and int(last[2], 16) + 1 == int(match[1], 16):
            place = joined.index(last[0])
            line = joined[place] = f"{last[1]}-{match[2]} : System RAM"
        else:
            joined.append(line)
        if match or not line.startswith(" "):
            last = re.fullmatch(r"([0-9a-f]+)-([0-9a-f]+) : System RAM", line)
    return joined


def efi_items(lines):
    """The table addresses in the one line that has them all, and the other lines."""
    for line in lines:
        text = re.sub(r"^Remove mem\d+: ", "Remove mem: ", line.removeprefix("efi: "))  # its number in a map that differs
        tables = re.findall(r"(\S[^=]*?)=(0x[0-9a-f]+)", text)
        freed = re.fullmatch(r"(Freeing EFI boot services memory): (\d+K)", text)
        for key, value in tables or ([freed.groups()] if freed else [(text, "there")]):
            yield f"efi/{key}", value


def numbered(lines):
    """[{name: value}] of files in numbered folders, in the order of the numbers."""
    folders = {}
    for line in lines:
        number, name, value = re.fullmatch(r"\./(\d+)/(\w+):(.*)", line).groups()
        folders.setdefault(int(number), {})[name] = value
    return [folders[number] for number in sorted(folders)]


def memmap_items(lines):
    for entry in numbered(lines):
        yield f"memmap/{entry['start']}-{entry['end']}", entry["type"]


def runtime_map_items(lines):
    """What the firmware's calls need: ranges by type, in the order of the map."""
    count = {}
    for entry in numbered(lines):
        kind = entry.pop("type")
        count[kind] = count.get(kind, 0) + 1
        yield f"runtime_map/type {kind} #{count[kind]}", " ".join(f"{name}={value}" for name, value in entry.items())


def tpm_events(data):
    """(PCR, type, SHA-256) of each event of a TCG 2.0 log; raises BadView when it is cut."""
    try:
        offset = 32 + struct.unpack_from("<I", data, 28)[0]  # the first event has the old form and tells the algorithms
        while offset < len(data):
            pcr, kind, count = struct.unpack_from("<III", data, offset)
            offset, digest = offset + 12, ABSENT
            for _ in range(count):
                algorithm = struct.unpack_from("<H", data, offset)[0]
                size = {4: 20, 0xb: 32, 0xc: 48, 0xd: 64, 0x12: 32}[algorithm]
                if algorithm == 0xb:
                    digest = data[offset + 2:offset + 2 + size].hex()
                offset += 2 + size
            offset += 4 + struct.unpack_from("<I", data, offset)[0]
            yield pcr, TPM_EVENTS.get(kind, f"{kind:#x}"), digest
    except (struct.error, KeyError) as error:
        raise BadView(f"the TPM's event log of {len(data)} bytes cannot be read at {offset:#x}: {error}") from None


def tpm_items(lines):
    data, count = bytes.fromhex("".join(line for line in lines if re.fullmatch("[0-9a-f]+", line))), {}
    for line in lines:
        if match := re.fullmatch(r"(size|pcr \d+):(\w+)", line):
            yield f"tpm/{match[1]}", match[2]
    for pcr, kind, digest in tpm_events(data) if data else ():
        key = f"tpm/event in PCR {pcr}: {kind}"
        count[key] = count.get(key, 0) + 1
        yield f"{key} #{count[key]}", digest


def setup_data_items(lines):
    count = {}
    for line in lines:
        kind, size, digest = line.split()[:3]
        name = SETUP_DATA.get(int(kind, 0), kind)
        count[name] = count.get(name, 0) + 1
        yield f"setup_data/{name} #{count[name]}", f"{size} bytes {digest}"


def crng_items(lines):
    for line in lines:
        match = re.fullmatch(r"\[ *([0-9.]+)\] random: (.*)", line)
        yield f"crng/{match[2]}", match[1] if match[2] == "crng init done" else "there"


def view_items(view):
    """{key: value} of all that is compared."""
    items = {}
    for name in LINES:
        items.update(line_items(name, join_ram(view[name]) if name == "iomem" else view[name]))
    items.update(efi_items(view["efi"]))
    items.update(memmap_items(view["memmap"]))
    items.update(runtime_map_items(view["runtime_map"]))
    items.update(tpm_items(view["tpm"]))
    items.update(setup_data_items(view["setup_data"]))
    items.update(crng_items(view["crng"]))
    items["cmdline"] = view["cmdline"][0]
    page = bytes.fromhex("".join(view["boot_params"]))
    items.update((f"boot_params/{name}", value) for name, value in boot_params_fields.items(page))
    return items


def tolerated(key, stub, ours):
    """What need not be equal but within limits, better being always fine."""
    if ABSENT in (stub, ours):
        return False
    if key == "meminfo/MemTotal":
        return int(ours) >= int(stub) - MEMTOTAL_SLACK_KIB
    if key == "crng/crng init done":
        return float(ours) <= float(stub) + CRNG_SLACK_SECONDS
    return False


def differences(stub, ours):
    """[(key, value through the stub, value through us)] of two views' items."""
    keys = list(dict.fromkeys([*stub, *ours]))
    pairs = ((key, stub.get(key, ABSENT), ours.get(key, ABSENT)) for key in keys)
    return [(key, a, b) for key, a, b in pairs if a != b and not tolerated(key, a, b)]


@dataclasses.dataclass
class Row:
    """A line of the document's tables: regular expressions for the machine, the key, and both values."""
    machines: str
    key: str
    stub: str
    ours: str
    reason: str
    must_occur: bool = True

    def matches(self, difference):
        return all(re.fullmatch(pattern, text) for pattern, text in zip((self.key, self.stub, self.ours), difference))


def read_rows(text):
    """The tables' rows: machines, keys, both values, reason; all but the reason in backticks.

    Several keys in a cell are rows of their own. A pipe within a cell is written with a backslash. What the tables
    below the heading OPTIONAL list may be absent.
    """
    rows = []
    must_occur = True
    for line in text.splitlines():
        if line.startswith("## "):
            must_occur = line != OPTIONAL
        cells = [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) == 5 and all(re.fullmatch("`.+`", cell) for cell in cells[:4]) and cells[4]:
            machines, keys, stub, ours = (re.findall("`([^`]+)`", cell) for cell in cells[:4])
            rows += [Row(machines[0], key, stub[0], ours[0], cells[4], must_occur) for key in keys]
    return rows


def compare(machine, stub, ours, rows):
    """Problems: differences that no row explains, and rows for this machine that explain nothing any more."""
    found = differences(stub, ours)
    rows = [row for row in rows if re.fullmatch(row.machines, machine)]
    for difference in found:
        if not any(row.matches(difference) for row in rows):
            yield "not in {}: {}: `{}` through the stub, `{}` through Mapbridge".format(DOCUMENT, *difference)
    for row in rows:
        if row.must_occur and not any(row.matches(difference) for difference in found):
            yield f"{DOCUMENT} lists a difference that is gone: {row.key}: `{row.stub}`, `{row.ours}`"
