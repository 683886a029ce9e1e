/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map and what is allocated from it: UEFI 2.10, section 7.2. Ranges are sorted and disjoint, and cover all that
 * the machine has. Each piece of pool has pages of its own, so that the address sanitizer knows its exact end.
 */
#include "mock.h"
#include "../support/map_replay.h"

#include <stdlib.h>
#include <string.h>

#define RANGES_MAX 300000
#define POOLS_MAX 8192

struct range {
	uint64_t base;
	uint64_t pages;
	uint32_t type;
	uint64_t attribute;
	bool applications; /* allocated by the application */
};

struct pool {
	uint8_t *memory; /* null: a free slot */
	uint64_t size;
	uint64_t base; /* of its pages */
};

static struct range *ranges;
static size_t range_count, range_room;
static struct pool pools[POOLS_MAX];
static uint64_t map_key;
static unsigned refused;
static uint8_t *last_map;
static uint64_t last_size, last_stride;

static uint64_t end_of(const struct range *range)
{
	return range->base + range->pages * PAGE;
}

/* The first range that ends above the address. */
static size_t range_at(uint64_t address)
{
	size_t low = 0, high = range_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (end_of(&ranges[middle]) - 1 < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void insert(size_t at, struct range range)
{
	if (range_count == range_room) {
		range_room = range_room ? 2 * range_room : 1024;
		ranges = realloc(ranges, range_room * sizeof(*ranges));
	}
	if (range_count == RANGES_MAX)
		fatal("the machine has too many ranges");
	memmove(&ranges[at + 1], &ranges[at], (range_count++ - at) * sizeof(*ranges));
	ranges[at] = range;
}

/* Makes an address the beginning of a range, if it is in one. */
static void split(uint64_t address)
{
	size_t i = range_at(address);
	struct range rest;

	if (i == range_count || ranges[i].base >= address)
		return;
	rest = ranges[i];
	rest.pages = (end_of(&rest) - address) / PAGE;
	rest.base = address;
	ranges[i].pages -= rest.pages;
	insert(i + 1, rest);
}

static bool same_kind(const struct range *a, const struct range *b)
{
	return a->type == b->type && a->attribute == b->attribute && a->applications == b->applications;
}

static void merge_at(size_t i)
{
	if (i == 0 || i >= range_count || end_of(&ranges[i - 1]) != ranges[i].base || !same_kind(&ranges[i - 1], &ranges[i]))
		return;
	ranges[i - 1].pages += ranges[i].pages;
	memmove(&ranges[i], &ranges[i + 1], (--range_count - i) * sizeof(*ranges));
}

/* All of it must be in ranges. */
static void set_type(uint64_t base, uint64_t pages, uint32_t type, bool applications)
{
	uint64_t end = base + pages * PAGE;
	size_t first;

	split(base);
	split(end);
	first = range_at(base);
	for (size_t i = first; i < range_count && ranges[i].base < end; i++) {
		ranges[i].type = type;
		ranges[i].applications = applications;
	}
	for (size_t i = range_at(end - 1) + 1; i >= first && i > 0; i--)
		merge_at(i);
	map_key++;
}

/* Whether ranges of the type cover every page, owned by the application or not. */
static bool all_of_type(uint64_t base, uint64_t pages, uint32_t type, bool applications)
{
	uint64_t at = base, end = base + pages * PAGE;

	for (size_t i = range_at(base); at < end && i < range_count; at = end_of(&ranges[i++]))
		if (ranges[i].base > at || ranges[i].type != type || ranges[i].applications != applications)
			return false;
	return at >= end;
}

bool memory_is_applications(uint64_t base, uint64_t size, uint32_t type)
{
	return all_of_type(base / PAGE * PAGE, (base + size + PAGE - 1) / PAGE - base / PAGE, type, true);
}

bool memory_is_told_as(uint64_t address, uint32_t type)
{
	for (uint64_t at = 0; at < last_size; at += last_stride) {
		EFI_MEMORY_DESCRIPTOR d;

		memcpy(&d, last_map + at, sizeof(d));
		if (d.Type == type && address - d.PhysicalStart < d.NumberOfPages * PAGE)
			return true;
	}
	return false;
}

static void take(uint64_t base, uint64_t pages, uint32_t type)
{
	set_type(base, pages, type, mock.in_application);
	backing_map(base, pages * PAGE);
}

/* As firmware does it: the highest place below the limit. 0: there is none. */
static uint64_t find_free(uint64_t pages, uint64_t limit)
{
	for (size_t i = range_count; i-- > 0;) {
		const struct range *range = &ranges[i];
		uint64_t end = end_of(range) < limit ? end_of(range) : limit / PAGE * PAGE;

		if (range->type == EfiConventionalMemory && range->base < end && end - range->base >= pages * PAGE &&
		    end - pages * PAGE >= 0x10000)
			return end - pages * PAGE;
	}
	return 0;
}

EFI_STATUS EFIAPI fw_AllocatePages(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages, EFI_PHYSICAL_ADDRESS *base)
{
	uint64_t found;

	FIRMWARE(AllocatePages);
	if (pages == 0 || !base || how >= MaxAllocateType || type == EfiConventionalMemory ||
	    (type >= EfiMaxMemoryType && (UINT32)type < 0x70000000))
		return EFI_INVALID_PARAMETER;
	if (how == AllocateAddress) {
		if (*base % PAGE)
			return EFI_INVALID_PARAMETER;
		if (pages > UINT64_MAX / PAGE || *base + pages * PAGE < *base ||
		    !all_of_type(*base, pages, EfiConventionalMemory, false) || refused++ < mock.scenario->refused)
			return EFI_NOT_FOUND;
		take(*base, pages, type);
		return EFI_SUCCESS;
	}
	found = pages > UINT64_MAX / PAGE ? 0 : find_free(pages, how == AllocateMaxAddress ? *base + 1 : UINT64_MAX);
	if (!found)
		return EFI_OUT_OF_RESOURCES;
	take(found, pages, type);
	*base = found;
	return EFI_SUCCESS;
}

static void give_back(uint64_t base, uint64_t pages)
{
	set_type(base, pages, EfiConventionalMemory, false);
	backing_unmap(base, pages * PAGE);
}

EFI_STATUS EFIAPI fw_FreePages(EFI_PHYSICAL_ADDRESS base, UINTN pages)
{
	EFI_STATUS injected = call_enter(CALL_FreePages, __builtin_return_address(0));
	size_t i = range_at(base);

	if (base % PAGE || pages == 0 || i == range_count ||
	    !all_of_type(base, pages, ranges[i].type, true)) {
		problem("FreePages of 0x%llx + %llu pages, which were not allocated as one piece", (unsigned long long)base,
			(unsigned long long)pages);
		return EFI_NOT_FOUND;
	}
	if (secret_is_in(base, pages * PAGE))
		problem("the pages at 0x%llx are freed with KASLR's numbers in them", (unsigned long long)base);
	give_back(base, pages);
	return injected; /* freed all the same: what is lost then is not the application's fault */
}

static struct pool *find_pool(const void *memory)
{
	for (size_t i = 0; i < POOLS_MAX; i++)
		if (pools[i].memory == memory)
			return &pools[i];
	return NULL;
}

/* The end of the memory is the end of its last page, but for alignment to 8 bytes. */
static void *pool_make(uint32_t type, uint64_t size)
{
	uint64_t pages = (size + 7 + PAGE) / PAGE, base = find_free(pages, UINT64_MAX);
	struct pool *pool = find_pool(NULL);
	uint8_t *memory;

	if (!base || !pool)
		return NULL;
	take(base, pages, type);
	memory = (uint8_t *)(uintptr_t)(base + pages * PAGE - (size + 7) / 8 * 8);
	*pool = (struct pool){ memory, size, base };
	backing_poison(base, (uint64_t)(uintptr_t)memory - base, true);
	backing_poison((uint64_t)(uintptr_t)memory + size, (size + 7) / 8 * 8 - size, true);
	return memory;
}

EFI_STATUS EFIAPI fw_AllocatePool(EFI_MEMORY_TYPE type, UINTN size, void **buffer)
{
	FIRMWARE(AllocatePool);
	if (!buffer || type == EfiConventionalMemory || type == 14)
		return EFI_INVALID_PARAMETER;
	*buffer = size > UINT64_MAX / 2 ? NULL : pool_make(type, size);
	return *buffer ? EFI_SUCCESS : EFI_OUT_OF_RESOURCES;
}

EFI_STATUS EFIAPI fw_FreePool(void *buffer)
{
	EFI_STATUS injected = call_enter(CALL_FreePool, __builtin_return_address(0));
	struct pool *pool = buffer ? find_pool(buffer) : NULL;

	if (!pool) {
		problem("FreePool of %p, which was not allocated", buffer);
		return EFI_INVALID_PARAMETER;
	}

	uint64_t pages = ((uint64_t)(uintptr_t)buffer - pool->base + pool->size + PAGE - 1) / PAGE;

	backing_poison(pool->base, pages * PAGE, false);
	if (secret_is_in((uint64_t)(uintptr_t)buffer, pool->size))
		problem("%llu bytes of pool are freed with KASLR's numbers in them", (unsigned long long)pool->size);
	give_back(pool->base, pages);
	pool->memory = NULL;
	return injected;
}

void *pool_take(uint32_t type, uint64_t size)
{
	bool was = mock.in_application;
	void *memory;

	mock.in_application = true;
	memory = pool_make(type, size);
	mock.in_application = was;
	return memory;
}

void *memory_take(uint32_t type, uint64_t size)
{
	bool was = mock.in_application;
	uint64_t pages = (size + PAGE - 1) / PAGE, base = find_free(pages, UINT64_MAX);

	if (!base)
		fatal("the scenario's machine has no memory for the firmware's own things");
	mock.in_application = false;
	take(base, pages, type);
	mock.in_application = was;
	memset((void *)(uintptr_t)base, 0, size);
	return (void *)(uintptr_t)base;
}

void memory_release(void *memory, uint64_t size)
{
	give_back((uint64_t)(uintptr_t)memory, (size + PAGE - 1) / PAGE);
}

void memory_fragment(unsigned descriptors)
{
	bool was = mock.in_application;

	mock.in_application = false;
	for (unsigned i = 0; i + 1 < descriptors + 1; i += 2) {
		uint64_t base = find_free(3, UINT64_MAX);

		if (base)
			set_type(base + PAGE, 1, EfiBootServicesData, false);
	}
	mock.in_application = was;
}

uint64_t memory_map_key(void)
{
	return map_key;
}

const uint8_t *memory_last_map(uint64_t *size, uint64_t *stride)
{
	*size = last_size;
	*stride = last_stride;
	return last_map;
}

static void put_descriptor(uint8_t *at, uint64_t stride, EFI_MEMORY_DESCRIPTOR descriptor)
{
	memset(at, 0xee, stride);
	memcpy(at, &descriptor, sizeof(descriptor));
}

/* The map as it is told: one range for neighbours of a kind, whoever owns them. */
static size_t write_map(uint8_t *to, uint64_t stride)
{
	const struct scenario *scenario = mock.scenario;
	size_t count = 0;

	for (size_t i = 0; i < range_count; i++) {
		struct range all = ranges[i];

		for (; i + 1 < range_count && ranges[i + 1].base == end_of(&all) && ranges[i + 1].type == all.type &&
		       ranges[i + 1].attribute == all.attribute; i++)
			all.pages += ranges[i + 1].pages;
		put_descriptor(to + count++ * stride, stride,
			       (EFI_MEMORY_DESCRIPTOR){ .Type = all.type, .PhysicalStart = all.base, .NumberOfPages = all.pages,
							.Attribute = all.attribute });
	}
	for (size_t i = 0; i < scenario->lie_count; i++)
		put_descriptor(to + count++ * stride, stride,
			       (EFI_MEMORY_DESCRIPTOR){ .Type = scenario->lies[i].type, .PhysicalStart = scenario->lies[i].base,
							.NumberOfPages = scenario->lies[i].pages,
							.Attribute = scenario->lies[i].attribute });
	return count;
}

EFI_STATUS EFIAPI fw_GetMemoryMap(UINTN *size, EFI_MEMORY_DESCRIPTOR *map, UINTN *key, UINTN *stride, UINT32 *version)
{
	const struct scenario *scenario = mock.scenario;
	EFI_STATUS injected = call_enter(CALL_GetMemoryMap, __builtin_return_address(0));
	size_t count;

	if (!size || injected == EFI_INVALID_PARAMETER)
		return EFI_INVALID_PARAMETER;
	if (mock.phase == PHASE_BOOT && scenario->map_growth)
		memory_fragment(scenario->map_growth);
	last_stride = scenario->stride;
	last_map = realloc(last_map, (range_count + scenario->lie_count + 1) * last_stride);
	count = write_map(last_map, last_stride);
	if (scenario->shuffled)
		shuffle(last_map, count, last_stride);
	last_size = count * last_stride;
	if (injected || *size < last_size || !map) {
		bool fits = !injected && *size >= last_size;

		*size = injected ? last_size + 8 * last_stride : last_size;
		if (!scenario->quiet_size && stride && version)
			*stride = last_stride, *version = 1;
		return fits ? EFI_INVALID_PARAMETER : EFI_BUFFER_TOO_SMALL;
	}
	memcpy(map, last_map, last_size);
	memset((uint8_t *)map + last_size, 0xdd, *size - last_size); /* nothing is promised about the rest */
	*size = last_size;
	*key = map_key;
	*stride = last_stride;
	*version = 1;
	return EFI_SUCCESS;
}

void memory_check_secrets(uint64_t base, uint64_t size)
{
	for (size_t i = 0; i < range_count; i++) {
		const struct range *range = &ranges[i];
		uint64_t end = end_of(range);

		if (!range->applications)
			continue;
		for (uint64_t at = range->base; at < end; at += PAGE)
			if ((at < base || at - base >= size) && secret_is_in(at, PAGE))
				problem("the page at 0x%llx has KASLR's numbers in it at the jump", (unsigned long long)at);
	}
	if (secret_is_in(mock.jump_rsp - 32768, mock.stack - mock.jump_rsp + 32768))
		problem("the stack has KASLR's numbers in it at the jump");
}

static int compare_pools(const void *a, const void *b)
{
	const struct pool *left = a, *right = b;

	return (left->base > right->base) - (left->base < right->base);
}

/* The parts of a range between the pools, which are sorted. */
static uint64_t digest_range(uint64_t digest, const struct range *range)
{
	uint64_t at = range->base, end = end_of(range);

	digest = digest_add(digest, &range->base, sizeof(range->base));
	for (size_t i = 0; i < POOLS_MAX; i++) {
		if (!pools[i].memory || pools[i].base < at || pools[i].base >= end)
			continue;
		digest = digest_add(digest, (const void *)(uintptr_t)at, pools[i].base - at);
		at = ((uint64_t)(uintptr_t)pools[i].memory + pools[i].size + PAGE - 1) / PAGE * PAGE;
	}
	return digest_add(digest, (const void *)(uintptr_t)at, end - at);
}

uint64_t memory_digest(void)
{
	uint64_t digest = 0;

	qsort(pools, POOLS_MAX, sizeof(pools[0]), compare_pools);
	for (size_t i = 0; i < range_count; i++)
		if (ranges[i].applications)
			digest = digest_range(digest, &ranges[i]);
	return digest;
}

void memory_check_leaks(void)
{
	for (size_t i = 0; i < POOLS_MAX; i++)
		if (pools[i].memory)
			problem("%llu bytes of pool at %p are not freed", (unsigned long long)pools[i].size, (void *)pools[i].memory);
	for (size_t i = 0; i < range_count; i++) {
		bool is_pool = false;

		for (size_t j = 0; ranges[i].applications && j < POOLS_MAX && !is_pool; j++)
			is_pool = pools[j].memory && pools[j].base - ranges[i].base < ranges[i].pages * PAGE;
		if (ranges[i].applications && !is_pool)
			problem("%llu pages at 0x%llx are not freed", (unsigned long long)ranges[i].pages,
				(unsigned long long)ranges[i].base);
	}
}

void memory_setup(void)
{
	const struct scenario *scenario = mock.scenario;

	for (size_t i = 0; i < scenario->memory_count; i++) {
		const struct scenario_memory *piece = &scenario->memory[i];

		insert(range_at(piece->base), (struct range){ piece->base, piece->pages, piece->type, piece->attribute, false });
	}
}
