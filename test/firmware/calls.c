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
struct reach *sites_reached;

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

bool site_tried(uint64_t address, unsigned error)
{
	const struct site *site = find_site(address);

	return !site || sites_reached[site - sites].tried >> error & 1;
}

size_t sites_missed(void (*missed)(const char *name, const struct call_description *call, EFI_STATUS error), size_t *pairs)
{
	size_t count = 0;

	*pairs = 0;
	for (size_t i = 0; i < site_count; i++) {
		const struct reach *reach = &sites_reached[i];
		const struct call_description *call = reach->call ? &call_descriptions[reach->call - 1] : NULL;

		if (!call) {
			missed(sites[i].name, NULL, EFI_SUCCESS);
			count++;
		}
		for (unsigned error = 0; call && call->errors[error]; error++) {
			++*pairs;
			if (reach->tried >> error & 1)
				continue;
			missed(sites[i].name, call, call->errors[error]);
			count++;
		}
	}
	return count;
}

/* One of the places that are known has come to this service, and it fails like this, or succeeds. */
static void note(struct reach *reach, enum call_id call, EFI_STATUS error)
{
	if (reach->call && reach->call != call + 1)
		fatal("one place calls both %s and %s", call_descriptions[reach->call - 1].name, call_descriptions[call].name);
	reach->call = call + 1;
	for (unsigned i = 0; error && call_descriptions[call].errors[i]; i++)
		if (call_descriptions[call].errors[i] == error)
			__atomic_or_fetch(&reach->tried, 1 << i, __ATOMIC_RELAXED);
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
	struct logged_call logged = { call, (uint64_t)((const char *)return_address - __executable_start) };
	struct site *site = find_site(logged.site);
	EFI_STATUS error = EFI_SUCCESS;

	check_phase(call);
	if (++result->calls > CALLS_MAX)
		fatal("it never ends: %u calls of the firmware", result->calls);
	if (result->calls <= CALLS_LOGGED)
		result->log[result->calls - 1] = logged;
	if (mock.injection.at_call)
		error = mock.injection.at_call(result->calls, &logged);
	else if (result->calls == mock.injection.call)
		error = mock.injection.error;
	if (site)
		note(&sites_reached[site - sites], call, error);
	mock.result->injected |= error != EFI_SUCCESS;
	return error;
}
