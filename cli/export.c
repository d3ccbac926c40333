/* SPDX-License-Identifier: MIT */
/* `poolscope export`: a recording for other tools. */
#include "cli/export.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define BUFFER_BYTES (1 << 20) /* of output, so that the system is not asked for each line */

struct export_options {
	const char *path, *to;
	const char *from, *until; /* as typed: they may be relative to the start */
	const char *table;
	bool has_format;
	struct export_job job;
};

static int choose(const char *text, const char *const *names, int nr)
{
	for (int i = 0; i < nr; i++)
		if (!strcmp(text, names[i]))
			return i;
	return -1;
}

static int parse_format(struct export_options *o, const char *text)
{
	static const char *const names[] = {"csv", "jsonl", "chrome"};
	int format = choose(text, names, 3);

	if (format < 0)
		return cli_fail(CLI_USAGE, "export: --format %s: give csv, jsonl or chrome", text);
	o->job.format = (enum export_format)format;
	o->has_format = true;
	return CLI_OK;
}

static int parse_table(struct export_options *o, const char *text)
{
	static const char *const names[] = {"allocation", "level", "lead", "hold", "loss", "event"};

	o->table = text;
	o->job.table = choose(text, names, 6);
	if (o->job.table < 0)
		return cli_fail(CLI_USAGE,
				"export: --table %s: give event, allocation, level, lead, hold or "
				"loss",
				text);
	return CLI_OK;
}

static int parse_pool(struct export_options *o, const char *text)
{
	char *end;

	errno = 0;
	o->job.range.pool = strtoll(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || o->job.range.pool > UINT32_MAX)
		return cli_fail(CLI_USAGE, "export: --pool %s: not the number of a pool", text);
	return CLI_OK;
}

static int parse_width(struct export_options *o, const char *text)
{
	if (cli_duration(text, &o->job.range.width_ns) || o->job.range.width_ns <= 0)
		return cli_fail(CLI_USAGE,
				"export: --width %s: not a duration; give a number with a unit, as "
				"in 500ms",
				text);
	return CLI_OK;
}

static int parse_option(struct export_options *o, int opt, char **argv)
{
	switch (opt) {
	case 'o':
		o->to = optarg;
		return CLI_OK;
	case 'F':
		return parse_format(o, optarg);
	case 't':
		return parse_table(o, optarg);
	case 'p':
		return parse_pool(o, optarg);
	case 'w':
		return parse_width(o, optarg);
	case 'f':
		o->from = optarg;
		return CLI_OK;
	case 'u':
		o->until = optarg;
		return CLI_OK;
	case ':':
		return cli_fail(CLI_USAGE, "export: %s needs a value", argv[optind - 1]);
	default:
		return cli_unknown_option("export", argv);
	}
}

static int parse(struct export_options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"format", required_argument, NULL, 'F'}, {"output", required_argument, NULL, 'o'},
		{"table", required_argument, NULL, 't'},  {"pool", required_argument, NULL, 'p'},
		{"from", required_argument, NULL, 'f'},	  {"to", required_argument, NULL, 'u'},
		{"width", required_argument, NULL, 'w'},  {0}};
	int opt;

	o->job.table = EXPORT_EVENT;
	o->job.range = (struct query_range){.pool = -1, .to_ns = INT64_MAX};
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":o:", longs, NULL)) != -1) {
		int status = parse_option(o, opt, argv);

		if (status)
			return status;
	}
	if (optind + 1 != argc)
		return cli_fail(CLI_USAGE,
				"export: give one recording; see: poolscope export --help");
	o->path = argv[optind];
	if (!o->has_format)
		return cli_fail(CLI_USAGE, "export: give --format csv, jsonl or chrome");
	if (o->table && o->job.format == EXPORT_CHROME)
		return cli_fail(CLI_USAGE,
				"export: --table %s: the chrome format has its own choice",
				o->table);
	return CLI_OK;
}

static int parse_time(const char *option, const char *text, int64_t start_ns, int64_t *ns)
{
	if (!text || !cli_instant(text, start_ns, ns))
		return CLI_OK;
	return cli_fail(CLI_USAGE,
			"export: --%s %s: give a time after the start, as in 1.5s, or nanoseconds "
			"since the epoch",
			option, text);
}

static int parse_times(struct export_options *o)
{
	struct query_range *range = &o->job.range;
	int64_t start_ns = o->job.trace.start_ns;
	int status = parse_time("from", o->from, start_ns, &range->from_ns);

	if (!status)
		status = parse_time("to", o->until, start_ns, &range->to_ns);
	if (!status && range->from_ns > range->to_ns)
		status = cli_fail(CLI_USAGE, "export: --from is later than --to");
	return status;
}

/* --- output ---------------------------------------------------------------------------------- */

static int open_output(struct export_options *o)
{
	int fd;

	o->job.to = stdout;
	if (o->to) {
		fd = open(o->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno == EEXIST)
			return cli_fail(CLI_USAGE,
					"export: %s: exists; remove it or choose another name",
					o->to);
		o->job.to = fd < 0 ? NULL : fdopen(fd, "w");
		if (!o->job.to)
			return cli_fail(CLI_UNREADABLE, "export: %s: %s", o->to, strerror(errno));
	}
	setvbuf(o->job.to, NULL, _IOFBF, BUFFER_BYTES);
	return CLI_OK;
}

/* What was written so far is no export: a file that is not whole goes away again. */
static int close_output(struct export_options *o, int ret, const struct db_error *err)
{
	bool bad = ret == EXPORT_UNWRITABLE || fflush(o->job.to) || ferror(o->job.to);
	int why = errno;

	if (o->to && fclose(o->job.to) && !bad) {
		why = errno;
		bad = true;
	}
	if (o->to && (bad || ret))
		unlink(o->to);
	if (ret && ret != EXPORT_UNWRITABLE)
		return cli_fail(CLI_UNREADABLE, "export: %s", err->text);
	if (bad && why == EPIPE && !o->to) /* `| head`: who reads has seen enough */
		return CLI_OK;
	if (bad)
		return cli_fail(CLI_UNREADABLE, "export: %s: %s",
				o->to ? o->to : "cannot write the output", strerror(why));
	return cli_status_of(&o->job.trace);
}

static int run(struct export_options *o, struct db_error *err)
{
	int status = parse_times(o), ret;

	if (!status)
		status = open_output(o);
	if (status)
		return status;
	ret = o->job.format == EXPORT_CHROME ? export_chrome(&o->job, err)
					     : export_rows(&o->job, err);
	return close_output(o, ret, err);
}

int cli_export(int argc, char **argv)
{
	struct export_options o = {0};
	struct db_error err = {""};
	int status = parse(&o, argc, argv);

	if (status)
		return status;
	signal(SIGPIPE, SIG_IGN);
	if (query_open(o.path, &o.job.query, &err) || query_begin(o.job.query, &err) ||
	    query_status(o.job.query, &o.job.trace, &err))
		status = cli_fail(CLI_UNREADABLE, "export: %s", err.text);
	else
		status = run(&o, &err);
	query_close(o.job.query); /* and with it the moment that query_begin() held */
	return status;
}
