/* SPDX-License-Identifier: MIT */
#include "driver/record.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/options.h"
#include "tracer/direct.h"
#include "tuner/judge.h"

struct record {
	struct direct *direct;
	struct judge *judge;
	bool virtual_time;
};

static int64_t virtual_now_ns(void *clock)
{
	return (int64_t)exec_now_ns(clock);
}

/* NULL: out of memory, and the recording does not know how it was made. */
static char *command_line(int argc, char **argv)
{
	size_t len = sizeof("refnic");
	char *line, *at;

	for (int i = 1; i < argc; i++)
		len += strlen(argv[i]) + 1;
	line = malloc(len);
	if (line == NULL)
		return NULL;
	at = stpcpy(line, "refnic");
	for (int i = 1; i < argc; i++) {
		*at++ = ' ';
		at = stpcpy(at, argv[i]);
	}
	return line;
}

static int open_direct(struct record *r, const char *path, struct exec *exec, int argc, char **argv,
		       struct db_error *err)
{
	char *line = command_line(argc, argv);
	struct direct_options options = {
		.store = {.command_line = line,
			  .trace = r->virtual_time ? "refnic, virtual time" : "refnic",
			  .observe = judge_observe,
			  .restart = judge_restart,
			  .before_commit = judge_before_commit,
			  .ctx = r->judge},
		.now_ns = r->virtual_time ? virtual_now_ns : NULL,
		.clock = exec,
	};
	int error = direct_open(path, &options, &r->direct, err);

	free(line);
	return error;
}

struct record *record_begin(const char *path, struct exec *exec, int argc, char **argv, int *status)
{
	struct record *r = calloc(1, sizeof(*r));
	struct db_error err = {"out of memory"};
	int error = -ENOMEM;

	if (r != NULL) {
		r->virtual_time = exec->one_thread;
		r->judge = judge_open();
		error = open_direct(r, path, exec, argc, argv, &err);
	}
	if (error == 0)
		return r;
	fprintf(stderr, "refnic: %s\n", err.text);
	*status = error == -EEXIST ? EXIT_USAGE : EXIT_UNREADABLE;
	if (r != NULL)
		judge_close(r->judge);
	free(r);
	return NULL;
}

bool record_end(struct record *r, bool whole)
{
	const char *note = r->virtual_time ? "in virtual time" : "written by refnic itself";
	struct db_error err;
	int error =
		direct_close(r->direct, whole ? STORE_END_COMPLETE : STORE_END_STOPPED, note, &err);

	if (error != 0)
		fprintf(stderr, "refnic: %s\n", err.text);
	judge_close(r->judge);
	free(r);
	return error == 0;
}
