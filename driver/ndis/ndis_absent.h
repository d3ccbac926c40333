/* SPDX-License-Identifier: MIT */
#ifndef NDIS_ABSENT_H
#define NDIS_ABSENT_H
/*
 * Published functions for which this machine has nothing: each fails, with a status that its
 * reference page names, and does nothing else.  A driver that handles the failure runs without.
 * Drivers include ndis.h.
 */
#include "ndis_base.h"

/*
 * A device object of the driver's own, for programs to open: there are no device objects.
 * Returns: NDIS_STATUS_RESOURCES; *pDeviceObject and *NdisDeviceHandle are NULL.
 * IRQL:    PASSIVE_LEVEL.
 */
typedef NTSTATUS DRIVER_DISPATCH(PDEVICE_OBJECT DeviceObject, PVOID Irp);
typedef DRIVER_DISPATCH *PDRIVER_DISPATCH;
NDIS_STATUS NdisMRegisterDevice(NDIS_HANDLE NdisWrapperHandle, PNDIS_STRING DeviceName,
				PNDIS_STRING SymbolicName, PDRIVER_DISPATCH MajorFunctions[],
				PDEVICE_OBJECT *pDeviceObject, PNDIS_HANDLE NdisDeviceHandle);
/* Returns: NDIS_STATUS_SUCCESS for the NULL that was had: nothing is left. */
NDIS_STATUS NdisMDeregisterDevice(NDIS_HANDLE NdisDeviceHandle);

/* A channel of a system DMA controller: the adapters are bus masters. */
typedef struct _NDIS_DMA_DESCRIPTION {
	BOOLEAN DemandMode;
	BOOLEAN AutoInitialize;
	BOOLEAN DmaChannelSpecified;
	ULONG DmaWidth;
	ULONG DmaSpeed;
	ULONG DmaPort;
	ULONG DmaChannel;
} NDIS_DMA_DESCRIPTION, *PNDIS_DMA_DESCRIPTION;
/* Returns: NDIS_STATUS_RESOURCE_CONFLICT; *MiniportDmaHandle is NULL.  IRQL: PASSIVE_LEVEL. */
NDIS_STATUS NdisMRegisterDmaChannel(PNDIS_HANDLE MiniportDmaHandle,
				    NDIS_HANDLE MiniportAdapterHandle, UINT DmaChannel,
				    BOOLEAN Dma32BitAddresses, PNDIS_DMA_DESCRIPTION DmaDescription,
				    ULONG MaximumLength);
VOID NdisMDeregisterDmaChannel(NDIS_HANDLE MiniportDmaHandle);

/*
 * Functions beyond the driver's characteristics, from MiniportSetOptions: this host calls none.
 *	OptionalHandlers  its Header.Type says what follows
 * Returns: NDIS_STATUS_NOT_SUPPORTED.  IRQL: PASSIVE_LEVEL.
 */
typedef struct _NDIS_DRIVER_OPTIONAL_HANDLERS {
	NDIS_OBJECT_HEADER Header;
} NDIS_DRIVER_OPTIONAL_HANDLERS, *PNDIS_DRIVER_OPTIONAL_HANDLERS;
NDIS_STATUS NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle,
				    PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers);

#endif
