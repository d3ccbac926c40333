/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/query.h"

int cli_fail(int status, const char *fmt, ...)
{
	va_list args;

	fputs("poolscope: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return status;
}

int cli_unknown_option(const char *command, char *const *argv)
{
	char letter[3] = {'-', (char)optopt, 0};

	/* optopt is the letter of a short option, and 0 or a long option's value else. */
	return cli_fail(CLI_USAGE, "%s: unknown option %s; see: poolscope %s --help", command,
			optopt > 0 && strncmp(argv[optind - 1], "--", 2) != 0 ? letter
									      : argv[optind - 1],
			command);
}

int cli_duration(const char *text, int64_t *ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1},	  {"us", 1e3},	 {"ms", 1e6},  {"s", 1e9},
		     {"m", 60e9}, {"min", 60e9}, {"h", 3600e9}};
	char *end;
	double value;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	value = strtod(text, &end);
	if (!isfinite(value))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit))
			continue;
		if (value * units[i].ns > 9e18)
			return -EINVAL;
		*ns = (int64_t)(value * units[i].ns);
		return 0;
	}
	return -EINVAL;
}

int cli_instant(const char *text, int64_t start_ns, int64_t *ns)
{
	char *end;
	long long value;

	if (!cli_duration(text + (*text == '+'), ns))
		return __builtin_add_overflow(start_ns, *ns, ns) ? -EINVAL : 0;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		return -EINVAL;
	*ns = value;
	return 0;
}

int cli_status_of(const struct trace_status *trace)
{
	bool cut_off = !strcmp(trace->ended, "recorder died") ||
		       !strcmp(trace->ended, "program died") || !strcmp(trace->ended, "failed");

	return trace->lost || trace->nr_losses || cut_off ? CLI_LOSS : CLI_OK;
}
