# SPDX-License-Identifier: BSD-2-Clause
"""Machines that differ in some way: data for scripts/capture-maps and for the boot tests, a line a machine."""
import dataclasses

# More memory than the host has or may promise: nothing is taken before it is touched. Linux touches 1/64 of it.
UNRESERVED = "memory-backend-ram,id=memory,reserve=off,size="
# System management mode, in which the flash can be written: the firmware's map is then in no order.
SMM = ("-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1")
NUMA = ("-smp", "4,sockets=4", *(argument for node in range(4) for argument in (
    "-object", f"memory-backend-ram,id=node{node},size=256M",
    "-numa", f"node,nodeid={node},memdev=node{node},cpus={node}")))
NVDIMM = ("-object", "memory-backend-ram,id=nvdimm,size=256M", "-device", "nvdimm,memdev=nvdimm")
# of the boots in machine_tests.py: a test kernel twice with the same variable store, another one, Linux
ALL = ("setup_arch_again", "scribble", "linux")
HOTPLUG = ("-object", "memory-backend-ram,id=dimm,size=1G", "-device", "pc-dimm,memdev=dimm,addr=0x140000000")
HMAT = ("-smp", "2", "-object", "memory-backend-ram,id=near,size=512M",
        "-object", "memory-backend-ram,id=far,size=512M",
        "-numa", "node,nodeid=0,memdev=near,cpus=0-1", "-numa", "node,nodeid=1,memdev=far,initiator=0",
        *(argument for node, latency in ((0, 5), (1, 50)) for argument in ("-numa", "hmat-lb,initiator=0,"
          f"target={node},hierarchy=memory,data-type=access-latency,latency={latency}")))
# What Linux needs under U-Boot: MTRRs that U-Boot leaves unset, and a SetVirtualAddressMap that would crash.
U_BOOT = dict(firmware="u-boot", machine="pc", linux_options="disable_mtrr_trim efi=noruntime")


@dataclasses.dataclass
class OddMachine:
    name: str
    what: str
    memory: str = "512M"
    cpu: str = "max"
    machine: str = "q35"
    firmware: str | None = None  # as machine.find_firmware takes it
    extra: tuple = ()
    disk: str = "virtio"  # as machine.Machine takes it
    sector: int = 512
    fat: int | None = None  # as scripts/make-image takes it
    gpt: bool = False
    serial: bool = True  # or not, and then the verdict is the kernel's through QEMU's debug console
    display: str = "none"
    tpm: bool = False
    keys: tuple = ()  # as boot_test.BootTest takes them
    program: str | None = None  # of test/boot/efi/, which changes the map and then starts the loader
    linux_options: str = ""
    scribble_options: str = ""
    linux_tells: bool = True  # or its e820 lines are more than its log buffer holds before there is a console
    boots: tuple = ALL  # those it has time and memory for; the others are no verdict about it
    quick: tuple = ()  # those that are part of `make test`

    def settings(self):
        """What machine.Machine and the boot tests' data call by the same names."""
        return {name: getattr(self, name) for name in ("memory", "cpu", "machine", "firmware", "extra", "disk",
                                                       "sector", "serial", "display", "keys")}


def unreserved(size, cpu="max", **more):
    return dict(memory=size, cpu=cpu, machine="q35,memory-backend=memory", extra=("-object", f"{UNRESERVED}{size}"),
                scribble_options="sparse_above=0x100000000", **more)  # writing all of it would take too long


SCRIBBLE = ("scribble",)  # enough where only the way to the files differs, or nothing but the firmware
MACHINES = [
    # firmware and chipset
    OddMachine("ovmf-48M", "q35, 48 MiB, the least that the firmware starts with: it leaves a kernel 1 MiB",
               memory="48M", boots=("too_little_memory",)),
    OddMachine("ovmf-56M", "q35, 56 MiB, the least that it leaves a kernel enough of", memory="56M",
               boots=SCRIBBLE, quick=SCRIBBLE),
    OddMachine("ovmf-256M", "q35, 256 MiB", memory="256M", quick=("setup_arch_again", "scribble")),
    OddMachine("ovmf-2G", "q35, 2 GiB", memory="2G", quick=SCRIBBLE),
    OddMachine("ovmf-6G", "q35, 6 GiB: RAM above 4 GiB, MMIO last", memory="6G"),
    OddMachine("ovmf-2M", "q35, 512 MiB, firmware with a flash of 2 MiB", firmware="ovmf-2M"),
    OddMachine("ovmf-rom", "q35, 512 MiB, firmware with its variables in memory", firmware="ovmf-rom", boots=SCRIBBLE),
    OddMachine("ovmf-pc", "pc (i440FX), 512 MiB", machine="pc"),
    OddMachine("ovmf-pc-6G", "pc (i440FX), 6 GiB", machine="pc", memory="6G"),
    OddMachine("ovmf-secboot", "q35 with SMM, 512 MiB", machine="q35,smm=on", firmware="ovmf-secboot", extra=SMM),
    OddMachine("ovmf-2M-secboot", "q35 with SMM, 512 MiB, firmware with a flash of 2 MiB", machine="q35,smm=on",
               firmware="ovmf-2M-secboot", extra=SMM, boots=SCRIBBLE),
    OddMachine("ovmf-secure-boot", "q35 with SMM, Secure Boot on, the loader and Linux signed", machine="q35,smm=on",
               firmware="ovmf-snakeoil", extra=SMM, boots=("signed_linux",)),
    OddMachine("u-boot-64M", "pc, 64 MiB: with 48 U-Boot does not start a program", memory="64M", boots=SCRIBBLE, **U_BOOT),
    OddMachine("u-boot-512M", "pc, 512 MiB", quick=ALL, **U_BOOT),
    OddMachine("u-boot-2G", "pc, 2 GiB", memory="2G", **U_BOOT),
    OddMachine("u-boot-6G", "pc, 6 GiB: RAM above 4 GiB as boot services data", memory="6G", **U_BOOT),
    OddMachine("u-boot-q35", "q35, 512 MiB", **{**U_BOOT, "machine": "q35"}, disk="ide", boots=SCRIBBLE),
    OddMachine("u-boot-screen", "pc, 512 MiB, a graphics card", display="vga", boots=SCRIBBLE, **U_BOOT),
    # how much memory, and where
    OddMachine("ovmf-64G", "q35, 64 GiB", **unreserved("64G"), quick=("setup_arch",)),
    OddMachine("ovmf-900G", "q35, 900 GiB", **unreserved("900G"), boots=("setup_arch_again", "scribble")),
    OddMachine("ovmf-1T", "q35, 1 TiB, split at the hole below 1 TiB", **unreserved("1T", "max,phys-bits=46"),
               boots=("setup_arch", "scribble")),
    OddMachine("ovmf-4T", "q35, 4 TiB, 5-level paging possible", **unreserved("4T", "max,phys-bits=46,la57=on"),
               boots=("setup_arch", "scribble")),
    OddMachine("ovmf-16T", "q35, 16 TiB", **unreserved("16T", "max,phys-bits=48"), boots=SCRIBBLE),
    OddMachine("ovmf-numa", "q35, 4 NUMA nodes of 256 MiB", memory="1G", extra=NUMA, quick=SCRIBBLE,
               linux_options="no_timer_check"),  # four emulated processors are too slow for that check
    OddMachine("ovmf-hotplug", "q35, 1 GiB, and a DIMM of 1 GiB behind a gap above 4 GiB",
               memory="1G,slots=4,maxmem=8G", extra=HOTPLUG, linux_options="memhp_default_state=online"),
    OddMachine("ovmf-nvdimm", "q35, 1 GiB and an NVDIMM of 256 MiB", machine="q35,nvdimm=on",
               memory="1G,slots=2,maxmem=4G", extra=NVDIMM),
    OddMachine("ovmf-hmat", "q35, near and far memory of 512 MiB as the ACPI table HMAT tells", machine="q35,hmat=on",
               memory="1G", extra=HMAT),
    OddMachine("ovmf-fragmented", "q35, 512 MiB, 400 single pages of four types", program="fragment"),
    OddMachine("ovmf-fragmented-3000", "q35, 1 GiB, 1550 single pages: over 3000 e820 entries", memory="1G",
               program="fragment_3000", linux_tells=False),
    OddMachine("ovmf-gcd-ranges", "q35, 512 MiB; persistent, unaccepted, soft reserved, unusable, OEM and OS types",
               program="gcd_ranges", boots=("setup_arch_again", "scribble"), quick=SCRIBBLE),
    OddMachine("ovmf-gcd-accepted", "the same without unaccepted memory, because of which Linux is refused",
               program="gcd_accepted", boots=("linux",)),
    OddMachine("u-boot-fragmented", "pc, 512 MiB, 400 single pages of four types", program="fragment",
               quick=SCRIBBLE, **U_BOOT),
    OddMachine("u-boot-fragmented-14000", "pc, 512 MiB, 7000 single pages: more e820 entries than Linux can map",
               program="fragment_14000", boots=("too_many_ranges",), **U_BOOT),
    # processors
    OddMachine("ovmf-no-1G-pages", "q35, 6 GiB, a processor without 1 GiB pages", memory="6G", cpu="max,-pdpe1gb"),
    OddMachine("ovmf-la57", "q35, 512 MiB, 5-level paging on when the loader starts", program="la57"),
    OddMachine("ovmf-no-la57", "q35, 512 MiB, a processor without 5-level paging", cpu="max,-la57"),
    OddMachine("ovmf-no-random", "q35, 512 MiB, no random numbers from anywhere", cpu="max,-rdrand,-rdseed"),
    OddMachine("ovmf-old-cpu", "q35, 512 MiB, an early 64-bit processor", cpu="qemu64"),
    OddMachine("ovmf-2-cpus", "q35, 512 MiB, 2 processors", extra=("-smp", "2"), boots=SCRIBBLE),
    OddMachine("ovmf-64-cpus", "q35, 512 MiB, 64 processors", extra=("-smp", "64"), boots=SCRIBBLE),
    OddMachine("ovmf-255-cpus", "q35, 512 MiB, 255 processors", extra=("-smp", "255"), boots=SCRIBBLE),
    # what is connected
    OddMachine("ovmf-no-serial", "q35, 512 MiB, no serial port", serial=False, boots=SCRIBBLE, quick=SCRIBBLE),
    OddMachine("ovmf-only-screen", "q35, 512 MiB, a screen and no serial port", serial=False, display="vga",
               boots=SCRIBBLE),
    OddMachine("ovmf-screen", "q35, 512 MiB, a screen and a serial port", display="vga", boots=SCRIBBLE),
    OddMachine("ovmf-tpm", "q35, 512 MiB, a TPM 2.0", tpm=True, boots=("scribble", "linux"), quick=SCRIBBLE),
    # disks
    OddMachine("ovmf-ahci", "AHCI", disk="ahci", boots=SCRIBBLE),
    OddMachine("ovmf-ide", "pc, IDE", disk="ide", machine="pc", boots=SCRIBBLE),
    OddMachine("ovmf-nvme", "NVMe, GPT", disk="nvme", gpt=True, boots=SCRIBBLE),
    OddMachine("ovmf-scsi", "virtio SCSI", disk="scsi", boots=SCRIBBLE),
    OddMachine("ovmf-usb", "USB 3, FAT16", disk="usb", fat=16, boots=SCRIBBLE, quick=SCRIBBLE),
    OddMachine("ovmf-cdrom", "CD-ROM (El Torito), FAT16", disk="cdrom", boots=SCRIBBLE, quick=SCRIBBLE),
    OddMachine("ovmf-cdrom-fat12", "CD-ROM (El Torito), FAT12", disk="cdrom", fat=12, boots=SCRIBBLE),
    OddMachine("ovmf-fat12", "virtio, FAT12", fat=12, boots=SCRIBBLE),
    OddMachine("ovmf-fat16-gpt", "AHCI, FAT16 on GPT", disk="ahci", fat=16, gpt=True, boots=SCRIBBLE),
    OddMachine("ovmf-4096", "virtio, sectors of 4096 bytes", sector=4096, boots=SCRIBBLE),
    OddMachine("ovmf-4096-gpt", "NVMe, sectors of 4096 bytes, GPT", disk="nvme", sector=4096, gpt=True, boots=SCRIBBLE,
               quick=SCRIBBLE),
    OddMachine("ovmf-4096-usb", "USB, sectors of 4096 bytes", disk="usb", sector=4096, boots=SCRIBBLE),
    OddMachine("u-boot-ahci", "AHCI, GPT", disk="ahci", gpt=True, boots=SCRIBBLE, **U_BOOT),
    OddMachine("u-boot-ide", "IDE, FAT16", disk="ide", fat=16, boots=SCRIBBLE, **U_BOOT),
    OddMachine("u-boot-usb", "USB 2", disk="usb2", boots=SCRIBBLE, **U_BOOT),
    OddMachine("u-boot-nvme", "NVMe, on which U-Boot has to be told to look", disk="nvme", gpt=True, boots=SCRIBBLE,
               keys=((r"Hit any key", " "), (r"=> ", "nvme scan; load nvme 0:1 ${kernel_addr_r} EFI/BOOT/BOOTX64.EFI; "
                                             "bootefi ${kernel_addr_r} ${fdtcontroladdr}\r")), **U_BOOT),
    OddMachine("u-boot-fat12", "virtio, FAT12 on GPT", fat=12, gpt=True, boots=SCRIBBLE, **U_BOOT),
]


@dataclasses.dataclass
class Impossible:
    """A machine that is wanted and cannot be made here. What QEMU refuses is tried: one day it may not."""
    name: str
    why: str
    arguments: tuple = ()  # of QEMU, which then ends with an error
    says: str = ""  # a regular expression for it


IMPOSSIBLE = [
    Impossible("64T", "QEMU 7.2 cannot describe 64 TiB in its SMBIOS tables",
               ("-machine", "q35,memory-backend=memory", "-m", "64T", "-object", f"{UNRESERVED}64T",
                "-cpu", "max,phys-bits=48", "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd"), "smbios"),
    Impossible("256-cpus", "QEMU emulates no local APIC with more than 8 bits of number without KVM",
               ("-machine", "q35", "-smp", "256"), "X2APIC"),
    Impossible("ahci-4096", "QEMU's AHCI and IDE disks have sectors of 512 bytes",
               ("-blockdev", "null-co,node-name=disk", "-device", "ide-hd,drive=disk,logical_block_size=4096,"
                "physical_block_size=4096,discard_granularity=4096"), "512"),
    Impossible("usb-4096-gpt", "OVMF 2022.11 finds no partitions on a USB disk with sectors of 4096 bytes"),
    Impossible("hmat-special", "OVMF 2022.11 marks no memory as specific-purpose from HMAT: gcd_ranges does"),
    Impossible("nvdimm-map", "OVMF's map has neither NVDIMMs nor plugged DIMMs: gcd_ranges adds persistent memory"),
    Impossible("unaccepted", "unaccepted memory of a TDX or SEV-SNP guest needs such a host: gcd_ranges adds some"),
    Impossible("la57-from-reset", "no firmware of Debian 12 starts with 5-level paging: la57 switches to it"),
    Impossible("strict-firmware", "no firmware of Debian 12 enforces W^X: strict_wx does it in its page tables"),
]
