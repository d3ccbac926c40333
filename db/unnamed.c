/* SPDX-License-Identifier: MIT */
#include "db/unnamed.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "db/connect.h"
#include "db/error.h"

#define VFS_NAME  "poolscope-unnamed"
#define FD_FOLDER "/proc/self/fd/"

/* --- the VFS: https://sqlite.org/vfs.html ---------------------------------------------------- */

static sqlite3_vfs vfs;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static int full_pathname(sqlite3_vfs *self, const char *name, int room, char *out)
{
	(void)self;
	return snprintf(out, (size_t)room, "%s", name) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* SQLite follows no link at the end of a name; ours is one that the kernel makes. */
static int open_any(const char *name, int flags, int mode)
{
	if (!strncmp(name, FD_FOLDER, strlen(FD_FOLDER)))
		flags &= ~O_NOFOLLOW;
	return open(name, flags, mode);
}

static void register_vfs(void)
{
	sqlite3_vfs *usual = sqlite3_vfs_find(NULL);

	if (!usual || usual->iVersion < 3 ||
	    usual->xSetSystemCall(usual, "open", (sqlite3_syscall_ptr)open_any) != SQLITE_OK)
		return;
	vfs = *usual;
	vfs.pNext = NULL;
	vfs.zName = VFS_NAME;
	vfs.xFullPathname = full_pathname;
	sqlite3_vfs_register(&vfs, 0);
}

static void name_of(int fd, char *name, size_t room)
{
	snprintf(name, room, FD_FOLDER "%d", fd);
}

/* --- opening --------------------------------------------------------------------------------- */

static int open_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];

	if (slash && snprintf(folder, sizeof(folder), "%.*s",
			      slash == path ? 1 : (int)(slash - path), path) >= (int)sizeof(folder))
		return -1;
	return open(slash ? folder : ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

static int set_pragmas(sqlite3 *db, struct db_error *err)
{
	static const struct connect_pragma pragmas[] = {
		{"journal_mode", "OFF", "off"}, {"synchronous", "OFF", "0"},
		{"temp_store", "MEMORY", "2"},	{"cache_size", "-16384", "-16384"},
		{"secure_delete", "OFF", "0"},	{"trusted_schema", "OFF", "0"},
	};

	return connect_set_pragmas(db, pragmas, sizeof(pragmas) / sizeof(pragmas[0]), err);
}

static int make_schema(sqlite3 *db, struct db_error *err)
{
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, db_schema_sql, NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		return db_fail_sqlite(err, db, "creating");
	return 0;
}

int unnamed_open(const char *path, int *fd, struct sqlite3 **db, struct db_error *err)
{
	char name[64];
	int ret;

	*db = NULL;
	*fd = open_beside(path);
	if (*fd < 0)
		return -EOPNOTSUPP; /* or a folder that cannot be written: the usual way says it */
	pthread_once(&once, register_vfs);
	name_of(*fd, name, sizeof(name));
	ret = sqlite3_open_v2(name, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, VFS_NAME);
	if (ret == SQLITE_OK) {
		ret = set_pragmas(*db, err);
		if (!ret)
			ret = make_schema(*db, err);
	} else {
		ret = -EOPNOTSUPP;
	}
	if (!ret)
		return 0;
	sqlite3_close(*db);
	*db = NULL;
	close(*fd);
	*fd = -1;
	return ret;
}

void unnamed_hurry(int fd)
{
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int unnamed_link(int fd, const char *path, struct db_error *err)
{
	char name[64];

	name_of(fd, name, sizeof(name));
	if (fsync(fd))
		return db_fail(err, -errno, "%s: %s", path, strerror(errno));
	if (!linkat(AT_FDCWD, name, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		return 0;
	if (errno == EEXIST)
		return db_fail(err, -EEXIST, "%s: was created by somebody else in the meantime",
			       path);
	return db_fail(err, -errno, "%s: %s", path, strerror(errno));
}
