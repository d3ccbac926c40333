/* SPDX-License-Identifier: MIT */
/* The document of `poolscope tune --json`; docs/tuning.md describes its keys. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "cli/tune.h"
#include "cli/tune_verify.h"

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
	uint64_t lost = demand_static_lost(d, 0);
	json_t *list = json_array();

	for (uint32_t c = 1; last < d->max_held; c += stride) {
		json_t *point = json_object();
		uint32_t to = c < d->max_held ? c : d->max_held;

		while (last < to)
			lost -= d->hunt[last++];
		set(point, "buffers", last);
		set(point, "lost", lost);
		json_array_append_new(list, point);
	}
	return list;
}

/* How far the record can be trusted: what was filled in, left out, or changed in the middle. */
static json_t *quality(const struct demand_quality *q)
{
	json_t *o = json_object();

	set(o, "gaps", q->gaps);
	set(o, "resources", q->resources);
	set(o, "dropped", q->dropped);
	set(o, "dropped_by_device", q->dropped_by_device);
	set(o, "not_imputed", q->not_imputed);
	set(o, "unmatched_returns", q->unmatched_returns);
	set(o, "implied_returns", q->implied_returns);
	set(o, "unreturned", q->unreturned);
	set(o, "marks_changed", q->marks_changed);
	return o;
}

static void set_demand(json_t *o, const struct demand *d)
{
	json_object_set_new(o, "quality", quality(&d->quality));
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

/* null: there are too few blocks to say. */
static json_t *interval(const struct advice_row *row, const struct interval *i)
{
	return row->expected ? json_pack("[f,f]", i->low, i->high) : json_null();
}

static json_t *certificate(const struct certificate *c)
{
	json_t *o = json_object();

	json_object_set_new(
		o, "kind",
		json_string(c->kind == CERTIFICATE_ORDER ? "order_statistic" : "hold_out"));
	json_object_set_new(o, "confidence", json_real(ADVICE_CONFIDENCE));
	set(o, "blocks", c->blocks);
	set(o, "exceeding", c->exceeding);
	json_object_set_new(o, "chance_per_block", json_real(c->block_chance));
	set(o, "leads", c->leads);
	json_object_set_new(o, "chance_per_lead", json_real(c->lead_chance));
	json_object_set_new(o, "limited_by", json_string(c->leads_limit ? "leads" : "blocks"));
	json_object_set_new(o, "more_ns",
			    c->more_ns == INT64_MAX ? json_null() : json_integer(c->more_ns));
	return o;
}

static json_t *predicted(const struct advice_row *row)
{
	json_t *o = json_object();

	set_result(o, &row->s.sim);
	set(o, "wasted_frees", row->s.waste.wasted);
	set(o, "quick_lows", row->s.waste.quick);
	set(o, "worst_missed", row->s.worst_missed);
	set(o, "missed_with_doubled_leads", row->s.doubled_missed);
	if (row->s.storm_at_ns)
		set(o, "missed_with_storm_at_worst", row->s.storm_missed);
	json_object_set_new(o, "mean_interval", interval(row, &row->mean));
	json_object_set_new(o, "requests_interval", interval(row, &row->requests));
	json_object_set_new(o, "frees_interval", interval(row, &row->frees));
	return o;
}

/* What there is between the three replays of what senders may do. */
static json_t *feedback(const struct feedback *f)
{
	static const char *const names[] = {"lost", "mean_buffers", "requests", "frees"};
	json_t *o = json_object();

	for (int i = 0; i < 4; i++) {
		struct feedback_range range = feedback_range(f, (enum feedback_what)i);

		json_object_set_new(o, names[i], json_pack("[f,f]", range.low, range.high));
	}
	return o;
}

/* A C row has no certificate: what it would certify is not what would happen. */
static json_t *row(const char *name, const struct advice *a, const struct advice_row *r)
{
	char grade[2] = {r->grade, '\0'};
	json_t *o = json_object();
	bool sure = r->certificate.kind != CERTIFICATE_NONE && r->grade != 'C';

	json_object_set_new(o, "name", json_string(name));
	json_object_set_new(o, "marks", marks(&r->s.marks));
	json_object_set_new(o, "predicted", predicted(r));
	json_object_set_new(o, "certificate", sure ? certificate(&r->certificate) : json_null());
	json_object_set_new(o, "validity", json_string(grade));
	json_object_set_new(o, "validity_why", *r->why ? text(r->why) : json_null());
	json_object_set_new(o, "luck",
			    json_integer(r->s.covers || r->s.robust_low < r->s.marks.low
						 ? 0
						 : r->s.robust_low - r->s.marks.low));
	if (r->replayed)
		json_object_set_new(o, "replays", feedback(&r->feedback));
	set(o, "neighbours", r->s.neighbours);
	set(o, "neighbours_lose", r->s.neighbours_lose);
	json_object_set_new(o, "binding", json_string(r->binding));
	return o;
}

/* `recorded` is of all marks there were; this is of those that are current. */
static json_t *since_change(const struct demand *d)
{
	struct tune_missed missed = tune_missed(d);
	json_t *o = json_object();

	set(o, "from_ns", (uint64_t)d->change.at_ns);
	json_object_set_new(o, "marks_before", marks(&d->change.before));
	set(o, "packets", missed.takes);
	set(o, "lost", missed.dropped);
	set(o, "resources", missed.resources);
	return o;
}

static json_t *wrong(const struct tune_pool *p)
{
	struct tune_wrong w = tune_wrong(p);
	json_t *list = json_array();

	for (size_t i = 0; i < w.nr; i++)
		json_array_append_new(list, json_string(w.line[i]));
	return list;
}

static json_t *current(const struct tune_pool *p)
{
	const struct pool_summary *s = p->summary;
	json_t *o = p->advice && p->advice->row[ADVICE_CURRENT].known
			    ? row("current", p->advice, &p->advice->row[ADVICE_CURRENT])
			    : json_object();
	json_t *recorded = json_object();

	if (!p->demand->marks_known) {
		json_decref(o);
		json_decref(recorded);
		return json_null();
	}
	json_object_set_new(o, "marks", marks(&p->demand->marks));
	set(recorded, "lost", p->demand->quality.dropped);
	set(recorded, "resources", p->demand->quality.resources);
	set(recorded, "requests", s->totals.requested);
	set(recorded, "frees", s->totals.freed);
	json_object_set_new(recorded, "peak_buffers",
			    s->total.known ? json_integer(s->total.max) : json_null());
	json_object_set_new(recorded, "mean_buffers",
			    s->total.known ? json_real(s->total.mean) : json_null());
	json_object_set_new(o, "recorded", recorded);
	json_object_set_new(o, "wrong", wrong(p));
	if (p->demand->quality.marks_changed)
		json_object_set_new(o, "since_change", since_change(p->demand));
	return o;
}

static json_t *recommend(const struct advice *a)
{
	json_t *list = json_array();

	for (int i = PLAN_SAFE; i <= PLAN_LEAN; i++)
		if (a->row[i].known)
			json_array_append_new(list, row(plan_names[i], a, &a->row[i]));
	return list;
}

static json_t *front(const struct plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->nr_front; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "marks", marks(&plan->front[i].marks));
		set_result(o, &plan->front[i].sim);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *leads(const struct advice *a)
{
	json_t *o = json_object();

	set(o, "count", a->leads.nr);
	set(o, "failed", a->leads.failed);
	set(o, "pending", a->leads.pending);
	set(o, "p50", (uint64_t)lead_sample_quantile(&a->leads, 0.5));
	set(o, "p99", (uint64_t)lead_sample_quantile(&a->leads, 0.99));
	set(o, "max", (uint64_t)a->plan.longest_ns);
	json_object_set_new(o, "recorded", json_boolean(a->leads.recorded));
	if (a->leads.storm.failures)
		json_object_set_new(o, "storm",
				    json_pack("{s:I,s:I,s:I,s:I}", "failures",
					      (json_int_t)a->leads.storm.failures, "from_ns",
					      (json_int_t)a->leads.storm.from_ns, "lead",
					      (json_int_t)a->leads.storm.ns, "longest_otherwise",
					      (json_int_t)a->leads.storm.otherwise_ns));
	return o;
}

static json_t *hold_out(const struct advice *a)
{
	json_t *o = json_object();

	json_object_set_new(o, "marks", marks(&a->hold_out.marks));
	set(o, "train_blocks", a->hold_out.train_blocks);
	set(o, "test_blocks", a->hold_out.test_blocks);
	set(o, "lost", a->hold_out.test.lost);
	set(o, "resources", a->hold_out.test.resources);
	json_object_set_new(o, "mean_buffers", json_real(a->hold_out.test.mean_buffers));
	json_object_set_new(o, "train_mean_buffers", json_real(a->hold_out.train.mean_buffers));
	return o;
}

/* What the largest pool is made of, and whether growth pays. */
static json_t *size(const struct plan *plan)
{
	static const char *const reasons[] = {
		[PLAN_GROWS] = "growth saves memory",
		[PLAN_SLOW] = "leads are longer than bursts",
		[PLAN_STEADY] = "growth would save too little",
	};
	const struct peaks *k = &plan->peaks;
	json_t *o = json_object();

	set(o, "buffers", plan->size);
	set(o, "in_use", plan->in_use);
	json_object_set_new(o, "chance", k->known ? json_real(PLAN_CHANCE_SAFE) : json_null());
	set(o, "peaks", k->blocks);
	set(o, "peaks_above", k->above);
	json_object_set_new(o, "why", json_string(reasons[plan->reason]));
	return o;
}

static json_t *bracket(const struct plan *p)
{
	return json_pack("{s:[I,I],s:[I,I],s:[f,I]}", "low", (json_int_t)p->robust_low,
			 (json_int_t)p->safe_low, "limit", (json_int_t)p->size_static,
			 (json_int_t)p->size, "mean_buffers", p->clairvoyant_mean,
			 (json_int_t)p->size);
}

static json_t *known_row(const struct advice *a, enum plan_name which)
{
	const struct advice_row *r = &a->row[which];

	return r->known ? row(plan_names[which], a, r) : json_null();
}

static void set_advice(json_t *o, const struct advice *a)
{
	json_object_set_new(o, "lead_ns", leads(a));
	set(o, "block_ns", (uint64_t)a->evidence.block_ns);
	json_object_set_new(o, "hurst", json_real(a->evidence.memory.hurst));
	set(o, "settings_tried", a->plan.tried);
	json_object_set_new(o, "bracket", bracket(&a->plan));
	json_object_set_new(o, "recommend", recommend(a));
	json_object_set_new(o, "size", size(&a->plan));
	json_object_set_new(o, "static", known_row(a, PLAN_STATIC));
	json_object_set_new(o, "static_cushioned", known_row(a, PLAN_CUSHIONED));
	json_object_set_new(o, "clairvoyant",
			    json_pack("{s:f,s:I}", "mean_buffers", a->plan.clairvoyant_mean,
				      "peak_buffers", (json_int_t)a->plan.clairvoyant_peak));
	json_object_set_new(o, "front", front(&a->plan));
	json_object_set_new(o, "hold_out", a->hold_out.known ? hold_out(a) : json_null());
}

static json_t *burst(const struct low_burst *b)
{
	json_t *o = json_object();

	set(o, "rise", b->rise);
	set(o, "from_ns", (uint64_t)b->from_ns);
	set(o, "to_ns", (uint64_t)b->to_ns);
	set(o, "held", b->held);
	set(o, "imputed", b->imputed);
	return o;
}

/* null: any low will do, or none; exact_low_why says which. */
static void set_lows(json_t *o, const struct tune_pool *p)
{
	bool none = !p->has_length || p->exact_low == LOW_NONE || p->exact_low == LOW_NEVER;

	json_object_set_new(o, "robust_low",
			    p->has_length ? json_integer(p->robust_low) : json_null());
	json_object_set_new(o, "exact_low", none ? json_null() : json_integer(p->exact_low));
	if (p->has_length && none)
		json_object_set_new(o, "exact_low_why",
				    json_string(p->exact_low == LOW_NONE ? "the base is enough"
									 : "no low is enough"));
	json_object_set_new(o, "burst", p->has_length ? burst(&p->burst) : json_null());
}

static json_t *verify(const struct tune_verdict *v)
{
	const struct pool_summary *m = &v->measured;
	json_t *o = json_object(), *measured = json_object();

	set(measured, "lost", m->totals.dropped);
	set(measured, "resources", m->totals.resources);
	set(measured, "requests", m->totals.requested);
	set(measured, "frees", v->frees);
	set(measured, "peak_buffers", m->total.max);
	json_object_set_new(measured, "mean_buffers", json_real(m->total.mean));
	json_object_set_new(o, "name", json_string("safe"));
	json_object_set_new(o, "lead", text(v->lead));
	json_object_set_new(o, "measured", measured);
	json_object_set_new(o, "inside", json_boolean(tune_verdict_inside(v)));
	json_object_set_new(o, "figures_inside",
			    json_pack("{s:b,s:b,s:b,s:b,s:b}", "missed", v->lost_inside, "mean",
				      v->mean_inside, "peak", v->peak_inside, "requests",
				      v->requests_inside, "frees", v->frees_inside));
	json_object_set_new(o, "kept", number(v->kept));
	json_object_set_new(o, "kept_inside", number(v->kept_inside));
	return o;
}

/* No lead is known. */
static void set_fixed(json_t *o, const struct plan *fixed)
{
	json_t *of = size(fixed);

	json_object_del(of, "why");
	json_object_set_new(o, "size", of);
	json_object_set_new(o, "recommend", json_array());
}

/* What the wire allows in the time that the burst of the safe setting is of. */
static json_t *wire(const struct tune_options *options, const struct plan *plan)
{
	int64_t tau_ns = plan->safe_ns + plan->batch.ns;
	json_t *o = json_object();

	json_object_set_new(o, "bits_per_s", json_real(options->wire));
	set(o, "full_frames", low_ceiling(tau_ns, options->wire, TUNE_FRAME_FULL));
	set(o, "least_frames", low_ceiling(tau_ns, options->wire, TUNE_FRAME_LEAST));
	set(o, "rise", plan->burst.rise);
	return o;
}

static json_t *pool(const struct tune_options *options, const struct tune_pool *p)
{
	json_t *o = json_object();

	set(o, "pool", p->summary->pool);
	json_object_set_new(o, "name", text(p->summary->name));
	json_object_set_new(o, "identity", identity(p->summary));
	if (!p->demand) {
		json_object_set_new(o, "why_not", text(p->why_not));
		return o;
	}
	if (p->explained) {
		json_object_set(o, "explain", p->explained);
		json_object_set_new(p->explained, "marks", marks(&p->explained_marks));
		return o;
	}
	set_demand(o, p->demand);
	set_lows(o, p);
	if (!p->has_what_if)
		json_object_set_new(o, "current", current(p));
	if (p->advice)
		set_advice(o, p->advice);
	else if (!p->has_what_if)
		set_fixed(o, p->fixed);
	if (p->advice && options->wire > 0)
		json_object_set_new(o, "wire", wire(options, &p->advice->plan));
	if (p->verdict)
		json_object_set_new(o, "verify", verify(p->verdict));
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
		json_array_append_new(list, pool(options, &pools[i]));
	json_object_set_new(o, "pools", list);
	ret = json_dumpf(o, stdout, JSON_INDENT(2));
	json_decref(o);
	return ret || putchar('\n') == EOF ? -EIO : 0;
}
