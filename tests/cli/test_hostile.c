/* SPDX-License-Identifier: MIT */
/*
 * Recordings that are damaged, or made to hurt: every command that reads one says what it can or
 * one clear line, and never crashes, hangs or takes memory without bound.
 *
 * HOSTILE_RUNS and HOSTILE_SEED choose more mutations, or others; a failure prints both.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/db/fixture.h"
#include "tests/tools/mutate.h"

#define SECONDS_MAX 60 /* for a command on one file: a hang, however slow the machine */
#define MEMORY_MAX  (UINT64_C(1) << 30)

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MEMORY 1 /* a sanitizer maps terabytes */
#else
#define OWN_MEMORY 0
#endif

#ifdef __SANITIZE_THREAD__
/* It waits a second at each end of a process, for races of threads that are left. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "atexit_sleep_ms=0";
}
#endif

static char *original; /* a small recording with something of everything */
static unsigned long seed = 1, runs = OWN_MEMORY ? 40 : 120;

/* --- running the commands -------------------------------------------------------------------- */

static int lines_of(const char *path)
{
	FILE *file = fopen(path, "r");
	int c, lines = 0;

	while (file && (c = getc(file)) != EOF)
		lines += c == '\n';
	if (file)
		fclose(file);
	return lines;
}

/* In a process of its own, this program again (see main()).  Never returns. */
static void run_all(const char *file, const char *said)
{
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};

	if (!OWN_MEMORY)
		setrlimit(RLIMIT_AS, &memory);
	if (!freopen("/dev/null", "w", stdout))
		_exit(100);
	for (int i = 0; i < MUTATE_COMMANDS; i++) {
		int status;

		if (!freopen(said, "w", stderr))
			_exit(100);
		alarm(SECONDS_MAX);
		status = mutate_command(i, file);
		fflush(stderr);
		if (status < 0 || status > 4)
			_exit(101 + i);
		if (getenv("HOSTILE_SHOW"))
			dprintf(3, "%d ", status);
		/* 2 is SQL that the file's schema makes wrong; both say why in one line. */
		if (lines_of(said) != (status == 3 || status == 2))
			_exit(150 + i);
	}
	_exit(0);
}

/* What the failed command said goes to the log. */
static void show(const char *path)
{
	char line[500];
	FILE *file = fopen(path, "r");

	while (file && fgets(line, sizeof(line), file))
		fprintf(stderr, "# %s", line);
	if (file)
		fclose(file);
}

static void survives(const char *file, const char *what)
{
	char said[128];
	int status;
	pid_t child;

	snprintf(said, sizeof(said), "%s.said", file);
	fflush(NULL);
	child = fork();
	if (!child) {
		execl("/proc/self/exe", "test_hostile", file, said, NULL);
		_exit(100);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (status)
		show(said);
	if (WIFSIGNALED(status))
		fail_msg("%s (HOSTILE_SEED=%lu): killed by %s", what, seed,
			 strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		fail_msg("%s (HOSTILE_SEED=%lu): exit %d: command %d: see run_all()", what, seed,
			 WEXITSTATUS(status), (WEXITSTATUS(status) - 1) % 50);
	unlink(said);
}

/* --- the original ---------------------------------------------------------------------------- */

static int make_original(void **state)
{
	struct store *store;
	struct sim_config config = fixture_config(4);
	struct db_error err;
	struct sim sim;

	if (getenv("HOSTILE_SEED"))
		seed = strtoul(getenv("HOSTILE_SEED"), NULL, 10);
	if (getenv("HOSTILE_RUNS"))
		runs = strtoul(getenv("HOSTILE_RUNS"), NULL, 10);
	original = fixture_path();
	store = fixture_open(original);
	config.rate = 4000;
	sim_open(&sim, &config, fixture_emit, store);
	sim_run(&sim, T0 + 500 * MS);
	sim_close(&sim);
	assert_int_equal(store_loss(store, 0, -1, T0, T0 + 9 * MS, 7, "lttng"), 0);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, "a note", &err), 0);
	return 0;
}

static int remove_original(void **state)
{
	fixture_remove(original);
	return 0;
}

static unsigned char *read_original(size_t *nr)
{
	struct stat st;
	unsigned char *bytes;
	int fd = open(original, O_RDONLY);

	assert_true(fd >= 0 && !fstat(fd, &st));
	*nr = (size_t)st.st_size;
	bytes = malloc(*nr);
	assert_int_equal(read(fd, bytes, *nr), *nr);
	close(fd);
	return bytes;
}

static void write_file(const char *path, const unsigned char *bytes, size_t nr)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, bytes, nr), nr);
	close(fd);
}

/* --- damage ---------------------------------------------------------------------------------- */

static void damage(unsigned char *bytes, size_t *nr, uint64_t *random)
{
	size_t pages = *nr / 4096, page = sim_random(random) % pages;
	unsigned char *at = bytes + page * 4096;

	switch (sim_random(random) % 7) {
	case 0: /* a bit */
		bytes[100 + sim_random(random) % (*nr - 100)] ^= 1 << sim_random(random) % 8;
		break;
	case 1: /* a header of a page */
		at[sim_random(random) % 12] = (unsigned char)sim_random(random);
		break;
	case 2: /* cell pointers */
		at[8 + sim_random(random) % 200] = (unsigned char)sim_random(random);
		break;
	case 3: /* a page in the place of another: trees that lead in circles */
		memcpy(bytes + 4096 * (1 + sim_random(random) % (pages - 1)), at, 4096);
		break;
	case 4:
		memset(at + sim_random(random) % 4096 / 2, (int)sim_random(random), 1024);
		break;
	case 5: /* the file's header, but for its name and whose it is */
		bytes[16 + sim_random(random) % 52] = (unsigned char)sim_random(random);
		break;
	default: /* cut off */
		*nr = 100 + sim_random(random) % (*nr - 100);
	}
}

static void damaged_files_are_survived(void **state)
{
	char *path = fixture_path(), what[64];
	size_t size;
	unsigned char *whole = read_original(&size), *bytes = malloc(size);

	for (unsigned long run = 0; run < runs; run++) {
		uint64_t random = seed * 1000003 + run;
		size_t nr = size;

		memcpy(bytes, whole, size);
		for (uint64_t i = sim_random(&random) % 6 + 1; i && nr > 8192; i--)
			damage(bytes, &nr, &random);
		write_file(path, bytes, nr);
		snprintf(what, sizeof(what), "damage %lu", run);
		survives(path, what);
		unlink(path);
	}
	free(whole);
	free(bytes);
	fixture_remove(path);
}

static void every_truncation_of_a_page_is_survived(void **state)
{
	static const size_t cuts[] = {1, 50, 99, 100, 101, 512, 4095, 4096, 4097, 8192, 40960};
	char *path = fixture_path();
	size_t size;
	unsigned char *whole = read_original(&size);

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		write_file(path, whole, cuts[i]);
		survives(path, "truncation");
		unlink(path);
	}
	free(whole);
	fixture_remove(path);
}

/* --- values and schemas ---------------------------------------------------------------------- */

/* A copy of the original, changed by SQL that may also write the schema itself. */
static void change(const char *path, const char *sql)
{
	size_t size;
	unsigned char *whole = read_original(&size);
	char *said = NULL;
	sqlite3 *db;

	unlink(path);
	write_file(path, whole, size);
	free(whole);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db,
		     "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA "
		     "writable_schema = ON",
		     NULL, NULL, NULL);
	if (sqlite3_exec(db, sql, NULL, NULL, &said) != SQLITE_OK)
		fail_msg("%s: %s", sql, said);
	sqlite3_close(db);
}

static void changed_is_survived(const char *sql)
{
	char *path = fixture_path();

	change(path, sql);
	survives(path, sql);
	fixture_remove(path);
}

/* The same, and nothing is shown: one line, exit 3. */
static void changed_is_refused(const char *sql)
{
	char *path = fixture_path();
	struct db_error err = {""};
	struct query *q = NULL;

	change(path, sql);
	survives(path, sql);
	if (query_open(path, &q, &err) != -EINVAL)
		fail_msg("not refused: %s", sql);
	assert_string_not_equal(err.text, "");
	fixture_remove(path);
}

#define FOR_EVER "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT "

static void tables_that_are_none_are_refused(void **state)
{
	changed_is_refused("ALTER TABLE meta RENAME TO m;"
			   "CREATE VIEW meta AS " FOR_EVER "x AS key, x AS value FROM c");
	changed_is_refused("ALTER TABLE progress RENAME TO p; CREATE VIEW progress AS " FOR_EVER
			   "x AS one, x AS events, x AS lost_seq, x AS lost_told, x AS losses,"
			   " x AS start_ns, x AS end_ns, x AS committed_ns FROM c");
	changed_is_refused("ALTER TABLE ev_drop RENAME TO e; CREATE VIEW ev_drop AS " FOR_EVER
			   "x AS id, x AS ts, x AS count, x AS cause FROM c");
	changed_is_refused("DROP TABLE ev_rx; CREATE VIRTUAL TABLE ev_rx USING fts5(id, ts, what,"
			   " available, ids)");
	changed_is_refused("DROP TABLE ev_violation; CREATE TABLE ev_violation (id INTEGER PRIMARY"
			   " KEY, ts, rule, object AS (zeroblob(ts)))");
	changed_is_refused("DROP TABLE loss");
	changed_is_refused("ALTER TABLE summary DROP COLUMN hold_histogram");
	changed_is_refused("DELETE FROM sqlite_schema");
	changed_is_refused("UPDATE sqlite_schema SET sql = 'CREATE TABLE x(' WHERE name = 'pool'");
}

static void views_and_triggers_of_others_do_no_harm(void **state)
{
	changed_is_survived("DROP VIEW event; CREATE VIEW event AS " FOR_EVER "x AS id FROM c");
	changed_is_survived("DROP VIEW event; CREATE VIEW event AS SELECT * FROM event2;"
			    "CREATE VIEW event2 AS SELECT * FROM event");
	changed_is_survived("DROP VIEW allocation; CREATE VIEW allocation AS SELECT"
			    " zeroblob(2000000000) AS pool");
	changed_is_survived("CREATE TRIGGER t AFTER UPDATE ON pool BEGIN DELETE FROM pool; END");
	changed_is_survived("UPDATE sqlite_schema SET rootpage = 3 WHERE type = 'table'");
	changed_is_survived(
		"UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
		" WHERE name = 'ev_rx') WHERE name IN ('pool', 'summary')");
	changed_is_survived("PRAGMA user_version = 1"); /* migrated, or one line */
	changed_is_survived("PRAGMA user_version = -5");
	changed_is_survived("PRAGMA user_version = 2147483647");
	changed_is_survived("INSERT INTO meta VALUES ('padding', zeroblob(30000000))");
	changed_is_survived("UPDATE meta SET value = zeroblob(9) || 'x'");
}

/* Every column of every table: none of them may be trusted. */
/* SQLite's random() in the place of its own, so that HOSTILE_SEED says all. */
static void seeded(sqlite3_context *context, int nr, sqlite3_value **values)
{
	sqlite3_result_int64(context, (int64_t)(sim_random(sqlite3_user_data(context)) >> 1));
}

static void absurd_values_are_survived(void **state)
{
	static const char *const values[] = {"NULL",
					     "-1",
					     "0",
					     "9223372036854775807",
					     "-9223372036854775808",
					     "4294967295",
					     "1e308",
					     "'text'",
					     "zeroblob(100000)",
					     "x'ff80ff80ff80ff80ff80ff80'",
					     "replace(hex(zeroblob(500)), '00', char(27))"};
	uint64_t random = seed;
	char *path = fixture_path(), sql[512], what[64];

	for (unsigned long run = 0; run < runs / 2; run++) {
		sqlite3 *db;
		sqlite3_stmt *columns;

		/* Without NOT NULL, keys and checks anything can be anywhere. */
		change(path, "UPDATE sqlite_schema SET sql = replace(replace(sql, ' NOT NULL', ''),"
			     " 'CHECK (one = 1)', '')");
		assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
		assert_int_equal(sqlite3_create_function(db, "random", 0, SQLITE_UTF8, &random,
							 seeded, NULL, NULL),
				 SQLITE_OK);
		assert_int_equal(
			sqlite3_prepare_v2(db,
					   "SELECT s.name, x.name FROM sqlite_schema s,"
					   " pragma_table_info(s.name) x WHERE s.type = 'table'"
					   " AND s.name NOT LIKE 'sqlite%'",
					   -1, &columns, NULL),
			SQLITE_OK);
		sqlite3_exec(db, "PRAGMA synchronous = OFF; BEGIN", NULL, NULL, NULL);
		while (sqlite3_step(columns) == SQLITE_ROW) {
			if (sim_random(&random) % 6)
				continue;
			snprintf(sql, sizeof(sql), "UPDATE OR IGNORE %s SET %s = %s%s",
				 (const char *)sqlite3_column_text(columns, 0),
				 (const char *)sqlite3_column_text(columns, 1),
				 values[sim_random(&random) % 11],
				 sim_random(&random) % 2 ? "" : " WHERE random() % 3 = 0");
			sqlite3_exec(db, sql, NULL, NULL, NULL);
		}
		sqlite3_finalize(columns);
		sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
		sqlite3_close(db);
		snprintf(what, sizeof(what), "values %lu", run);
		survives(path, what);
	}
	fixture_remove(path);
}

static int take_row(int nr, const char *const *values, bool is_header, void *ctx)
{
	return 0;
}

static void a_statement_for_ever_is_given_up(void **state)
{
	struct db_error err = {""};
	struct query *q = fixture_query(original);

	query_sql_limit(q, 200 * MS);
	assert_int_equal(query_sql(q, FOR_EVER "sum(x) FROM c", take_row, NULL, &err), -ETIME);
	query_close(q);
}

/*
 * With a file, and where its commands are to write what they say: one such process.  It is a new
 * program, since some commands start threads, which a mere fork of this one cannot under
 * ThreadSanitizer.
 */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_files_are_survived),
		cmocka_unit_test(every_truncation_of_a_page_is_survived),
		cmocka_unit_test(tables_that_are_none_are_refused),
		cmocka_unit_test(views_and_triggers_of_others_do_no_harm),
		cmocka_unit_test(absurd_values_are_survived),
		cmocka_unit_test(a_statement_for_ever_is_given_up),
	};

	if (argc == 3)
		run_all(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, make_original, remove_original);
}
