/* SPDX-License-Identifier: MIT */
#include "viewer/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "db/bookmark.h"
#include "db/leak.h"
#include "viewer/human.h"
#include "viewer/report_parts.h"

static const char style[] =
	"body{font:15px/1.5 system-ui,sans-serif;max-width:62em;margin:2em auto;padding:0 1em;"
	"color:#1a1a1a;background:#fff}\n"
	"h1{font-size:1.5em;margin-bottom:.2em}h2{border-top:2px solid #1a1a1a;padding-top:.5em;"
	"margin-top:2em}h3{margin:1.4em 0 .3em}\n"
	"table{border-collapse:collapse;margin:.5em 0;font-variant-numeric:tabular-nums}\n"
	"th,td{text-align:right;padding:.15em .8em;border-bottom:1px solid "
	"#ccc;white-space:nowrap}\n"
	"th{font-weight:600;white-space:normal;vertical-align:bottom}"
	"th:first-child,td:first-child,.text{text-align:left}"
	"td.text{white-space:normal;overflow-wrap:anywhere}\n"
	"dl{display:grid;grid-template-columns:max-content auto;gap:.15em 1.2em;margin:.5em 0}\n"
	"dt{color:#555}dd{margin:0}\n"
	"figure{margin:1em 0}figure svg{width:100%;height:auto}figcaption{color:#555}\n"
	".bad{font-weight:700;border:2px solid #1a1a1a;padding:.4em .7em}\n"
	"code{background:#f2f2f2;padding:0 .25em}\n"
	"@media print{body{margin:0;max-width:none;font-size:11px}h2{break-before:page}"
	"h2.first{break-before:auto}figure,table{break-inside:avoid}}\n";

void report_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '&')
			fputs("&amp;", out);
		else if (c == '<')
			fputs("&lt;", out);
		else if (c == '>')
			fputs("&gt;", out);
		else if (c == '"')
			fputs("&quot;", out);
		else
			fputc(c < ' ' || c == 0x7f ? '?' : c, out);
	}
}

static void __attribute__((format(printf, 3, 4)))
item(FILE *out, const char *label, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(out, "<dt>%s</dt><dd>", label);
	report_text(out, text);
	fputs("</dd>\n", out);
}

static unsigned long long n(uint64_t value)
{
	return value;
}

/* A report outlives its day: the date, and UTC. */
static const char *moment(int64_t ns, char text[48])
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(text, 48, "%Y-%m-%d %H:%M:%S UTC", &tm))
		snprintf(text, 48, "%lld ns", (long long)ns);
	return text;
}

/* --- the recording ---------------------------------------------------------------------------- */

static void write_summary(struct report *r)
{
	const struct trace_status *t = &r->status;
	char text[48];

	fputs("<dl>\n", r->out);
	item(r->out, "ended", "%s%s%s%s", t->ended, *t->note ? " (" : "", t->note,
	     *t->note ? ")" : "");
	item(r->out, "events", "%llu in %s, from %s on", n(t->events),
	     human_duration(t->end_ns - t->start_ns).s, moment(t->start_ns, text));
	if (t->events_from_ns)
		item(r->out, "kept", "single events from %s on; the figures tell of all",
		     moment(t->events_from_ns, text));
	if (!t->nr_losses)
		item(r->out, "lost", "nothing");
	fputs("</dl>\n", r->out);
	if (t->nr_losses)
		fprintf(r->out,
			"<p class=bad>%llu events were lost in %llu places. Figures that they "
			"touch are marked ~.</p>\n",
			n(t->lost), n(t->nr_losses));
}

static int write_loss(const struct query_loss *loss, void *ctx)
{
	struct report *r = ctx;

	fprintf(r->out, "<tr><td>%s<td>%s<td>",
		human_duration(loss->start_ns - r->status.start_ns).s,
		human_duration(loss->end_ns - r->status.start_ns).s);
	if (loss->pool >= 0)
		fprintf(r->out, "%lld", (long long)loss->pool);
	else
		fputs("unknown", r->out);
	if (loss->events)
		fprintf(r->out, "<td>%llu", n(loss->events));
	else
		fputs("<td>unknown", r->out);
	fputs("<td class=text>", r->out);
	report_text(r->out, loss->source);
	fputs("\n", r->out);
	return 0;
}

static int write_losses(struct report *r, struct db_error *err)
{
	int ret;

	if (!r->status.nr_losses)
		return 0;
	fputs("<h2>Losses</h2>\n<table><tr><th>from<th>to<th>pool<th>events<th>source\n", r->out);
	ret = query_losses(r->query, write_loss, r, err);
	fputs("</table>\n<p>Times are counted from the first event on.</p>\n", r->out);
	return ret;
}

static void write_bookmark(struct report *r, const struct bookmark *b)
{
	fprintf(r->out, "<tr><td>%c<td>%s<td>", b->letter,
		human_duration(b->ts_ns - r->status.start_ns).s);
	if (b->pool >= 0)
		fprintf(r->out, "%lld", (long long)b->pool);
	else
		fputs("-", r->out);
	fputs("<td class=text>", r->out);
	report_text(r->out, b->note);
	fputs("\n", r->out);
}

static int write_bookmarks(struct report *r, struct db_error *err)
{
	struct bookmark b[BOOKMARKS];
	size_t nr;
	int ret = query_bookmarks(r->query, b, &nr, err);

	if (ret || !nr)
		return ret;
	fputs("<h2>Bookmarks</h2>\n<table><tr><th>key<th>time<th>pool<th>note\n", r->out);
	for (size_t i = 0; i < nr; i++)
		write_bookmark(r, &b[i]);
	fputs("</table>\n<p>Times are counted from the first event on.</p>\n", r->out);
	return 0;
}

/* --- a pool ----------------------------------------------------------------------------------- */

static void write_marks(struct report *r, const struct pool_marks *m)
{
	if (!pool_marks_known(m)) {
		item(r->out, "marks", "unknown: the driver says none");
		return;
	}
	item(r->out, "marks",
	     "base %u, block %u, low %u, high %u, limit %u, reserve %u, max-pending %u, "
	     "shrink-ticks %u",
	     m->base, m->block, m->low, m->high, m->limit, m->reserve, m->max_pending,
	     m->shrink_ticks);
}

static void write_range(struct report *r, const char *label, const char *mark,
			const struct range *range)
{
	if (range->known)
		item(r->out, label, "%sminimum %u, mean %.1f, maximum %u", mark, range->min,
		     range->mean, range->max);
	else
		item(r->out, label, "unknown");
}

static void write_verdict(struct report *r, const char *label, const char *what, uint64_t checked,
			  uint64_t mismatches, int64_t first_ns)
{
	if (!checked)
		item(r->out, label, "unknown: nothing could be compared");
	else if (!mismatches)
		item(r->out, label, "ok, %llu %s compared", n(checked), what);
	else
		item(r->out, label, "%llu of %llu %s DISAGREE, the first %s after the start",
		     n(mismatches), n(checked), what,
		     human_duration(first_ns - r->status.start_ns).s);
}

static void write_leak(struct report *r, const struct pool_summary *p)
{
	struct leak leak = leak_judge(&r->status, p);

	if (leak.verdict == LEAK_NONE)
		item(r->out, "leaks", "none");
	else
		item(r->out, "leaks", "%s%s%s%llu blocks, %llu buffers, %llu requests out",
		     leak.verdict == LEAK_UNPROVEN ? "unproven: " : "", leak.why,
		     leak.verdict == LEAK_UNPROVEN ? "; now " : "", n(leak.blocks), n(leak.buffers),
		     n(leak.requests));
}

/* What stands before figures that lost events have touched. */
static const char *mark_of(const struct report *r, const struct pool_summary *p)
{
	return pool_has_loss(&r->status, p) ? "~ " : "";
}

static void write_figures(struct report *r, const struct pool_summary *p)
{
	const char *mark = mark_of(r, p);
	const struct pool_totals *o = &p->totals;

	fputs("<dl>\n", r->out);
	write_marks(r, &p->marks);
	item(r->out, "requests",
	     "%s%llu made: %llu refused, %llu completed, %llu failed, %llu pending", mark,
	     n(o->requested), n(o->refused), n(o->completed), n(o->failed), n(p->pending));
	item(r->out, "buffers", "%s%llu taken, %llu returned, %llu held, %llu RESOURCES", mark,
	     n(o->taken), n(o->returned), n(p->held), n(o->resources));
	item(r->out, "dropped", "%s%llu frames", mark, n(o->dropped));
	write_range(r, "available", mark, &p->available);
	write_range(r, "total", mark, &p->total);
	if (pool_marks_known(&p->marks))
		item(r->out, "crossings", "%slow %llu, high %llu", mark, n(p->low_crossings),
		     n(p->high_crossings));
	item(r->out, "violations", "%s%llu", mark, n(p->violations));
	write_leak(r, p);
	write_verdict(r, "audit", "ticks", p->audit_ticks, p->audit_mismatches,
		      p->audit_first_mismatch_ns);
	if (pool_marks_known(&p->marks))
		write_verdict(r, "identity", "decisions", p->identity_checked,
			      p->identity_mismatches, p->identity_first_mismatch_ns);
	fputs("</dl>\n", r->out);
}

static void write_latency_row(struct report *r, const char *mark, const char *label,
			      const struct latency *l)
{
	const int64_t values[] = {l->p50_ns,  l->p90_ns,   l->p95_ns, l->p99_ns,
				  l->p999_ns, l->p9999_ns, l->max_ns};

	fprintf(r->out, "<tr><td>%s%s<td>%llu", mark, label, n(l->count));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		fprintf(r->out, "<td>%s", l->count ? human_duration(values[i]).s : "-");
	fputs("\n", r->out);
}

static int write_pool(struct report *r, const struct pool_summary *p, bool first,
		      struct db_error *err)
{
	int ret;

	fprintf(r->out, "<h2%s>Pool %u ", first ? " class=first" : "", p->pool);
	report_text(r->out, p->name);
	fputs("</h2>\n", r->out);
	write_figures(r, p);
	fputs("<table><tr><th>latency<th>count<th>p50<th>p90<th>p95<th>p99<th>p99.9<th>p99.99"
	      "<th>max\n",
	      r->out);
	write_latency_row(r, mark_of(r, p), "lead time", &p->lead);
	write_latency_row(r, mark_of(r, p), "hold time", &p->hold);
	fputs("</table>\n", r->out);
	ret = report_pictures(r, p, err);
	if (!ret)
		ret = report_worst(r, p, err);
	return ret ? ret : report_tuning(r, p, err);
}

static int write_pools(struct report *r, struct db_error *err)
{
	struct pool_summary *pools;
	bool first = true;
	size_t nr;
	int ret = query_pools(r->query, &pools, &nr, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < nr && !ret; i++) {
		if (r->options->pool >= 0 && r->options->pool != pools[i].pool)
			continue;
		ret = write_pool(r, &pools[i], first, err);
		first = false;
	}
	free(pools);
	if (!ret && first && r->options->pool >= 0) {
		snprintf(err->text, sizeof(err->text), "there is no pool %lld",
			 (long long)r->options->pool);
		ret = -ENOENT;
	} else if (!ret && first) {
		fputs("<p>No pool is in the recording.</p>\n", r->out);
	}
	return ret;
}

/* --- settings --------------------------------------------------------------------------------- */

static int write_setting(int nr, const char *const *values, bool is_header, void *ctx)
{
	struct report *r = ctx;

	if (is_header || nr != 2 || !values[0])
		return 0;
	fputs("<tr><td>", r->out);
	report_text(r->out, values[0]);
	fputs("<td class=text>", r->out);
	report_text(r->out, values[1] ? values[1] : "");
	fputs("\n", r->out);
	return 0;
}

static int write_settings(struct report *r, struct db_error *err)
{
	int ret;

	fputs("<h2>Settings</h2>\n<table>\n", r->out);
	ret = query_sql(r->query, "SELECT key, value FROM meta ORDER BY key LIMIT 100",
			write_setting, r, err);
	fputs("</table>\n", r->out);
	return ret;
}

/* Round columns, as on the screen, would leave part of the picture empty: these fill it. */
static void choose_time(struct report *r)
{
	r->from_ns = r->options->from_ns ? r->options->from_ns : r->status.start_ns;
	r->to_ns = r->options->to_ns ? r->options->to_ns : r->status.end_ns + 1;
	if (r->to_ns <= r->from_ns)
		r->to_ns = r->from_ns + 1;
	r->width_ns = (r->to_ns - r->from_ns + REPORT_COLUMNS - 1) / REPORT_COLUMNS;
}

int report_write(struct query *q, const struct report_options *options, FILE *out,
		 struct report_result *result, struct db_error *err)
{
	struct report r = {.query = q, .options = options, .result = result, .out = out};
	int ret = query_status(q, &r.status, err);

	*result = (struct report_result){""};
	if (ret)
		return ret;
	choose_time(&r);
	fputs("<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8>\n"
	      "<meta name=viewport content=\"width=device-width\">\n<title>",
	      out);
	report_text(out, options->path);
	fprintf(out, "</title>\n<style>\n%s</style></head>\n<body>\n<h1>", style);
	report_text(out, options->path);
	fputs("</h1>\n", out);
	write_summary(&r);
	ret = write_pools(&r, err);
	if (!ret)
		ret = write_losses(&r, err);
	if (!ret)
		ret = write_bookmarks(&r, err);
	if (!ret)
		ret = write_settings(&r, err);
	if (*result->pictures_missing) {
		fputs("<p>Pictures are missing: ", out);
		report_text(out, result->pictures_missing);
		fputs("</p>\n", out);
	}
	fputs("<p><small>Made by poolscope " POOLSCOPE_VERSION ".</small></p>\n</body></html>\n",
	      out);
	return ret;
}
