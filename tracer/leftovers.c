/* SPDX-License-Identifier: MIT */
#include "tracer/leftovers.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/daemons.h"
#include "tracer/process.h"
#include "tracer/recording_parts.h"
#include "tracer/session.h"
#include "tracer/trail.h"

struct sweep {
	bool remove, sessiond_answers;
	int nr, sessions;
	void (*say)(const struct leftover *l, void *ctx);
	void *ctx;
};

static void found(struct sweep *s, const char *what, const char *name, const char *database,
		  bool removed)
{
	const struct leftover l = {what, name, database, s->remove && removed};

	s->nr++;
	s->say(&l, s->ctx);
}

static void sweep_session(struct sweep *s, const char *name, const struct trail *t)
{
	struct trace_session session;
	struct db_error ignored = {{0}};
	bool removed = false;

	if (!s->sessiond_answers || !session_exists(name))
		return;
	s->sessions++;
	if (s->remove && !session_adopt(&session, name, &ignored)) {
		session_stop(&session, &ignored);
		session_close(&session);
		removed = !session_exists(name);
	}
	found(s, "session", name, t->database, removed);
}

static void sweep_relayd(struct sweep *s, const struct trail *t)
{
	char name[32];

	if (!process_is(t->relayd, t->relayd_start))
		return;
	snprintf(name, sizeof(name), "%d", (int)t->relayd);
	if (s->remove)
		process_end(t->relayd, SIGTERM, 5000);
	found(s, "relay daemon", name, t->database, !process_is(t->relayd, t->relayd_start));
}

/* Only a folder of ours, and never what a link in its place points to. */
static void sweep_folder(struct sweep *s, const struct trail *t)
{
	struct stat st;

	if (!t->scratch[0] || lstat(t->scratch, &st) || !S_ISDIR(st.st_mode) ||
	    st.st_uid != geteuid())
		return;
	if (s->remove)
		recording_remove_folder(t->scratch);
	found(s, "folder", t->scratch, t->database, lstat(t->scratch, &st) != 0);
}

static void sweep_trail(struct trail *t, void *ctx)
{
	char flight[sizeof(t->session) + sizeof(RECORDING_FLIGHT)];
	struct sweep *s = ctx;

	snprintf(flight, sizeof(flight), "%s" RECORDING_FLIGHT, t->session);
	sweep_session(s, flight, t);
	sweep_session(s, t->session, t);
	sweep_relayd(s, t);
	sweep_folder(s, t);
	if (s->remove)
		trail_remove(t);
	found(s, "trail", t->path, t->database, true);
}

int leftovers_each(bool remove, void (*say)(const struct leftover *l, void *ctx), void *ctx,
		   struct db_error *err)
{
	struct sweep s = {.remove = remove, .say = say, .ctx = ctx};
	struct sessiond sessiond;
	bool joined;
	char name[32];
	pid_t idle;
	int ret = sessiond_join(&sessiond, err);

	if (ret && ret != -ESRCH)
		return ret;
	joined = s.sessiond_answers = !ret;
	ret = trail_each_left(sweep_trail, &s, err);
	if (joined)
		sessiond_leave(&sessiond);
	if (ret < 0)
		return ret;
	idle = sessiond_idle(remove ? 0 : s.sessions);
	if (!idle)
		return s.nr;
	snprintf(name, sizeof(name), "%d", (int)idle);
	if (remove && !sessiond_join(&sessiond, err))
		sessiond_release(&sessiond);
	found(&s, "session daemon", name, NULL, !process_alive(idle));
	return s.nr;
}

struct unknown {
	void (*say)(const char *session, void *ctx);
	void *ctx;
	char dir[256];
	int nr;
};

static void look_up(const char *session, void *ctx)
{
	const char *flight = strstr(session, RECORDING_FLIGHT);
	struct unknown *u = ctx;
	char path[512];

	snprintf(path, sizeof(path), "%s/%.*s.trail", u->dir,
		 flight ? (int)(flight - session) : 100, session);
	if (strncmp(session, "poolscope-", 10) != 0 || !access(path, F_OK))
		return;
	u->nr++;
	u->say(session, u->ctx);
}

int leftovers_unknown(void (*say)(const char *session, void *ctx), void *ctx)
{
	struct unknown u = {.say = say, .ctx = ctx};
	struct db_error ignored = {{0}};

	if (sessiond_state_dir(u.dir, sizeof(u.dir), &ignored))
		return 0;
	session_each(look_up, &u);
	return u.nr;
}
