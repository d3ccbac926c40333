/* SPDX-License-Identifier: MIT */
#ifndef TESTS_VIEWER_DUMP_H
#define TESTS_VIEWER_DUMP_H
/* A canvas as text, for tests of what is drawn on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "viewer/canvas.h"

/* Freed by the next call. */
static inline const char *dump_canvas(const struct canvas *canvas)
{
	static char *text;
	size_t size;
	FILE *out;

	free(text);
	text = NULL;
	out = open_memstream(&text, &size);
	assert_int_equal(canvas_write_text(canvas, out), 0);
	fclose(out);
	return text;
}

#endif
