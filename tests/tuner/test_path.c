/* SPDX-License-Identifier: MIT */
/*
 * The path by event, and the steps that are made of it: both against a plain retelling of what the
 * events say, and each figure that needs the path alone against the same of the steps.
 */
#include <errno.h>

#include "tests/tuner/first.h"
#include "tests/tuner/tape.h"
#include "tests/tuner/worlds.h"
#include "tuner/atlas.h"
#include "tuner/batch.h"
#include "tuner/bound.h"
#include "tuner/impute.h"
#include "tuner/low.h"
#include "tuner/peaks.h"
#include "tuner/plan.h"
#include "tuner/rises.h"

/* --- a plain retelling ---------------------------------------------------------------------------
 */

/* Buffers from LOST on are taken once, and nobody hears of them again. */
enum { ITEMS = 20000, LOST = 64, IDS = 128, NOBODY = -1 };

struct item {
	int64_t t_ns;
	bool take, imputed, end;
	int packet;
};

struct told {
	struct item item[ITEMS];
	size_t nr;
	struct {
		bool imputed;
		int64_t taken_ns, hold_ns; /* hold_ns -1: not known */
		size_t at;		   /* item */
	} packet[ITEMS];
	int nr_packets;
	struct {
		int64_t t_ns;
		size_t at; /* items before it, with those that are retold */
	} tick[ITEMS];
	size_t nr_ticks;
	int holder[IDS]; /* by id */
	int64_t clock_ns, last_ns;
	bool any;
};

static void add_item(struct told *p, int64_t t_ns, bool take, int packet)
{
	assert_true(p->nr < ITEMS);
	p->clock_ns = t_ns > p->clock_ns ? t_ns : p->clock_ns;
	p->item[p->nr++] =
		(struct item){p->clock_ns, take, take && p->packet[packet].imputed, false, packet};
}

static void end_item(struct told *p)
{
	if (p->nr)
		p->item[p->nr - 1].end = true;
}

static int take_item(struct told *p, int64_t t_ns, bool imputed)
{
	int packet = p->nr_packets++;

	p->packet[packet].imputed = imputed;
	p->packet[packet].hold_ns = -1;
	p->packet[packet].at = p->nr;
	add_item(p, t_ns, true, packet);
	p->packet[packet].taken_ns = p->clock_ns;
	return packet;
}

static bool return_item(struct told *p, int64_t t_ns, uint32_t id)
{
	int packet = p->holder[id];

	if (packet == NOBODY)
		return false;
	p->holder[id] = NOBODY;
	add_item(p, t_ns, false, packet);
	p->packet[packet].hold_ns = p->clock_ns - p->packet[packet].taken_ns;
	return true;
}

static void tell_take(struct told *p, const struct pool_event *e)
{
	uint32_t nr = e->u.rx.nr_buffers, held = nr - e->u.rx.resources;
	bool implied = false;

	for (uint32_t i = 0; i < nr; i++)
		implied |= return_item(p, e->ts_ns, e->u.rx.buffers[i]);
	if (implied)
		end_item(p);
	for (uint32_t i = 0; i < held; i++) {
		int *holder = &p->holder[e->u.rx.buffers[i]];

		if (*holder == NOBODY)
			*holder = take_item(p, e->ts_ns, false);
	}
	for (uint32_t i = held; i < nr; i++)
		take_item(p, e->ts_ns, true);
	if (nr)
		end_item(p);
}

static void tell(struct told *p, const struct pool_event *e)
{
	bool any = false;

	if (!p->any)
		p->last_ns = e->ts_ns;
	p->any = true;
	if (e->kind == POOL_EVENT_RX_TAKE) {
		tell_take(p, e);
	} else if (e->kind == POOL_EVENT_RX_RETURN) {
		for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++)
			any |= return_item(p, e->ts_ns, e->u.rx.buffers[i]);
		if (any)
			end_item(p);
	} else if (e->kind == POOL_EVENT_RX_DROP) {
		int64_t span = e->ts_ns > p->last_ns ? e->ts_ns - p->last_ns : 0;

		for (uint32_t i = 0; i < e->u.drop.count; i++) {
			take_item(p,
				  p->last_ns + (int64_t)((double)(i + 1) / e->u.drop.count *
							 (double)span),
				  true);
			end_item(p);
		}
	} else if (e->kind == POOL_EVENT_TICK) {
		p->clock_ns = e->ts_ns > p->clock_ns ? e->ts_ns : p->clock_ns;
		p->tick[p->nr_ticks].t_ns = e->ts_ns;
		p->tick[p->nr_ticks++].at = p->nr;
	}
	p->last_ns = e->ts_ns > p->last_ns ? e->ts_ns : p->last_ns;
}

/* Those around an imputed packet lend to it by turns: see tuner/impute.h. */
static void tell_holds(struct told *p)
{
	size_t lenders = 0, before = 0, k = 0, around = 64, first;
	int64_t *holds = calloc(ITEMS, sizeof(*holds));

	for (int i = 0; i < p->nr_packets; i++)
		if (!p->packet[i].imputed && p->packet[i].hold_ns >= 0)
			holds[lenders++] = p->packet[i].hold_ns;
	while (around > lenders)
		around /= 2;
	for (int i = 0; i < p->nr_packets; i++) {
		if (!p->packet[i].imputed) {
			before += p->packet[i].hold_ns >= 0;
			continue;
		}
		first = before > around / 2 ? before - around / 2 : 0;
		first = first > lenders - around ? lenders - around : first;
		if (around)
			p->packet[i].hold_ns = holds[first + k * 27 % around];
		k++;
	}
	free(holds);
}

/* The imputed packet that is due first at an item's time, of those that were taken before it. */
static int first_due(const struct told *p, const bool *gone, size_t item)
{
	int first = NOBODY;
	int64_t first_ns = p->item[item].t_ns;

	for (int i = 0; i < p->nr_packets && p->packet[i].at < item; i++) {
		int64_t due = p->packet[i].taken_ns + p->packet[i].hold_ns;

		if (p->packet[i].imputed && !gone[i] && p->packet[i].hold_ns >= 0 &&
		    (first == NOBODY ? due <= first_ns : due < first_ns)) {
			first = i;
			first_ns = due;
		}
	}
	return first;
}

/* Ticks that stood before an item, as far as they are not later than that. */
static size_t retell_ticks(struct told *p, size_t tick, size_t item, int64_t until_ns, size_t at)
{
	while (tick < p->nr_ticks && p->tick[tick].at <= item && p->tick[tick].t_ns <= until_ns)
		p->tick[tick++].at = at;
	return tick;
}

/* With the returns of imputed packets. */
static struct item *retell(struct told *p, size_t *nr)
{
	struct item *items = calloc(2 * ITEMS, sizeof(*items));
	bool *gone = calloc(ITEMS, sizeof(*gone));
	size_t tick = 0;
	int due;

	*nr = 0;
	for (size_t i = 0; i < p->nr; i++) {
		while ((!i || p->item[i - 1].end) && (due = first_due(p, gone, i)) != NOBODY) {
			int64_t due_ns = p->packet[due].taken_ns + p->packet[due].hold_ns;

			tick = retell_ticks(p, tick, i, due_ns, *nr);
			items[(*nr)++] = (struct item){due_ns, false, false, true, due};
			gone[due] = true;
		}
		tick = retell_ticks(p, tick, i, INT64_MAX, *nr);
		items[(*nr)++] = p->item[i];
	}
	retell_ticks(p, tick, p->nr, INT64_MAX, *nr);
	free(gone);
	return items;
}

/* The highest slot in use, + 1. */
static uint32_t top_of(const bool *used)
{
	uint32_t top = ITEMS;

	while (top && !used[top - 1])
		top--;
	return top;
}

static void slots_are(const struct demand *d, size_t steps, const bool *used)
{
	uint64_t words[ITEMS / 64];

	demand_slots(d, steps, words);
	for (uint32_t i = 0; i < d->max_held; i++)
		assert_int_equal(words[i / 64] >> i % 64 & 1, used[i]);
}

/* Those between the first step and the last; without any, one every 100 ms. */
static void ticks_are(const struct demand *d, const struct told *p)
{
	size_t nr = 0;

	for (size_t i = 0; i < p->nr_ticks; i++) {
		if (!p->tick[i].at || p->tick[i].at == d->nr)
			continue;
		assert_true(nr < d->nr_ticks);
		assert_int_equal(d->ticks[nr].steps, p->tick[i].at);
		assert_int_equal(d->ticks[nr++].t_ns, p->tick[i].t_ns);
	}
	for (; !p->nr_ticks && nr < d->nr_ticks; nr++) {
		const struct demand_tick *tick = &d->ticks[nr];

		assert_int_equal(tick->t_ns, d->t_ns[0] + (int64_t)(nr + 1) * DEMAND_TICK_NS);
		assert_true(d->t_ns[tick->steps - 1] < tick->t_ns);
		assert_true(d->t_ns[tick->steps] >= tick->t_ns);
	}
	if (!p->nr_ticks)
		assert_int_equal(nr, demand_span_ns(d) / DEMAND_TICK_NS);
	assert_int_equal(d->nr_ticks, nr);
}

static void is_as_told(const struct demand *d, const struct told *p, const struct item *items,
		       size_t nr)
{
	uint32_t *slot = calloc(ITEMS, sizeof(*slot)), top = 0;
	uint64_t *takes = calloc(ITEMS, sizeof(*takes));
	bool *used = calloc(ITEMS, sizeof(*used));

	assert_int_equal(d->nr, nr);
	for (size_t i = 0; i < nr; i++) {
		const struct item *item = &items[i];

		if (i % DEMAND_CELL == 0)
			top = top_of(used);
		if (i % 97 == 0)
			slots_are(d, i, used);
		if (item->take)
			while (used[slot[item->packet]])
				slot[item->packet]++;
		used[slot[item->packet]] = item->take;
		takes[slot[item->packet]] += item->take;
		top = top > slot[item->packet] + 1 ? top : slot[item->packet] + 1;
		if (i % DEMAND_CELL == DEMAND_CELL - 1 || i + 1 == nr)
			assert_int_equal(d->cells[i / DEMAND_CELL].top, top);
		assert_int_equal(d->t_ns[i], item->t_ns);
		assert_int_equal(demand_is_take(d, i), item->take);
		assert_int_equal(demand_is_imputed(d, i), item->imputed);
		assert_int_equal(demand_is_end(d, i), item->end);
		assert_int_equal(d->slot[i], slot[item->packet]);
	}
	slots_are(d, nr, used);
	ticks_are(d, p);
	assert_memory_equal(d->hunt, takes, d->max_held * sizeof(*takes));
	free(used);
	free(takes);
	free(slot);
}

/* --- what a path and its steps say
 * ----------------------------------------------------------------
 */

static struct bound_table table_of(const struct demand *d, int64_t pause_ns)
{
	struct bound_table t;

	assert_int_equal(bound_table_make(d, pause_ns, &t), 0);
	return t;
}

static int by_length(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* The lower quartile of the newest 16384 gaps before moments at which several are taken. */
static int64_t plain_gap(const struct demand *d)
{
	int64_t *gaps = calloc(d->nr, sizeof(*gaps)), later_ns = 0, gap;
	size_t nr = 0, moments = 0, takes, later_takes = 0;

	for (size_t i = d->nr, first; i && nr < 16384; i = first) {
		takes = 0;
		for (first = i; first && d->t_ns[first - 1] == d->t_ns[i - 1]; first--)
			takes += demand_is_take(d, first - 1);
		if (!takes)
			continue;
		moments++;
		if (later_takes > 1 && later_ns - d->t_ns[first] <= 10000000)
			gaps[nr++] = later_ns - d->t_ns[first];
		later_ns = d->t_ns[first];
		later_takes = takes;
	}
	qsort(gaps, nr, sizeof(*gaps), by_length);
	gap = nr && nr * 100 >= moments ? gaps[(nr - 1) / 4] : 0;
	free(gaps);
	return gap;
}

static void same_tables(const struct demand *path, const struct demand *steps, int64_t pause_ns)
{
	struct bound_table a = table_of(path, pause_ns), b = table_of(steps, pause_ns);
	struct batch batch, batch_steps;
	struct peaks peaks = {0}, peaks_steps = {0};

	assert_int_equal(a.nr, b.nr);
	assert_int_equal(a.above, b.above);
	assert_int_equal(a.span_ns, b.span_ns);
	for (uint32_t i = 0; i < a.nr; i++) {
		assert_int_equal(a.levels[i].above_ns, b.levels[i].above_ns);
		assert_int_equal(a.levels[i].paused_ns, b.levels[i].paused_ns);
		assert_int_equal(a.levels[i].grants, b.levels[i].grants);
	}
	bound_table_release(&a);
	bound_table_release(&b);
	assert_int_equal(batch_find(path, &batch), 0);
	assert_int_equal(batch_find(steps, &batch_steps), 0);
	assert_int_equal(batch.ns, batch_steps.ns);
	assert_int_equal(batch.ns, plain_gap(steps));
	assert_int_equal(batch.need, batch_steps.need);
	assert_int_equal(peaks_find(path, pause_ns, &peaks), 0);
	assert_int_equal(peaks_find(steps, pause_ns, &peaks_steps), 0);
	assert_int_equal(peaks.known, peaks_steps.known);
	assert_int_equal(peaks.threshold, peaks_steps.threshold);
	assert_true(peaks.excess == peaks_steps.excess);
}

/* Against the steps one by one, and against the atlas, whose heights say the same. */
static void same_rises(struct rng *rng, const struct demand *path, const struct demand *steps)
{
	int64_t tau[RISES_MOST] = {0};
	uint32_t rise[RISES_MOST], of_steps[RISES_MOST];
	size_t nr = 1 + world_below(rng, RISES_MOST);
	struct atlas atlas;

	for (size_t i = nr; i-- > 0;)
		tau[i] = (i + 1 < nr ? tau[i + 1] : 0) +
			 (int64_t)world_below(rng, 3) * world_below(rng, 40000000);
	assert_int_equal(rises_find(path, tau, nr, rise), 0);
	assert_int_equal(rises_find(steps, tau, nr, of_steps), 0);
	assert_int_equal(atlas_make(steps, ATLAS_NEVER, false, &atlas), 0);
	for (size_t i = 0; i < nr; i++) {
		struct low_burst burst;

		assert_int_equal(low_burst(steps, tau[i], &burst), 0);
		assert_int_equal(rise[i], burst.rise);
		assert_int_equal(of_steps[i], burst.rise);
		if (tau[i])
			assert_int_equal(rise[i], atlas_rise(&atlas, tau[i]));
	}
	atlas_release(&atlas);
}

static void same_plan(struct rng *rng, const struct demand *path, const struct demand *steps)
{
	struct demand_lead samples[WORLD_LEADS];
	struct lead lead = world_lead(rng, samples, 1000000);
	struct lead_sample leads;
	struct plan_request q = {{.reserve = world_below(rng, 3), .max_pending = 1},
				 &lead,
				 &leads,
				 0,
				 1,
				 world_below(rng, 2) ? 0 : 30000000};
	static struct plan a, b;

	assert_int_equal(lead_sample_make(steps, &lead, true, &leads), 0);
	if (!leads.nr) { /* all failed: who asks for a plan looks at that before */
		lead_sample_release(&leads);
		return;
	}
	assert_int_equal(plan_first_whole(path, &q, &a), 0);
	assert_int_equal(plan_first_whole(steps, &q, &b), 0);
	same_first(&a, &b);
	q.loss = 0.5; /* which packets that may be is known with the steps */
	assert_int_equal(plan_first_whole(path, &q, &a), steps->takes > 1 ? -ENODATA : 0);
	lead_sample_release(&leads);
}

static void same_figures(struct rng *rng, const struct demand *path, const struct demand *steps)
{
	assert_non_null(path->path);
	assert_null(steps->path);
	assert_int_equal(path->takes, steps->takes);
	assert_int_equal(path->max_held, steps->max_held);
	assert_int_equal(path->first_ns, steps->t_ns[0]);
	assert_int_equal(path->last_ns, steps->t_ns[steps->nr - 1]);
	assert_int_equal(demand_span_ns(path), demand_span_ns(steps));
	assert_memory_equal(&path->quality, &steps->quality, sizeof(path->quality));
	for (int i = 0; i < 3; i++) {
		same_tables(path, steps, (int64_t)world_below(rng, 3) * world_below(rng, 40000000));
		same_rises(rng, path, steps);
	}
	same_plan(rng, path, steps);
}

/* --- worlds --------------------------------------------------------------------------------------
 */

/* Some pauses, and so some hold times, are longer than 32 bits of nanoseconds. */
static int64_t some_pause(struct rng *rng)
{
	switch (world_below(rng, 60)) {
	case 0:
		return INT64_C(5000000000);
	case 1:
		return -(int64_t)world_below(rng, 1000);
	case 2:
		return INT64_C(90000000);
	default:
		return (int64_t)world_below(rng, 3) * world_below(rng, 1000) * 1000;
	}
}

/* How often what happens, in 1000 events. */
struct world {
	uint32_t events, returns, imputed;
	bool all_back; /* at the end nobody holds anything else */
	uint32_t lost; /* so far */
};

static struct world some_world(struct rng *rng, int number)
{
	struct world w = {1 + world_below(rng, number % 3 ? 60 : 900), 200 + world_below(rng, 400),
			  150, world_below(rng, 2)};

	if (number % 10 == 0)
		w.returns = 0;
	if (number % 5 == 1)
		w.imputed = 0;
	if (number % 4 == 3) { /* some imputed here and there, and all else is known */
		w.events = 2000;
		w.returns = 450;
		w.imputed = 4;
		w.all_back = number % 8 == 3;
	}
	return w;
}

static void say_event(struct tape *t, struct told *p, struct pool_event e, int64_t pause)
{
	tape_say(t, e, pause);
	e.ts_ns = t->t_ns;
	tell(p, &e);
}

/* Nobody lends whose buffer is lost: those who do stand farther away. */
static void say_loss(struct tape *t, struct told *p, struct rng *rng, struct world *w)
{
	struct pool_event e = {.kind = POOL_EVENT_RX_TAKE};

	for (uint32_t i = world_below(rng, 4); i && LOST + w->lost < IDS; i--) {
		uint32_t id = LOST + w->lost++;

		e.u.rx.buffers = &id;
		e.u.rx.nr_buffers = e.u.rx.frames = 1;
		say_event(t, p, e, 100);
	}
}

static void say_some(struct tape *t, struct told *p, struct rng *rng, struct world *w)
{
	struct pool_event e = {.kind = POOL_EVENT_RX_TAKE};
	uint32_t some[6], kind = world_below(rng, 1000);

	for (int k = 0; k < 6; k++)
		some[k] = world_below(rng, LOST);
	e.u.rx.buffers = some;
	e.u.rx.nr_buffers = world_below(rng, 7);
	if (kind < w->returns)
		e.kind = POOL_EVENT_RX_RETURN;
	else if (kind >= 950)
		e = (struct pool_event){.kind = kind % 2 ? POOL_EVENT_TICK
							 : POOL_EVENT_ALLOC_REQUEST};
	else if (kind < 950 - w->imputed)
		;
	else if (world_below(rng, 3))
		e.u.rx.resources = (uint16_t)world_below(rng, e.u.rx.nr_buffers + 1);
	else
		e = (struct pool_event){
			.kind = POOL_EVENT_RX_DROP,
			.u.drop = {1 + world_below(rng, 30), POOL_DROP_NO_DESCRIPTOR}};
	if (kind >= 950 - w->imputed && kind < 950)
		say_loss(t, p, rng, w);
	if (e.kind == POOL_EVENT_RX_TAKE)
		e.u.rx.frames = (uint16_t)e.u.rx.nr_buffers;
	say_event(t, p, e, some_pause(rng));
}

static void say_all(struct tape *t, struct told *p, struct rng *rng, int number)
{
	struct world w = some_world(rng, number);

	*p = (struct told){.clock_ns = INT64_MIN};
	for (int i = 0; i < IDS; i++)
		p->holder[i] = NOBODY;
	if (number % 4 == 3 && world_below(rng, 2))
		say_event(t, p,
			  (struct pool_event){.kind = POOL_EVENT_RX_DROP,
					      .u.drop = {3, POOL_DROP_NO_DESCRIPTOR}},
			  0);
	for (uint32_t i = 0; i < w.events; i++)
		say_some(t, p, rng, &w);
	for (uint32_t id = 0; w.all_back && id < LOST; id++) {
		struct pool_event e = {.kind = POOL_EVENT_RX_RETURN};

		e.u.rx.buffers = &id;
		e.u.rx.nr_buffers = 1;
		say_event(t, p, e, 1000);
	}
}

static void paths_and_steps_are_as_told(void **state)
{
	struct told *p = calloc(1, sizeof(*p));
	struct rng rng;

	assert_non_null(p);
	rng_init(&rng, 21, 10);
	for (int world = 0; world < 60; world++) {
		struct tape t = tape_open();
		struct demand *path, *steps;
		struct db_error err;
		struct query *q;
		struct item *items;
		size_t nr;
		int ret;

		say_all(&t, p, &rng, world);
		q = tape_query(&t);
		ret = demand_read_path(q, 0, &path, &err);
		assert_int_equal(demand_read(q, 0, &steps, &err), ret);
		assert_int_equal(ret, p->nr ? 0 : -ENODATA);
		if (!ret) {
			tell_holds(p);
			items = retell(p, &nr);
			is_as_told(steps, p, items, nr);
			assert_int_equal(impute(path), 0);
			same_figures(&rng, path, steps);
			assert_int_equal(demand_make_steps(path), 0);
			is_as_told(path, p, items, nr);
			assert_int_equal(path->nr_ticks, steps->nr_ticks);
			assert_int_equal(demand_make_steps(path), 0); /* they are there */
			demand_close(path);
			demand_close(steps);
			free(items);
		}
		query_close(q);
		fixture_remove(t.path);
	}
	free(p);
}

/* A believable driver's life. */
static void figures_of_a_driver_are_the_same(void **state)
{
	struct rng rng;

	rng_init(&rng, 21, 11);
	for (uint64_t seed = 1; seed <= 4; seed++) {
		char *file = fixture_path();
		struct store *store = fixture_open(file);
		struct demand *path, *steps;
		struct db_error err;
		struct query *q;

		fixture_life(seed, 3, fixture_emit, store);
		fixture_close(store);
		q = fixture_query(file);
		assert_int_equal(demand_read_path(q, 0, &path, &err), 0);
		assert_int_equal(demand_read(q, 0, &steps, &err), 0);
		assert_int_equal(impute(path), 0);
		for (int i = 0; i < 5; i++)
			same_figures(&rng, path, steps);
		demand_close(path);
		demand_close(steps);
		query_close(q);
		fixture_remove(file);
	}
}

/* More gaps than are looked at, and those before them are others. */
static void usual_gap_is_that_of_the_newest(void **state)
{
	enum { MOMENTS = 200000 };
	struct demand_row *rows = calloc(2 * MOMENTS, sizeof(*rows));
	struct rng rng;
	int64_t t_ns = 0;

	rng_init(&rng, 21, 12);
	for (int world = 0; world < 4; world++) {
		size_t nr = 0;
		struct batch batch;
		struct demand *d;

		for (size_t i = 0; i < MOMENTS; i++) {
			int takes = i < MOMENTS / 3 || world_below(&rng, 200) < (world ? 120 : 2)
					    ? 2
					    : 1;

			t_ns += i < MOMENTS / 3 ? 10 : 1000 + world_below(&rng, 1 << (4 * world));
			while (takes--)
				rows[nr++] = (struct demand_row){t_ns, 1 + world_below(&rng, 50)};
		}
		d = world_demand(rows, nr);
		assert_int_equal(batch_find(d, &batch), 0);
		assert_int_equal(batch.ns, plain_gap(d));
		demand_close(d);
	}
	free(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_and_steps_are_as_told),
		cmocka_unit_test(figures_of_a_driver_are_the_same),
		cmocka_unit_test(usual_gap_is_that_of_the_newest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
