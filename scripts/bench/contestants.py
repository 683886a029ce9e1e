# SPDX-License-Identifier: BSD-2-Clause
"""The boot loaders that are compared: how each is put on a disk. They come from Debian packages, except ours."""
import dataclasses
import os
import re
import shutil
import subprocess

SYSTEMD = "/usr/lib/systemd/boot/efi"
GRUB = "/usr/lib/grub/x86_64-efi"


class Missing(Exception):
    """Why a contestant cannot take part here."""


@dataclasses.dataclass
class Boot:
    """What is booted, and a folder for files made on the way."""
    kernel: str
    initrd: str | None
    cmdline: str
    folder: str
    loader: str  # our own


@dataclasses.dataclass
class Disk:
    efi: str | None  # becomes \\EFI\\BOOT\\BOOTX64.EFI
    files: dict  # path on the volume -> source
    loader: str | None  # the file whose entry point starts the measurement; None: the firmware loads the kernel
    boot_path: str | None = None  # Boot0000 starts this instead, with
    boot_options: str = ""


def need(path, package):
    if not os.path.exists(path):
        raise Missing(f"{path} of the package {package} is missing")
    return path


def text_file(boot, name, text):
    path = f"{boot.folder}/{name}"
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def entry_files(boot, *more):
    """A type 1 entry of the Boot Loader Specification, which systemd-boot and Mapbridge read alike."""
    lines = ["title bench", "linux /kernel", *(["initrd /initrd"] if boot.initrd else []), f"options {boot.cmdline}",
             *more]
    files = {"kernel": boot.kernel, "loader/entries/bench.conf": text_file(boot, "bench.conf", "\n".join(lines) + "\n"),
             "loader/loader.conf": text_file(boot, "loader.conf", "default bench.conf\ntimeout 0\n")}
    if boot.initrd:
        files["initrd"] = boot.initrd
    return files


def mapbridge(boot):
    """Without a line mapbridge-console, so that nothing is on the screen that nobody asked for."""
    return Disk(boot.loader, entry_files(boot), boot.loader)


def mapbridge_silent(boot):
    """No variable is written: what the rows of loaders without a Boot Loader Interface compare to."""
    disk = mapbridge(boot)
    disk.files["loader/loader.conf"] = text_file(boot, "loader.conf", "timeout 0\nmapbridge-variables no\n")
    return disk


def mapbridge_prepared(boot, *more):
    """The same entry with the kernel unpacked beforehand."""
    prepared = f"{boot.folder}/kernel.mbk"
    subprocess.run(["build/mapbridge", "prepare", boot.kernel, "-o", prepared], check=True, stdout=subprocess.DEVNULL)
    files = entry_files(boot, "mapbridge-prepared /kernel.mbk", *more)
    return Disk(boot.loader, {**files, "kernel.mbk": prepared}, boot.loader)


def mapbridge_prepared_kaslr(boot):
    return mapbridge_prepared(dataclasses.replace(boot, cmdline=boot.cmdline.replace("nokaslr ", "")))


def mapbridge_prepared_verified(boot):
    return mapbridge_prepared(boot, "mapbridge-verify yes")


def systemd_boot(boot):
    loader = need(f"{SYSTEMD}/systemd-bootx64.efi", "systemd-boot-efi")
    return Disk(loader, entry_files(boot), loader)


def among(count, fill):
    """The same disk with so many entries in all; the others are of older kernels that are the same file."""
    def fill_with_entries(boot):
        disk = fill(boot)
        for number in range(1, count):
            lines = [f"title Debian GNU/Linux {number:04}", f"version 6.1.{number:04}", "sort-key debian", "linux /kernel",
                     "machine-id 0123456789abcdef0123456789abcdef", "initrd /initrd", f"options {boot.cmdline} entry={number}"]
            name = f"debian-6.1.{number:04}.conf"
            disk.files[f"loader/entries/{name}"] = text_file(boot, name, "\n".join(lines) + "\n")
        return disk
    return fill_with_entries


def stub_direct(boot):
    return Disk(None, {"kernel.efi": boot.kernel, "initrd": boot.initrd}, None, "\\kernel.efi",
                f"initrd=\\initrd {boot.cmdline}")


def uki(boot):
    """systemd-stub, with kernel, initrd and command line as sections behind its own."""
    stub, out = need(f"{SYSTEMD}/linuxx64.efi.stub", "systemd-boot-efi"), f"{boot.folder}/uki.efi"
    headers = subprocess.run(["objdump", "-h", stub], capture_output=True, text=True, check=True).stdout
    address = max(int(size, 16) + int(start, 16)
                  for size, start in re.findall(r"^\s*\d+ \S+\s+([0-9a-f]+)\s+([0-9a-f]+)", headers, re.M))
    command = ["objcopy"]
    for section, path in ((".osrel", "/etc/os-release"), (".cmdline", text_file(boot, "cmdline", boot.cmdline)),
                          (".initrd", boot.initrd), (".linux", boot.kernel)):
        address += -address % 4096
        command += ["--add-section", f"{section}={path}", "--change-section-vma", f"{section}={address:#x}"]
        address += os.path.getsize(path)
    subprocess.run([*command, stub, out], check=True)
    return Disk(out, {}, out)


def grub(boot):
    """GRUB with the modules that it needs and a built-in configuration."""
    need(f"{GRUB}/linux.mod", "grub-efi-amd64-bin")
    if not shutil.which("grub-mkimage"):
        raise Missing("grub-mkimage of the package grub-common is missing")
    out = f"{boot.folder}/grub.efi"
    config = text_file(boot, "grub.cfg", 'regexp --set=1:dev "\\(([^)]*)\\)" "$cmdpath"\nset root=$dev\n'
                       f"linux /kernel {boot.cmdline}\ninitrd /initrd\nboot\n")
    subprocess.run(["grub-mkimage", "-d", GRUB, "-O", "x86_64-efi", "-p", "/EFI/BOOT", "-c", config, "-o", out,
                    "part_gpt", "fat", "linux", "boot", "regexp"], check=True)
    return Disk(out, {"kernel": boot.kernel, "initrd": boot.initrd}, out)


def efilinux(boot):
    config = text_file(boot, "efilinux.cfg", f"-f 0:\\kernel initrd=0:\\initrd {boot.cmdline}\n")
    return Disk(OTHERS["efilinux"], {"kernel": boot.kernel, "initrd": boot.initrd, "EFI/BOOT/efilinux.cfg": config},
                OTHERS["efilinux"])


def limine(boot):
    config = text_file(boot, "limine.conf", "timeout: 0\nquiet: yes\n/bench\n    protocol: linux\n"
                       "    kernel_path: boot():/kernel\n    module_path: boot():/initrd\n"
                       f"    cmdline: {boot.cmdline}\n")
    return Disk(OTHERS["limine"], {"kernel": boot.kernel, "initrd": boot.initrd, "EFI/BOOT/limine.conf": config},
                OTHERS["limine"])


def grub_debian(boot):
    """GRUB as Debian ships it: the signed image with all its modules."""
    loader = need("/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed", "grub-efi-amd64-signed")
    config = text_file(boot, "grub.cfg", f"set timeout=0\nmenuentry bench {{\n\tlinux /kernel {boot.cmdline}\n"
                       "\tinitrd /initrd\n}\n")
    return Disk(loader, {"kernel": boot.kernel, "initrd": boot.initrd, "EFI/debian/grub.cfg": config}, loader)


# With many entries, one of which is the default
ENTRIES = (500, 2000)


def crowd(count):
    return {"mapbridge": among(count, mapbridge), "systemd-boot": among(count, systemd_boot)}


LINUX = {"mapbridge": mapbridge, "mapbridge, no variables": mapbridge_silent, "mapbridge, prepared": mapbridge_prepared,
         "prepared, KASLR": mapbridge_prepared_kaslr, "prepared, verified": mapbridge_prepared_verified,
         "systemd-boot": systemd_boot, "stub-direct": stub_direct, "uki": uki, "grub": grub, "grub-debian": grub_debian}
# no Debian packages: they take part when EFILINUX_EFI and LIMINE_EFI name their files
OTHERS = {name: os.environ[f"{name.upper()}_EFI"] for name in ("efilinux", "limine") if f"{name.upper()}_EFI" in os.environ}
LINUX |= {name: contestant for name, contestant in (("efilinux", efilinux), ("limine", limine)) if name in OTHERS}
ELF64 = {"mapbridge": mapbridge}
