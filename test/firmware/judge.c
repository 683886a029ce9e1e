/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "judge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HARMLESS_MAX 200

/* A failure of this call in this function of efi/ may pass without a word. */
struct harmless {
	char call[48];
	char place[128]; /* "efi/console.c console_flush"; "*": anywhere */
};

static struct harmless harmless[HARMLESS_MAX];
static size_t harmless_count;

static const struct {
	const char *name;
	EFI_STATUS status;
} errors[] = {
#define STATUS(name) { #name, EFI_##name }
	STATUS(SUCCESS), STATUS(LOAD_ERROR), STATUS(INVALID_PARAMETER), STATUS(UNSUPPORTED), STATUS(BAD_BUFFER_SIZE),
	STATUS(BUFFER_TOO_SMALL), STATUS(NOT_READY), STATUS(DEVICE_ERROR), STATUS(WRITE_PROTECTED), STATUS(OUT_OF_RESOURCES),
	STATUS(VOLUME_CORRUPTED), STATUS(VOLUME_FULL), STATUS(NO_MEDIA), STATUS(MEDIA_CHANGED), STATUS(NOT_FOUND),
	STATUS(ACCESS_DENIED), STATUS(NO_RESPONSE), STATUS(TIMEOUT), STATUS(ALREADY_STARTED), STATUS(ABORTED),
	STATUS(SECURITY_VIOLATION), STATUS(WARN_DELETE_FAILURE), { "SHORT", STATUS_SHORT },
};

const char *error_name(EFI_STATUS error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (errors[i].status == error)
			return errors[i].name;
	return "?";
}

bool error_by_name(const char *name, EFI_STATUS *error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, name) == 0) {
			*error = errors[i].status;
			return true;
		}
	return false;
}

const char *ending_name(const struct result *result)
{
	static const char *const names[] = { "it did not end", "", "jumped", "started", "reset" };

	return result->ending == ENDED_RETURNED ? error_name(result->status) : names[result->ending];
}

/* Lines of CALL, file, function and a reason; '#' begins a comment. */
void judge_load(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[400], source[60], function[60];

	while (file && fgets(line, sizeof(line), file)) {
		struct harmless *h = &harmless[harmless_count];

		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (harmless_count == HARMLESS_MAX || sscanf(line, "%47s %59s %59s", h->call, source, function) != 3) {
			fprintf(stderr, "%s: %s: needed: CALL FILE FUNCTION REASON\n", path, line);
			exit(2);
		}
		if (strcmp(source, "*") == 0)
			strcpy(h->place, "*");
		else
			snprintf(h->place, sizeof(h->place), "%s %s", source, function);
		harmless_count++;
	}
	if (!file) {
		fprintf(stderr, "%s: it cannot be read\n", path);
		exit(2);
	}
	fclose(file);
}

/* A site is "efi/boot.c:90 allocate_pages". */
static bool is_harmless(const struct logged_call *call, EFI_STATUS error)
{
	char with_error[80];
	const char *site = site_name(call->site), *colon = site ? strchr(site, ':') : NULL;
	char place[120] = "";

	if (colon)
		snprintf(place, sizeof(place), "%.*s%s", (int)(colon - site), site, strchr(colon, ' '));
	snprintf(with_error, sizeof(with_error), "%s:%s", call_descriptions[call->call].name, error_name(error));
	for (size_t i = 0; i < harmless_count; i++)
		if ((strcmp(harmless[i].call, call_descriptions[call->call].name) == 0 || strcmp(harmless[i].call, with_error) == 0) &&
		    (harmless[i].place[0] == '*' || strcmp(harmless[i].place, place) == 0))
			return true;
	return false;
}

const char *judge_scenario(const struct scenario *scenario, const struct result *result)
{
	static char why[300];

	if (strcmp(ending_name(result), scenario->ends) != 0) {
		snprintf(why, sizeof(why), "it ended with %s, and %s is expected", ending_name(result), scenario->ends);
		return why;
	}
	for (size_t i = 0; i < scenario->text_count; i++) {
		const struct scenario_text *text = &scenario->texts[i];

		if ((strstr(result->console, text->text) != NULL) == text->must)
			continue;
		snprintf(why, sizeof(why), "the console has %s \"%s\"", text->must ? "no" : "the text", text->text);
		return why;
	}
	return NULL;
}

const char *judge_hostile(const struct result *result)
{
	const char *line = strstr(result->console, "mapbridge: error:");

	if (result->ending == ENDED_JUMPED)
		return NULL;
	if (result->ending != ENDED_RETURNED)
		return "it neither jumped nor returned";
	for (; line && *line && *line != '\n'; line++)
		if (*line >= '0' && *line <= '9')
			return NULL;
	return "it is refused without a number";
}

/* Whether the console has a line of a message that the other run's does not have. */
static bool says_more(const struct result *result, const struct result *base)
{
	static const char *const words[] = { "mapbridge: error:", "note:", "no random seed:", "no TPM event log:", "came back (",
					     "cannot be started: ", "Nothing to boot:", "messages were not kept" };

	for (const char *line = result->console; *line; line += strcspn(line, "\n") + (line[strcspn(line, "\n")] == '\n')) {
		char copy[600];

		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(line, "\n"), line);
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strstr(copy, words[i]) && !strstr(base->console, copy))
				return true;
	}
	return false;
}

const char *judge_failure(const struct scenario *scenario, const struct result *base, const struct result *result,
			  const struct logged_call *call, EFI_STATUS error)
{
	bool silent;

	if (!result->injected)
		return "the call that was to fail never came: two runs are not the same";
	if (result->ending == ENDED_NOT)
		return "it did not end";
	if (result->ending == ENDED_RESET)
		return NULL;
	if (scenario->font) /* what is said may be drawn into the picture */
		return NULL;
	if ((scenario->tables_full && call->call == CALL_InstallConfigurationTable) ||
	    (scenario->volume_full && call->call == CALL_File_Write)) /* it fails in the other run, too */
		return NULL;
	if (scenario->quiet && (result->ending == ENDED_JUMPED || result->ending == ENDED_STARTED))
		return NULL;
	silent = !scenario->no_console_out && !says_more(result, base);
	if (!silent || error == STATUS_SHORT)
		return NULL;
	if ((result->ending != base->ending || result->status != base->status) &&
	    !(is_harmless(call, error) && (result->ending == ENDED_JUMPED || result->ending == ENDED_STARTED)))
		return "it ended otherwise, and the console does not say why";
	return is_harmless(call, error) ? NULL : "nothing is said about it, and test/firmware/harmless.txt does not have it";
}
