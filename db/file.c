/* SPDX-License-Identifier: MIT */
#include "db/file.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/connect.h"
#include "db/error.h"

#define HEADER_BYTES 100 /* of any SQLite file: https://sqlite.org/fileformat.html */

static long header_int(const unsigned char *at)
{
	return (long)((unsigned long)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]);
}

int file_open(const char *path, int flags, sqlite3 **out)
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
	int code = file_open(path, SQLITE_OPEN_READONLY, &db), ret = 0;

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

int file_inspect(const char *path, enum file_kind *kind, struct db_error *err)
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
