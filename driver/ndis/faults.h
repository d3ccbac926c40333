/* SPDX-License-Identifier: MIT */
#ifndef NDIS_FAULTS_H
#define NDIS_FAULTS_H
/*
 * What the host lets go wrong on purpose, in SPEC form:
 *
 *	refuse:p=0.1     a request is refused: NDIS_STATUS_FAILURE, no completion
 *	null:p=0.1       an accepted request completes without memory
 *
 *	windows:good=2s,bad=200ms,p=1,late=0.5
 *	                 good and bad times in turn, exponential with these means; in a bad one
 *	                 a request fails with probability p, and of those that fail the share
 *	                 `late` completes without memory, the others are refused
 *
 * Several are joined by '+', or given one after the other.
 */
#include <stdbool.h>
#include <stdint.h>

#include "driver/spec/rng.h"
#include "driver/spec/spec.h"

struct ndis_faults {
	double refuse;
	double null;
	double good_ns, bad_ns; /* mean lengths of the windows; bad_ns 0: none */
	double bad, late;	/* in a bad one: probability, and share without refusal */
};

/* Which window it is.  One for each adapter; zeroed, then begun. */
struct fault_windows {
	struct rng rng; /* its own: requests do not move windows */
	bool is_bad;
	uint64_t until_ns;
};

/* Adds what text says to faults.  Returns: 0; -EINVAL and one line in why. */
int ndis_faults_parse(const char *text, struct ndis_faults *faults, char why[SPEC_WHY_BYTES]);

/* The first window, at any moment of its own time. */
void fault_windows_begin(struct fault_windows *windows, const struct ndis_faults *faults,
			 uint64_t seed, uint64_t stream, uint64_t now_ns);
/* Whether now is a bad time; now_ns never goes back.  Thread: the owner's lock. */
bool fault_windows_bad(struct fault_windows *windows, const struct ndis_faults *faults,
		       uint64_t now_ns);

#endif
