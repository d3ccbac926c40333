/* SPDX-License-Identifier: MIT */
/* Opening a file that is there already, to read it or to change one small thing. */
#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/connect_parts.h"
#include "db/error.h"
#include "db/file.h"
#include "db/guard.h"
#include "db/migrate.h"

int connect_version(sqlite3 *db, const char *path, struct db_error *err)
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
	if (!connect_has_writer(db, path))
		return 0;
	return db_fail(err, -EBUSY,
		       "%s: is being recorded by an older Poolscope; look at it when that is over",
		       path);
}

void connect_distrust(sqlite3 *db)
{
	sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
}

int connect_migrate(sqlite3 *db, const char *path, struct db_error *err)
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

	if (file_open(path, SQLITE_OPEN_READWRITE, &db) != SQLITE_OK)
		ret = db_fail(err, -EIO, "%s: cannot be opened: %s", path,
			      db ? sqlite3_errmsg(db) : "out of memory");
	if (!ret) {
		sqlite3_busy_timeout(db, 5000);
		guard_install(&guard, path, db);
		ret = connect_migrate(db, path, err);
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
	int ret = file_open(path, SQLITE_OPEN_READONLY, out);
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
		ret = connect_version(*out, path, err);
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
	int ret = file_inspect(path, &kind, err);

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

/* Looked at once it is open: what has the name now is what was opened. */
static int check_visit(sqlite3 *db, const char *path, uint64_t device, uint64_t inode,
		       struct db_error *err)
{
	struct stat st;
	int ret;

	if (stat(path, &st) || st.st_dev != device || st.st_ino != inode)
		return db_fail(err, -ENOENT, "%s: is another file now", path);
	ret = connect_version(db, path, err);
	if (ret < 0)
		return ret;
	if (ret != DB_SCHEMA_VERSION)
		return db_fail(err, -EINVAL, "%s: written by an older Poolscope", path);
	ret = guard_check_schema(db, path, err);
	if (ret)
		return ret;
	if (sqlite3_db_readonly(db, "main"))
		return db_fail(err, -EACCES, "%s: cannot be written", path);
	return connect_has_writer(db, path) ? -EBUSY : 0;
}

int connect_visit(const char *path, uint64_t device, uint64_t inode, struct guard *guard,
		  struct sqlite3 **out, struct db_error *err)
{
	enum file_kind kind;
	int ret = file_inspect(path, &kind, err);

	*out = NULL;
	if (ret)
		return ret;
	if (kind != FILE_OURS)
		return db_fail(err, -ENOENT, "%s: %s", path,
			       kind == FILE_ABSENT ? "was removed" : "is another file now");
	if (access(path, W_OK))
		return db_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (file_open(path, SQLITE_OPEN_READWRITE, out) != SQLITE_OK)
		return db_fail(err, -EACCES, "%s: cannot be written", path);
	guard_install(guard, path, *out);
	sqlite3_busy_timeout(*out, 100);
	/* The log is the recorder's, or who goes on with it: it is not for a visitor to bring in.
	 */
	sqlite3_wal_autocheckpoint(*out, 0);
	sqlite3_db_config(*out, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	return check_visit(*out, path, device, inode, err);
}
