/* SPDX-License-Identifier: MIT */
/* Published functions for which this machine has nothing. */
#include "driver/ndis/internal.h"

NDIS_STATUS NdisMRegisterDevice(NDIS_HANDLE NdisWrapperHandle, PNDIS_STRING DeviceName,
				PNDIS_STRING SymbolicName, PDRIVER_DISPATCH MajorFunctions[],
				PDEVICE_OBJECT *pDeviceObject, PNDIS_HANDLE NdisDeviceHandle)
{
	*pDeviceObject = NULL;
	*NdisDeviceHandle = NULL;
	return NDIS_STATUS_RESOURCES;
}

NDIS_STATUS NdisMDeregisterDevice(NDIS_HANDLE NdisDeviceHandle)
{
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisMRegisterDmaChannel(PNDIS_HANDLE MiniportDmaHandle,
				    NDIS_HANDLE MiniportAdapterHandle, UINT DmaChannel,
				    BOOLEAN Dma32BitAddresses, PNDIS_DMA_DESCRIPTION DmaDescription,
				    ULONG MaximumLength)
{
	*MiniportDmaHandle = NULL;
	return NDIS_STATUS_RESOURCE_CONFLICT;
}

VOID NdisMDeregisterDmaChannel(NDIS_HANDLE MiniportDmaHandle)
{
}

NDIS_STATUS NdisSetOptionalHandlers(NDIS_HANDLE NdisHandle,
				    PNDIS_DRIVER_OPTIONAL_HANDLERS OptionalHandlers)
{
	return NDIS_STATUS_NOT_SUPPORTED;
}
