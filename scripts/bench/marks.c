/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QEMU TCG plugin: how many guest instructions had been executed when given code was first reached.
 *
 *   -plugin marks.so,marks=FILE,out=FILE[,count=off]
 *
 * FILE of marks has lines `NAME HEXBYTES`: the code is known by its bytes. The output has, in the order of firing,
 *   mark NAME INSTRUCTIONS REPS REPBYTES PIO
 * instructions before the mark; the string-instruction iterations among them (QEMU counts each iteration of `rep movsb`
 * as an instruction, hardware moves 32 bytes or more a cycle) and the bytes that those moved; port I/O instructions.
 * A translation block counts as a whole when it is entered. One virtual CPU only. With count=off nothing is counted, and a line is
 *   mark NAME NANOSECONDS
 * of the CPU time that all of QEMU had taken.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The part of QEMU's plugin API, version 1, that is used; its header is not packaged by Debian. */
#define EXPORT __attribute__((visibility("default")))
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum { INLINE_ADD_U64 = 0, CB_NO_REGS = 0 };
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);
void *qemu_plugin_insn_haddr(const struct qemu_plugin_insn *);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *, int op, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *, int op, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *), int flags, void *);

EXPORT int qemu_plugin_version = 1;

#define MAX_MARKS 16
#define PATTERN_LENGTH 64

struct mark {
	char name[32];
	uint8_t pattern[PATTERN_LENGTH];
	size_t length;
	bool fired;
};

/* Where a mark's code was translated: so many instructions of the block come at or after it. */
struct site {
	struct mark *mark;
	uint64_t after;
};

static struct mark marks[MAX_MARKS];
static size_t mark_count;
static uint64_t instructions, reps, rep_bytes, port_io;
static bool counting = true;
static FILE *out;

static void on_mark(unsigned cpu, void *data)
{
	struct site *site = data;
	struct timespec time;

	(void)cpu;
	if (site->mark->fired)
		return;
	site->mark->fired = true;
	if (!counting) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
		fprintf(out, "mark %s %" PRId64 "\n", site->mark->name, time.tv_sec * INT64_C(1000000000) + time.tv_nsec);
		fflush(out);
		return;
	}
	fprintf(out, "mark %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", site->mark->name,
		instructions - site->after, reps, rep_bytes, port_io);
	fflush(out);
}

#define PORT_IO 9

/* 0: other; 1 to 8: a repeated string instruction of that many bytes; PORT_IO. */
static int classify(const uint8_t *code, size_t size)
{
	bool rep = false, word = false, rex_w = false;

	for (size_t i = 0; i < size; i++) {
		uint8_t byte = code[i];

		if (byte == 0xf2 || byte == 0xf3)
			rep = true;
		else if (byte == 0x66)
			word = true;
		else if ((byte & 0xf0) == 0x40)
			rex_w = byte & 8;
		else if ((byte >= 0xe4 && byte <= 0xe7) || (byte >= 0xec && byte <= 0xef) ||
			 (byte >= 0x6c && byte <= 0x6f))
			return PORT_IO;
		else if (byte >= 0xa4 && byte <= 0xaf && byte != 0xa8 && byte != 0xa9)
			return !rep ? 0 : !(byte & 1) ? 1 : rex_w ? 8 : word ? 2 : 4;
		else if (byte != 0x67 && byte != 0x2e && byte != 0x36 && byte != 0x3e && byte != 0x26 && byte != 0x64 &&
			 byte != 0x65)
			return 0;
	}
	return 0;
}

static bool is_at(const struct mark *mark, const struct qemu_plugin_insn *instruction)
{
	const uint8_t *data = qemu_plugin_insn_data(instruction), *host = qemu_plugin_insn_haddr(instruction);
	size_t size = qemu_plugin_insn_size(instruction), in_page = 4096 - (qemu_plugin_insn_vaddr(instruction) & 4095);

	if (memcmp(mark->pattern, data, size < mark->length ? size : mark->length))
		return false;
	/* the rest of the pattern, as far as this page goes */
	return host && !memcmp(mark->pattern, host, mark->length < in_page ? mark->length : in_page);
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
	size_t count = qemu_plugin_tb_n_insns(block);

	(void)id;
	if (counting)
		qemu_plugin_register_vcpu_tb_exec_inline(block, INLINE_ADD_U64, &instructions, count);
	for (size_t i = 0; i < count; i++) {
		struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
		int class = counting ? classify(qemu_plugin_insn_data(instruction), qemu_plugin_insn_size(instruction)) : 0;

		if (class == PORT_IO) {
			qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &port_io, 1);
		} else if (class) {
			qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &reps, 1);
			qemu_plugin_register_vcpu_insn_exec_inline(instruction, INLINE_ADD_U64, &rep_bytes, class);
		}
		for (struct mark *mark = marks; mark < marks + mark_count; mark++) {
			struct site *site;

			if (mark->fired || !is_at(mark, instruction))
				continue;
			site = malloc(sizeof(*site)); /* lives as long as the translation */
			if (!site)
				abort();
			*site = (struct site){ mark, count - i };
			qemu_plugin_register_vcpu_insn_exec_cb(instruction, on_mark, CB_NO_REGS, site);
		}
	}
}

static bool load_marks(const char *path)
{
	char line[256], bytes[2 * PATTERN_LENGTH + 1];
	FILE *file = fopen(path, "r");

	if (!file) {
		perror(path);
		return false;
	}
	while (mark_count < MAX_MARKS && fgets(line, sizeof(line), file)) {
		struct mark *mark = &marks[mark_count];
		unsigned byte;

		if (sscanf(line, "%31s %128s", mark->name, bytes) != 2)
			continue;
		for (const char *at = bytes; sscanf(at, "%2x", &byte) == 1; at += 2)
			mark->pattern[mark->length++] = byte;
		mark_count++;
	}
	fclose(file);
	return true;
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "marks=", 6)) {
			if (!load_marks(argv[i] + 6))
				return -1;
		} else if (!strncmp(argv[i], "out=", 4)) {
			out = fopen(argv[i] + 4, "w");
		} else if (!strcmp(argv[i], "count=off")) {
			counting = false;
		}
	}
	if (!out || !mark_count) {
		fprintf(stderr, "marks: needs marks=FILE with marks and out=FILE that can be written\n");
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	return 0;
}
