/* SPDX-License-Identifier: MIT */
#include "cli/scenario.h"

#include <stdio.h>
#include <string.h>

/* The first one is the default. */
static const struct scenario scenarios[] = {
	{"burst",
	 "bursts of packets: the pool grows with each and shrinks behind it (default)",
	 {"--traffic", "burst:rate=60k"}},
	{"calm",
	 "an even load far below the base block: nothing is asked for",
	 {"--traffic", "poisson:rate=20k"}},
	{"steady",
	 "an even load that the base block nearly carries",
	 {"--traffic", "poisson:rate=60k"}},
	{"incast",
	 "768 frames at once, 39 times a second: faster than memory can come",
	 {"--traffic", "incast:rate=30k,senders=48,frames=16", "--hold",
	  "lognormal:median=300us,p99=3ms", "--max-pending", "4"}},
	{"self-similar",
	 "30 senders with heavy-tailed pauses: bursts at every time scale",
	 {"--traffic", "pareto:rate=60k,sources=30,on=100ms,off=400ms"}},
	{"closed-loop",
	 "flows that slow down at each drop, against a pool that may not grow enough",
	 {"--traffic", "tcp:rate=300k,flows=32,rtt=5ms", "--limit", "512", "--reserve", "0"}},
	{"jumbo",
	 "bursts of 9018-byte frames, each over five buffers",
	 {"--traffic", "burst:rate=12k,bytes=9018"}},
	{"slow-memory",
	 "bursts while each block takes 5 to 80 ms to come",
	 {"--traffic", "burst:rate=60k", "--lead", "lognormal:median=20ms,p99=80ms"}},
	{"no-memory",
	 "bursts while one request in three fails: RESOURCES and drops",
	 {"--traffic", "burst:rate=60k", "--fail", "null:p=0.2", "--fail", "refuse:p=0.15"}},
	{"failing-memory",
	 "bursts while memory is not to be had for a second, again and again",
	 {"--traffic", "burst:rate=60k", "--fail", "windows:good=2s,bad=1s"}},
	{"slow-stack",
	 "one frame in a hundred is kept for seconds: looks like a leak, and is none",
	 {"--traffic", "poisson:rate=40k", "--hold",
	  "lognormal:median=1ms,p99=10ms+pareto:min=1s,alpha=1.2,cap=20s,p=0.01"}},
};

const struct scenario *scenario_find(const char *name)
{
	if (!name)
		return &scenarios[0];
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		if (!strcmp(scenarios[i].name, name))
			return &scenarios[i];
	}
	return NULL;
}

void scenario_list(void)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++) {
		printf("%-14s %s\n%-14s ", scenarios[i].name, scenarios[i].what, "");
		for (const char *const *arg = scenarios[i].args; *arg; arg++)
			printf(" %s", *arg);
		putchar('\n');
	}
}
