/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TOOLS_MUTATE_H
#define TESTS_TOOLS_MUTATE_H
/*
 * Every command that reads a recording, run on one that may be hostile: for the test of seeded
 * mutations and for the fuzzer.  Header only.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* Runs one command line.  Returns: its exit status. */
static inline int mutate_run(int (*command)(int, char **), const char *const *words)
{
	char *argv[16];
	int argc = 0, status;

	for (; words[argc]; argc++)
		argv[argc] = strdup(words[argc]);
	argv[argc] = NULL;
	status = command(argc, argv);
	for (int i = 0; i < argc; i++)
		free(argv[i]);
	return status;
}

struct mutate_command {
	int (*run)(int argc, char **argv);
	const char *words[14]; /* "FILE" stands for the recording */
};

static const struct mutate_command mutate_commands[] = {
	{cli_stat, {"stat", "FILE"}},
	{cli_stat, {"stat", "--json", "FILE"}},
	{cli_top, {"top", "--once", "--size", "120x40", "FILE"}},
	{cli_top, {"top", "--once", "--view", "pool", "--size", "80x24", "FILE"}},
	{cli_top, {"top", "--script", "tests/tools/look-around.keys", "FILE"}},
	{cli_top, {"top", "--script", "tests/tools/hostile.keys", "FILE"}},
	{cli_replay, {"replay", "--once", "--from", "50%", "--size", "120x40", "FILE"}},
	{cli_tune, {"tune", "--json", "FILE"}},
	{cli_tune, {"tune", "--loss", "0.5", "--lead", "fixed:1ms", "FILE"}},
	{cli_tune, {"tune", "--explain", "1ms", "FILE"}},
	{cli_check,
	 {"check", "FILE", "--max-drops", "0", "--max-resources", "0", "--max-lead-p99", "1ns",
	  "--max-hold-p99", "1ns", "--min-available", "99999"}},
	{cli_check, {"check", "--json", "--max-leaks", "0", "--max-violations", "0", "FILE"}},
	{cli_export, {"export", "FILE", "--format", "csv"}},
	{cli_export, {"export", "FILE", "--format", "jsonl", "--table", "allocation"}},
	{cli_export, {"export", "FILE", "--format", "csv", "--table", "level"}},
	{cli_export, {"export", "FILE", "--format", "csv", "--table", "hold"}},
	{cli_export, {"export", "FILE", "--format", "jsonl", "--table", "loss"}},
	{cli_export, {"export", "FILE", "--format", "chrome"}},
	{cli_sql,
	 {"sql", "--timeout", "500ms", "FILE", "SELECT * FROM event ORDER BY id LIMIT 200"}},
	{cli_sql, {"sql", "--timeout", "500ms", "FILE", "SELECT * FROM allocation, pool LIMIT 50"}},
};
#define MUTATE_COMMANDS ((int)(sizeof(mutate_commands) / sizeof(mutate_commands[0])))

static inline int mutate_command(int which, const char *file)
{
	const char *words[15];
	int nr = 0;

	for (; mutate_commands[which].words[nr]; nr++)
		words[nr] = strcmp(mutate_commands[which].words[nr], "FILE")
				    ? mutate_commands[which].words[nr]
				    : file;
	words[nr] = NULL;
	return mutate_run(mutate_commands[which].run, words);
}

#endif
