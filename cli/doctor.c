/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <babeltrace2/babeltrace.h>
#include <lttng/lttng.h>
#include <sqlite3.h>

#include "cli/cli.h"
#include "tracer/leftovers.h"
#include "tracer/process.h"

/* One finding a line: what, how it is, what to do. */
enum verdict { FINE, OPTIONAL, MISSING };

static bool anything_missing;

static void say(enum verdict verdict, const char *what, const char *how)
{
	static const char *const words[] = {"ok", "optional", "MISSING"};

	printf("  %-9s %-20s %s\n", words[verdict], what, how);
	anything_missing |= verdict == MISSING;
}

static void check_program(const char *name, const char *package, bool needed)
{
	char path[512], how[640];

	if (process_in_path(name, path, sizeof(path))) {
		say(FINE, name, path);
		return;
	}
	snprintf(how, sizeof(how), "install it with: apt-get install %s", package);
	say(needed ? MISSING : OPTIONAL, name, how);
}

static void check_session_daemon(void)
{
	if (lttng_session_daemon_alive() == 1)
		say(FINE, "session daemon", "one runs; recordings will use it and leave it alone");
	else
		say(FINE, "session daemon", "none runs; a recording starts one and ends it");
}

static void check_babeltrace(void)
{
	const bt_plugin *plugin = NULL;
	char how[128];
	bool live = false;

	if (bt_plugin_find("ctf", BT_FALSE, BT_FALSE, BT_TRUE, BT_FALSE, BT_FALSE, &plugin) ==
	    BT_PLUGIN_FIND_STATUS_OK)
		live = bt_plugin_borrow_source_component_class_by_name_const(plugin, "lttng-live");
	bt_plugin_put_ref(plugin);
	snprintf(how, sizeof(how), "%u.%u.%u, with source.ctf.lttng-live", bt_version_get_major(),
		 bt_version_get_minor(), bt_version_get_patch());
	say(live ? FINE : MISSING, "Babeltrace",
	    live ? how : "its ctf plugin; install it with: apt-get install libbabeltrace2-0");
}

static void check_shared_memory(void)
{
	const double wanted_mib = 64;
	struct statvfs fs;
	char how[128];
	double mib;

	if (statvfs("/dev/shm", &fs)) {
		snprintf(how, sizeof(how), "/dev/shm: %s; LTTng's buffers live there",
			 strerror(errno));
		say(MISSING, "shared memory", how);
		return;
	}
	mib = (double)fs.f_bavail * (double)fs.f_frsize / (1 << 20);
	snprintf(how, sizeof(how), "%.0f MiB free in /dev/shm%s", mib,
		 mib < wanted_mib ? "; mount it larger, LTTng's buffers need 64 MiB" : "");
	say(mib < wanted_mib ? MISSING : FINE, "shared memory", how);
}

static void check_terminal(void)
{
	const char *term = getenv("TERM");
	char how[160];
	bool utf8;

	setlocale(LC_ALL, "");
	utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (!isatty(STDOUT_FILENO)) {
		say(FINE, "terminal", "none here: top and demo print text");
		return;
	}
	snprintf(how, sizeof(how), "TERM=%s, %s", term ? term : "(not set)",
		 utf8 ? "UTF-8: braille charts"
		      : "no UTF-8: ASCII charts; for finer ones set LC_ALL=C.UTF-8");
	say(term && *term ? FINE : MISSING, "terminal", how);
}

static void say_leftover(const struct leftover *l, void *ctx)
{
	const bool *clean = ctx;

	printf("  %-9s %-20s %s%s%s\n",
	       l->removed ? "removed"
	       : *clean	  ? "KEPT"
			  : "leftover",
	       l->what, l->name, l->database ? ", of " : "", l->database ? l->database : "");
}

static void say_unknown(const char *session, void *ctx)
{
	(void)ctx;
	printf("  %-9s %-20s %s: no recording known here; if its recorder is gone: lttng destroy "
	       "%s\n",
	       "unknown", "session", session, session);
}

/* What killed recorders left behind: shown, or removed. */
static int leftovers(bool clean)
{
	struct db_error err = {{0}};
	int nr = leftovers_each(clean, say_leftover, &clean, &err);

	if (nr < 0)
		return cli_fail(CLI_UNREADABLE, "doctor: %s", err.text);
	leftovers_unknown(say_unknown, NULL);
	if (!nr)
		puts("No recorder that was killed has left anything behind.");
	else if (!clean)
		puts("Recorders were killed.  To go on with a recording: poolscope record --resume "
		     "FILE;\nto remove what they left, and with it what they had not stored yet: "
		     "poolscope doctor --clean");
	return CLI_OK;
}

static int examine(void)
{
	puts("poolscope " POOLSCOPE_VERSION);
	check_program("lttng-sessiond", "lttng-tools", true);
	check_program("lttng-relayd", "lttng-tools", true);
	check_session_daemon();
	check_babeltrace();
	say(FINE, "SQLite", sqlite3_libversion());
	check_shared_memory();
	check_terminal();
	check_program("gnuplot", "gnuplot-nox", false);
	check_program("sqlite3", "sqlite3", false);
	puts(anything_missing ? "Something is missing: recordings will not work until it is there."
			      : "Everything that a recording needs is here.");
	return anything_missing ? CLI_CHECK_FAILED : CLI_OK;
}

int cli_doctor(int argc, char **argv)
{
	bool clean = false, dry = false;
	int ret, left;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--clean"))
			clean = true;
		else if (!strcmp(argv[i], "--dry-run"))
			dry = true;
		else
			return cli_fail(CLI_USAGE,
					"doctor: takes --clean and --dry-run, but got '%s'",
					argv[i]);
	}
	if (clean || dry)
		return leftovers(clean && !dry);
	ret = examine();
	left = leftovers(false);
	return ret ? ret : left;
}
