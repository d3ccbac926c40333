/* SPDX-License-Identifier: MIT */
#include "viewer/event_filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "viewer/human.h"

static const char *const fields[LOG_NR_FIELDS] = {
	[LOG_AVAILABLE] = "available", [LOG_TOTAL] = "total",	      [LOG_PENDING] = "pending",
	[LOG_REQUEST] = "request",     [LOG_STATUS] = "status",	      [LOG_BLOCK] = "block",
	[LOG_BYTES] = "length_bytes",  [LOG_OUTCOME] = "outcome",     [LOG_REASON] = "reason",
	[LOG_BUFFERS] = "buffers",     [LOG_RESOURCES] = "resources", [LOG_COUNT] = "count",
	[LOG_CAUSE] = "cause",	       [LOG_ON] = "fallback",	      [LOG_RULE] = "rule",
	[LOG_LEAD] = "lead",
};

struct parser {
	const struct pool_summary *pools;
	size_t nr_pools;
	struct log_filter *filter;
	unsigned wanted, unwanted; /* kinds */
	char *why;
	size_t size;
};

static int complain(struct parser *p, const char *format, const char *what)
{
	snprintf(p->why, p->size, format, what); /* NOLINT(clang-diagnostic-format-nonliteral) */
	return -EINVAL;
}

/* "drop" is rx_drop, "alloc" all three. */
static unsigned kinds_named(const char *name)
{
	unsigned kinds = 0;

	for (int i = 0; i < POOL_EVENT_NR_KINDS; i++) {
		const char *kind = pool_event_kind_name((enum pool_event_kind)i);

		if (strcasecmp(kind, name) == 0)
			return 1u << i;
		if (strcasestr(kind, name))
			kinds |= 1u << i;
	}
	return kinds;
}

static int value_named(const char *(*name_of)(unsigned), unsigned nr, const char *text,
		       int64_t *value)
{
	for (unsigned i = 0; i < nr; i++) {
		if (strcasecmp(name_of(i), text) != 0)
			continue;
		*value = i;
		return 0;
	}
	return -EINVAL;
}

static int read_number(const char *text, int64_t *value)
{
	char *end;

	text += *text == '#' || *text == 'R';
	errno = 0;
	*value = strtoll(text, &end, 0);
	return end == text || *end || errno ? -EINVAL : 0;
}

static int read_value(enum log_field field, const char *text, int64_t *value)
{
	switch (field) {
	case LOG_LEAD:
		return human_parse_duration(text, value);
	case LOG_OUTCOME:
		return value_named(pool_outcome_name, POOL_OUTCOME_NR, text, value);
	case LOG_REASON:
		return value_named(pool_free_reason_name, POOL_FREE_NR, text, value);
	case LOG_CAUSE:
		return value_named(pool_drop_cause_name, POOL_DROP_NR, text, value);
	case LOG_ON:
		*value = strcasecmp(text, "on") == 0;
		return *value || strcasecmp(text, "off") == 0 ? 0 : read_number(text, value);
	default:
		return read_number(text, value);
	}
}

static int read_pool(struct parser *p, const char *name)
{
	for (size_t i = 0; i < p->nr_pools; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%u", p->pools[i].pool);
		if (strcmp(p->pools[i].name, name) != 0 && strcmp(number, name) != 0)
			continue;
		p->filter->pool = p->pools[i].pool;
		return 0;
	}
	return complain(p, "no pool '%.64s'", name);
}

static enum log_operator read_operator(const char **at)
{
	static const struct {
		const char *sign;
		enum log_operator op;
	} operators[] = {{"!=", LOG_UNEQUAL}, {"<=", LOG_AT_MOST}, {">=", LOG_AT_LEAST},
			 {"==", LOG_EQUAL},   {"=", LOG_EQUAL},	   {"<", LOG_LESS},
			 {">", LOG_MORE}};

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t len = strlen(operators[i].sign);

		if (strncmp(*at, operators[i].sign, len) != 0)
			continue;
		*at += len;
		return operators[i].op;
	}
	return LOG_EQUAL;
}

static int read_test(struct parser *p, const char *word, size_t len)
{
	const char *value = word + len;
	enum log_operator op = read_operator(&value);
	struct log_test *test;

	if (len == 4 && strncasecmp(word, "pool", 4) == 0 && op == LOG_EQUAL)
		return read_pool(p, value);
	if (p->filter->nr_tests == LOG_TESTS_MAX)
		return complain(p, "'%.64s' is one field too many", word);
	test = &p->filter->tests[p->filter->nr_tests];
	test->op = op;
	for (int i = 0; i < LOG_NR_FIELDS; i++) {
		if (strncasecmp(fields[i], word, len) != 0 || fields[i][len])
			continue;
		test->field = (enum log_field)i;
		if (read_value(test->field, value, &test->value))
			return complain(p,
					i == LOG_LEAD ? "'%.64s': a time such as lead>5ms is wanted"
						      : "'%.64s': that field has no such value",
					word);
		p->filter->nr_tests++;
		return 0;
	}
	return complain(p, "'%.64s': no event has such a field", word);
}

static int read_word(struct parser *p, const char *word)
{
	size_t len = strcspn(word, "=<>");
	unsigned kinds;

	if (word[len] && len && word[len - 1] == '!' && len > 1)
		len--;
	if (word[len] && len)
		return read_test(p, word, len);
	kinds = kinds_named(word + (*word == '!'));
	if (!kinds)
		return complain(p, "'%.64s' is no kind of event", word);
	if (*word == '!')
		p->unwanted |= kinds;
	else
		p->wanted |= kinds;
	return 0;
}

int event_filter_parse(const char *text, const struct pool_summary *pools, size_t nr_pools,
		       struct log_filter *filter, char *why, size_t size)
{
	struct parser p = {pools, nr_pools, filter, 0, 0, NULL, size};
	char word[128];
	int ret = 0;

	p.why = why;
	*filter = (struct log_filter){.pool = -1};
	text += strspn(text, " ,");
	while (*text && !ret) {
		size_t len = strcspn(text, " ,");

		snprintf(word, sizeof(word), "%.*s", (int)len, text);
		text += len;
		text += strspn(text, " ,");
		ret = strcasecmp(word, "all") == 0 ? 0 : read_word(&p, word);
	}
	filter->kinds = (p.wanted ? p.wanted : LOG_ALL_KINDS) & ~p.unwanted;
	if (!ret && !log_filter_kinds(filter))
		ret = complain(&p, "%s", "no event can be all of that");
	return ret;
}
