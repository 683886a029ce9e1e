# SPDX-License-Identifier: BSD-2-Clause
# `make help` lists what there is. Everything is built below build/.

B := build
CC := gcc
HOSTCC := gcc
.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

# Commands are shown with V=1.
Q := $(if $(V),,@)

# A newer compiler knows warnings that this code has not seen: they are errors only where WERROR is set, as CI does.
WARN := -std=c11 -Wall -Wextra $(if $(WERROR),-Werror)
FREESTANDING := $(WARN) -O2 -g -ffreestanding -mno-red-zone -fno-stack-protector -mgeneral-regs-only \
	-fno-asynchronous-unwind-tables -fcf-protection=none -Iinclude -MMD -MP

include mm/mm.mk
include loader/loader.mk
include efi/efi.mk
include tools/tools.mk
include test/test.mk
include test/kernels/kernels.mk
include scripts/scripts.mk
include test/firmware/firmware.mk
include test/boot/boot.mk
include scripts/bench/bench.mk

all: $(B)/BOOTX64.EFI $(B)/kernel/libmm.a $(B)/host/libmm.a $(B)/mapbridge kernels

clean:
	rm -rf $(B)

help:
	@sed -n 's/^## //p' $(filter Makefile %.mk,$(MAKEFILE_LIST))

.PHONY: all clean help
-include $(shell find $(B) -path $(B)/chroot -prune -o -type f -name '*.d' -print 2>/dev/null)
