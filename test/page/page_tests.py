# SPDX-License-Identifier: BSD-2-Clause
"""`mapbridge show --as html` and `--as svg` in headless Chromium, used as people do: pointed at, clicked, typed in."""
import functools
import os
import re
import shutil
import subprocess
import xml.etree.ElementTree

from browser import BrowserError, started
from reader_tests import corpus_files

MAPBRIDGE = "build/san/mapbridge"
FOLDER = "build/test/page"
FIRST_BOOT = "test/tools/first-boot.log"
HOSTILE = "test/tools/hostile.log"
# what the file holds
DESCRIPTORS, ENTRIES = 129, 16
LARGE = 1200  # descriptors, more than the picture has rows
WIDE, NARROW = (1500, 900), (400, 800)


def show(form, path, name=None):
    """The path of the page or picture of a file."""
    os.makedirs(FOLDER, exist_ok=True)
    out = f"{FOLDER}/{name or os.path.basename(path)}.{form}"
    result = subprocess.run([MAPBRIDGE, "show", "--as", form, path], capture_output=True, timeout=120)
    if result.returncode not in (0, 1) or not result.stdout:
        raise BrowserError(f"show --as {form} {path}: status {result.returncode}, {result.stderr.decode()[-300:]}")
    with open(out, "wb") as file:
        file.write(result.stdout)
    return out


def page_test(size=WIDE, scheme="light", source=FIRST_BOOT, form="html"):
    """A test gets a browser that shows the source, and yields problems; what Chromium complains about is one, too."""
    def decorate(function):
        @functools.wraps(function)
        def test():
            try:
                path = show(form, source, f"{function.__name__}-{os.path.basename(source)}")
                with started() as browser:
                    browser.resize(*size)
                    browser.prefer(scheme)
                    browser.open(path)
                    yield from function(browser)
                    browser.screenshot(f"{FOLDER}/{function.__name__}.png")
                    yield from browser.console()
                    own = "file://" + os.path.realpath(path)
                    foreign = [url for url in browser.requests() if not url.startswith(own)]
                    if foreign:
                        yield f"the page asked for {foreign}"
            except BrowserError as error:
                yield str(error)
        return test
    return decorate


def expect(what, found, wanted):
    if found != wanted:
        yield f"{what}: found {found!r}, wanted {wanted!r}"


def lit(browser):
    """The keys of the rows, and those of the drawings, that are lit."""
    return tuple(browser.run("return [...document.querySelectorAll(arguments[0])].map(e => e.dataset.key)", selector)
                 for selector in ("tr.lit", ".item.lit"))


def shown_rows(browser, section):
    return browser.run("return [...document.querySelectorAll(`#${arguments[0]} tr[data-first]`)]"
                       ".filter(row => row.offsetHeight > 0).map(row => row.dataset.name)", section)


def without_gaps(names):
    return [name for name in names if name != "gap"]


@page_test()
def shows_all(browser):
    for section, rows in (("efi", DESCRIPTORS), ("e820", ENTRIES)):
        yield from expect(f"rows of {section}", len(without_gaps(shown_rows(browser, section))), rows)
    yield from expect("title", browser.call("GET", "title"), f"Memory map of {FIRST_BOOT}")
    yield from expect("row of entry 14", browser.one("#e820-14").text.split(),
                      ["14", "reserved", "b0000000", "bfffffff", "256", "MiB", "127"])
    yield from expect("row of descriptor 112", browser.one("#efi-112").text.split(),
                      "112 Runtime Data 7f4ec000 7f5ebfff 1 MiB RUN WB WT WC UC e820 8, merged".split())
    gaps = [row.text for row in browser.all("#e820 tr.gap")]
    yield from expect("gaps", len(gaps), 3)
    if not re.search(r"VGA/ROM hole.*000a0000.*000fffff.*384 KiB", gaps[0]):
        yield f"the first gap is {gaps[0]!r}"
    for text in ("CRC32 of the e820 map 677ba6e7", "kernel 6.1.0-56-cloud-amd64", "EFI v2.70 by EDK II"):
        if text not in browser.one(".facts").text:
            yield f"{text!r} is not among the facts"
    if "None: the descriptors are in order" not in browser.one("#findings").text:
        yield "the findings do not say that there are none"
    if "local APIC" not in browser.one("#known").text:
        yield "the well-known ranges do not name the local APIC"
    total = [row.text for row in browser.all("#totals tbody tr") if "ACPI data" in row.text]
    if len(total) != 1 or "73728" not in total[0]:
        yield f"the total of ACPI data is {total!r}"
    drawn = {element.attribute("data-key") for element in browser.all(".item")}
    wanted = {f"efi-{number}" for number in range(DESCRIPTORS)} | {f"e820-{number}" for number in range(ENTRIES)}
    yield from expect("drawn and not drawn", drawn ^ wanted, set())


@page_test()
def lights_what_belongs_together(browser):
    """From a descriptor to its entry, from an entry to its descriptors, from the picture to the tables."""
    plain = browser.one("#efi-112 td").style("background-color")
    browser.one("#efi-112").hover()
    keys = ["efi-112", "e820-8"]
    for name, found in zip(("rows", "drawings"), lit(browser)):
        yield from expect(f"{name} lit by descriptor 112", sorted(found), sorted(keys))
    for row in ("#efi-112 td", "#e820-8 td"):
        if browser.one(row).style("background-color") == plain:
            yield f"{row} is lit and looks as before"
    yield from expect("outline", browser.one(".item[data-key=efi-112] rect").style("stroke-width"), "3px")
    for part in ("EFI descriptor", "Runtime Data", "merged"):
        if part not in browser.one("#about").text:
            yield f"{part!r} is not in the line about the row: {browser.one('#about').text!r}"
    browser.one("#e820-8").hover()
    yield from expect("rows lit by entry 8", sorted(lit(browser)[0]), ["e820-8", "efi-112", "efi-113", "efi-114"])
    browser.one(".item[data-key=e820-9] rect").hover()
    yield from expect("rows lit by the drawing of entry 9", sorted(lit(browser)[0]), ["e820-9", "efi-115"])
    browser.one(".item[data-key=efi-127] rect").click()
    yield from expect("row focused by a click on its drawing", browser.focused().attribute("id"), "efi-127")
    browser.one("#search").hover()
    yield from expect("rows lit by the focus alone", sorted(lit(browser)[0]), ["e820-14", "efi-127"])
    browser.one("#e820-14 a").hover()
    browser.one("#e820-14 a").click()
    yield from expect("row focused by a link", browser.focused().attribute("id"), "efi-127")


@page_test(source="test/tools/odd.log")
def explains_odd_maps(browser):
    """Descriptors that overlap, and one without pages."""
    yield from expect("row of the reserved entry", browser.one("#e820-2").text.split(),
                      "2 reserved 10000000 100fffff 1 MiB 2".split())
    for number, fate in ((1, "e820 1 to e820 3, clipped by 2"), (2, "e820 2, exactly"), (3, "e820 2, covered by 2")):
        found = browser.one(f"#efi-{number} td:last-child").text
        yield from expect(f"what became of descriptor {number}", found, fate)
    browser.one("#efi-1").hover()
    yield from expect("lit by the descriptor that was clipped", sorted(lit(browser)[0]), ["e820-1", "e820-3", "efi-1"])
    browser.one("#efi-3").hover()
    yield from expect("lit by the descriptor that is covered", lit(browser)[0], ["efi-3"])
    if "dropped, because it has no pages" not in browser.one("#efi").text:
        yield "the descriptor without pages is not there"
    for part in ("descriptor 3 (EfiBootServicesData)", "overlaps descriptor 1"):
        if part not in browser.one("#findings").text:
            yield f"{part!r} is not among the findings"
    if "converted" not in browser.one("#e820 h2").text:
        yield "the e820 map is not called converted"


@page_test(source="test/tools/grub.log")
def shows_other_tables(browser):
    """A boot loader with a rule of its own, and the table after mem= on the command line."""
    yield from expect("other tables", [heading.text for heading in browser.all("[id^=table-] h2")],
                      ["user another e820 table of the file"])
    yield from expect("rows of the other table", shown_rows(browser, "table-1"),
                      ["0 usable", "1 usable", "2 type 20", "3 reserved"])
    if "which gives another e820 map than the file's" not in browser.one("#efi h2").text:
        yield f"the heading of the descriptors is {browser.one('#efi h2').text!r}"
    browser.one("#search").type("0x30000000")
    yield from expect("rows with an address that the other table cut off", shown_rows(browser, "table-1"), [])
    yield from expect("the row of the first table", shown_rows(browser, "e820"), ["1 usable"])


@page_test()
def finds(browser):
    search, found = browser.one("#search"), browser.one("#found")
    search.type("0x7f500000")
    yield from expect("descriptors with the address", shown_rows(browser, "efi"), ["112 Runtime Data"])
    yield from expect("entries with the address", shown_rows(browser, "e820"), ["8 reserved"])
    yield from expect("answer", found.text, "0x7f500000: e820 entry 8 reserved, EFI descriptor 112 Runtime Data")
    yield from expect("opacity of the others", browser.one(".item[data-key=efi-0]").style("opacity"), "0.15")
    yield from expect("opacity of the found", browser.one(".item[data-key=efi-112]").style("opacity"), "1")
    search.clear()
    search.type("fee00000")
    yield from expect("answer in a gap", found.text,
                      "0xfee00000: e820 entry gap, EFI descriptor gap, well-known range local APIC, "
                      "well-known range PCI hole")
    search.clear()
    search.type("3G")
    yield from expect("answer with a unit", found.text,
                      "0xc0000000: e820 entry gap, EFI descriptor gap, well-known range PCI hole")
    search.clear()
    search.type("aCPi rec")
    yield from expect("rows with a text", shown_rows(browser, "efi"), ["115 ACPI Reclaim"])
    yield from expect("entries with it", shown_rows(browser, "e820"), [])
    if not re.fullmatch("1 of [0-9]+ rows have \u201caCPi rec\u201d", found.text):
        yield f"the answer to a text is {found.text!r}"
    search.clear()
    search.type("<b>nobody</b>")
    yield from expect("rows with what is nowhere", shown_rows(browser, "efi") + shown_rows(browser, "known"), [])
    yield from expect("elements made of it", len(browser.all("#found b")), 0)
    browser.press("Escape")
    yield from expect("field after Escape", search.call("GET", "property/value"), "")
    yield from expect("rows after Escape", len(without_gaps(shown_rows(browser, "efi"))), DESCRIPTORS)
    search.type("MMIO")
    browser.one("#efi-128").click()
    browser.press("Escape")
    yield from expect("rows after Escape in a table", len(without_gaps(shown_rows(browser, "efi"))), DESCRIPTORS)
    yield from expect("opacity after Escape", browser.one(".item[data-key=efi-0]").style("opacity"), "1")


@page_test()
def walks_with_keys(browser):
    browser.press("/")
    yield from expect("focus after /", browser.focused().attribute("id"), "search")
    browser.press("Tab")  # into the picture
    yield from expect("focus after Tab", browser.focused().attribute("data-key"), "efi-0")
    for _ in range(3):
        if browser.focused().attribute("id") == "e820-0":
            break
        browser.press("Tab")
    yield from expect("first row by Tab", browser.focused().attribute("id"), "e820-0")
    if browser.run("return getComputedStyle(document.activeElement).outlineStyle") == "none":
        yield "a focused row has no outline"
    browser.press("Down", "Down")
    yield from expect("row after two steps, past a gap", browser.focused().attribute("data-name"), "1 usable")
    browser.press("End")
    yield from expect("row after End", browser.focused().attribute("id"), "e820-15")
    yield from expect("lit by the focus", sorted(lit(browser)[0]), ["e820-15", "efi-128"])
    browser.press("Enter")
    yield from expect("row after Enter", browser.focused().attribute("id"), "efi-128")
    browser.press("Home", "Up")
    yield from expect("row at the front", browser.focused().attribute("id"), "efi-0")
    stops = browser.run("return [...document.querySelectorAll('tbody')].map(list => "
                        "list.querySelectorAll('tr[tabindex=\"0\"]').length)")
    yield from expect("rows that Tab reaches, by table", set(stops) - {0}, {1})


def luminance(colour):
    channels = [int(value) / 255 for value in re.findall(r"\d+", colour)[:3]]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


TEXTS = ("h1", ".facts", "th", "#efi-0 td", "#efi-112 a", "#about", "label", "h2 small", "tr.gap td")


def can_be_read(browser):
    """Text on what is behind it."""
    for selector in TEXTS:
        colour, ground = browser.run(
            "let e = document.querySelector(arguments[0]); const colour = getComputedStyle(e).color;"
            "while (/, 0\\)$/.test(getComputedStyle(e).backgroundColor)) e = e.parentElement;"
            "return [colour, getComputedStyle(e).backgroundColor]", selector)
        if contrast(colour, ground) < 4.5:
            yield f"{selector}: {colour} on {ground} has a contrast of {contrast(colour, ground):.1f}"
    paper = browser.one(".map-picture .paper").style("fill")
    for selector in ("text.faint", "text.caption"):
        colour = browser.one(f".map-picture {selector}").style("fill")
        if contrast(colour, paper) < 4.5:
            yield f"{selector} of the picture: {colour} on {paper}"


@page_test(scheme="light")
def light_colours(browser):
    yield from can_be_read(browser)
    yield from expect("ground", browser.one("body").style("background-color"), "rgba(255, 255, 255, 1)")
    # one table of colours: the swatches of the tables and the picture
    for key in ("efi-0", "efi-115", "e820-14"):
        fill = browser.run("return getComputedStyle(document.querySelector(arguments[0])).fill",
                           f".item[data-key={key}] rect")
        swatch = browser.run("return getComputedStyle(document.querySelector(arguments[0])).backgroundColor",
                             f"#{key} .swatch")
        yield from expect(f"colour of {key} in table and picture", fill, swatch)


@page_test(scheme="dark")
def dark_colours(browser):
    yield from can_be_read(browser)
    if luminance(browser.one("body").style("background-color")) > 0.05:
        yield f"the ground is {browser.one('body').style('background-color')}"


@page_test()
def scrolls_side_by_side(browser):
    """On a wide screen picture and tables scroll by themselves, and a focused row is in sight, its drawing too."""
    yield from expect("page higher than the screen by",
                      browser.run("return document.documentElement.scrollHeight - innerHeight"), 0)
    browser.one("#efi-3").hover()
    browser.one("#efi-3").click()
    browser.press("End")
    yield from expect("row after End", browser.focused().attribute("id"), "efi-128")
    for selector in ("#efi-128", ".item[data-key=efi-128]"):
        top, bottom, low, high = browser.run(
            "const e = document.querySelector(arguments[0]), box = e.getBoundingClientRect(),"
            "frame = e.closest('.tables, .picture').getBoundingClientRect();"
            "return [box.top, box.bottom, frame.top, frame.bottom]", selector)
        if top < low or bottom > high:
            yield f"{selector} is at {top} to {bottom}, its frame at {low} to {high}"
    beyond = browser.run("const right = document.querySelector('.map-picture').getBoundingClientRect().right; return ["
                         "...document.querySelectorAll('.map-picture text')].filter(e => "
                         "e.getBoundingClientRect().right > right).map(e => e.textContent)")
    yield from expect("texts of the picture that are cut off", beyond, [])


@page_test(size=NARROW)
def fits_a_narrow_screen(browser):
    overhang = browser.run("return document.documentElement.scrollWidth - innerWidth")
    if overhang > 0:
        yield f"the page is {overhang} pixels wider than the screen"
    if not browser.one("#e820-0").is_shown() or not browser.one("#search").is_shown():
        yield "a row or the search field is not shown"


@page_test()
def needs_no_script(browser):
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    browser.call("POST", "refresh", {})
    for selector in ("#efi-112", "#e820-8", ".item[data-key=efi-112]"):
        if not browser.one(selector).is_shown():
            yield f"{selector} is not shown without scripts"
    browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


def hostile_copy(source):
    """A hostile file under a name that tries, too."""
    path = f"{FOLDER}/\"><img src=x onerror=document.title='owned'>&amp;{os.path.splitext(source)[1]}"
    os.makedirs(FOLDER, exist_ok=True)
    shutil.copy(source, path)
    return path


def stays_text(form, source, wanted):
    """A hostile file as page or picture: nothing in it becomes an element, all of it can be read."""
    name = hostile_copy(source)
    try:
        path = show(form, name, f"hostile-{os.path.splitext(source)[1][1:]}-{form}")
        with started() as browser:
            browser.open(path)
            yield from expect("title", browser.call("GET", "title"), f"Memory map of {name}")
            counts = browser.run("return ['img', 'script', 'b', 'svg[onload]', '[onerror]', 'a[href^=javascript]'].map("
                                 "name => document.querySelectorAll(name).length)")
            yield from expect("elements of the file", counts, [0, 1 if form == "html" else 0, 0, 0, 0, 0])
            text = browser.run("return document.documentElement.textContent")
            for part in (name, *wanted):
                if part not in text:
                    yield f"{part!r} cannot be read"
            yield from browser.console()
    except BrowserError as error:
        yield str(error)


def hostile_page():
    yield from stays_text("html", HOSTILE, ["6.1.0-\"><script>document.title='owned'</script>", "</title><img src=x",
                                            "</script><script>document.title",
                                            "<svg onload=document.title='owned'> ]]> <!-- &"])


HOSTILE_NAMES = ["\"><svg onload=document.title='owned'>&lt;&amp; 640 KiB", "?[31m</text></svg><img src=x> 4 KiB"]


def hostile_names_in_page():
    yield from stays_text("html", "test/tools/hostile.json",
                          HOSTILE_NAMES + ["</small></h2><script>document.title='owned'</script><img src=x onerror="])


def hostile_picture():
    yield from stays_text("svg", "test/tools/hostile.json", HOSTILE_NAMES)


@page_test(form="svg", size=(980, 1400))
def picture_alone(browser):
    """The standalone picture: every text within its column, colours by kind, a legend for each."""
    outside = browser.run(
        "return [...document.querySelectorAll('.item')].filter(item => { const text = item.querySelector('text'),"
        "box = item.querySelector('rect').getBBox(); return text.getComputedTextLength() > box.width - 5 ||"
        "text.getBBox().height > box.height + 1; }).map(item => item.querySelector('text').textContent)")
    yield from expect("labels that do not fit", outside, [])
    fills, legend = (browser.run("return [...document.querySelectorAll(arguments[0])].map(e => e.getAttribute('fill'))",
                                 selector) for selector in (".item rect", ".sample"))
    yield from expect("colours without a legend", set(fills) ^ set(legend), set())
    heights = browser.run("return Object.fromEntries([...document.querySelectorAll('.item')].map(item => "
                          "[item.dataset.key, item.querySelector('rect').getBBox().height]))")
    yield from expect("items that are drawn", len(heights), DESCRIPTORS + ENTRIES)
    if not heights["efi-8"] > 2 * heights["efi-115"] >= 32:
        yield f"1.9 GiB are drawn {heights['efi-8']} pixels high, 72 KiB {heights['efi-115']}"
    beyond = browser.run("const width = document.documentElement.width.baseVal.value; return ["
                         "...document.querySelectorAll('text')].filter(e => e.getBoundingClientRect().right > width)"
                         ".map(e => e.textContent)")
    yield from expect("texts that are cut off at the right", beyond, [])
    text = browser.run("return document.documentElement.textContent")
    for part in ("gap 384 KiB, VGA/ROM hole", "00100000", "112 Runtime Data 1 MiB"):
        if part not in text:
            yield f"{part!r} is not in the picture"


def picture_is_xml():
    for source in (FIRST_BOOT, HOSTILE, "test/tools/hostile.json", "test/tools/second-boot.log"):
        try:
            path = show("svg", source, f"xml-{os.path.basename(source)}")
        except BrowserError as error:
            yield str(error)
            continue
        result = subprocess.run(["xmllint", "--noout", path], capture_output=True, text=True, timeout=60)
        if result.returncode:
            yield result.stderr[-500:]


def corpus_is_drawn():
    """Every file of the corpus that can be read gives a picture that is XML, and draws all its items or says so."""
    for path in corpus_files():
        name = os.path.basename(path)
        result = subprocess.run([MAPBRIDGE, "show", "--as", "svg", path], capture_output=True, timeout=60)
        if result.returncode == 2 and not result.stdout:
            continue  # whether it should have been read, the readers' tests say
        try:
            root = xml.etree.ElementTree.fromstring(result.stdout)
        except xml.etree.ElementTree.ParseError as error:
            yield f"{name}: {error}; status {result.returncode}, {result.stderr.decode()[-200:]}"
            continue
        items = [element for element in root.iter() if element.get("class") == "item"]
        if result.returncode not in (0, 1) or not items:
            yield f"{name}: {len(items)} items, status {result.returncode}, {result.stderr.decode()[-200:]}"


def large_log():
    """More descriptors than the picture has rows."""
    path = f"{FOLDER}/large.log"
    os.makedirs(FOLDER, exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        for number in range(LARGE):
            start = number * 0x3000
            kind = ("Conventional", "Boot Data   ", "Reserved    ")[number % 3]
            file.write(f"efi: mem{number}: [{kind}|   |  |  |  |  |  |  |  |  |   |WB|WT|WC|UC] "
                       f"range=[0x{start:016x}-0x{start + 0x1fff:016x}] (0MB)\n")
    return path


def thousands_of_descriptors():
    try:
        path = show("html", large_log())
        with started() as browser:
            browser.resize(*WIDE)
            browser.open(path)
            yield from expect("rows", len(without_gaps(shown_rows(browser, "efi"))), LARGE)
            if not browser.run("return document.querySelector('.map-picture').textContent.includes('mostly')"):
                yield "no row of the picture stands for several descriptors"
            browser.one("#search").type("0x333000")
            yield from expect("the row with the address", shown_rows(browser, "efi"), ["273 Conventional"])
            yield from browser.console()
    except BrowserError as error:
        yield str(error)


TESTS = [(function.__name__, function)
         for function in (shows_all, lights_what_belongs_together, explains_odd_maps, shows_other_tables, finds,
                          walks_with_keys, light_colours, dark_colours, scrolls_side_by_side, fits_a_narrow_screen,
                          needs_no_script, hostile_page, hostile_names_in_page, hostile_picture, picture_alone,
                          picture_is_xml, corpus_is_drawn, thousands_of_descriptors)]
