/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/cli.h"
#include "cli/command.h"
#include "cli/scenario.h"
#include "cli/show.h"

#define QUIET                                                                                      \
	{                                                                                          \
		"-q", NULL, "say nothing when all went well", NULL                                 \
	}
#define END                                                                                        \
	{                                                                                          \
		0                                                                                  \
	}

const char cli_about[] = "Poolscope shows how a driver's DMA buffer pool lives: every allocation "
			 "request, its pending time, its completion and its free.";
const char cli_exit_statuses[] = "0 ok; 1 a check failed; 2 usage; 3 input unreadable; 4 finished, "
				 "but with loss or truncation.";

static const struct cli_option demo_options[] = {
	{"--for", "DUR", "stop after this time (without a terminal: 10s)", NULL},
	{"--scenario", "NAME", "what happens to the NIC, of the list below", NULL},
	{"-o", "FILE",
	 "the database to write; default: a new file in $XDG_DATA_HOME/poolscope "
	 "(~/.local/share/poolscope)",
	 NULL},
	END,
};

static const struct cli_option record_options[] = {
	{"-o", "FILE", "the database to write; must not exist yet", NULL},
	{"--for", "DUR", "end CMD (SIGTERM) after this time", NULL},
	{"-e", "GROUPS", "which events: alloc (all but rx_*), rx, or all (default)",
	 "alloc rx all"},
	{"--keep-trace", "DIR", "keep the CTF trace, too, in this folder", NULL},
	{"--max-size", "SIZE",
	 "beyond this (1M or more; K, M, G) drop the oldest events: charts and figures still "
	 "tell of everything",
	 NULL},
	{"--max-age", "DUR", "the same for events that are older than the newest by this time",
	 NULL},
	{"--resume", "FILE",
	 "go on with a recording whose recorder was killed: nothing is missing in the end, and "
	 "nothing double",
	 NULL},
	{"--flight", "SIZE",
	 "flight recorder: keep the newest SIZE bytes a CPU (64K to 4G) in memory; write FILE "
	 "when a trigger fires, then FILE-2 and so on",
	 NULL},
	{"--trigger", "LIST",
	 "of drop, violation, crash, end, all; default: drop,violation,crash; `poolscope "
	 "snapshot` works always; at most one a second is served",
	 "drop violation crash end all"},
	{"--crash-safe", "DIR",
	 "keep the buffers of --flight in files below DIR: after a SIGKILL of everything, or a "
	 "reboot: poolscope import --crash DIR -o FILE",
	 NULL},
	QUIET,
	END,
};

static const struct cli_option attach_options[] = {
	{"-o", "FILE", "the database; one that exists is continued", NULL},
	{"--session", "NAME", "a live session of this machine's session daemon", NULL},
	{"--live-port", "PORT",
	 "where --session's relay daemon listens for viewers; default: what a relay daemon of this "
	 "machine says itself, else 5344",
	 NULL},
	{"--url", "URL", "one on any relay daemon: net://HOST[:PORT]/host/HOST/SESSION", NULL},
	{"--for", "DUR", "leave after this time", NULL},
	QUIET,
	END,
};

static const struct cli_option import_options[] = {
	{"-o", "FILE",
	 "the database; one that exists is continued, and events that are in it already add "
	 "nothing",
	 NULL},
	{"--crash", "DIR",
	 "of what a flight recorder's buffers held when everything was killed: the folder of "
	 "`record --crash-safe`, which stays as it is; FILE must not exist yet",
	 NULL},
	{"--demand", "CSV", "packets for `poolscope tune`: rows of arrival_ns,hold_ns, by arrival",
	 NULL},
	{"--pcap", "FILE",
	 "the arrivals of a capture, each packet held for a time drawn as --hold says", NULL},
	{"--hold", "SPEC", "fixed:1ms, exp:mean=1ms, lognormal:median=50us,p99=2ms ... as refnic's",
	 NULL},
	{"--seed", "N", "of the hold times (1)", NULL},
	QUIET,
	END,
};

#define SHOW_OPTIONS                                                                               \
	{"--view", "NAME", "the first view, by its name or digit; ? lists them", VIEWS},           \
		{"--chars", "KIND",                                                                \
		 "how charts are drawn: braille, block or ascii; default: by the locale",          \
		 "braille block ascii"},                                                           \
		{"--color", "WHEN",                                                                \
		 "auto (default), always or never; or 256, 16, 8 or mono: what the terminal can "  \
		 "show at most; NO_COLOR is honoured",                                             \
		 "auto always never 256 16 8 mono"},                                               \
		{"--theme", "NAME",                                                                \
		 "dark (default); safe: for eyes that do not tell all colours apart; light: for "  \
		 "light backgrounds; gray",                                                        \
		 "dark safe light gray"},                                                          \
		{"--mouse", NULL,                                                                  \
		 "use the mouse: wheel, click, drag; the terminal then selects text with Shift "   \
		 "only; F2 switches it",                                                           \
		 NULL},                                                                            \
		{"--no-mouse", NULL, "leave the mouse to the terminal (default)", NULL},           \
		{"--once", NULL,                                                                   \
		 "print one screen as text and end; so it does without a terminal", NULL},         \
		{"--script", "FILE",                                                               \
		 "feed keys and save screens (docs/keys.md); - is standard input", NULL},          \
	{                                                                                          \
		"--size", "WxH", "the screen of --once and --script; default 80x24", NULL          \
	}
#define VIEWS "overview pool latency outstanding events tune health sql"

static const struct cli_option top_options[] = {SHOW_OPTIONS, END};

static const struct cli_option replay_options[] = {
	{"--speed", "N", "recorded seconds a second, 0.001 to 10000; default 1", NULL},
	{"--from", "T",
	 "begin at this time: 1.5s after the start, 12:30:01.25 by the clock, 25%, or with date, "
	 "\"2026-01-31 12:30:01\"",
	 NULL},
	SHOW_OPTIONS,
	END,
};

static const struct cli_option stat_options[] = {
	{"--json", NULL, "as JSON, with stable keys (docs/database.md)", NULL},
	END,
};

static const struct cli_option check_options[] = {
	{"--max-drops", "N", "frames without a descriptor", NULL},
	{"--max-resources", "N", "buffers indicated RESOURCES", NULL},
	{"--max-refused", "N", "requests that were refused", NULL},
	{"--max-failed", "N", "requests that completed without memory", NULL},
	{"--max-lead-p99", "DUR", "99th percentile of the lead times", NULL},
	{"--max-hold-p99", "DUR", "99th percentile of the hold times", NULL},
	{"--max-leaks", "N",
	 "blocks, buffers and requests left at pool_close, or at the end of a complete recording",
	 NULL},
	{"--max-violations", "N", "broken rules", NULL},
	{"--min-available", "N", "available buffers, at any time of the pool's working life", NULL},
	{"--max-total", "N", "buffers of all blocks, at any time", NULL},
	{"--max-loss", "N", "lost events of the whole recording", NULL},
	{"--pool", "N", "only this pool; default: each pool has to meet every criterion", NULL},
	{"--json", NULL, "as JSON, with stable keys (docs/check.md)", NULL},
	END,
};

static const struct cli_option tune_options[] = {
	{"--what-if", "LIST",
	 "what other marks would have done: base=, block=, low=, high=, limit=, reserve=, "
	 "max_pending=, shrink_ticks=, probe_ticks=; what is not named is as recorded",
	 NULL},
	{"--lead", "SPEC",
	 "how long requests take: recorded (default: as the one nearest in time did), fixed:1ms, "
	 "lognormal:median=300us,p99=5ms and so on (docs/traffic.md), or file:CSV, a lead_ns a row",
	 NULL},
	{"--loss", "P",
	 "the target: share of packets that may find no buffer of their own (lost or RESOURCES); "
	 "default 0; also 0.01%",
	 NULL},
	{"--wire", "RATE",
	 "the link in bits a second, such as 10G: how much of the steepest rise that it allows was "
	 "seen",
	 NULL},
	{"--explain", "T",
	 "what the policy saw and did around this instant, with the recorded marks or those of "
	 "--what-if: 1.5s after the start, or ns since the epoch",
	 NULL},
	{"--verify", NULL,
	 "re-run the reference driver with the recommended marks and the recorded packets, in "
	 "virtual time: predicted beside measured",
	 NULL},
	{"--pool", "N", "only this pool", NULL},
	{"--seed", "N", "of all draws; default 1", NULL},
	{"--json", NULL, "as JSON, with stable keys (docs/tuning.md)", NULL},
	END,
};

static const struct cli_option export_options[] = {
	{"--format", "FORMAT",
	 "csv: RFC 4180 with a header; jsonl: one JSON object a line; chrome: a trace for "
	 "Perfetto and chrome://tracing",
	 "csv jsonl chrome"},
	{"-o", "OUT", "the file to write; must not exist yet; default: standard output", NULL},
	{"--table", "NAME", "csv, jsonl: event (default), allocation, level, lead, hold or loss",
	 "event allocation level lead hold loss"},
	{"--pool", "N", "only this pool", NULL},
	{"--from", "T",
	 "only from this time on: 1.5s after the start, or nanoseconds since the "
	 "epoch",
	 NULL},
	{"--to", "T", "only up to this time", NULL},
	{"--width", "DUR",
	 "level, lead, hold: buckets as wide as this, or the next finer; default: the finest, 8.4 "
	 "ms",
	 NULL},
	END,
};

static const struct cli_option report_options[] = {
	{"-o", "OUT", "the page to write; must not exist yet; - is standard output", NULL},
	{"--pool", "N", "only this pool", NULL},
	{"--from", "T",
	 "pictures and worst moments only from this time on: 1.5s after the start, or nanoseconds "
	 "since the epoch",
	 NULL},
	{"--to", "T", "only up to this time", NULL},
	{"--no-pictures", NULL, "tables only", NULL},
	END,
};

static const struct cli_option sql_options[] = {
	{"--timeout", "DUR", "the longest that a statement may take; default: 5min", NULL},
	END,
};

static const struct cli_option doctor_options[] = {
	{"--clean", NULL,
	 "remove what recorders that were killed left behind: LTTng sessions, relay daemons, a "
	 "session daemon that a recording started and nobody uses, folders, sockets; nothing "
	 "that is not a recording's, nor what a living one uses",
	 NULL},
	{"--dry-run", NULL, "only list it", NULL},
	END,
};

static const struct cli_command commands[] = {
	{"demo", cli_demo, "[--for DUR] [--scenario NAME] [-o FILE]",
	 "Runs the reference NIC under load, records it, and shows it live.", demo_options,
	 "Without a terminal it prints the summary of `poolscope stat` at the end.\n\n"
	 "Scenarios, with the options of refnic that they stand for (`--scenario list`):",
	 NULL, scenario_list, NULL},
	{"record", cli_record,
	 "-o FILE [--for DUR] [-e GROUPS] [--keep-trace DIR] -- CMD ARG...\n"
	 "--flight SIZE [--trigger LIST] [--crash-safe DIR] -o FILE ... -- CMD ARG...\n"
	 "--resume FILE",
	 "Runs CMD traced and stores its pool events in FILE while it runs.", record_options,
	 "CMD is any program that uses poolscope.h.  Ctrl-C ends CMD; what it says while it halts "
	 "is still recorded.",
	 "0; 1 CMD ended with another status than 0 (the recording is whole); 4 CMD died or "
	 "events were lost.  130 and 143, as after Ctrl-C, count as an orderly end.",
	 NULL, NULL},
	{"attach", cli_attach,
	 "-o FILE (--session NAME | --url URL)... [--live-port PORT] [--for DUR]",
	 "Stores pool events of live sessions that somebody else runs.", attach_options,
	 "Both may be repeated: sessions of several machines go into one file.  Ctrl-C leaves the "
	 "sessions as they are.  docs/attach.md says what a session needs.",
	 NULL, NULL, NULL},
	{"import", cli_import,
	 "-o FILE (TRACE... | --crash DIR | --demand CSV | --pcap FILE --hold SPEC)",
	 "Stores the pool events of CTF traces in FILE, or what arrives without a driver.",
	 import_options,
	 "TRACE is a folder with a CTF trace, or with traces below it.  Streams that are cut off "
	 "or damaged give what is whole of them, and the exit status is 4.",
	 NULL, NULL, NULL},
	{"snapshot", cli_snapshot, "[FILE|PID]",
	 "Makes a running flight recorder write what it holds.", NULL,
	 "FILE or PID (of the recorder or its program) says which; none is needed when one runs.  "
	 "Prints the name of the database when it is there.",
	 NULL, NULL, NULL},
	{"top", cli_top, "FILE [OPTION]...",
	 "Shows a recording in the terminal: live while it grows.", top_options,
	 "? shows the keys.", NULL, NULL, NULL, show_keys},
	{"replay", cli_replay, "FILE [--speed N] [--from T] [OPTION]...",
	 "Plays a recording in the terminal, as if it were live.", replay_options,
	 "Space pauses and plays; while it plays, < and > change the speed; . and , step from "
	 "event "
	 "to event; ] and [ jump to the next and the previous drop, fallback, failure or crossing. "
	 " ? shows all keys.",
	 NULL, NULL, NULL, show_keys},
	{"stat", cli_stat, "FILE [--json]", "Prints the summary of a recording.", stat_options,
	 NULL, NULL, NULL, NULL},
	{"check", cli_check, "FILE [--max-drops N] [--max-lead-p99 DUR] [CRITERION]...",
	 "Judges a recording: a gate for scripts and CI.", check_options,
	 "Audit and identity are always judged.  Without a criterion, so are --max-leaks 0, "
	 "--max-violations 0 and --max-loss 0.",
	 "0 all is met; 1 something is missed; 4 nothing is missed, but not all is proven: events "
	 "were lost, or the end is missing; 3 unreadable.",
	 NULL, NULL},
	{"tune", cli_tune, "FILE [--json] [--what-if k=v,...] [--lead SPEC] [OPTION]...",
	 "Says which thresholds to set, why, and how sure that is.", tune_options, NULL,
	 "0; 1 the recorded marks miss the target; 2 usage; 3 unreadable; 4 events were lost: "
	 "figures are of what is left.",
	 NULL, NULL},
	{"export", cli_export, "FILE --format csv|jsonl|chrome [-o OUT] [OPTION]...",
	 "Writes a recording for other tools.", export_options,
	 "docs/export.md says what is in each.  With lost events the exit status is 4.", NULL, NULL,
	 NULL},
	{"report", cli_report, "FILE -o OUT.html [--pool N] [--from T] [--to T] [--no-pictures]",
	 "Writes a recording as one HTML page that needs nothing else.", report_options,
	 "Summary, pictures, tables, losses, settings and worst moments; it prints well.  The "
	 "pictures are drawn by gnuplot; without it, the page has all the rest.",
	 NULL, NULL, NULL},
	{"sql", cli_sql, "[--timeout DUR] FILE [QUERY]", "Runs read-only SQL on a recording.",
	 sql_options,
	 "Without QUERY, statements are read from standard input.  docs/database.md lists the "
	 "tables, with examples.",
	 NULL, NULL, NULL},
	{"doctor", cli_doctor, "[--clean [--dry-run]]",
	 "Says what works here, what is missing, and what to install.", doctor_options, NULL, NULL,
	 NULL, NULL},
	{"completion", cli_completion, "bash|zsh|fish",
	 "Prints what makes a shell complete poolscope's command line.", NULL,
	 "For this shell only:\n\n"
	 "  source <(poolscope completion bash)\n\n"
	 "`make install` puts them where the shells look by themselves.",
	 NULL, NULL, "bash zsh fish"},
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct cli_command *cli_commands(size_t *nr)
{
	*nr = NR_COMMANDS;
	return commands;
}

const struct cli_command *cli_command_find(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	}
	return NULL;
}
