/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor's state at the kernel's first instruction, and the stack. */
#include "contract.h"

#include "lib/cpu.h"
#include "lib/entry.h"

#define CR0_WANTED (CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE)
#define CR4_FREE (CR4_MCE | CR4_LA57) /* as the firmware had them */

/* Access bytes of a descriptor, without the bit that the processor sets when it is loaded. */
#define ACCESS(descriptor) ((descriptor) >> 40 & 0xfe)
#define ACCESS_CODE 0x9a /* present, ring 0, execute and read */
#define ACCESS_DATA 0x92 /* present, ring 0, read and write */
#define LONG_MODE(descriptor) ((descriptor) >> 53 & 3) /* 1: 64-bit code */

static void check_segments(const struct machine *machine)
{
	const struct entry_state *e = &entry_state;

	check(e->cs == MAPBRIDGE_CS && e->rip >= START_KERNEL_MAP && e->rip == (uint64_t)_text,
	      "C1 entered at e_entry, CS 0x10", "CS %#x, RIP %#llx, _start is at %p", e->cs, (unsigned long long)e->rip,
	      (void *)_text);
	check(e->ds == MAPBRIDGE_DS && e->es == MAPBRIDGE_DS && e->ss == MAPBRIDGE_DS, "C2 DS, ES and SS are 0x18",
	      "DS %#x ES %#x SS %#x", e->ds, e->es, e->ss);
	check(!e->fs && !e->gs && !e->fs_base && !e->gs_base, "C3 FS and GS are null, their bases 0",
	      "FS %#x GS %#x bases %#llx %#llx", e->fs, e->gs, (unsigned long long)e->fs_base,
	      (unsigned long long)e->gs_base);
	check(e->gdtr.limit == 31 && !e->gdt[0] && !e->gdt[1] && ACCESS(e->gdt[2]) == ACCESS_CODE &&
		      LONG_MODE(e->gdt[2]) == 1 && ACCESS(e->gdt[3]) == ACCESS_DATA &&
		      machine_reserved(machine, e->gdtr.base, 32, -1),
	      "C4 GDT: null, null, 64-bit code, data, in reserved memory",
	      "limit %u base %#llx: %#llx %#llx %#llx %#llx", e->gdtr.limit, (unsigned long long)e->gdtr.base,
	      (unsigned long long)e->gdt[0], (unsigned long long)e->gdt[1], (unsigned long long)e->gdt[2],
	      (unsigned long long)e->gdt[3]);
	check(e->idtr.limit == 0, "C5 no IDT", "limit %u", e->idtr.limit);
	check_equal(e->ldtr, 0, "C6 LDTR is null");
}

static void check_registers(const struct machine *machine)
{
	const struct entry_state *e = &entry_state;
	uint64_t others = e->rax | e->rbx | e->rcx | e->rdx | e->rbp;

	for (unsigned i = 0; i < MM_ARRAY_COUNT(e->r8_to_r15); i++)
		others |= e->r8_to_r15[i];
	check_equal(e->rflags, 2, "C7 RFLAGS is 2");
	check_equal(e->cr0, CR0_WANTED, "C8 CR0 is PG WP NE ET MP PE");
	check_equal(e->cr4 & ~CR4_FREE, CR4_PAE, "C9 CR4 is PAE and at most MCE and LA57");
	check_equal(e->efer, EFER_LMA | EFER_LME | EFER_NXE, "C10 EFER is LMA LME NXE");
	check(e->rsi == e->rdi && e->rsi == (uint64_t)machine->boot_params, "C11 RSI and RDI are boot_params",
	      "RSI %#llx RDI %#llx", (unsigned long long)e->rsi, (unsigned long long)e->rdi);
	check_equal(others, 0, "C12 the other general registers are 0");
}

static void check_stack(const struct machine *machine)
{
	const struct mapbridge_handoff *handoff = machine->handoff;
	const struct entry_state *e = &entry_state;

	check(e->rsp == handoff->stack_top - 8 && !e->return_address, "S1 RSP is stack_top - 8 and holds 0",
	      "RSP %#llx, stack_top %#llx, [RSP] %#llx", (unsigned long long)e->rsp,
	      (unsigned long long)handoff->stack_top, (unsigned long long)e->return_address);
	check(handoff->stack_top % 16 == 0 && handoff->stack_bottom % MM_PAGE_SIZE == 0 &&
		      handoff->stack_top - handoff->stack_bottom >= MAPBRIDGE_STACK_SIZE,
	      "S2 the stack is 32 KiB, its top 16-byte aligned", "[%#llx, %#llx)",
	      (unsigned long long)handoff->stack_bottom, (unsigned long long)handoff->stack_top);
	check(machine_reserved(machine, handoff->stack_bottom - MM_PAGE_SIZE,
			       handoff->stack_top - handoff->stack_bottom + MM_PAGE_SIZE, MAPBRIDGE_STACK),
	      "S3 stack and guard page are reserved as such", "no reservation of that kind covers them");
}

void check_processor(const struct machine *machine)
{
	check_segments(machine);
	check_registers(machine);
	check_stack(machine);
}

/* Not cleared by anybody but the loader. */
static uint8_t never_written[3 * MM_PAGE_SIZE];

void check_bss(void)
{
	volatile const uint8_t *byte = never_written;
	size_t dirty = 0;

	for (size_t i = 0; i < sizeof(never_written); i++)
		dirty += byte[i] != 0;
	if (!check(!dirty, "L1 bss is cleared", "%zu of %zu bytes are not 0", dirty, sizeof(never_written)))
		panic("setup_arch", "nothing works without that");
}

void check_image(const struct machine *machine)
{
	const struct mapbridge_handoff *handoff = machine->handoff;

	check(handoff->kernel_phys == pa_symbol(_text) && handoff->kernel_virt == (uint64_t)_text,
	      "L2 loaded at p_paddr", "kernel_phys %#llx kernel_virt %#llx", (unsigned long long)handoff->kernel_phys,
	      (unsigned long long)handoff->kernel_virt);
	check_equal(handoff->kernel_size, (uint64_t)(__bss_stop - _text), "L3 kernel_size reaches the end of bss");
}
