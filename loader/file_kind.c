/* SPDX-License-Identifier: BSD-2-Clause */
/* Kinds of files that people name by mistake where a kernel or an EFI program should be. */
#include <loader/file_kind.h>

#define MULTIBOOT_1_END 8192
#define MULTIBOOT_2_END 32768
#define MULTIBOOT_1_MAGIC 0x1badb002U
#define MULTIBOOT_2_MAGIC 0xe85250d6U
#define PE_MACHINE_X64 0x8664
#define PE_SECTION_SIZE 40
#define TEXT_LOOKED 512 /* bytes of a text that must be one */

static const char unpack_advice[] = "unpack it and name the result, or name the bzImage; an initrd belongs to the key initrd";
static const char initrd_advice[] = "name it with the key initrd, and the kernel with linux";
static const char disk_advice[] = "name a file that is in it, copied to the boot volume";
static const char other_advice[] = "use a file for x86-64";

/* Bytes that only this kind of file has at that place. */
static const struct {
	uint16_t offset;
	uint8_t size;
	char bytes[9];
	struct file_kind kind;
} magics[] = {
	{ 0, 2, "\x1f\x8b", { "gzip-compressed data (gzip -d unpacks it)", unpack_advice } },
	{ 0, 4, "\x28\xb5\x2f\xfd", { "zstd-compressed data (zstd -d unpacks it)", unpack_advice } },
	{ 0, 6, "\xfd" "7zXZ", { "xz-compressed data (xz -d unpacks it)", unpack_advice } },
	{ 0, 4, "\x04\x22\x4d\x18", { "lz4-compressed data (lz4 -d unpacks it)", unpack_advice } },
	{ 0, 4, "\x02\x21\x4c\x18", { "lz4-compressed data (lz4 -d unpacks it)", unpack_advice } },
	{ 0, 3, "BZh", { "bzip2-compressed data (bzip2 -d unpacks it)", unpack_advice } },
	{ 0, 3, "\x5d\0\0", { "lzma-compressed data (xz -d --format=lzma unpacks it)", unpack_advice } },
	{ 0, 4, "\x89LZO", { "lzop-compressed data (lzop -d unpacks it)", unpack_advice } },
	{ 0, 4, "PK\3\4", { "a zip archive", "unpack it and name a file that was in it" } },
	{ 0, 5, "07070", { "a cpio archive, as initrds are", initrd_advice } },
	{ 0, 4, "hsqs", { "a squashfs image", initrd_advice } },
	{ 1024, 4, "\xe2\xe1\xf5\xe0", { "an EROFS image", disk_advice } },
	{ 0, 6, "LUKS\xba\xbe", { "an encrypted LUKS volume", "copy the kernel to the boot volume" } },
	{ 0, 4, "\x7f" "ELF", { "an ELF file", "name an ELF64 kernel with the key linux" } },
	{ 0x8001, 5, "CD001", { "an ISO 9660 image", disk_advice } },
	{ 0x200, 8, "EFI PART", { "an image of a disk", disk_advice } },
	{ 0x438, 2, "\x53\xef", { "an ext file system", disk_advice } },
	{ 0, 4, "QFI\xfb", { "a qcow2 image", disk_advice } },
	{ 0x101, 5, "ustar", { "a tar archive", "unpack it and name a file that was in it" } },
	{ 0, 7, "!<arch>", { "a library or a Debian package", "install it and name the file that it brings" } },
	{ 0, 4, "\x27\x05\x19\x56", { "a U-Boot image (uImage)", "name what it was made of" } },
	{ 0, 4, "\xd0\x0d\xfe\xed", { "a device tree or a FIT image", "name the kernel, with the key linux" } },
	{ 0x38, 4, "ARM\x64", { "a Linux kernel for ARM64", other_advice } },
	{ 0x38, 4, "RSC\x05", { "a Linux kernel for RISC-V", other_advice } },
	{ 0, 8, "ANDROID!", { "an Android boot image", "name the kernel that is in it" } },
	{ 0, 2, "MZ", { "an MS-DOS program, or the start of a damaged EFI program", "copy it again" } },
	{ 0x1fe, 2, "\x55\xaa", { "a boot sector for a BIOS, or an image of a disk", disk_advice } },
	{ 0, 2, "#!", { "a script", "name the kernel itself" } },
	{ 0, 5, "<html", { "a web page", "download the kernel again" } },
	{ 0, 5, "<!DOC", { "a web page", "download the kernel again" } },
};

static const struct file_kind uki = { "a unified kernel image", "name it with the key uki instead" };
static const struct file_kind efi_program = { "an EFI program", "name it with the key efi instead" };
static const struct file_kind bare_bzimage = { "a Linux kernel without an EFI stub", "name it with the key linux" };
static const struct file_kind text = { "a text file", "name the kernel itself" };

/* PE machines that a boot volume may have programs for. Source: PE format, "Machine Types". */
static const struct {
	uint16_t machine;
	struct file_kind kind;
} pe_machines[] = {
	{ 0x014c, { "an EFI program for 32-bit x86 (IA32)", other_advice } },
	{ 0xaa64, { "an EFI program for ARM64", other_advice } },
	{ 0x01c2, { "an EFI program for 32-bit ARM", other_advice } },
	{ 0x01c4, { "an EFI program for 32-bit ARM", other_advice } },
	{ 0x5064, { "an EFI program for RISC-V", other_advice } },
	{ 0x6264, { "an EFI program for LoongArch", other_advice } },
	{ 0x0200, { "an EFI program for Itanium", other_advice } },
};
static const struct file_kind pe_other = { "a PE file for another processor", other_advice };

static uint16_t word_at(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t long_at(const uint8_t *at)
{
	return word_at(at) | (uint32_t)word_at(at + 2) << 16;
}

static bool has_bytes(const uint8_t *head, size_t head_size, size_t offset, const char *bytes, size_t size)
{
	return head_size >= size && offset <= head_size - size && __builtin_memcmp(head + offset, bytes, size) == 0;
}

/* A section table with .linux is systemd-stub's way of holding a kernel. */
static bool has_linux_section(const uint8_t *head, size_t head_size, size_t pe)
{
	size_t at = pe + 24 + word_at(head + pe + 20);

	for (unsigned left = word_at(head + pe + 6); left > 0 && has_bytes(head, head_size, at, "", 0) &&
						     head_size - at >= PE_SECTION_SIZE; left--, at += PE_SECTION_SIZE)
		if (has_bytes(head, head_size, at, ".linux\0", 8))
			return true;
	return false;
}

static const struct file_kind *pe_kind(const uint8_t *head, size_t head_size)
{
	size_t pe;
	uint16_t machine;

	if (head_size < 0x40 || !has_bytes(head, head_size, 0, "MZ", 2))
		return NULL;
	pe = long_at(head + 0x3c);
	if (pe > head_size || head_size - pe < 24 || !has_bytes(head, head_size, pe, "PE\0", 4))
		return NULL;
	machine = word_at(head + pe + 4);
	if (machine == PE_MACHINE_X64)
		return has_linux_section(head, head_size, pe) ? &uki : &efi_program;
	for (size_t i = 0; i < MM_ARRAY_COUNT(pe_machines); i++)
		if (pe_machines[i].machine == machine)
			return &pe_machines[i].kind;
	return &pe_other;
}

/* Printable ASCII, line ends and what UTF-8 is made of. */
static bool is_text(const uint8_t *head, size_t head_size)
{
	size_t looked = head_size < TEXT_LOOKED ? head_size : TEXT_LOOKED;

	for (size_t i = 0; i < looked; i++)
		if ((head[i] < ' ' && head[i] != '\n' && head[i] != '\r' && head[i] != '\t') || head[i] == 0x7f)
			return false;
	return looked > 1;
}

const struct file_kind *file_kind_of(const uint8_t *head, size_t head_size)
{
	const struct file_kind *kind = pe_kind(head, head_size);

	if (!kind && has_bytes(head, head_size, 0x1fe, "\x55\xaa", 2) && has_bytes(head, head_size, 0x202, "HdrS", 4))
		kind = &bare_bzimage;
	for (size_t i = 0; i < MM_ARRAY_COUNT(magics) && !kind; i++)
		if (has_bytes(head, head_size, magics[i].offset, magics[i].bytes, magics[i].size))
			kind = &magics[i].kind;
	return kind || !is_text(head, head_size) ? kind : &text;
}

bool file_kind_is_foreign(const struct file_kind *kind)
{
	for (size_t i = 0; i < MM_ARRAY_COUNT(pe_machines); i++)
		if (kind == &pe_machines[i].kind)
			return true;
	return false;
}

static bool sums_to_zero(const uint8_t *at, unsigned count)
{
	uint32_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum += long_at(at + i * sizeof(uint32_t));
	return sum == 0;
}

unsigned file_multiboot_version(const uint8_t *head, size_t head_size)
{
	for (size_t at = 0; at + 12 <= head_size && at + 12 <= MULTIBOOT_2_END; at += 4) {
		uint32_t magic = long_at(head + at);

		if (magic == MULTIBOOT_1_MAGIC && at + 12 <= MULTIBOOT_1_END && sums_to_zero(head + at, 3))
			return 1;
		if (magic == MULTIBOOT_2_MAGIC && at % 8 == 0 && at + 16 <= head_size && sums_to_zero(head + at, 4))
			return 2;
	}
	return 0;
}
