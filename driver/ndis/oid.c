/* SPDX-License-Identifier: MIT */
/*
 * OID requests: the one that the protocols make is for the packet filter.  Status indications and
 * the ends of sends; nobody above asks for any of them.
 */
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

	if (adapter == NULL)
		return;
	ndis_check_irql(adapter, DISPATCH_LEVEL, 14, "NdisMOidRequestComplete");
	if (OidRequest != &adapter->oid.request ||
	    __atomic_exchange_n(&adapter->oid.is_out, 0, __ATOMIC_ACQ_REL) == 0) {
		ndis_broken(adapter, 61, (uintptr_t)OidRequest,
			    "NdisMOidRequestComplete ends an OID request that nobody made, or that "
			    "has ended");
		return;
	}
	adapter->oid.answer = Status;
	__atomic_store_n(&adapter->oid.answered, 1, __ATOMIC_RELEASE);
	exec_wake(ndis_host()->config.exec);
}

/* Its completion may come before the function has returned PENDING. */
static NDIS_STATUS send_request(struct ndis_adapter *adapter)
{
	MINIPORT_OID_REQUEST *handler = adapter->driver->functions.OidRequestHandler;
	const char *outer = ndis_callback_begin("MiniportOidRequest");
	NDIS_STATUS status;

	__atomic_store_n(&adapter->oid.answered, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&adapter->oid.is_out, 1, __ATOMIC_RELEASE);
	status = handler(adapter->context, &adapter->oid.request);
	ndis_callback_end(outer);
	return status;
}

/* A request that is never answered is given up: NDIS itself would reset such an adapter. */
static NDIS_STATUS await_answer(struct ndis_adapter *adapter)
{
	struct exec *exec = ndis_host()->config.exec;

	if (exec_wait(exec, &adapter->oid.answered, exec_now_ns(exec) + 2 * ndis_patience_ns()))
		return adapter->oid.answer;
	if (__atomic_exchange_n(&adapter->oid.is_out, 0, __ATOMIC_ACQ_REL) == 0) {
		exec_wait(exec, &adapter->oid.answered, EXEC_NEVER); /* it is being answered */
		return adapter->oid.answer;
	}
	ndis_broken(adapter, 61, OID_GEN_CURRENT_PACKET_FILTER,
		    "MiniportOidRequest left OID_GEN_CURRENT_PACKET_FILTER pending, and it was not "
		    "completed");
	return NDIS_STATUS_FAILURE;
}

NDIS_STATUS ndis6_set_filter(struct ndis_adapter *adapter, ULONG filter)
{
	NDIS_OID_REQUEST *request = &adapter->oid.request;
	NDIS_STATUS status;

	if (adapter->driver->functions.OidRequestHandler == NULL)
		return NDIS_STATUS_SUCCESS;
	adapter->oid.filter = filter;
	*request = (NDIS_OID_REQUEST){
		.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
			   NDIS_SIZEOF_OID_REQUEST_REVISION_1},
		.RequestType = NdisRequestSetInformation,
		.PortNumber = NDIS_DEFAULT_PORT_NUMBER,
	};
	request->DATA.SET_INFORMATION.Oid = OID_GEN_CURRENT_PACKET_FILTER;
	request->DATA.SET_INFORMATION.InformationBuffer = &adapter->oid.filter;
	request->DATA.SET_INFORMATION.InformationBufferLength = sizeof(adapter->oid.filter);
	status = send_request(adapter);
	if (status == NDIS_STATUS_PENDING)
		status = await_answer(adapter);
	else if (__atomic_exchange_n(&adapter->oid.is_out, 0, __ATOMIC_ACQ_REL) == 0)
		ndis_broken(adapter, 61, (uintptr_t)request,
			    "MiniportOidRequest returned %s for a request that it had completed: "
			    "PENDING is what goes with NdisMOidRequestComplete",
			    ndis_status_name(status));
	/* A driver may know of no filter: then it receives as it is. */
	if (status == NDIS_STATUS_NOT_SUPPORTED || status == NDIS_STATUS_INVALID_OID)
		return NDIS_STATUS_SUCCESS;
	return status;
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
