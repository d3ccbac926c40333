/* SPDX-License-Identifier: MIT */
/* Arrival processes: what they promise about rates, bursts, and each other. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "driver/traffic/frame.h"
#include "driver/traffic/ledger.h"
#include "driver/traffic/traffic.h"

#define SECOND UINT64_C(1000000000)

static char why[SPEC_WHY_BYTES];

static struct source *open_seeded(const char *text, uint64_t seed)
{
	struct traffic traffic;
	struct source *source;

	why[0] = '\0';
	if (traffic_parse(text, seed, &traffic, why) != 0 ||
	    source_open(&traffic, &source, why) != 0)
		fail_msg("%s: %s", text, why);
	return source;
}

static struct arrival next(struct source *source)
{
	struct arrival arrival;

	assert_int_equal(source_next(source, &arrival), SOURCE_FRAME);
	return arrival;
}

/* Arrivals in each of nr_bins bins of bin_ns. */
static void count_bins(const char *text, uint64_t seed, uint64_t bin_ns, double *bins,
		       unsigned int nr_bins)
{
	struct source *source = open_seeded(text, seed);

	memset(bins, 0, nr_bins * sizeof(*bins));
	for (;;) {
		uint64_t bin = next(source).at_ns / bin_ns;

		if (bin >= nr_bins)
			break;
		bins[bin]++;
	}
	source_close(source);
}

struct moments {
	double mean, variance;
};

static struct moments moments(const double *x, unsigned int n)
{
	struct moments m = {0, 0};

	for (unsigned int i = 0; i < n; i++)
		m.mean += x[i] / n;
	for (unsigned int i = 0; i < n; i++)
		m.variance += (x[i] - m.mean) * (x[i] - m.mean) / (n - 1);
	return m;
}

/* --- rates ------------------------------------------------------------------------------------ */

/*
 * The mean over independent runs, held against the rate within four standard errors, which come
 * from the runs themselves; and these must be small enough to say anything.
 */
static void assert_rate(const char *text, double rate, double seconds, double precision)
{
	enum { RUNS = 40 };
	double runs[RUNS];
	struct moments m;
	double error;

	for (unsigned int i = 0; i < RUNS; i++) {
		count_bins(text, 1000 + i, (uint64_t)(seconds * 1e9), &runs[i], 1);
		runs[i] /= seconds;
	}
	m = moments(runs, RUNS);
	error = sqrt(m.variance / RUNS);
	if (fabs(m.mean - rate) > 4 * error + 1e-6 * rate + 1 / seconds || error > precision * rate)
		fail_msg("%s: %g a second, standard error %g", text, m.mean, error);
}

static void each_kind_keeps_its_mean_rate(void **state)
{
	assert_rate("constant:rate=5k", 5e3, 1, 0.001);
	assert_rate("poisson:rate=50k", 50e3, 1, 0.005);
	assert_rate("burst:rate=20k", 20e3, 2.4, 0.005);
	assert_rate("burst:rate=20k,peak=200k,on=100ms", 20e3, 2, 0.005);
	assert_rate("burst:rate=20k,idle=4k", 20e3, 2.4, 0.005);
	assert_rate("mmpp:rate=10k", 10e3, 5, 0.02);
	assert_rate("mmpp:rate=10k,ratio=100,high=1ms,low=1ms", 10e3, 2, 0.02);
	assert_rate("pareto:rate=5k,sources=50", 5e3, 10, 0.03);
	assert_rate("pareto:rate=5k,sources=20,on=1ms,off=9ms,shape_off=1.5,cap=1s", 5e3, 5, 0.03);
	assert_rate("incast:rate=20k", 20e3, 2, 0.005);
	assert_rate("tcp:rate=20k", 20e3, 2, 0.005);
	assert_rate("tcp:rate=2k,flows=100", 2e3, 3, 0.005); /* windows below one frame */
	assert_rate("tcp:rate=50k,flows=3,rtt=50ms,train=10", 50e3, 4, 0.03);
}

static void constant_traffic_is_evenly_spaced(void **state)
{
	struct source *source = open_seeded("constant:rate=3M", 3);
	uint64_t first = next(source).at_ns;

	for (uint64_t i = 1; i < 100000; i++) {
		uint64_t at = next(source).at_ns - first;
		uint64_t exact = i * 1000 / 3;

		assert_true(at + 1 >= exact && at <= exact + 1);
	}
	source_close(source);
}

static void burst_is_silent_while_off(void **state)
{
	struct source *source = open_seeded("burst:rate=10k,on=10ms,off=30ms", 1);
	uint64_t at;

	while ((at = next(source).at_ns) < SECOND)
		assert_true(at % 40000000 < 10000000);
	source_close(source);
}

/* --- burstiness ------------------------------------------------------------------------------- */

/* Variance over mean of counts in bins. */
static double dispersion(const char *text, uint64_t seed, uint64_t bin_ns, unsigned int nr_bins)
{
	double *bins = calloc(nr_bins, sizeof(*bins));
	struct moments m;

	assert_non_null(bins);
	count_bins(text, seed, bin_ns, bins, nr_bins);
	m = moments(bins, nr_bins);
	free(bins);
	return m.variance / m.mean;
}

static void poisson_has_a_dispersion_of_one(void **state)
{
	assert_true(fabs(dispersion("poisson:rate=20k", 2, 1000000, 20000) - 1) < 0.05);
}

/*
 * Two rates a > b, left at r and s: over a time t the index of dispersion of counts is
 * 1 + K (1 - (1 - e^(-(r + s) t)) / ((r + s) t)), K = 2 (a - b)^2 r s / ((r + s)^2 (a s + b r)).
 */
static double mmpp_dispersion(double a, double b, double r, double s, double t)
{
	double k = 2 * (a - b) * (a - b) * r * s / ((r + s) * (r + s) * (a * s + b * r));
	double u = (r + s) * t;

	return 1 + k * (1 - (1 - exp(-u)) / u);
}

static void mmpp_has_the_dispersion_of_its_formula(void **state)
{
	/* Mean 10k, 10:1, 10 ms and 90 ms. */
	double b = 10e3 * 100 / (10 * 10 + 90), a = 10 * b;

	for (uint64_t ms = 1; ms <= 1000; ms *= 10) {
		double wanted = mmpp_dispersion(a, b, 100, 1e3 / 90, (double)ms / 1e3);
		double got = dispersion("mmpp:rate=10k", 5, ms * 1000000,
					(unsigned int)(400000 / ms > 20000 ? 20000 : 400000 / ms));

		if (fabs(got / wanted - 1) > 0.2)
			fail_msg("over %d ms: %g, wanted %g", (int)ms, got, wanted);
	}
}

/* From how the variance of the mean of `level` bins falls: level^(2 H - 2). */
static double hurst(const char *text, uint64_t seed)
{
	enum { BINS = 1 << 16, LEVELS = 7 };
	double *bins = calloc(BINS, sizeof(*bins));
	double sx = 0, sy = 0, sxx = 0, sxy = 0;

	assert_non_null(bins);
	count_bins(text, seed, 5000000, bins, BINS);
	for (unsigned int i = 0, n = BINS; i < LEVELS + 3; i++, n /= 2) {
		double x = i, y = log2(moments(bins, n).variance);

		if (i >= 3) { /* the spacing of the frames themselves shows below */
			sx += x;
			sy += y;
			sxx += x * x;
			sxy += x * y;
		}
		for (unsigned int j = 0; j < n / 2; j++)
			bins[j] = (bins[2 * j] + bins[2 * j + 1]) / 2;
	}
	free(bins);
	return 1 + (LEVELS * sxy - sx * sy) / (LEVELS * sxx - sx * sx) / 2;
}

static void pareto_is_long_range_dependent_and_poisson_is_not(void **state)
{
	double pareto = hurst("pareto:rate=5k", 4);
	double poisson = hurst("poisson:rate=5k", 4);

	if (!(pareto > 0.7 && pareto < 1.0 && poisson > 0.4 && poisson < 0.6))
		fail_msg("pareto %g, poisson %g", pareto, poisson);
}

static void incast_comes_in_whole_bursts_at_line_rate(void **state)
{
	/* 8 senders x 5 frames each 10 ms; 1000 + 24 bytes at 8 Gbit/s take 1024 ns. */
	struct source *source =
		open_seeded("incast:rate=4k,senders=8,frames=5,line=8G,bytes=1000", 9);
	uint64_t last = 0, begin = 0;
	unsigned int in_burst = 0, bursts = 0;

	while (bursts < 500) {
		uint64_t at = next(source).at_ns;

		if (at - last > 1000000 && last != 0) {
			assert_int_equal(in_burst, 40);
			/* 40 frames back to back, after the first, and senders 10 us apart. */
			assert_in_range(last - begin, 39 * 1023, 39 * 1025 + 10000);
			bursts++;
			in_burst = 0;
		}
		if (in_burst++ == 0)
			begin = at;
		else
			assert_true(at - last >= 1023);
		last = at;
	}
	source_close(source);
}

/* --- the closed loop -------------------------------------------------------------------------- */

/* Frames a second over the given time when the device takes them with this probability. */
static double tcp_rate(double p_lost, double seconds)
{
	struct source *source = open_seeded("tcp:rate=20k,flows=8,rtt=5ms", 6);
	uint64_t n = 0;
	struct rng rng;

	rng_init(&rng, 1, 77);
	while ((double)next(source).at_ns < seconds * 1e9) {
		source_outcome(source, !rng_chance(&rng, p_lost));
		n++;
	}
	source_close(source);
	return (double)n / seconds;
}

static void flows_slow_down_when_frames_are_dropped(void **state)
{
	double none = tcp_rate(0, 5), few = tcp_rate(0.01, 5), many = tcp_rate(0.1, 5);

	assert_true(fabs(none / 20e3 - 1) < 0.02);
	assert_true(few < 0.98 * none);
	assert_true(many < 0.5 * few);
	assert_true(tcp_rate(1, 5) < 200); /* 8 flows, a frame each 200 ms */
}

static void flows_recover_when_drops_end(void **state)
{
	struct source *source = open_seeded("tcp:rate=20k,flows=8,rtt=5ms", 6);
	uint64_t during = 0, after = 0, at;

	while ((at = next(source).at_ns) < 6 * SECOND) {
		source_outcome(source, at >= SECOND);
		during += at < SECOND;
		after += at >= 4 * SECOND;
	}
	source_close(source);
	assert_true(during < 400);
	assert_true(fabs((double)after / 2 / 20e3 - 1) < 0.03);
}

/* A window's frames come in trains back to back, as they leave a sender. */
static void trains_are_back_to_back(void **state)
{
	struct source *source = open_seeded("tcp:rate=10k,flows=1,rtt=10ms,line=1G", 6);
	unsigned int close = 0, all = 0;
	uint64_t last = next(source).at_ns;

	for (; all < 10000; all++) {
		uint64_t at = next(source).at_ns;

		assert_true(at - last >= 12303); /* 1538 bytes at 1 Gbit/s */
		close += at - last <= 12305;
		last = at;
	}
	source_close(source);
	assert_true(close > all * 9 / 10);
}

/* --- lengths ---------------------------------------------------------------------------------- */

static void imix_has_its_shares(void **state)
{
	struct source *source = open_seeded("poisson:rate=1M,bytes=imix", 1);
	double n60 = 0, n590 = 0, n1514 = 0;

	for (int i = 0; i < 120000; i++) {
		uint32_t len = next(source).len_bytes;

		n60 += len == 60;
		n590 += len == 590;
		n1514 += len == 1514;
	}
	source_close(source);
	assert_true(n60 + n590 + n1514 == 120000);
	assert_true(fabs(n60 - 70000) < 1000 && fabs(n590 - 40000) < 1000);
}

static void lengths_do_not_move_the_times(void **state)
{
	struct source *a = open_seeded("mmpp:rate=10k,bytes=imix", 8);
	struct source *b = open_seeded("mmpp:rate=10k,bytes=9018", 8);

	for (int i = 0; i < 1000; i++) {
		struct arrival arrival = next(b);

		assert_int_equal(next(a).at_ns, arrival.at_ns);
		assert_int_equal(arrival.len_bytes, 9018);
		assert_null(arrival.bytes);
	}
	source_close(a);
	source_close(b);
}

/* --- all of them ------------------------------------------------------------------------------ */

static const char *const synthetic[] = {
	"constant:rate=10k", "poisson:rate=10k", "burst:rate=10k", "mmpp:rate=10k",
	"pareto:rate=10k",   "incast:rate=10k",	 "tcp:rate=10k",
};
#define NR_SYNTHETIC (sizeof(synthetic) / sizeof(synthetic[0]))

static void same_seed_draws_the_same_traffic(void **state)
{
	for (size_t k = 0; k < NR_SYNTHETIC; k++) {
		struct source *a = open_seeded(synthetic[k], 5);
		struct source *b = open_seeded(synthetic[k], 5);
		struct source *c = open_seeded(synthetic[k], 6);
		bool differs = false;
		uint64_t before = 0;

		for (int i = 0; i < 1000; i++) {
			uint64_t at = next(a).at_ns;

			assert_true(at >= before);
			before = at;
			assert_int_equal(at, next(b).at_ns);
			differs |= at != next(c).at_ns;
		}
		assert_true(differs);
		source_close(a);
		source_close(b);
		source_close(c);
	}
}

static void impossible_traffic_is_refused(void **state)
{
	static const char *const bad[] = {
		"poisson",
		"poisson:rate=0",
		"poisson:rate=1e-10",
		"poisson:rate=1e-300",
		"poisson:rate=2G",
		"poisson:rate=1,bytes=59",
		"poisson:rate=1,bytes=60.5",
		"poisson:rate=1,bytes=9217",
		"poisson:rate=1,bytes=jumbo",
		"poisson:rate=imix",
		"burst:rate=10k,peak=5k",
		"burst:rate=10k,on=0s",
		"burst:rate=10k,idle=20k",
		"burst:rate=1k,peak=2k,off=1s",
		"burst:rate=1M,peak=1e15",
		"burst:rate=1k,on=1us,off=1000h",
		"mmpp:rate=1k,ratio=0.5",
		"mmpp:rate=1k,high=0s",
		"mmpp:rate=1G,ratio=10",
		"mmpp:rate=0.000001",
		"pareto:rate=1k,sources=0",
		"pareto:rate=1k,sources=1.5",
		"pareto:rate=1k,shape_on=1",
		"pareto:rate=1k,shape_off=0.9",
		"pareto:rate=1k,cap=20ms",
		"pareto:rate=0.000001",
		"pareto:rate=1G,sources=1",
		"incast:rate=1k,senders=0",
		"incast:rate=1k,frames=2.5",
		"incast:rate=1M,line=1G",
		"incast:rate=1k,line=0",
		"tcp:rate=1M,line=1G",
		"tcp:rate=1k,flows=0",
		"tcp:rate=1k,rtt=1ns",
		"tcp:rate=0.000001",
		"pcap",
		"pcap:file=x,speed=0",
		"pcap:file=x,loop=1.5",
		"tap",
		"tap:if=a/b",
		"tap:if=much-too-long-for-a-name",
		"tap:if=ps0,address=10.0.0.1",
		"tap:if=ps0,address=10.0.0/24",
		"tap:if=ps0,address=10.0.0.1/31",
		"tap:if=ps0,address=10.0.0.1/24x",
	};
	struct traffic traffic;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		if (traffic_parse(bad[i], 1, &traffic, why) != -EINVAL || why[0] == '\0')
			fail_msg("%s was taken", bad[i]);
	}
}

/* However slow: the next frame is found at once, and its time fits. */
static void slowest_traffic_ends_within_62_bits(void **state)
{
	static const char *const slow[] = {
		"constant:rate=0.000001",
		"poisson:rate=0.000001",
		"burst:rate=0.000001,on=1us,off=1us",
		"burst:rate=0.000001,on=1us,off=999h",
		"burst:rate=1,on=1000000h,off=1000000h",
		"burst:rate=1M,peak=1000000.001,on=1000000h,idle=999999.999",
		"burst:rate=1M,peak=1G,on=1000000h,idle=999999.999",
		"mmpp:rate=0.000001,high=1000h,low=1000h,ratio=1M",
		"pareto:rate=0.000001,sources=1,on=1000h,off=1000h,cap=1000000h",
		"incast:rate=0.000001,senders=1,frames=1",
		"tcp:rate=0.000001,flows=1,rtt=10000h",
	};

	for (size_t i = 0; i < sizeof(slow) / sizeof(slow[0]); i++) {
		struct source *source = open_seeded(slow[i], 1);
		uint64_t before = 0;

		for (int n = 0; n < 5000; n++) {
			uint64_t at = next(source).at_ns;

			assert_true(at >= before && at <= UINT64_C(1) << 62);
			before = at;
		}
		source_close(source);
	}
}

static void every_kind_is_listed(void **state)
{
	const char *name, *help;
	unsigned int n = 0;

	for (; traffic_kind_at(n, &name, &help); n++)
		assert_true(name[0] != '\0' && help[0] != '\0');
	assert_int_equal(n, 10);
}

/* --- the ledger ------------------------------------------------------------------------------- */

static bool comes(struct ledger *ledger, const char *frame)
{
	uint32_t len = (uint32_t)strlen(frame);

	return ledger_match(ledger, ledger_digest(0, (const uint8_t *)frame, len), len);
}

static void goes(struct ledger *ledger, const char *frame)
{
	ledger_enter(ledger, (const uint8_t *)frame, (uint32_t)strlen(frame));
}

static void ledger_knows_what_was_sent_and_in_which_order(void **state)
{
	struct ledger *ledger = ledger_open();

	assert_non_null(ledger);
	assert_false(comes(ledger, "one"));
	goes(ledger, "one");
	goes(ledger, "two");
	goes(ledger, "three");
	assert_false(comes(ledger, "0ne")); /* damaged: nothing is passed over */
	assert_false(comes(ledger, "on"));
	assert_true(comes(ledger, "one"));
	assert_false(comes(ledger, "one")); /* twice */
	assert_true(comes(ledger, "three"));
	assert_false(comes(ledger, "two")); /* lost, as its successor came */
	goes(ledger, "dropped");
	ledger_retract(ledger);
	assert_false(comes(ledger, "dropped"));
	goes(ledger, "four");
	assert_true(comes(ledger, "four"));
	ledger_retract(ledger); /* nothing is left to take back */
	goes(ledger, "five");
	assert_true(comes(ledger, "five"));
	ledger_close(ledger);
}

static void full_ledger_forgets_the_oldest(void **state)
{
	struct ledger *ledger = ledger_open();

	goes(ledger, "oldest");
	for (unsigned int i = 0; i < LEDGER_FRAMES; i++)
		goes(ledger, "other");
	assert_false(comes(ledger, "oldest"));
	assert_true(comes(ledger, "other"));
	ledger_close(ledger);
}

static void digest_sees_every_changed_bit(void **state)
{
	uint8_t bytes[67];
	uint64_t digest;

	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 37);
	digest = ledger_digest(0, bytes, sizeof(bytes));
	for (uint32_t i = 0; i < 8 * sizeof(bytes); i++) {
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
		assert_true(ledger_digest(0, bytes, sizeof(bytes)) != digest);
		bytes[i / 8] ^= (uint8_t)(1u << i % 8);
	}
	/* In pieces it is the same. */
	assert_true(ledger_digest(ledger_digest(0, bytes, 32), bytes + 32, sizeof(bytes) - 32) ==
		    digest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_keeps_its_mean_rate),
		cmocka_unit_test(constant_traffic_is_evenly_spaced),
		cmocka_unit_test(burst_is_silent_while_off),
		cmocka_unit_test(poisson_has_a_dispersion_of_one),
		cmocka_unit_test(mmpp_has_the_dispersion_of_its_formula),
		cmocka_unit_test(pareto_is_long_range_dependent_and_poisson_is_not),
		cmocka_unit_test(incast_comes_in_whole_bursts_at_line_rate),
		cmocka_unit_test(flows_slow_down_when_frames_are_dropped),
		cmocka_unit_test(flows_recover_when_drops_end),
		cmocka_unit_test(trains_are_back_to_back),
		cmocka_unit_test(imix_has_its_shares),
		cmocka_unit_test(lengths_do_not_move_the_times),
		cmocka_unit_test(same_seed_draws_the_same_traffic),
		cmocka_unit_test(impossible_traffic_is_refused),
		cmocka_unit_test(slowest_traffic_ends_within_62_bits),
		cmocka_unit_test(every_kind_is_listed),
		cmocka_unit_test(ledger_knows_what_was_sent_and_in_which_order),
		cmocka_unit_test(full_ledger_forgets_the_oldest),
		cmocka_unit_test(digest_sees_every_changed_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
