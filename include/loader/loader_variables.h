/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The Boot Loader Interface of systemd: EFI variables by which a loader and the running system (bootctl, systemd-analyze) tell
 * each other about the boot. Here is what stands in them. Source: systemd's documentation, "The Boot Loader Interface".
 */
#ifndef LOADER_LOADER_VARIABLES_H
#define LOADER_LOADER_VARIABLES_H

#include <loader/bls_sort.h>

/* Bits of LoaderFeatures that are true of us. */
#define LOADER_FEATURE_CONFIG_TIMEOUT (UINT64_C(1) << 0)          /* LoaderConfigTimeout is honoured */
#define LOADER_FEATURE_CONFIG_TIMEOUT_ONE_SHOT (UINT64_C(1) << 1) /* LoaderConfigTimeoutOneShot */
#define LOADER_FEATURE_ENTRY_DEFAULT (UINT64_C(1) << 2)           /* LoaderEntryDefault */
#define LOADER_FEATURE_ENTRY_ONE_SHOT (UINT64_C(1) << 3)          /* LoaderEntryOneShot */
#define LOADER_FEATURE_BOOT_COUNTING (UINT64_C(1) << 4)
#define LOADER_FEATURE_XBOOTLDR (UINT64_C(1) << 5)
#define LOADER_FEATURE_SORT_KEY (UINT64_C(1) << 8)
#define LOADER_FEATURE_SAVED_ENTRY (UINT64_C(1) << 9) /* default @saved */
#define LOADER_FEATURE_MENU_DISABLED (UINT64_C(1) << 13)
#define LOADER_FEATURE_TYPE1_UKI (UINT64_C(1) << 16) /* the key uki in entries */
#define LOADER_FEATURES \
	(LOADER_FEATURE_CONFIG_TIMEOUT | LOADER_FEATURE_CONFIG_TIMEOUT_ONE_SHOT | LOADER_FEATURE_ENTRY_DEFAULT | \
	 LOADER_FEATURE_ENTRY_ONE_SHOT | LOADER_FEATURE_BOOT_COUNTING | LOADER_FEATURE_XBOOTLDR | LOADER_FEATURE_SORT_KEY | \
	 LOADER_FEATURE_SAVED_ENTRY | LOADER_FEATURE_MENU_DISABLED | LOADER_FEATURE_TYPE1_UKI)

/* Frequency of the ACPI power management timer in Hz (ACPI 6.5, section 4.8.3.3). */
#define PM_TIMER_HZ 3579545

/*
 * Units of UTF-16 that LoaderEntries needs for the names of all entries, each with its NUL, and the names themselves. to must
 * have room for that many.
 */
size_t loader_entries_units(struct bls_file *const *files, size_t count);
void loader_entries_write(struct bls_file *const *files, size_t count, uint16_t *to);

/*
 * The text of a variable of size bytes: UTF-16 without control characters, with or without a NUL at its end, as UTF-8. False, and to
 * is empty, for anything else and for what does not fit into capacity bytes with a NUL.
 */
bool loader_variable_text(const uint16_t *value, size_t size, char *to, size_t capacity);

/* A partition's GUID, as it stands on the disk (16 bytes), in its text form: LoaderDevicePartUUID. */
void loader_guid_print(const uint8_t *guid, struct printer *out);

/*
 * Ticks of the time stamp counter a second, from how many passed during that many ticks of the power management timer, whose
 * counter is timer_bits (24 or 32) wide and has begun anew once at most. 0 when that makes no frequency of a processor.
 */
uint64_t loader_tsc_frequency(uint64_t tsc_ticks, uint32_t timer_start, uint32_t timer_end, unsigned timer_bits);

/* Microseconds of that many ticks at a frequency that loader_tsc_frequency has found. */
uint64_t loader_microseconds(uint64_t ticks, uint64_t frequency);

#endif
