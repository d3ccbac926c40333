/* SPDX-License-Identifier: MIT */
#ifndef NDIS_SG_H
#define NDIS_SG_H
/* Scatter/gather lists: what a device needs to reach the data of a net buffer (NDIS 6).  Drivers
 * include ndis.h. */
#include "ndis_base.h"
#include "ndis_packet.h"

typedef struct _SCATTER_GATHER_ELEMENT {
	PHYSICAL_ADDRESS Address; /* on the bus */
	ULONG Length;		  /* bytes */
	ULONG_PTR Reserved;
} SCATTER_GATHER_ELEMENT, *PSCATTER_GATHER_ELEMENT;
typedef struct _SCATTER_GATHER_LIST {
	ULONG NumberOfElements;
	ULONG_PTR Reserved;
	SCATTER_GATHER_ELEMENT Elements[];
} SCATTER_GATHER_LIST, *PSCATTER_GATHER_LIST;
static_assert(sizeof(SCATTER_GATHER_LIST) == 16 && sizeof(SCATTER_GATHER_ELEMENT) == 24,
	      "what ScatterGatherListSize is counted in");

/*
 * A list that NdisMAllocateNetBufferSGList() made is there.
 *	pSGL     NumberOfElements pieces, in the order of the data
 *	Context  as given to the call
 * Owns:    the miniport, until NdisMFreeNetBufferSGList().
 * IRQL:    DISPATCH_LEVEL; before the call returns.
 */
typedef VOID MINIPORT_PROCESS_SG_LIST(PDEVICE_OBJECT pDO, PVOID Reserved, PSCATTER_GATHER_LIST pSGL,
				      PVOID Context);
typedef MINIPORT_PROCESS_SG_LIST *MINIPORT_PROCESS_SG_LIST_HANDLER;

#define NDIS_SG_LIST_WRITE_TO_DEVICE 0x00000001 /* the device reads the data */

/*
 * Maps the data of NetBuffer for the device, and gives the list to ProcessSGListHandler of the DMA
 * registration.
 *	ScatterGatherListBuffer      room for the list; if NULL, or too small, the host finds it
 *	ScatterGatherListBufferSize  its bytes: ScatterGatherListSize of the registration is enough
 *
 * Owns:    the net buffer and its data must stay as they are until NdisMFreeNetBufferSGList().
 * IRQL:    DISPATCH_LEVEL as published; below it is allowed here.
 * Returns: NDIS_STATUS_SUCCESS, the handler was called; _INVALID_PARAMETER no live DMA handle, no
 *          data or no handler; _RESOURCES.
 * Source:  R22.
 */
NDIS_STATUS NdisMAllocateNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PNET_BUFFER NetBuffer,
					 PVOID Context, ULONG Flags, PVOID ScatterGatherListBuffer,
					 ULONG ScatterGatherListBufferSize);
/* The device reaches the data no more; the list is gone.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisMFreeNetBufferSGList(NDIS_HANDLE NdisMiniportDmaHandle, PSCATTER_GATHER_LIST pSGL,
			      PNET_BUFFER NetBuffer);

#endif
