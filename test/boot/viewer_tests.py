# SPDX-License-Identifier: BSD-2-Clause
"""The map viewer: every view on a serial port, and what is on the screen, pixel by pixel, at three resolutions."""
import re

from boot_test import FOLDER, BootTest
from entry_tests import EXCEPTION
from kernel_tests import KERNELS, LEAVING

HELLO = f"{KERNELS}/hello.elf"
LIST = r"Esc or q goes back to the firmware\.\n> "
PROMPT = r"\d+/\d+ arrows.*q: back"
GLYPH_WIDTH, GLYPH_HEIGHT = 8, 19  # EDK2's font
ESC, TAB, LEFT, RIGHT = "\x1b", "\t", "\x1b[D", "\x1b[C"
BLACK, BRIGHT, TEXT, BACKGROUND, HEADING, STRIPE = (0x000000, 0xffffff, 0xd8dee9, 0x101418, 0x2f4f7f, 0x8a8f98)
LEGEND_WIDTH, LEGEND_ITEMS = 26, 3
ENTRIES = {"hello.elf": HELLO, "loader/loader.conf": b"timeout menu-force\nmapbridge-console dump\n",
           "loader/entries/z.conf": b"title Hello\nlinux /hello.elf\n",
           "loader/entries/a.conf": b"title Missing\nlinux /missing.elf\n",
           "loader/entries/0.conf": b"title Program\nefi /program.efi\n"}


def shown(number, title):
    return rf"Memory map, view {number} of 7: {title}  \\loader\\entries\\z\.conf\n(.*\n)*?{PROMPT}"


def kinds():
    """{symbol: colour} of loader/map_kind.c"""
    with open("loader/map_kind.c", encoding="utf-8") as file:
        return {symbol: int(colour, 16) for symbol, colour in re.findall(r"\"[\w ]+\", '(.)', (0x\w{6})", file.read())}


class Picture:
    """A binary PPM file."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", data)
        self.width, self.height = int(header[1]), int(header[2])
        self.pixels = data[header.end():]
        self.scale = max(1, min(self.width // (80 * GLYPH_WIDTH), self.height // (24 * GLYPH_HEIGHT)))
        self.left = self.width % (GLYPH_WIDTH * self.scale) // 2

    def at(self, x, y):
        place = 3 * (y * self.width + x)
        return int.from_bytes(self.pixels[place:place + 3], "big")

    def cell(self, column, row):
        """The colour behind a character: no letter reaches the upper left corner of its cell."""
        return self.at(self.left + column * GLYPH_WIDTH * self.scale, row * GLYPH_HEIGHT * self.scale)

    def ink(self, row, colour):
        """How many pixels of a row of text have that colour."""
        top = row * GLYPH_HEIGHT * self.scale
        return sum(self.at(x, y) == colour
                   for y in range(top, top + GLYPH_HEIGHT * self.scale) for x in range(self.width))

    def bar(self, row):
        """The colours of the pieces of a bar, in the middle of a row of text: black lines part them."""
        y = row * GLYPH_HEIGHT * self.scale + GLYPH_HEIGHT * self.scale // 2
        pieces = []
        for x in range(self.width):
            colour = self.at(x, y)
            if colour != BLACK:
                pieces[-1].add(colour)
            elif x == 0 or self.at(x - 1, y) != BLACK:
                pieces.append(set())
        return pieces


def view_text(log, number):
    """The lines of a view as the serial port has them, with all pages that were asked for: bars, legend, table."""
    pages = re.split(r"^.*Memory map, view (\d) of 7: (.*)\n|^Entries:", log, flags=re.M)[1:]
    texts = [text for view, name, text in zip(pages[::3], pages[1::3], pages[2::3])
             if view == str(number) and name.rstrip().endswith("z.conf") == ("z.conf" in log)]
    return [line.rstrip() for line in re.sub(rf"{PROMPT} *", "", texts[0]).split("\n")] if texts else []


def rows_of(lines):
    """The table's rows: [(symbol, rest)]"""
    start = next((i for i, line in enumerate(lines) if line.startswith("  ")), len(lines))
    return [(line[0], line[2:]) if re.match(r"\S ", line) else (None, line) for line in lines[start:] if line]


def legend_of(lines):
    """[(symbol, name)] in the order of the screen"""
    return [item for line in lines if re.match(r"\S [a-zA-Z ]+ [\d.]+ (\wiB|bytes)( |$)", line)
            for item in re.findall(r"(\S) ([a-zA-Z ]+?) [\d.]+ (?:\wiB|bytes)", line)]


def bar_problem(found, symbols):
    """Why the pieces of a bar are not those of the table, in its order."""
    colours = kinds()
    if len(found) != len(symbols):
        return f"{len(found)} pieces for {len(symbols)} rows of the table"
    for number, (piece, symbol) in enumerate(zip(found, symbols)):
        if piece - {STRIPE} != {colours[symbol]} or (STRIPE in piece and symbol not in ".R"):
            return f"piece {number} has the colours {[f'{colour:06x}' for colour in piece]}, not that of {symbol}"
    return None


def screen_problems(picture, lines, table_row):
    """What is wrong with a screen that shows a view whose text is lines."""
    colours, legend = kinds(), legend_of(lines)
    if not legend:
        yield "the serial port has no legend"
    for number, (symbol, name) in enumerate(legend):
        row, column = 4 + number // LEGEND_ITEMS, number % LEGEND_ITEMS * LEGEND_WIDTH
        if picture.cell(column, row) != colours[symbol]:
            yield f"the legend has {picture.cell(column, row):06x} for {name}, not {colours[symbol]:06x}"
    rows = rows_of(lines)
    visible = picture.height // (GLYPH_HEIGHT * picture.scale) - 1 - table_row
    for number, (symbol, text) in enumerate(rows[:visible]):
        wanted = colours[symbol] if symbol else BACKGROUND
        if picture.cell(0, table_row + number) != wanted:
            yield f"row {number} of the table starts with {picture.cell(0, table_row + number):06x}: {text}"
        if picture.ink(table_row + number, TEXT) < 20 * picture.scale ** 2:
            yield f"row {number} of the table has no text: {text}"
    for row in (0, visible + table_row):
        if picture.cell(79, row) != HEADING or picture.ink(row, BRIGHT) < 200 * picture.scale ** 2:
            yield f"row {row} is no heading with text"


def screens(name, width, height):
    def check(log):
        efi, e820 = (view_text(log, number) for number in (1, 2))
        try:
            pictures = [Picture(f"{FOLDER}/{name}.{view}.ppm") for view in ("efi", "e820", "trace")]
        except (OSError, TypeError) as error:
            yield "pictures", f"there is a screenshot missing: {error}"
            return
        size = next((f"{p.width}x{p.height}" for p in pictures if (p.width, p.height) != (width, height)), None)
        yield "resolution", f"the screen has {size}" if size else None
        gaps = [symbol for symbol, _ in rows_of(e820) if symbol == "."]
        descriptors = int((re.findall(r"EFI memory map: (\d+) descriptors", "\n".join(efi)) or [0])[0])
        pieces = pictures[0].bar(1)
        yield "every_descriptor_is_in_the_bar", (
            None if descriptors and len(pieces) == descriptors + len(gaps) else
            f"{len(pieces)} pieces for {descriptors} descriptors and {len(gaps)} gaps")
        yield "e820_bar", bar_problem(pictures[1].bar(1), [symbol for symbol, _ in rows_of(e820) if symbol])
        upper, lower = pictures[2].bar(1), pictures[2].bar(2)
        usable = kinds()["#"]
        became = {colour for above, below in zip(upper, lower) for colour in above if below == {usable}}
        yield "side_by_side_bars", (
            None if len(upper) == len(lower) and {kinds()[symbol] for symbol in "#BL"} <= became else
            f"{len(upper)} and {len(lower)} pieces; over usable: {[f'{colour:06x}' for colour in became]}")
        for picture, lines, view in ((pictures[0], efi, "efi"), (pictures[1], e820, "e820")):
            table = 4 + (len(legend_of(lines)) + LEGEND_ITEMS - 1) // LEGEND_ITEMS
            yield f"screen_{view}", "; ".join(screen_problems(picture, lines, table)) or None
    return check


def take(name, view, *keys):
    """An input that takes a picture of the screen, and then presses keys."""
    def shoot(run):
        run.screenshot(f"{FOLDER}/{name}.{view}.ppm", "ppm")
        run.press(keys)
    return shoot


def on_screen(width, height, before, after, **more):
    """Three views, photographed; before and after are the keys that lead there and back."""
    name = f"viewer_{width}x{height}"
    # slow enough a picture that the monitor's EDID can describe 3840x2160
    device = f"VGA,xres={width},yres={height},vgamem_mb=64,refresh_rate=30000"
    keys = (*before, (rf"view 1 of 7: (.*\n)*?{PROMPT}", take(name, "efi", "2")),
            (rf"view 2 of 7: (.*\n)*?{PROMPT}", take(name, "e820", "end", "3")),
            (rf"view 3 of 7: (.*\n)*?{PROMPT}", take(name, "trace", "4")), *after)
    return BootTest(name, **{"extra": ("-device", device), "ends": "returned", "check": screens(name, width, height),
                             "keys": keys, "must_not": (EXCEPTION, LEAVING), **more})


def same_plan(log):
    """Where the viewer said that the kernel would be, and where it was in the boot that followed."""
    seen = dict(re.findall(r"L ([0-9a-f]{12}-[0-9a-f]{12}) (kernel \w+) ", log)[::-1])
    booted = {f"{first[-12:]}-{last[-12:]}": name for first, last, name in
              re.findall(r"^memblock_reserve: \[0x(\w+)-0x(\w+)\] (kernel \w+)$", log, re.M)}
    yield "the_plan_shown_is_the_plan_booted", (
        None if len(seen) == 4 and seen == booted else f"shown {seen}, booted {booted}")


def views_and_screens(log):
    yield from screens("viewer_1280x800", 1280, 800)(log)
    yield from same_plan(log)


RESERVATIONS = rf"view 4 of 7: reservations .*\n(.*\n)*?{PROMPT}"
TESTS = [
    # every view, of entries with and without a plan; nothing of it is in the way of the boot that follows
    on_screen(1280, 800, files=ENTRIES, check=views_and_screens, ends="exit 33", must_not=(EXCEPTION,),
              kernel_verdict=True,
              before=((LIST, "3m"), (rf"view 1 of 7(.*\n)*?{PROMPT}", "4"),
                      (rf"there is no plan: this entry is started as an EFI program.*\n(.*\n)*?{PROMPT}", ESC),
                      (LIST, "2m"), (rf"view 1 of 7(.*\n)*?{PROMPT}", "6"),
                      (rf"error: \\missing\.elf: .*\n(.*\n)*?{PROMPT}", "q"), (LIST, "1m")),
              after=((RESERVATIONS, TAB), (shown(5, "iomem"), "6"), (shown(6, "page tables"), RIGHT),
                     (shown(7, "findings"), TAB),
                     # to the end and back, down by a line and by a page, and up again
                     (shown(1, "EFI descriptors"), ("end",)), (r"totals:(.*\n)*?(\d+)/\2 arrows.*q: back", ("home",)),
                     (rf"by address *\n(.*\n)*?{PROMPT}", ("down",)), (PROMPT, ("pgdn",)), (PROMPT, ("up",)),
                     (PROMPT, ("pgup",)), (rf"by address *\n(.*\n)*?{PROMPT}", LEFT), (shown(7, "findings"), "s"),
                     (rf"map-[0-9a-f]{{8}}\.efimap(.*\n)*?{PROMPT}", "q"), (LIST, "1\r")),
              must=(r"^\. gap +0000000a0000-0000000fffff +384 KiB \[VGA/ROM hole\] *$",
                    r"^\. +0000[0-9a-f]{8}-0000[0-9a-f]fffffff gap +\d+ KiB \[PCI hole\] *$",
                    r"^R +\d+ 0000([0-9a-f])0000000-0000\1fffffff reserved +262144 KiB \[ECAM\] *$",
                    r"^  usable: \d+ bytes \([\d.]+ MiB\) *$", r"^  gaps: \d+ bytes \([\d.]+ GiB\) *$",
                    r"mem\d+ Conventional [0-9a-f]{12}-[0-9a-f]{12} -> #\d+ usable: (kept|merged with mem\d+) *$",
                    r"^L 0000[0-9a-f]{8}-[0-9a-f]{12} kernel text +\d+ bytes",
                    r"^  [0-9a-f]{8}-[0-9a-f]{8} : Kernel code *$",
                    r"^  0000000000000000-[0-9a-f]{16} -> 000000000000 rw- ", r"^  no findings: all \d+ descriptors",
                    r"^[#.~RANBLFM]{79}$", "^PASS ")),
    # nothing to boot: comes up by itself with what to do (here on a serial port alone), and goes back by itself
    BootTest("viewer_nothing_to_boot", ends="returned", must_not=(EXCEPTION,),
             must=(r"^mem00 .*\n(.*\n)*BIOS-e820: (.*\n)*e820: CRC32 (.*\n)*Memory map *\n[#.~RAN]{79}\n(.*\n)*"
                   r"Nothing to boot: this volume has no file (.*\n)*\d+/\d+ arrows",)),
    on_screen(640, 480, ((r"Nothing to boot(.*\n)*?" + PROMPT, "1"),), ((RESERVATIONS.replace(" .*", ".*"), "q"),)),
    on_screen(3840, 2160, ((LIST, "1m"),), ((RESERVATIONS, "q"), (LIST, "q")), files=ENTRIES),
]
