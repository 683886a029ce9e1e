# SPDX-License-Identifier: BSD-2-Clause
"""Machines whose memory maps differ in some way: data for scripts/capture-maps and for the boot tests."""
import dataclasses

# More memory than the host has or may promise: nothing is taken before it is touched. Linux touches 1/64 of it.
UNRESERVED = "memory-backend-ram,id=memory,reserve=off,size="
# System management mode, in which the flash can be written: the firmware's map is then in no order.
SMM = ("-global", "driver=cfi.pflash01,property=secure,value=on", "-global", "ICH9-LPC.disable_s3=1")
NUMA = ("-smp", "4,sockets=4", *(argument for node in range(4) for argument in (
    "-object", f"memory-backend-ram,id=node{node},size=256M",
    "-numa", f"node,nodeid={node},memdev=node{node},cpus={node}")))
NVDIMM = ("-object", "memory-backend-ram,id=nvdimm,size=256M", "-device", "nvdimm,memdev=nvdimm")
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
    program: str | None = None  # of test/boot/efi/, which changes the map and then starts the loader
    linux_options: str = ""
    without: tuple = ()  # kernels that would take too much time or too much of the host's memory

    def settings(self):
        """What machine.Machine and the boot tests' data call by the same names."""
        return dict(memory=self.memory, cpu=self.cpu, machine=self.machine, firmware=self.firmware, extra=self.extra)


MACHINES = [
    OddMachine("ovmf-256M", "q35, 256 MiB", memory="256M"),
    OddMachine("ovmf-2G", "q35, 2 GiB", memory="2G"),
    OddMachine("ovmf-6G", "q35, 6 GiB: RAM above 4 GiB, MMIO last", memory="6G"),
    OddMachine("ovmf-64G", "q35, 64 GiB", memory="64G", machine="q35,memory-backend=memory",
               extra=("-object", f"{UNRESERVED}64G"), without=("scribble",)),
    OddMachine("ovmf-900G", "q35, 900 GiB", memory="900G", machine="q35,memory-backend=memory",
               extra=("-object", f"{UNRESERVED}900G"), without=("scribble", "linux")),
    OddMachine("ovmf-pc", "pc (i440FX), 512 MiB", machine="pc"),
    OddMachine("ovmf-pc-6G", "pc (i440FX), 6 GiB", machine="pc", memory="6G"),
    OddMachine("ovmf-numa", "q35, 4 NUMA nodes of 256 MiB", memory="1G", extra=NUMA,
               linux_options="no_timer_check"),  # four emulated processors are too slow for that check
    OddMachine("ovmf-nvdimm", "q35, 1 GiB and an NVDIMM of 256 MiB", machine="q35,nvdimm=on",
               memory="1G,slots=2,maxmem=4G", extra=NVDIMM),
    OddMachine("ovmf-no-1G-pages", "q35, 6 GiB, a processor without 1 GiB pages", memory="6G", cpu="max,-pdpe1gb"),
    OddMachine("ovmf-la57", "q35, 512 MiB, 5-level paging on when the loader starts", program="la57"),
    OddMachine("ovmf-no-la57", "q35, 512 MiB, a processor without 5-level paging", cpu="max,-la57"),
    OddMachine("ovmf-secboot", "q35 with SMM, 512 MiB", machine="q35,smm=on", firmware="ovmf-secboot", extra=SMM),
    OddMachine("ovmf-fragmented", "q35, 512 MiB, 400 single pages of four types", program="fragment"),
    OddMachine("ovmf-gcd-ranges", "q35, 512 MiB; persistent, unaccepted, soft reserved, unusable, OEM and OS types",
               program="gcd_ranges", without=("linux",)),  # which is refused because of the unaccepted memory
    OddMachine("u-boot-512M", "pc, 512 MiB", **U_BOOT),
    OddMachine("u-boot-2G", "pc, 2 GiB", memory="2G", **U_BOOT),
    OddMachine("u-boot-6G", "pc, 6 GiB: RAM above 4 GiB as boot services data", memory="6G", **U_BOOT),
    OddMachine("u-boot-fragmented", "pc, 512 MiB, 400 single pages of four types", program="fragment", **U_BOOT),
]
