/* SPDX-License-Identifier: MIT */
/*
 * poolscope: finds the subcommand and hands over.  The table below is also the help.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/scenario.h"

static const struct cli_command commands[] = {
	{"demo", cli_demo, "[--for DUR] [--scenario NAME] [-o FILE]",
	 "Runs the reference NIC under load, records it, and shows it live.",
	 "  --for DUR        stop after this time (without a terminal: 10s)\n"
	 "  --scenario NAME  what happens to the NIC, of the list below\n"
	 "  -o FILE          the database to write; default: a new file in\n"
	 "                   $XDG_DATA_HOME/poolscope (~/.local/share/poolscope)\n"
	 "\n"
	 "Without a terminal it prints the summary of `poolscope stat` at the end.\n"
	 "\n"
	 "Scenarios, with the options of refnic that they stand for (`--scenario list`):\n",
	 scenario_list},
	{"record", cli_record,
	 "-o FILE [--for DUR] [-e GROUPS] [--keep-trace DIR] -- CMD ARG...\n"
	 "       poolscope record --flight SIZE [--trigger LIST] [--crash-safe DIR] -o FILE ... -- "
	 "CMD ARG...\n"
	 "       poolscope record --resume FILE",
	 "Runs CMD traced and stores its pool events in FILE while it runs.",
	 "  -o FILE           the database to write; must not exist yet\n"
	 "  --for DUR         end CMD (SIGTERM) after this time\n"
	 "  -e GROUPS         which events: alloc (all but rx_*), rx, or all (default)\n"
	 "  --keep-trace DIR  keep the CTF trace, too, in this folder\n"
	 "  --max-size SIZE   beyond this (1M or more; K, M, G) drop the oldest events: charts "
	 "and\n"
	 "                    figures still tell of everything\n"
	 "  --max-age DUR     the same for events that are older than the newest by this time\n"
	 "  --resume FILE     go on with a recording whose recorder was killed: nothing is "
	 "missing\n"
	 "                    in the end, and nothing double\n"
	 "  --flight SIZE     flight recorder: keep the newest SIZE bytes a CPU (64K to 4G) in\n"
	 "                    memory; write FILE when a trigger fires, then FILE-2 and so on\n"
	 "  --trigger LIST    of drop, violation, crash, end, all; default: drop,violation,crash;\n"
	 "                    `poolscope snapshot` works always; at most one a second is served\n"
	 "  --crash-safe DIR  keep the buffers of --flight in files below DIR: after a SIGKILL of\n"
	 "                    everything, or a reboot: poolscope import --crash DIR -o FILE\n"
	 "  -q                say nothing when all went well\n"
	 "\n"
	 "CMD is any program that uses poolscope.h.  Ctrl-C ends CMD; what it says while it\n"
	 "halts is still recorded.\n"
	 "\n"
	 "Exit status: 0; 1 CMD ended with another status than 0 (the recording is whole); 4 CMD\n"
	 "died or events were lost.  130 and 143, as after Ctrl-C, count as an orderly end.\n"},
	{"attach", cli_attach, "-o FILE (--session NAME | --url URL)... [--for DUR]",
	 "Stores pool events of live sessions that somebody else runs.",
	 "  -o FILE         the database; one that exists is continued\n"
	 "  --session NAME  a live session of this machine's session daemon\n"
	 "  --url URL       one on any relay daemon: net://HOST[:PORT]/host/HOST/SESSION\n"
	 "  --for DUR       leave after this time\n"
	 "  -q              say nothing when all went well\n"
	 "\n"
	 "Both may be repeated: sessions of several machines go into one file.  Ctrl-C leaves\n"
	 "the sessions as they are.  docs/attach.md says what a session needs.\n"},
	{"import", cli_import,
	 "-o FILE (TRACE... | --crash DIR | --demand CSV | --pcap FILE --hold SPEC)",
	 "Stores the pool events of CTF traces in FILE, or what arrives without a driver.",
	 "  -o FILE  the database; one that exists is continued, and events that are in it\n"
	 "           already add nothing\n"
	 "  --crash DIR  of what a flight recorder's buffers held when everything was killed: the\n"
	 "           folder of `record --crash-safe`, which stays as it is; FILE must not exist "
	 "yet\n"
	 "  --demand CSV  packets for `poolscope tune`: rows of arrival_ns,hold_ns, by arrival\n"
	 "  --pcap FILE  the arrivals of a capture, each packet held for a time drawn as --hold "
	 "says\n"
	 "  --hold SPEC  fixed:1ms, exp:mean=1ms, lognormal:median=50us,p99=2ms ... as refnic's\n"
	 "  --seed N     of the hold times (1)\n"
	 "  -q       say nothing when all went well\n"
	 "\n"
	 "TRACE is a folder with a CTF trace, or with traces below it.  Streams that are cut\n"
	 "off or damaged give what is whole of them, and the exit status is 4.\n"},
	{"snapshot", cli_snapshot, "[FILE|PID]",
	 "Makes a running flight recorder write what it holds.",
	 "FILE or PID (of the recorder or its program) says which; none is needed when one runs.\n"
	 "Prints the name of the database when it is there.\n"},
	{"top", cli_top, "FILE [OPTION]...",
	 "Shows a recording in the terminal: live while it grows.",
	 "  --view NAME    the first view: overview (default) or pool\n"
	 "  --chars KIND   how charts are drawn: braille, block or ascii; default: by the locale\n"
	 "  --color WHEN   auto (default), always or never; NO_COLOR is honoured\n"
	 "  --once         print one screen as text and end; so it does without a terminal\n"
	 "  --script FILE  feed keys and save screens (docs/keys.md); - is standard input\n"
	 "  --size WxH     the screen of --once and --script; default 80x24\n"
	 "\n"
	 "? shows the keys.\n"},
	{"stat", cli_stat, "FILE [--json]", "Prints the summary of a recording.",
	 "  --json  as JSON, with stable keys (docs/database.md)\n"},
	{"check", cli_check, "FILE [--max-drops N] [--max-lead-p99 DUR] [CRITERION]...",
	 "Judges a recording: a gate for scripts and CI.",
	 "  --max-drops N         frames without a descriptor\n"
	 "  --max-resources N     buffers indicated RESOURCES\n"
	 "  --max-refused N       requests that were refused\n"
	 "  --max-failed N        requests that completed without memory\n"
	 "  --max-lead-p99 DUR    99th percentile of the lead times\n"
	 "  --max-hold-p99 DUR    99th percentile of the hold times\n"
	 "  --max-leaks N         blocks, buffers and requests left at pool_close, or at the end\n"
	 "                        of a complete recording\n"
	 "  --max-violations N    broken rules\n"
	 "  --min-available N     available buffers, at any time of the pool's working life\n"
	 "  --max-total N         buffers of all blocks, at any time\n"
	 "  --max-loss N          lost events of the whole recording\n"
	 "  --pool N              only this pool; default: each pool has to meet every criterion\n"
	 "  --json                as JSON, with stable keys (docs/check.md)\n"
	 "\n"
	 "Audit and identity are always judged.  Without a criterion, so are --max-leaks 0,\n"
	 "--max-violations 0 and --max-loss 0.\n"
	 "\n"
	 "Exit status: 0 all is met; 1 something is missed; 4 nothing is missed, but not all is\n"
	 "proven: events were lost, or the end is missing; 3 unreadable.\n"},
	{"tune", cli_tune, "FILE [--json] [--what-if k=v,...] [--lead SPEC] [OPTION]...",
	 "Says which thresholds to set, why, and how sure that is.", "", cli_tune_help},
	{"export", cli_export, "FILE --format csv|jsonl|chrome [-o OUT] [OPTION]...",
	 "Writes a recording for other tools.",
	 "  --format FORMAT  csv: RFC 4180 with a header; jsonl: one JSON object a line;\n"
	 "                   chrome: a trace for Perfetto and chrome://tracing\n"
	 "  -o OUT           the file to write; must not exist yet; default: standard output\n"
	 "  --table NAME     csv, jsonl: event (default), allocation, level, lead, hold or loss\n"
	 "  --pool N         only this pool\n"
	 "  --from T --to T  only this time: 1.5s after the start, or nanoseconds since the epoch\n"
	 "  --width DUR      level, lead, hold: buckets as wide as this, or the next finer;\n"
	 "                   default: the finest, 8.4 ms\n"
	 "\n"
	 "docs/export.md says what is in each.  With lost events the exit status is 4.\n"},
	{"sql", cli_sql, "[--timeout DUR] FILE [QUERY]", "Runs read-only SQL on a recording.",
	 "  --timeout DUR  the longest that a statement may take; default: 5min\n"
	 "\n"
	 "Without QUERY, statements are read from standard input.  docs/database.md lists the\n"
	 "tables, with examples.\n"},
	{"doctor", cli_doctor, "[--clean [--dry-run]]",
	 "Says what works here, what is missing, and what to install.",
	 "  --clean    remove what recorders that were killed left behind: LTTng sessions, relay\n"
	 "             daemons, a session daemon that a recording started and nobody uses, "
	 "folders,\n"
	 "             sockets; nothing that is not a recording's, nor what a living one uses\n"
	 "  --dry-run  only list it\n"},
};

static const size_t nr_commands = sizeof(commands) / sizeof(commands[0]);

static const struct cli_command *find(const char *name)
{
	for (size_t i = 0; i < nr_commands; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}

/* Usage and help of one subcommand, from its entry. */
static int help(const struct cli_command *c)
{
	printf("usage: poolscope %s %s\n\n%s\n\n%s", c->name, c->synopsis, c->summary, c->help);
	if (c->more)
		c->more();
	return CLI_OK;
}

static int usage(FILE *to)
{
	fputs("usage: poolscope COMMAND [ARGUMENTS]\n"
	      "\n"
	      "Poolscope shows how a driver's DMA buffer pool lives: every allocation request, "
	      "its\n"
	      "pending time, its completion and its free.\n"
	      "\n",
	      to);
	for (size_t i = 0; i < nr_commands; i++)
		fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\n"
	      "`poolscope COMMAND --help` says more.  Start with `poolscope demo`.\n"
	      "Exit status: 0 ok; 1 a check failed; 2 usage; 3 input unreadable; 4 loss or "
	      "truncation.\n",
	      to);
	return to == stdout ? CLI_OK : CLI_USAGE;
}

int main(int argc, char **argv)
{
	const struct cli_command *command;

	setlocale(LC_CTYPE, ""); /* which characters the terminal can show */
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return usage(stdout);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("poolscope " POOLSCOPE_VERSION);
		return CLI_OK;
	}
	if (!strcmp(argv[1], "help")) {
		if (argc < 3)
			return usage(stdout);
		command = find(argv[2]);
		if (command)
			return help(command);
		return cli_fail(CLI_USAGE, "help: no command '%s'; see: poolscope --help", argv[2]);
	}
	command = find(argv[1]);
	if (!command)
		return cli_fail(CLI_USAGE, "no command '%s'; see: poolscope --help", argv[1]);
	for (int i = 2; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return help(command);
	}
	return command->run(argc - 1, argv + 1);
}
