/* SPDX-License-Identifier: MIT */
/* `poolscope report`: a recording as one page. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "viewer/report.h"

struct command {
	struct report_options report;
	const char *output, *from, *to;
};

static int parse_pool(const char *text, int64_t *pool)
{
	char *end;

	errno = 0;
	*pool = strtoll(text, &end, 10);
	if (errno || end == text || *end || *pool < 0 || *pool > UINT32_MAX)
		return cli_fail(CLI_USAGE, "report: --pool %s: give a pool's number", text);
	return CLI_OK;
}

static int parse(int argc, char **argv, struct command *c)
{
	static const struct option longs[] = {
		{"output", required_argument, NULL, 'o'}, {"pool", required_argument, NULL, 'p'},
		{"from", required_argument, NULL, 'f'},	  {"to", required_argument, NULL, 't'},
		{"no-pictures", no_argument, NULL, 'n'},  {0}};
	int opt;

	opterr = 0;
	optind = 0;
	while ((opt = getopt_long(argc, argv, ":o:", longs, NULL)) != -1) {
		if (opt == 'o')
			c->output = optarg;
		else if (opt == 'f')
			c->from = optarg;
		else if (opt == 't')
			c->to = optarg;
		else if (opt == 'n')
			c->report.no_pictures = true;
		else if (opt == 'p' && parse_pool(optarg, &c->report.pool))
			return CLI_USAGE;
		else if (opt == ':')
			return cli_fail(CLI_USAGE, "report: %s needs a value", argv[optind - 1]);
		else if (opt == '?')
			return cli_unknown_option("report", argv);
	}
	if (optind + 1 != argc)
		return cli_fail(CLI_USAGE,
				"report: give one recording; see: poolscope report --help");
	if (!*c->output)
		return cli_fail(CLI_USAGE, "report: where to? give -o FILE.html, or -o - for "
					   "standard output");
	c->report.path = argv[optind];
	return CLI_OK;
}

static int read_time(const char *option, const char *text, int64_t start_ns, int64_t *ns)
{
	if (!text || !cli_instant(text, start_ns, ns))
		return CLI_OK;
	return cli_fail(CLI_USAGE,
			"report: --%s %s: give a time after the start, such as 1.5s, or "
			"nanoseconds since the epoch",
			option, text);
}

static int read_times(struct command *c, struct query *q)
{
	struct trace_status status;
	struct db_error err;

	if (query_status(q, &status, &err))
		return cli_fail(CLI_UNREADABLE, "report: %s", err.text);
	if (read_time("from", c->from, status.start_ns, &c->report.from_ns) ||
	    read_time("to", c->to, status.start_ns, &c->report.to_ns))
		return CLI_USAGE;
	if (c->report.from_ns && c->report.to_ns && c->report.to_ns <= c->report.from_ns)
		return cli_fail(CLI_USAGE, "report: --to is not after --from");
	return CLI_OK;
}

static FILE *open_output(const char *path)
{
	int fd;

	if (!strcmp(path, "-"))
		return stdout;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return fd < 0 ? NULL : fdopen(fd, "w");
}

static int write_page(const struct command *c, struct query *q, FILE *out)
{
	struct report_result result;
	struct trace_status status;
	struct db_error err = {""};
	bool failed =
		report_write(q, &c->report, out, &result, &err) || query_status(q, &status, &err);

	if (failed)
		return cli_fail(CLI_UNREADABLE, "report: %s: %s", c->report.path, err.text);
	if (fflush(out) || ferror(out))
		return cli_fail(CLI_UNREADABLE, "report: %s: cannot be written", c->output);
	if (*result.pictures_missing)
		cli_fail(0, "report: without pictures: %s", result.pictures_missing);
	return cli_status_of(&status);
}

static int report_file(struct command *c, struct query *q)
{
	int ret = read_times(c, q);
	FILE *out;

	if (ret)
		return ret;
	out = open_output(c->output);
	if (!out)
		return cli_fail(errno == EEXIST ? CLI_USAGE : CLI_UNREADABLE, "report: %s: %s",
				c->output,
				errno == EEXIST ? "is there already; choose another name"
						: strerror(errno));
	ret = write_page(c, q, out);
	if (out != stdout)
		fclose(out);
	if (ret != CLI_OK && ret != CLI_LOSS && out != stdout)
		unlink(c->output);
	return ret;
}

int cli_report(int argc, char **argv)
{
	struct command c = {.report.pool = -1, .output = ""};
	struct query *q = NULL;
	struct db_error err;
	int ret = parse(argc, argv, &c);

	if (ret)
		return ret;
	if (query_open(c.report.path, &q, &err) || query_begin(q, &err))
		ret = cli_fail(CLI_UNREADABLE, "report: %s", err.text);
	else
		ret = report_file(&c, q);
	query_close(q);
	return ret;
}
