/* SPDX-License-Identifier: MIT */
#include "tuner/demand_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int build_open(struct build *b)
{
	*b = (struct build){.d = calloc(1, sizeof(struct demand)), .last_ns = INT64_MIN};
	return b->d ? 0 : -ENOMEM;
}

void build_abandon(struct build *b)
{
	demand_close(b->d);
	hunt_release(&b->hunt);
	*b = (struct build){0};
}

static void *resized(void *array, size_t nr, size_t size, int *error)
{
	void *grown = realloc(array, (nr ? nr : 1) * size);

	if (!grown) {
		*error = -ENOMEM;
		return array;
	}
	return grown;
}

/* --- steps ---------------------------------------------------------------------------------------
 */

/* A multiple of whole cells, and one more cell for the end. */
static bool make_room(struct build *b)
{
	size_t room = b->room ? (b->room + b->room / 2) / DEMAND_CELL * DEMAND_CELL : 4096;
	size_t cells = room / DEMAND_CELL + 1;
	struct demand *d = b->d;

	if (b->nr >= DEMAND_STEPS_MAX)
		b->error = -EFBIG;
	else if (!b->room && !b->error)
		b->error = hunt_begin(&b->hunt, 0);
	if (b->error)
		return false;
	d->t_ns = resized(d->t_ns, room, sizeof(*d->t_ns), &b->error);
	d->slot = resized(d->slot, room, sizeof(*d->slot), &b->error);
	d->cells = resized(d->cells, cells, sizeof(*d->cells), &b->error);
	d->extremes[0] = resized(d->extremes[0], cells, sizeof(*d->extremes[0]), &b->error);
	if (!b->error)
		b->room = room;
	return !b->error;
}

static void open_cell(struct build *b)
{
	size_t cell = b->nr / DEMAND_CELL;
	uint32_t top = cell ? b->d->cells[cell - 1].top : 0;

	b->d->cells[cell] =
		(struct demand_cell){.before = b->hunt.x, .top = hunt_cell(&b->hunt, b->nr, top)};
	b->d->extremes[0][cell] = DEMAND_NO_EXTREMES;
	b->error = b->hunt.error;
}

/* Makes room for a step.  Time never goes back: what the clock says otherwise is the clock's
 * mistake, seq is the order. */
static inline bool begin_step(struct build *b, int64_t t_ns)
{
	if (b->nr == b->room && !make_room(b))
		return false;
	if (b->nr % DEMAND_CELL == 0)
		open_cell(b);
	if (t_ns < b->last_ns)
		t_ns = b->last_ns;
	b->d->t_ns[b->nr] = b->last_ns = t_ns;
	return !b->error;
}

static inline void end_step(struct build *b, uint32_t slot)
{
	struct demand_extremes *e = &b->d->extremes[0][b->nr / DEMAND_CELL];

	b->d->slot[b->nr++] = slot;
	e->min = b->hunt.x < e->min ? b->hunt.x : e->min;
	e->max = b->hunt.x > e->max ? b->hunt.x : e->max;
}

uint32_t build_take(struct build *b, int64_t t_ns)
{
	struct demand_cell *c;
	uint32_t slot;

	if (!begin_step(b, t_ns))
		return BUILD_NO_SLOT;
	c = &b->d->cells[b->nr / DEMAND_CELL];
	slot = hunt_take(&b->hunt);
	b->error = b->hunt.error;
	if (b->error)
		return BUILD_NO_SLOT;
	if (slot >= c->top)
		c->top = slot + 1;
	c->takes |= UINT64_C(1) << b->nr % DEMAND_CELL;
	end_step(b, slot);
	return slot;
}

void build_return(struct build *b, int64_t t_ns, uint32_t slot)
{
	if (!begin_step(b, t_ns))
		return;
	hunt_return(&b->hunt, slot);
	end_step(b, slot);
}

void build_end(struct build *b)
{
	if (b->nr)
		b->d->cells[(b->nr - 1) / DEMAND_CELL].ends |= UINT64_C(1)
							       << (b->nr - 1) % DEMAND_CELL;
}

/* Room for one more behind nr elements; the array doubles. */
static void *one_more(void *array, size_t nr, size_t *room, size_t size, int *error)
{
	size_t more = *room ? 2 * *room : 64;

	if (nr < *room)
		return array;
	array = resized(array, more, size, error);
	if (!*error)
		*room = more;
	return array;
}

void build_tick(struct build *b, size_t steps, int64_t t_ns)
{
	struct demand *d = b->d;

	d->ticks = one_more(d->ticks, d->nr_ticks, &b->nr_ticks_room, sizeof(*d->ticks), &b->error);
	if (!b->error)
		d->ticks[d->nr_ticks++] = (struct demand_tick){steps, t_ns};
}

struct demand_lead *build_lead(struct build *b)
{
	struct demand *d = b->d;

	d->leads = one_more(d->leads, d->nr_leads, &b->nr_leads_room, sizeof(*d->leads), &b->error);
	return b->error ? NULL : &d->leads[d->nr_leads++];
}

/* --- all of it ----------------------------------------------------------------------------------
 */

/* More than this are not made for steps that are few and far between. */
#define TICKS_MAX ((size_t)1 << 20)

/* At equal times a tick comes before takes and returns. */
int demand_add_ticks(struct demand *d)
{
	size_t most = d->nr > TICKS_MAX ? d->nr : TICKS_MAX, step = 0;
	size_t nr = (size_t)(demand_span_ns(d) / DEMAND_TICK_NS);

	if (nr > most)
		return 0;
	d->ticks = malloc((nr + 1) * sizeof(*d->ticks));
	if (!d->ticks)
		return -ENOMEM;
	for (d->nr_ticks = 0; d->nr_ticks < nr; d->nr_ticks++) {
		int64_t t_ns = d->first_ns + (int64_t)(d->nr_ticks + 1) * DEMAND_TICK_NS;

		while (d->t_ns[step] < t_ns)
			step++;
		d->ticks[d->nr_ticks] = (struct demand_tick){step, t_ns};
	}
	d->ticks_known = true;
	return 0;
}

int build_levels(struct demand *d)
{
	size_t cells = d->nr / DEMAND_CELL + 1;

	for (int level = 0; level < DEMAND_LEVELS; level++) {
		d->nr_extremes[level] = cells;
		if (level)
			d->extremes[level] = calloc(cells, sizeof(*d->extremes[level]));
		if (!d->extremes[level])
			return -ENOMEM;
		d->nr_levels = level + 1;
		if (cells <= DEMAND_FAN)
			break;
		cells = (cells + DEMAND_FAN - 1) / DEMAND_FAN;
	}
	return 0;
}

void build_raise(struct demand *d)
{
	for (int level = 1; level < d->nr_levels; level++)
		for (size_t i = 0; i < d->nr_extremes[level]; i++) {
			struct demand_extremes e = DEMAND_NO_EXTREMES;
			size_t end = (i + 1) * DEMAND_FAN;

			if (end > d->nr_extremes[level - 1])
				end = d->nr_extremes[level - 1];
			for (size_t k = i * DEMAND_FAN; k < end; k++) {
				struct demand_extremes under = d->extremes[level - 1][k];

				e.min = under.min < e.min ? under.min : e.min;
				e.max = under.max > e.max ? under.max : e.max;
			}
			d->extremes[level][i] = e;
		}
}

/* Ticks before the first step or after the last one find nothing to do. */
static void trim_ticks(struct demand *d)
{
	size_t from = 0, to = d->nr_ticks;

	while (from < to && d->ticks[from].steps == 0)
		from++;
	while (to > from && d->ticks[to - 1].steps == d->nr)
		to--;
	if (from)
		memmove(d->ticks, d->ticks + from, (to - from) * sizeof(*d->ticks));
	d->nr_ticks = to - from;
}

int build_conclude(struct demand *d, size_t nr, uint32_t x)
{
	int ret;

	d->nr = nr;
	d->first_ns = d->t_ns[0];
	d->last_ns = d->t_ns[nr - 1];
	d->takes = (nr + x) / 2;
	d->quality.unreturned = x;
	d->cells[(nr - 1) / DEMAND_CELL].ends |= UINT64_C(1) << (nr - 1) % DEMAND_CELL;
	trim_ticks(d);
	ret = build_levels(d);
	if (!ret)
		build_raise(d);
	return ret;
}

static void shrink(struct build *b)
{
	struct demand *d = b->d;
	size_t cells = b->nr / DEMAND_CELL + 1;
	int ignored = 0; /* what cannot be made smaller stays as it is */

	d->t_ns = resized(d->t_ns, b->nr, sizeof(*d->t_ns), &ignored);
	d->slot = resized(d->slot, b->nr, sizeof(*d->slot), &ignored);
	d->cells = resized(d->cells, cells, sizeof(*d->cells), &ignored);
	d->extremes[0] = resized(d->extremes[0], cells, sizeof(*d->extremes[0]), &ignored);
}

int build_finish(struct build *b, struct demand **out)
{
	int ret = b->error;

	if (!ret && !b->nr)
		ret = -ENODATA;
	/* X after the last step is before one more cell. */
	if (!ret && b->nr % DEMAND_CELL == 0) {
		open_cell(b);
		ret = b->error;
	}
	if (!ret) {
		uint32_t x = b->hunt.x;

		hunt_finish(&b->hunt, b->d);
		shrink(b);
		ret = build_conclude(b->d, b->nr, x);
	}
	if (ret)
		build_abandon(b);
	else
		*out = b->d;
	return ret;
}
