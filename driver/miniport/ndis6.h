/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_NDIS6_H
#define MINIPORT_NDIS6_H
/* The NDIS 6 face of the driver. */
#include "adapter.h"

DRIVER_INITIALIZE DriverEntry;

/*
 * Gives n received frames to NDIS, in one call.
 *	resources  they must not be kept: NDIS_RECEIVE_FLAGS_RESOURCES
 * IRQL: DISPATCH_LEVEL, no lock held.
 */
void ndis6_indicate(struct adapter *adapter, struct buffer *const *buffers, ULONG n,
		    bool resources);

#endif
