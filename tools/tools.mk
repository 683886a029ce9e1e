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

## make install              the command mapbridge, its manual page and completion, and libmm for programs on a host; PREFIX=
##                          (/usr/local) says where, DESTDIR= what stands before it when a package is made
PREFIX := /usr/local
DESTDIR :=
INSTALL := install
INSTALLED := $(DESTDIR)$(PREFIX)

install: $(B)/mapbridge $(B)/host/libmm.a
	$(INSTALL) -D -m 755 $(B)/mapbridge '$(INSTALLED)/bin/mapbridge'
	$(INSTALL) -D -m 644 docs/mapbridge.1 '$(INSTALLED)/share/man/man1/mapbridge.1'
	$(INSTALL) -D -m 644 tools/install/mapbridge.bash '$(INSTALLED)/share/bash-completion/completions/mapbridge'
	$(INSTALL) -D -m 644 tools/install/_mapbridge '$(INSTALLED)/share/zsh/site-functions/_mapbridge'
	$(INSTALL) -D -m 644 $(B)/host/libmm.a '$(INSTALLED)/lib/libmm.a'
	$(INSTALL) -D -m 644 -t '$(INSTALLED)/include/mapbridge/mm' include/mm/*.h
	$(INSTALL) -d '$(INSTALLED)/lib/pkgconfig'
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' tools/install/libmm.pc.in \
		> '$(INSTALLED)/lib/pkgconfig/libmm.pc'
.PHONY: install
