/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading what the loader left in memory: the command line, the initrd's place, the handoff node. */
#include "runtime.h"

#define CRC32_POLYNOMIAL UINT32_C(0xedb88320)
#define NODES_MAX 1000 /* a longer setup_data list is a cycle */

static uint64_t halves(uint32_t high, uint32_t low)
{
	return (uint64_t)high << 32 | low;
}

uint64_t boot_params_initrd(const struct boot_params *boot_params)
{
	return halves(boot_params->ext_ramdisk_image, boot_params->hdr.ramdisk_image);
}

uint64_t boot_params_initrd_size(const struct boot_params *boot_params)
{
	return halves(boot_params->ext_ramdisk_size, boot_params->hdr.ramdisk_size);
}

uint64_t boot_params_command_line(const struct boot_params *boot_params)
{
	return halves(boot_params->ext_cmd_line_ptr, boot_params->hdr.cmd_line_ptr);
}

uint64_t boot_params_efi_memmap(const struct boot_params *boot_params)
{
	return halves(boot_params->efi_info.efi_memmap_hi, boot_params->efi_info.efi_memmap);
}

uint64_t boot_params_efi_systab(const struct boot_params *boot_params)
{
	return halves(boot_params->efi_info.efi_systab_hi, boot_params->efi_info.efi_systab);
}

/* Where the value starts when the option at text is name, else null. */
static const char *option_value(const char *text, const char *name)
{
	while (*name && *text == *name) {
		text++;
		name++;
	}
	return !*name && *text == '=' ? text + 1 : NULL;
}

bool command_line_option(const struct boot_params *boot_params, const char *name, char *value, size_t capacity)
{
	const char *text = identity(boot_params_command_line(boot_params));
	bool at_word = true;

	for (; text && *text; at_word = *text == ' ', text++) {
		const char *from = at_word ? option_value(text, name) : NULL;
		size_t length = 0;

		if (!from)
			continue;
		for (; from[length] && from[length] != ' ' && length + 1 < capacity; length++)
			value[length] = from[length];
		value[length] = '\0';
		return true;
	}
	return false;
}

bool command_line_number(const struct boot_params *boot_params, const char *name, uint64_t *value)
{
	char text[20];
	const char *digit = text;

	if (!command_line_option(boot_params, name, text, sizeof(text)))
		return false;
	if (digit[0] == '0' && digit[1] == 'x')
		digit += 2;
	if (!*digit)
		return false;
	for (*value = 0; *digit; digit++) {
		unsigned lower = (unsigned char)*digit | 0x20;
		unsigned number = lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
							       : (unsigned char)*digit - (unsigned)'0';

		if (number > 15 || *value >> 60)
			return false;
		*value = *value << 4 | number;
	}
	return true;
}

uint32_t crc32(uint32_t crc, const void *data, size_t size)
{
	static uint32_t table[256];
	const uint8_t *bytes = data;

	for (uint32_t i = 0; i < 256 && !table[255]; i++) {
		uint32_t entry = i;

		for (int bit = 0; bit < 8; bit++)
			entry = entry >> 1 ^ (entry & 1 ? CRC32_POLYNOMIAL : 0);
		table[i] = entry;
	}
	crc = ~crc;
	for (size_t i = 0; i < size; i++)
		crc = crc >> 8 ^ table[(crc ^ bytes[i]) & 0xff];
	return ~crc;
}

const struct mapbridge_handoff *find_handoff(const struct boot_params *boot_params)
{
	uint64_t phys = boot_params->hdr.setup_data;

	for (unsigned i = 0; phys && i < NODES_MAX; i++) {
		const struct setup_data *node = identity(phys);

		if (node->type == SETUP_MAPBRIDGE)
			return (const struct mapbridge_handoff *)(node + 1);
		phys = node->next;
	}
	return NULL;
}

const struct mapbridge_reservation *handoff_reservations(const struct mapbridge_handoff *handoff)
{
	return (const struct mapbridge_reservation *)((const char *)handoff + handoff->size);
}
