/* SPDX-License-Identifier: MIT */
#include "tuner/demand_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/ladder.h"

enum { STEP_TAKE = 1, STEP_ENDS = 2, STEP_IMPUTED = 4 };

int build_open(struct build *b)
{
	*b = (struct build){.d = calloc(1, sizeof(struct demand)), .last_ns = INT64_MIN};
	return b->d ? 0 : -ENOMEM;
}

void build_abandon(struct build *b)
{
	demand_close(b->d);
	free(b->pair);
	free(b->flags);
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

static bool make_room(struct build *b)
{
	size_t room = b->room ? b->room + b->room / 2 : 4096;

	if (b->nr < b->room)
		return !b->error;
	if (b->nr >= DEMAND_STEPS_MAX)
		b->error = -EFBIG;
	if (b->error)
		return false;
	b->d->t_ns = resized(b->d->t_ns, room, sizeof(*b->d->t_ns), &b->error);
	b->pair = resized(b->pair, room, sizeof(*b->pair), &b->error);
	b->flags = resized(b->flags, room, sizeof(*b->flags), &b->error);
	if (!b->error)
		b->room = room;
	return !b->error;
}

/* Time never goes back: what the clock says otherwise is the clock's mistake, seq is the order. */
static size_t add(struct build *b, int64_t t_ns, uint32_t pair, uint8_t flags)
{
	size_t i = b->nr;

	if (!make_room(b))
		return SIZE_MAX;
	if (t_ns < b->last_ns)
		t_ns = b->last_ns;
	b->d->t_ns[i] = b->last_ns = t_ns;
	b->pair[i] = pair;
	b->flags[i] = flags;
	b->nr++;
	return i;
}

size_t build_take(struct build *b, int64_t t_ns, bool imputed)
{
	size_t i = add(b, t_ns, BUILD_NO_STEP, imputed ? STEP_TAKE | STEP_IMPUTED : STEP_TAKE);

	b->nr_imputed += imputed && i != SIZE_MAX;
	return i;
}

void build_return(struct build *b, int64_t t_ns, size_t take)
{
	size_t i = add(b, t_ns, (uint32_t)take, 0);

	if (i != SIZE_MAX)
		b->pair[take] = (uint32_t)i;
}

void build_end(struct build *b)
{
	if (b->nr)
		b->flags[b->nr - 1] |= STEP_ENDS;
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

void build_tick(struct build *b, int64_t t_ns)
{
	struct demand *d = b->d;

	d->ticks = one_more(d->ticks, d->nr_ticks, &b->nr_ticks_room, sizeof(*d->ticks), &b->error);
	if (!b->error)
		d->ticks[d->nr_ticks++] = (struct demand_tick){b->nr, t_ns};
	if (t_ns > b->last_ns)
		b->last_ns = t_ns;
}

/* More than this are not made for steps that are few and far between. */
#define TICKS_MAX ((size_t)1 << 20)

/* At equal times a tick comes before takes and returns. */
void build_regular_ticks(struct build *b)
{
	const int64_t *t = b->d->t_ns;
	size_t most = b->nr > TICKS_MAX ? b->nr : TICKS_MAX, step = 0;
	int64_t span = b->nr ? t[b->nr - 1] - t[0] : 0;
	size_t nr = (size_t)(span / DEMAND_TICK_NS);

	if (nr > most)
		return;
	for (size_t k = 1; k <= nr && !b->error; k++) {
		int64_t tick_ns = t[0] + (int64_t)k * DEMAND_TICK_NS;

		build_tick(b, tick_ns);
		while (t[step] < tick_ns)
			step++;
		if (!b->error)
			b->d->ticks[b->d->nr_ticks - 1].steps = step;
	}
	b->d->ticks_known = true;
}

struct demand_lead *build_lead(struct build *b)
{
	struct demand *d = b->d;

	d->leads = one_more(d->leads, d->nr_leads, &b->nr_leads_room, sizeof(*d->leads), &b->error);
	return b->error ? NULL : &d->leads[d->nr_leads++];
}

/* --- imputed holds -------------------------------------------------------------------------------
 */

/* So many packets around an imputed one lend it their hold times, by turns: one alone would make
 * hundreds that were dropped at one time come back at one time.  A power of two. */
#define LENDERS 64
#define TURN	27

struct imputed {
	size_t take;
	int64_t return_ns;
};

/* The takes that have a return, in order. */
struct lenders {
	uint32_t *take;
	size_t nr;
	size_t around; /* as many as lend; 0: none */
};

static int find_lenders(const struct build *b, struct lenders *l)
{
	*l = (struct lenders){.take = calloc(b->nr / 2 + 1, sizeof(*l->take))};
	if (!l->take)
		return -ENOMEM;
	for (size_t i = 0; i < b->nr; i++)
		if (b->flags[i] & STEP_TAKE && !(b->flags[i] & STEP_IMPUTED) &&
		    b->pair[i] != BUILD_NO_STEP)
			l->take[l->nr++] = (uint32_t)i;
	for (l->around = LENDERS; l->around > l->nr;)
		l->around /= 2;
	return 0;
}

/* The hold time for the k-th imputed packet, before which stand `before` lenders. */
static int64_t lent(const struct build *b, const struct lenders *l, size_t before, size_t k)
{
	size_t first = before > l->around / 2 ? before - l->around / 2 : 0;
	uint32_t take;

	if (first > l->nr - l->around)
		first = l->nr - l->around;
	take = l->take[first + k * TURN % l->around];
	return b->d->t_ns[b->pair[take]] - b->d->t_ns[take];
}

static int by_return(const void *a, const void *b)
{
	const struct imputed *x = a, *y = b;

	if (x->return_ns != y->return_ns)
		return x->return_ns < y->return_ns ? -1 : 1;
	return x->take < y->take ? -1 : x->take > y->take;
}

static struct imputed *find_holds(struct build *b)
{
	struct imputed *list = calloc(b->nr_imputed, sizeof(*list));
	struct lenders l = {0};
	size_t k = 0, before = 0;

	if (!list || find_lenders(b, &l)) {
		free(list);
		return NULL;
	}
	for (size_t i = 0; i < b->nr; i++) {
		if (before < l.nr && l.take[before] == i)
			before++;
		if (!(b->flags[i] & STEP_IMPUTED))
			continue;
		list[k] = (struct imputed){i, INT64_MAX};
		if (!l.around)
			b->d->quality.not_imputed++;
		else if (__builtin_add_overflow(b->d->t_ns[i], lent(b, &l, before, k),
						&list[k].return_ns))
			list[k].return_ns = INT64_MAX;
		k++;
	}
	free(l.take);
	qsort(list, b->nr_imputed, sizeof(*list), by_return);
	return list;
}

/* Steps from..to of one event; pair[] of `from` is free to hold where its takes have gone. */
static void copy_event(struct build *from, size_t first, size_t last, struct build *to)
{
	for (size_t i = first; i <= last; i++) {
		bool take = from->flags[i] & STEP_TAKE;
		uint32_t pair = take ? BUILD_NO_STEP : from->pair[from->pair[i]];
		size_t at = add(to, from->d->t_ns[i], pair, from->flags[i]);

		if (take && at != SIZE_MAX)
			from->pair[i] = (uint32_t)at;
	}
}

/* Returns that are due before an event at t_ns, or before the end. */
static size_t insert_due(struct build *from, const struct imputed *list, size_t k, int64_t t_ns,
			 size_t event, struct build *to)
{
	for (; k < from->nr_imputed && list[k].return_ns <= t_ns && list[k].take < event; k++)
		add(to, list[k].return_ns, from->pair[list[k].take], STEP_ENDS);
	return k;
}

/* Ticks stand between events; `at` is where the event that follows them has gone. */
static size_t move_ticks(struct demand *d, size_t tick, size_t event, size_t at)
{
	while (tick < d->nr_ticks && d->ticks[tick].steps <= event)
		d->ticks[tick++].steps = at;
	return tick;
}

/* The steps anew, with the returns of imputed packets among them. */
static int merge(struct build *b, const struct imputed *list)
{
	struct demand to_demand = {0};
	struct build to = {.d = &to_demand, .last_ns = INT64_MIN};
	size_t k = 0, tick = 0;

	for (size_t first = 0, last; first < b->nr; first = last + 1) {
		for (last = first; !(b->flags[last] & STEP_ENDS) && last + 1 < b->nr;)
			last++;
		k = insert_due(b, list, k, b->d->t_ns[first], first, &to);
		tick = move_ticks(b->d, tick, first, to.nr);
		copy_event(b, first, last, &to);
	}
	move_ticks(b->d, tick, b->nr, to.nr);
	free(b->d->t_ns);
	free(b->pair);
	free(b->flags);
	b->d->t_ns = to_demand.t_ns;
	b->pair = to.pair;
	b->flags = to.flags;
	b->nr = to.nr;
	b->room = to.room;
	return to.error;
}

static int impute(struct build *b)
{
	struct imputed *list;
	int ret;

	if (!b->nr_imputed)
		return 0;
	list = find_holds(b);
	ret = list ? merge(b, list) : -ENOMEM;
	free(list);
	return ret;
}

/* --- slots, cells, extremes ----------------------------------------------------------------------
 */

static void note_peak(struct build *b)
{
	uint32_t x = 0;

	for (size_t i = 0; i < b->nr; i++) {
		bool take = b->flags[i] & STEP_TAKE;

		x += take ? 1 : -1;
		b->d->takes += take;
		if (x > b->d->max_held)
			b->d->max_held = x;
	}
	b->d->quality.unreturned = x;
}

int build_levels(struct demand *d)
{
	size_t cells = d->nr / DEMAND_CELL + 1;

	for (int level = 0; level < DEMAND_LEVELS; level++) {
		d->nr_extremes[level] = cells;
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

static int allocate(struct build *b)
{
	struct demand *d = b->d;
	size_t cells = b->nr / DEMAND_CELL + 1, steps = 1024;

	while (steps < d->max_held)
		steps *= 2;
	d->nr = b->nr;
	d->checkpoint_steps = steps;
	d->checkpoint_words = (d->max_held + 63) / 64;
	d->slot = b->pair;
	b->pair = NULL;
	d->cells = calloc(cells, sizeof(*d->cells));
	d->hunt = calloc(d->max_held ? d->max_held : 1, sizeof(*d->hunt));
	d->checkpoints = calloc((b->nr / steps + 1) * d->checkpoint_words, sizeof(uint64_t));
	return d->cells && d->hunt && d->checkpoints ? build_levels(d) : -ENOMEM;
}

struct hunt {
	struct ladder unused;
	uint64_t *used;
	size_t high; /* words of `used` above are 0 */
	uint32_t x;
};

static uint32_t top_slot(struct hunt *h)
{
	while (h->high && !h->used[h->high])
		h->high--;
	if (!h->used[h->high])
		return 0;
	return (uint32_t)(h->high * 64 + 64) - (uint32_t)__builtin_clzll(h->used[h->high]);
}

/* The slot of step i, which stood in slot[] as the take's step if it is a return. */
static uint32_t hunt_slot(struct demand *d, struct hunt *h, size_t i, bool take)
{
	uint32_t slot = take ? ladder_first(&h->unused) : d->slot[d->slot[i]];

	d->slot[i] = slot;
	if (take) {
		ladder_clear(&h->unused, slot);
		h->used[slot / 64] |= UINT64_C(1) << slot % 64;
		d->hunt[slot]++;
		if (slot / 64 > h->high)
			h->high = slot / 64;
	} else {
		ladder_set(&h->unused, slot);
		h->used[slot / 64] &= ~(UINT64_C(1) << slot % 64);
	}
	return slot;
}

static void fill_cell(struct build *b, struct hunt *h, size_t first)
{
	struct demand *d = b->d;
	struct demand_cell *c = &d->cells[first / DEMAND_CELL];
	struct demand_extremes e = {UINT32_MAX, 0};
	size_t end = first + DEMAND_CELL < d->nr ? first + DEMAND_CELL : d->nr;

	c->before = h->x;
	c->top = top_slot(h);
	for (size_t i = first; i < end; i++) {
		uint8_t flags = b->flags[i];
		bool take = flags & STEP_TAKE;
		uint32_t slot = hunt_slot(d, h, i, take);
		uint64_t bit = UINT64_C(1) << i % DEMAND_CELL;

		h->x += take ? 1 : -1;
		c->takes |= take ? bit : 0;
		c->ends |= flags & STEP_ENDS ? bit : 0;
		c->imputed |= flags & STEP_IMPUTED ? bit : 0;
		if (take && slot >= c->top)
			c->top = slot + 1;
		e.min = h->x < e.min ? h->x : e.min;
		e.max = h->x > e.max ? h->x : e.max;
	}
	d->extremes[0][first / DEMAND_CELL] = e;
}

static int fill(struct build *b)
{
	struct demand *d = b->d;
	size_t words = d->checkpoint_words;
	struct hunt h = {.used = calloc(words ? words : 1, sizeof(uint64_t))};
	int ret = h.used ? ladder_init(&h.unused, d->max_held) : -ENOMEM;

	if (!ret)
		ladder_fill(&h.unused, d->max_held);
	for (size_t i = 0; !ret && i <= d->nr; i += DEMAND_CELL) {
		if (i % d->checkpoint_steps == 0)
			memcpy(d->checkpoints + i / d->checkpoint_steps * words, h.used,
			       words * sizeof(uint64_t));
		fill_cell(b, &h, i);
	}
	ladder_release(&h.unused);
	free(h.used);
	return ret;
}

void build_raise(struct demand *d)
{
	for (int level = 1; level < d->nr_levels; level++)
		for (size_t i = 0; i < d->nr_extremes[level]; i++) {
			struct demand_extremes e = {UINT32_MAX, 0};
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
static void trim_ticks(struct demand *d, size_t nr)
{
	size_t from = 0, to = d->nr_ticks;

	while (from < to && d->ticks[from].steps == 0)
		from++;
	while (to > from && d->ticks[to - 1].steps == nr)
		to--;
	if (from)
		memmove(d->ticks, d->ticks + from, (to - from) * sizeof(*d->ticks));
	d->nr_ticks = to - from;
}

static void shrink(struct build *b)
{
	int ignored = 0; /* what cannot be made smaller stays as it is */

	b->d->t_ns = resized(b->d->t_ns, b->nr, sizeof(*b->d->t_ns), &ignored);
	b->pair = resized(b->pair, b->nr, sizeof(*b->pair), &ignored);
}

int build_finish(struct build *b, struct demand **out)
{
	int ret = b->error;

	if (!ret && !b->nr)
		ret = -ENODATA;
	build_end(b);
	if (!ret)
		ret = impute(b);
	if (!ret) {
		note_peak(b);
		trim_ticks(b->d, b->nr);
		shrink(b);
		ret = allocate(b);
	}
	if (!ret)
		ret = fill(b);
	if (ret) {
		build_abandon(b);
		return ret;
	}
	build_raise(b->d);
	free(b->flags);
	*out = b->d;
	return 0;
}
