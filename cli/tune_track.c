/* SPDX-License-Identifier: MIT */
#include "cli/tune_track.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *marks(const struct policy_marks *m)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "base", (json_int_t)m->base, "block",
			 (json_int_t)m->block, "low", (json_int_t)m->low, "high",
			 (json_int_t)m->high, "limit", (json_int_t)m->limit, "reserve",
			 (json_int_t)m->reserve, "max_pending", (json_int_t)m->max_pending,
			 "shrink_ticks", (json_int_t)m->shrink_ticks);
}

static json_t *predicted(const struct advice_row *r)
{
	return json_pack("{s:[f,f],s:[f,f],s:[f,f],s:I}", "mean_buffers", r->mean.low, r->mean.high,
			 "requests", r->requests.low, r->requests.high, "frees", r->frees.low,
			 r->frees.high, "peak_buffers", (json_int_t)r->s.marks.limit);
}

static json_t *measured(const struct tune_verdict *v)
{
	const struct pool_summary *m = &v->measured;

	return json_pack("{s:I,s:I,s:f,s:I,s:I,s:I}", "lost", (json_int_t)m->totals.dropped,
			 "resources", (json_int_t)m->totals.resources, "mean_buffers",
			 m->total.mean, "peak_buffers", (json_int_t)m->total.max, "requests",
			 (json_int_t)m->totals.requested, "frees", (json_int_t)v->frees);
}

static char *describe(const struct tune_pool *p, const struct tune_verdict *v)
{
	const struct advice_row *r = &p->advice->row[PLAN_SAFE];
	char grade[2] = {r->grade, '\0'};
	json_t *o = json_pack("{s:I,s:s,s:s,s:o,s:o,s:o,s:b}", "pool", (json_int_t)p->summary->pool,
			      "validity", grade, "lead", v->lead, "marks", marks(&r->s.marks),
			      "predicted", predicted(r), "measured", measured(v), "inside",
			      tune_verdict_inside(v));
	char *text = json_dumps(o, JSON_COMPACT);

	json_decref(o);
	return text;
}

/* Whatever else stands in the file: nothing of it is run. */
static int open_file(const char *path, sqlite3 **db)
{
	int ret = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE, NULL);

	if (ret)
		return ret;
	sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return sqlite3_busy_timeout(*db, 2000);
}

static int insert(sqlite3 *db, const char *text)
{
	sqlite3_stmt *s = NULL;
	int ret = sqlite3_prepare_v2(
		db,
		"INSERT INTO meta SELECT 'tuning ' || (1 + count(*)), ? FROM meta "
		"WHERE key LIKE 'tuning %'",
		-1, &s, NULL);

	if (!ret)
		ret = sqlite3_bind_text(s, 1, text, -1, SQLITE_STATIC);
	if (!ret)
		ret = sqlite3_step(s);
	sqlite3_finalize(s);
	return ret == SQLITE_DONE ? SQLITE_OK : ret;
}

/* How many pairs there are, and how many were inside. */
static void count(sqlite3 *db, struct tune_verdict *v)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE key LIKE 'tuning %'", -1, &s,
			       NULL))
		return;
	while (sqlite3_step(s) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(s, 0);
		json_t *o = text ? json_loads(text, 0, NULL) : NULL;

		v->kept++;
		v->kept_inside += json_is_true(json_object_get(o, "inside"));
		json_decref(o);
	}
	sqlite3_finalize(s);
}

void tune_track_keep(const char *path, const struct tune_pool *pool, struct tune_verdict *v)
{
	char *text = describe(pool, v);
	sqlite3 *db = NULL;

	if (pool->trace->recording)
		snprintf(v->not_kept, sizeof(v->not_kept), "it is still being recorded");
	else if (!text)
		snprintf(v->not_kept, sizeof(v->not_kept), "out of memory");
	else if (open_file(path, &db) || insert(db, text))
		snprintf(v->not_kept, sizeof(v->not_kept), "%.120s",
			 db ? sqlite3_errmsg(db) : "out of memory");
	else
		count(db, v);
	sqlite3_close(db);
	free(text);
}
