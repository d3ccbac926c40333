/* SPDX-License-Identifier: MIT */
/* `--lead SPEC`: how long requests will take. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tune.h"

#define LINE_BYTES 128

struct lead_file {
	const char *path;
	FILE *file;
	unsigned long line;
	struct demand_lead *rows;
	size_t nr, room;
	char *why;
};

static int wrong(struct lead_file *f, const char *what)
{
	snprintf(f->why, TUNE_WHY_BYTES, "%.300s:%lu: %s", f->path, f->line, what);
	return -EINVAL;
}

static int add_row(struct lead_file *f, int64_t lead_ns)
{
	if (f->nr == f->room) {
		size_t room = f->room ? 2 * f->room : 256;
		struct demand_lead *grown = realloc(f->rows, room * sizeof(*grown));

		if (!grown)
			return wrong(f, "out of memory");
		f->rows = grown;
		f->room = room;
	}
	f->rows[f->nr++] = (struct demand_lead){0, lead_ns, DEMAND_LEAD_CAME};
	return 0;
}

static int read_row(struct lead_file *f, const char *text)
{
	long long value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return wrong(f, *text == '-' ? "a lead time cannot be negative"
					     : "a row is one whole number of nanoseconds");
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || value > INT64_MAX / 4)
		return wrong(f, "the lead time is too large");
	if (*end)
		return wrong(f, "a row is one whole number of nanoseconds and nothing else");
	return add_row(f, value);
}

static int read_rows(struct lead_file *f)
{
	char line[LINE_BYTES];
	int ret = 0;

	while (!ret && fgets(line, sizeof(line), f->file)) {
		size_t len = strlen(line);

		f->line++;
		if (len == LINE_BYTES - 1)
			return wrong(f, "the line is too long; a row is one lead time in ns");
		while (len && isspace((unsigned char)line[len - 1]))
			line[--len] = '\0';
		if (*line && (f->line > 1 || strcmp(line, "lead_ns") != 0))
			ret = read_row(f, line);
	}
	if (!ret && ferror(f->file))
		ret = wrong(f, strerror(errno));
	return !ret && !f->nr ? wrong(f, "there is no lead time in it") : ret;
}

/* The k-th request takes what the k-th row says, and again from the first one on. */
static int read_file(const char *path, struct tune_lead *out, char why[TUNE_WHY_BYTES])
{
	struct lead_file f = {.path = path, .file = fopen(path, "re"), .why = why};
	int ret;

	if (!f.file) {
		ret = -errno;
		snprintf(why, TUNE_WHY_BYTES, "%.300s: %s", path, strerror(-ret));
		return ret;
	}
	ret = read_rows(&f);
	fclose(f.file);
	out->samples = f.rows;
	out->given = (struct lead){.kind = LEAD_LIST, .samples = out->samples, .nr_samples = f.nr};
	return ret;
}

int tune_lead_read(const char *text, uint64_t seed, struct tune_lead *out, char why[TUNE_WHY_BYTES])
{
	char said[SPEC_WHY_BYTES];
	struct draw draw;
	int ret = 0;

	*out = (struct tune_lead){.text = text};
	if (!strcmp(text, "recorded")) {
		out->recorded = true;
	} else if (!strncmp(text, "file:", 5)) {
		ret = read_file(text + 5, out, why);
		if (ret)
			tune_lead_release(out);
	} else if (draw_parse(text, &draw, said)) {
		snprintf(why, TUNE_WHY_BYTES, "%s; or: recorded, file:CSV", said);
		ret = -EINVAL;
	} else if (draw.nr_terms == 1 && draw.terms[0].kind == DRAW_FIXED) {
		double ns = draw.terms[0].a_ns;

		out->given = lead_fixed(ns < 1e18 ? (int64_t)ns : (int64_t)1e18);
	} else {
		out->given = lead_drawn(&draw, seed);
	}
	return ret;
}

void tune_lead_release(struct tune_lead *lead)
{
	free(lead->samples);
	lead->samples = NULL;
}

int tune_lead_of(const struct tune_lead *lead, const struct demand *d, struct lead *out)
{
	if (lead->recorded)
		return lead_recorded(d, out);
	*out = lead->given;
	return 0;
}
