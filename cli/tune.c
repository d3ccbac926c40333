/* SPDX-License-Identifier: MIT */
/* `poolscope tune`: which marks, why, and how sure that is. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/tune.h"
#include "cli/tune_verify.h"
#include "tuner/sim.h"

struct tune {
	struct tune_options options;
	struct query *query;
	struct trace_status trace;
	struct pool_summary *summaries;
	size_t nr_summaries;
	struct tune_lead lead;
	struct tune_pool *pools;
	size_t nr;
	bool printed; /* something of the report */
};

/* --- reading ------------------------------------------------------------------------------------
 */

/* Is the report printed part by part? */
static bool is_told(const struct tune_options *o)
{
	return !o->json && !o->explain && !o->what_if;
}

/* Its first part needs the path alone, unless some packets may be lost. */
static bool has_to_have_steps(const struct tune_options *o)
{
	return !is_told(o) || o->loss > 0;
}

static int read_demand(struct tune *t, struct tune_pool *p)
{
	struct db_error err = {""};
	int ret = has_to_have_steps(&t->options)
			  ? demand_read(t->query, p->summary->pool, &p->demand, &err)
			  : demand_read_path(t->query, p->summary->pool, &p->demand, &err);

	if (ret == -ENODATA || ret == -EFBIG) {
		p->demand = NULL;
		snprintf(p->why_not, sizeof(p->why_not), "%.500s", err.text);
		return CLI_OK;
	}
	if (ret)
		return cli_fail(CLI_UNREADABLE, "tune: %s: %s", t->options.path, err.text);
	p->lead_known = !tune_lead_of(&t->lead, p->demand, &p->lead);
	p->has_length = p->lead_known && lead_has_length(&p->lead);
	return CLI_OK;
}

static int open_pools(struct tune *t)
{
	struct db_error err = {""};
	size_t nr = 0;

	if (query_open(t->options.path, &t->query, &err) || query_begin(t->query, &err) ||
	    query_status(t->query, &t->trace, &err) ||
	    query_pools(t->query, &t->summaries, &t->nr_summaries, &err))
		return cli_fail(CLI_UNREADABLE, "tune: %s", err.text);
	t->pools = calloc(t->nr_summaries + 1, sizeof(*t->pools));
	if (!t->pools)
		return cli_fail(CLI_UNREADABLE, "tune: out of memory");
	for (size_t i = 0; i < t->nr_summaries; i++) {
		struct tune_pool *p = &t->pools[nr];

		if (t->options.pool >= 0 && t->summaries[i].pool != t->options.pool)
			continue;
		p->summary = &t->summaries[i];
		p->trace = &t->trace;
		nr++;
	}
	t->nr = nr;
	if (!nr && t->options.pool >= 0)
		return cli_fail(CLI_USAGE, "tune: %s: there is no pool %lld", t->options.path,
				(long long)t->options.pool);
	if (!nr)
		return cli_fail(CLI_UNREADABLE, "tune: %s: there is no pool in it",
				t->options.path);
	return CLI_OK;
}

/* Once all is in memory, who wants to write may. */
static void end_reading(struct tune *t)
{
	query_close(t->query);
	t->query = NULL;
}

static int read_all(struct tune *t)
{
	int status = CLI_OK;

	for (size_t i = 0; !status && i < t->nr; i++)
		status = read_demand(t, &t->pools[i]);
	end_reading(t);
	return status;
}

static void close_tune(struct tune *t)
{
	for (size_t i = 0; i < t->nr; i++) {
		demand_close(t->pools[i].demand);
		if (t->pools[i].advice)
			advice_release(t->pools[i].advice);
		free(t->pools[i].advice);
		free(t->pools[i].fixed);
		free(t->pools[i].verdict);
		json_decref(t->pools[i].explained);
	}
	free(t->pools);
	free(t->summaries);
	query_close(t->query);
	tune_lead_release(&t->lead);
}

struct tune_missed tune_missed(const struct demand *d)
{
	struct tune_missed m = {d->takes - d->change.takes, d->quality.dropped - d->change.dropped,
				d->quality.resources - d->change.resources, 0};

	if (m.takes)
		m.share = (double)(m.dropped + m.resources) / (double)m.takes;
	return m;
}

/* --- answers ------------------------------------------------------------------------------------
 */

static int what_if(struct tune *t, struct tune_pool *p)
{
	static const struct lead at_once = {.kind = LEAD_FIXED};
	struct policy_marks *m = &p->what_if_marks;
	char why[TUNE_WHY_BYTES];
	int ret;

	if (tune_marks_read(t->options.what_if, p->demand, m, why))
		return cli_fail(CLI_USAGE, "tune: --what-if: %s", why);
	if (!p->lead_known && m->limit > m->base)
		return cli_fail(CLI_USAGE,
				"tune: pool %u: no request was recorded, so nobody knows how long "
				"one takes; say it with --lead, such as --lead fixed:1ms",
				p->summary->pool);
	ret = sim_skip(p->demand, m, p->lead_known ? &p->lead : &at_once, NULL, &p->what_if);
	if (ret == -ENOTSUP)
		return cli_fail(CLI_USAGE,
				"tune: pool %u: no tick was recorded, which shrink_ticks counts; "
				"add shrink_ticks=0",
				p->summary->pool);
	if (ret)
		return cli_fail(CLI_UNREADABLE, "tune: pool %u: %s", p->summary->pool,
				ret == -ENOMEM ? "out of memory" : "these marks cannot be tried");
	p->has_what_if = true;
	return CLI_OK;
}

static int out_of_memory(const struct tune_pool *p)
{
	return cli_fail(CLI_UNREADABLE, "tune: pool %u: out of memory", p->summary->pool);
}

/* The lows that the longest lead needs: of any pool, and of one with these marks. */
static int bracket(struct tune *t, struct tune_pool *p, const struct policy_marks *m)
{
	struct lead_sample leads;

	if (!p->has_length)
		return CLI_OK;
	if (lead_sample_make(p->demand, &p->lead, t->lead.recorded, &leads))
		return out_of_memory(p);
	p->longest_ns = leads.ns[leads.nr - 1];
	lead_sample_release(&leads);
	if (low_burst(p->demand, p->longest_ns, &p->burst))
		return out_of_memory(p);
	p->robust_low = low_of(p->burst.rise, m->reserve);
	p->exact_low = m->base && m->block && m->reserve <= INT32_MAX
			       ? low_exact(p->demand, p->longest_ns, m->base, m->block, m->reserve)
			       : LOW_NONE;
	return CLI_OK;
}

static int fixed_pool(struct tune *t, struct tune_pool *p)
{
	struct plan_request q = {.loss = t->options.loss, .hold_ns = p->summary->hold.p999_ns};

	if (p->demand->marks_known)
		q.like.reserve = p->demand->marks.reserve;
	p->fixed = calloc(1, sizeof(*p->fixed));
	if (!p->fixed || plan_size(p->demand, &q, p->fixed))
		return out_of_memory(p);
	return CLI_OK;
}

/* --- the report: each part of it once it is known
 * -------------------------------------------------
 */

static int cannot_write(void)
{
	return cli_fail(CLI_UNREADABLE, "tune: cannot write the output");
}

/* What was printed has to be seen, also at the other end of a pipe. */
static int show(struct tune *t)
{
	t->printed = true;
	return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}

static struct advice_request advice_request(const struct tune *t, const struct tune_pool *p)
{
	return (struct advice_request){
		.lead = p->lead,
		.lead_recorded = t->lead.recorded,
		.loss = t->options.loss,
		.seed = t->options.seed,
		.hold_ns = p->summary->hold.p999_ns,
		.identity_checked = p->summary->identity_checked,
		.identity_mismatches = p->summary->identity_mismatches,
		.events_lost = pool_has_loss(&t->trace, p->summary),
	};
}

/* What is known before the search. */
static int advise_first(struct tune *t, struct tune_pool *p)
{
	struct advice_request q = advice_request(t, p);

	p->advice = calloc(1, sizeof(*p->advice));
	return p->advice && !advice_first(p->demand, &q, p->advice) ? CLI_OK : out_of_memory(p);
}

static int advise_rest(struct tune *t, struct tune_pool *p)
{
	struct advice_request q = advice_request(t, p);
	int ret = demand_make_steps(p->demand);

	if (!ret)
		ret = advice_search(p->demand, &q, p->advice);
	if (ret == -ENOTSUP)
		return cli_fail(CLI_UNREADABLE,
				"tune: pool %u: the marks count ticks, and no tick was recorded",
				p->summary->pool);
	return ret ? out_of_memory(p) : CLI_OK;
}

static int advise(struct tune *t, struct tune_pool *p)
{
	int status;

	if (!p->has_length)
		return fixed_pool(t, p);
	status = advise_first(t, p);
	return status ? status : advise_rest(t, p);
}

static int verify(struct tune *t, struct tune_pool *p)
{
	char why[TUNE_WHY_BYTES];

	p->verdict = calloc(1, sizeof(*p->verdict));
	if (!p->verdict)
		return out_of_memory(p);
	if (tune_verify(&t->options, p, p->verdict, why))
		return cli_fail(CLI_UNREADABLE, "tune: --verify: pool %u: %s", p->summary->pool,
				why);
	return CLI_OK;
}

/* Of the marks that were asked for, or recorded. */
static int explain(struct tune *t, struct tune_pool *p)
{
	const struct policy_marks *m = p->has_what_if ? &p->what_if_marks : &p->demand->marks;
	int ret;

	if (!p->has_what_if && !p->demand->marks_known)
		return cli_fail(CLI_USAGE,
				"tune: pool %u: no marks were recorded: add --what-if to --explain",
				p->summary->pool);
	p->explained_marks = *m;
	ret = t->options.json ? tune_explain_json(&t->options, p, m, &p->explained)
			      : tune_explain(&t->options, p, m);
	if (ret == -EINVAL)
		return cli_fail(
			CLI_USAGE,
			"tune: --explain: '%s' is no instant; such as 1.5s after the start, "
			"or nanoseconds since the epoch",
			t->options.explain);
	return ret ? out_of_memory(p) : CLI_OK;
}

static int answer(struct tune *t, struct tune_pool *p)
{
	int status;

	if (!p->demand)
		return CLI_OK;
	if (t->options.explain) {
		status = t->options.what_if ? what_if(t, p) : CLI_OK;
		if (!status)
			status = bracket(t, p, &p->demand->marks);
		return status ? status : explain(t, p);
	}
	if (t->options.what_if) {
		status = what_if(t, p);
		return status ? status : bracket(t, p, &p->what_if_marks);
	}
	status = advise(t, p);
	if (!status)
		status = bracket(t, p, &p->demand->marks);
	return !status && t->options.verify ? verify(t, p) : status;
}

/* All pools are answered. */
static int print(struct tune *t)
{
	int ret = 0;

	if (t->options.json) {
		ret = tune_json(&t->options, t->pools, t->nr);
	} else {
		for (size_t i = 0; i < t->nr; i++)
			tune_text(&t->options, &t->pools[i]);
	}
	return ret || show(t) ? cannot_write() : CLI_OK;
}

/* What a search says; and what a re-run does with it. */
static int tell_advice(struct tune *t, struct tune_pool *p)
{
	int status = advise_first(t, p);

	if (status)
		return status;
	tune_text_first(&t->options, p);
	if (show(t))
		return cannot_write();
	status = advise_rest(t, p);
	if (status)
		return status;
	tune_text_found(&t->options, p);
	if (show(t))
		return cannot_write();
	if (t->options.verify)
		status = verify(t, p);
	if (!status)
		tune_text_end(p);
	return status;
}

/* Without leads: how large a fixed pool has to be. */
static int tell_size(struct tune *t, struct tune_pool *p)
{
	int status = p->demand ? fixed_pool(t, p) : CLI_OK;

	if (!status && p->demand && t->options.verify)
		status = demand_make_steps(p->demand) ? out_of_memory(p) : verify(t, p);
	if (!status)
		tune_text(&t->options, p);
	return status;
}

static int tell(struct tune *t, struct tune_pool *p)
{
	int status = p->demand && p->has_length ? tell_advice(t, p) : tell_size(t, p);

	return status ? status : show(t) ? cannot_write() : CLI_OK;
}

/*
 * A pool after the other: the first is answered before the next is read.  A re-run writes into the
 * recording, so that all is read before.
 */
static int tell_all(struct tune *t)
{
	int status = t->options.verify ? read_all(t) : CLI_OK;

	for (size_t i = 0; !status && i < t->nr; i++) {
		struct tune_pool *p = &t->pools[i];

		if (t->query)
			status = read_demand(t, p);
		if (i + 1 == t->nr)
			end_reading(t);
		if (!status)
			status = tell(t, p);
		if (status && t->printed)
			tune_text_unfinished(p);
	}
	return status;
}

static int answer_all(struct tune *t)
{
	int status = read_all(t);

	for (size_t i = 0; !status && i < t->nr; i++)
		status = answer(t, &t->pools[i]);
	if (!status && (!t->options.explain || t->options.json))
		status = print(t);
	return status;
}

static double share_missed(const struct sim_result *r)
{
	return r->takes ? (double)(r->lost + r->resources) / (double)r->takes : 0;
}

/* The status of what was found, once it is printed. */
static int judge(const struct tune *t)
{
	size_t nothing = 0;

	for (size_t i = 0; i < t->nr; i++) {
		const struct tune_pool *p = &t->pools[i];

		nothing += !p->demand;
		if (p->demand && p->demand->marks_known && !p->has_what_if && !t->options.explain &&
		    tune_missed(p->demand).share > t->options.loss)
			return CLI_CHECK_FAILED;
		if (p->has_what_if && t->options.loss_given &&
		    share_missed(&p->what_if) > t->options.loss)
			return CLI_CHECK_FAILED;
	}
	if (nothing == t->nr)
		return cli_fail(CLI_UNREADABLE, "tune: %s: %s", t->options.path,
				t->pools[0].why_not);
	return cli_status_of(&t->trace);
}

static int run(struct tune *t)
{
	char why[TUNE_WHY_BYTES];
	int status;

	if (tune_lead_read(t->options.lead, t->options.seed, &t->lead, why))
		return cli_fail(CLI_USAGE, "tune: --lead: %s", why);
	status = open_pools(t);
	if (!status)
		status = is_told(&t->options) ? tell_all(t) : answer_all(t);
	return status ? status : judge(t);
}

int cli_tune(int argc, char **argv)
{
	struct tune t = {0};
	int status = tune_options_read(&t.options, argc, argv);

	if (!status)
		status = run(&t);
	close_tune(&t);
	return status;
}
