/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy.h"

static bool refuse(char *why, size_t why_size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (why != NULL && why_size > 0)
		vsnprintf(why, why_size, format, args);
	va_end(args);
	return false;
}

bool policy_marks_ok(const struct policy_marks *m, char *why, size_t why_size)
{
	uint64_t least_high = (uint64_t)m->low + m->block + 1;
	uint64_t least_limit = (uint64_t)m->base + m->block;

	if (m->base == 0)
		return refuse(why, why_size, "base is 0: the base block needs at least 1 buffer");
	if (m->block == 0)
		return refuse(why, why_size, "block is 0: a block needs at least 1 buffer");
	if (m->max_pending == 0)
		return refuse(why, why_size,
			      "max-pending is 0: at least 1 (to switch growth off, limit = base)");
	if (m->reserve >= m->low)
		return refuse(why, why_size, "reserve %u is not below low %u", m->reserve, m->low);
	if (m->low >= m->high)
		return refuse(why, why_size, "low %u is not below high %u", m->low, m->high);
	if (m->high < least_high)
		return refuse(
			why, why_size,
			"high %u is too near low %u: with blocks of %u it must be at least %llu",
			m->high, m->low, m->block, (unsigned long long)least_high);
	if (m->limit != m->base && m->limit < least_limit)
		return refuse(why, why_size,
			      "limit %u leaves no room for a block beside base %u: at least %llu, "
			      "or %u to switch growth off",
			      m->limit, m->base, (unsigned long long)least_limit, m->base);
	return true;
}

void policy_init(struct policy *p, const struct policy_marks *m)
{
	memset(p, 0, sizeof(*p));
	p->marks = *m;
}

/* Shortage starts the shrink delay anew (R32). */
static void note_shortage(struct policy *p)
{
	p->quiet_ticks = 0;
	p->still_ticks = 0;
}

/* What every event ends with.  An event that is no refusal lifts the ban on requests (P27). */
static void settle(struct policy *p, bool refusal)
{
	uint32_t available = policy_available(p);

	p->refused = refusal;
	if (available <= p->marks.low) {
		note_shortage(p);
		p->probing = false; /* what is on its way is needed now */
	} else {
		p->fallback = false; /* replenished (R41) */
	}
}

/* Memory was asked for and did not come: stop giving buffers away while there are few (R40). */
static void note_failure(struct policy *p)
{
	note_shortage(p);
	if (policy_available(p) <= p->marks.low)
		p->fallback = true;
}

void policy_base(struct policy *p, uint32_t buffers)
{
	p->total += buffers;
	settle(p, false);
}

void policy_set_running(struct policy *p, bool running)
{
	p->running = running;
}

/* How many of n buffers are RESOURCES. */
static uint32_t too_many(const struct policy *p, uint32_t n)
{
	uint32_t available = policy_available(p);
	uint32_t spare = available > p->marks.reserve ? available - p->marks.reserve : 0;

	return p->fallback ? n : n > spare ? n - spare : 0;
}

uint32_t policy_take(struct policy *p, uint32_t n)
{
	uint32_t resources = too_many(p, n);

	p->held += n - resources;
	/* RESOURCES means V <= low, or the fallback state, which does: settle() notes the shortage.
	 */
	settle(p, false);
	return resources;
}

bool policy_take_frame(struct policy *p, uint32_t n)
{
	bool resources = too_many(p, n) > 0;

	/* V may be well above low: it is the frame that is long. */
	if (resources)
		note_shortage(p);
	else
		p->held += n;
	settle(p, false);
	return resources;
}

void policy_return(struct policy *p, uint32_t n)
{
	p->held -= n;
	settle(p, false);
}

/* Returns: whether it was a probe: one that fails is no shortage, nobody needed the memory. */
static bool end_request(struct policy *p)
{
	bool probe = p->probing;

	p->pending--;
	p->probing = false;
	p->still_ticks = 0;
	return probe;
}

void policy_complete(struct policy *p, enum policy_outcome outcome, uint32_t buffers)
{
	bool probe = end_request(p);

	if (outcome == POLICY_USED)
		p->total += buffers;
	else if (outcome == POLICY_FAILED && !probe)
		note_failure(p);
	settle(p, false);
}

void policy_tick(struct policy *p)
{
	if (p->quiet_ticks < UINT32_MAX)
		p->quiet_ticks++;
	if (p->still_ticks < UINT32_MAX)
		p->still_ticks++;
	settle(p, false);
}

void policy_requested(struct policy *p)
{
	p->pending++;
	p->still_ticks = 0;
}

void policy_probed(struct policy *p)
{
	policy_requested(p);
	p->probing = true;
}

void policy_refused(struct policy *p)
{
	if (!end_request(p))
		note_failure(p);
	settle(p, true);
}

void policy_freed(struct policy *p, uint32_t buffers)
{
	p->total -= buffers;
}

bool policy_wants_block(const struct policy *p)
{
	const struct policy_marks *m = &p->marks;
	uint64_t coming = (uint64_t)m->block * p->pending;

	return p->running && !p->refused && p->pending < m->max_pending &&
	       policy_available(p) + coming <= m->low && p->total + coming + m->block <= m->limit;
}

bool policy_wants_free(const struct policy *p)
{
	return p->running && policy_available(p) >= p->marks.high &&
	       p->quiet_ticks >= p->marks.shrink_ticks;
}

/* Far enough from low that the pool is not about to ask for itself. */
static bool has_plenty(const struct policy *p)
{
	uint32_t available = policy_available(p);

	return available > p->marks.low &&
	       4 * (uint64_t)(available - p->marks.low) > p->marks.high - p->marks.low;
}

bool policy_wants_probe(const struct policy *p)
{
	const struct policy_marks *m = &p->marks;

	return m->probe_ticks != 0 && p->still_ticks >= m->probe_ticks && p->running &&
	       !p->refused && p->pending == 0 && has_plenty(p) &&
	       (uint64_t)p->total + m->block <= m->limit;
}
