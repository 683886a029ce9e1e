/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plays scenarios: once as it is, then once for each call of the firmware and each error that this call may return. What
 * these runs have in common is played once: at each call a child goes on with the failure. Ends with `N passed, N failed`; a
 * call in efi/ that no run has reached, or that has not failed with each of its errors, is a failure, too.
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

#include "flips.h"
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
static bool exhaustive; /* nothing is left out */
static bool verbose;
static const struct injection no_failure;

static void *shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return memory;
}

static void forget(struct result *result)
{
	result->ending = ENDED_NOT;
	result->status = 0;
	result->calls = result->exits = 0;
	result->problems_used = result->console_used = 0;
	result->injected = false;
	result->handed_over = 0;
	memset(result->pcrs, 0, sizeof(result->pcrs));
	memset(result->problems, 0, sizeof(result->problems));
	result->console[0] = '\0';
}

/* A child, with an empty file as its stderr. */
static pid_t start(int errors)
{
	pid_t child;

	if (ftruncate(errors, 0) != 0 || lseek(errors, 0, SEEK_SET) != 0)
		perror("stderr of the run");
	fflush(NULL);
	child = fork();
	if (child < 0) {
		perror("fork");
		exit(2);
	}
	if (child == 0) {
		dup2(errors, 2);
		alarm(RUN_SECONDS * 5);
	}
	return child;
}

/* How the child ended. */
static int wait_for(pid_t child, struct result *result)
{
	int status;

	if (waitpid(child, &status, 0) != child) {
		perror("waitpid");
		exit(2);
	}
	result->console[result->console_used] = '\0';
	return status;
}

/* Plays a run in a child, and says how that child ended; what it wrote to stderr is in the file. */
static int play(const struct scenario *scenario, struct injection injection, struct result *result, int errors)
{
	pid_t child;

	forget(result);
	child = start(errors);
	if (child == 0) {
		mock_run(scenario, &injection, result);
		_exit(0);
	}
	return wait_for(child, result);
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

	if (call->call != CALL_ConIn_ReadKeyStroke && call->call != CALL_ConIn_ReadKeyStrokeEx && call->call != CALL_CheckEvent &&
	    call->call != CALL_Gop_Blt && call->call != CALL_HiiFont_GetGlyph)
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
static struct {
	const struct scenario *scenario;
	const struct result *base; /* of the run without failures */
	struct result *result;     /* of a run with one */
	int errors;
	unsigned share, job;
} injecting;

/* Whether the failure is another process' or is one of those that the scenario leaves out. What is new is never left out. */
static bool is_not_ours(unsigned index, unsigned error)
{
	unsigned job = injecting.job++, every = injecting.scenario->every;

	if (job % processes != injecting.share)
		return true;
	if (exhaustive || !site_tried(injecting.base->log[index].site, error))
		return false;
	if (!is_left_out(injecting.base, index) && (job / processes + 1) % every == 0)
		return false;
	__atomic_add_fetch(&counts->left_out, 1, __ATOMIC_RELAXED);
	return true;
}

/* The run goes on in a child from here, and the call fails there. Nothing in the child. */
static bool play_branch(unsigned number, const struct logged_call *call, EFI_STATUS error)
{
	const struct result *trunk = mock.result;
	struct result *branch = injecting.result;
	pid_t child;

	forget(branch);
	branch->calls = trunk->calls;
	branch->exits = trunk->exits;
	branch->console_used = trunk->console_used;
	memcpy(branch->console, trunk->console, trunk->console_used);
	child = start(injecting.errors);
	if (child == 0) {
		mock.result = branch;
		mock.injection = (struct injection){ number, error, NULL };
		return false;
	}

	int status = wait_for(child, branch);

	__atomic_add_fetch(&counts->tried, 1, __ATOMIC_RELAXED);
	count_run(injecting.scenario, describe(injecting.scenario, call, number, error), branch, status, injecting.errors,
		  judge_failure(injecting.scenario, injecting.base, branch, call, error));
	return true;
}

/* Before each call of a run without failures: one run for each of the errors of this call. */
static EFI_STATUS fail_call(unsigned number, const struct logged_call *call)
{
	const struct logged_call *logged = &injecting.base->log[(number - 1) % CALLS_LOGGED];
	const unsigned long long *errors = call_descriptions[call->call].errors;

	if (number > injecting.base->calls || number > CALLS_LOGGED || logged->call != call->call || logged->site != call->site)
		fatal("call %u of %u (%d at most can be tried) is another than before", number, injecting.base->calls, CALLS_LOGGED);
	for (unsigned i = 0; errors[i]; i++)
		if (!is_not_ours(number - 1, i) && !play_branch(number, call, errors[i]))
			return errors[i];
	return EFI_SUCCESS;
}

/* A branch comes back from here as the trunk does. */
static void inject(const struct scenario *scenario, const struct result *base, unsigned share)
{
	struct injection injection = { .at_call = fail_call };
	struct result *trunk = calloc(1, sizeof(*trunk));

	injecting.scenario = scenario;
	injecting.base = base;
	injecting.result = shared(sizeof(*injecting.result));
	injecting.errors = errors_file();
	injecting.share = share;
	mock_run(scenario, &injection, trunk);
	if (mock.result == trunk && (trunk->problems[0] || trunk->calls != base->calls))
		count_run(scenario, ": again", trunk, 0, injecting.errors, "two runs are not the same");
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
		status = play(&lying, no_failure, result, errors);
		snprintf(what, sizeof(what), ": lies %u", seed);
		count_run(scenario, what, result, status, errors, judge_hostile(result));
		free(lying.lies);
	}
	printf("%s: %u maps with lies\n", scenario->name, scenario->hostile);
	munmap(result, sizeof(*result));
	close(errors);
}

static int flip_errors; /* stderr of the runs with a flipped byte */

static int play_flip(const struct scenario *scenario, void (*change)(struct scenario *), struct result *result)
{
	pid_t child;

	forget(result);
	child = start(flip_errors);
	if (child == 0) {
		struct scenario changed = *scenario;

		change(&changed);
		mock_run(&changed, &no_failure, result);
		result->problems[0] = '\0'; /* it has another kernel than was expected */
		_exit(0);
	}
	return wait_for(child, result);
}

static void report_flip(const struct scenario *scenario, const char *what, const struct result *result, int status,
			const char *verdict)
{
	count_run(scenario, what, result, status, flip_errors, verdict);
	if (!verdict && !status)
		printf("%s%s\n", scenario->name, what);
	fflush(stdout);
}

static void play_flips(const struct scenario *scenario, const struct result *base)
{
	for (unsigned share = 0; share < processes; share++)
		if (fork() == 0) {
			flip_errors = errors_file();
			flips_play(scenario, base, shared(sizeof(struct result)), play_flip, report_flip, share, processes);
			_exit(0);
		}
	for (int status; wait(&status) > 0;)
		if (status) {
			printf("FAIL %s: a process that flips bytes ended with status %x\n", scenario->name, (unsigned)status);
			counts->failed++;
		}
}

/* Each run must be right whatever the processor has. */
static void play_processors(const struct scenario *scenario)
{
	struct result *result = shared(sizeof(*result));
	int errors = errors_file();
	char what[100];

	for (const struct scenario_processor *p = scenario_processors; p->name; p++) {
		struct scenario other = *scenario;
		int status;

		other.processor = *p;
		status = play(&other, no_failure, result, errors);
		snprintf(what, sizeof(what), ": on a processor, %s", p->name);
		count_run(scenario, what, result, status, errors, judge_scenario(scenario, result));
	}
	munmap(result, sizeof(*result));
	close(errors);
}

static void play_scenario(const struct scenario *scenario, bool with_failures)
{
	struct result *base = shared(sizeof(*base));
	int errors = errors_file(), status = play(scenario, no_failure, base, errors);
	const char *verdict = judge_scenario(scenario, base);
	unsigned tried = counts->tried;

	count_run(scenario, "", base, status, errors, verdict);
	if (verbose)
		printf("%s\n%s after %u calls\n", base->console, ending_name(base), base->calls);
	if (with_failures)
		play_processors(scenario);
	fflush(stdout);
	if (scenario->flip_count && with_failures && !verdict && status == 0)
		play_flips(scenario, base);
	if (scenario->hostile && with_failures) {
		play_hostile(scenario);
		return;
	}
	for (unsigned share = 0; share < processes && with_failures && !scenario->no_failures && !verdict && status == 0; share++)
		if (fork() == 0) {
			inject(scenario, base, share);
			_exit(0);
		}
	while (wait(&status) > 0)
		if (status) {
			printf("FAIL %s: a process that tries its failures ended with status %x\n", scenario->name, (unsigned)status);
			counts->failed++;
		}
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
	play(scenario, no_failure, base, errors);
	if (number == 0 || number > base->calls || number > CALLS_LOGGED) {
		fprintf(stderr, "run: %s has calls 1 to %u\n", scenario->name, base->calls);
		exit(2);
	}
	status = play(scenario, (struct injection){ number, error, NULL }, result, errors);
	printf("%s\n%s after %u calls\n", result->console, ending_name(result), result->calls);
	count_run(scenario, describe(scenario, &base->log[number - 1], number, error), result, status, errors,
		  judge_failure(scenario, base, result, &base->log[number - 1], error));
}

static void print_missed(const char *name, const struct call_description *call, EFI_STATUS error)
{
	if (call)
		printf("FAIL no run has let %s fail with %s at this call: %s\n", call->name, error_name(error), name);
	else
		printf("FAIL no run has reached this call: %s\n", name);
	counts->failed++;
}

static unsigned distinct_errors(void)
{
	uint64_t seen = 0;

	for (unsigned call = 0; call < CALL_COUNT; call++)
		for (unsigned i = 0; call_descriptions[call].errors[i]; i++)
			seen |= UINT64_C(1) << ((call_descriptions[call].errors[i] & 31) | call_descriptions[call].errors[i] >> 63 << 5);
	return (unsigned)__builtin_popcountll(seen);
}

static void play_all(void)
{
	glob_t found;
	size_t missed, pairs;

	if (glob(SCENARIOS, 0, NULL, &found) != 0) {
		fprintf(stderr, "run: there are no " SCENARIOS "\n");
		exit(2);
	}
	for (size_t i = 0; i < found.gl_pathc; i++) {
		pid_t child;
		int status;

		fflush(NULL);
		child = fork(); /* what one scenario has read costs time in the forks of the next */
		if (child == 0) {
			play_scenario(scenario_read(found.gl_pathv[i]), true);
			exit(0);
		}
		if (waitpid(child, &status, 0) != child || status) {
			printf("FAIL %s: its process ended with status %x\n", found.gl_pathv[i], (unsigned)status);
			counts->failed++;
		}
	}
	missed = sites_missed(print_missed, &pairs);
	counts->passed += missed == 0;
	printf("%zu scenarios, %u calls x errors tried, %u leaks, %u crashes (%u left out as repetitions)\n", found.gl_pathc,
	       counts->tried, counts->leaks, counts->crashes, counts->left_out);
	printf("%zu call sites x %u errors: ", sites_count(), distinct_errors());
	if (missed)
		printf("%zu of %zu pairs not tried\n", missed, pairs);
	else
		printf("all %zu pairs tried\n", pairs);
}

int main(int argc, char **argv)
{
	const char *fail = NULL, *path = NULL;
	bool show = false;
	char sites[4096];

	counts = shared(sizeof(*counts));
	sites_reached = shared(SITES_MAX * sizeof(*sites_reached));
	snprintf(sites, sizeof(sites), "%s.sites", argv[0]);
	sites_load(sites);
	backing_prepare();
	judge_load("test/firmware/harmless.txt");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--fail") == 0 && i + 1 < argc)
			fail = argv[++i];
		else if (strcmp(argv[i], "--all") == 0)
			exhaustive = true;
		else if (strcmp(argv[i], "--show") == 0)
			show = verbose = true;
		else if (strcmp(argv[i], "--processes") == 0 && i + 1 < argc)
			processes = (unsigned)atoi(argv[++i]);
		else
			path = argv[i];
	}
	if (processes < 1 || processes > PROCESSES_MAX || (argc > 1 && path && path[0] == '-')) {
		fprintf(stderr, "usage: run [--processes N] [--all] [SCENARIO [--show | --fail CALL:ERROR]]\n");
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
