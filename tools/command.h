/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of `mapbridge`: each is a row of the table in mapbridge.c and a file NAME_command.c. */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include <stdbool.h>

/* What mapbridge and its commands exit with. */
enum exit_status {
	EXIT_FINE = 0,
	EXIT_FINDINGS = 1, /* the work is done, and there is something to look at: findings, damaged lines */
	EXIT_REFUSED = 2   /* wrong arguments, or something that cannot be read or done; standard error says why */
};

struct command {
	const char *name;
	const char *summary; /* a few words, for the list of commands */
	/* argv[0] is "mapbridge NAME"; an exit status. */
	int (*run)(int argc, char **argv);
};

int check_run(int argc, char **argv);
int convert_run(int argc, char **argv);
int diff_run(int argc, char **argv);
int explain_run(int argc, char **argv);
int plan_run(int argc, char **argv);
int prepare_run(int argc, char **argv);
int show_run(int argc, char **argv);

/* Prints "mapbridge: TEXT" and a line end to standard error; EXIT_REFUSED. */
int refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether to colour what goes to standard output: it is a terminal, and NO_COLOR is not set or empty. */
bool colour_wanted(void);

#endif
