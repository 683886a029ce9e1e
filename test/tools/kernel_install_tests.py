# SPDX-License-Identifier: BSD-2-Clause
"""The plugin of kernel-install, run by the kernel-install of systemd on a folder instead of a boot partition."""
import os
import shutil
import subprocess
import tempfile

import small_kernel
from boot_test import BUILD, TOP

VERSION, TOKEN = "6.1.0-small", "0123456789abcdef0123456789abcdef"
PLUGINS = f"/usr/lib/kernel/install.d/90-loaderentry.install {TOP}/scripts/91-mapbridge.install"


class Root:
    """A boot partition's folders, and kernel-install for them."""

    def __init__(self, folder, path=f"{TOP}/{BUILD}"):
        self.boot, self.configuration, self.path = f"{folder}/boot", f"{folder}/etc", path
        self.entries, self.kernel = f"{self.boot}/loader/entries", f"{self.boot}/{TOKEN}/{VERSION}"
        for made in (self.boot, self.configuration, f"{self.boot}/{TOKEN}", self.entries):
            os.makedirs(made)
        self.write(f"{self.configuration}/install.conf", b"layout=bls\n")
        self.write(f"{self.configuration}/cmdline", b"root=/dev/sda2 quiet\n")
        self.vmlinuz = f"{folder}/vmlinuz"
        self.write(self.vmlinuz, small_kernel.bzimage(small_kernel.packed(small_kernel.vmlinux(), "gzip")))

    @staticmethod
    def write(path, content):
        with open(path, "wb") as file:
            file.write(content)

    def kernel_install(self, *arguments):
        environment = {**os.environ, "BOOT_ROOT": self.boot, "KERNEL_INSTALL_CONF_ROOT": self.configuration,
                       "MACHINE_ID": TOKEN, "KERNEL_INSTALL_PLUGINS": PLUGINS,
                       "PATH": f"{self.path}:/usr/sbin:/usr/bin:/sbin:/bin"}
        return subprocess.run(["kernel-install", *arguments], env=environment, capture_output=True, text=True, timeout=120)

    def entry(self, counter=""):
        with open(f"{self.entries}/{TOKEN}-{VERSION}{counter}.conf", encoding="utf-8") as file:
            return [line.split(maxsplit=1) for line in file.read().splitlines() if not line.startswith("#")]


def in_a_root(test):
    def run():
        if not shutil.which("kernel-install"):
            yield "kernel-install is missing; install the package systemd"
            return
        with tempfile.TemporaryDirectory(prefix="mapbridge.kernel-install.") as folder:
            yield from test(folder)
    return run


def wrong_entry(root, counter=""):
    lines = dict(root.entry(counter))
    kernel = lines.get("linux", "none")
    if not kernel.endswith(f"/{TOKEN}/{VERSION}/linux") or lines.get("mapbridge-prepared") != f"{kernel}.mbk":
        yield f"the entry is {root.entry(counter)}"
    if sum(line[0] == "mapbridge-prepared" for line in root.entry(counter)) != 1:
        yield f"not one line mapbridge-prepared: {root.entry(counter)}"
    if not lines.get("options", "").startswith("root=/dev/sda2 quiet"):
        yield f"the options were changed: {lines.get('options')}"
    verified = subprocess.run([f"{BUILD}/mapbridge", "prepare", "--verify", f"{root.kernel}/linux.mbk", root.vmlinuz],
                              capture_output=True, text=True)
    if verified.returncode:
        yield f"the prepared kernel is not that of the bzImage: {verified.stderr}"


@in_a_root
def added_and_removed(folder):
    root = Root(folder)
    for number in (1, 2):  # a kernel may be installed again
        result = root.kernel_install("add", VERSION, root.vmlinuz)
        if result.returncode or result.stderr:
            yield f"add {number}: status {result.returncode}: {result.stderr}"
            return
        yield from wrong_entry(root)
    result = root.kernel_install("remove", VERSION)
    left = [name for _, folders, files in os.walk(root.boot) for name in files]
    if result.returncode or result.stderr or left or os.path.exists(root.kernel):
        yield f"remove: status {result.returncode}: {result.stderr}, left: {left}"


@in_a_root
def with_boot_counting(folder):
    root = Root(folder)
    root.write(f"{root.configuration}/tries", b"3\n")
    result = root.kernel_install("add", VERSION, root.vmlinuz)
    if result.returncode or result.stderr:
        yield f"status {result.returncode}: {result.stderr}"
        return
    yield from wrong_entry(root, "+3")


@in_a_root
def what_cannot_be_prepared_starts_as_it_is(folder):
    os.makedirs(f"{folder}/empty")
    os.makedirs(f"{folder}/second")
    root, without = Root(f"{folder}/first"), Root(f"{folder}/second/root", f"{folder}/empty")
    root.write(root.vmlinuz, b"no kernel at all")
    for one, why in ((root, "cannot be prepared"), (without, "the command mapbridge is missing")):
        result = one.kernel_install("add", VERSION, one.vmlinuz)
        if result.returncode or why not in result.stderr or "starts without being prepared" not in result.stderr:
            yield f"{why}: status {result.returncode}: {result.stderr}"
        if any(line[0] == "mapbridge-prepared" for line in one.entry()) or os.path.exists(f"{one.kernel}/linux.mbk"):
            yield f"{why}: the entry is {one.entry()}, in the folder are {os.listdir(one.kernel)}"


@in_a_root
def another_layout_is_left_alone(folder):
    root = Root(folder)
    root.write(f"{root.configuration}/install.conf", b"layout=other\n")
    result = root.kernel_install("add", VERSION, root.vmlinuz)
    if result.returncode or result.stderr or os.listdir(root.entries):
        yield f"status {result.returncode}: {result.stderr}, {os.listdir(root.entries)}"


# What stands in an entry for the kernel, and what the plugin has to add behind it.
WRITTEN = [
    (b"title A\r\nlinux /tok/6.1/linux\r\noptions x\r\n", b"mapbridge-prepared /tok/6.1/linux.mbk\r\n"),
    (b"title A\n\tlinux\t /k \t\noptions x\n", b"mapbridge-prepared /k.mbk\n"),
    (b"linux \"/k\"\n", b"mapbridge-prepared \"/k.mbk\"\n"),
    (b"linux '/k k' \r\n", b"mapbridge-prepared '/k k.mbk'\r\n"),
    (b"linux /k'\n", b"mapbridge-prepared /k'.mbk\n"),
    ("linux /größe/核 1\n".encode(), "mapbridge-prepared /größe/核 1.mbk\n".encode()),
    (b"\xef\xbb\xbflinux /k&\\1\n", b"mapbridge-prepared /k&\\1.mbk\n"),
    (b"linux /k\nmapbridge-prepared /k\r.mbk\n mapbridge-prepared\t/old\r\nmapbridge-prepared\nmapbridge-verify yes\n",
     b"mapbridge-prepared /k.mbk\n"),
    (b"title A\nlinuz /k\n", None), (b"linux\n", None), (b"linux \"\"\n", None), (b"", None),
]


@in_a_root
def entries_as_people_write_them(folder):
    for number, (entry, line) in enumerate(WRITTEN):
        root = Root(f"{folder}/{number}")
        path = f"{root.entries}/{TOKEN}-{VERSION}.conf"
        os.makedirs(root.kernel)
        shutil.copy(root.vmlinuz, f"{root.kernel}/linux")
        root.write(path, entry)
        environment = {"PATH": f"{root.path}:/usr/bin:/bin", "KERNEL_INSTALL_BOOT_ROOT": root.boot, "KERNEL_INSTALL_LAYOUT": "bls",
                       "KERNEL_INSTALL_ENTRY_TOKEN": TOKEN}
        for _ in range(2):
            result = subprocess.run(["sh", f"{TOP}/scripts/91-mapbridge.install", "add", VERSION, root.kernel], env=environment,
                                    capture_output=True, text=True, timeout=60)
        kept = [old for old in entry.splitlines(keepends=True) if b"mapbridge-prepared" not in old and old != b".mbk\n"]
        with open(path, "rb") as file:
            written = file.read()
        expected = entry if line is None else b"".join(old + (line if b"linux" in old else b"") for old in kept)
        if result.returncode or written != expected or (line is None) != ("cannot be changed" in result.stderr):
            yield f"{entry} becomes {written}, status {result.returncode}: {result.stderr}"
        if os.listdir(root.entries) != [os.path.basename(path)]:
            yield f"{entry} leaves {os.listdir(root.entries)}"


TESTS = [("kernel_install_added_and_removed", added_and_removed), ("kernel_install_with_boot_counting", with_boot_counting),
         ("kernel_install_cannot_prepare", what_cannot_be_prepared_starts_as_it_is),
         ("kernel_install_entries", entries_as_people_write_them),
         ("kernel_install_other_layout", another_layout_is_left_alone)]
