/* SPDX-License-Identifier: MIT */
#include "cli/tune_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/tune_track.h"
#include "tracer/process.h"

struct rerun {
	const struct tune_options *options;
	const struct tune_pool *pool;
	const struct advice_row *row;
	struct tune_verdict *v;
	char folder[PATH_MAX - 64];
	char csv[PATH_MAX], db[PATH_MAX], log[PATH_MAX];
	char *why;
};

static int fail(struct rerun *r, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->why, TUNE_WHY_BYTES, format, args);
	va_end(args);
	return error;
}

/* --- the packets --------------------------------------------------------------------------------
 */

/* What was never given back is held until the end. */
static void find_rows(const struct demand *d, struct demand_row *rows, size_t *row_of)
{
	size_t nr = 0;

	for (size_t i = 0; i < d->nr; i++) {
		int64_t t_ns = d->t_ns[i] - d->t_ns[0];

		if (demand_is_take(d, i)) {
			row_of[d->slot[i]] = nr;
			rows[nr++] = (struct demand_row){t_ns, demand_span_ns(d) - t_ns};
		} else {
			struct demand_row *row = &rows[row_of[d->slot[i]]];

			row->hold_ns = t_ns - row->arrival_ns;
		}
	}
}

static int write_rows(struct rerun *r, const struct demand_row *rows, size_t nr)
{
	FILE *file = fopen(r->csv, "wxe");

	if (!file)
		return fail(r, -errno, "%.300s: %s", r->csv, strerror(errno));
	for (size_t i = 0; i < nr; i++)
		fprintf(file, "%" PRId64 ",%" PRId64 "\n", rows[i].arrival_ns, rows[i].hold_ns);
	if (ferror(file) | fclose(file))
		return fail(r, -EIO, "%.300s: cannot be written", r->csv);
	return 0;
}

static int write_demand(struct rerun *r)
{
	const struct demand *d = r->pool->demand;
	struct demand_row *rows = calloc(d->takes, sizeof(*rows));
	size_t *row_of = calloc(d->max_held + 1, sizeof(*row_of));
	int ret;

	if (rows && row_of) {
		find_rows(d, rows, row_of);
		ret = write_rows(r, rows, d->takes);
	} else {
		ret = fail(r, -ENOMEM, "out of memory");
	}
	free(rows);
	free(row_of);
	return ret;
}

/* --- the driver ---------------------------------------------------------------------------------
 */

static int find_refnic(struct rerun *r, char *path, size_t size)
{
	char self[PATH_MAX - 16];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = 0;
		snprintf(path, size, "%.*s/refnic", (int)(strrchr(self, '/') - self), self);
		if (!access(path, X_OK))
			return 0;
	}
	return process_in_path("refnic", path, size)
		       ? 0
		       : fail(r, -ENOENT, "refnic is neither beside poolscope nor in PATH");
}

/* As it was said, if refnic can be told so; else with the recorded median and p99. */
static void name_lead(struct rerun *r)
{
	const struct lead_sample *s = &r->pool->advice->leads;
	int64_t median = lead_sample_quantile(s, 0.5), p99 = lead_sample_quantile(s, 0.99);

	if (strcmp(r->options->lead, "recorded") != 0 && strncmp(r->options->lead, "file:", 5) != 0)
		snprintf(r->v->lead, sizeof(r->v->lead), "%.90s", r->options->lead);
	else if (median > 0 && p99 > median)
		snprintf(r->v->lead, sizeof(r->v->lead),
			 "lognormal:median=%" PRId64 "ns,p99=%" PRId64 "ns", median, p99);
	else
		snprintf(r->v->lead, sizeof(r->v->lead), "fixed:%" PRId64 "ns", median);
}

/* How far apart ticks are: whole milliseconds, as timers know no others. */
static int64_t tick_ms_of(const struct demand *d)
{
	size_t nr = d->nr_ticks;
	int64_t ns = nr > 1 ? (d->ticks[nr - 1].t_ns - d->ticks[0].t_ns) / (int64_t)(nr - 1)
			    : DEMAND_TICK_NS;

	return ns < 1500000 ? 1 : (ns + 500000) / 1000000;
}

#define MARK_ARGS 8

static int run_driver(struct rerun *r)
{
	const struct policy_marks *m = &r->row->s.marks;
	const struct lead_sample *s = &r->pool->advice->leads;
	const struct {
		const char *option;
		uint32_t value;
	} marks[MARK_ARGS] = {
		{"--base", m->base},
		{"--block", m->block},
		{"--low", m->low},
		{"--high", m->high},
		{"--limit", m->limit},
		{"--reserve", m->reserve},
		{"--max-pending", m->max_pending},
		{"--shrink-ticks", m->shrink_ticks},
	};
	char refnic[PATH_MAX], traffic[PATH_MAX + 32], values[MARK_ARGS][16], seed[24], fails[40];
	char probe[32], tick[32];
	char *argv[40] = {refnic,     "--clock", "virtual", "--traffic", traffic, "--lead",
			  r->v->lead, "--seed",	 seed,	    "-o",	 r->db};
	struct process_plan plan = {.argv = argv, .output = r->log};
	int n = 11, ret = find_refnic(r, refnic, sizeof(refnic)), status = 0;
	pid_t pid;

	if (ret)
		return ret;
	snprintf(traffic, sizeof(traffic), "demand:file=\"%s\"", r->csv);
	snprintf(seed, sizeof(seed), "%" PRIu64, r->options->seed);
	for (int i = 0; i < MARK_ARGS; i++) {
		snprintf(values[i], sizeof(values[i]), "%u", marks[i].value);
		argv[n++] = (char *)marks[i].option;
		argv[n++] = values[i];
	}
	if (m->shrink_ticks || m->probe_ticks) {
		snprintf(tick, sizeof(tick), "%" PRId64 "ms", tick_ms_of(r->pool->demand));
		argv[n++] = "--tick";
		argv[n++] = tick;
	}
	if (m->probe_ticks) {
		snprintf(probe, sizeof(probe), "%u", m->probe_ticks);
		argv[n++] = "--lead-probe";
		argv[n++] = probe;
	}
	if (s->failed) {
		snprintf(fails, sizeof(fails), "null:p=%.4f",
			 (double)s->failed / (double)(s->failed + s->nr));
		argv[n++] = "--fail";
		argv[n++] = fails;
	}
	pid = process_start(&plan);
	if (pid < 0)
		return fail(r, (int)pid, "refnic: %s", strerror(-(int)pid));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	if (!WIFEXITED(status) || WEXITSTATUS(status)) {
		char said[200];

		process_last_words(r->log, said, sizeof(said));
		return fail(r, -EIO, "refnic did not get to its end: %s", said);
	}
	return 0;
}

/* --- what it did --------------------------------------------------------------------------------
 */

/* What the policy freed: not what came of a probe, nor what was left for the halt. */
static int count_frees(struct rerun *r)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *s = NULL;
	int ret = sqlite3_open_v2(r->db, &db, SQLITE_OPEN_READONLY, NULL);

	if (!ret)
		ret = sqlite3_prepare_v2(db,
					 "SELECT count(*) FROM allocation WHERE reason = 'shrink'",
					 -1, &s, NULL);
	if (!ret && sqlite3_step(s) == SQLITE_ROW)
		r->v->frees = (uint64_t)sqlite3_column_int64(s, 0);
	else
		ret = fail(r, -EIO, "the re-run: %.300s", sqlite3_errmsg(db));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return ret;
}

static int measure(struct rerun *r)
{
	struct pool_summary *pools = NULL;
	struct query *q = NULL;
	struct db_error err = {""};
	size_t nr = 0;
	int ret = query_open(r->db, &q, &err);

	if (!ret)
		ret = query_pools(q, &pools, &nr, &err);
	if (ret || !nr)
		ret = fail(r, ret ? ret : -EIO, "the re-run: %.300s",
			   ret ? err.text : "there is no pool in it");
	else
		r->v->measured = pools[0];
	free(pools);
	query_close(q);
	return ret ? ret : count_frees(r);
}

/* What is printed of an interval is judged: its ends to so many digits. */
static bool is_inside(double value, const struct interval *i, double digit)
{
	return value >= i->low - digit / 2 && value <= i->high + digit / 2;
}

static void judge(struct rerun *r)
{
	struct tune_verdict *v = r->v;
	const struct pool_summary *m = &v->measured;
	double packets = (double)(m->totals.taken + m->totals.dropped);
	double missed = (double)(m->totals.dropped + m->totals.resources);

	v->lost_inside = missed <= r->options->loss * packets;
	v->mean_inside = is_inside(m->total.mean, &r->row->mean, 0.1);
	v->peak_inside = m->total.max <= r->row->s.marks.limit;
	v->requests_inside = is_inside((double)m->totals.requested, &r->row->requests, 1);
	v->frees_inside = is_inside((double)v->frees, &r->row->frees, 1);
	v->known = true;
}

static int make_folder(struct rerun *r)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(r->folder, sizeof(r->folder), "%.3900s/poolscope-tune-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(r->folder))
		return fail(r, -errno, "%.300s: %s", r->folder, strerror(errno));
	snprintf(r->csv, sizeof(r->csv), "%s/demand.csv", r->folder);
	snprintf(r->db, sizeof(r->db), "%s/rerun.db", r->folder);
	snprintf(r->log, sizeof(r->log), "%s/refnic.log", r->folder);
	return 0;
}

static void remove_folder(const struct rerun *r)
{
	char beside[PATH_MAX + 8];

	unlink(r->csv);
	unlink(r->db);
	unlink(r->log);
	snprintf(beside, sizeof(beside), "%s-wal", r->db);
	unlink(beside);
	snprintf(beside, sizeof(beside), "%s-shm", r->db);
	unlink(beside);
	rmdir(r->folder);
}

int tune_verify(const struct tune_options *options, const struct tune_pool *pool,
		struct tune_verdict *out, char why[TUNE_WHY_BYTES])
{
	struct rerun r = {.options = options, .pool = pool, .v = out};
	int ret;

	r.why = why;
	*out = (struct tune_verdict){.known = false};
	r.row = pool->advice ? &pool->advice->row[PLAN_SAFE] : NULL;
	if (!r.row || !r.row->expected)
		return fail(&r, -ENODATA,
			    "there is nothing to verify: no marks were recommended, "
			    "or no interval is known");
	ret = make_folder(&r);
	if (ret)
		return ret;
	name_lead(&r);
	ret = write_demand(&r);
	if (!ret)
		ret = run_driver(&r);
	if (!ret)
		ret = measure(&r);
	remove_folder(&r);
	if (ret)
		return ret;
	judge(&r);
	tune_track_keep(options->path, pool, out);
	return 0;
}
