/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/demand.h"

/* Longer than two numbers, their blanks and a header can be. */
#define LINE_BYTES 256

struct csv {
	struct demand_source source;
	FILE *file;
	unsigned long long line;
	int64_t last_ns;
};

static int wrong(const struct csv *c, struct db_error *err, const char *what)
{
	snprintf(err->text, sizeof(err->text), "%.200s:%llu: %s", c->source.path, c->line, what);
	return -EINVAL;
}

/* A number and the blanks around it.  Returns: where it ends, or NULL with err filled. */
static const char *read_number(const struct csv *c, const char *text, const char *name, int64_t *ns,
			       struct db_error *err)
{
	char what[200];
	char *end;

	while (isblank((unsigned char)*text))
		text++;
	if (*text == '-' && isdigit((unsigned char)text[1])) {
		snprintf(what, sizeof(what), "%s is negative", name);
		wrong(c, err, what);
		return NULL;
	}
	if (!isdigit((unsigned char)*text)) {
		snprintf(what, sizeof(what),
			 "%s is no whole number of nanoseconds; a row is arrival_ns,hold_ns", name);
		wrong(c, err, what);
		return NULL;
	}
	errno = 0;
	*ns = strtoll(text, &end, 10);
	if (errno || *ns > DEMAND_MAX_NS) {
		snprintf(what, sizeof(what), "%s is too large; the most is %lld", name,
			 (long long)DEMAND_MAX_NS);
		wrong(c, err, what);
		return NULL;
	}
	while (isblank((unsigned char)*end))
		end++;
	return end;
}

static int read_row(struct csv *c, const char *text, struct demand_packet *packet,
		    struct db_error *err)
{
	char what[200];

	text = read_number(c, text, "arrival_ns", &packet->arrival_ns, err);
	if (!text)
		return -EINVAL;
	if (*text != ',')
		return wrong(c, err, "two numbers are wanted, arrival_ns,hold_ns");
	text = read_number(c, text + 1, "hold_ns", &packet->hold_ns, err);
	if (!text)
		return -EINVAL;
	if (*text)
		return wrong(c, err,
			     "two whole numbers are wanted and nothing else: "
			     "arrival_ns,hold_ns");
	if (packet->arrival_ns < c->last_ns) {
		snprintf(what, sizeof(what),
			 "arrival_ns %lld is before the row above (%lld); sort the rows by "
			 "arrival_ns",
			 (long long)packet->arrival_ns, (long long)c->last_ns);
		return wrong(c, err, what);
	}
	if (packet->hold_ns > DEMAND_MAX_NS - packet->arrival_ns)
		return wrong(c, err, "arrival_ns + hold_ns is too large");
	c->last_ns = packet->arrival_ns;
	return 1;
}

/* Returns: 1 and a line without its end, 0 at the end of the file, or -errno. */
static int read_line(struct csv *c, char line[LINE_BYTES], struct db_error *err)
{
	size_t len;

	if (!fgets(line, LINE_BYTES, c->file)) {
		if (!ferror(c->file))
			return 0;
		snprintf(err->text, sizeof(err->text), "%.200s: %s", c->source.path,
			 strerror(errno));
		return -EIO;
	}
	c->line++;
	len = strlen(line);
	if (len == LINE_BYTES - 1 && line[len - 1] != '\n')
		return wrong(c, err, "the line is too long; a row is arrival_ns,hold_ns");
	if (!feof(c->file) && (!len || line[len - 1] != '\n'))
		return wrong(c, err, "there is a NUL in the line; this is no CSV");
	while (len && isspace((unsigned char)line[len - 1]))
		line[--len] = 0;
	return 1;
}

static bool is_header(const struct csv *c, const char *line)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors begin a file so */

	if (c->line == 1 && !strncmp(line, mark, strlen(mark)))
		line += strlen(mark);
	return c->line == 1 && !strcmp(line, "arrival_ns,hold_ns");
}

static int csv_next(struct demand_source *source, struct demand_packet *packet,
		    struct db_error *err)
{
	struct csv *c = (struct csv *)source;
	char line[LINE_BYTES];
	int ret;

	do {
		ret = read_line(c, line, err);
	} while (ret > 0 && (!*line || is_header(c, line)));
	return ret > 0 ? read_row(c, line, packet, err) : ret;
}

static int csv_rewind(struct demand_source *source, struct db_error *err)
{
	struct csv *c = (struct csv *)source;

	c->line = 0;
	c->last_ns = 0;
	if (!fseek(c->file, 0, SEEK_SET))
		return 0;
	snprintf(err->text, sizeof(err->text), "%.200s: must be a file, since it is read twice: %s",
		 source->path, strerror(errno));
	return -EIO;
}

static void csv_close(struct demand_source *source)
{
	struct csv *c = (struct csv *)source;

	fclose(c->file);
	free(c);
}

int demand_csv_open(const char *path, struct demand_source **out, struct db_error *err)
{
	struct csv *c = calloc(1, sizeof(*c));
	FILE *file = fopen(path, "re");

	if (!c || !file) {
		snprintf(err->text, sizeof(err->text), "%.200s: %s", path,
			 c ? strerror(errno) : "out of memory");
		if (file)
			fclose(file);
		free(c);
		return -EIO;
	}
	c->source = (struct demand_source){
		.rewind = csv_rewind, .next = csv_next, .close = csv_close, .path = path};
	c->file = file;
	*out = &c->source;
	return 0;
}
