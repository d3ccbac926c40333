/* SPDX-License-Identifier: MIT */
/*
 * A small miniport of NDIS 5 that can make one mistake, named by PITFALL: every 5 ms it indicates
 * an array of packets over its base block, the last of them RESOURCES, and asks for a block and
 * gives it back.  It needs no device.
 */
#include <ndis.h>

#include "pitfalls.h"

#ifndef PITFALL
extern enum pitfall faulty_pitfall;
#define PITFALL faulty_pitfall
#endif
#define MISTAKE(which) (PITFALL == (which))

#define PACKETS	     4u
#define BUFFER_BYTES 256u
#define BLOCK_BYTES  (PACKETS * BUFFER_BYTES)
#define PERIOD_MS    5

struct adapter {
	NDIS_HANDLE handle, packets, buffers;
	NDIS_MINIPORT_TIMER timer;
	NDIS_EVENT idle;
	NDIS_SPIN_LOCK lock;
	PVOID base;
	NDIS_PHYSICAL_ADDRESS base_pa;
	PNDIS_PACKET packet[PACKETS];
	LONG out;  /* packets that the protocols have */
	LONG refs; /* one for life, one for each request and each packet that is out */
	LONG asked;
};

static NDIS_HANDLE wrapper;

static VOID put(struct adapter *a)
{
	if (NdisInterlockedDecrement(&a->refs) == 0)
		NdisSetEvent(&a->idle);
}

/* --- memory ----------------------------------------------------------------------------------- */

static VOID allocate_complete(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
			      PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length, PVOID Context)
{
	struct adapter *a = MiniportAdapterContext;

	if (MISTAKE(WAIT_IN_A_COMPLETION))
		NdisWaitEvent(&a->idle, 1);
	if (VirtualAddress != NULL)
		NdisMFreeSharedMemory(a->handle, Length, TRUE, VirtualAddress, *PhysicalAddress);
	InterlockedExchange(&a->asked, FALSE);
	if (MISTAKE(COMPLETION_OF_NDIS5_RETURNS_WITH_A_LOCK))
		NdisAcquireSpinLock(&a->lock);
	put(a);
}

static VOID ask(struct adapter *a)
{
	if (InterlockedExchange(&a->asked, TRUE))
		return;
	NdisInterlockedIncrement(&a->refs);
	if (NdisMAllocateSharedMemoryAsync(a->handle, BLOCK_BYTES, TRUE, NULL) ==
	    NDIS_STATUS_PENDING)
		return;
	InterlockedExchange(&a->asked, FALSE);
	put(a);
}

/* --- packets ---------------------------------------------------------------------------------- */

static VOID return_packet(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet)
{
	struct adapter *a = MiniportAdapterContext;

	NdisInterlockedDecrement(&a->out);
	put(a);
}

/* The last two stay ours (R42). */
static VOID mark(struct adapter *a)
{
	for (UINT i = 0; i < PACKETS; i++)
		NDIS_SET_PACKET_STATUS(a->packet[i], i < PACKETS - 2 ? NDIS_STATUS_SUCCESS
								     : NDIS_STATUS_RESOURCES);
	if (MISTAKE(P23_SUCCESS_BEHIND_RESOURCES))
		NDIS_SET_PACKET_STATUS(a->packet[PACKETS - 1], NDIS_STATUS_SUCCESS);
}

static VOID indicate(struct adapter *a)
{
	PNDIS_PACKET packets[PACKETS];
	NDIS_STATUS status;

	NdisMoveMemory(packets, a->packet, sizeof(packets));
	mark(a);
	NdisInterlockedIncrement(&a->out);
	NdisInterlockedIncrement(&a->out);
	NdisInterlockedIncrement(&a->refs);
	NdisInterlockedIncrement(&a->refs);
	if (MISTAKE(PACKET_TWICE_IN_AN_ARRAY))
		packets[1] = packets[0];
	NdisMIndicateReceivePacket(a->handle, packets, PACKETS);
	if (MISTAKE(PACKETS_INDICATED_TWICE))
		NdisMIndicateReceivePacket(a->handle, packets, 1);
	if (MISTAKE(PACKET_TWICE_IN_AN_ARRAY))
		return_packet(a, a->packet[1]); /* it was not indicated */
	if (MISTAKE(P24_STATUS_READ_AFTERWARDS)) {
		status = NDIS_GET_PACKET_STATUS(a->packet[0]);
		UNREFERENCED_PARAMETER(status);
	}
}

static VOID tick(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2,
		 PVOID SystemSpecific3)
{
	struct adapter *a = FunctionContext;

	if (a->out == 0)
		indicate(a);
	ask(a);
}

/* --- life ------------------------------------------------------------------------------------- */

static VOID release(struct adapter *a)
{
	for (UINT i = 0; i < PACKETS; i++) {
		PNDIS_BUFFER buffer;

		if (a->packet[i] == NULL)
			continue;
		NdisUnchainBufferAtFront(a->packet[i], &buffer);
		if (buffer != NULL)
			NdisFreeBuffer(buffer);
		NdisFreePacket(a->packet[i]);
	}
	if (a->buffers != NULL)
		NdisFreeBufferPool(a->buffers);
	if (a->packets != NULL)
		NdisFreePacketPool(a->packets);
	if (a->base != NULL)
		NdisMFreeSharedMemory(a->handle, BLOCK_BYTES, TRUE, a->base, a->base_pa);
	NdisFreeSpinLock(&a->lock);
	NdisFreeMemory(a, 0, 0);
}

static NDIS_STATUS make_packet(struct adapter *a, UINT i)
{
	PNDIS_BUFFER buffer;
	NDIS_STATUS status;

	NdisAllocatePacket(&status, &a->packet[i], a->packets);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	NdisAllocateBuffer(&status, &buffer, a->buffers, (PUCHAR)a->base + i * BUFFER_BYTES, 60);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	NdisChainBufferAtFront(a->packet[i], buffer);
	NDIS_SET_PACKET_HEADER_SIZE(a->packet[i], 14);
	return status;
}

static NDIS_STATUS build(struct adapter *a)
{
	NDIS_STATUS status;

	NdisAllocatePacketPool(&status, &a->packets, PACKETS, 0);
	if (status == NDIS_STATUS_SUCCESS)
		NdisAllocateBufferPool(&status, &a->buffers, PACKETS);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	NdisMAllocateSharedMemory(a->handle, BLOCK_BYTES, TRUE, &a->base, &a->base_pa);
	if (a->base == NULL)
		return NDIS_STATUS_RESOURCES;
	for (UINT i = 0; i < PACKETS && status == NDIS_STATUS_SUCCESS; i++)
		status = make_packet(a, i);
	return status;
}

static NDIS_STATUS initialize(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex,
			      PNDIS_MEDIUM MediumArray, UINT MediumArraySize,
			      NDIS_HANDLE MiniportAdapterHandle,
			      NDIS_HANDLE WrapperConfigurationContext)
{
	struct adapter *a;
	NDIS_STATUS status;

	for (UINT i = 0; i < MediumArraySize; i++) {
		if (MediumArray[i] == NdisMedium802_3)
			*SelectedMediumIndex = i;
	}
	status = NdisAllocateMemoryWithTag((PVOID *)&a, sizeof(*a), 0);
	if (status != NDIS_STATUS_SUCCESS)
		return status;
	NdisZeroMemory(a, sizeof(*a));
	a->handle = MiniportAdapterHandle;
	a->refs = 1;
	NdisInitializeEvent(&a->idle);
	NdisAllocateSpinLock(&a->lock);
	NdisMSetAttributesEx(a->handle, a, 0,
			     NDIS_ATTRIBUTE_BUS_MASTER | NDIS_ATTRIBUTE_DESERIALIZE,
			     NdisInterfacePci);
	status = build(a);
	if (status != NDIS_STATUS_SUCCESS) {
		release(a);
		return status;
	}
	NdisMInitializeTimer(&a->timer, a->handle, tick, a);
	NdisMSetPeriodicTimer(&a->timer, PERIOD_MS);
	return status;
}

static VOID halt(NDIS_HANDLE MiniportAdapterContext)
{
	struct adapter *a = MiniportAdapterContext;
	BOOLEAN cancelled;

	NdisMCancelTimer(&a->timer, &cancelled);
	KeFlushQueuedDpcs();
	put(a);
	while (!NdisWaitEvent(&a->idle, 2000))
		;
	release(a);
}

static BOOLEAN check_for_hang(NDIS_HANDLE MiniportAdapterContext)
{
	return TRUE;
}

static NDIS_STATUS reset(PBOOLEAN AddressingReset, NDIS_HANDLE MiniportAdapterContext)
{
	struct adapter *a = MiniportAdapterContext;

	if (MISTAKE(RESET_RETURNS_WITH_A_LOCK))
		NdisAcquireSpinLock(&a->lock);
	return NDIS_STATUS_SUCCESS;
}

static VOID notify(NDIS_HANDLE MiniportAdapterContext, NDIS_DEVICE_PNP_EVENT DevicePnPEvent,
		   PVOID InformationBuffer, ULONG InformationBufferLength)
{
	KIRQL old;

	if (MISTAKE(PNP_EVENT_LEAVES_ITS_LEVEL))
		KeRaiseIrql(DISPATCH_LEVEL, &old);
}

static VOID shut_down(NDIS_HANDLE MiniportAdapterContext)
{
	KIRQL old;

	if (MISTAKE(SHUTDOWN_LEAVES_ITS_LEVEL))
		KeRaiseIrql(DISPATCH_LEVEL, &old);
}

static NDIS_STATUS query(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
			 ULONG InformationBufferLength, PULONG BytesWritten, PULONG BytesNeeded)
{
	return NDIS_STATUS_NOT_SUPPORTED;
}

static NDIS_STATUS set(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid, PVOID InformationBuffer,
		       ULONG InformationBufferLength, PULONG BytesRead, PULONG BytesNeeded)
{
	return NDIS_STATUS_NOT_SUPPORTED;
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	NDIS51_MINIPORT_CHARACTERISTICS c = {
		.MajorNdisVersion = 5,
		.MinorNdisVersion = 1,
		.HaltHandler = halt,
		.InitializeHandler = initialize,
		.QueryInformationHandler = query,
		.ResetHandler = reset,
		.SetInformationHandler = set,
		.ReturnPacketHandler = return_packet,
		.AllocateCompleteHandler = allocate_complete,
		.CheckForHangHandler = check_for_hang,
		.PnPEventNotifyHandler = notify,
		.AdapterShutdownHandler = shut_down,
	};
	NDIS_STATUS status;

	NdisMInitializeWrapper(&wrapper, DriverObject, RegistryPath, NULL);
	status = NdisMRegisterMiniport(wrapper, &c, sizeof(c));
	if (status != NDIS_STATUS_SUCCESS)
		NdisTerminateWrapper(wrapper, NULL);
	return status;
}
