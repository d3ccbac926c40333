/* SPDX-License-Identifier: MIT */
/*
 * Properties that hold whatever the marks, the traffic, the times and the faults: seeded runs of
 *the whole driver in virtual time, each with a choice of all of them.  After every event the books
 *must come out (books.h: R57-R64); at every tick the driver's books and the host's ledger must
 *agree; at the end nothing may be live, no rule broken, no byte damaged; and the events, fed to the
 *policy again, must give the same decisions.
 *
 *	PROPERTY_RUNS=100000    how many (1000)
 *	PROPERTY_SEED=17        the first seed (1); with PROPERTY_RUNS=1 this one alone, and said
 *
 * A failure says the seed, and the refnic command line that does the same.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/machine/machine.h"
#include "driver/miniport/ndis5.h"
#include "driver/miniport/ndis6.h"
#include "tests/driver/recorder.h"
#include "tests/driver/books.h"

/* One choice of everything: as refnic's command line would say it, and parsed. */
struct choice {
	uint64_t seed;
	unsigned int generation;
	unsigned int for_us;
	char traffic[96], hold[96], lead[96], fail[256];
	struct machine_config config;
};

/* --- choosing --------------------------------------------------------------------------------- */

static struct rng chance;

static uint32_t between(uint32_t least, uint32_t most)
{
	return least + (uint32_t)(rng_u64(&chance) % (most - least + 1));
}

static bool once_in(uint32_t n)
{
	return between(1, n) == 1;
}

/* Small ones are as likely as large ones. */
static uint32_t about(uint32_t least, uint32_t most)
{
	uint32_t top = most;

	while (top / 2 > least && once_in(2))
		top /= 2;
	return between(least, top);
}

static void choose_marks(struct policy_marks *m)
{
	m->base = about(2, 256);
	m->block = about(1, 128);
	m->reserve = once_in(3) ? 0 : about(0, m->base / 4);
	m->low = m->reserve + about(1, m->base);
	m->high = m->low + m->block + about(1, 128);
	m->limit = once_in(10) ? m->base : m->base + m->block * about(1, 16) + between(0, 3);
	if (m->limit != m->base && m->limit < m->base + m->block)
		m->limit = m->base + m->block;
	m->max_pending = once_in(2) ? 1 : between(2, 8);
	m->shrink_ticks = between(0, 5);
	m->probe_ticks = once_in(3) ? between(1, 4) : 0;
}

static void choose_traffic(char *text, size_t size)
{
	static const char *const kinds[] = {
		"poisson:rate=%uk",
		"constant:rate=%uk",
		"burst:rate=%uk,on=1ms,off=3ms",
		"burst:rate=%uk,on=300us,off=500us,idle=1k",
		"mmpp:rate=%uk,high=500us,low=2ms",
		"pareto:rate=%uk,sources=20,on=200us,off=800us",
		"incast:rate=%uk,senders=16,bytes=256",
		"tcp:rate=%uk,flows=4,rtt=500us,bytes=512",
	};
	uint32_t kind = between(0, sizeof(kinds) / sizeof(kinds[0]) - 1);
	size_t len = (size_t)snprintf(text, size, kinds[kind], about(2, 400));

	if (strstr(text, "bytes") == NULL && once_in(2))
		snprintf(text + len, size - len, once_in(2) ? ",bytes=imix" : ",bytes=%u",
			 about(60, 9216));
}

static void choose_time(char *text, size_t size, uint32_t most_us)
{
	uint32_t a = about(1, most_us), b = a + about(1, most_us);

	switch (between(0, 4)) {
	case 0:
		snprintf(text, size, "fixed:%uus", a);
		break;
	case 1:
		snprintf(text, size, "uniform:min=%uus,max=%uus", a, b);
		break;
	case 2:
		snprintf(text, size, "exp:mean=%uus", a);
		break;
	case 3:
		snprintf(text, size, "lognormal:median=%uus,p99=%uus", a, b);
		break;
	default:
		snprintf(text, size, "fixed:%uus+pareto:min=%uus,alpha=1.5,cap=%uus,p=0.1", a, a,
			 20 * b);
		break;
	}
}

/* Once in n, beside what is there. */
static void add_fault(char *text, size_t size, uint32_t n, const char *format, uint32_t number)
{
	size_t used = strlen(text);

	if (!once_in(n))
		return;
	if (used > 0)
		text[used++] = '+';
	snprintf(text + used, size - used, format, number);
}

static void choose_faults(char *text, size_t size)
{
	static const char *const some[] = {
		"",
		"",
		"refuse:p=0.%u",
		"null:p=0.%u",
		"refuse:p=0.%u+null:p=0.5",
		"null:p=1",
		"refuse:p=1",
		"windows:good=3ms,bad=2ms,late=0.%u",
	};

	snprintf(text, size, some[between(0, 7)], between(1, 9));
	add_fault(text, size, 5, "delay:p=0.%u,by=2ms", between(1, 9));
	add_fault(text, size, 5, "reorder:p=0.%u", between(1, 9));
	add_fault(text, size, 5, "early:p=0.%u", between(1, 9));
	add_fault(text, size, 5, "wrap:p=0.%u", between(1, 9));
	add_fault(text, size, 8, "storm:p=0.%u", between(1, 9));
	add_fault(text, size, 8, "base:n=%u", between(1, 3));
	add_fault(text, size, 12, "removal:after=%uus", between(100, 20000));
}

static void choose(struct choice *c, uint64_t seed)
{
	char why[SPEC_WHY_BYTES] = "";

	memset(c, 0, sizeof(*c));
	rng_init(&chance, seed, 99);
	c->seed = c->config.seed = seed;
	c->generation = once_in(2) ? 5 : 6;
	c->for_us = about(200, 40000);
	c->config.tick_ms = between(1, 10);
	c->config.buffer_bytes = once_in(3) ? about(64, 4096) : 2048;
	choose_marks(&c->config.marks);
	choose_traffic(c->traffic, sizeof(c->traffic));
	choose_time(c->hold, sizeof(c->hold), 4000);
	choose_time(c->lead, sizeof(c->lead), 4000);
	choose_faults(c->fail, sizeof(c->fail));
	if (!policy_marks_ok(&c->config.marks, why, sizeof(why)) ||
	    traffic_parse(c->traffic, seed, &c->config.traffic, why) != 0 ||
	    draw_parse(c->hold, &c->config.hold, why) != 0 ||
	    draw_parse(c->lead, &c->config.lead, why) != 0 ||
	    (c->fail[0] && ndis_faults_parse(c->fail, &c->config.faults, why) != 0))
		fail_msg("seed %llu is no choice: %s", (unsigned long long)seed, why);
}

static void say_choice(const struct choice *c)
{
	const struct policy_marks *m = &c->config.marks;
	char fail[300] = "", probe[40] = "";

	if (c->fail[0] != '\0')
		snprintf(fail, sizeof(fail), " --fail '%s'", c->fail);
	if (m->probe_ticks != 0)
		snprintf(probe, sizeof(probe), " --lead-probe %u", m->probe_ticks);
	print_message("PROPERTY_SEED=%llu PROPERTY_RUNS=1 test_property, or:\n"
		      "refnic --clock virtual --ndis %u --seed %llu --for %uus --base %u --block %u"
		      " --low %u --high %u --limit %u --reserve %u --max-pending %u"
		      " --shrink-ticks %u --tick %ums --buffer-bytes %u --traffic '%s'"
		      " --hold '%s' --lead '%s'%s%s -o x.db\n",
		      (unsigned long long)c->seed, c->generation, (unsigned long long)c->seed,
		      c->for_us, m->base, m->block, m->low, m->high, m->limit, m->reserve,
		      m->max_pending, m->shrink_ticks, c->config.tick_ms, c->config.buffer_bytes,
		      c->traffic, c->hold, c->lead, fail, probe);
}

/* --- a run ------------------------------------------------------------------------------------ */

static struct books books;
static struct machine *machine;
static uint32_t block_bytes;
static uint64_t ring_bytes; /* shared memory that is no pool's; known after the first tick */

/* At a tick nothing is half done: what the host counted must be what the driver said. */
static void compare_with_ledger(struct books *b)
{
	struct machine_summary s;

	machine_summary(machine, &s);
	books_must(b, s.memory.requests == b->totals.requested, "R57, the host's");
	books_must(b, s.memory.refused == b->totals.refused, "R57, the host's");
	books_must(b, s.memory.completed == b->totals.completed, "R57, the host's");
	books_must(b, s.memory.completed_null == b->totals.failed, "R57, the host's");
	books_must(b, s.memory.pending == b->pending, "R57, the host's");
	books_must(b, s.memory.blocks_live == b->blocks_live + 1, "R58, the host's");
	/* The host counts frames, the pool buffers. */
	books_must(b, s.memory.indicated <= b->held, "R61, the host's");
	books_must(b, (s.memory.indicated == 0) == (b->held == 0), "R61, the host's");
	if (!b->several)
		books_must(b, s.memory.indicated == b->held, "R61, the host's");
	if (ring_bytes == 0)
		ring_bytes = s.memory.bytes_live - b->bytes_live;
	books_must(b, s.memory.bytes_live == b->bytes_live + ring_bytes, "R59, the host's");
	books_must(b, s.violations == 0, "the verifier");
}

static void watch(const struct rec_event *e)
{
	if (e->kind == POOLSCOPE_EV_POOL_OPEN)
		books_open(&books, &recorder.marks);
	if (e->kind == POOLSCOPE_EV_ALLOC_REQUEST)
		block_bytes = e->length;
	books_event(&books, e, block_bytes);
	if (e->kind == POOLSCOPE_EV_TICK && machine != NULL)
		compare_with_ledger(&books);
}

/* Frames that a device still counted when it was pulled out are known to nobody. */
static bool frames_come_out(const struct machine_summary *s, const struct ndis_faults *faults)
{
	uint64_t known = s->stack.frames + books.totals.dropped + s->device.refused;

	return s->wire.sent == known || (faults->removal_ns != 0 && s->wire.sent > known);
}

static void assert_ended_well(const struct machine_summary *s, const struct ndis_faults *faults,
			      const char *why)
{
	char first[200] = "";
	uint64_t mismatches = rec_replay(first);
	struct ndis_violation v;

	if (ndis_violation_at(0, &v))
		books_wrong(&books, "R%u: %.150s", v.rule, v.first);
	if (why[0] != '\0' && faults->base == 0)
		books_wrong(&books, "the driver did not start: %.150s", why);
	if (mismatches != 0)
		books_wrong(&books, "identity: %.150s", first);
	if (s->stack.held != 0 || recorder.violations != 0 || recorder.open)
		books_wrong(&books, "R50: %u frames held, %llu violations, pool %s", s->stack.held,
			    (unsigned long long)recorder.violations,
			    recorder.open ? "open" : "closed");
	if (!frames_come_out(s, faults))
		books_wrong(&books, "R61: %llu frames sent, %llu taken, %llu dropped, %llu refused",
			    (unsigned long long)s->wire.sent, (unsigned long long)s->stack.frames,
			    (unsigned long long)books.totals.dropped,
			    (unsigned long long)s->device.refused);
	if (!machine_summary_ok(s))
		books_wrong(&books, "the summary is not ok: %llu payload errors, %u live",
			    (unsigned long long)s->stack.payload_errors, s->memory.blocks_live);
}

/* Returns: how many frames there were. */
static uint64_t run(const struct choice *c)
{
	static const uint32_t never_stop;
	struct exec *exec = exec_virtual_open(EXEC_VIRTUAL_EPOCH_NS);
	struct machine_summary s;
	char why[SPEC_WHY_BYTES] = "";

	rec_reset();
	ring_bytes = 0;
	memset(&books, 0, sizeof(books));
	assert_non_null(exec);
	assert_int_equal(machine_open(&c->config, exec,
				      c->generation == 5 ? ndis5_driver_entry : DriverEntry,
				      &machine, why),
			 0);
	if (machine_start(machine, why) == 0)
		machine_run(machine, c->for_us * UINT64_C(1000), &never_stop);
	machine_stop(machine);
	machine_summary(machine, &s);
	assert_ended_well(&s, &c->config.faults, why);
	machine_close(machine);
	machine = NULL;
	exec_close(exec);
	return s.wire.sent;
}

/* --- the tests -------------------------------------------------------------------------------- */

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

/* R27-R29, R53, R57-R64: books.h and the host's ledger, at each event and each tick */
static void books_balance_at_every_event_whatever_happens(void **state)
{
	uint64_t first = setting("PROPERTY_SEED", 1), runs = setting("PROPERTY_RUNS", 1000);
	uint64_t frames = 0, events = 0, requests = 0, resources = 0, drops = 0, shrunk = 0;
	uint64_t late = 0, refused = 0, failed = 0, probes = 0, unwrapped = 0;
	struct choice c;

	rec_watch = watch;
	for (uint64_t seed = first; seed < first + runs; seed++) {
		choose(&c, seed);
		frames += run(&c);
		events += recorder.nr_events;
		requests += books.totals.requested;
		resources += books.totals.resources;
		drops += books.totals.dropped;
		refused += books.totals.refused;
		failed += books.totals.failed;
		shrunk += books.shrunk;
		late += books.late;
		probes += books.probe;
		unwrapped += books.wrap_failed;
		if (books.wrong[0] != '\0') {
			say_choice(&c);
			fail_msg("seed %llu: %s", (unsigned long long)seed, books.wrong);
		}
	}
	rec_watch = NULL;
	if (runs == 1)
		say_choice(&c);
	print_message("%llu runs: %llu frames, %llu events, %llu requests\n",
		      (unsigned long long)runs, (unsigned long long)frames,
		      (unsigned long long)events, (unsigned long long)requests);
	/* Runs in which nothing happens prove nothing. */
	if (runs >= 1000) {
		assert_true(frames > 200 * runs && events > 50 * runs && requests > 5 * runs);
		assert_true(resources > runs && drops > runs && shrunk > runs / 10);
		assert_true(late > runs / 20 && refused > runs && failed > runs);
		assert_true(probes > runs / 20 && unwrapped > runs / 10);
	}
}

/* The same choice twice is the same to the last event. */
static void run_follows_from_its_seed(void **state)
{
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct rec_event *events;
		struct choice c;
		size_t nr;

		choose(&c, seed);
		run(&c);
		nr = recorder.nr_events;
		events = recorder.events;
		recorder.events = NULL; /* ours, until they are compared */
		recorder.nr_events = recorder.room = 0;
		run(&c);
		assert_int_equal(recorder.nr_events, nr);
		for (size_t i = 0; i < nr; i++) {
			const struct rec_event *a = &events[i], *b = &recorder.events[i];

			assert_int_equal(a->kind, b->kind);
			assert_ptr_equal(a->va, b->va);
			assert_int_equal(a->available, b->available);
			assert_int_equal(a->nr_ids, b->nr_ids);
			if (a->nr_ids > 0)
				assert_memory_equal(a->ids, b->ids, a->nr_ids * sizeof(*a->ids));
			free(a->ids);
		}
		free(events);
	}
}

/* The books find what is wrong: each event of a good run, changed, is caught. */
static void wrong_events_do_not_balance(void **state)
{
	static const struct {
		enum poolscope_event kind;
		size_t offset;
	} changes[] = {
		{POOLSCOPE_EV_RX_TAKE, offsetof(struct rec_event, available)},
		{POOLSCOPE_EV_RX_TAKE, offsetof(struct rec_event, resources)},
		{POOLSCOPE_EV_RX_RETURN, offsetof(struct rec_event, available)},
		{POOLSCOPE_EV_ALLOC_REQUEST, offsetof(struct rec_event, total)},
		{POOLSCOPE_EV_ALLOC_REQUEST, offsetof(struct rec_event, pending)},
		{POOLSCOPE_EV_ALLOC_COMPLETE, offsetof(struct rec_event, buffers)},
		{POOLSCOPE_EV_BLOCK_FREE, offsetof(struct rec_event, length)},
		{POOLSCOPE_EV_BLOCK_FREE, offsetof(struct rec_event, block)},
		{POOLSCOPE_EV_TICK, offsetof(struct rec_event, totals.taken)},
	};
	struct choice c;

	choose(&c, 3);
	c.for_us = 20000;
	c.fail[0] = '\0';
	c.config.faults = (struct ndis_faults){0};
	assert_int_equal(traffic_parse("burst:rate=200k,on=2ms,off=4ms", 3, &c.config.traffic,
				       (char[SPEC_WHY_BYTES]){""}),
			 0);
	c.config.marks = (struct policy_marks){64, 32, 24, 96, 512, 4, 2, 1};
	run(&c);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		bool changed = false;

		books_open(&books, &c.config.marks);
		for (size_t k = 0; k < recorder.nr_events; k++) {
			struct rec_event e = recorder.events[k];

			if (e.kind == changes[i].kind && !changed && k > recorder.nr_events / 3) {
				++*(uint32_t *)((char *)&e + changes[i].offset);
				changed = true;
			}
			books_event(&books, &e, block_bytes);
		}
		assert_true(changed);
		assert_int_not_equal(books.wrong[0], '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(books_balance_at_every_event_whatever_happens),
		cmocka_unit_test(run_follows_from_its_seed),
		cmocka_unit_test(wrong_events_do_not_balance),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
