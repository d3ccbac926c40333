/* SPDX-License-Identifier: MIT */
#include "db/bookmark.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/bookmark_mail.h"
#include "db/connect.h"
#include "db/error.h"
#include "db/guard.h"
#include "db/reader.h"

/* A log that a recorder left behind is for who goes on with the recording to bring in. */
#define SETTLED_WAL_MAX (1 << 20)

/* --- reading ---------------------------------------------------------------------------------- */

static void copy_text(char *to, size_t size, const unsigned char *from)
{
	snprintf(to, size, "%s", from ? (const char *)from : "");
}

static bool read_row(sqlite3_stmt *stmt, struct bookmark *b)
{
	const char *letter = (const char *)sqlite3_column_text(stmt, 0);

	memset(b, 0, sizeof(*b));
	if (!letter || letter[0] < 'a' || letter[0] > 'z' || letter[1])
		return false;
	b->letter = letter[0];
	b->ts_ns = reader_time(sqlite3_column_int64(stmt, 1));
	b->pool =
		sqlite3_column_type(stmt, 2) == SQLITE_INTEGER ? sqlite3_column_int64(stmt, 2) : -1;
	if (b->pool < 0 || b->pool > UINT32_MAX)
		b->pool = -1;
	copy_text(b->view, sizeof(b->view), sqlite3_column_text(stmt, 3));
	copy_text(b->note, sizeof(b->note), sqlite3_column_text(stmt, 4));
	b->set_ns = reader_time(sqlite3_column_int64(stmt, 5));
	return true;
}

int query_bookmarks(struct query *q, struct bookmark out[BOOKMARKS], size_t *nr,
		    struct db_error *err)
{
	sqlite3_stmt *stmt = reader_bind(q, QUERY_BOOKMARKS, 0, NULL);
	int ret;

	*nr = 0;
	while ((ret = reader_step(q, stmt, err)) > 0) {
		struct bookmark b;

		/* Of two that say they are the same the first is right. */
		if (!read_row(stmt, &b) || (*nr && out[*nr - 1].letter >= b.letter))
			continue;
		out[(*nr)++] = b;
		if (*nr == BOOKMARKS)
			break;
	}
	sqlite3_reset(stmt);
	return ret < 0 ? ret : 0;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int run_change(sqlite3 *db, const struct bookmark *b)
{
	static const char set[] = "INSERT OR REPLACE INTO bookmark"
				  " (letter, ts_ns, pool, view, note, set_ns)"
				  " VALUES (?1, ?2, ?3, nullif(?4, ''), nullif(?5, ''), ?6)";
	static const char unset[] = "DELETE FROM bookmark WHERE letter = ?1";
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, b->gone ? unset : set, -1, &stmt, NULL);

	if (code != SQLITE_OK)
		return code;
	sqlite3_bind_text(stmt, 1, &b->letter, 1, SQLITE_STATIC);
	if (!b->gone) {
		sqlite3_bind_int64(stmt, 2, b->ts_ns);
		if (b->pool >= 0)
			sqlite3_bind_int64(stmt, 3, b->pool);
		sqlite3_bind_text(stmt, 4, b->view, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 5, b->note, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 6, b->set_ns);
	}
	sqlite3_step(stmt);
	return sqlite3_finalize(stmt);
}

/* One that cannot be written is not worth a recording: it is left out. */
static void take_one(const struct bookmark *b, void *db)
{
	run_change(db, b);
}

int bookmark_take(const char *path, struct sqlite3 *db)
{
	return mail_read(path, take_one, db);
}

void bookmark_taken(const char *path, int mail, bool committed)
{
	if (mail >= 0)
		mail_close(path, mail, committed);
}

/* Somebody who reads may be in the way, too, where the file has no log. */
static int fail(sqlite3 *db, const char *path, struct db_error *err)
{
	int ret = db_fail_sqlite(err, db, path);

	return (sqlite3_errcode(db) & 0xff) == SQLITE_BUSY ? -EBUSY : ret;
}

/* All in one transaction: what lies beside the file, and then the change, if there is one. */
static int write_all(sqlite3 *db, const char *path, const struct bookmark *b, struct db_error *err)
{
	int mail, ret = 0;

	if (sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return fail(db, path, err);
	mail = bookmark_take(path, db);
	if ((b && run_change(db, b) != SQLITE_OK) ||
	    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		ret = fail(db, path, err);
	if (!sqlite3_get_autocommit(db))
		sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	bookmark_taken(path, mail, !ret);
	return ret;
}

/*
 * The file alone shall have it, so that a copy of the file does.  Most finished recordings have no
 * log (connect_finish()); those that ended in another way may.
 */
static void settle_wal(sqlite3 *db, const char *path)
{
	char name[4096];
	struct stat st;

	if (snprintf(name, sizeof(name), "%s-wal", path) < (int)sizeof(name) && !stat(name, &st) &&
	    st.st_size <= SETTLED_WAL_MAX)
		sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static int write_now(const struct bookmark_file *file, const struct bookmark *b,
		     struct db_error *err)
{
	struct guard guard;
	sqlite3 *db = NULL;
	int ret = connect_visit(file->path, file->device, file->inode, &guard, &db, err);

	if (!ret)
		ret = write_all(db, file->path, b, err);
	if (!ret)
		settle_wal(db, file->path);
	sqlite3_close(db);
	return ret;
}

int bookmark_change(const struct bookmark_file *file, const struct bookmark *b,
		    struct db_error *err)
{
	int ret = write_now(file, b, err);

	if (ret != -EBUSY)
		return ret;
	ret = mail_put(file->path, b, err);
	return ret ? ret : 1;
}

int bookmark_settle(const struct bookmark_file *file, struct db_error *err)
{
	char name[4096];

	if (snprintf(name, sizeof(name), "%s" BOOKMARK_MAIL_NAME, file->path) >=
		    (int)sizeof(name) ||
	    access(name, F_OK))
		return 0;
	return write_now(file, NULL, err);
}
