/* SPDX-License-Identifier: MIT */
/*
 * A demand as `poolscope import --demand` has it: when each packet comes, and how long it is held.
 * The frames are synthetic; the stack learns their hold times from the table (source_holds()).
 */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/traffic/family.h"

enum { FILE_NAME, BYTES };

/* Two numbers, a comma and blanks. */
#define LINE_BYTES 128
/* Times in a double are exact to the nanosecond up to here: 104 days. */
#define TIME_MAX 0x1p53

struct demand {
	struct source source;
	uint64_t *arrival_ns, *hold_ns;
	size_t nr, room, at;
};

static int wrong(char *why, const char *path, unsigned long line, const char *what)
{
	snprintf(why, SPEC_WHY_BYTES, "demand: %.120s:%lu: %.100s", path, line, what);
	return -EINVAL;
}

static int make_room(struct demand *d)
{
	size_t room = d->room ? 2 * d->room : 4096;
	uint64_t *arrivals, *holds;

	if (d->nr < d->room)
		return 0;
	arrivals = realloc(d->arrival_ns, room * sizeof(*arrivals));
	if (arrivals != NULL)
		d->arrival_ns = arrivals;
	holds = realloc(d->hold_ns, room * sizeof(*holds));
	if (holds != NULL)
		d->hold_ns = holds;
	d->room = arrivals != NULL && holds != NULL ? room : d->room;
	return arrivals != NULL && holds != NULL ? 0 : -ENOMEM;
}

/* A whole number and what stands behind it; false if there is none, or it is too large. */
static bool read_number(const char **text, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return false;
	errno = 0;
	*value = strtoull(*text, &end, 10);
	*text = end;
	return errno == 0 && (double)*value <= TIME_MAX;
}

static int read_row(struct demand *d, const char *text, const char *path, unsigned long line,
		    char *why)
{
	uint64_t arrival, hold;
	int error = make_room(d);

	if (error != 0)
		return error;
	if (!read_number(&text, &arrival) || *text++ != ',' || !read_number(&text, &hold) ||
	    *text != '\0')
		return wrong(why, path, line, "a row is arrival_ns,hold_ns, each at most 2^53");
	if (d->nr > 0 && arrival < d->arrival_ns[d->nr - 1])
		return wrong(why, path, line, "arrival_ns is before the row above");
	d->arrival_ns[d->nr] = arrival;
	d->hold_ns[d->nr++] = hold;
	return 0;
}

static int read_rows(struct demand *d, FILE *file, const char *path, char *why)
{
	char text[LINE_BYTES];
	int error = 0;

	for (unsigned long line = 1; error == 0 && fgets(text, sizeof(text), file) != NULL;
	     line++) {
		text[strcspn(text, "\r\n")] = '\0';
		if (*text != '\0' && (line > 1 || strcmp(text, "arrival_ns,hold_ns") != 0))
			error = read_row(d, text, path, line, why);
	}
	if (error == 0 && (ferror(file) || d->nr == 0))
		error = wrong(why, path, 1, "holds no packet");
	return error;
}

static int prepare(struct source *source, const struct traffic *traffic, char *why)
{
	struct demand *d = (struct demand *)source;
	const char *path = spec_text(&traffic->spec, FILE_NAME);
	FILE *file = fopen(path, "re");
	int error;

	if (file == NULL) {
		error = -errno;
		snprintf(why, SPEC_WHY_BYTES, "demand: %.120s: %.100s", path, strerror(-error));
		return error;
	}
	error = read_rows(d, file, path, why);
	fclose(file);
	return error;
}

/* From the first packet on. */
static double next_ns(struct source *source)
{
	struct demand *d = (struct demand *)source;

	return d->at < d->nr ? (double)(d->arrival_ns[d->at++] - d->arrival_ns[0]) : NAN;
}

static const uint64_t *holds(const struct source *source, size_t *nr)
{
	const struct demand *d = (const struct demand *)source;

	*nr = d->nr;
	return d->hold_ns;
}

static void release(struct source *source)
{
	struct demand *d = (struct demand *)source;

	free(d->arrival_ns);
	free(d->hold_ns);
}

static const struct source_ops ops = {.next_ns = next_ns, .holds = holds, .release = release};

const struct traffic_family traffic_demand = {
	.spec = {"demand",
		 {[FILE_NAME] = {"file", SPEC_TEXT, true},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 512, "imix"}}},
	.help = "packets and their hold times from a table (file=CSV)",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct demand),
	.ops = &ops,
	.prepare = prepare,
};
