/* SPDX-License-Identifier: MIT */
/*
 * A small miniport of NDIS 6 that receives, written from the reference pages and docs/nic.md: a
 * ring of 256 slots over one base block of buffers, one more block when buffers run short,
 * RESOURCES below a reserve.  It says nothing of its pool to anybody.
 */
#include <ndis.h>

#define SLOTS	     256
#define BUFFER_BYTES 2048
#define BASE_BUFFERS 128
#define MORE_BUFFERS 64
#define LOW	     48 /* on the ring: ask for more */
#define RESERVE	     16 /* on the ring: lend frames only */
#define BATCH	     32
#define TAG	     0x76636552 /* 'Recv' */

/* docs/nic.md, section 2 */
#define REG_CTRL       0x00
#define REG_CAUSE      0x08
#define REG_MASK_SET   0x0c
#define REG_MASK_CLEAR 0x10
#define REG_RX_BASE_LO 0x20
#define REG_RX_BASE_HI 0x24
#define REG_RX_SLOTS   0x28
#define REG_RX_TAIL    0x2c
#define REG_RX_WB_LO   0x34
#define REG_RX_WB_HI   0x38
#define CTRL_RX_ENABLE 0x00000001
#define CTRL_RESET     0x80000000
#define CAUSE_RX       0x00000001

/* section 4 */
typedef struct _DESCRIPTOR {
	ULONG64 Buffer;
	ULONG BufferBytes;
	USHORT FrameBytes;
	USHORT Flags;
} DESCRIPTOR;
C_ASSERT(sizeof(DESCRIPTOR) == 16);
#define DESCRIPTOR_ERROR 0x0002

typedef struct _RING_MEMORY {
	DESCRIPTOR Slots[SLOTS];
	volatile ULONG Head; /* written by the device: 3.3 */
} RING_MEMORY, *PRING_MEMORY;

typedef struct _RX_BUFFER {
	PUCHAR Va;
	NDIS_PHYSICAL_ADDRESS Pa;
	PMDL Mdl;
	PNET_BUFFER_LIST Nbl;
} RX_BUFFER, *PRX_BUFFER;

typedef struct _BLOCK {
	PVOID Va;
	NDIS_PHYSICAL_ADDRESS Pa;
	ULONG Length;
	ULONG NrBuffers;
	RX_BUFFER Buffers[BASE_BUFFERS];
} BLOCK, *PBLOCK;

typedef struct _ADAPTER {
	NDIS_HANDLE Handle;
	NDIS_HANDLE Dma;
	NDIS_HANDLE Interrupt;
	NDIS_HANDLE NblPool;
	PUCHAR Registers;
	ULONG RegisterBytes;
	NDIS_SPIN_LOCK Lock;
	PRING_MEMORY Ring;
	NDIS_PHYSICAL_ADDRESS RingPa;
	PRX_BUFFER Posted[SLOTS];
	ULONG Head; /* of what was reaped */
	ULONG Tail;
	ULONG Out; /* frames that the protocols have */
	BOOLEAN Running;
	BOOLEAN Pausing;
	BOOLEAN Asked; /* for the block More */
	BOOLEAN Halting;
	NDIS_EVENT Answered;
	BLOCK Base;
	BLOCK More;
} ADAPTER, *PADAPTER;

DRIVER_INITIALIZE DriverEntry;
MINIPORT_UNLOAD RecvUnload;
MINIPORT_INITIALIZE RecvInitialize;
MINIPORT_HALT RecvHalt;
MINIPORT_PAUSE RecvPause;
MINIPORT_RESTART RecvRestart;
MINIPORT_SHUTDOWN RecvShutdown;
MINIPORT_RETURN_NET_BUFFER_LISTS RecvReturn;
MINIPORT_ISR RecvIsr;
MINIPORT_INTERRUPT_DPC RecvDpc;
MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE RecvAllocateComplete;

static NDIS_HANDLE DriverHandle;

static VOID WriteReg(PADAPTER Adapter, ULONG Offset, ULONG Value)
{
	NdisWriteRegisterUlong(Adapter->Registers + Offset, Value);
}

static ULONG ReadReg(PADAPTER Adapter, ULONG Offset)
{
	ULONG Value;

	NdisReadRegisterUlong(Adapter->Registers + Offset, &Value);
	return Value;
}

/* --- buffers ------------------------------------------------------------------------------------
 */

/* With the lock held; the doorbell is the caller's. */
static VOID Post(PADAPTER Adapter, PRX_BUFFER Buffer)
{
	DESCRIPTOR *Slot = &Adapter->Ring->Slots[Adapter->Tail % SLOTS];

	Slot->Buffer = (ULONG64)Buffer->Pa.QuadPart;
	Slot->BufferBytes = BUFFER_BYTES;
	Slot->FrameBytes = 0;
	Slot->Flags = 0;
	Adapter->Posted[Adapter->Tail % SLOTS] = Buffer;
	Adapter->Tail++;
}

static VOID Doorbell(PADAPTER Adapter)
{
	WriteReg(Adapter, REG_RX_TAIL, Adapter->Tail);
}

static BOOLEAN Wrap(PADAPTER Adapter, PBLOCK Block, PRX_BUFFER Buffer)
{
	Buffer->Mdl = NdisAllocateMdl(Adapter->Handle, Buffer->Va, BUFFER_BYTES);
	if (Buffer->Mdl == NULL)
		return FALSE;
	Buffer->Nbl =
		NdisAllocateNetBufferAndNetBufferList(Adapter->NblPool, 0, 0, Buffer->Mdl, 0, 0);
	if (Buffer->Nbl == NULL) {
		NdisFreeMdl(Buffer->Mdl);
		return FALSE;
	}
	NET_BUFFER_LIST_MINIPORT_RESERVED(Buffer->Nbl)[0] = Buffer;
	Buffer->Nbl->SourceHandle = Adapter->Handle;
	Block->NrBuffers++;
	return TRUE;
}

/* Carves buffers out of the block's memory. */
static VOID Carve(PADAPTER Adapter, PBLOCK Block, ULONG NrBuffers)
{
	for (ULONG i = 0; i < NrBuffers; i++) {
		PRX_BUFFER Buffer = &Block->Buffers[i];

		Buffer->Va = (PUCHAR)Block->Va + i * BUFFER_BYTES;
		Buffer->Pa.QuadPart = Block->Pa.QuadPart + i * BUFFER_BYTES;
		if (!Wrap(Adapter, Block, Buffer))
			return;
	}
}

static VOID PostBlock(PADAPTER Adapter, PBLOCK Block)
{
	for (ULONG i = 0; i < Block->NrBuffers; i++)
		Post(Adapter, &Block->Buffers[i]);
}

static VOID FreeBlock(PADAPTER Adapter, PBLOCK Block)
{
	for (ULONG i = 0; i < Block->NrBuffers; i++) {
		NdisFreeNetBufferList(Block->Buffers[i].Nbl);
		NdisFreeMdl(Block->Buffers[i].Mdl);
	}
	Block->NrBuffers = 0;
	if (Block->Va != NULL)
		NdisMFreeSharedMemory(Adapter->Handle, Block->Length, TRUE, Block->Va, Block->Pa);
	Block->Va = NULL;
}

_Use_decl_annotations_ VOID RecvAllocateComplete(NDIS_HANDLE MiniportAdapterContext,
						 PVOID VirtualAddress,
						 PNDIS_PHYSICAL_ADDRESS PhysicalAddress,
						 ULONG Length, PVOID Context)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	PBLOCK Block = (PBLOCK)Context;
	BOOLEAN Halting;

	if (VirtualAddress != NULL) {
		Block->Va = VirtualAddress;
		Block->Pa = *PhysicalAddress;
		Block->Length = Length;
		Carve(Adapter, Block, MORE_BUFFERS);
	}
	NdisAcquireSpinLock(&Adapter->Lock);
	if (VirtualAddress == NULL)
		Adapter->Asked = FALSE; /* it may be asked for again */
	else if (!Adapter->Halting) {
		PostBlock(Adapter, Block);
		Doorbell(Adapter);
	}
	Halting = Adapter->Halting;
	NdisReleaseSpinLock(&Adapter->Lock);
	if (Halting)
		NdisSetEvent(&Adapter->Answered);
}

/* --- receiving ----------------------------------------------------------------------------------
 */

typedef struct _CHAIN {
	PNET_BUFFER_LIST First;
	PNET_BUFFER_LIST *Last;
	ULONG Count;
} CHAIN;

static VOID Append(CHAIN *Chain, PNET_BUFFER_LIST Nbl)
{
	if (Chain->Count == 0)
		Chain->Last = &Chain->First;
	*Chain->Last = Nbl;
	NET_BUFFER_LIST_NEXT_NBL(Nbl) = NULL;
	Chain->Last = &NET_BUFFER_LIST_NEXT_NBL(Nbl);
	Chain->Count++;
}

/* Takes filled slots off the ring; Kept go up for good, Lent come back at once.  Lock held. */
static VOID Reap(PADAPTER Adapter, CHAIN *Kept, CHAIN *Lent)
{
	ULONG DeviceHead = Adapter->Ring->Head;

	KeMemoryBarrier(); /* the head before what it announces */
	while (Adapter->Head != DeviceHead && Kept->Count + Lent->Count < BATCH) {
		ULONG Slot = Adapter->Head++ % SLOTS;
		const DESCRIPTOR *Descriptor = &Adapter->Ring->Slots[Slot];
		PRX_BUFFER Buffer = Adapter->Posted[Slot];
		PNET_BUFFER Nb = NET_BUFFER_LIST_FIRST_NB(Buffer->Nbl);

		if (Descriptor->Flags & DESCRIPTOR_ERROR) {
			Post(Adapter, Buffer);
			continue;
		}
		NET_BUFFER_DATA_LENGTH(Nb) = Descriptor->FrameBytes;
		NdisAdjustMdlLength(Buffer->Mdl, Descriptor->FrameBytes);
		/* Lent ones last: what is kept leaves the ring for long. */
		if (Lent->Count > 0 || Adapter->Tail - Adapter->Head < RESERVE)
			Append(Lent, Buffer->Nbl);
		else
			Append(Kept, Buffer->Nbl);
	}
	Adapter->Out += Kept->Count;
}

static VOID PostChain(PADAPTER Adapter, PNET_BUFFER_LIST Nbl)
{
	for (; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
		Post(Adapter, (PRX_BUFFER)NET_BUFFER_LIST_MINIPORT_RESERVED(Nbl)[0]);
	Doorbell(Adapter);
}

static VOID AskForMore(PADAPTER Adapter)
{
	NDIS_STATUS Status = NdisMAllocateSharedMemoryAsyncEx(
		Adapter->Dma, MORE_BUFFERS * BUFFER_BYTES, TRUE, &Adapter->More);

	if (Status == NDIS_STATUS_PENDING)
		return;
	NdisDprAcquireSpinLock(&Adapter->Lock);
	Adapter->Asked = FALSE;
	NdisDprReleaseSpinLock(&Adapter->Lock);
}

static BOOLEAN ReceiveSome(PADAPTER Adapter)
{
	CHAIN Kept = {NULL, NULL, 0}, Lent = {NULL, NULL, 0};
	BOOLEAN Ask;

	NdisDprAcquireSpinLock(&Adapter->Lock);
	if (Adapter->Running)
		Reap(Adapter, &Kept, &Lent);
	Ask = Adapter->Running && !Adapter->Asked && Adapter->Tail - Adapter->Head <= LOW;
	Adapter->Asked |= Ask;
	NdisDprReleaseSpinLock(&Adapter->Lock);
	if (Ask)
		AskForMore(Adapter);
	if (Kept.Count > 0)
		NdisMIndicateReceiveNetBufferLists(Adapter->Handle, Kept.First,
						   NDIS_DEFAULT_PORT_NUMBER, Kept.Count,
						   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
	if (Lent.Count > 0) {
		NdisMIndicateReceiveNetBufferLists(
			Adapter->Handle, Lent.First, NDIS_DEFAULT_PORT_NUMBER, Lent.Count,
			NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL | NDIS_RECEIVE_FLAGS_RESOURCES);
		NdisDprAcquireSpinLock(&Adapter->Lock);
		PostChain(Adapter, Lent.First);
		NdisDprReleaseSpinLock(&Adapter->Lock);
	}
	return (BOOLEAN)(Kept.Count + Lent.Count > 0);
}

_Use_decl_annotations_ VOID RecvDpc(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
				    PULONG NdisReserved1, PULONG NdisReserved2)
{
	UNREFERENCED_PARAMETER(MiniportDpcContext);
	UNREFERENCED_PARAMETER(NdisReserved1);
	UNREFERENCED_PARAMETER(NdisReserved2);
	while (ReceiveSome((PADAPTER)MiniportInterruptContext))
		;
}

_Use_decl_annotations_ BOOLEAN RecvIsr(NDIS_HANDLE MiniportInterruptContext,
				       PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors)
{
	ULONG Cause = ReadReg((PADAPTER)MiniportInterruptContext, REG_CAUSE);

	UNREFERENCED_PARAMETER(TargetProcessors);
	*QueueDefaultInterruptDpc = (BOOLEAN)((Cause & CAUSE_RX) != 0);
	return (BOOLEAN)(Cause != 0);
}

_Use_decl_annotations_ VOID RecvReturn(NDIS_HANDLE MiniportAdapterContext,
				       PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	PNET_BUFFER_LIST Nbl;
	BOOLEAN Paused;

	UNREFERENCED_PARAMETER(ReturnFlags);
	NdisAcquireSpinLock(&Adapter->Lock);
	for (Nbl = NetBufferLists; Nbl != NULL; Nbl = NET_BUFFER_LIST_NEXT_NBL(Nbl))
		Adapter->Out--;
	PostChain(Adapter, NetBufferLists);
	Paused = Adapter->Pausing && Adapter->Out == 0;
	if (Paused)
		Adapter->Pausing = FALSE;
	NdisReleaseSpinLock(&Adapter->Lock);
	if (Paused)
		NdisMPauseComplete(Adapter->Handle);
}

/* --- life ---------------------------------------------------------------------------------------
 */

_Use_decl_annotations_ NDIS_STATUS RecvRestart(NDIS_HANDLE MiniportAdapterContext,
					       PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;

	UNREFERENCED_PARAMETER(RestartParameters);
	NdisAcquireSpinLock(&Adapter->Lock);
	Adapter->Running = TRUE;
	NdisReleaseSpinLock(&Adapter->Lock);
	WriteReg(Adapter, REG_MASK_SET, CAUSE_RX);
	WriteReg(Adapter, REG_CTRL, CTRL_RX_ENABLE);
	return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ NDIS_STATUS RecvPause(NDIS_HANDLE MiniportAdapterContext,
					     PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	BOOLEAN Waits;

	UNREFERENCED_PARAMETER(PauseParameters);
	WriteReg(Adapter, REG_CTRL, 0);
	NdisAcquireSpinLock(&Adapter->Lock);
	Adapter->Running = FALSE;
	Waits = Adapter->Pausing = (BOOLEAN)(Adapter->Out != 0);
	NdisReleaseSpinLock(&Adapter->Lock);
	return Waits ? NDIS_STATUS_PENDING : NDIS_STATUS_SUCCESS;
}

static VOID StopDevice(PADAPTER Adapter)
{
	WriteReg(Adapter, REG_MASK_CLEAR, 0xffffffff);
	WriteReg(Adapter, REG_CTRL, CTRL_RESET);
}

/* What RecvInitialize() took, as far as it got. */
static VOID Release(PADAPTER Adapter)
{
	FreeBlock(Adapter, &Adapter->More);
	FreeBlock(Adapter, &Adapter->Base);
	if (Adapter->Ring != NULL)
		NdisMFreeSharedMemory(Adapter->Handle, sizeof(*Adapter->Ring), TRUE, Adapter->Ring,
				      Adapter->RingPa);
	if (Adapter->NblPool != NULL)
		NdisFreeNetBufferListPool(Adapter->NblPool);
	if (Adapter->Dma != NULL)
		NdisMDeregisterScatterGatherDma(Adapter->Dma);
	if (Adapter->Registers != NULL)
		NdisMUnmapIoSpace(Adapter->Handle, Adapter->Registers, Adapter->RegisterBytes);
	NdisFreeSpinLock(&Adapter->Lock);
	NdisFreeMemory(Adapter, sizeof(*Adapter), 0);
}

_Use_decl_annotations_ VOID RecvHalt(NDIS_HANDLE MiniportAdapterContext,
				     NDIS_HALT_ACTION HaltAction)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	BOOLEAN Waits;

	UNREFERENCED_PARAMETER(HaltAction);
	StopDevice(Adapter);
	NdisMDeregisterInterruptEx(Adapter->Interrupt);
	NdisAcquireSpinLock(&Adapter->Lock);
	Adapter->Halting = TRUE;
	Waits = (BOOLEAN)(Adapter->Asked && Adapter->More.Va == NULL);
	NdisReleaseSpinLock(&Adapter->Lock);
	if (Waits)
		NdisWaitEvent(&Adapter->Answered, 0);
	Release(Adapter);
}

_Use_decl_annotations_ VOID RecvShutdown(NDIS_HANDLE MiniportAdapterContext,
					 NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	UNREFERENCED_PARAMETER(ShutdownAction);
	StopDevice((PADAPTER)MiniportAdapterContext);
}

static NDIS_STATUS SetAttributes(PADAPTER Adapter)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes;

	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.RegistrationAttributes.Header.Type =
		NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
	Attributes.RegistrationAttributes.Header.Revision =
		NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	Attributes.RegistrationAttributes.Header.Size =
		NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	Attributes.RegistrationAttributes.MiniportAdapterContext = Adapter;
	Attributes.RegistrationAttributes.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	Attributes.RegistrationAttributes.InterfaceType = NdisInterfacePci;
	return NdisMSetMiniportAttributes(Adapter->Handle, &Attributes);
}

static NDIS_STATUS MapRegisters(PADAPTER Adapter, PNDIS_RESOURCE_LIST Resources)
{
	for (ULONG i = 0; i < Resources->Count; i++) {
		PCM_PARTIAL_RESOURCE_DESCRIPTOR Resource = &Resources->PartialDescriptors[i];

		if (Resource->Type != CmResourceTypeMemory)
			continue;
		Adapter->RegisterBytes = Resource->u.Memory.Length;
		return NdisMMapIoSpace((PVOID *)&Adapter->Registers, Adapter->Handle,
				       Resource->u.Memory.Start, Resource->u.Memory.Length);
	}
	return NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS RegisterDma(PADAPTER Adapter)
{
	NDIS_SG_DMA_DESCRIPTION Description;

	NdisZeroMemory(&Description, sizeof(Description));
	Description.Header.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION;
	Description.Header.Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1;
	Description.Header.Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1;
	Description.Flags = NDIS_SG_DMA_64_BIT_ADDRESS;
	Description.MaximumPhysicalMapping = BUFFER_BYTES;
	Description.SharedMemAllocateCompleteHandler = RecvAllocateComplete;
	return NdisMRegisterScatterGatherDma(Adapter->Handle, &Description, &Adapter->Dma);
}

static NDIS_STATUS MakePool(PADAPTER Adapter)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Parameters;

	NdisZeroMemory(&Parameters, sizeof(Parameters));
	Parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
	Parameters.fAllocateNetBuffer = TRUE;
	Parameters.PoolTag = TAG;
	Adapter->NblPool = NdisAllocateNetBufferListPool(Adapter->Handle, &Parameters);
	return Adapter->NblPool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

static NDIS_STATUS MakeRing(PADAPTER Adapter)
{
	NdisMAllocateSharedMemory(Adapter->Handle, sizeof(*Adapter->Ring), TRUE,
				  (PVOID *)&Adapter->Ring, &Adapter->RingPa);
	if (Adapter->Ring == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Adapter->Ring, sizeof(*Adapter->Ring));
	Adapter->Base.Length = BASE_BUFFERS * BUFFER_BYTES;
	NdisMAllocateSharedMemory(Adapter->Handle, Adapter->Base.Length, TRUE, &Adapter->Base.Va,
				  &Adapter->Base.Pa);
	if (Adapter->Base.Va == NULL)
		return NDIS_STATUS_RESOURCES;
	Carve(Adapter, &Adapter->Base, BASE_BUFFERS);
	return Adapter->Base.NrBuffers == BASE_BUFFERS ? NDIS_STATUS_SUCCESS
						       : NDIS_STATUS_RESOURCES;
}

/* docs/nic.md 5.1; RX_ENABLE is RecvRestart()'s. */
static VOID StartDevice(PADAPTER Adapter)
{
	NDIS_PHYSICAL_ADDRESS Head = Adapter->RingPa;

	Head.QuadPart += FIELD_OFFSET(RING_MEMORY, Head);
	WriteReg(Adapter, REG_CTRL, CTRL_RESET);
	WriteReg(Adapter, REG_RX_BASE_LO, NdisGetPhysicalAddressLow(Adapter->RingPa));
	WriteReg(Adapter, REG_RX_BASE_HI, (ULONG)NdisGetPhysicalAddressHigh(Adapter->RingPa));
	WriteReg(Adapter, REG_RX_WB_LO, NdisGetPhysicalAddressLow(Head));
	WriteReg(Adapter, REG_RX_WB_HI, (ULONG)NdisGetPhysicalAddressHigh(Head));
	WriteReg(Adapter, REG_RX_SLOTS, SLOTS);
	PostBlock(Adapter, &Adapter->Base);
	Doorbell(Adapter);
}

static NDIS_STATUS ConnectInterrupt(PADAPTER Adapter)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Characteristics;

	NdisZeroMemory(&Characteristics, sizeof(Characteristics));
	Characteristics.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
	Characteristics.Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
	Characteristics.Header.Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
	Characteristics.InterruptHandler = RecvIsr;
	Characteristics.InterruptDpcHandler = RecvDpc;
	return NdisMRegisterInterruptEx(Adapter->Handle, Adapter, &Characteristics,
					&Adapter->Interrupt);
}

_Use_decl_annotations_ NDIS_STATUS
RecvInitialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
	       PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	PADAPTER Adapter;
	NDIS_STATUS Status;

	UNREFERENCED_PARAMETER(MiniportDriverContext);
	Adapter = (PADAPTER)NdisAllocateMemoryWithTagPriority(NdisMiniportHandle, sizeof(*Adapter),
							      TAG, NormalPoolPriority);
	if (Adapter == NULL)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Adapter, sizeof(*Adapter));
	Adapter->Handle = NdisMiniportHandle;
	NdisAllocateSpinLock(&Adapter->Lock);
	NdisInitializeEvent(&Adapter->Answered);
	Status = SetAttributes(Adapter);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = MapRegisters(Adapter, MiniportInitParameters->AllocatedResources);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = RegisterDma(Adapter);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = MakePool(Adapter);
	if (Status == NDIS_STATUS_SUCCESS)
		Status = MakeRing(Adapter);
	if (Status == NDIS_STATUS_SUCCESS) {
		StartDevice(Adapter);
		Status = ConnectInterrupt(Adapter);
	}
	if (Status != NDIS_STATUS_SUCCESS) {
		NdisWriteErrorLogEntry(NdisMiniportHandle, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 1,
				       (ULONG)Status);
		Release(Adapter);
	}
	return Status;
}

_Use_decl_annotations_ VOID RecvUnload(PDRIVER_OBJECT DriverObject)
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
	Characteristics.InitializeHandlerEx = RecvInitialize;
	Characteristics.HaltHandlerEx = RecvHalt;
	Characteristics.UnloadHandler = RecvUnload;
	Characteristics.PauseHandler = RecvPause;
	Characteristics.RestartHandler = RecvRestart;
	Characteristics.ReturnNetBufferListsHandler = RecvReturn;
	Characteristics.ShutdownHandlerEx = RecvShutdown;
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, NULL, &Characteristics,
					   &DriverHandle);
}
