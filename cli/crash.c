/* SPDX-License-Identifier: MIT */
#include "cli/crash.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "tracer/recording.h"
#include "tracer/snapshot.h"
#include "tuner/judge.h"

static const char note[] = "recovered from the buffers of a flight recorder that was killed";

/* All that was extracted below out into one database. */
static int store_all(const char *path, const char *command_line, const char *out, int nr,
		     struct store_progress *progress, struct db_error *err)
{
	struct judge *judge = judge_open();
	const struct store_options options = {
		.command_line = command_line,
		.all_named = true,
		.observe = judge_observe,
		.restart = judge_restart,
		.before_commit = judge_before_commit,
		.ctx = judge,
	};
	struct db_error close_err;
	struct store *store;
	int ret = store_open(path, &options, &store, err);

	for (int i = 0; !ret && i < nr; i++) {
		char dir[PATH_MAX + 16];

		snprintf(dir, sizeof(dir), "%s/%d", out, i);
		ret = snapshot_store(store, dir, false, err);
		if (ret || i + 1 == nr) {
			store_drain(store);
			store_meta(store, "trigger", "crash of the recorder");
			store_progress(store, progress);
			if (store_close(store, ret ? STORE_END_FAILED : STORE_END_PROGRAM_DIED,
					ret ? err->text : note, ret ? &close_err : err) &&
			    !ret)
				ret = -EIO;
		}
	}
	judge_close(judge);
	return ret;
}

int crash_import(const char *dir, const char *path, const char *command_line, bool quiet)
{
	const char *tmp = getenv("TMPDIR");
	struct store_progress progress = {0};
	struct db_error err = {{0}};
	char out[PATH_MAX];
	int nr, ret;

	snprintf(out, sizeof(out), "%s/poolscope-crash-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!access(path, F_OK))
		return cli_fail(CLI_USAGE, "import: %s: is there already; choose another name",
				path);
	if (!mkdtemp(out))
		return cli_fail(CLI_UNREADABLE, "import: %s: %s", out, strerror(errno));
	nr = snapshot_recover(dir, out, &err);
	ret = nr < 0 ? nr : store_all(path, command_line, out, nr, &progress, &err);
	recording_remove_folder(out);
	if (ret)
		return cli_fail(CLI_UNREADABLE, "import: %s", err.text);
	if (!quiet)
		fprintf(stderr,
			"poolscope: %llu events in %s, of %d recording%s; the buffers in %s "
			"are as they were\n",
			(unsigned long long)progress.events, path, nr, nr == 1 ? "" : "s", dir);
	return progress.lost ? CLI_LOSS : CLI_OK;
}
