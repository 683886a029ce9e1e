# SPDX-License-Identifier: BSD-2-Clause
"""Boot counting to its end, in Debian's own userland: systemd-bless-boot marks an entry as good, and one whose system
never comes up runs out of tries. `make test-bless`; scripts/fetch-userland makes the systems."""
import os
import re
import subprocess

import machine
from boot_test import BootTest, FOLDER, LOADER, make_image, run_qemu

RELEASES = ("bookworm", "sid")
USERLAND = "build/bless"
SYSTEM = "etc/systemd/system"
OPTIONS = "console=ttyS0 systemd.log_target=null"

# at the end of each boot: what systemd knows of it, on the console; the disk is left as a running system leaves it
REPORT = """exec >/dev/console 2>&1
systemctl --no-pager is-active boot-complete.target systemd-bless-boot.service
echo REPORT bless-boot: $(/usr/lib/systemd/systemd-bless-boot status)
bootctl --no-pager status
bootctl --no-pager list
esp=$(bootctl --print-esp-path)
mkdir -p $esp/EFI/systemd
cp /usr/lib/systemd/boot/efi/systemd-bootx64.efi $esp/EFI/systemd/
bootctl --no-pager --no-variables update
echo REPORT bootctl update: status $?
echo REPORT end
systemctl --no-block poweroff
"""
UNITS = {
    "report.service": "[Unit]\nAfter=multi-user.target systemd-bless-boot.service boot-complete.target\n"
                      "[Service]\nType=oneshot\nExecStart=/bin/sh /report\n",
    # a system that does not come up as it should
    "check.service": "[Unit]\nDefaultDependencies=no\nBefore=boot-complete.target\n"
                     "ConditionKernelCommandLine=test.fails\n[Service]\nType=oneshot\nExecStart=/bin/false\n"}
WANTS = {"multi-user.target.wants": "report.service", "boot-complete.target.requires": "check.service"}


def archive(files):
    """An uncompressed newc archive of {path: bytes, or a link's target}."""
    data = b""
    folders = {os.path.dirname(path) for path in files}
    folders |= {folder.rsplit("/", n)[0] for folder in folders for n in range(1, folder.count("/") + 1)}
    entries = [(folder, 0o40755, b"") for folder in sorted(folders - {""})]
    entries += [(path, 0o120777, content.encode()) if isinstance(content, str) else (path, 0o100644, content)
                for path, content in files.items()]
    for number, (path, mode, content) in enumerate([*entries, ("TRAILER!!!", 0, b"")]):
        name = path.encode() + b"\0"
        fields = (number + 1, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name), 0)
        for part in (b"070701" + b"".join(b"%08X" % field for field in fields) + name, content):
            data += part + b"\0" * (-len(part) % 4)
    return data


def additions(fstab):
    files = {"etc/fstab": fstab.encode(), "report": REPORT.encode()}
    files |= {f"{SYSTEM}/{name}": text.encode() for name, text in UNITS.items()}
    return archive(files | {f"{SYSTEM}/{folder}/{unit}": f"../{unit}" for folder, unit in WANTS.items()})


def entry(title, version, options=""):
    return (f"title {title}\nversion {version}\nsort-key debian\nlinux /vmlinuz\n"
            f"initrd /debian.img\ninitrd /additions.img\noptions {OPTIONS} {options}\n").encode()


def names(image):
    """The entries on the first partition."""
    result = subprocess.run(["mdir", "-b", "-i", f"{image}@@1M", "::/loader/entries"], capture_output=True, text=True)
    return sorted(line.rsplit("/", 1)[1] for line in result.stdout.splitlines() if line)


class Disk:
    """A machine with one disk, booted again and again."""

    def __init__(self, name, release, entries, xbootldr=False):
        mounts = {"/dev/vda1": "/efi", "/dev/vda2": "/boot"} if xbootldr else {"/dev/vda1": "/boot"}
        fstab = "".join(f"{device} {folder} vfat defaults 0 0\n" for device, folder in mounts.items())
        here = {"vmlinuz": f"{USERLAND}/{release}/vmlinuz", "debian.img": f"{USERLAND}/{release}/initrd.img",
                "additions.img": additions(fstab), **{f"loader/entries/{file}": text for file, text in entries.items()}}
        files = {"loader/loader.conf": b"mapbridge-console steps\n"}
        # the disk is kept between the boots because it is looked at
        self.test = BootTest(name, gpt=True, memory="1G", timeout=400, ends="poweroff", check_disk=names,
                             files=files if xbootldr else files | here, xbootldr=here if xbootldr else {})
        self.image, self.variables = f"{FOLDER}/{name}.img", f"{FOLDER}/{name}.vars"
        self.boots = 0
        with open(LOADER, "rb") as loader:
            self.loader = loader.read()
        os.makedirs(FOLDER, exist_ok=True)
        self.problem = make_image(self.test, self.image)

    def boot(self, *must):
        """Yields what is wrong with the next boot."""
        self.boots += 1
        log_path = f"{FOLDER}/{self.test.name}.log.{self.boots}"
        accel = "kvm" if machine.probe_kvm()[0] else "tcg"
        end, log, problems = run_qemu(self.test, self.image, log_path, accel, self.variables)
        if end.kind != "poweroff":
            problems.append(f"it ended with {end.kind}: {end.what}")
        problems += [f"not in {log_path}: {pattern}" for pattern in ("^REPORT end", *must)
                     if not re.search(pattern, log, re.M)]
        yield from (f"boot {self.boots}: {problem}" for problem in problems)

    def entries_are(self, expected):
        found = names(self.image)
        if found != sorted(expected):
            yield f"after boot {self.boots} the entries are {', '.join(found)}; needed: {', '.join(sorted(expected))}"


def loader_is_there(disk):
    """bootctl update has not put another one in its place."""
    copy = f"{FOLDER}/{disk.test.name}.efi"
    subprocess.run(["mcopy", "-n", "-o", "-i", f"{disk.image}@@1M", "::/EFI/BOOT/BOOTX64.EFI", copy], check=True)
    with open(copy, "rb") as after:
        if after.read() != disk.loader:
            yield "EFI/BOOT/BOOTX64.EFI is another one"


def good(release):
    """Four boots: the first one is blessed, and its entry stays without a counter."""
    disk = Disk(f"bless_good_{release}", release, {"debian-2+3.conf": entry("Debian", 2),
                                                    "debian-1.conf": entry("Debian", 1)})
    if disk.problem:
        yield disk.problem
        return
    counted = r"^counted: \\loader\\entries\\debian-2\+3\.conf is now debian-2\+2-1\.conf"
    known = (r"^booting \\loader\\entries\\debian-2\S*\.conf: Debian", r"Product: mapbridge \d",
             r"Features: \S+ Boot counting",
             r"title: Debian \(2\).*\(selected\)", r"/EFI/BOOT/BOOTX64\.EFI \(mapbridge \d[\d.]*\)",
             "^Skipping .*/EFI/BOOT/BOOTX64.EFI.* another boot loader")
    yield from disk.boot(counted, r"^REPORT bless-boot: good", *known)
    yield from disk.entries_are(["debian-1.conf", "debian-2.conf"])
    for _ in range(3):
        yield from disk.boot(r"^booting \\loader\\entries\\debian-2\.conf: Debian", *known)
        yield from disk.entries_are(["debian-1.conf", "debian-2.conf"])
    yield from loader_is_there(disk)


def bad(release):
    """The newest system does not come up: after three tries it is the older one that starts."""
    disk = Disk(f"bless_bad_{release}", release, {"debian-2+3.conf": entry("Debian", 2, "test.fails"),
                                                   "debian-1.conf": entry("Debian", 1)})
    if disk.problem:
        yield disk.problem
        return
    for name in ("debian-2+2-1.conf", "debian-2+1-2.conf", "debian-2+0-3.conf"):
        yield from disk.boot(rf"^booting \\loader\\entries\\{re.escape(name)}: Debian",
                             r"^REPORT bless-boot: (indeterminate|dirty)")
        yield from disk.entries_are(["debian-1.conf", name])
    yield from disk.boot(r"^booting \\loader\\entries\\debian-1\.conf: Debian", r"^REPORT bless-boot: clean")
    yield from disk.entries_are(["debian-1.conf", "debian-2+0-3.conf"])


def on_xbootldr(release):
    disk = Disk(f"bless_xbootldr_{release}", release, {"debian-2+3.conf": entry("Debian", 2)}, xbootldr=True)
    if disk.problem:
        yield disk.problem
        return
    yield from disk.boot(r"^counted: XBOOTLDR:\\loader\\entries\\debian-2\+3\.conf is now debian-2\+2-1\.conf",
                         r"^REPORT bless-boot: good")
    yield from disk.boot(r"^booting XBOOTLDR:\\loader\\entries\\debian-2\.conf: Debian")


def on(release, test):
    return f"{test.__name__}_with_systemd_of_{release}", lambda: test(release)


ALL = [on(release, test) for release in RELEASES for test in (good, bad, on_xbootldr)]
