/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>

#include "tuner/evidence.h"

/* Of a distribution so many are drawn: its p99.9 is among them. */
#define DRAWN_LEADS 1000

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void note_storm(struct lead_storm *storm, uint64_t failures, int64_t from_ns, int64_t ns)
{
	if (!failures)
		storm->otherwise_ns = ns > storm->otherwise_ns ? ns : storm->otherwise_ns;
	else if (ns > storm->ns)
		*storm = (struct lead_storm){failures, from_ns, ns, storm->otherwise_ns};
}

/* A request that failed is made again: what the pool waits for begins with the first of a row. */
static void add_effective(struct lead_sample *s, const struct demand_lead *leads, size_t nr)
{
	uint64_t in_row = 0;
	int64_t since_ns = 0;

	for (size_t i = 0; i < nr; i++) {
		const struct demand_lead *l = &leads[i];

		if (l->kind == DEMAND_LEAD_FAILED || l->kind == DEMAND_LEAD_REFUSED) {
			s->failed++;
			since_ns = in_row ? since_ns : l->requested_ns;
			in_row++;
			continue;
		}
		s->pending += l->kind == DEMAND_LEAD_PENDING;
		s->ns[s->nr] = l->lead_ns + (in_row ? l->requested_ns - since_ns : 0);
		note_storm(&s->storm, in_row, since_ns, s->ns[s->nr++]);
		in_row = 0;
	}
}

static int64_t draw_one(const struct lead *lead, size_t i)
{
	struct lead_cursor cursor = {0};
	int64_t t_ns = (int64_t)i * lead->cell_ns;

	return lead_ask(lead, &cursor, t_ns).due_ns - t_ns;
}

int lead_sample_make(const struct demand *d, const struct lead *lead, bool recorded,
		     struct lead_sample *out)
{
	size_t room = lead->kind == LEAD_DRAWN ? DRAWN_LEADS : lead->nr_samples + 1;

	*out = (struct lead_sample){.recorded = recorded};
	out->ns = malloc(room * sizeof(*out->ns));
	if (!out->ns)
		return -ENOMEM;
	if (lead->kind == LEAD_FIXED) {
		out->ns[out->nr++] = lead->fixed_ns;
	} else if (lead->kind == LEAD_DRAWN) {
		for (size_t i = 0; i < room; i++)
			out->ns[out->nr++] = draw_one(lead, i);
	} else {
		add_effective(out, lead->samples, lead->nr_samples);
	}
	qsort(out->ns, out->nr, sizeof(*out->ns), by_length);
	return 0;
}

void lead_sample_release(struct lead_sample *s)
{
	free(s->ns);
	*s = (struct lead_sample){0};
}

int64_t lead_sample_quantile(const struct lead_sample *s, double q)
{
	double rank = q * (double)s->nr;
	size_t i = (size_t)rank;

	if (!s->nr)
		return 0;
	i -= i && (double)i == rank; /* the smallest rank that is at least q x nr */
	return s->ns[i < s->nr ? i : s->nr - 1];
}
