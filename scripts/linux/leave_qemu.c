/* SPDX-License-Identifier: BSD-2-Clause */
/* leave-qemu VALUE: ends QEMU through isa-debug-exit at port 0xf4, with status (VALUE << 1) | 1. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>

int main(int argc, char **argv)
{
	if (argc != 2 || iopl(3)) {
		fprintf(stderr, "usage, as root: leave-qemu VALUE\n");
		return 1;
	}
	outl(strtoul(argv[1], NULL, 0), 0xf4);
	fprintf(stderr, "leave-qemu: no isa-debug-exit device at port 0xf4\n");
	return 1;
}
