/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/traffic/family.h"
#include "driver/traffic/frame.h"

#define TIMES_STREAM 1
#define SIZES_STREAM 101

static const struct traffic_family *const families[] = {
	&traffic_constant, &traffic_poisson, &traffic_burst,  &traffic_mmpp, &traffic_pareto,
	&traffic_incast,   &traffic_tcp,     &traffic_demand, &traffic_pcap, &traffic_tap,
};
#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

/* The simple internet mixture, without the frames' check sums: of twelve 7, 4 and 1. */
static const struct {
	uint32_t len_bytes;
	unsigned int share, up_to;
} mixture[] = {{60, 7, 7}, {590, 4, 11}, {1514, 1, 12}};
#define MIXTURE_OF 12

/* --- descriptions ----------------------------------------------------------------------------- */

int traffic_refuse(const struct traffic *t, char why[SPEC_WHY_BYTES], const char *format, ...)
{
	va_list args;
	int used = snprintf(why, SPEC_WHY_BYTES, "%s: ", t->family->spec.name);

	va_start(args, format);
	vsnprintf(why + used, SPEC_WHY_BYTES - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

bool traffic_is_synthetic(const struct traffic *t)
{
	return t->family->ops->next_ns != NULL;
}

bool traffic_is_live(const struct traffic *t)
{
	return t->family->live;
}

uint32_t traffic_longest(const struct traffic *t)
{
	if (!traffic_is_synthetic(t))
		return 0;
	return t->len_bytes != 0 ? t->len_bytes : mixture[2].len_bytes;
}

double traffic_mean_bytes(const struct traffic *t)
{
	double sum = 0;

	if (t->len_bytes != 0)
		return t->len_bytes;
	for (size_t i = 0; i < sizeof(mixture) / sizeof(mixture[0]); i++)
		sum += mixture[i].len_bytes * mixture[i].share;
	return sum / MIXTURE_OF;
}

int traffic_check_count(const struct traffic *t, int key, double most, char why[SPEC_WHY_BYTES])
{
	double value = t->spec.value[key];

	if (value >= 1 && value <= most && value == floor(value))
		return 0;
	return traffic_refuse(t, why, "%s must be a whole number from 1 to %.0f",
			      t->family->spec.keys[key].name, most);
}

int traffic_check_line(const struct traffic *t, double bits_a_second, char why[SPEC_WHY_BYTES])
{
	double most;

	if (bits_a_second < 1e3)
		return traffic_refuse(t, why, "line must be at least 1k bits a second");
	most = 1e9 / traffic_line_ns(traffic_mean_bytes(t), bits_a_second);
	if (t->spec.value[0] <= most)
		return 0;
	return traffic_refuse(t, why,
			      "a line of %g bits a second carries %.0f such frames a second at "
			      "most: lower rate or bytes, or raise line",
			      bits_a_second, floor(most));
}

static int check_bytes(struct traffic *t, char *why)
{
	double len = t->spec.value[t->family->bytes_key];

	if (len == SPEC_WORD)
		return 0;
	if (len < FRAME_MIN_BYTES || len > FRAME_MAX_BYTES || len != floor(len))
		return traffic_refuse(t, why,
				      "bytes must be a whole number between %u and %u, or imix",
				      FRAME_MIN_BYTES, FRAME_MAX_BYTES);
	t->len_bytes = (uint32_t)len;
	return 0;
}

static int check_values(struct traffic *t, char *why)
{
	if (traffic_is_synthetic(t) && t->family->spec.keys[0].unit == SPEC_NUMBER &&
	    (t->spec.value[0] < RATE_MIN || t->spec.value[0] > RATE_MAX))
		return traffic_refuse(t, why,
				      "rate must lie between 0.000001 and 1G frames a second");
	if (t->family->bytes_key >= 0 && check_bytes(t, why) != 0)
		return -EINVAL;
	return t->family->check != NULL ? t->family->check(t, why) : 0;
}

int traffic_parse(const char *text, uint64_t seed, struct traffic *t, char why[SPEC_WHY_BYTES])
{
	struct spec_kind kinds[NR_FAMILIES];

	for (size_t i = 0; i < NR_FAMILIES; i++)
		kinds[i] = families[i]->spec;
	*t = (struct traffic){.seed = seed};
	if (spec_parse(text, kinds, NR_FAMILIES, &t->spec, why) != 0)
		return -EINVAL;
	t->family = families[t->spec.kind];
	return check_values(t, why);
}

bool traffic_kind_at(unsigned int index, const char **name, const char **help)
{
	if (index >= NR_FAMILIES)
		return false;
	*name = families[index]->spec.name;
	*help = families[index]->help;
	return true;
}

/* --- sources ---------------------------------------------------------------------------------- */

int source_open(const struct traffic *t, struct source **source, char why[SPEC_WHY_BYTES])
{
	struct source *s = calloc(1, t->family->source_bytes);
	int error;

	if (s == NULL) {
		traffic_refuse(t, why, "out of memory");
		return -ENOMEM;
	}
	s->ops = t->family->ops;
	s->len_bytes = t->len_bytes;
	rng_init(&s->rng, t->seed, TIMES_STREAM);
	rng_init(&s->sizes, t->seed, SIZES_STREAM);
	error = t->family->prepare(s, t, why);
	if (error != 0) {
		source_close(s);
		return error;
	}
	*source = s;
	return 0;
}

void source_close(struct source *s)
{
	if (s->ops->release != NULL)
		s->ops->release(s);
	free(s);
}

static uint32_t draw_length(struct source *s)
{
	unsigned int at, i = 0;

	if (s->len_bytes != 0)
		return s->len_bytes;
	at = (unsigned int)(rng_unit(&s->sizes) * MIXTURE_OF);
	while (at >= mixture[i].up_to)
		i++;
	return mixture[i].len_bytes;
}

enum source_state source_next(struct source *s, struct arrival *arrival)
{
	double at_ns;

	if (s->ops->next_ns == NULL)
		return s->ops->next(s, arrival);
	at_ns = s->ops->next_ns(s);
	if (isnan(at_ns))
		return SOURCE_END;
	arrival->at_ns = (uint64_t)fmin(at_ns, LATEST_NS);
	arrival->len_bytes = draw_length(s);
	arrival->bytes = NULL;
	return SOURCE_FRAME;
}

const uint64_t *source_holds(const struct source *s, size_t *nr)
{
	*nr = 0;
	return s->ops->holds != NULL ? s->ops->holds(s, nr) : NULL;
}

void source_outcome(struct source *s, bool delivered)
{
	if (s->ops->outcome != NULL)
		s->ops->outcome(s, delivered);
}

bool source_write(struct source *s, const uint8_t *bytes, uint32_t len_bytes)
{
	return s->ops->write != NULL && s->ops->write(s, bytes, len_bytes);
}

const char *source_fault(const struct source *s)
{
	return s->fault[0] != '\0' ? s->fault : NULL;
}
