/* SPDX-License-Identifier: BSD-2-Clause */
/* What shim asks of a program that it starts: the generation, by which unsafe versions can be revoked (shim's SBAT.md). */
__attribute__((section(".sbat"), used, retain)) static const char sbat[] =
	"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
	"mapbridge,1,Mapbridge,mapbridge,1,-\n";
