/* SPDX-License-Identifier: MIT */
#ifndef NDIS_HOLDINGS_H
#define NDIS_HOLDINGS_H
/*
 * What a miniport took and has not given back, beside its handles: its own memory, and MDLs.
 *
 * What was taken with an adapter's handle is the adapter's, and is told when its halt has returned;
 * the rest is the driver's, and is told after the unload.
 *
 * Thread: any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ndis_adapter;

enum holding_kind { HOLDING_MEMORY, HOLDING_MDL };
#define HOLDING_KINDS 2

/* What is left of a kind. */
struct holdings_left {
	uint64_t count, bytes;
	uint32_t tag;	/* of the one taken last */
	const char *in; /* the callback that took it, or NULL */
};

/*
 * at was taken, in the callback that this thread is in.
 *	owner  the adapter whose handle it was taken with; NULL: the driver
 *	tag    0 where there is none
 * Returns: false when memory is out; then nothing is noted.
 */
bool holdings_add(const void *at, enum holding_kind kind, const struct ndis_adapter *owner,
		  size_t bytes, uint32_t tag);
/* at was given back; what was never noted is not missed. */
void holdings_remove(const void *at);
/*
 * What owner has of a kind, which is nobody's from here on: it is not told twice.
 *	owner  NULL: what the driver has
 */
struct holdings_left holdings_take_left(const struct ndis_adapter *owner, enum holding_kind kind);
/* No code of the driver runs any more: frees what it has left. */
void holdings_forget(void);

#endif
