/* SPDX-License-Identifier: MIT */
/* `poolscope check`: a gate.  One line a criterion, and an exit status that a script can trust. */
#include "cli/check.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/check_json.h"
#include "cli/cli.h"
#include "cli/text.h"

/* Options by value: a criterion, or one of these. */
enum { OPTION_POOL = CRITERION_NR, OPTION_JSON };

struct check {
	const char *path;
	struct check_limits limits;
	struct trace_status trace;
	json_t *criteria; /* NULL: text */
	enum check_result worst;
	bool json;
};

static bool is_duration(enum criterion criterion)
{
	return criterion == CRITERION_LEAD_P99 || criterion == CRITERION_HOLD_P99;
}

static int parse_count(const char *text, int64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*value = strtoll(text, &end, 10);
	return errno || *end ? -EINVAL : 0;
}

static int parse_limit(struct check *check, enum criterion criterion, const char *text)
{
	int64_t *limit = &check->limits.limit[criterion];

	check->limits.judged[criterion] = true;
	if (is_duration(criterion) && cli_duration(text, limit))
		return cli_fail(CLI_USAGE,
				"check: --%s %s: not a duration; give a number with a unit, as in "
				"250ms or 2s",
				criterion_info[criterion].option, text);
	if (!is_duration(criterion) && parse_count(text, limit))
		return cli_fail(CLI_USAGE, "check: --%s %s: not a whole number",
				criterion_info[criterion].option, text);
	return CLI_OK;
}

static int parse_option(struct check *check, int opt, char **argv)
{
	switch (opt) {
	case OPTION_JSON:
		check->json = true;
		return CLI_OK;
	case OPTION_POOL:
		if (parse_count(optarg, &check->limits.pool) || check->limits.pool > UINT32_MAX)
			return cli_fail(CLI_USAGE, "check: --pool %s: not the number of a pool",
					optarg);
		return CLI_OK;
	case ':':
		return cli_fail(CLI_USAGE, "check: %s needs a value", argv[optind - 1]);
	case '?':
		return cli_unknown_option("check", argv);
	default:
		return parse_limit(check, (enum criterion)opt, optarg);
	}
}

/* Without a criterion: what no driver may have. */
static void set_defaults(struct check_limits *limits)
{
	bool asked = false;

	for (int c = 0; c < CRITERION_NR; c++)
		asked |= limits->judged[c];
	limits->judged[CRITERION_AUDIT] = limits->judged[CRITERION_IDENTITY] = true;
	if (!asked)
		limits->judged[CRITERION_LEAKS] = limits->judged[CRITERION_VIOLATIONS] =
			limits->judged[CRITERION_LOSS] = true;
}

static int parse(struct check *check, int argc, char **argv)
{
	struct option options[CRITERION_NR + 3] = {
		{"json", no_argument, NULL, OPTION_JSON},
		{"pool", required_argument, NULL, OPTION_POOL},
	};
	int opt, nr = 2;

	for (int c = 0; c < CRITERION_NR; c++)
		if (criterion_info[c].option)
			options[nr++] = (struct option){criterion_info[c].option, required_argument,
							NULL, c};
	optind = 0;
	opterr = 0;
	check->limits.pool = -1;
	while ((opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		int status = parse_option(check, opt, argv);

		if (status)
			return status;
	}
	if (optind + 1 != argc)
		return cli_fail(CLI_USAGE,
				"check: give one recording; see: poolscope check --help");
	check->path = argv[optind];
	set_defaults(&check->limits);
	return CLI_OK;
}

/* --- saying it ------------------------------------------------------------------------------- */

static void print_value(enum criterion criterion, int64_t value)
{
	const char *unit = criterion_info[criterion].unit;

	if (is_duration(criterion))
		printf("%s", text_duration(value));
	else
		printf("%" PRId64 "%s%s", value, *unit ? " " : "", unit);
}

static void print_measured(const struct check_line *line)
{
	bool verdict = !criterion_info[line->criterion].option;

	if (verdict && line->known)
		printf("%" PRIu64 " disagree %s", line->measured, line->detail);
	else if (line->known)
		print_value(line->criterion, (int64_t)line->measured);
	else
		printf("unknown");
	if (!verdict) {
		printf(", at %s ", criterion_info[line->criterion].is_minimum ? "least" : "most");
		print_value(line->criterion, line->allowed);
	}
	if (*line->detail && !(verdict && line->known))
		printf("; %s", line->detail);
}

static void print_line(const struct check *check, const struct pool_summary *pool,
		       const struct check_line *line)
{
	char who[80] = "";

	if (pool)
		snprintf(who, sizeof(who), "pool %" PRIu32 "%s%s", pool->pool,
			 *pool->name ? " " : "", text_printable(pool->name));
	printf("%-8s  %-14s  %-10s  ", check_result_name(line->result), who,
	       criterion_info[line->criterion].name);
	print_measured(line);
	if (line->within_ns)
		printf("; first in the %s from", text_duration(line->within_ns));
	else if (line->first_ns)
		printf("; first at");
	if (line->first_ns)
		printf(" %s", text_since(line->first_ns, check->trace.start_ns));
	if (line->result == CHECK_UNPROVEN && line->loss && line->known)
		printf("; events were lost");
	putchar('\n');
}

static void say(struct check *check, const struct pool_summary *pool, const struct check_line *line)
{
	if (line->result > check->worst)
		check->worst = line->result;
	if (check->criteria)
		check_json_add(check->criteria, pool ? (int64_t)pool->pool : -1, line);
	else
		print_line(check, pool, line);
}

static int finish(const struct check *check)
{
	int status = cli_status_of(&check->trace);
	const char *result = "ok";

	if (check->worst == CHECK_UNPROVEN)
		status = CLI_LOSS;
	if (status == CLI_LOSS)
		result = "unproven";
	if (check->worst == CHECK_FAILED) {
		status = CLI_CHECK_FAILED;
		result = "failed";
	}
	if (check->criteria ? check_json_print(check->criteria, &check->trace, result)
			    : fflush(stdout))
		return cli_fail(CLI_UNREADABLE, "check: cannot write the output");
	return status;
}

/* --- judging --------------------------------------------------------------------------------- */

static bool is_judged(const struct check *check, const struct pool_summary *pool)
{
	return check->limits.pool < 0 || pool->pool == check->limits.pool;
}

static int judge_pools(struct check *check, struct query *q, const struct pool_summary *pools,
		       size_t nr, struct db_error *err)
{
	struct check_line lines[CRITERION_NR];
	int ret;

	for (size_t i = 0; i < nr; i++) {
		if (!is_judged(check, &pools[i]))
			continue;
		ret = check_pool(q, &check->limits, &check->trace, &pools[i], lines, err);
		if (ret < 0)
			return ret;
		for (int line = 0; line < ret; line++)
			say(check, &pools[i], &lines[line]);
	}
	ret = check_trace(q, &check->limits, &check->trace, lines, err);
	if (ret > 0)
		say(check, NULL, lines);
	return ret < 0 ? ret : 0;
}

static int run(struct check *check, struct query *q, struct db_error *err)
{
	struct pool_summary *pools = NULL;
	size_t nr = 0, judged = 0;
	int ret = query_status(q, &check->trace, err);

	if (!ret)
		ret = query_pools(q, &pools, &nr, err);
	for (size_t i = 0; i < nr; i++)
		judged += is_judged(check, &pools[i]);
	if (!ret && judged)
		ret = judge_pools(check, q, pools, nr, err);
	free(pools);
	if (ret)
		return cli_fail(CLI_UNREADABLE, "check: %s", err->text);
	if (!judged && check->limits.pool >= 0)
		return cli_fail(CLI_USAGE, "check: %s: has no pool %" PRId64, check->path,
				check->limits.pool);
	if (!judged)
		return cli_fail(CLI_UNREADABLE, "check: %s: no pool was recorded: nothing to judge",
				check->path);
	return finish(check);
}

int cli_check(int argc, char **argv)
{
	struct check check = {0};
	struct query *q = NULL;
	struct db_error err = {""};
	int status = parse(&check, argc, argv);

	if (status)
		return status;
	if (query_open(check.path, &q, &err))
		return cli_fail(CLI_UNREADABLE, "check: %s", err.text);
	if (check.json)
		check.criteria = json_array();
	status = run(&check, q, &err);
	json_decref(check.criteria);
	query_close(q);
	return status;
}
