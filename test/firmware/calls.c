/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting calls into firmware, failing one of them, and knowing where in efi/ they came from. */
#define _GNU_SOURCE
#include "mock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define E(name) EFI_##name,
#define SHORT STATUS_SHORT,
#define X(name, errors) [CALL_##name] = { #name, { errors 0 } },
const struct call_description call_descriptions[CALL_COUNT] = { CALLS(X) };
#undef X
#undef E
#undef SHORT

struct site {
	uint64_t address;
	char *name;
};

extern const char __executable_start[];

static struct site sites[SITES_MAX];
static size_t site_count;
uint8_t *sites_reached;

static int by_address(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

void sites_load(const char *path)
{
	FILE *file = fopen(path, "r");
	char name[200];
	unsigned long long address;

	while (file && site_count < SITES_MAX && fscanf(file, "%llx %199[^\n]", &address, name) == 2)
		sites[site_count++] = (struct site){ address, strdup(name) };
	if (file)
		fclose(file);
	if (site_count == 0) {
		fprintf(stderr, "%s: no call sites in it\n", path);
		exit(1);
	}
	qsort(sites, site_count, sizeof(sites[0]), by_address);
}

size_t sites_count(void)
{
	return site_count;
}

static struct site *find_site(uint64_t address)
{
	struct site key = { address, NULL };

	return bsearch(&key, sites, site_count, sizeof(key), by_address);
}

const char *site_name(uint64_t address)
{
	const struct site *site = find_site(address);

	return site ? site->name : NULL;
}

size_t sites_missed(void (*missed)(const char *name))
{
	size_t count = 0;

	for (size_t i = 0; i < site_count; i++) {
		if (sites_reached[i])
			continue;
		missed(sites[i].name);
		count++;
	}
	return count;
}

/* After a failed ExitBootServices these alone are sure to work (UEFI 2.10, section 7.4.6). */
static void check_phase(enum call_id call)
{
	if (mock.phase == PHASE_GONE && call != CALL_ResetSystem)
		fatal("%s is called after boot services were left", call_descriptions[call].name);
	if (mock.phase == PHASE_HALF && call != CALL_GetMemoryMap && call != CALL_ExitBootServices && call != CALL_ResetSystem)
		fatal("%s is called after ExitBootServices failed", call_descriptions[call].name);
}

EFI_STATUS call_enter(enum call_id call, void *return_address)
{
	struct result *result = mock.result;
	uint64_t address = (uint64_t)((const char *)return_address - __executable_start);
	struct site *site = find_site(address);

	if (site)
		sites_reached[site - sites] = 1;
	check_phase(call);
	if (++result->calls > CALLS_MAX)
		fatal("it never ends: %u calls of the firmware", result->calls);
	if (result->calls <= CALLS_LOGGED)
		result->log[result->calls - 1] = (struct logged_call){ call, address };
	if (result->calls != mock.injection.call)
		return EFI_SUCCESS;
	result->injected = true;
	return mock.injection.error;
}
