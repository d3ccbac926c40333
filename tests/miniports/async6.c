/* SPDX-License-Identifier: MIT */
/*
 * A miniport of NDIS 6 that does nothing but ask for shared memory and give it back: one block at
 * initialise, one more every 5 ms until it has eight, then the oldest goes.  It receives nothing.
 */
#include <ndis.h>

#define BASE_BYTES  (256 * 1024)
#define BLOCK_BYTES (64 * 1024)
#define MOST_BLOCKS 8
#define PERIOD_MS   5
#define TAG	    0x636e7341 /* 'Asnc' */

typedef struct _BLOCK {
	LIST_ENTRY Link;
	PVOID Va;
	NDIS_PHYSICAL_ADDRESS Pa;
	ULONG Length;
} BLOCK, *PBLOCK;

typedef struct _ADAPTER {
	NDIS_HANDLE Handle;
	NDIS_HANDLE Dma;
	NDIS_HANDLE Timer;
	NDIS_SPIN_LOCK Lock;
	LIST_ENTRY Blocks; /* the oldest first */
	ULONG NrBlocks;
	ULONG Pending; /* requests */
	BOOLEAN Halting;
	NDIS_EVENT Drained;
	BLOCK Base;
} ADAPTER, *PADAPTER;

DRIVER_INITIALIZE DriverEntry;
MINIPORT_UNLOAD AsyncUnload;
MINIPORT_INITIALIZE AsyncInitialize;
MINIPORT_HALT AsyncHalt;
MINIPORT_PAUSE AsyncPause;
MINIPORT_RESTART AsyncRestart;
MINIPORT_SHUTDOWN AsyncShutdown;
MINIPORT_OID_REQUEST AsyncOidRequest;
MINIPORT_RETURN_NET_BUFFER_LISTS AsyncReturnNetBufferLists;
MINIPORT_SEND_NET_BUFFER_LISTS AsyncSendNetBufferLists;
MINIPORT_CANCEL_SEND AsyncCancelSend;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY AsyncPnpEvent;
MINIPORT_CANCEL_OID_REQUEST AsyncCancelOidRequest;
MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE AsyncAllocateComplete;
NDIS_TIMER_FUNCTION AsyncTimer;

static NDIS_HANDLE DriverHandle;

#ifdef ALLOC_PRAGMA
#pragma alloc_text(INIT, DriverEntry)
#endif

_Use_decl_annotations_ VOID AsyncAllocateComplete(NDIS_HANDLE MiniportAdapterContext,
						  PVOID VirtualAddress,
						  PNDIS_PHYSICAL_ADDRESS PhysicalAddress,
						  ULONG Length, PVOID Context)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	PBLOCK Block = (PBLOCK)Context;
	BOOLEAN Drained;

	if (VirtualAddress != NULL) {
		Block->Va = VirtualAddress;
		Block->Pa = *PhysicalAddress;
		Block->Length = Length;
	} else {
		NdisFreeMemory(Block, sizeof(*Block), 0);
	}
	NdisAcquireSpinLock(&Adapter->Lock);
	if (VirtualAddress != NULL) {
		InsertTailList(&Adapter->Blocks, &Block->Link);
		Adapter->NrBlocks++;
	}
	Adapter->Pending--;
	Drained = Adapter->Halting && Adapter->Pending == 0;
	NdisReleaseSpinLock(&Adapter->Lock);
	if (Drained)
		NdisSetEvent(&Adapter->Drained);
}

static VOID FreeBlock(PADAPTER Adapter, PBLOCK Block)
{
	NdisMFreeSharedMemory(Adapter->Handle, Block->Length, TRUE, Block->Va, Block->Pa);
	NdisFreeMemory(Block, sizeof(*Block), 0);
}

static VOID AskForOne(PADAPTER Adapter)
{
	PBLOCK Block = (PBLOCK)NdisAllocateMemoryWithTagPriority(Adapter->Handle, sizeof(*Block),
								 TAG, NormalPoolPriority);
	NDIS_STATUS Status;

	if (Block == NULL)
		return;
	NdisZeroMemory(Block, sizeof(*Block));
	NdisAcquireSpinLock(&Adapter->Lock);
	Adapter->Pending++; /* before the call: its completion may come first */
	NdisReleaseSpinLock(&Adapter->Lock);
	Status = NdisMAllocateSharedMemoryAsyncEx(Adapter->Dma, BLOCK_BYTES, TRUE, Block);
	if (Status == NDIS_STATUS_PENDING)
		return;
	NdisAcquireSpinLock(&Adapter->Lock);
	Adapter->Pending--;
	NdisReleaseSpinLock(&Adapter->Lock);
	NdisFreeMemory(Block, sizeof(*Block), 0);
}

_Use_decl_annotations_ VOID AsyncTimer(PVOID SystemSpecific1, PVOID FunctionContext,
				       PVOID SystemSpecific2, PVOID SystemSpecific3)
{
	PADAPTER Adapter = (PADAPTER)FunctionContext;
	PBLOCK Oldest = NULL;

	UNREFERENCED_PARAMETER(SystemSpecific1);
	UNREFERENCED_PARAMETER(SystemSpecific2);
	UNREFERENCED_PARAMETER(SystemSpecific3);
	NdisDprAcquireSpinLock(&Adapter->Lock);
	if (Adapter->NrBlocks >= MOST_BLOCKS) {
		Oldest = CONTAINING_RECORD(RemoveHeadList(&Adapter->Blocks), BLOCK, Link);
		Adapter->NrBlocks--;
	}
	NdisDprReleaseSpinLock(&Adapter->Lock);
	if (Oldest != NULL)
		FreeBlock(Adapter, Oldest);
	else
		AskForOne(Adapter);
}

static NDIS_STATUS SetAttributes(PADAPTER Adapter)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes;
	NDIS_STATUS Status;

	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.RegistrationAttributes.Header.Type =
		NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
	Attributes.RegistrationAttributes.Header.Revision =
		NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	Attributes.RegistrationAttributes.Header.Size =
		NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	Attributes.RegistrationAttributes.MiniportAdapterContext = Adapter;
	Attributes.RegistrationAttributes.AttributeFlags =
		NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	Attributes.RegistrationAttributes.CheckForHangTimeInSeconds = 2;
	Attributes.RegistrationAttributes.InterfaceType = NdisInterfacePci;
	Status = NdisMSetMiniportAttributes(Adapter->Handle, &Attributes);
	if (Status != NDIS_STATUS_SUCCESS)
		return Status;

	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.GeneralAttributes.Header.Type =
		NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
	Attributes.GeneralAttributes.Header.Revision =
		NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	Attributes.GeneralAttributes.Header.Size =
		NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	Attributes.GeneralAttributes.MediaType = NdisMedium802_3;
	Attributes.GeneralAttributes.MtuSize = 1500;
	Attributes.GeneralAttributes.MediaConnectState = MediaConnectStateConnected;
	Attributes.GeneralAttributes.MacOptions = NDIS_MAC_OPTION_NO_LOOPBACK;
	Attributes.GeneralAttributes.MacAddressLength = ETH_LENGTH_OF_ADDRESS;
	Attributes.GeneralAttributes.AccessType = NET_IF_ACCESS_BROADCAST;
	Attributes.GeneralAttributes.IfType = IF_TYPE_ETHERNET_CSMACD;
	return NdisMSetMiniportAttributes(Adapter->Handle, &Attributes);
}

static NDIS_STATUS RegisterDma(PADAPTER Adapter)
{
	NDIS_SG_DMA_DESCRIPTION Description;

	NdisZeroMemory(&Description, sizeof(Description));
	Description.Header.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION;
	Description.Header.Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1;
	Description.Header.Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1;
	Description.Flags = NDIS_SG_DMA_64_BIT_ADDRESS;
	Description.MaximumPhysicalMapping = BLOCK_BYTES;
	Description.SharedMemAllocateCompleteHandler = AsyncAllocateComplete;
	return NdisMRegisterScatterGatherDma(Adapter->Handle, &Description, &Adapter->Dma);
}

static NDIS_STATUS AllocateTimer(PADAPTER Adapter)
{
	NDIS_TIMER_CHARACTERISTICS Characteristics;

	NdisZeroMemory(&Characteristics, sizeof(Characteristics));
	Characteristics.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
	Characteristics.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
	Characteristics.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
	Characteristics.AllocationTag = TAG;
	Characteristics.TimerFunction = AsyncTimer;
	Characteristics.FunctionContext = Adapter;
	return NdisAllocateTimerObject(Adapter->Handle, &Characteristics, &Adapter->Timer);
}

_Use_decl_annotations_ NDIS_STATUS
AsyncInitialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
		PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	PADAPTER Adapter;
	NDIS_STATUS Status;

	UNREFERENCED_PARAMETER(MiniportDriverContext);
	UNREFERENCED_PARAMETER(MiniportInitParameters);
	PAGED_CODE();
	Adapter = (PADAPTER)NdisAllocateMemoryWithTagPriority(NdisMiniportHandle, sizeof(*Adapter),
							      TAG, NormalPoolPriority);
	if (Adapter == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Adapter, sizeof(*Adapter));
	Adapter->Handle = NdisMiniportHandle;
	InitializeListHead(&Adapter->Blocks);
	NdisAllocateSpinLock(&Adapter->Lock);
	NdisInitializeEvent(&Adapter->Drained);
	Status = SetAttributes(Adapter);
	if (Status != NDIS_STATUS_SUCCESS)
		goto FreeAdapter;
	Status = RegisterDma(Adapter);
	if (Status != NDIS_STATUS_SUCCESS)
		goto FreeAdapter;
	Adapter->Base.Length = BASE_BYTES;
	NdisMAllocateSharedMemory(Adapter->Handle, Adapter->Base.Length, TRUE, &Adapter->Base.Va,
				  &Adapter->Base.Pa);
	Status = NDIS_STATUS_RESOURCES;
	if (Adapter->Base.Va == NULL)
		goto DeregisterDma;
	Status = AllocateTimer(Adapter);
	if (Status == NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_SUCCESS;
	NdisMFreeSharedMemory(Adapter->Handle, Adapter->Base.Length, TRUE, Adapter->Base.Va,
			      Adapter->Base.Pa);
DeregisterDma:
	NdisMDeregisterScatterGatherDma(Adapter->Dma);
FreeAdapter:
	NdisFreeSpinLock(&Adapter->Lock);
	NdisFreeMemory(Adapter, sizeof(*Adapter), 0);
	return Status;
}

_Use_decl_annotations_ NDIS_STATUS AsyncRestart(NDIS_HANDLE MiniportAdapterContext,
						PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	LARGE_INTEGER Due;

	UNREFERENCED_PARAMETER(RestartParameters);
	Due.QuadPart = -PERIOD_MS * 10000;
	NdisSetTimerObject(Adapter->Timer, Due, PERIOD_MS, NULL);
	return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ NDIS_STATUS AsyncPause(NDIS_HANDLE MiniportAdapterContext,
					      PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;

	UNREFERENCED_PARAMETER(PauseParameters);
	if (!NdisCancelTimerObject(Adapter->Timer))
		KeFlushQueuedDpcs();
	return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID AsyncHalt(NDIS_HANDLE MiniportAdapterContext,
				      NDIS_HALT_ACTION HaltAction)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	BOOLEAN Waits;

	UNREFERENCED_PARAMETER(HaltAction);
	NdisFreeTimerObject(Adapter->Timer);
	NdisAcquireSpinLock(&Adapter->Lock);
	Adapter->Halting = TRUE;
	Waits = Adapter->Pending != 0;
	NdisReleaseSpinLock(&Adapter->Lock);
	if (Waits)
		NdisWaitEvent(&Adapter->Drained, 0);
	while (!IsListEmpty(&Adapter->Blocks))
		FreeBlock(Adapter,
			  CONTAINING_RECORD(RemoveHeadList(&Adapter->Blocks), BLOCK, Link));
	NdisMFreeSharedMemory(Adapter->Handle, Adapter->Base.Length, TRUE, Adapter->Base.Va,
			      Adapter->Base.Pa);
	NdisMDeregisterScatterGatherDma(Adapter->Dma);
	NdisFreeSpinLock(&Adapter->Lock);
	NdisFreeMemory(Adapter, sizeof(*Adapter), 0);
}

/* --- what a miniport must have, and this one does not need --------------------------------------
 */

_Use_decl_annotations_ VOID AsyncReturnNetBufferLists(NDIS_HANDLE MiniportAdapterContext,
						      PNET_BUFFER_LIST NetBufferLists,
						      ULONG ReturnFlags)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(NetBufferLists);
	UNREFERENCED_PARAMETER(ReturnFlags);
}

_Use_decl_annotations_ VOID AsyncSendNetBufferLists(NDIS_HANDLE MiniportAdapterContext,
						    PNET_BUFFER_LIST NetBufferLists,
						    NDIS_PORT_NUMBER PortNumber, ULONG SendFlags)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;

	UNREFERENCED_PARAMETER(PortNumber);
	UNREFERENCED_PARAMETER(SendFlags);
	NdisMSendNetBufferListsComplete(Adapter->Handle, NetBufferLists, 0);
}

_Use_decl_annotations_ VOID AsyncCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(CancelId);
}

_Use_decl_annotations_ NDIS_STATUS AsyncOidRequest(NDIS_HANDLE MiniportAdapterContext,
						   PNDIS_OID_REQUEST OidRequest)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(OidRequest);
	return NDIS_STATUS_NOT_SUPPORTED;
}

_Use_decl_annotations_ VOID AsyncCancelOidRequest(NDIS_HANDLE MiniportAdapterContext,
						  PVOID RequestId)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(RequestId);
}

_Use_decl_annotations_ VOID AsyncPnpEvent(NDIS_HANDLE MiniportAdapterContext,
					  PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(NetDevicePnPEvent);
}

_Use_decl_annotations_ VOID AsyncShutdown(NDIS_HANDLE MiniportAdapterContext,
					  NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(ShutdownAction);
}

_Use_decl_annotations_ VOID AsyncUnload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisMDeregisterMiniportDriver(DriverHandle);
}

_Use_decl_annotations_ NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject,
					    PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS Characteristics;

	NdisZeroMemory(&Characteristics, sizeof(Characteristics));
	Characteristics.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS;
	Characteristics.Header.Revision = NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1;
	Characteristics.Header.Size = NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1;
	Characteristics.MajorNdisVersion = NDIS_MINIPORT_MAJOR_VERSION;
	Characteristics.MinorNdisVersion = NDIS_MINIPORT_MINOR_VERSION;
	Characteristics.MajorDriverVersion = 1;
	Characteristics.InitializeHandlerEx = AsyncInitialize;
	Characteristics.HaltHandlerEx = AsyncHalt;
	Characteristics.UnloadHandler = AsyncUnload;
	Characteristics.PauseHandler = AsyncPause;
	Characteristics.RestartHandler = AsyncRestart;
	Characteristics.OidRequestHandler = AsyncOidRequest;
	Characteristics.SendNetBufferListsHandler = AsyncSendNetBufferLists;
	Characteristics.ReturnNetBufferListsHandler = AsyncReturnNetBufferLists;
	Characteristics.CancelSendHandler = AsyncCancelSend;
	Characteristics.DevicePnPEventNotifyHandler = AsyncPnpEvent;
	Characteristics.ShutdownHandlerEx = AsyncShutdown;
	Characteristics.CancelOidRequestHandler = AsyncCancelOidRequest;
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &Characteristics,
					   &DriverHandle);
}
