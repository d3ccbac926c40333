/* SPDX-License-Identifier: MIT */
#ifndef RECEIVED_H
#define RECEIVED_H
/*
 * A received frame as its generation has it, a net buffer list (NDIS 6) or a packet (NDIS 5): where
 * its bytes are, and how it goes back.  The stack knows no other difference.
 */
#include "driver/ndis/host.h"

/* Where a frame lies: len_bytes, from offset of its first descriptor on. */
struct extent {
	PMDL mdl;
	ULONG offset, len_bytes;
};

struct received_kind {
	struct extent (*extent)(void *frame);
	/* Gives n frames back.  No lock may be held. */
	void (*give_back)(NDIS_HANDLE binding, void **frames, uint32_t n);
};

extern const struct received_kind received_lists, received_packets;

#endif
