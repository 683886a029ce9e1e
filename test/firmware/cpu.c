/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only a processor in ring 0 may do faults here, and is done in its place: reading control registers, cli, inl; and rdtsc. A
 * jump to memory that holds no program of the host's is the jump to the stub. Every other fault is a wild access.
 */
#define _GNU_SOURCE
#include "mock.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <ucontext.h>

#define CPUID_TDX 0x21
#define CPUID_SEV 0x8000001f
#define MSR_SEV_STATUS 0xc0010131

static struct sigaction before;
static uint64_t counter; /* the time stamp counter: two runs are the same */

/* The general registers by their numbers in instructions. */
static const int registers[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
				   REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };

/* The ACPI power management timer at 3.579545 MHz: each look at it takes two microseconds. */
static uint32_t timer(void)
{
	static uint64_t looks;

	return (uint32_t)((mock.time + 2 * ++looks) * 3579545 / 1000000);
}

static uint64_t control_register(unsigned number)
{
	return number == 4 ? mock.scenario->cr4 : number == 0 ? 0x80010033 : 0x1000;
}

/* Bytes of the instruction that was done; 0: it is none of those. */
__attribute__((no_sanitize("address"))) static size_t emulate(const uint8_t *code, greg_t *regs)
{
	size_t prefix = (code[0] & 0xf0) == 0x40;
	unsigned rex = prefix ? code[0] : 0;

	if (code[0] == 0xfa) {
		mock.interrupts_off = true;
		return 1;
	}
	if (code[0] == 0x0f && (code[1] == 0x31 || (code[1] == 0x01 && code[2] == 0xf9))) { /* rdtsc; rdtscp is the C library's */
		counter += code[1] == 0x31 ? 3000 : 0;
		regs[REG_RAX] = (greg_t)(counter & 0xffffffff);
		regs[REG_RDX] = (greg_t)(counter >> 32);
		regs[REG_RCX] = code[1] == 0x31 ? regs[REG_RCX] : 0;
		return code[1] == 0x31 ? 2 : 3;
	}
	if (code[0] == 0xed) { /* inl %dx, %eax */
		regs[REG_RAX] = (regs[REG_RDX] & 0xffff) == PM_TIMER_PORT ? timer() : 0xffffffff;
		return 1;
	}
	if (code[0] == 0x0f && code[1] == 0x32) { /* rdmsr */
		regs[REG_RAX] = mock.scenario->sev && (regs[REG_RCX] & 0xffffffff) == MSR_SEV_STATUS;
		regs[REG_RDX] = 0;
		return 2;
	}
	if (code[prefix] == 0x0f && code[prefix + 1] == 0x20) {
		unsigned modrm = code[prefix + 2];

		regs[registers[(modrm & 7) | (rex & 1) << 3]] = (greg_t)control_register((modrm >> 3 & 7) | (rex & 4) << 1);
		return prefix + 3;
	}
	return 0;
}

static void fault(int number, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	uint64_t rip = (uint64_t)regs[REG_RIP];
	size_t length;

	(void)number;
	if ((uint64_t)(uintptr_t)info->si_addr == rip) {
		mock.jump_rip = rip;
		mock.jump_rdi = (uint64_t)regs[REG_RDI];
		mock.jump_rsp = (uint64_t)regs[REG_RSP];
		end_run(ENDED_JUMPED);
	}
	length = emulate((const uint8_t *)(uintptr_t)rip, regs);
	regs[REG_RIP] += (greg_t)length;
	if (length)
		return;
	/* Again, so that the sanitizer tells where it was. */
	problem("memory at %p is touched, which is not allocated", info->si_addr);
	sigaction(SIGSEGV, &before, NULL);
}

struct cpuid { /* as in efi/firmware.h */
	uint32_t a, b, c, d;
};
struct cpuid __wrap_machine_cpuid(uint32_t leaf);
bool __wrap_machine_rdrand(uint64_t *value);

/*
 * The scenario's processor (Intel: Software Developer's Manual, volume 2, CPUID; guest-host communication interface; AMD:
 * Architecture Programmer's Manual, volume 3, appendix E), so that a run is the same on every host.
 */
struct cpuid __wrap_machine_cpuid(uint32_t leaf)
{
	const struct scenario_processor *p = &mock.scenario->processor;

	switch (leaf) {
	case 0:
		return p->amd ? (struct cpuid){ CPUID_TDX, 0x68747541, 0x444d4163, 0x69746e65 } : /* AuthenticAMD */
				(struct cpuid){ CPUID_TDX, 0x756e6547, 0x6c65746e, 0x49656e69 };  /* GenuineIntel */
	case 1:
		return (struct cpuid){ .c = p->rdrand ? 1u << 30 : 0 };
	case 7:
		return (struct cpuid){ .b = p->sha ? 1u << 29 : 0, .c = p->la57 ? 1u << 16 : 0 };
	case CPUID_TDX:
		return mock.scenario->tdx ? (struct cpuid){ 0, 0x65746e49, 0x20202020, 0x5844546c } : (struct cpuid){ 0 };
	case 0x80000000:
		return (struct cpuid){ .a = CPUID_SEV };
	case 0x80000001:
		return (struct cpuid){ .d = p->gib_pages ? 1u << 26 : 0 };
	case CPUID_SEV:
		return (struct cpuid){ .a = mock.scenario->sev ? 2 : 0 };
	default:
		return (struct cpuid){ 0 };
	}
}

bool __wrap_machine_rdrand(uint64_t *value)
{
	static uint64_t number;

	if (!mock.scenario->processor.rdrand)
		problem("RDRAND on a processor that does not have it");
	*value = mock.scenario->processor.rdrand_fails ? 0 : (number += UINT64_C(0x9e3779b97f4a7c15));
	return !mock.scenario->processor.rdrand_fails;
}

void cpu_setup(void)
{
	struct sigaction action = { .sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER };

	sigaction(SIGSEGV, &action, &before);
	prctl(PR_SET_TSC, PR_TSC_SIGSEGV);
}
