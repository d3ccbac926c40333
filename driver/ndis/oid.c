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
