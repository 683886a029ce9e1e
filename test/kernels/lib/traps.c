/* SPDX-License-Identifier: BSD-2-Clause */
#include "traps.h"

#include "cpu.h"
#include "entry.h"
#include "runtime.h"

#include <loader/handoff.h>

#define VECTORS 32
#define TSS_SELECTOR 0x20
#define DESCRIPTOR_CODE64 UINT64_C(0x00af9b000000ffff)
#define DESCRIPTOR_DATA UINT64_C(0x00cf93000000ffff)
#define DESCRIPTOR_TSS UINT64_C(0x0000890000000000)
#define GATE_INTERRUPT 0x8e

struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
};

struct tss {
	uint32_t reserved0;
	uint64_t rsp[3], reserved1, ist[7], reserved2;
	uint16_t reserved3, io_map_base;
} __attribute__((packed));

_Static_assert(sizeof(struct gate) == 16, "IDT gate");
_Static_assert(sizeof(struct tss) == 104, "64-bit TSS");

extern const char trap_stubs[];
void load_gdt(const struct descriptor_register *gdtr);
void trap_handler(struct trap_frame *frame);
extern uint64_t probe_rsp, probe_resume;

uint64_t probe_rsp, probe_resume;
static uint64_t gdt[6] = { 0, 0, DESCRIPTOR_CODE64, DESCRIPTOR_DATA };
static struct gate idt[VECTORS];
static struct tss tss;
static uint8_t trap_stack[8192] __attribute__((aligned(16)));

static const char *const names[VECTORS] = {
	"#DE divide error", "#DB debug", "NMI", "#BP breakpoint", "#OF overflow", "#BR bound range",
	"#UD invalid opcode", "#NM no FPU", "#DF double fault", "coprocessor overrun", "#TS invalid TSS",
	"#NP segment not present", "#SS stack segment", "#GP general protection", "#PF page fault", "reserved",
	"#MF x87 error", "#AC alignment check", "#MC machine check", "#XM SIMD error", "#VE virtualization",
	"#CP control protection"
};

void traps_init(void)
{
	const uint64_t tss_base = (uint64_t)&tss;

	/* Its own stack, because the fault may be one of the stack. */
	tss.ist[0] = (uint64_t)(trap_stack + sizeof(trap_stack));
	tss.io_map_base = sizeof(tss);
	gdt[4] = DESCRIPTOR_TSS | (sizeof(tss) - 1) | (tss_base & 0xffffff) << 16 | (tss_base >> 24 & 0xff) << 56;
	gdt[5] = tss_base >> 32;
	for (unsigned i = 0; i < VECTORS; i++) {
		uint64_t stub = (uint64_t)trap_stubs + i * 16;

		idt[i] = (struct gate){ .offset_low = (uint16_t)stub, .selector = MAPBRIDGE_CS, .ist = 1,
					.type = GATE_INTERRUPT, .offset_middle = (uint16_t)(stub >> 16),
					.offset_high = (uint32_t)(stub >> 32) };
	}

	const struct descriptor_register gdtr = { sizeof(gdt) - 1, (uint64_t)gdt };
	const struct descriptor_register idtr = { sizeof(idt) - 1, (uint64_t)idt };

	load_gdt(&gdtr);
	__asm__ volatile("lidt %0" : : "m"(idtr));
}

void trap_handler(struct trap_frame *frame)
{
	if (probe_resume) {
		frame->rip = probe_resume;
		frame->rsp = probe_rsp;
		probe_resume = 0;
		return;
	}
	print(com1, "\nEXCEPTION %llu %s: error %#llx RIP %#llx RSP %#llx CR2 %#llx CR3 %#llx\n",
	      (unsigned long long)frame->vector, names[frame->vector & 31] ? names[frame->vector & 31] : "reserved",
	      (unsigned long long)frame->error, (unsigned long long)frame->rip, (unsigned long long)frame->rsp,
	      (unsigned long long)read_cr2(), (unsigned long long)read_cr3());
	print(com1, "RAX %#llx RBX %#llx RCX %#llx RDX %#llx RSI %#llx RDI %#llx RBP %#llx\n",
	      (unsigned long long)frame->rax, (unsigned long long)frame->rbx, (unsigned long long)frame->rcx,
	      (unsigned long long)frame->rdx, (unsigned long long)frame->rsi, (unsigned long long)frame->rdi,
	      (unsigned long long)frame->rbp);
	leave(EXIT_EXCEPTION);
}
