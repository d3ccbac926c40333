/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "driver/ndis/faults.h"

enum { WINDOWS_GOOD, WINDOWS_BAD, WINDOWS_P, WINDOWS_LATE };

/* Shorter windows would be found one by one for ever. */
#define WINDOW_MIN_NS 1e5

/* The longest text of several faults. */
#define TEXT_BYTES 512

enum fault_kind {
	FAULT_REFUSE,
	FAULT_NULL,
	FAULT_DELAY,
	FAULT_REORDER,
	FAULT_EARLY,
	FAULT_WRAP,
	FAULT_BASE,
	FAULT_STORM,
	FAULT_REMOVAL,
	FAULT_WINDOWS,
};

static const struct spec_name statuses[] = {
	{"failure", (uint32_t)NDIS_STATUS_FAILURE},
	{"resources", (uint32_t)NDIS_STATUS_RESOURCES},
	{"invalid", (uint32_t)NDIS_STATUS_INVALID_PARAMETER},
	{"state", (uint32_t)NDIS_STATUS_INVALID_STATE},
	{"not_ready", (uint32_t)NDIS_STATUS_ADAPTER_NOT_READY},
	{"any", (uint32_t)NDIS_FAULT_ANY_STATUS},
	{SPEC_HEX, 0},
	{NULL, 0},
};
/* Those that "any" draws from: the ones before it. */
#define NR_STATUSES (sizeof(statuses) / sizeof(statuses[0]) - 3)

static const struct spec_name forms[] = {
	{"both", NDIS_NULL_BOTH},
	{"null", NDIS_NULL_NULL},
	{"garbage", NDIS_NULL_GARBAGE},
	{NULL, 0},
};

static const struct spec_kind kinds[] = {
	[FAULT_REFUSE] = {"refuse",
			  {{"p", SPEC_PROBABILITY, true},
			   {"status", SPEC_NAME, .otherwise = (uint32_t)NDIS_STATUS_FAILURE,
			    .names = statuses}}},
	[FAULT_NULL] = {"null",
			{{"p", SPEC_PROBABILITY, true},
			 {"pa", SPEC_NAME, .otherwise = NDIS_NULL_BOTH, .names = forms}}},
	[FAULT_DELAY] = {"delay", {{"p", SPEC_PROBABILITY, true}, {"by", SPEC_DURATION, true}}},
	[FAULT_REORDER] = {"reorder", {{"p", SPEC_PROBABILITY, true}}},
	[FAULT_EARLY] = {"early", {{"p", SPEC_PROBABILITY, true}}},
	[FAULT_WRAP] = {"wrap", {{"p", SPEC_PROBABILITY, true}}},
	[FAULT_BASE] = {"base", {{"n", SPEC_NUMBER, true}}},
	[FAULT_STORM] = {"storm", {{"p", SPEC_PROBABILITY, .otherwise = 1}}},
	[FAULT_REMOVAL] = {"removal", {{"after", SPEC_DURATION, true}}},
	[FAULT_WINDOWS] = {"windows",
			   {[WINDOWS_GOOD] = {"good", SPEC_DURATION, false, 2e9},
			    [WINDOWS_BAD] = {"bad", SPEC_DURATION, false, 200e6},
			    [WINDOWS_P] = {"p", SPEC_PROBABILITY, false, 1},
			    [WINDOWS_LATE] = {"late", SPEC_PROBABILITY, false, 0.5}}},
};

/* Where in text key's value stands, from 1. */
static int refuse_value(const char *text, size_t from, const char *key, const char *wanted,
			char why[SPEC_WHY_BYTES])
{
	const char *at = strstr(text + from, key);

	at = at != NULL ? at + strlen(key) : strchr(text + from, ':') + 1;
	snprintf(why, SPEC_WHY_BYTES, "at position %td of '%.60s': %s", at - text + 1, text,
		 wanted);
	return -EINVAL;
}

static int take_refuse(const struct spec *spec, const char *text, size_t from,
		       struct ndis_faults *faults, char why[SPEC_WHY_BYTES])
{
	NDIS_STATUS status = (NDIS_STATUS)(uint32_t)spec->value[1];

	if (status == NDIS_STATUS_SUCCESS || status == NDIS_STATUS_PENDING)
		return refuse_value(text, from, "status=", "this status is no refusal", why);
	faults->refuse = spec->value[0];
	faults->refuse_status = status;
	return 0;
}

static int take_base(const struct spec *spec, const char *text, size_t from,
		     struct ndis_faults *faults, char why[SPEC_WHY_BYTES])
{
	if (spec->value[0] > UINT32_MAX || spec->value[0] != (double)(uint32_t)spec->value[0])
		return refuse_value(text, from, "n=", "a whole number is wanted here", why);
	faults->base = (uint32_t)spec->value[0];
	return 0;
}

static int take_windows(const struct spec *spec, const char *text, struct ndis_faults *faults,
			char why[SPEC_WHY_BYTES])
{
	faults->good_ns = spec->value[WINDOWS_GOOD];
	faults->bad_ns = spec->value[WINDOWS_BAD];
	faults->bad = spec->value[WINDOWS_P];
	faults->late = spec->value[WINDOWS_LATE];
	if (faults->good_ns >= WINDOW_MIN_NS && faults->bad_ns >= WINDOW_MIN_NS)
		return 0;
	snprintf(why, SPEC_WHY_BYTES, "'%.60s': good and bad must be at least 100us", text);
	return -EINVAL;
}

static int take(const struct spec *spec, const char *text, size_t from, struct ndis_faults *faults,
		char why[SPEC_WHY_BYTES])
{
	switch ((enum fault_kind)spec->kind) {
	case FAULT_REFUSE:
		return take_refuse(spec, text, from, faults, why);
	case FAULT_NULL:
		faults->null = spec->value[0];
		faults->null_form = (enum ndis_null_form)spec->value[1];
		break;
	case FAULT_DELAY:
		faults->delay = spec->value[0];
		faults->delay_ns = spec->value[1];
		break;
	case FAULT_REORDER:
		faults->reorder = spec->value[0];
		break;
	case FAULT_EARLY:
		faults->early = spec->value[0];
		break;
	case FAULT_WRAP:
		faults->wrap = spec->value[0];
		break;
	case FAULT_BASE:
		return take_base(spec, text, from, faults, why);
	case FAULT_STORM:
		faults->storm = spec->value[0];
		break;
	case FAULT_REMOVAL:
		/* At once is soon, too. */
		faults->removal_ns = spec->value[0] > 1 ? spec->value[0] : 1;
		break;
	case FAULT_WINDOWS:
		return take_windows(spec, text, faults, why);
	}
	return 0;
}

int ndis_faults_parse(const char *text, struct ndis_faults *faults, char why[SPEC_WHY_BYTES])
{
	char begun[TEXT_BYTES]; /* text up to the end of the part that is read */
	struct spec spec;
	size_t from = 0;

	if (strlen(text) >= sizeof(begun)) {
		snprintf(why, SPEC_WHY_BYTES, "'%.60s...' is too long", text);
		return -EINVAL;
	}
	for (;;) {
		size_t end = from + strcspn(text + from, "+");

		memcpy(begun, text, end);
		begun[end] = '\0';
		if (spec_parse_from(begun, from, kinds, sizeof(kinds) / sizeof(kinds[0]), &spec,
				    why) != 0 ||
		    take(&spec, begun, from, faults, why) != 0)
			return -EINVAL;
		if (text[end] == '\0')
			return 0;
		from = end + 1;
	}
}

NDIS_STATUS ndis_faults_refusal(const struct ndis_faults *faults, struct rng *rng)
{
	if (faults->refuse_status == 0)
		return NDIS_STATUS_FAILURE;
	if (faults->refuse_status != NDIS_FAULT_ANY_STATUS)
		return faults->refuse_status;
	return (NDIS_STATUS)(uint32_t)statuses[rng_u64(rng) % NR_STATUSES].value;
}

/* --- windows ---------------------------------------------------------------------------------- */

static void draw_window(struct fault_windows *w, const struct ndis_faults *faults, uint64_t now_ns)
{
	double mean_ns = w->is_bad ? faults->bad_ns : faults->good_ns;

	w->until_ns = now_ns + 1 + (uint64_t)fmin(rng_exp(&w->rng, mean_ns), 1e18);
}

void fault_windows_begin(struct fault_windows *w, const struct ndis_faults *faults, uint64_t seed,
			 uint64_t stream, uint64_t now_ns)
{
	rng_init(&w->rng, seed, stream);
	if (faults->bad_ns <= 0)
		return;
	w->is_bad = rng_chance(&w->rng, faults->bad_ns / (faults->good_ns + faults->bad_ns));
	draw_window(w, faults, now_ns);
}

bool fault_windows_bad(struct fault_windows *w, const struct ndis_faults *faults, uint64_t now_ns)
{
	if (faults->bad_ns <= 0)
		return false;
	while (w->until_ns <= now_ns) {
		w->is_bad = !w->is_bad;
		draw_window(w, faults, w->until_ns);
	}
	return w->is_bad;
}
