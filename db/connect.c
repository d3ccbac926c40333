/* SPDX-License-Identifier: MIT */
#include "db/connect.h"

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
#include "db/guard.h"
#include "db/lock.h"
#include "db/migrate.h"
#include "db/unnamed.h"

#define HEADER_BYTES 100 /* of any SQLite file: https://sqlite.org/fileformat.html */

enum file_kind { FILE_ABSENT, FILE_EMPTY, FILE_OURS, FILE_FOREIGN };

static long header_int(const unsigned char *at)
{
	return (long)((unsigned long)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]);
}

/* Never as a URI, nor in memory: `file:a.db` and `:memory:` are names of files like any other. */
static int open_plain(const char *path, int flags, sqlite3 **out)
{
	char *name = sqlite3_mprintf("%s%s", *path == '/' ? "" : "./", path);
	int ret = SQLITE_NOMEM;

	*out = NULL;
	if (name)
		ret = sqlite3_open_v2(name, out, flags | SQLITE_OPEN_NOMUTEX, NULL);
	sqlite3_free(name);
	return ret;
}

/*
 * The first bytes of the file, zeros where it is shorter; through SQLite, since a descriptor of our
 * own would drop the locks of this process's connections when it is closed.
 */
static int read_header(const char *path, unsigned char *header, struct db_error *err)
{
	sqlite3_file *file = NULL;
	sqlite3 *db = NULL;
	int code = open_plain(path, SQLITE_OPEN_READONLY, &db), ret = 0;

	if (code == SQLITE_OK)
		code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
	if (code == SQLITE_OK)
		code = file && file->pMethods ? file->pMethods->xRead(file, header, HEADER_BYTES, 0)
					      : SQLITE_CANTOPEN;
	if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ)
		ret = db_fail(err, -EIO, "%s: cannot be read: %s", path, sqlite3_errstr(code));
	sqlite3_close(db);
	return ret;
}

/* What lies at path, from its first bytes; -errno when it cannot be read. */
static int inspect(const char *path, enum file_kind *kind, struct db_error *err)
{
	unsigned char header[HEADER_BYTES] = {0};
	struct stat st;
	int ret;

	*kind = FILE_ABSENT;
	if (stat(path, &st))
		return errno == ENOENT ? 0 : db_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return db_fail(err, -EINVAL, "%s: not a plain file", path);
	if (access(path, R_OK))
		return db_fail(err, -errno, "%s: %s", path, strerror(errno));
	*kind = FILE_EMPTY;
	if (st.st_size == 0)
		return 0;
	ret = read_header(path, header, err);
	if (ret)
		return ret;
	*kind = !memcmp(header, "SQLite format 3", 16) &&
				header_int(header + 68) == DB_APPLICATION_ID
			? FILE_OURS
			: FILE_FOREIGN;
	return 0;
}

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
static bool has_live_writer(sqlite3 *db, const char *path)
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

	if (open_plain(path, SQLITE_OPEN_READONLY, &db) == SQLITE_OK && has_live_writer(db, path))
		ret = refuse_second(db, path, err);
	sqlite3_close(db);
	return ret;
}

static int may_write(const char *path, bool may_replace, enum file_kind *kind, struct db_error *err)
{
	int ret = inspect(path, kind, err);

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

	if (open_plain(path, SQLITE_OPEN_READWRITE, &db) != SQLITE_OK ||
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
	if (open_plain(path, SQLITE_OPEN_READWRITE, &out->db) != SQLITE_OK)
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

/* Returns: the file's version; -errno when no program of this version can do anything with it. */
static int check_version(sqlite3 *db, const char *path, struct db_error *err)
{
	struct db_error why;
	long long version = 0;
	int ret = connect_get_int(db, "PRAGMA user_version", &version, &why);

	if (ret)
		return db_fail(err, ret, "%s: %s", path, why.text);
	if (version > DB_SCHEMA_VERSION)
		return db_fail(
			err, -EPROTO,
			"%s: written by a newer Poolscope (schema %lld, this program knows %d); "
			"update Poolscope",
			path, version, DB_SCHEMA_VERSION);
	if (version < 1)
		return db_fail(err, -EINVAL, "%s: not a whole Poolscope recording", path);
	return (int)version;
}

/* An older recorder would find its tables changed under it. */
static int refuse_recording(sqlite3 *db, const char *path, struct db_error *err)
{
	if (!has_live_writer(db, path))
		return 0;
	return db_fail(err, -EBUSY,
		       "%s: is being recorded by an older Poolscope; look at it when that is over",
		       path);
}

/* A file is input: nothing in its schema is to run. */
static void distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
}

static int migrate_open(sqlite3 *db, const char *path, struct db_error *err)
{
	struct db_error why;
	int ret = refuse_recording(db, path, err);

	if (ret)
		return ret;
	ret = migrate(db, &why);
	return ret ? db_fail(err, ret, "%s: written by an older Poolscope: %s", path, why.text) : 0;
}

/* The file at path, which is of an older schema, is brought up to this one. */
static int migrate_file(const char *path, struct db_error *err)
{
	struct guard guard;
	sqlite3 *db = NULL;
	int ret = 0;

	if (open_plain(path, SQLITE_OPEN_READWRITE, &db) != SQLITE_OK)
		ret = db_fail(err, -EIO, "%s: cannot be opened: %s", path,
			      db ? sqlite3_errmsg(db) : "out of memory");
	if (!ret) {
		sqlite3_busy_timeout(db, 5000);
		guard_install(&guard, path, db);
		ret = migrate_open(db, path, err);
	}
	sqlite3_close(db);
	return ret;
}

/* A finished recording in a folder that cannot be written: no WAL index can be made beside it. */
static int open_immutable(const char *path, sqlite3 **out)
{
	char *uri = sqlite3_mprintf("file:%s%s?immutable=1", *path == '/' ? "//" : "./", path);
	char wal[4096];
	int ret = SQLITE_CANTOPEN;

	/* Characters that mean something in a URI, or content still in the WAL: not this way. */
	if (uri && !strpbrk(path, "?#%") &&
	    snprintf(wal, sizeof(wal), "%s-wal", path) < (int)sizeof(wal) && access(wal, F_OK))
		ret = sqlite3_open_v2(uri, out,
				      SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX,
				      NULL);
	sqlite3_free(uri);
	return ret;
}

static int open_reader(const char *path, struct guard *guard, sqlite3 **out)
{
	int ret = open_plain(path, SQLITE_OPEN_READONLY, out);
	long long n;
	struct db_error why;

	if (ret == SQLITE_OK)
		guard_install(guard, path, *out);
	/* Of the schema alone: whatever else is in the file is not looked at yet. */
	if (ret == SQLITE_OK &&
	    !connect_get_int(*out, "SELECT count(*) FROM sqlite_schema", &n, &why))
		return SQLITE_OK;
	if (*out && (sqlite3_errcode(*out) & 0xff) != SQLITE_CANTOPEN)
		return ret; /* the caller's next statement says what it is */
	sqlite3_close(*out);
	*out = NULL;
	ret = open_immutable(path, out);
	if (ret == SQLITE_OK)
		guard_install(guard, path, *out);
	return ret;
}

/* Returns: the file's version, or -errno. */
static int read_any(const char *path, struct sqlite3 **out, struct db_error *err)
{
	struct guard guard;
	int ret;

	if (open_reader(path, &guard, out) != SQLITE_OK) {
		ret = db_fail(err, -EIO, "%s: cannot be opened: %s", path,
			      *out ? sqlite3_errmsg(*out) : "unable to open database file");
	} else {
		sqlite3_busy_timeout(*out, 2000);
		ret = check_version(*out, path, err);
		if (ret == DB_SCHEMA_VERSION && guard_check_schema(*out, path, err))
			ret = -EINVAL;
		sqlite3_progress_handler(*out, 0, NULL, NULL); /* the guard ends here */
	}
	if (ret < 0 || ret != DB_SCHEMA_VERSION) {
		sqlite3_close(*out);
		*out = NULL;
	}
	return ret;
}

int connect_read(const char *path, struct sqlite3 **out, struct db_error *err)
{
	enum file_kind kind;
	int ret = inspect(path, &kind, err);

	*out = NULL;
	if (ret)
		return ret;
	if (kind == FILE_ABSENT)
		return db_fail(err, -ENOENT, "%s: no such file", path);
	if (kind != FILE_OURS)
		return db_fail(err, -EINVAL, "%s: not a Poolscope recording", path);
	ret = read_any(path, out, err);
	if (ret < 0 || *out)
		return ret < 0 ? ret : 0;
	ret = migrate_file(path, err);
	if (ret)
		return ret;
	ret = read_any(path, out, err);
	return ret < 0 ? ret : 0;
}

static int open_old(const char *path, struct connection *out, struct db_error *err)
{
	int ret;

	if (access(path, W_OK))
		return db_fail(err, -errno, "%s: cannot be written: %s", path, strerror(errno));
	if (open_plain(path, SQLITE_OPEN_READWRITE, &out->db) != SQLITE_OK)
		return db_fail_sqlite(err, out->db, path);
	sqlite3_busy_timeout(out->db, 5000);
	distrust(out->db);
	ret = check_version(out->db, path, err);
	if (ret >= 0 && ret < DB_SCHEMA_VERSION)
		ret = migrate_open(out->db, path, err);
	return ret < 0 ? ret : become_writer(path, out, err);
}

int connect_append(const char *path, struct connection *out, bool *is_old, struct db_error *err)
{
	enum file_kind kind;
	int ret = inspect(path, &kind, err);

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

/* Looked at once it is open: what has the name now is what was opened. */
static int check_visit(sqlite3 *db, const char *path, uint64_t device, uint64_t inode,
		       struct db_error *err)
{
	struct stat st;
	int ret;

	if (stat(path, &st) || st.st_dev != device || st.st_ino != inode)
		return db_fail(err, -ENOENT, "%s: is another file now", path);
	ret = check_version(db, path, err);
	if (ret < 0)
		return ret;
	if (ret != DB_SCHEMA_VERSION)
		return db_fail(err, -EINVAL, "%s: written by an older Poolscope", path);
	ret = guard_check_schema(db, path, err);
	if (ret)
		return ret;
	if (sqlite3_db_readonly(db, "main"))
		return db_fail(err, -EACCES, "%s: cannot be written", path);
	return has_live_writer(db, path) ? -EBUSY : 0;
}

int connect_visit(const char *path, uint64_t device, uint64_t inode, struct guard *guard,
		  struct sqlite3 **out, struct db_error *err)
{
	enum file_kind kind;
	int ret = inspect(path, &kind, err);

	*out = NULL;
	if (ret)
		return ret;
	if (kind != FILE_OURS)
		return db_fail(err, -ENOENT, "%s: %s", path,
			       kind == FILE_ABSENT ? "was removed" : "is another file now");
	if (access(path, W_OK))
		return db_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (open_plain(path, SQLITE_OPEN_READWRITE, out) != SQLITE_OK)
		return db_fail(err, -EACCES, "%s: cannot be written", path);
	guard_install(guard, path, *out);
	sqlite3_busy_timeout(*out, 100);
	/* The log is the recorder's, or who goes on with it: it is not for a visitor to bring in.
	 */
	sqlite3_wal_autocheckpoint(*out, 0);
	sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return check_visit(*out, path, device, inode, err);
}
