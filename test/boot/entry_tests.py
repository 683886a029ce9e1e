# SPDX-License-Identifier: BSD-2-Clause
"""Boots through the list of entries: two volumes, EFI programs, kernels as EFI programs, boot counting, Secure Boot."""
import os
import re
import shutil
import struct
import subprocess
import uuid
import zlib

import machine
import machines
from boot_test import BUILD, FOLDER, LOADER, LOADER_BEHIND, BootTest
from kernel_tests import EFI, KERNELS, LEAVING, LINUX, LINUX_CMDLINE, LINUX_INITRD

HELLO = f"{KERNELS}/hello.elf"
LIST = r"Esc or q goes back to the firmware"
EXCEPTION = r"!!!! X64 Exception"
UP, DOWN = "\x1b[A", "\x1b[B"
FIRST, SECOND = b"the first initrd, 25 bytes", b"the second one"
JOINED = FIRST + bytes(-len(FIRST) % 4) + SECOND
OPTIONS = "-x \u00fc\u20ac\U0001f600"

ECHO = {"EFI/echo.efi": f"{EFI}/echo.efi", "first.img": FIRST, "second.img": SECOND,
        "loader/entries/echo.conf": "title Echo\nefi /EFI/echo.efi\ninitrd /first.img\ninitrd second.img\n"
                                    f"options {OPTIONS}\n".encode(),
        "loader/entries/echo-bare.conf": b"title Echo\nversion 0\nefi EFI/echo.efi\n"}
UNITS = f"{OPTIONS}\0".encode("utf-16-le")
ECHO_SAID = (f"^echo: {len(UNITS)} bytes of options " +
             " ".join(f"{unit:X}" for unit, in struct.iter_unpack("<H", UNITS)),
             rf"^echo: initrd of {len(JOINED)} bytes, CRC {zlib.crc32(JOINED):08X}$",
             r"^echo: boot policy Unsupported, no size Invalid Parameter, no buffer Buffer Too Small, "
             r"one byte less Buffer Too Small, all Success",
             r"^\\EFI\\echo.efi came back \(EFI_SUCCESS\)", r"^echo: 0 bytes of options\necho: no initrd is offered")

LISTED = {**ECHO,
          "loader/loader.conf": b"default e[a-c]ho.conf\ntimeout 30\neditor no\nno-such-key 1\nno-such-key 2\n",
          "loader/entries/arm.conf": b"architecture aa64\nlinux /none\n",
          "loader/entries/broken.conf": b"title Broken\nlinuz /hello.elf\ninitrd\n",
          "loader/entries/missing.conf": b"title Missing\nversion 2\nsort-key x\nlinux /missing.elf\n"}
LISTED_BOOT = {"hello.elf": HELLO,
               "loader/entries/hello+3.conf": b"title Hello\nversion 1\nsort-key x\nlinux /hello.elf\n",
               "loader/entries/bad+0-3.conf": b"title Bad\nsort-key a\nlinux /hello.elf\n"}
# sort-key x, the newer version first; then names, newest first; no tries left last
LIST_LINES = (r"Entries:\n   1  Missing  missing\.conf\n      cannot be started: \\missing\.elf: not found .*\n"
              r"   2  Hello  XBOOTLDR:hello\+3\.conf  3 tries left\n"
              r"   3  Echo \(0\)  echo-bare\.conf\n   4  Echo  echo\.conf\n   5  broken\.conf  broken\.conf\n"
              r"      cannot be started: \\loader\\entries\\broken\.conf: no linux line .*\n"
              r"   6  Bad  XBOOTLDR:bad\+0-3\.conf  0 tries left\n")


def second_volume(image):
    """The names in \\loader\\entries of the second partition."""
    with open(image, "rb") as disk:
        disk.seek(1024 + 128 + 32)
        start = struct.unpack("<Q", disk.read(8))[0]
    command = ["mdir", "-b", "-i", f"{image}@@{start * 512}", "::/loader/entries"]
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "MTOOLS_SKIP_CHECK": "1"})
    return [line.rsplit("/", 1)[1] for line in result.stdout.split()]


def counted(name):
    def check(image):
        names = second_volume(image)
        yield "the_try_is_counted", None if name in names and len(names) == 2 else f"the volume has {names}"
    return check


def newc(path, content, mode=0o100755):
    """An uncompressed cpio archive of one file."""
    def member(name, data, mode):
        fields = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name + b"\0"
        return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
    return member(path, content, mode) + member(b"TRAILER!!!", b"", 0)


def two_initrds():
    """The second one is not compressed: Linux finds it only at a multiple of 4 bytes."""
    with open(LINUX_INITRD, "rb") as file:
        first = file.read()
    first += bytes(-len(first) % 4 + 1)
    second = newc(b"second", b"#!/bin/busybox sh\necho the second initrd is there\nexec /init\n")
    return {"first.img": first, "second.img": second}


def signed(source, destination):
    """A file signed with the key of Debian's ovmf package that its variable store trusts."""
    folder = f"{FOLDER}/files"
    key, path = f"{folder}/snakeoil.key", f"{folder}/{destination}"
    if not shutil.which("sbsign"):
        raise machine.Problem("sbsign is missing; install the package sbsigntool")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    pair = "/usr/share/ovmf/PkKek-1-snakeoil"
    commands = [["openssl", "rsa", "-in", f"{pair}.key", "-passin", "pass:snakeoil", "-out", key],
                ["sbsign", "--key", key, "--cert", f"{pair}.pem", "--output", path, source]]
    for command in commands:
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise machine.Problem(f"{command[0]}: {result.stderr.strip()}")
    return path


SIGNED_LOADER = f"{FOLDER}/files/signed/BOOTX64.EFI"


def signed_files():
    signed(LOADER, "signed/BOOTX64.EFI")
    return {"signed": signed(LINUX, "signed/vmlinuz"), "unsigned": LINUX}


# 100 characters: a line of a terminal shows 78 of them
LONG = "".join(f"n{number:02}=value " for number in range(10)).strip()
EDITED = {"EFI/echo.efi": f"{EFI}/echo.efi", "hello.elf": HELLO,
          "loader/entries/echo.conf": f"title Echo\nefi /EFI/echo.efi\noptions {LONG}\n".encode(),
          "loader/entries/hello.conf": b"title Hello\nversion 0\nsort-key z\nlinux /hello.elf\noptions a b\n"}
EDITOR = r"Options for this start\. Enter starts, Esc goes back"
LEFT, RIGHT, CUT, HOME, BACKSPACE = "\x1b[D", "\x1b[C", "\x0b", "\x01", "\x08"


def echoed(options):
    units = f"{options}\0".encode("utf-16-le")
    return f"^echo: {len(units)} bytes of options " + " ".join(f"{unit:X}" for unit, in struct.iter_unpack("<H", units))


VARIABLES = {LOADER_BEHIND: LOADER, "EFI/echo.efi": f"{EFI}/echo.efi",
             "loader/loader.conf": b"default @saved\nconsole-mode 99\n",
             "loader/entries/a.conf": b"sort-key a\nefi /EFI/echo.efi\noptions a\n",
             "loader/entries/b+5.conf": b"sort-key b\nefi /EFI/echo.efi\noptions x\n"}

QUIET = {"hello.elf": HELLO, "loader/entries/hello.conf": b"title Hello\nlinux /hello.elf\n"}

TESTS = [
    # nobody asks, nothing is said
    BootTest("entry_quiet", kernel_verdict=True,
             files={**QUIET, "loader/loader.conf": b"mapbridge-console quiet\nno-such-key 1\n"},
             must_not=(EXCEPTION, "(?i)mapbridge:", r"Mapbridge \S+, from", "booting", "BIOS-e820")),
    # an error, and all that was said before it comes first; then an entry that wants the map to be seen, by itself
    BootTest("entry_quiet_until_an_error", kernel_verdict=True,
             files={**QUIET, "loader/loader.conf": b"default missing.conf\nno-such-key 1\n",
                    "loader/entries/hello.conf": b"title Hello\nlinux /hello.elf\nmapbridge-console dump\n",
                    "loader/entries/missing.conf": b"sort-key a\nlinux /missing.elf\n"},
             must=(r"^Mapbridge.*, from .*\nmapbridge: note: .*loader\.conf:\nline 2: unknown key no-such-key is ignored\n+"
                   r"mapbridge: error: \\missing\.elf: not found.*\nmapbridge: note: missing\.conf cannot be started and is "
                   r"passed over\nmapbridge: note: hello\.conf is the default instead", r"^BIOS-e820: ", LEAVING),
             must_not=(EXCEPTION,)),
    # the options of an entry, changed in the middle and at both ends; then by an entry that we boot ourselves
    BootTest("entry_editor", files={**EDITED, "loader/loader.conf": b"timeout menu-force\nconsole-mode max\n"},
             kernel_verdict=True, screenshot_at=EDITOR,
             keys=((LIST, "2e"), (EDITOR, "x\x1b"), (r"> 2  Echo", "E"),
                   (EDITOR, f"{BACKSPACE}{LEFT}{LEFT}{CUT}{HOME}{RIGHT}"), (r"n00=value n01=", "X"), (r"nX00=value n01=", "\r"),
                   (LIST, "1e"), (EDITOR, " c\r")),
             must=(echoed("nX" + LONG[1:-3]), r"^<.*n09=value", r"nX00=.* n05=.*>", LEAVING),
             must_not=(EXCEPTION, r"mapbridge: note")),
    BootTest("entry_editor_is_off", files={**EDITED, "loader/loader.conf": b"timeout menu-force\neditor no\n"},
             kernel_verdict=True, keys=((LIST, "e"), (r"editor is switched off: .*loader\.conf says editor no", "1\r")),
             must=(r"^digits or arrow keys choose, Enter starts, Esc or q goes back", LEAVING),
             must_not=(EXCEPTION, "Options for this start", "edits the options")),
    # the Boot Loader Interface, with a note for what nobody can give us: once a start
    BootTest("entry_loader_variables", efi=f"{EFI}/variables.efi", gpt=True, files=VARIABLES,
             loader_may_return=True,
             keys=((LIST, "q"), ("STEP 1", ""), (LIST, "q"), ("STEP 2", ""), (LIST, "\r"), (LIST, "q"), ("STEP 3", ""),
                   (LIST, "\r"), (LIST, "q"), ("STEP 4", ""), (LIST, "q")),
             must=(r"^mapbridge: note: .*the console mode cannot be set \(EFI_UNSUPPORTED\) and stays \d+; there are "
                   r"0 \(80x25\)",
                   r"^0 LoaderInfo 6 mapbridge \S+;$", r"^0 LoaderFeatures 6 0:0:1:233F$", r"^0 LoaderFirmwareInfo 6 \S.* \d+\.\d\d;$",
                   r"^0 LoaderFirmwareType 6 UEFI 2\.\d\d;$",
                   r"^0 LoaderImageIdentifier 6 \\EFI\\mapbridge\\BOOTX64\.EFI;$",
                   rf"^0 LoaderDevicePartUUID 6 {uuid.uuid5(uuid.NAMESPACE_OID, 'ESP')};$",
                   r"^0 LoaderEntries 6 a\.conf;b\.conf;$", r"^0 LoaderTimeInitUSec 6 \d{4,9};$",
                   r"^0 LoaderTimeExecUSec 6 \d{4,9};$", r"^0 LoaderEntryOneShot none$",
                   # the entry that was started last is the default, and none was
                   r"^0 LoaderEntrySelected 6 a\.conf;$", r"^0 LoaderEntryLastBooted 7 a\.conf;$",
                   # once
                   r"^1 LoaderEntrySelected 6 b\.conf;$", r"^1 LoaderEntryOneShot none$",
                   r"^1 LoaderEntryLastBooted 7 a\.conf;$",
                   # the list first, and b is chosen in it
                   r"^STEP 2\n(?:(?!echo).*\n)*Entries:$", r"^2 LoaderEntrySelected 6 b\.conf;$",
                   r"^2 LoaderConfigTimeoutOneShot none$", r"^2 LoaderEntryDefault 7 b\.conf;$",
                   r'^mapbridge: error: the variable LoaderEntryOneShot: no entry fits "gone\.conf" in',
                   r'^mapbridge: note: the variable LoaderConfigTimeout is "soon" and ignored; needed: seconds$',
                   r"^3 LoaderEntryOneShot none$", r"^3 LoaderEntrySelected 6 a\.conf;$",
                   r"^mapbridge: note: the firmware does not take the variable LoaderInfo \(EFI_OUT_OF_RESOURCES\)",
                   r"^mapbridge: note: options: not measured into PCR 12 of the TPM \(EFI_DEVICE_ERROR\); what is sealed to it",
                   r"^4 LoaderEntrySelected none$", r"^STEP 4\n(?:.*\n)*echo: 4 bytes of options 61 0$"),
             must_not=(EXCEPTION, r"does not take the variable (?!LoaderInfo)")),
    # a key ends the countdown; EFI programs and an entry that fails come back to the list; the last one is counted
    BootTest("entry_list", gpt=True, files=LISTED, xbootldr=LISTED_BOOT, kernel_verdict=True,
             keys=((r"Echo starts in \d+ s; any key", "x"), (LIST, f"{DOWN}{UP}\r"), (LIST, "93\r"),
                   (LIST, ("home", "ret")), (LIST, ("down", "f3"))),
             screenshot_at=LIST, check_disk=counted("hello+2-1.conf"),
             must=(*ECHO_SAID, LIST_LINES, r"^line 4: unknown key no-such-key is ignored$", r"^line 5: unknown key no-such-key is ignored$",
                   r"^mapbridge: error: \\loader\\entries\\broken\.conf: no linux line and .* \(line 2 may be meant for one: linuz /hello\.elf\)",
                   r"^line 2: unknown key linuz is ignored; did you mean linux\?$",
                   r"^mapbridge: note: entries for other architectures than x64 are hidden: 1$",
                   r"^mapbridge: error: \\missing\.elf: not found .* named by \\loader\\entries\\missing\.conf",
                   r"^counted: XBOOTLDR:\\loader\\entries\\hello\+3\.conf is now hello\+2-1\.conf$", LEAVING),
             must_not=(EXCEPTION,)),
    # entries that lead to this loader, by other names than its own; one whose program starts it again; and one that works
    BootTest("entry_leads_to_the_loader", kernel_verdict=True, gpt=True,
             files={"hello.elf": HELLO, LOADER_BEHIND: LOADER, "a-long-name-of-it.efi": LOADER, "again.efi": f"{EFI}/again.efi",
                    "loader/loader.conf": b"mapbridge-console steps\n",
                    "loader/entries/6.conf": b"efi \\EFI\\mapbridge\\bootx64.EFI\n",
                    "loader/entries/5.conf": b"linux /EFI//boot/../BOOT/./bootx64.efi\nmapbridge-start efi\n",
                    "loader/entries/4.conf": b"uki /A-LONG~1.EFI\n",
                    "loader/entries/2.conf": b"title Again\nefi /again.efi\n",
                    "loader/entries/1.conf": b"title Hello\nlinux /hello.elf\n"},
             xbootldr={"copy.efi": LOADER, "loader/entries/3.conf": b"efi /copy.efi\n"},
             must=(*(rf"^mapbridge: note: {name}: left out, because it leads to this loader again$" for name in
                     (r"\\loader\\entries\\6\.conf", r"\\loader\\entries\\5\.conf", r"\\loader\\entries\\4\.conf",
                      r"XBOOTLDR:\\loader\\entries\\3\.conf")),
                   r"^booting .*2\.conf: Again\n(?:.*\n)*again: starting the loader\n(?:.*\n)*"
                   r"mapbridge: note: \\loader\\entries\\2\.conf: left out, because it leads to this loader again\n"
                   r"booting .*1\.conf: Hello", LEAVING),
             must_not=(EXCEPTION, "mapbridge: error")),
    # U-Boot cannot rename: the try is not counted, and that stops nothing
    BootTest("entry_list_under_u_boot", gpt=True, xbootldr=LISTED_BOOT, kernel_verdict=True, accel="tcg",
             firmware="u-boot", machine="pc", files={**LISTED, "loader/loader.conf": b"timeout menu-force\n"},
             keys=((LIST, "3\r"), (LIST, "4\r"), (LIST, "2\r")),
             must=(*ECHO_SAID, LIST_LINES, r"^mapbridge: note: .*hello\+3\.conf: this try is not counted", LEAVING),
             must_not=(EXCEPTION,)),
    BootTest("entry_linux_as_efi_program", kernel_verdict=True, prepare=two_initrds, timeout=180,
             files={"vmlinuz": LINUX, "loader/loader.conf": b"timeout 1\nmapbridge-console steps\n",
                    "loader/entries/linux.conf":
                    b"title Linux\nlinux /vmlinuz\ninitrd /first.img\ninitrd /second.img\nmapbridge-start efi\n"
                    b"options rdinit=/second " + LINUX_CMDLINE.encode()},
             must=(r"^Linux starts in 1 s; any key shows the list",
                   r"^mapbridge: starting \\vmlinuz as an EFI program$", r"^the second initrd is there", r"^PASS linux_efi"),
             must_not=(EXCEPTION, LEAVING, "mapbridge: error")),
    # nothing runs that the firmware has not verified: neither a kernel without a signature nor one that can have none
    BootTest("entry_secure_boot", efi=SIGNED_LOADER, firmware="ovmf-snakeoil", machine="q35,smm=on", extra=machines.SMM,
             prepare=signed_files, kernel_verdict=True, timeout=180, ends="poweroff",  # lockdown: no port of QEMU
             files={"hello.elf": HELLO, "linux.img": LINUX_INITRD,
                    "loader/entries/d.conf": b"linux /unsigned\n", "loader/entries/c.conf": b"linux /hello.elf\n",
                    "loader/entries/b.conf": b"linux /unsigned\nmapbridge-start efi\n",
                    "loader/entries/a.conf": b"linux /signed\ninitrd /linux.img\noptions " + LINUX_CMDLINE.encode()},
             keys=((r"b\.conf starts in 5 s", "\r"), (r"a\.conf starts in 5 s", "\r")),
             must=(r"^booting .*d\.conf\nmapbridge: error: \\unsigned: the firmware does not trust it "
                   r"\(EFI_(ACCESS_DENIED|SECURITY_VIOLATION)\) and Secure Boot is on, named by .*d\.conf",
                   r"^mapbridge: error: \\hello\.elf: no EFI program for x86-64: .* because Secure Boot is on",
                   r"^booting .*b\.conf\nmapbridge: error: \\unsigned: the firmware does not trust it",
                   r"^mapbridge: starting \\signed as an EFI program, verified by the firmware \(Secure Boot\)$",
                   r"^PASS linux_efi", r"secureboot: Secure boot enabled"),
             must_not=(EXCEPTION, LEAVING)),
]
