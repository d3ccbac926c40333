/* SPDX-License-Identifier: MIT */
#ifndef TUNER_FEEDBACK_H
#define TUNER_FEEDBACK_H
/*
 * What senders may do about a packet that is lost: three replays of the same demand.
 *
 *  - lost: nothing; nobody misses it;
 *  - retry: it comes once more, FEEDBACK_RTO_NS later, and is held as long as it would have been;
 *  - back-off: its flow pauses for FEEDBACK_RTT_NS, and goes on as it would have.  A recording does
 *    not say which packets are of one flow, so all of them pause: no flow can take back more.
 *
 * Where few packets are lost, what really happens lies between.  A packet that is RESOURCES is not
 * lost: its sender knows nothing of it.
 *
 * All three are replayed with one packet an event, so that they differ by nothing else.
 * Source: open and closed loops; TCP's least time-out.
 */
#include "tuner/sim.h"

#define FEEDBACK_RTO_NS INT64_C(200000000)
#define FEEDBACK_RTT_NS INT64_C(10000000)

enum feedback_kind { FEEDBACK_LOST, FEEDBACK_RETRY, FEEDBACK_BACK_OFF, FEEDBACK_KINDS };

struct feedback {
	struct sim_result of[FEEDBACK_KINDS];
};

/* What all three have between them. */
enum feedback_what { FEEDBACK_OF_LOST, FEEDBACK_OF_MEAN, FEEDBACK_OF_REQUESTS, FEEDBACK_OF_FREES };
struct feedback_range {
	double low, high;
};
struct feedback_range feedback_range(const struct feedback *f, enum feedback_what what);

/* O(steps).  Returns: 0, or what sim_tell() and demand_from_rows() return. */
int feedback_replay(const struct demand *d, const struct policy_marks *marks,
		    const struct lead *lead, struct feedback *out);

#endif
