# SPDX-License-Identifier: BSD-2-Clause
# libmm.a: for kernels (freestanding), for hosts, and with sanitizers for the tests.
MM_C := $(wildcard mm/*.c)
MM_HOST_C := $(filter-out mm/freestanding.c,$(MM_C))
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
HOSTFLAGS := $(WARN) -Iinclude -g -MMD -MP

$(B)/kernel/%.o: %.c Makefile mm/mm.mk
	@mkdir -p $(@D)
	$(Q)$(CC) $(FREESTANDING) -fno-pic -mcmodel=kernel -c $< -o $@
$(B)/host/%.o: %.c Makefile mm/mm.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTFLAGS) -O2 -c $< -o $@
$(B)/san/%.o: %.c Makefile mm/mm.mk
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTFLAGS) -O1 $(SANITIZE) -c $< -o $@

# docs/mm.md promises this limit of stack to every function.
$(MM_C:%.c=$(B)/kernel/%.o): FREESTANDING += -Wframe-larger-than=512
$(B)/kernel/libmm.a: $(MM_C:%.c=$(B)/kernel/%.o)
$(B)/host/libmm.a: $(MM_HOST_C:%.c=$(B)/host/%.o)
$(B)/san/libmm.a: $(MM_HOST_C:%.c=$(B)/san/%.o)
$(B)/%/libmm.a:
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $^
