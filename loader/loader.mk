# SPDX-License-Identifier: BSD-2-Clause
# libloader.a: the boot plan and what it needs, for the EFI application, the host tool and the tests.
LOADER_C := $(wildcard loader/*.c)
$(B)/host/libloader.a: $(LOADER_C:%.c=$(B)/host/%.o)
$(B)/san/libloader.a: $(LOADER_C:%.c=$(B)/san/%.o)
$(B)/%/libloader.a:
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $^
