/* SPDX-License-Identifier: MIT */
/*
 * Flows that listen: each sends a window of frames a round trip, in trains, as a window-based
 * transport does.  The window grows by about one frame a round trip; it is halved when the device
 * dropped a frame of it, and when it has reached the size at which the path in front of us, with
 * its short queue, drops one by itself.  A round that was lost whole is followed by silence, and by
 * doubling from one frame on.
 *
 * While the device drops nothing a window saws between 2/3 and 4/3 of its mean, so the rate is
 * exact; drops lower it.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "driver/traffic/family.h"
#include "driver/traffic/turns.h"

enum { RATE, FLOWS, RTT, TRAIN, RTO, LINE, BYTES };

struct flow {
	double rtt_ns;
	double window;		  /* in frames; fractions are carried over */
	double low, high, growth; /* the saw */
	double slow_until;	  /* the window doubles below it; 0: no slow start */
	double carry;
	double round_ns; /* when the round trip began */
	uint32_t nr, at; /* frames of the round, and which is next */
	uint32_t lost;	 /* of the round */
};

struct tcp {
	struct source source;
	struct flow *flows;
	uint32_t nr_flows, train;
	double rto_ns, line_ns;
	double free_ns; /* when the line is free again */
	struct turns turns;
	struct flow *last; /* whose frame came last; it is not among the turns */
};

static int check(const struct traffic *t, char *why)
{
	const double *value = t->spec.value;

	if (traffic_check_count(t, FLOWS, 100000, why) != 0 ||
	    traffic_check_count(t, TRAIN, 100000, why) != 0 ||
	    traffic_check_line(t, value[LINE], why) != 0)
		return -EINVAL;
	if (value[RTT] < 1000)
		return traffic_refuse(t, why, "rtt must be at least 1us");
	if (value[RATE] / 1e9 * value[RTT] / value[FLOWS] < 1e-4)
		return traffic_refuse(t, why,
				      "a flow has less than one frame in 10000 round trips; "
				      "take fewer flows");
	return 0;
}

/* --- one flow --------------------------------------------------------------------------------- */

static void begin_round(struct flow *f)
{
	f->carry += f->window;
	f->nr = (uint32_t)f->carry;
	f->carry -= f->nr;
	f->at = 0;
	f->lost = 0;
}

/* No window is below one frame, unless the rate asks for less all the time. */
static double least_window(const struct flow *f)
{
	return fmin(1, f->low);
}

/* What the round trip taught: the next one's window, and when it begins. */
static void end_round(const struct tcp *s, struct flow *f)
{
	double rest_ns = f->rtt_ns;

	if (f->lost > 0 && f->lost == f->nr) {
		f->slow_until = fmax(f->window / 2, least_window(f));
		f->window = least_window(f);
		rest_ns = fmax(rest_ns, s->rto_ns);
	} else if (f->lost > 0) {
		f->window = fmax(f->window / 2, least_window(f));
		f->slow_until = 0;
	} else if (f->window > f->high - f->growth / 2) { /* sums are rounded */
		f->window = f->low;
	} else if (f->window < f->slow_until) {
		f->window = fmin(2 * f->window, f->slow_until);
	} else {
		f->window = fmin(f->window + f->growth, f->high);
	}
	f->round_ns += rest_ns;
}

/* When the next frame of the round is sent: trains, evenly over the round trip. */
static double frame_ns(const struct tcp *s, const struct flow *f)
{
	uint32_t trains = (f->nr + s->train - 1) / s->train;
	uint32_t each = (f->nr + trains - 1) / trains;
	uint32_t train = f->at / each, place = f->at % each;

	return f->round_ns + train * (f->rtt_ns / trains) + place * s->line_ns;
}

/* The flow's time goes on to its next frame. */
static void advance(struct tcp *s, struct flow *f)
{
	while (f->at >= f->nr && f->round_ns < LATEST_NS) {
		end_round(s, f);
		begin_round(f);
	}
	turns_push(&s->turns, (uint32_t)(f - s->flows), f->at < f->nr ? frame_ns(s, f) : LATEST_NS);
}

/* Round trips differ, so that flows drift apart; each has its share of the rate. */
static void begin(struct tcp *s, struct flow *f, double rate, double rtt_ns)
{
	struct rng *rng = &s->source.rng;
	double mean, rounds;

	f->rtt_ns = rtt_ns * (0.8 + 0.4 * rng_unit(rng));
	mean = rate * f->rtt_ns;
	f->low = mean * 2 / 3;
	f->high = mean * 4 / 3;
	rounds = fmax(round(f->high - f->low), 1);
	f->growth = (f->high - f->low) / rounds;
	f->window = f->low + floor(rng_unit(rng) * (rounds + 1)) * f->growth;
	f->carry = rng_unit(rng);
	f->round_ns = (rng_unit(rng) - 1) * f->rtt_ns;
	begin_round(f);
	while (f->at < f->nr && frame_ns(s, f) < 0)
		f->at++;
	advance(s, f);
}

/* --- all of them ------------------------------------------------------------------------------ */

static int prepare(struct source *source, const struct traffic *t, char *why)
{
	struct tcp *s = (struct tcp *)source;
	const double *value = t->spec.value;

	s->nr_flows = (uint32_t)value[FLOWS];
	s->train = (uint32_t)value[TRAIN];
	s->rto_ns = value[RTO];
	s->line_ns = traffic_line_ns(traffic_mean_bytes(t), value[LINE]);
	s->flows = calloc(s->nr_flows, sizeof(*s->flows));
	if (s->flows == NULL || turns_init(&s->turns, s->nr_flows) != 0) {
		traffic_refuse(t, why, "out of memory");
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < s->nr_flows; i++)
		begin(s, &s->flows[i], value[RATE] / 1e9 / value[FLOWS], value[RTT]);
	return 0;
}

static double next_ns(struct source *source)
{
	struct tcp *s = (struct tcp *)source;
	struct turn turn;
	double at_ns;

	/* Only now is it known what became of its frame. */
	if (s->last != NULL)
		advance(s, s->last);
	turn = turns_pop(&s->turns);
	s->last = &s->flows[turn.who];
	s->last->at++;
	at_ns = fmax(turn.at_ns, s->free_ns);
	s->free_ns = at_ns + s->line_ns;
	return at_ns;
}

static void outcome(struct source *source, bool delivered)
{
	struct tcp *s = (struct tcp *)source;

	if (!delivered && s->last != NULL)
		s->last->lost++;
}

static void release(struct source *source)
{
	struct tcp *s = (struct tcp *)source;

	turns_release(&s->turns);
	free(s->flows);
}

static const struct source_ops ops = {.next_ns = next_ns, .outcome = outcome, .release = release};

const struct traffic_family traffic_tcp = {
	.spec = {"tcp",
		 {[RATE] = {"rate", SPEC_NUMBER, true},
		  [FLOWS] = {"flows", SPEC_NUMBER, false, 16},
		  [RTT] = {"rtt", SPEC_DURATION, false, 10e6},
		  [TRAIN] = {"train", SPEC_NUMBER, false, 44},
		  [RTO] = {"rto", SPEC_DURATION, false, 200e6},
		  [LINE] = {"line", SPEC_NUMBER, false, 10e9},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 1514, "imix"}}},
	.help = "flows that slow down when frames are dropped (flows=16, rtt=10ms)",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct tcp),
	.ops = &ops,
	.check = check,
	.prepare = prepare,
};
