/* SPDX-License-Identifier: MIT */
#ifndef NDIS_CALLBACK_H
#define NDIS_CALLBACK_H
/*
 * Which function of a miniport a thread is in, and what it has done there so far: what a report
 * says about where something happened.  Callbacks nest: frames come back inside an indication.
 */
#include <stdbool.h>
#include <stdint.h>

struct ndis_callback {
	const char *name; /* "MiniportHaltEx"; NULL: code of the host */
	uint8_t irql;	  /* that it was called at, and so returns at */
	uint32_t locks;	  /* that its thread held then */
	uint64_t number;  /* of all callbacks of its adapter, from 1; 0: it belongs to none */
	bool completes;	  /* a completion of a request */
	bool limited;	  /* in descriptors, by a fault */
	bool starved;	  /* one could not be had */
	/* So far: */
	uint32_t requests, frees;
	uint32_t refused;	/* requests, since it indicated frames last */
	uint32_t blocks;	/* live when a halt began: what frees are counted against */
	uint32_t descriptors;	/* that may still be had, if they are limited */
	uintptr_t first, after; /* the memory that was described last, [first, after) */
};

/* The innermost one of this thread; never NULL. */
struct ndis_callback *ndis_callback(void);

/*
 * This thread, at its level by now, is about to be in function `name` of a miniport, or, with NULL,
 * outside of any.  _end() comes before the level is lowered: what the function has left is seen.
 * Returns: the name of the one around it, which is what _end() wants.
 */
const char *ndis_callback_begin(const char *name);
void ndis_callback_end(const char *before);

#endif
