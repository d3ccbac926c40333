/* SPDX-License-Identifier: MIT */
/* Names of events and of their enumerations, as the trace and the database spell them. */
#include "db/pool_event.h"

#include <string.h>

static const char *const kind_names[POOL_EVENT_NR_KINDS] = {
	[POOL_EVENT_POOL_OPEN] = "pool_open",
	[POOL_EVENT_TICK] = "tick",
	[POOL_EVENT_ALLOC_REQUEST] = "alloc_request",
	[POOL_EVENT_ALLOC_REFUSED] = "alloc_refused",
	[POOL_EVENT_ALLOC_COMPLETE] = "alloc_complete",
	[POOL_EVENT_BLOCK_FREE] = "block_free",
	[POOL_EVENT_RX_TAKE] = "rx_take",
	[POOL_EVENT_RX_RETURN] = "rx_return",
	[POOL_EVENT_RX_DROP] = "rx_drop",
	[POOL_EVENT_FALLBACK] = "fallback",
	[POOL_EVENT_VIOLATION] = "violation",
	[POOL_EVENT_POOL_CLOSE] = "pool_close",
};
static const char *const outcome_names[POOL_OUTCOME_NR] = {
	[POOL_OUTCOME_USED] = "used",
	[POOL_OUTCOME_NULL] = "null",
	[POOL_OUTCOME_WRAP_FAILED] = "wrap_failed",
	[POOL_OUTCOME_OVER_LIMIT] = "over_limit",
	[POOL_OUTCOME_LATE] = "late",
	[POOL_OUTCOME_PROBE] = "probe",
};
static const char *const reason_names[POOL_FREE_NR] = {
	[POOL_FREE_SHRINK] = "shrink",
	[POOL_FREE_HALT] = "halt",
	[POOL_FREE_LATE] = "late",
	[POOL_FREE_OVER_LIMIT] = "over_limit",
	[POOL_FREE_WRAP_FAILED] = "wrap_failed",
	[POOL_FREE_PROBE] = "probe",
};
static const char *const cause_names[POOL_DROP_NR] = {
	[POOL_DROP_NO_DESCRIPTOR] = "no_descriptor",
	[POOL_DROP_FIFO] = "fifo",
};

static const char *name_of(const char *const *names, unsigned nr, unsigned value)
{
	return value < nr ? names[value] : "?";
}

bool pool_event_says_available(enum pool_event_kind kind)
{
	return kind == POOL_EVENT_TICK || kind == POOL_EVENT_ALLOC_REQUEST ||
	       kind == POOL_EVENT_ALLOC_COMPLETE || kind == POOL_EVENT_BLOCK_FREE ||
	       kind == POOL_EVENT_RX_TAKE || kind == POOL_EVENT_RX_RETURN ||
	       kind == POOL_EVENT_FALLBACK;
}

const char *pool_event_kind_name(enum pool_event_kind kind)
{
	return name_of(kind_names, POOL_EVENT_NR_KINDS, (unsigned)kind);
}

int pool_event_kind_from_name(const char *name)
{
	for (int kind = 0; kind < POOL_EVENT_NR_KINDS; kind++)
		if (!strcmp(kind_names[kind], name))
			return kind;
	return -1;
}

const char *pool_outcome_name(unsigned outcome)
{
	return name_of(outcome_names, POOL_OUTCOME_NR, outcome);
}

const char *pool_free_reason_name(unsigned reason)
{
	return name_of(reason_names, POOL_FREE_NR, reason);
}

const char *pool_drop_cause_name(unsigned cause)
{
	return name_of(cause_names, POOL_DROP_NR, cause);
}
