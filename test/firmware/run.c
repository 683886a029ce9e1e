/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays scenarios, each in a process of its own: once as it is, then once for each call of the firmware and each error that
 * this call may return. Ends with `N passed, N failed`; a call in efi/ that no run has reached is a failure, too.
 */
#define _GNU_SOURCE
#include "mock.h"

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "judge.h"
#include "lies.h"

#define SCENARIOS "test/firmware/scenarios/*.scenario"
#define PROCESSES_MAX 8
#define RUN_SECONDS 60 /* of the processor: a run takes milliseconds */
#define REPEATS 3      /* how many of the calls that are repeated at one place are made to fail, besides the last */

/* What the processes count together. */
struct counts {
	unsigned passed, failed, tried, leaks, crashes, left_out;
};

static struct counts *counts;
static unsigned processes = 2;
static bool verbose;

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return memory;
}

/* Plays a run in a child, and says how that child ended; what it wrote to stderr is in the file. */
static int play(const struct scenario *scenario, struct injection injection, struct result *result, int errors)
{
	int status;
	pid_t child;

	result->ending = ENDED_NOT;
	result->status = 0;
	result->calls = result->exits = 0;
	result->problems_used = result->console_used = 0;
	result->problems[0] = result->console[0] = '\0';
	result->injected = false;
	memset(result->problems, 0, sizeof(result->problems));
	if (ftruncate(errors, 0) != 0 || lseek(errors, 0, SEEK_SET) != 0)
		perror("stderr of the run");
	fflush(NULL);
	child = fork();
	if (child == 0) {
		dup2(errors, 2);
		alarm(RUN_SECONDS * 5);
		mock_run(scenario, &injection, result);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child) {
		perror("fork");
		exit(2);
	}
	return status;
}

static void show_errors(int errors)
{
	char text[6000];
	ssize_t size = pread(errors, text, sizeof(text) - 1, 0);

	if (size > 0)
		printf("%.*s\n", (int)size, text);
}

static void indent(const char *text)
{
	for (; *text; text += strcspn(text, "\n") + (text[strcspn(text, "\n")] == '\n'))
		printf("    %.*s\n", (int)strcspn(text, "\n"), text);
}

/* Counts a run, and says what was wrong. */
static void count_run(const struct scenario *scenario, const char *what, const struct result *result, int status, int errors,
		      const char *verdict)
{
	bool crashed = status != 0;
	bool bad = crashed || verdict || result->problems[0];

	__atomic_add_fetch(bad ? &counts->failed : &counts->passed, 1, __ATOMIC_RELAXED);
	if (crashed)
		__atomic_add_fetch(&counts->crashes, 1, __ATOMIC_RELAXED);
	if (strstr(result->problems, " not freed") || strstr(result->problems, " not closed") ||
	    strstr(result->problems, " not uninstalled") || strstr(result->problems, " not unloaded"))
		__atomic_add_fetch(&counts->leaks, 1, __ATOMIC_RELAXED);
	if (!bad && !verbose)
		return;
	printf("%s %s%s\n", bad ? "FAIL" : "PASS", scenario->name, what);
	if (crashed)
		printf("    the process ended with status %x\n", (unsigned)status);
	if (verdict)
		printf("    %s\n", verdict);
	indent(result->problems);
	if (crashed)
		show_errors(errors);
	if (bad && !verbose && result->console_used) {
		size_t from = result->console_used > 800 ? result->console_used - 800 : 0;

		printf("    the end of its console:\n");
		indent(result->console + from);
	}
	fflush(stdout);
}

static int errors_file(void)
{
	return memfd_create("errors", 0);
}

static const char *describe(const struct scenario *scenario, const struct logged_call *call, unsigned number, EFI_STATUS error)
{
	static char text[300];
	const char *site = site_name(call->site);

	snprintf(text, sizeof(text), ": %s fails with %s (%s); again: build/test/firmware/run test/firmware/scenarios/%s.scenario "
		 "--fail %u:%s", call_descriptions[call->call].name, error_name(error), site ? site : "not in efi/", scenario->name,
		 number, error_name(error));
	return text;
}

/* Waiting for a key, drawing and reading a font are one call again and again: the first few and the last stand for all. */
static bool is_left_out(const struct result *base, unsigned index)
{
	const struct logged_call *call = &base->log[index];
	unsigned before = 0;

	if (call->call != CALL_ConIn_ReadKeyStroke && call->call != CALL_Gop_Blt && call->call != CALL_HiiFont_GetGlyph)
		return false;
	for (unsigned i = 0; i < index && before < REPEATS; i++)
		before += base->log[i].call == call->call && base->log[i].site == call->site;
	if (before < REPEATS)
		return false;
	for (unsigned i = index + 1; i < base->calls && i < CALLS_LOGGED; i++)
		if (base->log[i].call == call->call && base->log[i].site == call->site)
			return true;
	return false;
}

/* One process' share of the failures of a scenario. */
static void inject(const struct scenario *scenario, const struct result *base, unsigned share)
{
	struct result *result = shared(sizeof(*result));
	int errors = errors_file();
	unsigned job = 0;

	for (unsigned i = 0; i < base->calls && i < CALLS_LOGGED; i++) {
		const unsigned long long *error = call_descriptions[base->log[i].call].errors;

		if (is_left_out(base, i)) {
			if (share == 0)
				__atomic_add_fetch(&counts->left_out, 1, __ATOMIC_RELAXED);
			continue;
		}
		for (; *error; error++) {
			struct injection injection = { i + 1, *error };
			int status;

			if (job++ % processes != share || (scenario->every && job / processes % scenario->every))
				continue;
			status = play(scenario, injection, result, errors);
			__atomic_add_fetch(&counts->tried, 1, __ATOMIC_RELAXED);
			count_run(scenario, describe(scenario, &base->log[i], i + 1, *error), result, status, errors,
				  judge_failure(scenario, base, result, &base->log[i], *error));
		}
	}
}

/* The same machine, whose map lies in another way each time. */
static void play_hostile(const struct scenario *scenario)
{
	struct result *result = shared(sizeof(*result));
	int errors = errors_file();
	char what[40];

	for (unsigned seed = 1; seed <= scenario->hostile; seed++) {
		struct scenario lying = *scenario;
		int status;

		lie(&lying, seed);
		status = play(&lying, (struct injection){ 0, 0 }, result, errors);
		snprintf(what, sizeof(what), ": lies %u", seed);
		count_run(scenario, what, result, status, errors, judge_hostile(result));
		free(lying.lies);
	}
	printf("%s: %u maps with lies\n", scenario->name, scenario->hostile);
	munmap(result, sizeof(*result));
	close(errors);
}

static void play_scenario(const struct scenario *scenario, bool with_failures)
{
	struct result *base = shared(sizeof(*base));
	int errors = errors_file(), status = play(scenario, (struct injection){ 0, 0 }, base, errors);
	const char *verdict = judge_scenario(scenario, base);
	unsigned tried = counts->tried;

	count_run(scenario, "", base, status, errors, verdict);
	if (verbose)
		printf("%s\n%s after %u calls\n", base->console, ending_name(base), base->calls);
	fflush(stdout);
	if (scenario->hostile && with_failures) {
		play_hostile(scenario);
		return;
	}
	for (unsigned share = 0; share < processes && with_failures && !verdict && status == 0; share++)
		if (fork() == 0) {
			inject(scenario, base, share);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	if (with_failures)
		printf("%s: %u calls, %u failures tried\n", scenario->name, base->calls, counts->tried - tried);
	fflush(stdout);
	munmap(base, sizeof(*base));
	close(errors);
}

/* One run with one failure, as it was printed, or with none: all of its console. */
static void play_one(const struct scenario *scenario, const char *fail)
{
	struct result *base = shared(sizeof(*base)), *result = shared(sizeof(*result));
	char name[40] = "";
	unsigned number = 0;
	EFI_STATUS error;
	int errors = errors_file(), status;

	verbose = true;
	if (sscanf(fail, "%u:%39s", &number, name) != 2 || !error_by_name(name, &error)) {
		fprintf(stderr, "run: --fail %s: needed: CALL:ERROR, as a failure is printed\n", fail);
		exit(2);
	}
	play(scenario, (struct injection){ 0, 0 }, base, errors);
	if (number == 0 || number > base->calls || number > CALLS_LOGGED) {
		fprintf(stderr, "run: %s has calls 1 to %u\n", scenario->name, base->calls);
		exit(2);
	}
	status = play(scenario, (struct injection){ number, error }, result, errors);
	printf("%s\n%s after %u calls\n", result->console, ending_name(result), result->calls);
	count_run(scenario, describe(scenario, &base->log[number - 1], number, error), result, status, errors,
		  judge_failure(scenario, base, result, &base->log[number - 1], error));
}

static void print_missed(const char *name)
{
	printf("FAIL no run has reached this call: %s\n", name);
	counts->failed++;
}

static void play_all(void)
{
	glob_t found;
	size_t missed;

	if (glob(SCENARIOS, 0, NULL, &found) != 0) {
		fprintf(stderr, "run: there are no " SCENARIOS "\n");
		exit(2);
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		play_scenario(scenario_read(found.gl_pathv[i]), true);
	missed = sites_missed(print_missed);
	printf("%zu of %zu call sites in efi/ reached\n", sites_count() - missed, sites_count());
	counts->passed += missed == 0;
	printf("%zu scenarios, %u calls x errors tried, %u leaks, %u crashes (%u repeated calls left out)\n",
	       found.gl_pathc, counts->tried, counts->leaks, counts->crashes, counts->left_out);
}

int main(int argc, char **argv)
{
	const char *fail = NULL, *path = NULL;
	bool show = false;
	char sites[4096];

	counts = shared(sizeof(*counts));
	sites_reached = shared(SITES_MAX);
	snprintf(sites, sizeof(sites), "%s.sites", argv[0]);
	sites_load(sites);
	backing_prepare();
	judge_load("test/firmware/harmless.txt");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--fail") == 0 && i + 1 < argc)
			fail = argv[++i];
		else if (strcmp(argv[i], "--show") == 0)
			show = verbose = true;
		else if (strcmp(argv[i], "--processes") == 0 && i + 1 < argc)
			processes = (unsigned)atoi(argv[++i]);
		else
			path = argv[i];
	}
	if (processes < 1 || processes > PROCESSES_MAX || (argc > 1 && path && path[0] == '-')) {
		fprintf(stderr, "usage: run [--processes N] [SCENARIO [--show | --fail CALL:ERROR]]\n");
		return 2;
	}
	if (path && fail)
		play_one(scenario_read(path), fail);
	else if (path)
		play_scenario(scenario_read(path), !show);
	else
		play_all();
	printf("%u passed, %u failed\n", counts->passed, counts->failed);
	return counts->failed != 0;
}
