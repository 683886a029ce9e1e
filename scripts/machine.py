# SPDX-License-Identifier: BSD-2-Clause
"""Runs one QEMU with OVMF and says how it ended; used by scripts/qemu and by the boot tests."""
import ctypes
import dataclasses
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

QEMU = "qemu-system-x86_64"
SUCCESS = 33  # isa-debug-exit of 0x10: (0x10 << 1) | 1, a status that QEMU itself never has
# OVMF with a 4 MiB flash, as Debian, Fedora and Arch lay it out
FIRMWARE = [("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
            ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
            ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd")]
# other firmware by name: code, variable store template (none: the code goes to -bios), Debian's package
NAMED_FIRMWARE = {"ovmf-secboot": ("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd",
                                   "ovmf"),
                  # Secure Boot is on, with a key of the package itself in db
                  "ovmf-snakeoil": ("/usr/share/OVMF/OVMF_CODE_4M.secboot.fd",
                                    "/usr/share/OVMF/OVMF_VARS_4M.snakeoil.fd", "ovmf"),
                  "ovmf-2M": ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd", "ovmf"),
                  "ovmf-rom": ("/usr/share/ovmf/OVMF.fd", None, "ovmf"),  # of 2 MiB, with variables in memory
                  "ovmf-2M-secboot": ("/usr/share/OVMF/OVMF_CODE.secboot.fd", "/usr/share/OVMF/OVMF_VARS.fd", "ovmf"),
                  "u-boot": ("/usr/lib/u-boot/qemu-x86_64/u-boot.rom", None, "u-boot-qemu")}
# QEMU's devices for the disk, which the firmware starts from
DISKS = {"virtio": ("virtio-blk-pci",), "scsi": ("virtio-scsi-pci", "scsi-hd"), "ide": ("ide-hd,bus=ide.0",),
         "ahci": ("ahci,id=ahci", "ide-hd,bus=ahci.0"), "nvme": ("nvme,serial=mapbridge",),
         "usb": ("qemu-xhci", "usb-storage"), "usb2": ("usb-ehci", "usb-storage"), "cdrom": ("ide-cd",)}
ESCAPES = re.compile(r"\x1b(\[[0-9;?=]*[A-Za-z]|[()][0-9A-Za-z]|[=>])")
BACK_TO_FIRMWARE = "mapbridge: back to the firmware"
LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # linux/prctl.h


class Problem(Exception):
    """A missing tool or file, in one line for the user."""


def die_with_parent():
    """What a process does before it runs a program that shall not outlive us, however we end."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def first_error(stderr):
    """The first line of QEMU's own that is not a warning; empty when there is none."""
    lines = [line.removeprefix(f"{QEMU}: ").strip() for line in stderr.splitlines()]
    noise = re.compile(r"$|warning:|terminating on")
    return next((line for line in lines if not noise.match(line)), "")


def plain_text(data):
    """A serial log as text: no escape sequences, no carriage returns."""
    return ESCAPES.sub("", data.decode("latin-1")).replace("\r", "")


def find_firmware(code=None):
    """(code, variable store template) of the UEFI firmware, given by name or by its code file; raises Problem."""
    if code in NAMED_FIRMWARE:
        *pair, package = NAMED_FIRMWARE[code]
        if not all(map(os.path.isfile, filter(None, pair))):
            raise Problem(f"the firmware {pair[0]} does not exist; install the package {package}")
        return tuple(pair)
    if code:
        template = code.replace("CODE", "VARS") if "CODE" in os.path.basename(code) else None
        for path in filter(None, (code, template)):
            if not os.path.isfile(path):
                raise Problem(f"the firmware {path} does not exist")
        return code, template
    for pair in FIRMWARE:
        if all(map(os.path.isfile, pair)):
            return pair
    raise Problem("no OVMF firmware found; install the package ovmf or name its code file with --firmware")


def probe_kvm(cpu="max", machine="q35"):
    """(works, why): runs a ROM of a few instructions under KVM, because a /dev/kvm that exists may still not work.

    Some refuse a CPU's registers, some cannot run floating-point instructions from a ROM, which firmware starts with.
    """
    if not os.path.exists("/dev/kvm"):
        return False, "there is no /dev/kvm"
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False, "no permission for /dev/kvm"
    rom = bytearray(0x10000)
    # fninit; fwait; xor eax,eax; cpuid; mov al,0x10; out 0xf4,al; hlt
    rom[0xfff0:0xfffd] = b"\xdb\xe3\x9b\x66\x31\xc0\x0f\xa2\xb0\x10\xe6\xf4\xf4"
    with tempfile.NamedTemporaryFile(suffix=".rom") as file:
        file.write(rom)
        file.flush()
        command = [QEMU, "-accel", "kvm", "-machine", machine, "-cpu", cpu, "-m", "16", "-nodefaults", "-no-reboot",
                   "-display", "none", "-bios", file.name, "-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        try:
            result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5)
        except subprocess.TimeoutExpired:
            return False, "a probe under KVM did not end"
        except FileNotFoundError:
            raise Problem(f"{QEMU} is missing; install the package qemu-system-x86") from None
    if result.returncode == SUCCESS:
        return True, "a probe ran under it"
    return False, first_error(result.stderr) or f"a probe under it ended with status {result.returncode}"


@dataclasses.dataclass
class Machine:
    image: str
    memory: str = "512"
    cpu: str = "max"
    machine: str = "q35"
    accel: str = "tcg"
    firmware: str | None = None
    display: str = "vga"  # none: no graphics at all; vga: a card that nobody sees; gtk: a window
    extra: tuple = ()
    snapshot: bool = True  # what is written to the image is forgotten
    variables: str | None = None  # variable store that is kept from boot to boot; made when it is missing
    disk: str = "virtio"  # a key of DISKS
    sector: int = 512  # bytes a sector of the disk has
    drive: str = ""  # more options of QEMU's for what is behind the disk, such as ",bps=1000000"
    bad_bytes: tuple = ()  # offsets in the image that cannot be read
    serial: bool = True  # without a serial port the log is what a kernel writes to port 0x402

    def firmware_arguments(self, scratch):
        code, template = find_firmware(self.firmware)
        if not template:
            return ["-bios", code]
        # old boot entries in a variable store change the boot order: a fresh copy each time
        store = self.variables or f"{scratch}/vars.fd"
        if not os.path.exists(store):
            shutil.copy(template, store)
        return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={code}",
                "-drive", f"if=pflash,format=raw,unit=1,file={store}"]

    def disk_arguments(self):
        file = f"format=raw,file={self.image}"
        if self.bad_bytes:
            file = f"driver=raw,file.driver=blkdebug,file.image.driver=file,file.image.filename={self.image}"
            for number, offset in enumerate(self.bad_bytes):
                rule = {"event": "read_aio", "sector": offset // 512, "errno": 5, "once": "off", "immediately": "on"}
                file += "".join(f",file.inject-error.{number}.{key}={value}" for key, value in rule.items())
        *controllers, device = DISKS[self.disk]
        device += ",drive=disk,bootindex=0"
        if self.sector != 512:
            device += f",logical_block_size={self.sector},physical_block_size={self.sector}"
        media = ",media=cdrom,readonly=on" if self.disk == "cdrom" else f",snapshot={'on' if self.snapshot else 'off'}"
        return ["-drive", f"if=none,id=disk,{file}{media}{self.drive}",
                *(argument for one in (*controllers, device) for argument in ("-device", one))]

    def serial_arguments(self, log):
        if self.serial:
            return ["-serial", f"file:{log}"]
        return ["-serial", "none", "-debugcon", f"file:{log}", "-global", "isa-debugcon.iobase=0x402"]

    def command(self, scratch, serial):
        command = [QEMU, "-machine", self.machine, "-accel", self.accel, "-cpu", self.cpu, "-m", self.memory,
                   "-nodefaults", "-no-user-config", "-no-reboot", "-no-shutdown",
                   "-vga", "none" if self.display == "none" else "std",
                   "-display", "gtk" if self.display == "gtk" else "none", *self.firmware_arguments(scratch)]
        command += [*self.disk_arguments(), "-device", "isa-debug-exit,iobase=0xf4,iosize=4",
                    "-qmp", f"unix:{scratch}/qmp,server=on,wait=off", *serial]
        if self.accel == "tcg":
            command += ["-d", "cpu_reset", "-D", f"{scratch}/cpu_reset"]
        return command + list(self.extra)


@dataclasses.dataclass
class End:
    """How a run ended. kind: exit (by isa-debug-exit), returned (to the firmware), exception, panic, no-loader,
    reset, poweroff, stopped (by the user), timeout, error (QEMU's own)."""
    kind: str
    what: str
    status: int | None = None

    @property
    def success(self):
        return self.kind == "exit" and self.status == SUCCESS


def last_error(text):
    errors = re.findall(r"mapbridge: (error: .*)", text)
    return errors[-1].strip() if errors else "it printed no error"


# what ends a run that would go on for ever: pattern, kind, text of the match to what happened
ENDS = [(re.compile(re.escape(BACK_TO_FIRMWARE)), "returned",
         lambda text, match: f"the loader went back to the firmware: {last_error(text)}"),
        (re.compile(r"!!!! X64 Exception Type - ([^)\n]*\)?)"), "exception",
         lambda text, match: f"a processor exception while the firmware was in charge: {match[1]}"),
        (re.compile(r"Kernel panic - not syncing: ?(.*)"), "panic",
         lambda text, match: f"the kernel panicked: {match[1].strip()}"),
        (re.compile(r'BdsDxe: No bootable option|BdsDxe: starting Boot\w+ "EFI Internal Shell"'), "no-loader",
         lambda text, match: "the firmware found nothing to start on the disk")]


class Qmp:
    """QEMU's control socket: commands, and the events that came meanwhile."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.pending = b""
        self.events = []
        self.command("qmp_capabilities")

    def messages(self, timeout):
        """Yields the messages of one read; stops when there are none within the time."""
        self.socket.settimeout(timeout)
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, BlockingIOError, ConnectionResetError):
            data = b""
        *lines, self.pending = (self.pending + data).split(b"\n")
        for line in lines:
            message = json.loads(line)
            if "event" in message:
                self.events.append(message)
            yield message

    def command(self, name, **arguments):
        """The command's result; None when QEMU is gone, refuses or does not answer."""
        try:
            self.socket.sendall(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        except OSError:
            return None
        until = time.monotonic() + 5
        while time.monotonic() < until:
            for message in self.messages(0.5):
                if "return" in message:
                    return message["return"]
                if "error" in message:
                    return None
        return None

    def event(self, name):
        """The data of the first event of this name; None when there was none."""
        for _ in self.messages(0.001):
            pass
        return next((event.get("data", {}) for event in self.events if event["event"] == name), None)


class Run:
    """One QEMU. serial: its arguments for the serial port, which must end up in the file `log` as well."""

    def __init__(self, machine, log, serial=None, terminal=False, on_data=None):
        self.log = log
        self.on_data = on_data
        self.scratch = tempfile.mkdtemp(prefix="mapbridge.")
        self.data = b""
        self.text = ""  # the same, plain; made once for all who look at it again and again
        self.qmp = None
        self.started = time.monotonic()
        open(log, "wb").close()
        self.errors = open(f"{self.scratch}/stderr", "w+")
        try:
            self.process = subprocess.Popen(machine.command(self.scratch, serial or machine.serial_arguments(log)),
                                            stdin=None if terminal else subprocess.DEVNULL, stderr=self.errors,
                                            preexec_fn=die_with_parent)
        except FileNotFoundError:
            self.close()
            raise Problem(f"{QEMU} is missing; install the package qemu-system-x86") from None
        except Problem:
            self.close()
            raise

    def connect(self):
        if self.qmp is None and os.path.exists(f"{self.scratch}/qmp"):
            try:
                self.qmp = Qmp(f"{self.scratch}/qmp")
            except OSError:
                self.qmp = None
        return self.qmp

    def read_log(self):
        """Takes in what the serial log grew by; on_data gets it."""
        with open(self.log, "rb") as file:
            file.seek(len(self.data))
            fresh = file.read()
        if fresh:
            self.data += fresh
            self.text = plain_text(self.data)
        if fresh and self.on_data:
            self.on_data(fresh)
        return fresh

    def screenshot(self, path, form="png"):
        """Writes the screen as a PNG or PPM file; False when QEMU could not."""
        qmp = self.connect()
        return bool(qmp) and qmp.command("screendump", filename=os.path.abspath(path), format=form) is not None

    def press(self, keys):
        """Presses keys of the keyboard one after the other, by QEMU's names (qcodes)."""
        for key in keys:
            self.connect().command("send-key", keys=[{"type": "qcode", "data": key}], **{"hold-time": 30})
            time.sleep(0.1)

    def wait(self, timeout=None, watch_for=ENDS):
        """Lets it run to its end, which comes after `timeout` seconds at the latest."""
        while True:
            exited = self.process.poll() is not None
            fresh = self.read_log()
            if exited:
                return self.why_it_exited()
            end = self.why_it_stopped() if self.connect() else None
            if not end and fresh:
                end = self.what_the_log_says(watch_for)
            if not end and timeout and time.monotonic() - self.started > timeout:
                end = End("timeout", f"nothing ended it within {timeout:g} seconds")
            if end:
                self.stop()
                return end
            time.sleep(0.02)

    def what_the_log_says(self, watch_for):
        for pattern, kind, explain in watch_for:
            if pattern.search(self.text):
                time.sleep(0.3)  # for the rest of the line
                self.read_log()
                return End(kind, explain(self.text, pattern.search(self.text)))
        return None

    def why_it_stopped(self):
        """The machine's end while QEMU still holds it (-no-reboot -no-shutdown); None while it runs."""
        if self.qmp.event("STOP") is None:
            return None
        state = (self.qmp.command("query-status") or {}).get("status")
        if state == "internal-error":
            return End("error", "KVM met an instruction that it cannot run; --accel tcg can")
        shutdown = self.qmp.event("SHUTDOWN")
        if shutdown is None:
            return None  # somebody paused it in the monitor
        if shutdown.get("reason") == "guest-shutdown":
            return self.why_it_shut_down()
        if shutdown.get("reason") not in ("guest-reset", "guest-panic"):
            return End("stopped", "QEMU was told to quit")
        return End("reset", self.why_it_reset())

    def why_it_shut_down(self):
        """Since QEMU 9.1 isa-debug-exit is a shutdown like any other; QEMU keeps the status for its own end."""
        self.qmp.command("quit")
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            return End("error", "QEMU did not quit after the machine was shut down")
        return self.why_it_exited() if self.process.returncode else End("poweroff", "the machine was powered off")

    def why_it_reset(self):
        try:
            with open(f"{self.scratch}/cpu_reset", errors="replace") as file:
                triple_fault = "Triple fault" in file.read()
        except FileNotFoundError:
            return "the machine reset itself: a triple fault or a reboot"
        registers = self.qmp.command("human-monitor-command", **{"command-line": "info registers"}) or ""
        address = re.search(r"[ER]IP=([0-9a-f]+)", registers)
        place = f" at {int(address[1], 16):#x}" if address else ""
        return f"a triple fault{place} reset the machine" if triple_fault else f"the machine was rebooted{place}"

    def why_it_exited(self):
        status = self.process.returncode
        self.errors.seek(0)
        error = first_error(self.errors.read())
        if status == SUCCESS:
            return End("exit", "the kernel reported success", status)
        if status < 0:
            return End("error", f"QEMU was ended by {signal.Signals(-status).name}: {error or 'no message'}", status)
        if status == 0:
            return End("stopped", "QEMU was told to quit", status)
        if status == 1 and error:
            return End("error", f"QEMU did not run: {error}", status)
        what = f"the kernel reported failure: {status >> 1:#x} through isa-debug-exit, QEMU status {status}"
        return End("exit", what, status)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()  # QEMU then puts the terminal back in order
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.read_log()

    def close(self):
        if hasattr(self, "process"):
            self.stop()
        self.errors.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
