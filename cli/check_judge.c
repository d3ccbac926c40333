/* SPDX-License-Identifier: MIT */
#include "cli/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/text.h"
#include "db/leak.h"

const struct criterion_info criterion_info[CRITERION_NR] = {
	[CRITERION_AUDIT] = {"audit", NULL, "ticks", false},
	[CRITERION_IDENTITY] = {"identity", NULL, "decisions", false},
	[CRITERION_LEAKS] = {"leaks", "max-leaks", "", false},
	[CRITERION_VIOLATIONS] = {"violations", "max-violations", "", false},
	[CRITERION_DROPS] = {"drops", "max-drops", "frames", false},
	[CRITERION_RESOURCES] = {"resources", "max-resources", "buffers", false},
	[CRITERION_REFUSED] = {"refused", "max-refused", "requests", false},
	[CRITERION_FAILED] = {"failed", "max-failed", "requests", false},
	[CRITERION_LEAD_P99] = {"lead p99", "max-lead-p99", "ns", false},
	[CRITERION_HOLD_P99] = {"hold p99", "max-hold-p99", "ns", false},
	[CRITERION_MIN_AVAILABLE] = {"available", "min-available", "buffers", true},
	[CRITERION_MAX_TOTAL] = {"total", "max-total", "buffers", false},
	[CRITERION_LOSS] = {"loss", "max-loss", "events", false},
};

const char *check_result_name(enum check_result result)
{
	static const char *const names[CHECK_NR] = {"ok", "unknown", "unproven", "FAILED"};

	return names[result];
}

/* Which place explains a missed criterion; QUERY_FIRST_NR: none is asked for. */
static enum query_first place_of(enum criterion criterion)
{
	switch (criterion) {
	case CRITERION_VIOLATIONS:
		return QUERY_FIRST_VIOLATION;
	case CRITERION_DROPS:
		return QUERY_FIRST_DROP;
	case CRITERION_RESOURCES:
		return QUERY_FIRST_RESOURCES;
	case CRITERION_REFUSED:
		return QUERY_FIRST_REFUSED;
	case CRITERION_FAILED:
		return QUERY_FIRST_FAILED;
	case CRITERION_LEAD_P99:
		return QUERY_FIRST_LEAD_OVER;
	case CRITERION_HOLD_P99:
		return QUERY_FIRST_HOLD_OVER;
	case CRITERION_MIN_AVAILABLE:
		return QUERY_FIRST_AVAILABLE_UNDER;
	case CRITERION_MAX_TOTAL:
		return QUERY_FIRST_TOTAL_OVER;
	default:
		return QUERY_FIRST_NR;
	}
}

static void judge_verdict(struct check_line *line, uint64_t checked, uint64_t mismatches,
			  int64_t first_ns)
{
	line->known = checked != 0;
	line->measured = mismatches;
	line->first_ns = first_ns;
	if (!checked)
		snprintf(line->detail, sizeof(line->detail), "nothing could be compared");
	else
		snprintf(line->detail, sizeof(line->detail), "of %" PRIu64 " %s compared", checked,
			 criterion_info[line->criterion].unit);
}

static void judge_leaks(struct check_line *line, const struct trace_status *trace,
			const struct pool_summary *pool)
{
	struct leak leak = leak_judge(trace, pool);

	line->known = leak.verdict != LEAK_UNPROVEN;
	line->measured = leak.blocks + leak.buffers + leak.requests;
	if (line->measured)
		snprintf(line->detail, sizeof(line->detail),
			 "%" PRIu64 " block%s, %" PRIu64 " buffer%s, %" PRIu64 " request%s%s%s",
			 leak.blocks, text_plural(leak.blocks), leak.buffers,
			 text_plural(leak.buffers), leak.requests, text_plural(leak.requests),
			 *leak.why ? "; " : "", leak.why);
	else
		snprintf(line->detail, sizeof(line->detail), "%s", leak.why);
}

static void judge_latency(struct check_line *line, const struct latency *latency, bool recorded)
{
	line->known = recorded;
	line->measured = (uint64_t)latency->p99_ns;
	snprintf(line->detail, sizeof(line->detail), recorded ? "of %" PRIu64 : "not recorded",
		 latency->count);
}

static void judge_range(struct check_line *line, const struct range *range, uint32_t value)
{
	line->known = range->known;
	line->measured = value;
	if (!range->known)
		snprintf(line->detail, sizeof(line->detail), "the pool does not say");
}

static void measure(struct check_line *line, const struct trace_status *trace,
		    const struct pool_summary *pool)
{
	line->known = true;
	switch (line->criterion) {
	case CRITERION_AUDIT:
		judge_verdict(line, pool->audit_ticks, pool->audit_mismatches,
			      pool->audit_first_mismatch_ns);
		break;
	case CRITERION_IDENTITY:
		judge_verdict(line, pool->identity_checked, pool->identity_mismatches,
			      pool->identity_first_mismatch_ns);
		break;
	case CRITERION_LEAKS:
		judge_leaks(line, trace, pool);
		break;
	case CRITERION_VIOLATIONS:
		line->measured = pool->violations;
		break;
	case CRITERION_DROPS:
		line->measured = pool->totals.dropped;
		break;
	case CRITERION_RESOURCES:
		line->measured = pool->totals.resources;
		break;
	case CRITERION_REFUSED:
		line->measured = pool->totals.refused;
		break;
	case CRITERION_FAILED:
		line->measured = pool->totals.failed;
		break;
	case CRITERION_LEAD_P99:
		judge_latency(line, &pool->lead, true);
		break;
	case CRITERION_HOLD_P99:
		judge_latency(line, &pool->hold, pool->takes_recorded || !pool->totals.taken);
		break;
	case CRITERION_MIN_AVAILABLE:
		judge_range(line, &pool->available, pool->available.min);
		break;
	case CRITERION_MAX_TOTAL:
		judge_range(line, &pool->total, pool->total.max);
		break;
	case CRITERION_LOSS:
	case CRITERION_NR:
		break;
	}
}

static bool misses(const struct check_line *line)
{
	uint64_t allowed = line->allowed < 0 ? 0 : (uint64_t)line->allowed;

	if (!line->known)
		return false;
	return criterion_info[line->criterion].is_minimum ? line->measured < allowed
							  : line->measured > allowed;
}

static enum check_result conclude(const struct check_line *line)
{
	bool asked = criterion_info[line->criterion].option != NULL;

	if (misses(line))
		return CHECK_FAILED;
	if (!line->known)
		return asked ? CHECK_UNPROVEN : CHECK_UNKNOWN;
	return line->loss ? CHECK_UNPROVEN : CHECK_OK;
}

/* Says where a missed criterion was missed first. */
static int find_place(struct query *q, uint32_t pool, struct check_line *line, struct db_error *err)
{
	enum query_first what = place_of(line->criterion);
	struct query_place place;
	int ret;

	if (what == QUERY_FIRST_NR)
		return 0;
	ret = query_first(q, what, pool, line->allowed, &place, err);
	if (ret || !place.found)
		return ret;
	line->first_ns = place.ts_ns;
	line->within_ns = place.width_ns;
	if (what == QUERY_FIRST_VIOLATION)
		snprintf(line->detail, sizeof(line->detail), "the first of rule R%lld",
			 (long long)place.what);
	else if (place.what > 0)
		snprintf(line->detail, sizeof(line->detail), "the first is request %lld",
			 (long long)place.what);
	return 0;
}

int check_pool(struct query *q, const struct check_limits *limits, const struct trace_status *trace,
	       const struct pool_summary *pool, struct check_line *lines, struct db_error *err)
{
	int nr = 0, ret = 0;

	for (int c = 0; c < CRITERION_LOSS && !ret; c++) {
		struct check_line *line = &lines[nr];

		if (!limits->judged[c])
			continue;
		*line = (struct check_line){.criterion = (enum criterion)c,
					    .allowed = limits->limit[c],
					    .loss = pool_has_loss(trace, pool)};
		measure(line, trace, pool);
		line->result = conclude(line);
		if (line->result == CHECK_FAILED)
			ret = find_place(q, pool->pool, line, err);
		/* 8 ms are counted from the epoch, not from the start. */
		if (line->within_ns && line->first_ns < trace->start_ns)
			line->first_ns = trace->start_ns;
		nr++;
	}
	return ret ? ret : nr;
}

static int take_first(const struct query_loss *loss, void *ctx)
{
	struct check_line *line = ctx;

	line->first_ns = loss->start_ns;
	return 1;
}

int check_trace(struct query *q, const struct check_limits *limits,
		const struct trace_status *trace, struct check_line *line, struct db_error *err)
{
	int ret;

	if (!limits->judged[CRITERION_LOSS])
		return 0;
	*line = (struct check_line){.criterion = CRITERION_LOSS,
				    .known = true,
				    .loss = trace->nr_losses != 0,
				    .measured = trace->lost,
				    .allowed = limits->limit[CRITERION_LOSS]};
	if (!trace->nr_losses)
		return 1;
	snprintf(line->detail, sizeof(line->detail), "in %" PRIu64 " place%s", trace->nr_losses,
		 text_plural(trace->nr_losses));
	/* A place without a count is at least one event. */
	if (misses(line) || (!trace->lost && !line->allowed))
		line->result = CHECK_FAILED;
	else if (!trace->lost)
		line->result = CHECK_UNPROVEN;
	ret = query_losses(q, take_first, line, err);
	return ret < 0 ? ret : 1;
}
