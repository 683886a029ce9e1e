/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel's arch/x86/kernel/e820.c, lib/sort.c and lib/cmdline.c want of the kernel around them, in user space.
 * Included before them; the headers that they name are empty files.
 */
#ifndef TEST_LINUX_E820_SHIM_H
#define TEST_LINUX_E820_SHIM_H

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32, __u32;
typedef unsigned long long u64;
typedef u64 resource_size_t;
typedef void (*swap_r_func_t)(void *a, void *b, int size, const void *priv);
typedef void (*swap_func_t)(void *a, void *b, int size);
typedef int (*cmp_r_func_t)(const void *a, const void *b, const void *priv);
typedef int (*cmp_func_t)(const void *a, const void *b);

#define CONFIG_X86_64 1
#define CONFIG_64BIT 1
#define CONFIG_HAVE_EFFICIENT_UNALIGNED_ACCESS 1
#ifndef MAX_NUMNODES
#define MAX_NUMNODES 1024 /* Debian's */
#endif
#define PAGE_SHIFT 12
#define PAGE_SIZE 4096ul
#define MAXMEM (1ul << 46) /* 4 levels of page tables */
#define PFN_DOWN(x) ((x) >> PAGE_SHIFT)
#define PFN_UP(x) (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define round_up(x, y) (((x) + (y) - 1) & ~((u64)(y) - 1))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define __init
#define __initdata
#define __refdata
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#undef __attribute_const__
#define __attribute_const__ __attribute__((const))
#define EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_GPL(name)
#define core_initcall(function)
#define early_param(name, function) int (*const linux_##function)(char *) = (function)
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define BUG_ON(condition) ((condition) ? panic("BUG: " #condition) : (void)0)
#define WARN_ON(condition) (condition)
#define likely(condition) (condition)
#define unlikely(condition) (condition)
#define fallthrough __attribute__((fallthrough))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))

/* Where pr_info and pr_cont print to while it is not null. */
extern char *printed;
extern size_t printed_size;

__attribute__((noreturn, format(printf, 1, 2))) void panic(const char *format, ...);
__attribute__((format(printf, 1, 2))) int shim_print(const char *format, ...);
#define KERN_INFO ""
#define KERN_DEBUG ""
#define KERN_CONT ""
#define printk shim_print
#define pr_info shim_print
#define pr_cont shim_print
#define pr_err shim_print
#define pr_warn shim_print
#define early_printk shim_print

/* simple_strtoull of the kernel: the base from the prefix, no sign, no blanks. */
static inline unsigned long long simple_strtoull(const char *text, char **end, unsigned base)
{
	if (!isdigit((unsigned char)*text)) {
		*end = (char *)(uintptr_t)text;
		return 0;
	}
	return strtoull(text, end, (int)base);
}

static inline long simple_strtol(const char *text, char **end, unsigned base)
{
	return strtol(text, end, (int)base);
}

static inline char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return (char *)(uintptr_t)text;
}

void sort(void *base, size_t num, size_t size, cmp_func_t cmp_func, swap_func_t swap_func);
void sort_r(void *base, size_t num, size_t size, cmp_r_func_t cmp_func, swap_r_func_t swap_func, const void *priv);
unsigned long long memparse(const char *text, char **end);

struct boot_e820_entry {
	u64 addr;
	u64 size;
	u32 type;
} __attribute__((packed));
#define E820_MAX_ENTRIES_ZEROPAGE 128

struct setup_data {
	u64 next;
	u32 type;
	u32 len;
	u8 data[];
};

struct setup_indirect {
	u32 type;
	u32 reserved;
	u64 len;
	u64 addr;
};

enum { SETUP_EFI = 4, SETUP_IMA = 8, SETUP_RNG_SEED = 9 };
#define SETUP_INDIRECT 0x80000000u

static struct {
	struct {
		u64 setup_data;
	} hdr;
	struct {
		u32 ext_mem_k;
	} screen_info;
	u32 alt_mem_k;
	u8 e820_entries;
	struct boot_e820_entry e820_table[E820_MAX_ENTRIES_ZEROPAGE];
} boot_params;

struct resource {
	resource_size_t start, end;
	const char *name;
	unsigned long flags, desc;
	struct resource *parent, *sibling, *child;
};

enum { IORESOURCE_MEM = 0x200, IORESOURCE_SYSTEM_RAM = 0x1000200 };
#define IORESOURCE_BUSY 0x80000000ul
enum {
	IORES_DESC_NONE,
	IORES_DESC_ACPI_TABLES,
	IORES_DESC_ACPI_NV_STORAGE,
	IORES_DESC_PERSISTENT_MEMORY,
	IORES_DESC_PERSISTENT_MEMORY_LEGACY,
	IORES_DESC_RESERVED,
	IORES_DESC_SOFT_RESERVED
};

/* What e820.c only calls on ways that are not compared. */
#define SHIM_UNUSED(...) (panic("%s: not part of the comparison", __func__), (void)0)
#define GFP_KERNEL 0
#define SMP_CACHE_BYTES 64
#define LOWMEMSIZE() 0x9f000
#define kmemdup(from, size, flags) (SHIM_UNUSED(), NULL)
#define early_memremap(address, size) (SHIM_UNUSED(), NULL)
#define early_memunmap(address, size) SHIM_UNUSED()
#define register_nosave_region(start, end) SHIM_UNUSED()
#define memblock_phys_alloc(size, align) (SHIM_UNUSED(), 0)
#define memblock_alloc(size, align) (SHIM_UNUSED(), NULL)
#define memblock_add(base, size) SHIM_UNUSED()
#define memblock_reserve(base, size) SHIM_UNUSED()
#define memblock_allow_resize() SHIM_UNUSED()
#define memblock_trim_memory(align) SHIM_UNUSED()
#define memblock_dump_all() SHIM_UNUSED()
#define insert_resource(root, new) SHIM_UNUSED()
#define insert_resource_expand_to_fit(root, new) SHIM_UNUSED()
#define reserve_region_with_split(root, start, end, name) SHIM_UNUSED()
#define firmware_map_add_early(start, end, type) SHIM_UNUSED()
static struct resource iomem_resource;
static unsigned long max_pfn;
static struct {
	struct {
		char *(*memory_setup)(void);
	} resources;
} x86_init;

#endif
