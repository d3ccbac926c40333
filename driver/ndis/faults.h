/* SPDX-License-Identifier: MIT */
#ifndef NDIS_FAULTS_H
#define NDIS_FAULTS_H
/*
 * What the host lets go wrong on purpose, in SPEC form; p is a probability:
 *
 *	refuse:p=0.1,status=any    a request is refused, no completion follows.  status: failure
 *	                           (as at first), resources, invalid, state, not_ready, any of these
 *	                           by turns, or a number such as 0xc0010011
 *	null:p=0.1,pa=both         an accepted request completes without memory; PhysicalAddress is
 *	                           then null, garbage, or by turns both
 *	delay:p=0.1,by=50ms        a completion takes longer
 *	reorder:p=0.5              a completion lets one that is due later go first
 *	early:p=0.5                a request completes on another thread before its call returns
 *	wrap:p=0.2                 in a completion with memory descriptors run out: MDLs, net buffer
 *	                           lists, packets or buffers
 *	base:n=2                   the first n calls of NdisMAllocateSharedMemory bring nothing
 *	storm:p=1                  completions are held back until the halt begins; then all come at
 *	                           once, on several threads
 *	removal:after=100ms        the device is pulled out this long after the first restart
 *
 *	windows:good=2s,bad=200ms,p=1,late=0.5
 *	                           good and bad times in turn, exponential with these means; in a
 *	                           bad one a request fails with probability p, and of those that
 *	                           fail the share `late` completes without memory, the others are
 *	                           refused
 *
 * Several are joined by '+', or given one after the other.  Each is drawn by the run's seed.
 */
#include <stdbool.h>
#include <stdint.h>

#include "driver/spec/rng.h"
#include "driver/spec/spec.h"
#include "ndis.h"

enum ndis_null_form { NDIS_NULL_BOTH, NDIS_NULL_NULL, NDIS_NULL_GARBAGE };

struct ndis_faults {
	double refuse;
	NDIS_STATUS refuse_status; /* 0: NDIS_STATUS_FAILURE; NDIS_FAULT_ANY_STATUS */
	double null;
	enum ndis_null_form null_form;
	double delay;
	double delay_ns;
	double reorder;
	double early;
	double wrap;
	uint32_t base;
	double storm;
	double removal_ns;	/* 0: the device stays */
	double good_ns, bad_ns; /* mean lengths of the windows; bad_ns 0: none */
	double bad, late;	/* in a bad one: probability, and share without refusal */
};

/* Which window it is.  One for each adapter; zeroed, then begun. */
struct fault_windows {
	struct rng rng; /* its own: requests do not move windows */
	bool is_bad;
	uint64_t until_ns;
};

/* Drawn for each refusal.  (No status has this value.) */
#define NDIS_FAULT_ANY_STATUS ((NDIS_STATUS)0x7fffffff)

/* Adds what text says to faults.  Returns: 0; -EINVAL and one line in why. */
int ndis_faults_parse(const char *text, struct ndis_faults *faults, char why[SPEC_WHY_BYTES]);

/* The status of one refusal. */
NDIS_STATUS ndis_faults_refusal(const struct ndis_faults *faults, struct rng *rng);

/* The first window, at any moment of its own time. */
void fault_windows_begin(struct fault_windows *windows, const struct ndis_faults *faults,
			 uint64_t seed, uint64_t stream, uint64_t now_ns);
/* Whether now is a bad time; now_ns never goes back.  Thread: the owner's lock. */
bool fault_windows_bad(struct fault_windows *windows, const struct ndis_faults *faults,
		       uint64_t now_ns);

#endif
