/* SPDX-License-Identifier: MIT */
/* Bookmarks are kept in the file, whoever writes it, and never in the recorder's way. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "db/bookmark.h"
#include "db/bookmark_mail.h"
#include "tests/db/fixture.h"

static struct db_error err;

static struct bookmark_file file_of(const char *path)
{
	struct bookmark_file file = {.path = path};
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	file.device = st.st_dev;
	file.inode = st.st_ino;
	return file;
}

static struct bookmark at(char letter, int64_t ts_ns, const char *note)
{
	struct bookmark b = {.letter = letter, .ts_ns = ts_ns, .pool = 7, .set_ns = T0 + 5};

	snprintf(b.view, sizeof(b.view), "latency");
	snprintf(b.note, sizeof(b.note), "%s", note);
	return b;
}

/* The recorder may be taking what lies there. */
static int change(const struct bookmark_file *file, const struct bookmark *b)
{
	int ret;

	do {
		err.text[0] = 0;
		ret = bookmark_change(file, b, &err);
	} while (ret == -EAGAIN);
	return ret;
}

static int set(const char *path, char letter, int64_t ts_ns, const char *note)
{
	struct bookmark_file file = file_of(path);
	struct bookmark b = at(letter, ts_ns, note);

	return change(&file, &b);
}

static int unset(const char *path, char letter)
{
	struct bookmark_file file = file_of(path);
	struct bookmark b = {.letter = letter, .gone = true};

	return change(&file, &b);
}

/* The letters in the file, and the last of its bookmarks. */
static const char *letters_of(const char *path, struct bookmark *last)
{
	static char letters[BOOKMARKS + 1];
	struct bookmark found[BOOKMARKS];
	struct query *q = fixture_query(path);
	size_t nr;

	if (query_bookmarks(q, found, &nr, &err))
		fail_msg("%s", err.text);
	for (size_t i = 0; i < nr; i++)
		letters[i] = found[i].letter;
	letters[nr] = 0;
	if (last)
		*last = nr ? found[nr - 1] : (struct bookmark){.gone = true};
	query_close(q);
	return letters;
}

static bool lies_beside(const char *path, const char *suffix)
{
	char name[96];

	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return access(name, F_OK) == 0;
}

static char *finished(void)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);

	fixture_life(1, 0.05, fixture_emit, store);
	fixture_close(store);
	return path;
}

static void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void bookmark_of_a_finished_recording_is_in_its_file(void **state)
{
	char *path = finished();
	struct query *reader = fixture_query(path); /* whoever sets one looks at the file */
	struct bookmark b;

	assert_string_equal(letters_of(path, NULL), "");
	assert_int_equal(set(path, 'c', T0 + 30, "why it matters"), 0);
	assert_int_equal(set(path, 'a', T0 + 10, ""), 0);
	assert_string_equal(letters_of(path, &b), "ac");
	assert_int_equal(b.letter, 'c');
	assert_int_equal(b.ts_ns, T0 + 30);
	assert_int_equal(b.pool, 7);
	assert_int_equal(b.set_ns, T0 + 5);
	assert_string_equal(b.view, "latency");
	assert_string_equal(b.note, "why it matters");
	assert_int_equal(set(path, 'c', T0 + 40, ""), 0);
	letters_of(path, &b);
	assert_int_equal(b.ts_ns, T0 + 40);
	assert_string_equal(b.note, "");
	assert_int_equal(unset(path, 'c'), 0);
	assert_int_equal(unset(path, 'z'), 0);
	assert_string_equal(letters_of(path, NULL), "a");
	query_close(reader);
	fixture_remove(path);
}

/* A copy of the one file has them, though somebody reads it. */
static void bookmark_needs_no_log_beside_the_file(void **state)
{
	char *path = finished(), *copy = fixture_path(), command[256];
	struct query *reader = fixture_query(path);

	assert_int_equal(set(path, 'x', T0 + 1, "here"), 0);
	snprintf(command, sizeof(command), "cp %s %s", path, copy);
	assert_int_equal(system(command), 0);
	assert_string_equal(letters_of(copy, NULL), "x");
	query_close(reader);
	fixture_remove(path);
	fixture_remove(copy);
}

static void recorder_takes_what_was_left_for_it(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);

	fixture_life(1, 0.05, fixture_emit, store);
	assert_int_equal(store_flush(store), 0);
	assert_int_equal(set(path, 'a', T0 + 10, "first"), 1);
	assert_int_equal(set(path, 'b', T0 + 20, ""), 1);
	assert_int_equal(set(path, 'd', T0 + 30, ""), 1);
	assert_int_equal(unset(path, 'b'), 1);
	assert_int_equal(store_flush(store), 0);
	assert_string_equal(letters_of(path, NULL), "ad");
	assert_false(lies_beside(path, BOOKMARK_MAIL_NAME));
	assert_int_equal(set(path, 'e', T0 + 30, ""), 1);
	fixture_close(store);
	assert_string_equal(letters_of(path, NULL), "ade");
	assert_false(lies_beside(path, BOOKMARK_MAIL_NAME));
	fixture_remove(path);
}

/* While the recorder is in the middle of a batch, and while anybody else writes. */
static void nobody_waits_for_a_lock_of_the_recording(void **state)
{
	char *path = finished();
	struct bookmark_file file = file_of(path);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(set(path, 'a', T0 + 10, "later"), 1);
	assert_true(lies_beside(path, BOOKMARK_MAIL_NAME));
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	/* Nobody records: it is put in. */
	assert_int_equal(bookmark_settle(&file, &err), 0);
	assert_string_equal(letters_of(path, NULL), "a");
	assert_false(lies_beside(path, BOOKMARK_MAIL_NAME));
	assert_int_equal(bookmark_settle(&file, &err), 0);
	fixture_remove(path);
}

static void later_change_goes_in_after_the_one_that_waits(void **state)
{
	char *path = finished();
	struct bookmark b = at('a', T0 + 10, "old");

	assert_int_equal(mail_put(path, &b, &err), 0);
	assert_int_equal(set(path, 'a', T0 + 20, "new"), 0);
	letters_of(path, &b);
	assert_int_equal(b.ts_ns, T0 + 20);
	assert_false(lies_beside(path, BOOKMARK_MAIL_NAME));
	fixture_remove(path);
}

static void new_recording_of_the_name_has_none_of_the_old_ones(void **state)
{
	char *path = finished();
	struct bookmark b = at('a', T0 + 10, "of the old one");

	assert_int_equal(mail_put(path, &b, &err), 0);
	fixture_close(fixture_open(path));
	assert_string_equal(letters_of(path, NULL), "");
	fixture_remove(path);
}

static void bookmark_is_not_put_into_another_file(void **state)
{
	char *path = finished();
	struct bookmark_file old = file_of(path);
	struct bookmark b = at('a', T0 + 10, "");

	old.inode++;
	assert_int_equal(bookmark_change(&old, &b, &err), -ENOENT);
	assert_non_null(strstr(err.text, "another file"));
	assert_string_equal(letters_of(path, NULL), "");
	fixture_remove(path);
}

static int as_nobody(const char *path, const struct bookmark_file *file)
{
	struct bookmark b = at('a', T0 + 10, "");
	struct db_error why = {""};

	if (geteuid() == 0 && setuid(65534))
		return 2;
	if (bookmark_change(file, &b, &why) != -EACCES)
		return 3;
	return strstr(why.text, path) && strstr(why.text, "Permission denied") ? 0 : 4;
}

static void file_that_may_not_be_written_says_so(void **state)
{
	char *path = finished(), folder[64];
	struct bookmark_file file = file_of(path);
	int status;
	pid_t pid;

	snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = 0;
	chmod(path, 0444);
	chmod(folder, 0555);
	pid = fork();
	if (!pid)
		_exit(as_nobody(path, &file));
	waitpid(pid, &status, 0);
	chmod(folder, 0755);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_string_equal(letters_of(path, NULL), "");
	fixture_remove(path);
}

static void absurd_rows_are_no_bookmarks(void **state)
{
	char *path = finished();
	struct bookmark b;

	run_sql(path, "INSERT INTO bookmark VALUES ('', 1, 0, '', '', 0), ('A', 1, 0, '', '', 0),"
		      " ('aa', 1, 0, '', '', 0), (x'ff', 1, 0, '', '', 0), ('{', 1, 0, '', '', 0),"
		      " ('b', -5, -9223372036854775807, 1.5, x'1b5b324aff', 'x'),"
		      " ('c', 'no time', 'no pool', zeroblob(100000), printf('%.*c', 100000, 'n'), "
		      "NULL)");
	assert_string_equal(letters_of(path, &b), "bc");
	assert_int_equal(b.ts_ns, 0);
	assert_int_equal(b.pool, -1);
	assert_int_equal(strlen(b.note), BOOKMARK_NOTE_MAX - 1);
	/* However many there are. */
	run_sql(path, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50000)"
		      " INSERT INTO bookmark SELECT 'd' || i, i, 0, '', '', 0 FROM n");
	letters_of(path, &b);
	/* And one can still be set. */
	assert_int_equal(set(path, 'a', T0, ""), 0);
	assert_int_equal(letters_of(path, NULL)[0], 'a');
	fixture_remove(path);
}

static void table_that_is_none_is_refused(void **state)
{
	struct query *q;
	char *path = finished();

	run_sql(path,
		"DROP TABLE bookmark; CREATE VIEW bookmark AS SELECT 'a' AS letter, 1 AS ts_ns,"
		" 0 AS pool, '' AS view, '' AS note, 0 AS set_ns");
	assert_int_equal(query_open(path, &q, &err), -EINVAL);
	assert_int_equal(set(path, 'a', T0, ""), -EINVAL);
	fixture_remove(path);
}

static void count(const struct bookmark *b, void *ctx)
{
	++*(int *)ctx;
}

static void lines_that_are_none_are_passed_over(void **state)
{
	char *path = finished(), name[96], line[512];
	struct bookmark b = at('q', T0 + 3, "two\nlines \x1b[2J"), back;
	int nr = 0, mail;
	FILE *f;

	snprintf(name, sizeof(name), "%s" BOOKMARK_MAIL_NAME, path);
	f = fopen(name, "w");
	fputs("set\nset A 1 1 1 - x\nset aa 1 1 1 - x\nset b -1 1 1 - x\n", f);
	fputs("set c 99999999999999999999 1 1 - x\nunset\nunset aa\nunset 1\n", f);
	fputs("set d 5 99999999999999 7 aviewwithalongname\n\n%s%n%s\n", f);
	for (int i = 0; i < 3000; i++)
		fputs("nonsense nonsense ", f);
	fputs("\nset g 5 -1 7 -\n", f);
	mail_format(&b, line, sizeof(line));
	fputs(line, f);
	fclose(f);
	mail = mail_read(path, count, &nr);
	assert_true(mail >= 0);
	assert_int_equal(nr, 2); /* g and q */
	mail_close(path, mail, false);
	assert_int_equal(set(path, 'z', T0, ""), 0);
	assert_string_equal(letters_of(path, NULL), "gqz");
	*strchr(line, '\n') = 0;
	assert_true(mail_parse(line, &back));
	assert_string_equal(back.note, "two lines  [2J");
	fixture_remove(path);
}

static void what_others_put_there_is_not_taken(void **state)
{
	char *path = finished(), name[96];

	if (geteuid() != 0) {
		print_message("only root can make files of others: skipped\n");
		fixture_remove(path);
		skip();
	}
	snprintf(name, sizeof(name), "%s" BOOKMARK_MAIL_NAME, path);
	fclose(fopen(name, "w"));
	assert_int_equal(chown(name, 65534, 65534), 0);
	assert_int_equal(mail_read(path, count, NULL), -1);
	unlink(name);
	assert_int_equal(symlink("/etc/passwd", name), 0);
	assert_int_equal(mail_read(path, count, NULL), -1);
	unlink(name);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_int_equal(mail_read(path, count, NULL), -1);
	fixture_remove(path);
}

/* --- at full speed ---------------------------------------------------------------------------- */

#define VISITORS 2
#define CHANGES	 200

static atomic_bool changing;

struct visitor {
	pthread_t thread;
	const char *path;
	char letter;
	int failed;
};

static void *visit(void *arg)
{
	struct visitor *v = arg;
	struct bookmark_file file = file_of(v->path);

	for (int i = 1; i <= CHANGES; i++) {
		struct bookmark b = at(v->letter, T0 + i, "again");
		struct db_error why;
		int ret;

		do
			ret = bookmark_change(&file, &b, &why);
		while (ret == -EAGAIN);
		v->failed += ret < 0;
	}
	return NULL;
}

static void *visit_all(void *arg)
{
	struct visitor *v = arg;

	for (int i = 0; i < VISITORS; i++)
		assert_int_equal(pthread_create(&v[i].thread, NULL, visit, &v[i]), 0);
	for (int i = 0; i < VISITORS; i++)
		pthread_join(v[i].thread, NULL);
	atomic_store(&changing, false);
	return NULL;
}

static void recording_goes_on_while_many_set_bookmarks(void **state)
{
	char *path = fixture_path();
	struct store *store = fixture_open(path);
	struct visitor v[VISITORS] = {{.path = path, .letter = 'a'}, {.path = path, .letter = 'b'}};
	struct sim_config config = fixture_config(1);
	struct bookmark b;
	struct sim sim;
	pthread_t all;
	int64_t now = T0;

	assert_int_equal(store_flush(store), 0);
	atomic_store(&changing, true);
	sim_open(&sim, &config, fixture_emit, store);
	assert_int_equal(pthread_create(&all, NULL, visit_all, v), 0);
	while (atomic_load(&changing))
		sim_run(&sim, now += MS);
	pthread_join(all, NULL);
	sim_close(&sim);
	fixture_close(store);
	assert_int_equal(v[0].failed + v[1].failed, 0);
	assert_string_equal(letters_of(path, &b), "ab");
	assert_int_equal(b.ts_ns, T0 + CHANGES);
	assert_int_equal(fixture_int(path, "SELECT min(ts_ns) FROM bookmark"), T0 + CHANGES);
	assert_int_equal(fixture_int(path, "SELECT count(*) FROM loss"), 0);
	fixture_remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bookmark_of_a_finished_recording_is_in_its_file),
		cmocka_unit_test(bookmark_needs_no_log_beside_the_file),
		cmocka_unit_test(recorder_takes_what_was_left_for_it),
		cmocka_unit_test(nobody_waits_for_a_lock_of_the_recording),
		cmocka_unit_test(later_change_goes_in_after_the_one_that_waits),
		cmocka_unit_test(new_recording_of_the_name_has_none_of_the_old_ones),
		cmocka_unit_test(bookmark_is_not_put_into_another_file),
		cmocka_unit_test(file_that_may_not_be_written_says_so),
		cmocka_unit_test(absurd_rows_are_no_bookmarks),
		cmocka_unit_test(table_that_is_none_is_refused),
		cmocka_unit_test(lines_that_are_none_are_passed_over),
		cmocka_unit_test(what_others_put_there_is_not_taken),
		cmocka_unit_test(recording_goes_on_while_many_set_bookmarks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
