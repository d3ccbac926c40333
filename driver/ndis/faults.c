/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "driver/ndis/faults.h"

enum fault_kind { FAULT_REFUSE, FAULT_NULL, FAULT_WINDOWS };
enum { WINDOWS_GOOD, WINDOWS_BAD, WINDOWS_P, WINDOWS_LATE };

/* Shorter windows would be found one by one for ever. */
#define WINDOW_MIN_NS 1e5

static const struct spec_kind kinds[] = {
	[FAULT_REFUSE] = {"refuse", {{"p", SPEC_PROBABILITY, true}}},
	[FAULT_NULL] = {"null", {{"p", SPEC_PROBABILITY, true}}},
	[FAULT_WINDOWS] = {"windows",
			   {[WINDOWS_GOOD] = {"good", SPEC_DURATION, false, 2e9},
			    [WINDOWS_BAD] = {"bad", SPEC_DURATION, false, 200e6},
			    [WINDOWS_P] = {"p", SPEC_PROBABILITY, false, 1},
			    [WINDOWS_LATE] = {"late", SPEC_PROBABILITY, false, 0.5}}},
};

static int set_windows(const char *text, const struct spec *spec, struct ndis_faults *faults,
		       char *why)
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

static int parse_one(const char *text, size_t from, struct ndis_faults *faults,
		     char why[SPEC_WHY_BYTES])
{
	struct spec spec;

	if (spec_parse_from(text, from, kinds, sizeof(kinds) / sizeof(kinds[0]), &spec, why) != 0)
		return -EINVAL;
	switch ((enum fault_kind)spec.kind) {
	case FAULT_REFUSE:
		faults->refuse = spec.value[0];
		break;
	case FAULT_NULL:
		faults->null = spec.value[0];
		break;
	case FAULT_WINDOWS:
		return set_windows(text, &spec, faults, why);
	}
	return 0;
}

int ndis_faults_parse(const char *text, struct ndis_faults *faults, char why[SPEC_WHY_BYTES])
{
	char begun[128]; /* text up to the end of the part that is read */
	size_t from = 0;

	if (strlen(text) >= sizeof(begun)) {
		snprintf(why, SPEC_WHY_BYTES, "'%.60s...' is too long", text);
		return -EINVAL;
	}
	for (;;) {
		size_t end = from + strcspn(text + from, "+");

		memcpy(begun, text, end);
		begun[end] = '\0';
		if (parse_one(begun, from, faults, why) != 0)
			return -EINVAL;
		if (text[end] == '\0')
			return 0;
		from = end + 1;
	}
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
