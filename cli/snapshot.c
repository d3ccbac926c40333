/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/flight.h"
#include "tracer/trail.h"

/* Which flight recorder is meant: by its file, by process, or the only one there is. */
struct search {
	char database[PATH_MAX]; /* "" */
	long pid;		 /* 0 */
	int nr;
	char scratch[108], found[PATH_MAX];
};

static void compare(struct trail *t, void *ctx)
{
	struct search *s = ctx;

	if (!t->flight || (*s->database && strcmp(t->database, s->database) != 0) ||
	    (s->pid && s->pid != t->recorder && s->pid != t->program))
		return;
	s->nr++;
	snprintf(s->scratch, sizeof(s->scratch), "%s", t->scratch);
	snprintf(s->found, sizeof(s->found), "%s", t->database);
}

static int find(const char *which, struct search *s)
{
	struct db_error err = {{0}};
	char *end = NULL;
	int ret = 0;

	if (which)
		s->pid = strtol(which, &end, 10);
	if (which && (*end || s->pid <= 0)) {
		s->pid = 0;
		ret = trail_absolute(which, s->database, sizeof(s->database), &err);
	}
	if (!ret)
		ret = trail_each_alive(compare, s, &err);
	if (ret < 0)
		return cli_fail(CLI_UNREADABLE, "snapshot: %s", err.text);
	if (s->nr == 1)
		return CLI_OK;
	if (s->nr)
		return cli_fail(CLI_USAGE,
				"snapshot: %d flight recorders run here; say which by "
				"its FILE or process",
				s->nr);
	return cli_fail(CLI_UNREADABLE,
			"snapshot: no flight recorder%s%s runs here; start one "
			"with: poolscope record --flight SIZE",
			which ? " of " : "", which ? which : "");
}

/* Waits for the answer, which comes when the database is there. */
static int order(const char *scratch, char *answer, size_t size)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	ssize_t nr;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%.98s/" FLIGHT_SOCKET, scratch);
	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		if (fd >= 0)
			close(fd);
		return -errno;
	}
	while (len < size - 1 && (nr = read(fd, answer + len, size - 1 - len)) != 0) {
		if (nr < 0 && errno != EINTR)
			break;
		len += nr > 0 ? (size_t)nr : 0;
	}
	close(fd);
	answer[len] = 0;
	answer[strcspn(answer, "\n")] = 0;
	return len ? 0 : -ECONNRESET;
}

int cli_snapshot(int argc, char **argv)
{
	struct search search = {.nr = 0};
	char answer[PATH_MAX + 600];
	int ret;

	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		return cli_fail(CLI_USAGE, "snapshot: takes one FILE or process, but got '%s'",
				argv[argc - 1]);
	ret = find(argv[1], &search);
	if (ret)
		return ret;
	ret = order(search.scratch, answer, sizeof(answer));
	if (ret)
		return cli_fail(CLI_UNREADABLE, "snapshot: the recorder of %s does not answer: %s",
				search.found, strerror(-ret));
	if (strncmp(answer, "ok ", 3) != 0)
		return cli_fail(CLI_UNREADABLE, "snapshot: %s",
				strncmp(answer, "error ", 6) ? answer : answer + 6);
	puts(answer + 3);
	return CLI_OK;
}
