/* SPDX-License-Identifier: MIT */
#ifndef NDIS_RULES_H
#define NDIS_RULES_H
/*
 * The contract of asynchronous shared memory in one table: 65 rules, each one sentence.  R-numbers
 * are what violations, tests and docs/ndis-rules.md cite.
 *
 *	NDIS_BINDS_HOST    what the host (NDIS) must do, and tests of the host hold
 *	NDIS_BINDS_DRIVER  what a miniport must do; the verifier reports it where it can be seen
 *	NDIS_BINDS_BOTH    both have a part in it
 */
#include <stdint.h>

#define NDIS_RULES 65u

enum ndis_binds { NDIS_BINDS_HOST, NDIS_BINDS_DRIVER, NDIS_BINDS_BOTH };

struct ndis_rule {
	enum ndis_binds binds;
	const char *says; /* one sentence, without a final dot */
};

/* Returns: the rule, or NULL if there is none of that number. */
const struct ndis_rule *ndis_rule(uint16_t number);

#endif
