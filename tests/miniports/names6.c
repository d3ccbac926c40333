/* SPDX-License-Identifier: MIT */
/*
 * A miniport of NDIS 6 that uses names of the published reference which few drivers need: it checks
 * what each does, most of it in its initialize function, and fails to start when one does something
 * else.  Its restart is asynchronous.
 */
#include <ndis.h>

#define TAG	   0x73656d4e /* 'Nmes' */
#define REG_POLLED 0x0000     /* docs/nic.md: any register may be read */

#pragma NDIS_INIT_FUNCTION(DriverEntry)
#pragma NDIS_PAGEABLE_FUNCTION(NamesInitialize)

SET_OPTIONS NamesSetOptions;
DRIVER_INITIALIZE DriverEntry;
MINIPORT_UNLOAD NamesUnload;
MINIPORT_INITIALIZE NamesInitialize;
MINIPORT_HALT NamesHalt;
MINIPORT_PAUSE NamesPause;
MINIPORT_RESTART NamesRestart;
MINIPORT_SHUTDOWN NamesShutdown;
MINIPORT_OID_REQUEST NamesOidRequest;
MINIPORT_RETURN_NET_BUFFER_LISTS NamesReturn;
MINIPORT_SEND_NET_BUFFER_LISTS NamesSend;
MINIPORT_CANCEL_SEND NamesCancelSend;
MINIPORT_DEVICE_PNP_EVENT_NOTIFY NamesPnpEvent;
MINIPORT_CANCEL_OID_REQUEST NamesCancelOidRequest;
MINIPORT_PROCESS_SG_LIST NamesProcessSgList;
MINIPORT_ISR NamesIsr;
MINIPORT_INTERRUPT_DPC NamesDpc;
MINIPORT_MSI_ISR NamesMessageIsr;
MINIPORT_MSI_INTERRUPT_DPC NamesMessageDpc;
MINIPORT_SYNCHRONIZE_INTERRUPT NamesSynchronized;
NDIS_TIMER_FUNCTION NamesTimer;

static NDIS_HANDLE Driver, Adapter, Dma, Timer;
static PSCATTER_GATHER_LIST Given;
static ULONG Wrong, Restarts;
static BOOLEAN OptionsRefused;

/* Says what is not as published. */
static VOID Expect(BOOLEAN Holds, PCSTR What)
{
	if (Holds)
		return;
	Wrong++;
	DbgPrint("not as published: %s\n", What);
}
#define EXPECT(what) Expect((BOOLEAN)(what), #what)

static VOID TryKernelNames(VOID)
{
	LARGE_INTEGER One, Other;
	LONG64 Count = 0x100000000;
	BYTE Byte = 0xff;
	WORD Word = 0x1234;
	BOOL Yes = TRUE;
	ULONG Values[3];

	EXPECT(InterlockedIncrement64(&Count) == 0x100000001 &&
	       InterlockedDecrement64(&Count) == 0x100000000 &&
	       InterlockedCompareExchange64(&Count, 5, 0x100000000) == 0x100000000 && Count == 5);
	EXPECT(RtlUshortByteSwap(Word) == 0x3412 && RtlUlongByteSwap(0x12345678) == 0x78563412);
	EXPECT(RTL_NUMBER_OF(Values) == 3 && Byte == 255 && Yes);
	EXPECT(min(2, 3) == 2 && max(2, 3) == 3);
	NDIS_ASSERT(Wrong == 0);
	KeQuerySystemTime(&One);
	KeStallExecutionProcessor(1);
	NdisGetCurrentSystemTime(&Other);
	EXPECT(One.QuadPart > 0 && One.QuadPart <= Other.QuadPart);
}

static VOID TryPool(VOID)
{
	NPAGED_LOOKASIDE_LIST List;
	PUCHAR Entries[40], Pool;
	ULONG i;

	Pool = (PUCHAR)ExAllocatePoolWithTag(NonPagedPool, 100, TAG);
	EXPECT(Pool != NULL);
	NdisZeroMemory(Pool, 100);
	ExFreePoolWithTag(Pool, TAG);
	NdisInitializeNPagedLookasideList(&List, NULL, NULL, 0, 48, TAG, 0);
	for (i = 0; i < ARRAYSIZE(Entries); i++) {
		Entries[i] = (PUCHAR)NdisAllocateFromNPagedLookasideList(&List);
		EXPECT(Entries[i] != NULL && (i == 0 || Entries[i] != Entries[i - 1]));
		NdisFillMemory(Entries[i], 48, (UCHAR)i);
	}
	EXPECT(Entries[0][47] == 0 && Entries[39][0] == 39);
	NdisFreeToNPagedLookasideList(&List, Entries[7]);
	EXPECT(NdisAllocateFromNPagedLookasideList(&List) == Entries[7]);
	for (i = 0; i < ARRAYSIZE(Entries); i++)
		NdisFreeToNPagedLookasideList(&List, Entries[i]);
	NdisDeleteNPagedLookasideList(&List);
}

static VOID TryMessages(VOID)
{
	UNICODE_STRING Wide = NDIS_STRING_CONST("wide one");

	DbgPrint("names6: %wZ %ws %I64x %u\n", &Wide, u"text", 0x123456789abcdefull, 7u);
}

/* --- the device --------------------------------------------------------------------------------
 */

_Use_decl_annotations_ VOID NamesProcessSgList(PDEVICE_OBJECT pDO, PVOID Reserved,
					       PSCATTER_GATHER_LIST pSGL, PVOID Context)
{
	UNREFERENCED_PARAMETER(pDO);
	UNREFERENCED_PARAMETER(Reserved);
	EXPECT(KeGetCurrentIrql() == DISPATCH_LEVEL && Context == &Given);
	Given = pSGL;
}

_Use_decl_annotations_ BOOLEAN NamesIsr(NDIS_HANDLE MiniportInterruptContext,
					PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors)
{
	UNREFERENCED_PARAMETER(MiniportInterruptContext);
	UNREFERENCED_PARAMETER(TargetProcessors);
	*QueueDefaultInterruptDpc = FALSE;
	return FALSE;
}

_Use_decl_annotations_ VOID NamesDpc(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
				     PULONG NdisReserved1, PULONG NdisReserved2)
{
	UNREFERENCED_PARAMETER(MiniportInterruptContext);
	UNREFERENCED_PARAMETER(MiniportDpcContext);
	UNREFERENCED_PARAMETER(NdisReserved1);
	UNREFERENCED_PARAMETER(NdisReserved2);
}

_Use_decl_annotations_ BOOLEAN NamesMessageIsr(NDIS_HANDLE MiniportInterruptContext,
					       ULONG MessageId, PBOOLEAN QueueDefaultInterruptDpc,
					       PULONG TargetProcessors)
{
	UNREFERENCED_PARAMETER(MessageId);
	return NamesIsr(MiniportInterruptContext, QueueDefaultInterruptDpc, TargetProcessors);
}

_Use_decl_annotations_ VOID NamesMessageDpc(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
					    PVOID MiniportDpcContext, PULONG NdisReserved1,
					    PULONG NdisReserved2)
{
	UNREFERENCED_PARAMETER(MessageId);
	NamesDpc(MiniportInterruptContext, MiniportDpcContext, NdisReserved1, NdisReserved2);
}

_Use_decl_annotations_ BOOLEAN NamesSynchronized(NDIS_HANDLE SynchronizeContext)
{
	EXPECT(KeGetCurrentIrql() > DISPATCH_LEVEL);
	return (BOOLEAN)(SynchronizeContext == &Adapter);
}

static VOID TryInterrupt(VOID)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Interrupt;
	NDIS_HANDLE Handle;

	NdisZeroMemory(&Interrupt, sizeof(Interrupt));
	Interrupt.Header.Type = NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT;
	Interrupt.Header.Revision = NDIS_MINIPORT_INTERRUPT_REVISION_1;
	Interrupt.Header.Size = NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1;
	Interrupt.InterruptHandler = NamesIsr;
	Interrupt.InterruptDpcHandler = NamesDpc;
	Interrupt.MsiSupported = TRUE;
	Interrupt.MessageInterruptHandler = NamesMessageIsr;
	Interrupt.MessageInterruptDpcHandler = NamesMessageDpc;
	if (NdisMRegisterInterruptEx(Adapter, &Adapter, &Interrupt, &Handle) !=
	    NDIS_STATUS_SUCCESS) {
		EXPECT(FALSE);
		return;
	}
	EXPECT(Interrupt.InterruptType == NDIS_CONNECT_LINE_BASED);
	EXPECT(NdisMSynchronizeWithInterruptEx(Handle, 0, NamesSynchronized, &Adapter));
	EXPECT(!NdisMSynchronizeWithInterruptEx(Handle, 0, NamesSynchronized, NULL));
	EXPECT(KeGetCurrentIrql() == PASSIVE_LEVEL);
	NdisMDeregisterInterruptEx(Handle);
}

static VOID TryResources(PNDIS_RESOURCE_LIST Resources)
{
	PCM_PARTIAL_RESOURCE_DESCRIPTOR Memory = NULL;
	PDEVICE_OBJECT Physical = (PDEVICE_OBJECT)&Physical, Next;
	PCM_RESOURCE_LIST Raw, Translated;
	ULONG Bytes[2] = {0, 0}, Word, i;
	PVOID Window;

	for (i = 0; i < Resources->Count; i++) {
		switch (Resources->PartialDescriptors[i].Type) {
		case CmResourceTypeMemory:
			Memory = &Resources->PartialDescriptors[i];
			break;
		case CmResourceTypeInterrupt:
			EXPECT(Resources->PartialDescriptors[i].Flags ==
			       CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE);
			EXPECT(Resources->PartialDescriptors[i].ShareDisposition ==
			       CmResourceShareShared);
			break;
		case CmResourceTypeNull:
		case CmResourceTypePort:
		case CmResourceTypeDma:
		default:
			EXPECT(FALSE);
		}
	}
	NdisMGetDeviceProperty(Adapter, &Physical, NULL, &Next, &Raw, &Translated);
	EXPECT(Physical == NULL && Raw->Count == 1 && Translated->Count == 1 && Memory != NULL);
	EXPECT(NdisEqualMemory(&Raw->List[0].PartialResourceList.PartialDescriptors[0], Memory,
			       sizeof(*Memory)));
	if (NdisMMapIoSpace(&Window, Adapter, Memory->u.Memory.Start, Memory->u.Memory.Length) !=
	    NDIS_STATUS_SUCCESS) {
		EXPECT(FALSE);
		return;
	}
	NdisReadRegisterUlong((PUCHAR)Window + REG_POLLED, &Word);
	NdisMoveFromMappedMemory(Bytes, (PUCHAR)Window + REG_POLLED, 5);
	EXPECT(Bytes[0] == Word && Bytes[1] <= 0xff);
	NdisMUnmapIoSpace(Adapter, Window, Memory->u.Memory.Length);
	NdisMoveToMappedMemory(Bytes, &Word, sizeof(Word));
	NdisMoveMappedMemory(&Bytes[1], &Word, sizeof(Word));
	EXPECT(Bytes[0] == Word && Bytes[1] == Word);
	NdisZeroMappedMemory(Bytes, sizeof(Bytes));
	EXPECT(Bytes[0] == 0 && Bytes[1] == 0);
}

static PNET_BUFFER_LIST ListOf(NDIS_HANDLE Pool, PMDL First)
{
	PNET_BUFFER_LIST List =
		NdisAllocateNetBufferAndNetBufferList(Pool, 0, 0, First, 100, 4096 + 200);
	NDIS_NET_BUFFER_LIST_8021Q_INFO Tag;
	NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO Checksum;

	EXPECT(NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo) == NULL);
	Tag.Value = Checksum.Value = NULL;
	Tag.TagHeader.VlanId = 7;
	Checksum.Receive.TcpChecksumSucceeded = 1;
	NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo) = Tag.Value;
	NET_BUFFER_LIST_INFO(List, TcpIpChecksumNetBufferListInfo) = Checksum.Value;
	Tag.Value = NET_BUFFER_LIST_INFO(List, Ieee8021QNetBufferListInfo);
	EXPECT(Tag.TagHeader.VlanId == 7);
	return List;
}

/* The frame is 4296 bytes from byte 100 of two MDLs: 3996 of the first, 300 of the other. */
static VOID TrySgList(PUCHAR Bytes)
{
	NET_BUFFER_LIST_POOL_PARAMETERS Parameters;
	UCHAR Room[sizeof(SCATTER_GATHER_LIST) + 2 * sizeof(SCATTER_GATHER_ELEMENT)] DECLSPEC_ALIGN(
		8);
	PMDL First = NdisAllocateMdl(Adapter, Bytes, 4096);
	PMDL Second = NdisAllocateMdl(Adapter, Bytes + 4096, 1000);
	PNET_BUFFER_LIST List;
	NDIS_HANDLE Pool;
	ULONG i;

	NdisZeroMemory(&Parameters, sizeof(Parameters));
	Parameters.Header.Type = NDIS_OBJECT_TYPE_DEFAULT;
	Parameters.Header.Revision = NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.Header.Size = NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1;
	Parameters.fAllocateNetBuffer = TRUE;
	Pool = NdisAllocateNetBufferListPool(Adapter, &Parameters);
	NDIS_MDL_LINKAGE(First) = Second;
	List = ListOf(Pool, First);
	for (i = 0; i < 2; i++) {
		Given = NULL;
		EXPECT(NdisMAllocateNetBufferSGList(
			       Dma, NET_BUFFER_LIST_FIRST_NB(List), &Given,
			       NDIS_SG_LIST_WRITE_TO_DEVICE, i == 0 ? NULL : Room,
			       i == 0 ? 0 : (ULONG)sizeof(Room)) == NDIS_STATUS_SUCCESS &&
		       Given != NULL);
		if (Given == NULL)
			break;
		EXPECT((i == 1) == ((PVOID)Given == (PVOID)Room));
		EXPECT(Given->NumberOfElements == 2 && Given->Elements[0].Length == 3996 &&
		       Given->Elements[1].Length == 300);
		EXPECT(Given->Elements[0].Address.QuadPart != Given->Elements[1].Address.QuadPart);
		NdisMFreeNetBufferSGList(Dma, Given, NET_BUFFER_LIST_FIRST_NB(List));
	}
	NdisFreeNetBufferList(List);
	NdisFreeNetBufferListPool(Pool);
	NdisFreeMdl(Second);
	NdisFreeMdl(First);
}

/* --- what an adapter says of itself ------------------------------------------------------------
 */

static VOID TryInformation(VOID)
{
	NDIS_INTERRUPT_MODERATION_PARAMETERS Moderation;
	NDIS_STATISTICS_INFO Statistics;
	NDIS_LINK_PARAMETERS Link;
	ULONG Flags = 0;

	Moderation.Header.Size = NDIS_SIZEOF_INTERRUPT_MODERATION_PARAMETERS_REVISION_1;
	Moderation.InterruptModeration = NdisInterruptModerationNotSupported;
	Statistics.Header.Size = NDIS_SIZEOF_STATISTICS_INFO_REVISION_1;
	Statistics.SupportedStatistics = NDIS_STATISTICS_FLAGS_VALID_DIRECTED_BYTES_RCV |
					 NDIS_STATISTICS_FLAGS_VALID_BYTES_RCV;
	Link.AutoNegotiationFlags = NDIS_LINK_STATE_XMIT_LINK_SPEED_AUTO_NEGOTIATED |
				    NDIS_LINK_STATE_RCV_LINK_SPEED_AUTO_NEGOTIATED |
				    NDIS_LINK_STATE_DUPLEX_AUTO_NEGOTIATED;
	EXPECT(Moderation.Header.Size == 12 && Statistics.Header.Size == 8 + 18 * 8);
	EXPECT(Statistics.SupportedStatistics == 0x00010008 && Link.AutoNegotiationFlags == 7);
	EXPECT(OID_802_3_RCV_ERROR_ALIGNMENT == 0x01020101 &&
	       OID_802_3_XMIT_ONE_COLLISION == 0x01020102 &&
	       OID_802_3_XMIT_MORE_COLLISIONS == 0x01020103 &&
	       OID_PNP_ENABLE_WAKE_UP == 0xFD010106 && OID_GEN_RCV_CRC_ERROR == 0x0002020D &&
	       OID_GEN_DIRECTED_BYTES_XMIT == 0x00020201);
	EXPECT(NDIS_TEST_SEND_AT_DISPATCH_LEVEL(NDIS_SEND_FLAGS_DISPATCH_LEVEL) &&
	       NDIS_TEST_RETURN_AT_DISPATCH_LEVEL(NDIS_RETURN_FLAGS_DISPATCH_LEVEL) &&
	       !NDIS_TEST_RECEIVE_AT_DISPATCH_LEVEL(NDIS_RECEIVE_FLAGS_RESOURCES));
	NDIS_SET_SEND_COMPLETE_FLAG(Flags, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
	NDIS_SET_RETURN_FLAG(Flags, 0x10);
	EXPECT(Flags == 0x11);
}

static NDIS_STATUS SetAttributes(VOID)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES Attributes;
	NDIS_RECEIVE_SCALE_CAPABILITIES Scale;
	NDIS_PNP_CAPABILITIES Power;
	NDIS_STATUS Status;

	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.RegistrationAttributes.Header.Type =
		NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
	Attributes.RegistrationAttributes.Header.Revision =
		NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	Attributes.RegistrationAttributes.Header.Size =
		NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1;
	Attributes.RegistrationAttributes.MiniportAdapterContext = &Adapter;
	Attributes.RegistrationAttributes.AttributeFlags =
		NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE | NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER;
	Attributes.RegistrationAttributes.InterfaceType = NdisInterfacePci;
	Status = NdisMSetMiniportAttributes(Adapter, &Attributes);
	if (Status != NDIS_STATUS_SUCCESS)
		return Status;
	NdisZeroMemory(&Power, sizeof(Power));
	Power.WakeUpCapabilities.MinMagicPacketWakeUp = NdisDeviceStateUnspecified;
	NdisZeroMemory(&Scale, sizeof(Scale));
	NdisZeroMemory(&Attributes, sizeof(Attributes));
	Attributes.GeneralAttributes.Header.Type =
		NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
	Attributes.GeneralAttributes.Header.Revision =
		NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	Attributes.GeneralAttributes.Header.Size =
		NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1;
	Attributes.GeneralAttributes.PowerManagementCapabilities = &Power;
	Attributes.GeneralAttributes.RecvScaleCapabilities = &Scale;
	Attributes.GeneralAttributes.SupportedStatistics =
		NDIS_STATISTICS_XMIT_OK_SUPPORTED | NDIS_STATISTICS_RCV_OK_SUPPORTED;
	return NdisMSetMiniportAttributes(Adapter, &Attributes);
}

static NDIS_STATUS RegisterDma(VOID)
{
	NDIS_SG_DMA_DESCRIPTION Description;

	NdisZeroMemory(&Description, sizeof(Description));
	Description.Header.Type = NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION;
	Description.Header.Revision = NDIS_SG_DMA_DESCRIPTION_REVISION_1;
	Description.Header.Size = NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1;
	Description.MaximumPhysicalMapping = 2 * PAGE_SIZE;
	Description.ProcessSGListHandler = NamesProcessSgList;
	return NdisMRegisterScatterGatherDma(Adapter, &Description, &Dma);
}

static NDIS_STATUS AllocateTimer(VOID)
{
	NDIS_TIMER_CHARACTERISTICS Characteristics;

	NdisZeroMemory(&Characteristics, sizeof(Characteristics));
	Characteristics.Header.Type = NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS;
	Characteristics.Header.Revision = NDIS_TIMER_CHARACTERISTICS_REVISION_1;
	Characteristics.Header.Size = NDIS_SIZEOF_TIMER_CHARACTERISTICS_REVISION_1;
	Characteristics.TimerFunction = NamesTimer;
	return NdisAllocateTimerObject(Adapter, &Characteristics, &Timer);
}

static VOID TryAll(PNDIS_RESOURCE_LIST Resources)
{
	PUCHAR Bytes = (PUCHAR)ExAllocatePoolWithTag(NonPagedPool, 2 * PAGE_SIZE, TAG);
	NDIS_HANDLE Channel;

	EXPECT(OptionsRefused);
	TryKernelNames();
	TryPool();
	TryMessages();
	TryInterrupt();
	TryResources(Resources);
	TrySgList(Bytes);
	TryInformation();
	EXPECT(NdisMRegisterDmaChannel(&Channel, Adapter, 1, FALSE, NULL, PAGE_SIZE) ==
		       NDIS_STATUS_RESOURCE_CONFLICT &&
	       Channel == NULL);
	ExFreePoolWithTag(Bytes, TAG);
}

_Use_decl_annotations_ NDIS_STATUS
NamesInitialize(NDIS_HANDLE NdisMiniportHandle, NDIS_HANDLE MiniportDriverContext,
		PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters)
{
	NDIS_STATUS Status;

	UNREFERENCED_PARAMETER(MiniportDriverContext);
	Adapter = NdisMiniportHandle;
	Status = SetAttributes();
	if (Status == NDIS_STATUS_SUCCESS)
		Status = RegisterDma();
	if (Status != NDIS_STATUS_SUCCESS)
		return Status;
	TryAll(MiniportInitParameters->AllocatedResources);
	Status = AllocateTimer();
	if (Wrong == 0 && Status == NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_SUCCESS;
	if (Status == NDIS_STATUS_SUCCESS)
		NdisFreeTimerObject(Timer);
	NdisMDeregisterScatterGatherDma(Dma);
	return NDIS_STATUS_FAILURE;
}

/* --- the driver --------------------------------------------------------------------------------
 */

_Use_decl_annotations_ VOID NamesTimer(PVOID SystemSpecific1, PVOID FunctionContext,
				       PVOID SystemSpecific2, PVOID SystemSpecific3)
{
	UNREFERENCED_PARAMETER(SystemSpecific1);
	UNREFERENCED_PARAMETER(FunctionContext);
	UNREFERENCED_PARAMETER(SystemSpecific2);
	UNREFERENCED_PARAMETER(SystemSpecific3);
	Restarts++;
	NdisMRestartComplete(Adapter, NDIS_STATUS_SUCCESS);
}

_Use_decl_annotations_ NDIS_STATUS NamesRestart(NDIS_HANDLE MiniportAdapterContext,
						PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters)
{
	PNDIS_RESTART_ATTRIBUTES Attributes = RestartParameters->RestartAttributes;
	LARGE_INTEGER Due;

	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	for (; Attributes != NULL; Attributes = Attributes->Next) {
		if (Attributes->Oid == OID_GEN_MINIPORT_RESTART_ATTRIBUTES)
			((PNDIS_RESTART_GENERAL_ATTRIBUTES)(PVOID)Attributes->Data)->LookaheadSize =
				1500;
	}
	Due.QuadPart = -50000;
	NdisSetTimerObject(Timer, Due, 0, NULL);
	return NDIS_STATUS_PENDING;
}

_Use_decl_annotations_ NDIS_STATUS NamesPause(NDIS_HANDLE MiniportAdapterContext,
					      PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(PauseParameters);
	return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID NamesHalt(NDIS_HANDLE MiniportAdapterContext,
				      NDIS_HALT_ACTION HaltAction)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(HaltAction);
	DbgPrint("names6: %u restarts\n", Restarts);
	NdisFreeTimerObject(Timer);
	NdisMDeregisterScatterGatherDma(Dma);
}

_Use_decl_annotations_ VOID NamesReturn(NDIS_HANDLE MiniportAdapterContext,
					PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(NetBufferLists);
	UNREFERENCED_PARAMETER(ReturnFlags);
}

_Use_decl_annotations_ VOID NamesSend(NDIS_HANDLE MiniportAdapterContext,
				      PNET_BUFFER_LIST NetBufferLists, NDIS_PORT_NUMBER PortNumber,
				      ULONG SendFlags)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(PortNumber);
	NdisMSendNetBufferListsComplete(Adapter, NetBufferLists,
					NDIS_TEST_SEND_AT_DISPATCH_LEVEL(SendFlags)
						? NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL
						: 0);
}

_Use_decl_annotations_ VOID NamesCancelSend(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(CancelId);
}

_Use_decl_annotations_ NDIS_STATUS NamesOidRequest(NDIS_HANDLE MiniportAdapterContext,
						   PNDIS_OID_REQUEST OidRequest)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(OidRequest);
	return NDIS_STATUS_NOT_SUPPORTED;
}

_Use_decl_annotations_ VOID NamesCancelOidRequest(NDIS_HANDLE MiniportAdapterContext,
						  PVOID RequestId)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(RequestId);
}

_Use_decl_annotations_ VOID NamesPnpEvent(NDIS_HANDLE MiniportAdapterContext,
					  PNET_DEVICE_PNP_EVENT NetDevicePnPEvent)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	switch (NetDevicePnPEvent->DevicePnPEvent) {
	case NdisDevicePnPEventQueryStopped:
	case NdisDevicePnPEventStopped:
	case NdisDevicePnPEventPowerProfileChanged:
	default:
		break;
	}
}

_Use_decl_annotations_ VOID NamesShutdown(NDIS_HANDLE MiniportAdapterContext,
					  NDIS_SHUTDOWN_ACTION ShutdownAction)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(ShutdownAction);
}

_Use_decl_annotations_ NDIS_STATUS NamesSetOptions(NDIS_HANDLE NdisDriverHandle,
						   NDIS_HANDLE DriverContext)
{
	NDIS_DRIVER_OPTIONAL_HANDLERS Handlers = {{NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Handlers)}};

	UNREFERENCED_PARAMETER(DriverContext);
	OptionsRefused = (BOOLEAN)(NdisSetOptionalHandlers(NdisDriverHandle, &Handlers) ==
				   NDIS_STATUS_NOT_SUPPORTED);
	return NDIS_STATUS_SUCCESS;
}

_Use_decl_annotations_ VOID NamesUnload(PDRIVER_OBJECT DriverObject)
{
	UNREFERENCED_PARAMETER(DriverObject);
	NdisMDeregisterMiniportDriver(Driver);
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
	Characteristics.SetOptionsHandler = NamesSetOptions;
	Characteristics.InitializeHandlerEx = NamesInitialize;
	Characteristics.HaltHandlerEx = NamesHalt;
	Characteristics.UnloadHandler = NamesUnload;
	Characteristics.PauseHandler = NamesPause;
	Characteristics.RestartHandler = NamesRestart;
	Characteristics.OidRequestHandler = NamesOidRequest;
	Characteristics.SendNetBufferListsHandler = NamesSend;
	Characteristics.ReturnNetBufferListsHandler = NamesReturn;
	Characteristics.CancelSendHandler = NamesCancelSend;
	Characteristics.DevicePnPEventNotifyHandler = NamesPnpEvent;
	Characteristics.ShutdownHandlerEx = NamesShutdown;
	Characteristics.CancelOidRequestHandler = NamesCancelOidRequest;
	return NdisMRegisterMiniportDriver(DriverObject, RegistryPath, &Adapter, &Characteristics,
					   &Driver);
}
