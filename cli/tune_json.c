/* SPDX-License-Identifier: MIT */
/* The document of `poolscope tune --json`; docs/tuning.md describes its keys. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "cli/tune.h"

/* More points than this would be a picture of nothing; every k-th size is given then. */
#define CURVE_POINTS 4096

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static void set(json_t *o, const char *key, uint64_t value)
{
	json_object_set_new(o, key, number(value));
}

/* Names come from any driver: what is not UTF-8 is shown as '?'. */
static json_t *text(const char *value)
{
	json_t *string = json_string(value);
	char plain[TUNE_WHY_BYTES];
	size_t i;

	if (string)
		return string;
	for (i = 0; value[i] && i + 1 < sizeof(plain); i++)
		plain[i] = (unsigned char)value[i] < 0x80 ? value[i] : '?';
	plain[i] = '\0';
	return json_string(plain);
}

static json_t *marks(const struct policy_marks *m)
{
	json_t *o = json_object();

	set(o, "base", m->base);
	set(o, "block", m->block);
	set(o, "low", m->low);
	set(o, "high", m->high);
	set(o, "limit", m->limit);
	set(o, "reserve", m->reserve);
	set(o, "max_pending", m->max_pending);
	set(o, "shrink_ticks", m->shrink_ticks);
	set(o, "probe_ticks", m->probe_ticks);
	return o;
}

static void set_result(json_t *o, const struct sim_result *r)
{
	set(o, "packets", r->takes);
	set(o, "lost", r->lost);
	set(o, "resources", r->resources);
	set(o, "requests", r->requests);
	set(o, "refused", r->refused);
	set(o, "failed", r->failed);
	set(o, "grants", r->granted);
	set(o, "frees", r->frees);
	set(o, "peak_buffers", r->peak_buffers);
	json_object_set_new(o, "mean_buffers", json_real(r->mean_buffers));
	json_object_set_new(o, "first_loss_ns",
			    r->first_loss_ns < 0 ? json_null() : json_integer(r->first_loss_ns));
}

static json_t *identity(const struct pool_summary *s)
{
	json_t *o = json_object();

	set(o, "mismatches", s->identity_mismatches);
	set(o, "checked", s->identity_checked);
	return o;
}

static json_t *static_curve(const struct demand *d)
{
	uint32_t stride = 1 + d->max_held / CURVE_POINTS, last = 0;
	json_t *list = json_array();

	for (uint32_t c = 1; last < d->max_held; c += stride) {
		json_t *point = json_object();

		last = c < d->max_held ? c : d->max_held;
		set(point, "buffers", last);
		set(point, "lost", demand_static_lost(d, last));
		json_array_append_new(list, point);
	}
	return list;
}

static void set_demand(json_t *o, const struct demand *d)
{
	set(o, "packets", d->takes);
	set(o, "max_held", d->max_held);
	json_object_set_new(o, "static_curve", static_curve(d));
}

static json_t *what_if(const struct tune_pool *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "marks", marks(&p->what_if_marks));
	set_result(o, &p->what_if);
	return o;
}

static json_t *pool(const struct tune_pool *p)
{
	json_t *o = json_object();

	set(o, "pool", p->summary->pool);
	json_object_set_new(o, "name", text(p->summary->name));
	json_object_set_new(o, "identity", identity(p->summary));
	if (!p->demand) {
		json_object_set_new(o, "why_not", text(p->why_not));
		return o;
	}
	set_demand(o, p->demand);
	if (p->has_what_if)
		json_object_set_new(o, "what_if", what_if(p));
	return o;
}

int tune_json(const struct tune_options *options, const struct tune_pool *pools, size_t nr)
{
	json_t *o = json_object(), *list = json_array();
	int ret;

	set(o, "schema", 1);
	json_object_set_new(o, "lead", text(options->lead));
	json_object_set_new(o, "loss_target", json_real(options->loss));
	set(o, "seed", options->seed);
	for (size_t i = 0; i < nr; i++)
		json_array_append_new(list, pool(&pools[i]));
	json_object_set_new(o, "pools", list);
	ret = json_dumpf(o, stdout, JSON_INDENT(2));
	json_decref(o);
	return ret || putchar('\n') == EOF ? -EIO : 0;
}
