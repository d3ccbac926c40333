/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/demand.h"

static volatile bool cancelled;

static void on_signal(int sig)
{
	(void)sig;
	cancelled = true;
}

static int open_source(const struct demand_import *i, struct demand_source **source)
{
	struct db_error err;
	int ret = i->csv ? demand_csv_open(i->csv, source, &err)
			 : demand_pcap_open(i->pcap, i->hold, i->seed, source, &err);

	if (ret)
		return cli_fail(ret == -EDOM ? CLI_USAGE : CLI_UNREADABLE, "import: %s", err.text);
	return CLI_OK;
}

static void write_meta(const struct demand_import *i, struct store *store,
		       const struct demand_survey *survey)
{
	store_meta(store, "demand", i->csv ? "csv" : "pcap");
	store_meta_int(store, "demand_offset_ns", demand_offset_ns(survey));
	if (i->pcap) {
		store_meta(store, "demand_hold", i->hold);
		store_meta_int(store, "demand_seed", (int64_t)i->seed);
	}
}

/* One trace a demand: what is in the file already adds nothing. */
static int store_demand(const struct demand_import *i, struct store *store,
			struct demand_source *source, const struct demand_survey *survey,
			struct db_error *err)
{
	char name[64];
	uint32_t trace;
	int ret;

	snprintf(name, sizeof(name), "demand:%016" PRIx64, survey->fingerprint);
	ret = store_trace(store, name, NULL, &trace, err);
	if (!ret)
		ret = demand_store(store, trace, source, survey, &cancelled, err);
	if (source->cut[0])
		store_loss(store, trace, -1, 0, 0, 0, "truncated");
	store_drain(store);
	write_meta(i, store, survey);
	return ret;
}

static int close_store(struct store *store, const struct demand_source *source, int ret,
		       struct store_progress *progress, struct db_error *err)
{
	enum store_end end = STORE_END_COMPLETE;
	const char *note = "imported demand";
	struct db_error close_err;

	store_progress(store, progress);
	if (ret == -ECANCELED) {
		end = STORE_END_STOPPED;
		note = "the import was interrupted";
	} else if (ret || source->cut[0]) {
		end = STORE_END_FAILED;
		note = "imported demand; the input is not whole";
	}
	if (store_close(store, end, note, &close_err) && !ret) {
		*err = close_err;
		return -EIO;
	}
	return ret;
}

static int report(const struct demand_import *i, const struct demand_source *source,
		  const struct demand_survey *survey, uint64_t nr_new, int ret,
		  const struct db_error *err)
{
	if (ret == -ECANCELED)
		return cli_fail(CLI_LOSS, "import: interrupted; run it again for the rest");
	if (ret)
		return cli_fail(CLI_UNREADABLE, "import: %s", err->text);
	if (source->cut[0])
		cli_fail(0, "import: %s: %s; what is before it is stored", source->path,
			 source->cut);
	if (source->nr_disorder && !i->quiet)
		cli_fail(0,
			 "import: %s: %llu packets were earlier than the one before; they are "
			 "put at its time",
			 source->path, (unsigned long long)source->nr_disorder);
	if (!i->quiet)
		cli_fail(0,
			 "%llu packets in %s, %llu events of them new; look at it with: "
			 "poolscope tune %s",
			 (unsigned long long)survey->packets, i->path, (unsigned long long)nr_new,
			 i->path);
	return source->cut[0] ? CLI_LOSS : CLI_OK;
}

static int run(const struct demand_import *i, struct demand_source *source)
{
	const struct store_options options = {
		.command_line = i->command_line, .append = true, .all_named = true};
	struct store_progress before, after = {0};
	struct demand_survey survey;
	struct db_error err = {{0}};
	struct store *store;
	int ret = demand_survey(source, &survey, &err);

	if (ret)
		return cli_fail(CLI_UNREADABLE, "import: %s", err.text);
	ret = store_open(i->path, &options, &store, &err);
	if (ret)
		return cli_fail(ret == -EEXIST ? CLI_USAGE : CLI_UNREADABLE, "import: %s",
				err.text);
	store_progress(store, &before);
	ret = store_demand(i, store, source, &survey, &err);
	ret = close_store(store, source, ret, &after, &err);
	return report(i, source, &survey, after.events - before.events, ret, &err);
}

int demand_import(const struct demand_import *i)
{
	const struct sigaction action = {.sa_handler = on_signal};
	struct demand_source *source;
	int ret = open_source(i, &source);

	if (ret)
		return ret;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	ret = run(i, source);
	source->close(source);
	return ret;
}
