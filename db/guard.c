/* SPDX-License-Identifier: MIT */
#include "db/guard.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#include "db/connect.h"
#include "db/error.h"

/* What any query may do, however small the file: some seconds of work. */
#define TICKS_MIN 10000
#define ROWS_MIN  100000
/* The smallest rows take some bytes each, and looking at one a few instructions. */
#define BYTES_A_ROW  4
#define BYTES_A_TICK 10000
#define SIZE_AGE_NS  INT64_C(50000000)

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Called by SQLite each GUARD_TICK_OPS instructions; other than 0 interrupts the statement. */
static int tick(void *ctx)
{
	struct guard *g = ctx;

	if (g->stop && g->stop(g->stop_ctx))
		g->stopped = true;
	if (g->stopped)
		return 1;
	if (g->deadline_ns)
		return now_ns() > g->deadline_ns;
	return g->ticks_max && ++g->ticks > g->ticks_max + g->rows / 4;
}

void guard_install(struct guard *g, const char *path, struct sqlite3 *db)
{
	static const struct {
		int what, most;
	} limits[] = {
		{SQLITE_LIMIT_LENGTH, GUARD_VALUE_MAX},
		{SQLITE_LIMIT_SQL_LENGTH, 1 << 20},
		{SQLITE_LIMIT_COLUMN, 256},
		{SQLITE_LIMIT_EXPR_DEPTH, 200},
		{SQLITE_LIMIT_COMPOUND_SELECT, 64},
		{SQLITE_LIMIT_VDBE_OP, 1 << 20},
		{SQLITE_LIMIT_ATTACHED, 0},
		{SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000},
		{SQLITE_LIMIT_TRIGGER_DEPTH, 1},
		{SQLITE_LIMIT_WORKER_THREADS, 0},
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i].what, limits[i].most);
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
	sqlite3_exec(db, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0", NULL, NULL, NULL);
	*g = (struct guard){.path = path};
	sqlite3_progress_handler(db, GUARD_TICK_OPS, tick, g);
	guard_begin(g);
}

static uint64_t size_of(const char *path, const char *suffix)
{
	char name[4096];
	struct stat st;

	if (!path || snprintf(name, sizeof(name), "%s%s", path, suffix) >= (int)sizeof(name) ||
	    stat(name, &st))
		return 0;
	return (uint64_t)st.st_size;
}

/* It may be growing: the size is asked for anew, but not for each of a thousand look-ups. */
static void look_at_size(struct guard *g)
{
	int64_t now = now_ns();

	if (g->sized_ns && now - g->sized_ns < SIZE_AGE_NS)
		return;
	g->bytes = size_of(g->path, "") + size_of(g->path, "-wal");
	g->sized_ns = now;
}

void guard_begin(struct guard *g)
{
	if (!g->path)
		return;
	look_at_size(g);
	g->deadline_ns = 0;
	g->ticks = g->rows = 0;
	g->ticks_max = TICKS_MIN + g->bytes / BYTES_A_TICK;
	g->rows_max = ROWS_MIN + g->bytes / BYTES_A_ROW;
}

void guard_begin_timed(struct guard *g, int64_t limit_ns)
{
	guard_begin(g);
	g->ticks_max = 0;
	if (limit_ns)
		g->deadline_ns = now_ns() + limit_ns;
}

int guard_row(struct guard *g, struct db_error *err)
{
	if (!g->path || ++g->rows <= g->rows_max)
		return 0;
	return db_fail(err, -EINVAL,
		       "%s: the database is damaged: more rows than a file of this size can hold",
		       g->path);
}

#define TABLES                                                                                     \
	"'meta', 'trace', 'progress', 'pool', 'summary', 'ev_open', 'ev_tick', 'ev_request',"      \
	" 'ev_refused', 'ev_complete', 'ev_free', 'ev_rx', 'ev_drop', 'ev_fallback',"              \
	" 'ev_violation', 'ev_close', 'alloc', 'level_row', 'latency_row', 'loss', 'held',"        \
	" 'bookmark'"
#define NR_TABLES 22

int guard_check_schema(struct sqlite3 *db, const char *path, struct db_error *err)
{
	struct db_error why;
	long long plain = 0, computed = 0;
	/* A view and a virtual table have no root page. */
	int ret = connect_get_int(db,
				  "SELECT count(DISTINCT name) FROM sqlite_schema"
				  " WHERE type = 'table' AND rootpage > 1 AND name IN (" TABLES ")",
				  &plain, &why);

	if (!ret && plain == NR_TABLES)
		ret = connect_get_int(db,
				      "SELECT count(*) FROM sqlite_schema s,"
				      " pragma_table_xinfo(s.name) x WHERE s.name IN (" TABLES
				      ") AND x.hidden <> 0",
				      &computed, &why);
	if (ret)
		return db_fail(err, ret, "%s: %s", path, why.text);
	if (plain != NR_TABLES || computed)
		return db_fail(err, -EINVAL,
			       "%s: not a whole Poolscope recording: its tables are not those of "
			       "one",
			       path);
	return 0;
}
