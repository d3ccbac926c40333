/* SPDX-License-Identifier: MIT */
/*
 * Microbursts: again and again many senders are asked at once and answer at once, and their frames
 * come back to back at the speed of the line.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "driver/traffic/family.h"
#include "driver/traffic/turns.h"

enum { RATE, SENDERS, FRAMES, SPREAD, LINE, BYTES };

struct incast {
	struct source source;
	uint32_t nr_senders, nr_frames; /* of one answer */
	double every_ns, spread_ns, line_ns;
	double asked;	/* how often, and when in a period the first is */
	double free_ns; /* when the line is free again */
	uint32_t *left; /* frames that a sender still has */
	struct turns turns;
};

static int check(const struct traffic *t, char *why)
{
	const double *value = t->spec.value;

	if (traffic_check_count(t, SENDERS, 10000, why) != 0 ||
	    traffic_check_count(t, FRAMES, 100000, why) != 0 ||
	    traffic_check_line(t, value[LINE], why) != 0)
		return -EINVAL;
	return 0;
}

static int prepare(struct source *source, const struct traffic *t, char *why)
{
	struct incast *s = (struct incast *)source;
	const double *value = t->spec.value;

	s->nr_senders = (uint32_t)value[SENDERS];
	s->nr_frames = (uint32_t)value[FRAMES];
	s->every_ns = value[SENDERS] * value[FRAMES] * 1e9 / value[RATE];
	s->spread_ns = value[SPREAD];
	s->line_ns = traffic_line_ns(traffic_mean_bytes(t), value[LINE]);
	s->asked = rng_unit(&source->rng);
	s->left = calloc(s->nr_senders, sizeof(*s->left));
	if (s->left == NULL || turns_init(&s->turns, s->nr_senders) != 0) {
		traffic_refuse(t, why, "out of memory");
		return -ENOMEM;
	}
	return 0;
}

static void ask(struct incast *s)
{
	double at_ns = s->asked++ * s->every_ns;

	for (uint32_t i = 0; i < s->nr_senders; i++) {
		s->left[i] = s->nr_frames;
		turns_push(&s->turns, i, at_ns + rng_unit(&s->source.rng) * s->spread_ns);
	}
}

/* Senders have lines as fast as ours; what comes together waits in the switch. */
static double next_ns(struct source *source)
{
	struct incast *s = (struct incast *)source;
	struct turn turn;
	double at_ns;

	if (s->turns.nr == 0)
		ask(s);
	turn = turns_pop(&s->turns);
	if (--s->left[turn.who] > 0)
		turns_push(&s->turns, turn.who, turn.at_ns + s->line_ns);
	at_ns = fmax(turn.at_ns, s->free_ns);
	s->free_ns = at_ns + s->line_ns;
	return at_ns;
}

static void release(struct source *source)
{
	struct incast *s = (struct incast *)source;

	turns_release(&s->turns);
	free(s->left);
}

static const struct source_ops ops = {.next_ns = next_ns, .release = release};

const struct traffic_family traffic_incast = {
	.spec = {"incast",
		 {[RATE] = {"rate", SPEC_NUMBER, true},
		  [SENDERS] = {"senders", SPEC_NUMBER, false, 32},
		  [FRAMES] = {"frames", SPEC_NUMBER, false, 6},
		  [SPREAD] = {"spread", SPEC_DURATION, false, 10e3},
		  [LINE] = {"line", SPEC_NUMBER, false, 10e9},
		  [BYTES] = {"bytes", SPEC_NUMBER, false, 1514, "imix"}}},
	.help = "microbursts: many senders answer at once (senders=32, frames=6)",
	.bytes_key = BYTES,
	.source_bytes = sizeof(struct incast),
	.ops = &ops,
	.check = check,
	.prepare = prepare,
};
