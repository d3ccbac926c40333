/* SPDX-License-Identifier: MIT */
#ifndef TUNER_DEPARTURES_H
#define TUNER_DEPARTURES_H
/*
 * Packets that are out, the next to come back first; at equal times, the one that was taken first.
 */
#include <stddef.h>
#include <stdint.h>

#define DEPARTS_NEVER INT64_MAX

struct departure {
	int64_t t_ns;
	uint32_t order; /* of the takes */
	uint32_t what;	/* the caller's */
};

/* A binary heap.  Zeroed: nobody is out. */
struct departures {
	struct departure *out;
	size_t nr, room;
};

void departures_release(struct departures *d);

/* Returns: 0 or -ENOMEM.  Who departs never is forgotten at once. */
int departures_add(struct departures *d, struct departure one);

/* There is one: the first of them, which is out no longer. */
struct departure departures_pop(struct departures *d);

#endif
