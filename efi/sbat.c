/* SPDX-License-Identifier: BSD-2-Clause */
/* What other programs read in the file of the loader. */

/* shim starts only what has a generation, by which unsafe versions can be revoked (shim's SBAT.md). */
__attribute__((section(".sbat"), used, retain)) static const char sbat[] =
	"sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
	"mapbridge,1,Mapbridge,mapbridge,1,-\n";

/* Where bootctl looks for the name and version of a loader that is installed; LoaderInfo has those of the one that runs. */
__attribute__((section(".sdmagic"), used, retain)) static const char magic[] =
	"#### LoaderInfo: mapbridge " MAPBRIDGE_VERSION " ####";
