/* SPDX-License-Identifier: MIT */
/* What `poolscope tune` is asked. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/tune.h"

static int read_share(const char *text, double *share)
{
	char *end;
	double value = strtod(text, &end);

	if (end != text && *end == '%') {
		value /= 100;
		end++;
	}
	if (end == text || *end || !(value >= 0 && value < 1))
		return cli_fail(CLI_USAGE,
				"tune: --loss: '%s' is no share of the packets; such as 0, 0.0001 "
				"or 0.01%%",
				text);
	*share = value;
	return CLI_OK;
}

/* Bits a second: 10G, 2.5G, 100M. */
static int read_wire(const char *text, double *bits_per_s)
{
	static const char units[] = "kMG";
	const char *unit;
	char *end;
	double value = strtod(text, &end);

	unit = end != text && *end ? strchr(units, *end) : NULL;
	if (!unit || end[1] || !(value > 0 && value < 1e6))
		return cli_fail(
			CLI_USAGE,
			"tune: --wire: '%s' is no rate in bits a second; such as 100M, 2.5G "
			"or 10G",
			text);
	for (const char *u = units; u <= unit; u++)
		value *= 1000;
	*bits_per_s = value;
	return CLI_OK;
}

static int read_number(const char *option, const char *text, uint64_t most, uint64_t *value)
{
	char *end;
	unsigned long long read;

	errno = 0;
	read = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || read > most)
		return cli_fail(CLI_USAGE, "tune: --%s: '%s' is no number from 0 to %llu", option,
				text, (unsigned long long)most);
	*value = read;
	return CLI_OK;
}

static int take_option(struct tune_options *o, int opt, char *value)
{
	uint64_t number = 0;
	int status = CLI_OK;

	switch (opt) {
	case 'j':
		o->json = true;
		break;
	case 'w':
		o->what_if = value;
		break;
	case 'l':
		o->lead = value;
		break;
	case 'p':
		o->loss_given = true;
		return read_share(value, &o->loss);
	case 'e':
		o->explain = value;
		break;
	case 'v':
		o->verify = true;
		break;
	case 'P':
		status = read_number("pool", value, UINT32_MAX, &number);
		o->pool = (int64_t)number;
		break;
	case 'W':
		return read_wire(value, &o->wire);
	case 's':
		return read_number("seed", value, UINT64_MAX, &o->seed);
	default:
		break;
	}
	return status;
}

int tune_options_read(struct tune_options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, 'j'},	{"what-if", required_argument, NULL, 'w'},
		{"lead", required_argument, NULL, 'l'}, {"loss", required_argument, NULL, 'p'},
		{"pool", required_argument, NULL, 'P'}, {"seed", required_argument, NULL, 's'},
		{"wire", required_argument, NULL, 'W'}, {"explain", required_argument, NULL, 'e'},
		{"verify", no_argument, NULL, 'v'},	{NULL, 0, NULL, 0},
	};
	int opt, status;

	*o = (struct tune_options){.lead = "recorded", .pool = -1, .seed = 1};
	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", longs, NULL)) != -1) {
		if (opt == ':')
			return cli_fail(CLI_USAGE,
					"tune: %s needs a value; see: poolscope tune "
					"--help",
					argv[optind - 1]);
		if (opt == '?')
			return cli_unknown_option("tune", argv);
		status = take_option(o, opt, optarg);
		if (status)
			return status;
	}
	if (optind + 1 != argc)
		return cli_fail(CLI_USAGE, "tune: give one recording; see: poolscope tune --help");
	if (o->explain && o->verify)
		return cli_fail(CLI_USAGE, "tune: --explain is of one instant; leave out "
					   "--verify");
	if (o->verify && o->what_if)
		return cli_fail(CLI_USAGE, "tune: --verify re-runs what is recommended; leave out "
					   "--what-if");
	o->path = argv[optind];
	return CLI_OK;
}
