# SPDX-License-Identifier: BSD-2-Clause
# The host command `mapbridge`: build/mapbridge, and build/san/mapbridge with sanitizers for the tests.
VERSION := 0.1
TOOLS_C := $(wildcard tools/*.c)
TOOLS_O := $(TOOLS_C:%.c=%.o) tools/map_page_files.o
TOOLS_LIBS := -lz -llzma -lzstd -llz4 -llzo2 -lbz2

tools-libraries:
	@! command -v apt-get >/dev/null || scripts/deps tools
.PHONY: tools-libraries
$(B)/host/tools/unpack.o $(B)/san/tools/unpack.o: | tools-libraries

$(B)/mapbridge: $(TOOLS_O:%=$(B)/host/%) $(B)/host/libloader.a $(B)/host/libmm.a
	$(Q)$(HOSTCC) $^ -o $@ $(TOOLS_LIBS)
$(B)/san/mapbridge: $(TOOLS_O:%=$(B)/san/%) $(B)/san/libloader.a $(B)/san/libmm.a
	$(Q)$(HOSTCC) $(SANITIZE) $^ -o $@ $(TOOLS_LIBS)
$(B)/host/tools/%.o $(B)/san/tools/%.o: HOSTFLAGS += -DMAPBRIDGE_VERSION='"$(VERSION)"'
$(B)/%/tools/map_page_files.o: $(addprefix tools/,map_page_files.S map_picture.css map_page.css map_page.js)
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) -c $< -o $@
