/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_PLAY_H
#define VIEWER_PLAY_H
/* Replay: how fast time goes on, and what there is to jump to. */
#include <stdbool.h>
#include <stdint.h>

#define PLAY_SLOWEST 0.001
#define PLAY_FASTEST 10000

struct play {
	bool on;
	double speed; /* recorded seconds a second */
	int jump;     /* what ] and [ look for: see play_jump() */
	/* The event that the cursor stands on: it is one of several at the same instant. */
	uint32_t pool;
	int64_t seq, ts_ns; /* seq -1: none */
};

/* The next of 1, 2, 5 times a power of ten, faster (1) or slower (-1). */
double play_speed_beside(double speed, int by);
/* "0.001x", "1x", "2.5x".  Returns: text. */
const char *play_speed_text(double speed, char *text, int size);
/* Recorded time that goes by; at least 1 ns, so that it always moves. */
int64_t play_elapsed(double speed, int64_t elapsed_ns);

/* What can be jumped to: a name, and QUERY_MOMENT_* of it.  0: all of them. */
#define PLAY_JUMPS 5
const char *play_jump(int jump, unsigned *kinds);

#endif
