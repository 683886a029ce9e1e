# SPDX-License-Identifier: BSD-2-Clause
"""Boots of Linux that show what it got besides the memory map: random seed, option ROMs, EDID, TPM event log."""
import os
import re
import shutil
import subprocess

from boot_test import BUILD, BootTest, FOLDER, LOADER, LOADER_BEHIND, TOP
from kernel_tests import (BY_ITSELF, EFI, LEAVING, LINUX_CMDLINE, LINUX_INITRD, NO_ERROR, behind, kernel, linux,
                          same_e820_as_linux)

RANDOM = ("-device", "virtio-rng-pci")
VMLINUX = f"{BUILD}/linux/vmlinux"
TPM = f"{TOP}/{FOLDER}/tpm"
TPM_DEVICE = ("-chardev", f"socket,id=tpm,path={TPM}/socket", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
              "-device", "tpm-crb,tpmdev=tpm0")


def start_tpm():
    """A software TPM that ends with the QEMU that connects to it."""
    shutil.rmtree(TPM, ignore_errors=True)
    os.makedirs(TPM)
    if not shutil.which("swtpm"):
        raise OSError("swtpm is missing; install the package swtpm")
    subprocess.run(["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={TPM}", "--ctrl", f"type=unixio,path={TPM}/socket",
                    "--flags", "startup-clear", "--daemon", "--terminate"], check=True)
    return {}


def nodes(log):
    """[(type, bytes, first bytes in hexadecimal)] of the setup_data nodes that Linux saw."""
    return [(int(kind, 16), int(size), data) for kind, size, data in
            re.findall(r"^setup_data: type (0x[0-9a-f]+) (\d+) bytes *([0-9a-f]*)", log, re.M)]


def everything_arrived(log):
    yield from same_e820_as_linux(log)
    seeds = [node for node in nodes(log) if node[0] == 9]
    # Linux wipes the seed and its length when it has read it
    yield "random_seed_node", None if seeds == [(9, 0, "")] else f"the nodes of type 9 are {seeds}"
    early = re.search(r"^\[ *0\.000000\] random: crng init done", log, re.M)
    yield "random_at_once", None if early else "the random number generator was not ready at the first message"
    said = re.search(r"^option ROM: 0000:00:(\w\w)\.(\d) 1af4:1000, (\d+) bytes", log, re.M)
    roms = [node for node in nodes(log) if node[0] == 3 and node[2].startswith("f41a0010")]
    why = None
    if not said or len(roms) != 1 or roms[0][1] != 48 + int(said[3]):
        why = f"the loader said {said and said[0]}, Linux has {roms}"
    elif roms[0][2][96:100] != "55aa" or roms[0][2][64:66] != said[1]:
        why = f"the node holds no ROM of device {said[1]}: {roms[0][2]}"
    yield "option_rom", why
    log_size = re.search(r"^TPM event log: (\d+) bytes, format 2, (\d+) bytes of final events", log, re.M)
    tpm = re.search(r"^tpm: (\d+) bytes, last ([0-9a-f]*)", log, re.M)
    # behind the log Linux appends the events of ExitBootServices, which the firmware put into its final events table
    exit_event = b"Exit Boot Services Returned with Success".hex()
    why = None
    if not log_size or not tpm or int(tpm[1]) <= int(log_size[1]):
        why = f"the loader said {log_size and log_size[0]}, Linux has {tpm and tpm[0]}"
    elif exit_event not in tpm[2]:
        why = f"the last event is not that of ExitBootServices: {tpm[0]}"
    yield "tpm_event_log", why


def tables_of_others_arrived(log):
    yield from same_e820_as_linux(log)
    edid = re.search(r"^edid: ([0-9a-f]+)", log, re.M)
    wanted = f"00ffffffffffff003602{'00' * 117}a5"
    yield "edid", None if edid and edid[1] == wanted else f"Linux has {edid and edid[1]}"
    esrt = re.search(r"^esrt: (.*)", log, re.M)
    wanted = f"11223344-5566-7788-0102-030405060708 version {0x4d42}"
    yield "esrt", None if esrt and esrt[1] == wanted else f"Linux has {esrt and esrt[1]}"


TESTS = [
    linux("linux_vmlinux", kernel=VMLINUX, must=("without KASLR", "entering Linux vmlinux, ")),
    linux("linux_vmlinux_under_la57", kernel=VMLINUX, **behind("la57"), accel="tcg",
          must=(r"^la57: 5-level paging is on", "^note: 5-level page tables are on", "entering Linux vmlinux, ")),
    linux("linux_with_tables_of_others", efi=f"{EFI}/tables.efi", initrds=(), display="vga",
          files={LOADER_BEHIND: LOADER, "media/initrd.img": LINUX_INITRD}, extra=RANDOM, check=tables_of_others_arrived,
          must=(r"^the entry names no initrd: .*LINUX_EFI_INITRD_MEDIA_GUID",
                r"^random seed: 32 bytes of EFI_RNG_PROTOCOL, 64 of the program before", r"efi: .*ESRT=0x", r"efi: .*MEMATTR=0x")),
    linux("linux_above_4G", **behind("high"), memory="6G",
          must=(r"^  kernel +\[mem 0x00000001", r"^  initrd +\[mem 0x00000001", r"^high: [1-9]")),
    linux("linux_on_special_memory", **behind("gcd_accepted"), must=("persistent .type 7.", "soft reserved")),
    linux("linux_and_unaccepted_memory", **behind("gcd_ranges"), check=None, cmdline=f"test.unaccepted {LINUX_CMDLINE}",
          must=("^note: 268435456 bytes of memory are not accepted yet, .*mapbridge-start efi", "^PASS linux_efi"),
          must_not=(*NO_ERROR, LEAVING)),
    BootTest("vmlinux_and_unaccepted_memory", kernel=VMLINUX, **behind("gcd_ranges"), ends="returned",
             keys=((BY_ITSELF, "q"),),
             must=("^mapbridge: error: .*268435456 bytes of memory are not accepted yet .*bzImage",), must_not=(LEAVING,)),
    kernel("setup_arch_with_unaccepted_memory", **behind("gcd_ranges"),
           must=("^note: 268435456 bytes of memory are not accepted yet",)),
    # options of the kernel's EFI stub
    linux("linux_initrd_options", initrds=(), files={"boot/first.img": bytes(512), "boot/last.img": LINUX_INITRD},
          cmdline=f"initrd=\\boot\\first.img initrd=/boot/last.img {LINUX_CMDLINE}",
          must=(r"^reading \\boot\\first\.img", r"^reading \\boot\\last\.img")),
    linux("linux_screen_and_soft_reserve_options", **behind("gcd_accepted"), display="vga",
          cmdline=f"video=efifb:640x480 efi=nosoftreserve {LINUX_CMDLINE}",
          must=("^video=efifb: the screen changes from mode", r"efifb: mode is 640x480x32"),
          must_not=(*NO_ERROR, r"BIOS-e820: .*soft reserved")),
    linux("linux_pci_dma_option", cmdline=f"efi=disable_early_pci_dma {LINUX_CMDLINE}", check=None,
          must=("^note: efi=disable_early_pci_dma is for the kernel's own EFI stub", "^PASS linux_efi"), must_not=(*NO_ERROR, LEAVING)),
    linux("linux_memory_options", cmdline=f"mem=480M memmap=4M$0x8000000 hugepages=2 {LINUX_CMDLINE}",
          must=(r"user: \[mem 0x0000000008000000-0x00000000083fffff\] +(device )?reserved",
                r"last_pfn = 0x1e000 |^1e000000-[0-9a-f]+ : RAM buffer")),
    # the processor's own random numbers are not trusted, so that only the seed can make the generator ready
    linux("linux_with_tables", prepare=start_tpm, check=everything_arrived, display="vga", memory="1G",
          cmdline=f"random.trust_cpu=off {LINUX_CMDLINE}", must=(r"TPMEventLog=0x", r"RNG=0x"),
          extra=(*RANDOM, "-device", "virtio-net-pci", *TPM_DEVICE)),
]
