# SPDX-License-Identifier: BSD-2-Clause
# What boots: `make run` and `make run-linux`.
## make run                 boot the test kernel setup_arch under QEMU; KERNEL=path INITRD="path..." CMDLINE="..." boot
##                          your own; MEMORY=512 VIDEO=none|vga|gtk ACCEL=auto|kvm|tcg QEMU_ARGS="..." set the machine
## make run-linux           boot Debian's cloud kernel to a shell in its initrd; CHECK=1 runs a check there instead
MEMORY := 512
VIDEO := vga
ACCEL := auto
QEMU_ARGS :=
RUN_QEMU = scripts/qemu --memory '$(MEMORY)' --display '$(VIDEO)' --accel '$(ACCEL)'

RUN_KERNEL := $(or $(KERNEL),$(B)/kernels/setup_arch.elf)
RUN_INITRD := $(or $(INITRD),$(if $(KERNEL),,$(B)/run/initrd.img))
# files below build/ are made when they are missing, all others must be there
RUN_BUILT := $(filter $(B)/%,$(RUN_KERNEL) $(RUN_INITRD))
ifneq ($(filter run,$(MAKECMDGOALS)),)
$(foreach file,$(filter-out $(B)/%,$(RUN_KERNEL) $(RUN_INITRD)),\
	$(if $(wildcard $(file)),,$(error the file $(file) of KERNEL= or INITRD= does not exist)))
endif

run: export CMDLINE := $(CMDLINE)
run: $(B)/BOOTX64.EFI $(RUN_BUILT)
	@mkdir -p $(B)/run
	@scripts/make-image $(B)/run/disk.img --efi $(B)/BOOTX64.EFI --kernel '$(RUN_KERNEL)' --cmdline "$$CMDLINE" \
		$(foreach file,$(RUN_INITRD),--initrd '$(file)') $(if $(filter $(B)/kernels/%,$(RUN_KERNEL)),--initrd-crc32)
	@$(RUN_QEMU) $(B)/run/disk.img --log $(B)/run/serial.log -- $(QEMU_ARGS)

# bytes that repeat nowhere, and an odd number of them
$(B)/run/initrd.img:
	@mkdir -p $(@D)
	$(Q)python3 -c 'import random, sys; sys.stdout.buffer.write(random.Random(1).randbytes(1000003))' >$@

LINUX_CMDLINE := console=tty0 console=ttyS0,115200 panic=-1$(if $(CHECK), mapbridge.check)
run-linux: $(B)/BOOTX64.EFI $(B)/linux/vmlinuz $(B)/linux/initrd.img
	@scripts/make-image $(B)/linux/disk.img --efi $(B)/BOOTX64.EFI --title 'Debian cloud kernel' \
		--kernel $(B)/linux/vmlinuz --initrd $(B)/linux/initrd.img --cmdline '$(LINUX_CMDLINE)'
	@$(RUN_QEMU) $(B)/linux/disk.img --log $(B)/linux/serial.log --accept-poweroff -- $(QEMU_ARGS)

$(B)/linux/vmlinuz:
	@command -v xz >/dev/null || ! command -v apt-get >/dev/null || scripts/deps linux
	$(Q)scripts/fetch-linux $(@D)
$(B)/linux/vmlinux: scripts/unpack-vmlinux $(B)/linux/vmlinuz
	$(Q)command -v lz4 >/dev/null || scripts/deps test
	$(Q)scripts/unpack-vmlinux $(B)/linux/vmlinuz $@
$(B)/%/vmlinuz.mbk: $(B)/%/vmlinuz $(B)/mapbridge
	$(Q)$(B)/mapbridge prepare $< -o $@ >$@.log
$(B)/linux/busybox: $(B)/linux/vmlinuz ;
$(B)/linux/leave-qemu: scripts/linux/leave_qemu.c
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(WARN) -D_GNU_SOURCE -Os -static $< -o $@
INITRD_FILES := $(addprefix scripts/linux/,init check verdict)
$(B)/linux/initrd.img: scripts/make-initrd $(INITRD_FILES) $(B)/linux/busybox \
		$(B)/linux/leave-qemu
	@command -v cpio >/dev/null || scripts/deps linux
	$(Q)scripts/make-initrd $@ $(B)/linux/busybox $(B)/linux/leave-qemu

# kernels of newer releases of Debian, and an initrd without modules for them
$(B)/linux-trixie/vmlinuz:
	$(Q)scripts/fetch-newer-linux $(@D) trixie
$(B)/linux-newest/vmlinuz:
	$(Q)scripts/fetch-newer-linux $(@D) trixie-backports sid
$(B)/linux-%/vmlinux: $(B)/linux-%/vmlinuz scripts/unpack-vmlinux
	$(Q)scripts/unpack-vmlinux $< $@
NEWER_LINUX := $(foreach suite,trixie newest,$(B)/linux-$(suite)/vmlinux $(B)/linux-$(suite)/vmlinuz.mbk)
.PRECIOUS: $(B)/linux-%/vmlinuz $(B)/linux-%/vmlinux $(B)/linux-%/vmlinuz.mbk
$(B)/linux/initrd-kaslr.img: scripts/make-initrd $(INITRD_FILES) test/boot/kaslr/kaslr $(B)/linux/busybox $(B)/linux/leave-qemu
	$(Q)scripts/make-initrd $@ $(@D)/busybox $(B)/linux/leave-qemu test/boot/kaslr/kaslr

# Debian's generic kernel, and for both kernels an initrd with programs that tell what the kernel knows
FETCH_FLAVOUR = $(if $(findstring generic,$(@D)),amd64,cloud-amd64)
$(B)/linux-generic/vmlinuz:
	$(Q)scripts/fetch-linux $(@D) $(FETCH_FLAVOUR)
$(B)/%/modules/efivarfs.ko: $(B)/%/vmlinuz
	$(Q)test -e $@ || scripts/fetch-linux $(B)/$* $(FETCH_FLAVOUR)
	$(Q)touch $@
.PRECIOUS: $(B)/%/modules/efivarfs.ko
VIEW_PROGRAMS := test/boot/parity/view test/boot/parity/runtime test/boot/kaslr/kaslr
$(B)/%/initrd-view.img: $(B)/%/modules/efivarfs.ko scripts/make-initrd $(INITRD_FILES) $(VIEW_PROGRAMS) \
		$(B)/linux/leave-qemu
	$(Q)scripts/make-initrd $@ $(@D)/busybox $(B)/linux/leave-qemu $(VIEW_PROGRAMS) $<
$(B)/linux/efi_clock.ko: test/boot/efi_clock/build-module test/boot/efi_clock/efi_clock.c $(B)/linux/vmlinuz
	$(Q)test/boot/efi_clock/build-module $(@D)
$(B)/linux/initrd-clock.img: $(B)/linux/efi_clock.ko scripts/make-initrd $(INITRD_FILES) test/boot/efi_clock/clock \
		$(B)/linux/leave-qemu
	$(Q)scripts/make-initrd $@ $(@D)/busybox $(B)/linux/leave-qemu test/boot/efi_clock/clock $<

## make test-distributions  both commands of the README, make all and make install in bare chroots of Debian 12, 13 and sid,
##                          as root: half an hour each; DISTRIBUTIONS="trixie": in these alone
DISTRIBUTIONS := bookworm trixie sid
test-distributions: export FUZZ_SECONDS := $(FUZZ_SECONDS)
test-distributions:
	@status=0; for release in $(DISTRIBUTIONS); do mkdir -p $(B)/chroot; log=$(B)/chroot/$$release.log; \
		if scripts/try-chroot --release $$release try-everything >$$log 2>&1; then echo "PASS $$release"; \
		else status=1; echo "FAIL $$release: $$(tail -n 1 $$log) (all of it: $$log)"; fi; done; exit $$status
.PHONY: run run-linux test-distributions
