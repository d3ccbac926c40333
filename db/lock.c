/* SPDX-License-Identifier: MIT */
#include "db/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

/* Far behind what a file can hold. */
static struct flock whole(void)
{
	return (struct flock){
		.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LONG_MAX - 1, .l_len = 1};
}

static int open_wal(const char *path, int flags)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s-wal", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	flags = open(name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return flags < 0 ? -errno : flags;
}

int lock_take(const char *path)
{
	struct flock lock = whole();
	int fd = open_wal(path, O_RDWR), ret;

	if (fd < 0 || fcntl(fd, F_OFD_SETLK, &lock) == 0)
		return fd;
	ret = errno == EAGAIN || errno == EACCES ? -EBUSY : -ENOTSUP;
	close(fd);
	return ret;
}

enum lock_state lock_look(const char *path)
{
	struct flock lock = whole();
	int fd = open_wal(path, O_RDONLY), ret;

	if (fd == -ENOENT)
		return LOCK_FREE;
	if (fd < 0)
		return LOCK_UNKNOWN;
	ret = fcntl(fd, F_OFD_GETLK, &lock);
	close(fd);
	if (ret)
		return LOCK_UNKNOWN;
	return lock.l_type == F_UNLCK ? LOCK_FREE : LOCK_HELD;
}
