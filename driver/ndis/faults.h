/* SPDX-License-Identifier: MIT */
#ifndef NDIS_FAULTS_H
#define NDIS_FAULTS_H
/*
 * What the host lets go wrong on purpose, in SPEC form:
 *
 *	refuse:p=0.1     a request is refused: NDIS_STATUS_FAILURE, no completion
 *	null:p=0.1       an accepted request completes without memory
 *
 * Several are joined by '+', or given one after the other.
 */
#include "driver/spec/spec.h"

struct ndis_faults {
	double refuse;
	double null;
};

/* Adds what text says to faults.  Returns: 0; -EINVAL and one line in why. */
int ndis_faults_parse(const char *text, struct ndis_faults *faults, char why[SPEC_WHY_BYTES]);

#endif
