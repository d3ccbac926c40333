/* SPDX-License-Identifier: MIT */
/*
 * Identity replay over a simulation that decides by the architecture's words (tests/db/sim.h):
 * right streams give no mismatch, and each kind of wrong decision is found.
 */
#include "tests/db/fixture.h"
#include "tuner/identity.h"

#define NONE UINT64_MAX

/* Feeds a stream to a replay, changed on the way. */
struct feed {
	struct identity *id;
	uint64_t nr;
	uint64_t lose_from, lose_to; /* not fed: lost */
	enum pool_event_kind spoil;  /* the second event of this kind is changed by `how` */
	void (*how)(struct pool_event *e);
	bool drop_it;	 /* or left out without a gap in the record */
	bool without_rx; /* group alloc alone */
	bool gap, late;
	int64_t spoiled_ns;
	uint64_t of_kind;
	uint64_t kinds[POOL_EVENT_NR_KINDS];
};

static bool is_rx(enum pool_event_kind kind)
{
	return kind == POOL_EVENT_RX_TAKE || kind == POOL_EVENT_RX_RETURN ||
	       kind == POOL_EVENT_RX_DROP;
}

static void feed(const struct pool_event *e, void *ctx)
{
	struct feed *f = ctx;
	struct pool_event copy = *e;
	uint64_t n = f->nr++;

	f->kinds[e->kind]++;
	if (n >= f->lose_from && n < f->lose_to) {
		f->gap = true;
		return;
	}
	if (f->without_rx && is_rx(e->kind))
		return;
	if ((f->how || f->drop_it) && e->kind == f->spoil && ++f->of_kind == 2) {
		f->spoiled_ns = e->ts_ns;
		if (f->drop_it)
			return;
		f->how(&copy);
	}
	identity_feed(f->id, &copy, !f->gap);
	f->gap = false;
}

static struct identity_verdict run(struct feed *f, uint64_t seed)
{
	struct identity_verdict v;

	f->id = identity_open();
	fixture_life(seed, 4, feed, f);
	v = identity_verdict(f->id);
	identity_close(f->id);
	return v;
}

static void right_stream_has_no_mismatch(void **state)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct feed f = {.lose_from = NONE};
		struct identity_verdict v = run(&f, seed);

		assert_int_equal(v.mismatches, 0);
		assert_int_equal(v.unchecked, 0);
		/* Every take, request, fallback change and shrink was judged. */
		assert_true(v.checked >= f.kinds[POOL_EVENT_RX_TAKE] +
						 f.kinds[POOL_EVENT_ALLOC_REQUEST] +
						 f.kinds[POOL_EVENT_FALLBACK]);
		assert_true(f.kinds[POOL_EVENT_ALLOC_REQUEST] > 3);
		assert_true(f.kinds[POOL_EVENT_BLOCK_FREE] > 3);
	}
}

static void after_a_loss_it_goes_on_from_the_next_tick(void **state)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct feed f = {.lose_from = 500 * seed, .lose_to = 500 * seed + 37};
		struct identity_verdict v = run(&f, seed);

		assert_int_equal(v.mismatches, 0);
		assert_true(v.checked > 1000);
	}
}

static void late_join_is_judged_from_its_first_tick(void **state)
{
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct feed f = {.lose_from = 0, .lose_to = 300 * seed};
		struct identity_verdict v = run(&f, seed);

		assert_int_equal(v.mismatches, 0);
		assert_true(v.checked > 1000);
	}
}

static void without_receive_events_it_is_unknown(void **state)
{
	struct feed f = {.lose_from = NONE, .without_rx = true};
	struct identity_verdict v = run(&f, 1);

	assert_int_equal(v.checked, 0);
	assert_int_equal(v.mismatches, 0);
}

static void more_resources(struct pool_event *e)
{
	e->u.rx.resources++;
}

static void wrong_block(struct pool_event *e)
{
	if (e->u.free.block)
		e->u.free.block = e->u.free.block == 1 ? 2 : 1;
}

static void other_state(struct pool_event *e)
{
	e->u.fallback.on = !e->u.fallback.on;
}

static void one_held_more(struct pool_event *e)
{
	e->available--;
}

static void expect_found(struct feed f)
{
	struct identity_verdict v;

	f.lose_from = NONE;
	v = run(&f, 3);
	assert_true(f.spoiled_ns != 0);
	assert_true(v.mismatches > 0);
	/* Found at the wrong event, or at the next one when a decision is missing. */
	assert_true(v.first_mismatch_ns >= f.spoiled_ns);
	assert_true(v.first_mismatch_ns < f.spoiled_ns + 110 * MS);
}

static void each_wrong_decision_is_found(void **state)
{
	expect_found((struct feed){.spoil = POOL_EVENT_RX_TAKE, .how = more_resources});
	expect_found((struct feed){.spoil = POOL_EVENT_BLOCK_FREE, .how = wrong_block});
	expect_found((struct feed){.spoil = POOL_EVENT_FALLBACK, .how = other_state});
	expect_found((struct feed){.spoil = POOL_EVENT_TICK, .how = one_held_more});
	expect_found((struct feed){.spoil = POOL_EVENT_ALLOC_REQUEST, .drop_it = true});
	expect_found((struct feed){.spoil = POOL_EVENT_BLOCK_FREE, .drop_it = true});
	expect_found((struct feed){.spoil = POOL_EVENT_FALLBACK, .drop_it = true});
}

static struct pool_event take_event(uint64_t seq, uint32_t *ids, uint32_t nr, uint16_t frames,
				    uint16_t resources, uint32_t available)
{
	return (struct pool_event){.ts_ns = T0 + (int64_t)seq * MS,
				   .seq = seq,
				   .kind = POOL_EVENT_RX_TAKE,
				   .available = available,
				   .u.rx = {ids, nr, frames, resources}};
}

/* 10 buffers of which 2 are kept back: what a take of `taken` says of `resources` is judged. */
static uint64_t mismatches_of(uint16_t frames, uint32_t taken, uint16_t resources)
{
	struct identity *id = identity_open();
	uint32_t ids[10];
	struct pool_event open = {.ts_ns = T0,
				  .kind = POOL_EVENT_POOL_OPEN,
				  .u.open = {"rx0", 6, 256, {10, 4, 3, 8, 10, 2, 1, 2}}};
	struct pool_event base = {.ts_ns = T0,
				  .seq = 1,
				  .kind = POOL_EVENT_ALLOC_COMPLETE,
				  .available = 10,
				  .u.complete = {.buffers = 10}};
	struct pool_event take;
	uint64_t mismatches;

	for (uint32_t i = 0; i < 10; i++)
		ids[i] = i;
	take = take_event(2, ids, taken, frames, resources, 10 - (taken - resources));
	identity_feed(id, &open, true);
	identity_feed(id, &base, true);
	identity_feed(id, &take, true);
	mismatches = identity_verdict(id).mismatches;
	identity_close(id);
	return mismatches;
}

/* The record alone says which of the two it must be. */
static void frame_of_several_buffers_is_judged_as_a_whole(void **state)
{
	assert_int_equal(mismatches_of(9, 9, 1), 0);
	assert_int_equal(mismatches_of(9, 9, 9), 1);
	assert_int_equal(mismatches_of(1, 9, 9), 0);
	assert_int_equal(mismatches_of(1, 9, 1), 1);
	assert_int_equal(mismatches_of(1, 9, 0), 1);
	assert_int_equal(mismatches_of(1, 8, 0), 0);
	assert_int_equal(mismatches_of(1, 8, 8), 1);
}

/* --- lead probes ------------------------------------------------------------------------------ */

#define SCRIPT_MAX 64

struct script {
	struct pool_event events[SCRIPT_MAX];
	size_t nr;
	struct pool_marks marks;
	uint32_t available, total, pending;
	uint32_t ids[100];
};

static struct pool_event *say(struct script *s, enum pool_event_kind kind)
{
	struct pool_event *e = &s->events[s->nr];

	assert_true(s->nr < SCRIPT_MAX);
	*e = (struct pool_event){.ts_ns = T0 + (int64_t)s->nr * MS,
				 .seq = s->nr,
				 .kind = kind,
				 .available = s->available};
	s->nr++;
	return e;
}

static void say_ticks(struct script *s, int n)
{
	while (n-- > 0) {
		struct pool_event *e = say(s, POOL_EVENT_TICK);

		e->u.tick.total = s->total;
		e->u.tick.pending = s->pending;
		e->u.tick.running = 1;
		e->u.tick.marks = s->marks;
	}
}

static void say_request(struct script *s, uint64_t request)
{
	struct pool_event *e;

	s->pending++;
	e = say(s, POOL_EVENT_ALLOC_REQUEST);
	e->u.request.request = request;
	e->u.request.total = s->total;
	e->u.request.pending = s->pending;
}

static void say_complete(struct script *s, uint64_t request, uint8_t outcome, uint32_t buffers)
{
	struct pool_event *e;

	s->pending -= request != 0;
	s->total += buffers;
	s->available += buffers;
	e = say(s, POOL_EVENT_ALLOC_COMPLETE);
	e->u.complete.request = request;
	e->u.complete.outcome = outcome;
	e->u.complete.block = request != 0;
	e->u.complete.buffers = buffers;
}

static void say_rx(struct script *s, enum pool_event_kind kind, uint32_t n)
{
	struct pool_event *e;

	s->available = kind == POOL_EVENT_RX_TAKE ? s->available - n : s->available + n;
	e = say(s, kind);
	e->u.rx.buffers = s->ids;
	e->u.rx.nr_buffers = n;
	e->u.rx.frames = (uint16_t)n;
}

static void say_free(struct script *s, uint8_t reason, uint32_t buffers)
{
	struct pool_event *e;

	s->available -= buffers;
	s->total -= buffers;
	e = say(s, POOL_EVENT_BLOCK_FREE);
	e->u.free.block = 1;
	e->u.free.reason = reason;
	e->u.free.buffers = buffers;
}

/* A probe of each fate: freed, needed meanwhile, refused, without memory. */
static void write_script(struct script *s)
{
	*s = (struct script){.marks = {100, 50, 20, 80, 300, 4, 1, 2, 3}};
	for (uint32_t i = 0; i < 100; i++)
		s->ids[i] = i;
	say(s, POOL_EVENT_POOL_OPEN)->u.open.marks = s->marks;
	say_complete(s, 0, POOL_OUTCOME_USED, 100);
	say_rx(s, POOL_EVENT_RX_TAKE, 10);
	say_rx(s, POOL_EVENT_RX_RETURN, 10);
	say_ticks(s, 3);
	say_request(s, 1);
	say_ticks(s, 1);
	say_complete(s, 1, POOL_OUTCOME_PROBE, 0);
	say_free(s, POOL_FREE_PROBE, 0);
	say_ticks(s, 3);
	say_request(s, 2);
	say_rx(s, POOL_EVENT_RX_TAKE, 80);
	say_complete(s, 2, POOL_OUTCOME_USED, 50);
	say_rx(s, POOL_EVENT_RX_RETURN, 80);
	say_ticks(s, 2);
	say_free(s, POOL_FREE_SHRINK, 50);
	say_ticks(s, 1);
	say_request(s, 3);
	s->pending--;
	say(s, POOL_EVENT_ALLOC_REFUSED)->u.refused.request = 3;
	say_rx(s, POOL_EVENT_RX_TAKE, 10);
	say_ticks(s, 3);
	say_request(s, 4);
	say_complete(s, 4, POOL_OUTCOME_NULL, 0);
	say_rx(s, POOL_EVENT_RX_RETURN, 10);
	say_ticks(s, 3);
	say_request(s, 5);
	say_ticks(s, 2);
}

static struct identity_verdict judge_script(const struct script *s, size_t from)
{
	struct identity *id = identity_open();
	struct identity_verdict v;

	for (size_t i = from; i < s->nr; i++)
		identity_feed(id, &s->events[i], i > from);
	v = identity_verdict(id);
	identity_close(id);
	return v;
}

static void probes_are_the_policys_wherever_the_record_begins(void **state)
{
	struct script s;

	write_script(&s);
	assert_true(judge_script(&s, 0).checked >= 8);
	for (size_t from = 0; from < s.nr; from++) {
		if (judge_script(&s, from).mismatches)
			print_message("from event %zu\n", from);
		assert_int_equal(judge_script(&s, from).mismatches, 0);
	}
}

/* Returns: the index of the n-th event of a kind. */
static size_t find(const struct script *s, enum pool_event_kind kind, int n)
{
	size_t i = 0;

	while (s->events[i].kind != kind || n-- > 0)
		i++;
	return i;
}

static void leave_out(struct script *s, size_t at)
{
	memmove(&s->events[at], &s->events[at + 1], (s->nr - at - 1) * sizeof(s->events[0]));
	s->nr--;
}

static void wrong_probes_are_found(void **state)
{
	struct script s;

	write_script(&s); /* one that comes a tick too early */
	leave_out(&s, find(&s, POOL_EVENT_TICK, 0));
	assert_true(judge_script(&s, 0).mismatches > 0);
	write_script(&s); /* one that does not come */
	leave_out(&s, find(&s, POOL_EVENT_ALLOC_REQUEST, 0));
	assert_true(judge_script(&s, 0).mismatches > 0);
	write_script(&s); /* its block is kept */
	s.events[find(&s, POOL_EVENT_ALLOC_COMPLETE, 1)].u.complete.outcome = POOL_OUTCOME_LATE;
	assert_true(judge_script(&s, 0).mismatches > 0);
	write_script(&s); /* a block that is needed is given away */
	s.events[find(&s, POOL_EVENT_ALLOC_COMPLETE, 2)].u.complete.outcome = POOL_OUTCOME_PROBE;
	assert_true(judge_script(&s, 0).mismatches > 0);
}

/* A pool of 100 with 60 held; a tick says that low is 50 from now on, so that it must ask. */
static void write_change(struct script *s, uint32_t low)
{
	*s = (struct script){.marks = {100, 50, 20, 110, 300, 4, 1, 2, 0}};
	for (uint32_t i = 0; i < 100; i++)
		s->ids[i] = i;
	say(s, POOL_EVENT_POOL_OPEN)->u.open.marks = s->marks;
	say_complete(s, 0, POOL_OUTCOME_USED, 100);
	say_rx(s, POOL_EVENT_RX_TAKE, 60);
	say_ticks(s, 1);
	s->marks.low = low;
	say_ticks(s, 1);
	say_request(s, 1);
	say_rx(s, POOL_EVENT_RX_RETURN, 1);
}

static void decisions_are_judged_by_the_marks_of_their_time(void **state)
{
	struct script s;

	write_change(&s, 50);
	assert_true(judge_script(&s, 0).checked >= 2);
	assert_int_equal(judge_script(&s, 0).mismatches, 0);
	leave_out(&s, find(&s, POOL_EVENT_ALLOC_REQUEST, 0));
	assert_true(judge_script(&s, 0).mismatches > 0);
	write_change(&s, 20); /* nothing changed, and it asks all the same */
	assert_true(judge_script(&s, 0).mismatches > 0);
}

static void absurd_events_do_no_harm(void **test_state)
{
	struct identity *id = identity_open();
	uint64_t state = 17;
	uint32_t ids[4];

	for (int i = 0; i < 200000; i++) {
		struct pool_event e;
		uint64_t *raw = (uint64_t *)&e.u;

		for (size_t k = 0; k < sizeof(e.u) / 8; k++)
			raw[k] = sim_random(&state) & (i % 3 ? 0xff000000ff : UINT64_MAX);
		e.kind = (enum pool_event_kind)(sim_random(&state) % POOL_EVENT_NR_KINDS);
		e.ts_ns = T0 + i;
		e.available = (uint32_t)sim_random(&state) & 0xff;
		if (is_rx(e.kind)) {
			for (int k = 0; k < 4; k++)
				ids[k] =
					(uint32_t)sim_random(&state) & (i % 2 ? 0x1ff : UINT32_MAX);
			e.u.rx.buffers = ids;
			e.u.rx.nr_buffers = (uint32_t)sim_random(&state) % 5;
			e.u.rx.resources = (uint16_t)(sim_random(&state) % (e.u.rx.nr_buffers + 1));
		}
		identity_feed(id, &e, sim_random(&state) % 10);
	}
	identity_close(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(right_stream_has_no_mismatch),
		cmocka_unit_test(after_a_loss_it_goes_on_from_the_next_tick),
		cmocka_unit_test(late_join_is_judged_from_its_first_tick),
		cmocka_unit_test(without_receive_events_it_is_unknown),
		cmocka_unit_test(each_wrong_decision_is_found),
		cmocka_unit_test(frame_of_several_buffers_is_judged_as_a_whole),
		cmocka_unit_test(probes_are_the_policys_wherever_the_record_begins),
		cmocka_unit_test(wrong_probes_are_found),
		cmocka_unit_test(decisions_are_judged_by_the_marks_of_their_time),
		cmocka_unit_test(absurd_events_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
