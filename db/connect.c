/* SPDX-License-Identifier: MIT */
/* The writer's side. */
#include "db/connect_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db/bookmark.h"
#include "db/error.h"
#include "db/file.h"
#include "db/lock.h"
#include "db/unnamed.h"

int connect_get_int(struct sqlite3 *db, const char *sql, long long *value, struct db_error *err)
{
	sqlite3_stmt *stmt = NULL;
	int ret = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return db_fail_sqlite(err, db, "reading");
	if (sqlite3_step(stmt) == SQLITE_ROW)
		*value = sqlite3_column_int64(stmt, 0);
	else
		ret = db_fail_sqlite(err, db, "reading");
	sqlite3_finalize(stmt);
	return ret;
}

static int set_pragma(sqlite3 *db, const struct connect_pragma *p, struct db_error *err)
{
	char sql[96];
	sqlite3_stmt *stmt = NULL;
	int ret = 0;

	snprintf(sql, sizeof(sql), "PRAGMA %s = %s", p->name, p->value);
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail_sqlite(err, db, sql);
	snprintf(sql, sizeof(sql), "PRAGMA %s", p->name);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		ret = db_fail_sqlite(err, db, sql);
	else if (strcmp((const char *)sqlite3_column_text(stmt, 0), p->expect) != 0)
		ret = db_fail(err, -EIO, "%s stayed %s instead of %s", sql,
			      sqlite3_column_text(stmt, 0), p->expect);
	sqlite3_finalize(stmt);
	return ret;
}

int connect_set_pragmas(struct sqlite3 *db, const struct connect_pragma *pragmas, size_t nr,
			struct db_error *err)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < nr; i++)
		ret = set_pragma(db, &pragmas[i], err);
	return ret;
}

static int set_writer_pragmas(sqlite3 *db, struct db_error *err)
{
	static const struct connect_pragma pragmas[] = {
		{"journal_mode", "WAL", "wal"},
		/* A power cut may take the last commits, never the file; a crash of ours takes
		   none. */
		{"synchronous", "NORMAL", "1"},
		/* 64 MiB: a checkpoint syncs the disk, and the writer waits for it. */
		{"wal_autocheckpoint", "16384", "16384"},
		{"journal_size_limit", "67108864", "67108864"},
		{"temp_store", "MEMORY", "2"},
		{"cache_size", "-16384", "-16384"}, /* KiB */
		{"secure_delete", "OFF", "0"},	    /* events that go are no secret */
		{"trusted_schema", "OFF", "0"},
	};

	return connect_set_pragmas(db, pragmas, sizeof(pragmas) / sizeof(pragmas[0]), err);
}

static int64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Wall time of the newest commit of a recording that is not ended; 0: it is. */
static int64_t last_commit_ns(sqlite3 *db)
{
	long long ns = 0;

	if (connect_get_int(db,
			    "SELECT coalesce((SELECT committed_ns FROM progress, meta"
			    " WHERE key = 'ended' AND value = 'recording'), 0)",
			    &ns, NULL))
		return 0;
	return ns;
}

static bool is_fresh(int64_t committed_ns)
{
	return wall_ns() - committed_ns < DB_DEAD_NS;
}

bool connect_is_written(const char *path, int64_t committed_ns)
{
	return is_fresh(committed_ns) || lock_look(path) == LOCK_HELD;
}

/* A writer that can be asked has the lock; one of an older Poolscope only has its heartbeat. */
bool connect_has_writer(sqlite3 *db, const char *path)
{
	enum lock_state state = lock_look(path);
	long long version = 0;

	connect_get_int(db, "PRAGMA user_version", &version, NULL);
	if (state == LOCK_HELD)
		return true;
	if (state == LOCK_FREE && version >= DB_LOCK_VERSION)
		return false;
	return is_fresh(last_commit_ns(db));
}

/* Says who writes, as far as the file tells. */
static int refuse_second(sqlite3 *db, const char *path, struct db_error *err)
{
	long long pid = 0, since_ns = 0;
	char since[64];
	struct tm tm;
	time_t s;

	connect_get_int(db, "SELECT value FROM meta WHERE key = 'writer'", &pid, NULL);
	connect_get_int(db, "SELECT value FROM meta WHERE key = 'writer_since_ns'", &since_ns,
			NULL);
	if (!pid || !since_ns)
		return db_fail(err, -EBUSY, "%s: is being recorded right now; choose another name",
			       path);
	s = since_ns / 1000000000;
	strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S UTC", gmtime_r(&s, &tm));
	return db_fail(err, -EBUSY,
		       "%s: is being recorded by process %lld since %s; end that recording first, "
		       "or choose another name",
		       path, pid, since);
}

/* Is somebody writing into this recording?  An unreadable one is nobody's. */
static int refuse_if_recorded(const char *path, struct db_error *err)
{
	sqlite3 *db = NULL;
	int ret = 0;

	if (file_open(path, SQLITE_OPEN_READONLY, &db) == SQLITE_OK && connect_has_writer(db, path))
		ret = refuse_second(db, path, err);
	sqlite3_close(db);
	return ret;
}

static int may_write(const char *path, bool may_replace, enum file_kind *kind, struct db_error *err)
{
	int ret = file_inspect(path, kind, err);

	if (ret)
		return ret;
	if (*kind == FILE_FOREIGN)
		return db_fail(err, -EEXIST,
			       "%s: exists and is not a Poolscope recording; choose another name",
			       path);
	if (*kind != FILE_OURS)
		return 0;
	if (!may_replace)
		return db_fail(
			err, -EEXIST,
			"%s: a recording of that name exists; remove it or choose another name",
			path);
	return refuse_if_recorded(path, err);
}

/*
 * Makes the whole file, WAL mode included, before it has its name: readers that open it the moment
 * it appears would hold the lock that the change of mode needs.
 */
static int write_schema(const char *path, struct db_error *err)
{
	sqlite3 *db = NULL;
	int ret = 0;

	if (file_open(path, SQLITE_OPEN_READWRITE, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, db_schema_sql, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL) != SQLITE_OK)
		ret = db_fail_sqlite(err, db, path);
	sqlite3_close(db);
	return ret;
}

static void remove_beside(const char *path, const char *suffix)
{
	char name[4096];

	if (snprintf(name, sizeof(name), "%s%s", path, suffix) < (int)sizeof(name))
		unlink(name);
}

/* Moves the finished new file into place; one that appeared in the meantime is not overwritten. */
static int move_into_place(const char *fresh, const char *path, enum file_kind was,
			   struct db_error *err)
{
	if (was == FILE_ABSENT) {
		if (renameat2(AT_FDCWD, fresh, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno == EEXIST)
			return db_fail(err, -EEXIST, "%s: was created by somebody else", path);
		if (errno != EINVAL && errno != ENOSYS) /* a file system that cannot promise it */
			return db_fail(err, -errno, "%s: %s", path, strerror(errno));
	}
	/* What an earlier recording left beside its file must not be taken for the new one's. */
	remove_beside(path, "-wal");
	remove_beside(path, "-shm");
	remove_beside(path, "-journal");
	remove_beside(path, BOOKMARK_MAIL_NAME);
	if (rename(fresh, path))
		return db_fail(err, -errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int create_file(const char *path, enum file_kind was, struct db_error *err)
{
	char fresh[4096];
	mode_t mask = umask(0);
	int fd, ret;

	umask(mask);
	if (snprintf(fresh, sizeof(fresh), "%s.XXXXXX", path) >= (int)sizeof(fresh))
		return db_fail(err, -ENAMETOOLONG, "%s: name too long", path);
	fd = mkostemp(fresh, O_CLOEXEC);
	if (fd < 0)
		return db_fail(err, -errno, "%s: cannot create: %s", path, strerror(errno));
	fchmod(fd, 0666 & ~mask);
	close(fd);
	ret = write_schema(fresh, err);
	if (!ret)
		ret = move_into_place(fresh, path, was, err);
	if (ret)
		unlink(fresh);
	return ret;
}

/* Remembers which file it is. */
static int identify(const char *path, struct connection *c, struct db_error *err)
{
	struct stat st;

	c->path = realpath(path, NULL);
	if (!c->path || stat(c->path, &st))
		return db_fail(err, -errno, "%s: %s", path, strerror(errno));
	c->device = st.st_dev;
	c->inode = st.st_ino;
	return 0;
}

/* The WAL exists from the first statement on; with it comes the lock. */
static int become_writer(const char *path, struct connection *c, struct db_error *err)
{
	long long n;
	int ret;

	/* A reader that comes or goes can hold the file for a moment. */
	sqlite3_busy_timeout(c->db, 5000);
	ret = set_writer_pragmas(c->db, err);
	if (!ret)
		ret = connect_get_int(c->db, "SELECT count(*) FROM sqlite_schema", &n, err);
	if (ret)
		return ret;
	ret = identify(path, c, err);
	if (ret)
		return ret;
	c->lock = lock_take(path);
	if (c->lock == -EBUSY)
		return refuse_second(c->db, path, err);
	if (c->lock == -ENOTSUP || c->lock >= 0)
		return 0;
	return db_fail(err, c->lock, "%s-wal: %s", path, strerror(-c->lock));
}

int connect_check(const struct connection *c, struct db_error *err)
{
	struct stat st;

	if (c->is_unnamed ||
	    (!stat(c->path, &st) && st.st_dev == c->device && st.st_ino == c->inode))
		return 0;
	return db_fail(err, -ENOENT,
		       "%s: was removed or replaced while it was being recorded; what was "
		       "recorded is gone",
		       c->path);
}

void connect_close(struct connection *c)
{
	sqlite3_close(c->db);
	free(c->path);
	if (c->lock >= 0)
		close(c->lock);
	if (c->is_unnamed)
		close(c->unnamed);
	*c = (struct connection){.lock = -1};
}

int connect_create(const char *path, bool may_replace, struct connection *out, struct db_error *err)
{
	enum file_kind kind;
	int ret = may_write(path, may_replace, &kind, err);

	*out = (struct connection){.lock = -1};
	if (!ret)
		ret = create_file(path, kind, err);
	if (ret)
		return ret;
	if (file_open(path, SQLITE_OPEN_READWRITE, &out->db) != SQLITE_OK)
		ret = db_fail_sqlite(err, out->db, path);
	if (!ret)
		ret = become_writer(path, out, err);
	if (ret)
		connect_close(out);
	return ret;
}

int connect_create_unnamed(const char *path, struct connection *out, struct db_error *err)
{
	enum file_kind kind;
	int ret = may_write(path, false, &kind, err);

	*out = (struct connection){.lock = -1};
	if (!ret && kind != FILE_ABSENT)
		ret = -EOPNOTSUPP;
	if (!ret)
		ret = unnamed_open(path, &out->unnamed, &out->db, err);
	if (ret)
		return ret;
	out->is_unnamed = true;
	out->path = strdup(path);
	if (out->path)
		return 0;
	connect_close(out);
	return db_fail(err, -ENOMEM, "out of memory");
}

/*
 * What is in the WAL goes into the file whoever reads it now; SQLite by itself does so only for the
 * last one that closes it, and a copy of the file alone would be empty.  Readers are waited for as
 * long as a screen takes, not as long as a query may.
 */
static void empty_wal(sqlite3 *db)
{
	sqlite3_busy_timeout(db, 500);
	sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
}

/*
 * A finished recording is one plain file that can be copied and read from a read-only folder. A
 * reader that has it open now keeps it in WAL mode, which does no harm.
 */
int connect_finish(struct connection *c, struct db_error *err)
{
	int ret = 0;

	if (!c->is_unnamed) {
		empty_wal(c->db);
		sqlite3_exec(c->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
	}
	sqlite3_close(c->db);
	c->db = NULL;
	if (c->is_unnamed)
		remove_beside(c->path, BOOKMARK_MAIL_NAME);
	if (c->is_unnamed)
		ret = unnamed_link(c->unnamed, c->path, err);
	connect_close(c);
	return ret;
}

static int open_old(const char *path, struct connection *out, struct db_error *err)
{
	int ret;

	if (access(path, W_OK))
		return db_fail(err, -errno, "%s: cannot be written: %s", path, strerror(errno));
	if (file_open(path, SQLITE_OPEN_READWRITE, &out->db) != SQLITE_OK)
		return db_fail_sqlite(err, out->db, path);
	sqlite3_busy_timeout(out->db, 5000);
	connect_distrust(out->db);
	ret = connect_version(out->db, path, err);
	if (ret >= 0 && ret < DB_SCHEMA_VERSION)
		ret = connect_migrate(out->db, path, err);
	return ret < 0 ? ret : become_writer(path, out, err);
}

int connect_append(const char *path, struct connection *out, bool *is_old, struct db_error *err)
{
	enum file_kind kind;
	int ret = file_inspect(path, &kind, err);

	*out = (struct connection){.lock = -1};
	*is_old = kind == FILE_OURS;
	if (ret)
		return ret;
	if (kind != FILE_OURS)
		return connect_create(path, false, out, err);
	ret = open_old(path, out, err);
	if (ret)
		connect_close(out);
	return ret;
}
