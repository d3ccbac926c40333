/* SPDX-License-Identifier: MIT */
#include "db/life.h"

#include <stddef.h>

static void include(struct life_range *range, uint32_t value)
{
	if (value < range->min)
		range->min = value;
	if (value > range->max)
		range->max = value;
}

static void pass(struct life *l, int64_t ts_ns)
{
	uint64_t ns = (uint64_t)(ts_ns - l->now.until_ns);

	l->now.available.area += (unsigned __int128)l->available * ns;
	l->now.total.area += (unsigned __int128)l->total * ns;
	l->now.until_ns = ts_ns;
}

void life_begin(struct life *l, int64_t ts_ns, uint32_t available, uint32_t total)
{
	l->begun = true;
	l->now.since_ns = l->now.until_ns = ts_ns;
	l->available = available;
	l->total = total;
	l->now.available = (struct life_range){.min = available, .max = available};
	l->now.total = (struct life_range){.min = total, .max = total};
}

void life_step(struct life *l, int64_t ts_ns, uint32_t available, uint32_t total)
{
	if (!l->begun || l->ended)
		return;
	pass(l, ts_ns);
	l->available = available;
	l->total = total;
	include(&l->now.available, available);
	include(&l->now.total, total);
}

void life_running(struct life *l, int64_t ts_ns, bool running)
{
	if (running) {
		l->ran = true;
		l->paused = false;
	} else if (l->ran && life_works(l)) {
		pass(l, ts_ns);
		l->at_pause = l->now;
		l->paused = true;
	}
}

void life_end(struct life *l, int64_t ts_ns)
{
	if (!l->begun || l->ended)
		return;
	if (!l->paused) {
		pass(l, ts_ns);
		l->at_pause = l->now;
	}
	l->ended = true;
}

const struct life_figures *life_get(const struct life *l)
{
	if (!l->begun)
		return NULL;
	return l->paused || l->ended ? &l->at_pause : &l->now;
}

double life_mean(const struct life_figures *figures, const struct life_range *range)
{
	int64_t ns = figures->until_ns - figures->since_ns;

	return ns > 0 ? (double)range->area / (double)ns : range->max;
}
