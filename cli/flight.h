/* SPDX-License-Identifier: MIT */
#ifndef CLI_FLIGHT_H
#define CLI_FLIGHT_H
/*
 * `record --flight`: the newest events stay in memory, and a trigger makes a database of them.
 *
 * Triggers come at most once a second, and those that come meanwhile are counted; one that is
 * waiting is served when the second is over.  Each makes a database of its own: FILE, then FILE-2
 * and so on (x.db, x-2.db), whatever number is free; nothing is overwritten.
 */
#include <signal.h>
#include <stdbool.h>

#include "tracer/recording.h"

enum flight_trigger {
	FLIGHT_DEMAND = 1, /* poolscope snapshot; always on */
	FLIGHT_DROP = 2,
	FLIGHT_VIOLATION = 4,
	FLIGHT_CRASH = 8, /* the program was killed by a signal that nobody here sent */
	FLIGHT_END = 16,
};

struct flight {
	struct recording_options options; /* with flight_bytes; flight_run() fills the callbacks */
	unsigned triggers;		  /* 0: drop, violation and crash */
	int64_t for_ns;
	bool quiet;
	volatile sig_atomic_t *interrupted; /* as record_catch_signals() */
};

/* "drop", "violation", "crash", "end", "all", or a list with commas.  0: a word is none of them. */
unsigned flight_triggers(const char *text);

/* Runs the program to its end.  Returns: the exit status. */
int flight_run(struct flight *flight);

/* Beside a recorder's trail: the socket on which it takes orders. */
#define FLIGHT_SOCKET "control"

#endif
