/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VIEWER_GOLDEN_H
#define TESTS_VIEWER_GOLDEN_H
/*
 * Whole screens against tests/viewer/golden/, for tests that have recordings of their own.
 * UPDATE_GOLDEN=1 writes them anew: look at the difference before you commit it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "viewer/viewer.h"

static inline char *golden_read(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!in)
		return NULL;
	if (getdelim(&text, &size, 0, in) < 0) {
		free(text);
		text = NULL;
	}
	fclose(in);
	return text;
}

static inline void golden_run(const struct viewer_options *options, const char *commands)
{
	FILE *script = fmemopen((void *)(uintptr_t)commands, strlen(commands), "r");
	struct db_error err = {""};

	assert_non_null(script);
	if (viewer_script(options, script, &err))
		fail_msg("%s", err.text);
	fclose(script);
}

/* Runs the script and compares the screen after it with golden/NAME; .ansi has the colours. */
static inline void golden_expect(const struct viewer_options *options, const char *name,
				 const char *commands)
{
	const char *ansi = strstr(name, ".ansi");
	char golden[128], saved[128], script[1024];
	char *is, *wanted;

	snprintf(golden, sizeof(golden), "tests/viewer/golden/%s", name);
	snprintf(saved, sizeof(saved), "%s", golden);
	if (!getenv("UPDATE_GOLDEN"))
		snprintf(saved, sizeof(saved), "/tmp/poolscope-golden-%d%s", (int)getpid(),
			 ansi ? ".ansi" : ".txt");
	snprintf(script, sizeof(script), "%s\nsave %s\n", commands, saved);
	golden_run(options, script);
	is = golden_read(saved);
	wanted = golden_read(golden);
	if (!getenv("UPDATE_GOLDEN"))
		unlink(saved);
	assert_non_null(is);
	if (!wanted || strcmp(is, wanted) != 0)
		fail_msg("not as %s:\n%s", golden, is);
	free(is);
	free(wanted);
}

#endif
