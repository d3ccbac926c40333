/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DB_COMPARE_H
#define TESTS_DB_COMPARE_H
/*
 * Are two recordings equal?  Every row of every table, but for what says when they were written:
 * meta, and the heartbeat in progress.  And tapes: events kept in memory, to be told in many ways.
 */
#include "tests/db/fixture.h"
#include "tuner/judge.h"

static inline void compare_run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

/* Times relative to the first event become absolute: files may differ in what came first. */
static inline void compare_normalise(const char *path)
{
	static const char *const tables[] = {"open",	 "tick",      "request", "refused",
					     "complete", "free",      "rx",	 "drop",
					     "fallback", "violation", "close"};
	static const char base[] = "(SELECT value FROM meta WHERE key = 'base_ns')";
	char sql[512];
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	compare_run(db, "BEGIN");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(sql, sizeof(sql), "UPDATE ev_%s SET ts = ts + %s", tables[i], base);
		compare_run(db, sql);
	}
	snprintf(sql, sizeof(sql),
		 "UPDATE alloc SET requested = requested + %s, completed = completed + %s,"
		 " freed = freed + %s",
		 base, base, base);
	compare_run(db, sql);
	compare_run(db, "UPDATE meta SET value = 0 WHERE key = 'base_ns'; COMMIT");
	sqlite3_close(db);
}

static inline int64_t compare_count(sqlite3 *db, const char *a, const char *b, const char *what)
{
	char sql[1024];
	sqlite3_stmt *stmt;
	int64_t nr;

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM (SELECT %s EXCEPT SELECT %s)", a, b);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		fail_msg("%s: %s: %s", what, sql, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	nr = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return nr;
}

/* Both files end up normalised.  what: named when they differ. */
static inline void compare_equal(const char *path, const char *other, const char *what)
{
	static const char *const tables[][2] = {
		{"*", "trace"},
		{"events, lost_seq, lost_told, losses, start_ns, end_ns", "progress"},
		{"*", "pool"},
		{"*", "summary"},
		{"*", "ev_open"},
		{"*", "ev_tick"},
		{"*", "ev_request"},
		{"*", "ev_refused"},
		{"*", "ev_complete"},
		{"*", "ev_free"},
		{"*", "ev_rx"},
		{"*", "ev_drop"},
		{"*", "ev_fallback"},
		{"*", "ev_violation"},
		{"*", "ev_close"},
		{"*", "alloc"},
		{"*", "level_row"},
		{"*", "latency_row"},
		{"*", "held"},
		{"pool, start_ns, end_ns, events, source, first_seq, trace, count(*)", "loss"},
	};
	char sql[200], a[160], b[160];
	sqlite3 *db;

	compare_normalise(path);
	compare_normalise(other);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	snprintf(sql, sizeof(sql), "ATTACH '%s' AS other", other);
	compare_run(db, sql);
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		const char *group =
			strstr(tables[i][0], "count(*)") ? " GROUP BY 1,2,3,4,5,6,7" : "";

		snprintf(a, sizeof(a), "%s FROM main.%s%s", tables[i][0], tables[i][1], group);
		snprintf(b, sizeof(b), "%s FROM other.%s%s", tables[i][0], tables[i][1], group);
		if (compare_count(db, a, b, what) || compare_count(db, b, a, what))
			fail_msg("%s: table %s of %s and %s differs: %d rows here, %d there", what,
				 tables[i][1], path, other, (int)compare_count(db, a, b, what),
				 (int)compare_count(db, b, a, what));
	}
	sqlite3_close(db);
}

/* --- tapes ----------------------------------------------------------------------------------- */

struct compare_tape {
	struct pool_event *events;
	uint32_t *ids;
	size_t nr, room, nr_ids, ids_room;
};

static inline void compare_tape_add(const struct pool_event *e, void *ctx)
{
	struct compare_tape *t = ctx;
	struct pool_event *copy;

	if (t->nr == t->room) {
		t->room = t->room ? t->room * 2 : 4096;
		t->events = realloc(t->events, t->room * sizeof(*t->events));
	}
	copy = &t->events[t->nr++];
	*copy = *e;
	if (e->kind != POOL_EVENT_RX_TAKE && e->kind != POOL_EVENT_RX_RETURN)
		return;
	if (t->nr_ids + e->u.rx.nr_buffers > t->ids_room) {
		t->ids_room = t->ids_room ? t->ids_room * 2 : 65536;
		t->ids = realloc(t->ids, t->ids_room * sizeof(*t->ids));
	}
	memcpy(t->ids + t->nr_ids, e->u.rx.buffers, e->u.rx.nr_buffers * sizeof(uint32_t));
	copy->u.rx.buffers = (const uint32_t *)t->nr_ids; /* an index: ids may still move */
	t->nr_ids += e->u.rx.nr_buffers;
}

/* The lives of several pools, taking turns. */
static inline struct compare_tape *compare_tape(uint64_t seed, uint32_t pools, double seconds)
{
	struct compare_tape *t = calloc(1, sizeof(*t));
	struct sim *sims = calloc(pools, sizeof(*sims));

	for (uint32_t i = 0; i < pools; i++) {
		struct sim_config config = fixture_config(seed * 16 + i);

		config.pool = i;
		config.marks.base += 64 * i;
		config.marks.high += 32 * i;
		sim_open(&sims[i], &config, compare_tape_add, t);
	}
	for (int64_t ns = 0; ns < (int64_t)(seconds * 1e9); ns += 10 * MS)
		for (uint32_t i = 0; i < pools; i++)
			sim_run(&sims[i], T0 + ns);
	for (uint32_t i = 0; i < pools; i++)
		sim_close(&sims[i]);
	free(sims);
	for (size_t i = 0; i < t->nr; i++)
		if (t->events[i].kind == POOL_EVENT_RX_TAKE ||
		    t->events[i].kind == POOL_EVENT_RX_RETURN)
			t->events[i].u.rx.buffers = t->ids + (size_t)t->events[i].u.rx.buffers;
	return t;
}

static inline void compare_tape_free(struct compare_tape *t)
{
	free(t->events);
	free(t->ids);
	free(t);
}

/* --- judged stores --------------------------------------------------------------------------- */

struct compare_store {
	struct store *store;
	struct judge *judge;
};

/* Continues the file, or begins it. */
static inline int compare_open(const char *path, const struct store_options *more,
			       struct compare_store *out)
{
	struct store_options options = more ? *more : (struct store_options){.trace = "test"};
	struct db_error err;
	int ret;

	out->judge = judge_open();
	options.append = true;
	options.observe = judge_observe;
	options.restart = judge_restart;
	options.before_commit = judge_before_commit;
	options.ctx = out->judge;
	ret = store_open(path, &options, &out->store, &err);
	if (ret)
		print_message("%s\n", err.text);
	return ret;
}

static inline void compare_close(struct compare_store *s)
{
	fixture_close(s->store);
	judge_close(s->judge);
}

#endif
