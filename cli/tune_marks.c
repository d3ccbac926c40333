/* SPDX-License-Identifier: MIT */
/* `--what-if base=..,low=..`: marks as a person gives them. */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/tune.h"

static const struct mark_key {
	const char *name;
	size_t at;
	bool needed; /* where nothing was recorded */
} keys[] = {
	{"base", offsetof(struct policy_marks, base), true},
	{"block", offsetof(struct policy_marks, block), true},
	{"low", offsetof(struct policy_marks, low), true},
	{"high", offsetof(struct policy_marks, high), true},
	{"limit", offsetof(struct policy_marks, limit), false},
	{"reserve", offsetof(struct policy_marks, reserve), false},
	{"max_pending", offsetof(struct policy_marks, max_pending), false},
	{"shrink_ticks", offsetof(struct policy_marks, shrink_ticks), false},
	{"probe_ticks", offsetof(struct policy_marks, probe_ticks), false},
};
#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

/* max-pending is how refnic's options have it. */
static bool is_name(const char *text, size_t len, const char *name)
{
	for (size_t i = 0; i < len; i++)
		if (!name[i] || (text[i] == '-' ? '_' : text[i]) != name[i])
			return false;
	return name[len] == '\0';
}

static size_t find_key(const char *text, size_t len)
{
	size_t i = 0;

	while (i < NR_KEYS && !is_name(text, len, keys[i].name))
		i++;
	return i;
}

static int read_number(const char *text, size_t len, uint32_t *value)
{
	uint64_t sum = 0;

	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return -EINVAL;
		sum = 10 * sum + (uint64_t)(text[i] - '0');
		if (sum > INT32_MAX)
			return -ERANGE;
	}
	*value = (uint32_t)sum;
	return 0;
}

/* One k=v of `len` bytes. */
static int read_pair(const char *text, size_t len, struct policy_marks *marks, bool *given,
		     char *why)
{
	const char *sign = memchr(text, '=', len);
	size_t name = sign ? (size_t)(sign - text) : len, key = find_key(text, name);
	int ret;

	if (key == NR_KEYS) {
		snprintf(why, TUNE_WHY_BYTES,
			 "'%.*s' is no mark; those are base, block, low, high, limit, reserve, "
			 "max_pending, shrink_ticks, probe_ticks",
			 (int)(name < 40 ? name : 40), text);
		return -EINVAL;
	}
	if (!sign) {
		snprintf(why, TUNE_WHY_BYTES, "%s has no value: %s=N", keys[key].name,
			 keys[key].name);
		return -EINVAL;
	}
	if (given[key]) {
		snprintf(why, TUNE_WHY_BYTES, "%s is given twice", keys[key].name);
		return -EINVAL;
	}
	given[key] = true;
	ret = read_number(sign + 1, len - name - 1, (uint32_t *)((char *)marks + keys[key].at));
	if (ret)
		snprintf(why, TUNE_WHY_BYTES, "%s=%.*s: %s", keys[key].name,
			 (int)(len - name - 1 < 40 ? len - name - 1 : 40), sign + 1,
			 ret == -ERANGE ? "too large; the most is 2147483647"
					: "a whole number, at least 0, is wanted");
	return ret ? -EINVAL : 0;
}

static int say_missing(const bool *given, char *why)
{
	size_t used = (size_t)snprintf(why, TUNE_WHY_BYTES,
				       "no marks were recorded with this demand, so these have to "
				       "be given, too:");
	int missing = 0;

	for (size_t i = 0; i < NR_KEYS; i++)
		if (keys[i].needed && !given[i])
			used += (size_t)snprintf(why + used, TUNE_WHY_BYTES - used, "%s %s",
						 missing++ ? "," : "", keys[i].name);
	if (missing)
		snprintf(why + used, TUNE_WHY_BYTES - used,
			 " (the others are: no limit, reserve 0, max_pending 1, shrink_ticks 0)");
	return missing ? -EINVAL : 0;
}

int tune_marks_read(const char *text, const struct demand *d, struct policy_marks *out,
		    char why[TUNE_WHY_BYTES])
{
	bool given[NR_KEYS] = {false};

	*out = d->marks_known ? d->marks
			      : (struct policy_marks){.limit = TUNE_NO_LIMIT, .max_pending = 1};
	while (*text) {
		size_t len = strcspn(text, ",");
		int ret = read_pair(text, len, out, given, why);

		if (ret)
			return ret;
		text += len + (text[len] == ',');
	}
	if (!d->marks_known && say_missing(given, why))
		return -EINVAL;
	return policy_marks_ok(out, why, TUNE_WHY_BYTES) ? 0 : -EINVAL;
}
