/* SPDX-License-Identifier: MIT */
/* `poolscope stat`: what a recording says, in one screen. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/stat_json.h"
#include "cli/text.h"
#include "db/bookmark.h"
#include "db/leak.h"
#include "db/query.h"

static unsigned long long n(uint64_t value)
{
	return value;
}

struct loss_list {
	int64_t start_ns;
	unsigned nr;
};

static void print_trace(const char *path, const struct trace_status *t)
{
	printf("%s: %s", path, t->ended);
	if (*t->note)
		printf(" (%s)", text_printable(t->note));
	printf("\n  recorded     %llu event%s", n(t->events), text_plural(t->events));
	if (t->end_ns)
		printf(" in %s from %s", text_duration(t->end_ns - t->start_ns),
		       text_moment(t->start_ns));
	if (t->events_from_ns)
		printf("\n  kept         single events from %s on; the figures tell of all",
		       text_moment(t->events_from_ns));
	if (t->nr_losses)
		printf("\n  LOST         %llu event%s in %llu place%s", n(t->lost),
		       text_plural(t->lost), n(t->nr_losses), text_plural(t->nr_losses));
	else
		printf("\n  lost         nothing");
	putchar('\n');
}

#define LOSSES_SHOWN 8

/* Where events are missing: a line each, the first few of them. */
static int print_loss(const struct query_loss *loss, void *ctx)
{
	struct loss_list *list = ctx;
	char pool[32] = "pool unknown", seq[40] = "";

	if (list->nr++ == LOSSES_SHOWN)
		return LOSSES_SHOWN;
	if (loss->pool >= 0)
		snprintf(pool, sizeof(pool), "pool %lld", (long long)loss->pool);
	if (loss->first_seq >= 0)
		snprintf(seq, sizeof(seq), ", exact, from seq %lld", (long long)loss->first_seq);
	printf("               %s to %s  %s  ", text_since(loss->start_ns, list->start_ns),
	       text_since(loss->end_ns, list->start_ns), pool);
	if (loss->events)
		printf("%llu event%s", n(loss->events), text_plural(loss->events));
	else
		printf("nobody knows how many");
	printf("  (%s%s)\n", text_printable(loss->source), seq);
	return 0;
}

static int print_losses(struct query *q, const struct trace_status *t, struct db_error *err)
{
	struct loss_list list = {.start_ns = t->start_ns};
	int ret = query_losses(q, print_loss, &list, err);

	if (ret == LOSSES_SHOWN)
		printf("               ... and %llu more: poolscope sql FILE 'SELECT * FROM "
		       "loss'\n",
		       n(t->nr_losses) - LOSSES_SHOWN);
	return ret < 0 ? ret : 0;
}

static void print_heading(const struct pool_summary *p)
{
	printf("\npool %u", p->pool);
	if (*p->name)
		printf("  %s", text_printable(p->name));
	if (p->generation)
		printf("  NDIS %u", p->generation);
	if (p->buffer_bytes && p->buffer_bytes != POOL_UNKNOWN)
		printf("  buffers of %u bytes", p->buffer_bytes);
	if (p->closed_ns && p->opened_ns)
		printf("  open for %s", text_duration(p->closed_ns - p->opened_ns));
	else
		printf("  %s", p->closed_ns ? "closed" : "still open");
	putchar('\n');
}

/* Put behind the labels of figures that lost events have touched; print_pool() sets it. */
static char loss_mark = ' ';

static void print_label(const char *label)
{
	printf("  %-11s%c ", label, loss_mark);
}

static void print_latency(const char *label, const struct latency *l)
{
	print_label(label);
	if (!l->count) {
		puts("none");
		return;
	}
	printf("p50 %s  p90 %s  p95 %s  p99 %s  p99.9 %s  p99.99 %s  max %s  (%llu)\n",
	       text_duration(l->p50_ns), text_duration(l->p90_ns), text_duration(l->p95_ns),
	       text_duration(l->p99_ns), text_duration(l->p999_ns), text_duration(l->p9999_ns),
	       text_duration(l->max_ns), n(l->count));
}

static void print_range(const char *label, const struct range *r)
{
	print_label(label);
	if (r->known)
		printf("min %u  mean %.1f  max %u\n", r->min, r->mean, r->max);
	else
		printf("unknown\n");
}

static void print_verdict(const char *label, const char *what, uint64_t checked,
			  uint64_t mismatches, int64_t first_ns, int64_t start_ns)
{
	if (!checked)
		printf("  %-12s unknown: nothing could be compared\n", label);
	else if (!mismatches)
		printf("  %-12s ok, %llu %s%s compared\n", label, n(checked), what,
		       text_plural(checked));
	else
		printf("  %-12s %llu of %llu %ss DISAGREE, the first %s after the start\n", label,
		       n(mismatches), n(checked), what, text_duration(first_ns - start_ns));
}

static void print_marks(const struct pool_marks *m)
{
	if (!pool_marks_known(m)) {
		printf("  marks        unknown\n");
		return;
	}
	printf("  marks        base %u  block %u  low %u  high %u  limit %u  reserve %u  "
	       "max-pending %u  shrink-ticks %u",
	       m->base, m->block, m->low, m->high, m->limit, m->reserve, m->max_pending,
	       m->shrink_ticks);
	if (m->probe_ticks)
		printf("  probe-ticks %u", m->probe_ticks);
	putchar('\n');
}

static void print_leak(const struct trace_status *t, const struct pool_summary *p)
{
	struct leak leak = leak_judge(t, p);

	print_label("leaks");
	if (leak.verdict == LEAK_NONE) {
		puts("none");
		return;
	}
	if (leak.verdict == LEAK_UNPROVEN)
		printf("unproven: %s; now ", leak.why);
	printf("%llu block%s, %llu buffer%s, %llu request%s out\n", n(leak.blocks),
	       text_plural(leak.blocks), n(leak.buffers), text_plural(leak.buffers),
	       n(leak.requests), text_plural(leak.requests));
}

/* Blocks of the start are counted among the live ones only: a driver has them all its life. */
static void print_blocks(const struct pool_summary *p)
{
	const struct pool_totals *o = &p->totals;
	uint64_t granted = o->completed > o->freed ? o->completed - o->freed : 0;

	printf("%llu granted on request, %llu of them freed; %llu live", n(o->completed),
	       n(o->freed), n(p->live_blocks));
	if (p->live_blocks > granted)
		printf(", %llu from the start", n(p->live_blocks - granted));
	putchar('\n');
}

static void print_pool(const struct pool_summary *p, const struct trace_status *t)
{
	const struct pool_marks *m = &p->marks;
	const struct pool_totals *o = &p->totals;

	print_heading(p);
	print_marks(m);
	loss_mark = pool_has_loss(t, p) ? '~' : ' ';
	print_label("requests");
	printf("%llu = %llu refused + %llu completed + %llu failed + %llu pending\n",
	       n(o->requested), n(o->refused), n(o->completed), n(o->failed), n(p->pending));
	print_label("blocks");
	print_blocks(p);
	print_label("buffers");
	printf("%llu taken, %llu returned, %llu held, %llu RESOURCES\n", n(o->taken),
	       n(o->returned), n(p->held), n(o->resources));
	print_label("dropped");
	printf("%llu frame%s\n", n(o->dropped), text_plural(o->dropped));
	print_range("available", &p->available);
	print_range("total", &p->total);
	if (pool_marks_known(m))
		print_label("crossings");
	if (pool_marks_known(m))
		printf("low %llu, high %llu\n", n(p->low_crossings), n(p->high_crossings));
	print_latency("lead time", &p->lead);
	print_latency("hold time", &p->hold);
	print_label("violations");
	printf("%llu\n", n(p->violations));
	print_leak(t, p);
	if (p->lost)
		printf("  LOST         %llu event%s: figures marked ~ may be off\n", n(p->lost),
		       text_plural(p->lost));
	else if (loss_mark == '~')
		printf("  LOST         perhaps: events of no known pool; figures marked ~ may be "
		       "off\n");
	loss_mark = ' ';
	print_verdict("audit", "tick", p->audit_ticks, p->audit_mismatches,
		      p->audit_first_mismatch_ns, t->start_ns);
	if (*p->audit_what)
		printf("               there the driver says %s %llu, the events say %llu\n",
		       p->audit_what, n(p->audit_said), n(p->audit_counted));
	if (pool_marks_known(m))
		print_verdict("identity", "decision", p->identity_checked, p->identity_mismatches,
			      p->identity_first_mismatch_ns, t->start_ns);
	else
		printf("  identity     not applicable: the driver says no marks\n");
}

/* What somebody who looked at it found worth a letter. */
static int print_bookmarks(struct query *q, const struct trace_status *t, struct db_error *err)
{
	struct bookmark b[BOOKMARKS];
	size_t nr;
	int ret = query_bookmarks(q, b, &nr, err);

	if (ret || !nr)
		return ret;
	puts("\nbookmarks");
	for (size_t i = 0; i < nr; i++) {
		printf("  %c            %s", b[i].letter, text_since(b[i].ts_ns, t->start_ns));
		if (b[i].pool >= 0)
			printf("  pool %lld", (long long)b[i].pool);
		if (*b[i].note)
			printf("  %s", text_printable(b[i].note));
		putchar('\n');
	}
	return 0;
}

static int print(struct query *q, const char *path, const struct trace_status *trace,
		 const struct pool_summary *pools, size_t nr, struct db_error *err)
{
	int ret;

	print_trace(path, trace);
	ret = print_losses(q, trace, err);
	for (size_t i = 0; i < nr && !ret; i++)
		print_pool(&pools[i], trace);
	return ret ? ret : print_bookmarks(q, trace, err);
}

static int stat_file(const char *path, bool json)
{
	struct pool_summary *pools = NULL;
	struct trace_status trace;
	struct query *q = NULL;
	struct db_error err = {""};
	size_t nr = 0;
	int status = CLI_UNREADABLE;

	if (query_open(path, &q, &err) || query_begin(q, &err) || query_status(q, &trace, &err) ||
	    query_pools(q, &pools, &nr, &err) ||
	    (json ? stat_json(q, &trace, pools, nr, &err)
		  : print(q, path, &trace, pools, nr, &err)))
		cli_fail(status, "stat: %s", err.text);
	else if (fflush(stdout) || ferror(stdout))
		cli_fail(status, "stat: cannot write the output");
	else
		status = cli_status_of(&trace);
	free(pools);
	query_close(q);
	return status;
}

int cli_stat(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
						{NULL, 0, NULL, 0}};
	bool json = false;
	int opt;

	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'j')
			return cli_fail(CLI_USAGE,
					"stat: unknown option '%s'; see: poolscope stat "
					"--help",
					argv[optind - 1]);
		json = true;
	}
	if (optind + 1 != argc)
		return cli_fail(CLI_USAGE, "stat: give one recording; see: poolscope stat --help");
	return stat_file(argv[optind], json);
}
