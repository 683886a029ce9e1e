/* SPDX-License-Identifier: BSD-2-Clause */
/* The host command: finds the command that was asked for, and helps who mistyped it. */
#define _POSIX_C_SOURCE 200809L

#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAME_MAX_LENGTH 32

static const struct command commands[] = {
	{ "check", "look for what is wrong with a memory map", check_run },
	{ "convert", "the e820 map that a kernel is given", convert_run },
	{ "diff", "compare the maps of two files", diff_run },
	{ "explain", "tell everything known about an address", explain_run },
	{ "plan", "what the loader would do on a machine", plan_run },
	{ "prepare", "unpack a Linux kernel once, for the loader to read it to its place", prepare_run },
	{ "show", "print the memory map of a file", show_run },
};

int refuse(const char *format, ...)
{
	va_list arguments;

	fflush(stdout);
	fputs("mapbridge: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return EXIT_REFUSED;
}

bool colour_wanted(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
}

static void print_help(void)
{
	puts("usage: mapbridge COMMAND [OPTION]... FILE...\n"
	     "\n"
	     "Reads the memory map of a machine from whatever there is of it, and explains it.\n"
	     "\n"
	     "commands:");
	for (size_t i = 0; i < COUNT(commands); i++)
		printf("  %-10s %s\n", commands[i].name, commands[i].summary);
	puts("\n"
	     "`mapbridge COMMAND --help` tells more, with examples. FILE may be \"-\" for standard input.\n"
	     "exit status: 0 fine, 1 something was found, 2 refused");
}

/* The least number of letters to insert, delete or change. Longer names than NAME_MAX_LENGTH are far from all. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NAME_MAX_LENGTH + 1], length = strlen(b);

	if (length > NAME_MAX_LENGTH || strlen(a) > NAME_MAX_LENGTH)
		return NAME_MAX_LENGTH;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t change = diagonal + (a[i - 1] != b[j - 1]);

			diagonal = row[j];
			row[j] = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
			if (change < row[j])
				row[j] = change;
		}
	}
	return row[length];
}

static int unknown_command(const char *name)
{
	const struct command *nearest = NULL;
	size_t least = 3;

	for (size_t i = 0; i < COUNT(commands); i++) {
		size_t changes = distance(name, commands[i].name);

		if (changes < least) {
			least = changes;
			nearest = &commands[i];
		}
	}
	if (nearest)
		return refuse("there is no command \"%s\"; did you mean \"%s\"?", name, nearest->name);
	return refuse("there is no command \"%s\"; `mapbridge --help` lists them", name);
}

/* Output that could not be written (a full disk) is an error, not a short file. */
static int finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		return refuse("standard output could not be written");
	return status;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help();
		return EXIT_REFUSED;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		print_help();
		return finish(EXIT_FINE);
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("mapbridge " MAPBRIDGE_VERSION);
		return finish(EXIT_FINE);
	}
	for (size_t i = 0; i < COUNT(commands); i++) {
		char name[sizeof("mapbridge ") + NAME_MAX_LENGTH];

		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		snprintf(name, sizeof(name), "mapbridge %s", commands[i].name);
		argv[1] = name; /* what getopt says begins with it */
		return finish(commands[i].run(argc - 1, argv + 1));
	}
	return unknown_command(argv[1]);
}
