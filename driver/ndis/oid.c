/* SPDX-License-Identifier: MIT */
/* Status indications and the ends of requests and sends; nobody above asks for any of them. */
#include "driver/ndis/internal.h"

unsigned int NdisGetVersion(void)
{
	return NDIS_RUNTIME_VERSION_60;
}

VOID NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle,
			   PNDIS_STATUS_INDICATION StatusIndication)
{
	struct ndis_adapter *adapter =
		ndis_adapter_from(MiniportAdapterHandle, 14, "NdisMIndicateStatusEx");

	if (adapter != NULL)
		ndis_check_irql(adapter, DISPATCH_LEVEL, 14, "NdisMIndicateStatusEx");
}

VOID NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest,
			     NDIS_STATUS Status)
{
	struct ndis_adapter *adapter =
		ndis_adapter_from(MiniportAdapterHandle, 14, "NdisMOidRequestComplete");

	if (adapter != NULL)
		ndis_check_irql(adapter, DISPATCH_LEVEL, 14, "NdisMOidRequestComplete");
}

VOID NdisMSendNetBufferListsComplete(NDIS_HANDLE MiniportAdapterHandle,
				     PNET_BUFFER_LIST NetBufferLists, ULONG SendCompleteFlags)
{
	struct ndis_adapter *adapter =
		ndis_adapter_from(MiniportAdapterHandle, 45, "NdisMSendNetBufferListsComplete");

	if (adapter != NULL && NetBufferLists != NULL)
		ndis_broken(adapter, 45, (uintptr_t)NetBufferLists,
			    "NdisMSendNetBufferListsComplete was given a list that no protocol "
			    "sent");
}

/* --- NDIS 5 ----------------------------------------------------------------------------------- */

/* Returns: the adapter, if the call is allowed at this place. */
static struct ndis_adapter *told(NDIS_HANDLE handle, const char *where)
{
	struct ndis_adapter *adapter = ndis5_adapter_from(handle, 14, where);

	return adapter != NULL && ndis_check_irql(adapter, DISPATCH_LEVEL, 14, where) ? adapter
										      : NULL;
}

VOID NdisMIndicateStatus(NDIS_HANDLE MiniportHandle, NDIS_STATUS GeneralStatus, PVOID StatusBuffer,
			 UINT StatusBufferSize)
{
	told(MiniportHandle, "NdisMIndicateStatus");
}

VOID NdisMIndicateStatusComplete(NDIS_HANDLE MiniportHandle)
{
	told(MiniportHandle, "NdisMIndicateStatusComplete");
}

VOID NdisMSendResourcesAvailable(NDIS_HANDLE MiniportAdapterHandle)
{
	told(MiniportAdapterHandle, "NdisMSendResourcesAvailable");
}

VOID NdisMSendComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_PACKET Packet, NDIS_STATUS Status)
{
	struct ndis_adapter *adapter = told(MiniportAdapterHandle, "NdisMSendComplete");

	if (adapter != NULL)
		ndis_broken(adapter, 61, (uintptr_t)Packet,
			    "NdisMSendComplete was given a packet that no protocol sent");
}

VOID NdisMQueryInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status)
{
	struct ndis_adapter *adapter = told(MiniportAdapterHandle, "NdisMQueryInformationComplete");

	if (adapter != NULL)
		ndis_broken(adapter, 61, (uintptr_t)adapter,
			    "NdisMQueryInformationComplete ends a query that nobody made");
}
