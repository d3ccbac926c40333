/* SPDX-License-Identifier: MIT */
#include "viewer/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tuner/curve.h"

static const char *const names[NR_TRIAL_MARKS] = {
	[TRIAL_BASE] = "base",	     [TRIAL_BLOCK] = "block",	[TRIAL_LOW] = "low",
	[TRIAL_HIGH] = "high",	     [TRIAL_LIMIT] = "limit",	[TRIAL_RESERVE] = "reserve",
	[TRIAL_PENDING] = "pending", [TRIAL_SHRINK] = "shrink",
};

const char *trial_mark_name(enum trial_mark mark)
{
	return names[mark];
}

static uint32_t *place_of(struct policy_marks *m, enum trial_mark mark)
{
	uint32_t *const places[NR_TRIAL_MARKS] = {
		[TRIAL_BASE] = &m->base,
		[TRIAL_BLOCK] = &m->block,
		[TRIAL_LOW] = &m->low,
		[TRIAL_HIGH] = &m->high,
		[TRIAL_LIMIT] = &m->limit,
		[TRIAL_RESERVE] = &m->reserve,
		[TRIAL_PENDING] = &m->max_pending,
		[TRIAL_SHRINK] = &m->shrink_ticks,
	};

	return places[mark];
}

uint32_t trial_value(const struct policy_marks *marks, enum trial_mark mark)
{
	struct policy_marks copy = *marks;

	return *place_of(&copy, mark);
}

/* --- leads -----------------------------------------------------------------------------------
 */

static void set_lead(struct trial *t)
{
	int64_t longest = 0;

	if (!t->lead_ns && lead_recorded(t->demand, &t->lead))
		t->lead_ns = TRIAL_LEAD_NS;
	if (t->lead_ns)
		t->lead = lead_fixed(t->lead_ns);
	longest = lead_longest(&t->lead);
	t->tau_ns = longest > 0 ? longest : 1;
	t->before_error = 1;
}

void trial_next_lead(struct trial *t)
{
	static const int64_t steps_ns[] = {100000,    200000,	 500000,    1000000,  2000000,
					   5000000,   10000000,	 20000000,  50000000, 100000000,
					   200000000, 500000000, 1000000000};
	size_t nr = sizeof(steps_ns) / sizeof(steps_ns[0]), i = 0;

	if (!t->demand)
		return;
	while (i < nr && steps_ns[i] <= t->lead_ns)
		i++;
	t->lead_ns = i < nr ? steps_ns[i] : t->demand->nr_leads ? 0 : steps_ns[0];
	set_lead(t);
}

/* --- marks ------------------------------------------------------------------------------------
 */

static uint32_t clamped(uint64_t value)
{
	return value < TRIAL_MARK_MAX ? (uint32_t)value : TRIAL_MARK_MAX;
}

/*
 * Something that keeps the rules and loses nothing: low as the steepest rise needs it, blocks of a
 * quarter of that, as many requests at once as bring it back in one lead time.
 */
static struct policy_marks sensible(const struct trial *t)
{
	uint32_t rise = atlas_rise(&t->atlas, t->tau_ns);
	uint32_t block = 16;
	struct policy_marks m = {.shrink_ticks = 2};

	while (block < rise / 4 && block < 1u << 20)
		block *= 2;
	m.block = block;
	m.low = low_of(rise, 0);
	m.low = m.low ? m.low : 1;
	m.base = clamped((uint64_t)m.low + block);
	m.high = clamped((uint64_t)m.low + 2 * (uint64_t)block);
	m.max_pending = rise / block + 1;
	m.limit = clamped((uint64_t)t->demand->max_held + m.low + 2 * (uint64_t)block + m.base);
	return m;
}

void trial_take(struct trial *t, struct demand *demand, struct atlas *atlas)
{
	trial_release(t);
	t->demand = demand;
	t->atlas = *atlas;
	*atlas = (struct atlas){0};
	t->lead_ns = 0;
	set_lead(t);
	t->guessed = !demand->marks_known;
	t->recorded = t->guessed ? sensible(t) : demand->marks;
	t->marks = t->recorded;
}

void trial_release(struct trial *t)
{
	demand_close(t->demand);
	atlas_release(&t->atlas);
	*t = (struct trial){.chosen = t->chosen};
}

void trial_choose(struct trial *t, int by)
{
	t->chosen = (enum trial_mark)(((int)t->chosen + by + NR_TRIAL_MARKS) % NR_TRIAL_MARKS);
}

void trial_move(struct trial *t, int64_t by)
{
	uint32_t *place = place_of(&t->marks, t->chosen);
	bool one =
		t->chosen == TRIAL_BASE || t->chosen == TRIAL_BLOCK || t->chosen == TRIAL_PENDING;
	int64_t least = one ? 1 : 0, value = (int64_t)*place + by;

	*place = clamped((uint64_t)(value > least ? value : least));
}

void trial_reset(struct trial *t)
{
	*place_of(&t->marks, t->chosen) = trial_value(&t->recorded, t->chosen);
}

void trial_reset_all(struct trial *t)
{
	t->marks = t->recorded;
}

uint32_t trial_robust_low(const struct trial *t)
{
	return atlas_low(&t->atlas, t->tau_ns, t->marks.block ? t->marks.block : 1,
			 t->marks.max_pending ? t->marks.max_pending : 1, t->marks.reserve);
}

void trial_take_robust_low(struct trial *t)
{
	struct policy_marks *m = &t->marks;
	uint64_t least;

	m->low = clamped(trial_robust_low(t));
	if (m->low <= m->reserve)
		m->low = clamped((uint64_t)m->reserve + 1);
	if (m->base <= m->low)
		m->base = clamped((uint64_t)m->low + 1);
	least = (uint64_t)m->low + m->block + 1;
	if (m->high < least)
		m->high = clamped(least);
	/* All that is held, and low beside it. */
	least = (uint64_t)t->demand->max_held + m->low + m->block;
	if (least < (uint64_t)m->base + m->block)
		least = (uint64_t)m->base + m->block;
	if (m->limit < least)
		m->limit = clamped(least);
}

/* --- what would have been ---------------------------------------------------------------------
 */

static int simulate(struct trial *t, const struct policy_marks *marks, int64_t start_ns,
		    int64_t width_ns, size_t nr, struct level_column *columns,
		    struct sim_result *out)
{
	int ret;

	t->why[0] = 0;
	memset(columns, 0, nr * sizeof(*columns));
	if (!policy_marks_ok(marks, t->why, sizeof(t->why)))
		return -EINVAL;
	ret = sim_curve(t->demand, marks, &t->lead, start_ns, width_ns, nr, columns, out);
	if (ret == -EINVAL)
		snprintf(t->why, sizeof(t->why), "too many blocks: make block larger");
	else if (ret == -ENOTSUP)
		snprintf(t->why, sizeof(t->why),
			 "no ticks were recorded: set shrink to 0 to try these marks");
	else if (ret)
		snprintf(t->why, sizeof(t->why), "out of memory");
	return ret;
}

void trial_run(struct trial *t, int64_t start_ns, int64_t width_ns, size_t nr,
	       struct level_column *columns)
{
	if (!t->demand)
		return;
	if (t->before_error > 0)
		t->before_error =
			simulate(t, &t->recorded, start_ns, width_ns, nr, columns, &t->before);
	t->error = simulate(t, &t->marks, start_ns, width_ns, nr, columns, &t->result);
}

/* Probes are counted in ticks; refnic wants a time. */
static int64_t probe_ms(const struct demand *d, uint32_t ticks)
{
	int64_t tick_ns = DEMAND_TICK_NS;

	if (d->nr_ticks > 1)
		tick_ns = (d->ticks[d->nr_ticks - 1].t_ns - d->ticks[0].t_ns) /
			  (int64_t)(d->nr_ticks - 1);
	return (int64_t)ticks * ((tick_ns + 500000) / 1000000);
}

void trial_options(const struct trial *t, char *text, size_t size)
{
	const struct policy_marks *m = &t->marks;
	int used = snprintf(text, size,
			    "--base %u --block %u --low %u --high %u --limit %u --reserve %u "
			    "--max-pending %u --shrink-ticks %u",
			    m->base, m->block, m->low, m->high, m->limit, m->reserve,
			    m->max_pending, m->shrink_ticks);

	if (m->probe_ticks && used > 0 && (size_t)used < size)
		snprintf(text + used, size - (size_t)used, " --lead-probe %" PRId64 "ms",
			 probe_ms(t->demand, m->probe_ticks));
}
