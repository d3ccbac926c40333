/* SPDX-License-Identifier: MIT */
/*
 * A miniport of NDIS 5 that uses names of the published reference which few drivers need: it checks
 * in its initialize function what each does, and fails to start when one does something else.
 */
#include <ndis.h>

W_INITIALIZE_HANDLER MiniportInitialize;
W_HALT_HANDLER MiniportHalt;
W_RESET_HANDLER MiniportReset;
W_QUERY_INFORMATION_HANDLER MiniportQueryInformation;
W_SET_INFORMATION_HANDLER MiniportSetInformation;
W_RETURN_PACKET_HANDLER MiniportReturnPacket;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);

#define HEADER_BYTES 14
#define FRAME_BYTES  60

typedef struct _PACKETS {
	NDIS_HANDLE Packets;
	NDIS_HANDLE Buffers;
	PNDIS_PACKET One;
	PNDIS_PACKET Other;
	UCHAR Text[64];
	UCHAR Room[64];
} PACKETS, *PPACKETS;

static NDIS_HANDLE Adapter;
static ULONG Filter;
static ULONG Wrong;

/* Says what is not as published. */
static VOID Expect(BOOLEAN Holds, PCSTR What)
{
	if (Holds)
		return;
	Wrong++;
	DbgPrint("not as published: %s\n", What);
}
#define EXPECT(what) Expect((BOOLEAN)(what), #what)

static PNDIS_PACKET PacketOf(PPACKETS P, PUCHAR One, UINT OneBytes, PUCHAR Two, UINT TwoBytes)
{
	PNDIS_BUFFER First, Second;
	PNDIS_PACKET Packet;
	NDIS_STATUS Status;

	NdisAllocatePacket(&Status, &Packet, P->Packets);
	NdisAllocateBuffer(&Status, &First, P->Buffers, One, OneBytes);
	NdisAllocateBuffer(&Status, &Second, P->Buffers, Two, TwoBytes);
	NdisChainBufferAtBack(Packet, First);
	NdisChainBufferAtBack(Packet, Second);
	return Packet;
}

static VOID FreePacket(PNDIS_PACKET Packet)
{
	PNDIS_BUFFER Buffer;

	for (NdisUnchainBufferAtFront(Packet, &Buffer); Buffer != NULL;
	     NdisUnchainBufferAtFront(Packet, &Buffer))
		NdisFreeBuffer(Buffer);
	NdisFreePacket(Packet);
}

static VOID TryBuffers(PPACKETS P)
{
	PNDIS_BUFFER Buffer, Part;
	UINT Offset, Length, Pages, Total;
	NDIS_STATUS Status;
	PVOID Va;

	NdisGetFirstBufferFromPacketSafe(P->One, &Buffer, &Va, &Length, &Total, NormalPagePriority);
	EXPECT(Va == P->Text && Length == 10 && Total == 16);
	NdisQueryBufferOffset(Buffer, &Offset, &Length);
	EXPECT(Offset == ((ULONG_PTR)P->Text & (PAGE_SIZE - 1)) && Length == 10);
	NdisGetBufferPhysicalArraySize(Buffer, &Pages);
	EXPECT(Pages >= 1 && Pages <= 2);
	NdisCopyBuffer(&Status, &Part, P->Buffers, Buffer, 4, 6);
	EXPECT(Status == NDIS_STATUS_SUCCESS && NdisBufferVirtualAddress(Part) == P->Text + 4 &&
	       NdisBufferLength(Part) == 6);
	NdisFlushBuffer(Part, TRUE);
	NdisFreeBuffer(Part);
	NdisCopyBuffer(&Status, &Part, P->Buffers, Buffer, 5, 6);
	EXPECT(Status == NDIS_STATUS_FAILURE && Part == NULL);
}

static VOID TryPackets(PPACKETS P)
{
	NDIS_PACKET_8021Q_INFO Tag;
	UINT Copied;

	NdisSetPacketPoolProtocolId(P->Packets, NDIS_PROTOCOL_ID_DEFAULT);
	NdisCopyFromPacketToPacket(P->Other, 2, 12, P->One, 3, &Copied);
	EXPECT(Copied == 12 && NdisEqualMemory(P->Room + 2, "3456789abcde", 12));
	EXPECT(P->Room[1] == 0 && P->Room[14] == 0);
	NdisCopyFromPacketToPacket(P->Other, 0, 100, P->One, 6, &Copied);
	EXPECT(Copied == 10 && NdisEqualMemory(P->Room, "6789abcdef", 10));
	NdisCopyFromPacketToPacket(P->Other, 16, 1, P->One, 0, &Copied);
	EXPECT(Copied == 0);

	EXPECT(NDIS_PER_PACKET_INFO_FROM_PACKET(P->One, Ieee8021QInfo) == NULL);
	Tag.Value = NULL;
	Tag.TagHeader.VlanId = 77;
	NDIS_PER_PACKET_INFO_FROM_PACKET(P->One, Ieee8021QInfo) = Tag.Value;
	NDIS_SET_ORIGINAL_PACKET(P->One, P->Other);
	NDIS_SET_PACKET_CANCEL_ID(P->One, P);
	Tag.Value = NDIS_PER_PACKET_INFO_FROM_PACKET(P->One, Ieee8021QInfo);
	EXPECT(Tag.TagHeader.VlanId == 77 && NDIS_GET_ORIGINAL_PACKET(P->One) == P->Other);
	EXPECT(NDIS_GET_PACKET_CANCEL_ID(P->One) == P);
}

static VOID TryAll(PPACKETS P)
{
	NDIS_STATUS Status;

	NdisMoveMemory(P->Text, "0123456789abcdef", 16);
	NdisAllocatePacketPool(&Status, &P->Packets, 2, PROTOCOL_RESERVED_SIZE_IN_PACKET);
	NdisAllocateBufferPool(&Status, &P->Buffers, 5);
	P->One = PacketOf(P, P->Text, 10, P->Text + 10, 6);
	P->Other = PacketOf(P, P->Room, 7, P->Room + 7, 9);
	TryBuffers(P);
	TryPackets(P);
	FreePacket(P->One);
	FreePacket(P->Other);
	NdisFreeBufferPool(P->Buffers);
	NdisFreePacketPool(P->Packets);
}

static VOID TryWhatIsAbsent(NDIS_HANDLE Configuration)
{
	NDIS_STRING Name = NDIS_STRING_CONST("Linkage");
	PDEVICE_OBJECT Device;
	NDIS_HANDLE Handle;
	NDIS_STATUS Status;

	EXPECT(NdisMRegisterDevice(Configuration, &Name, &Name, NULL, &Device, &Handle) ==
		       NDIS_STATUS_RESOURCES &&
	       Device == NULL && Handle == NULL);
	EXPECT(NdisMRegisterDmaChannel(&Handle, Adapter, 1, FALSE, NULL, PAGE_SIZE) ==
	       NDIS_STATUS_RESOURCE_CONFLICT);
	NdisOpenConfiguration(&Status, &Handle, Configuration);
	if (Status == NDIS_STATUS_SUCCESS) {
		NDIS_HANDLE Key;

		NdisOpenConfigurationKeyByName(&Status, Handle, &Name, &Key);
		EXPECT(Status == NDIS_STATUS_FAILURE && Key == NULL);
		NdisOpenConfigurationKeyByIndex(&Status, Handle, 0, &Name, &Key);
		EXPECT(Status == NDIS_STATUS_FAILURE && Key == NULL);
		NdisCloseConfiguration(Handle);
	}
}

NDIS_STATUS MiniportInitialize(OUT PNDIS_STATUS OpenErrorStatus, OUT PUINT SelectedMediumIndex,
			       IN PNDIS_MEDIUM MediumArray, IN UINT MediumArraySize,
			       IN NDIS_HANDLE MiniportAdapterHandle,
			       IN NDIS_HANDLE WrapperConfigurationContext)
{
	NDIS_PHYSICAL_ADDRESS Nowhere = NDIS_PHYSICAL_ADDRESS_CONST(0, 0);
	NDIS_MEDIA_STATE Media = NdisMediaStateConnected;
	NDIS_HARDWARE_STATUS Hardware = NdisHardwareStatusReady;
	PACKETS Packets;
	USHORT Vendor = 0;
	UINT i;

	UNREFERENCED_PARAMETER(OpenErrorStatus);
	for (i = 0; i < MediumArraySize && MediumArray[i] != NdisMedium802_3; i++)
		;
	*SelectedMediumIndex = i;
	Adapter = MiniportAdapterHandle;
	NdisMSetAttributesEx(Adapter, &Adapter, 0,
			     NDIS_ATTRIBUTE_BUS_MASTER | NDIS_ATTRIBUTE_DESERIALIZE,
			     NdisInterfacePci);
	NdisZeroMemory(&Packets, sizeof(Packets));
	TryAll(&Packets);
	TryWhatIsAbsent(WrapperConfigurationContext);
	NdisMUpdateSharedMemory(Adapter, 1, &Packets, Nowhere);
	NdisReadPciSlotInformation(Adapter, 0, PCI_VENDOR_ID_OFFSET, &Vendor, sizeof(Vendor));
	EXPECT(Vendor == 0x5053);
	EXPECT(Media != NdisMediaStateDisconnected && Hardware != NdisHardwareStatusNotReady);
	EXPECT(NdisDevicePnPEventQueryStopped == 3 && NdisDevicePnPEventStopped == 4 &&
	       NdisDevicePnPEventPowerProfileChanged == 5);
	return Wrong == 0 ? NDIS_STATUS_SUCCESS : NDIS_STATUS_FAILURE;
}

VOID MiniportHalt(IN NDIS_HANDLE MiniportAdapterContext)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
}

NDIS_STATUS MiniportReset(OUT PBOOLEAN AddressingReset, IN NDIS_HANDLE MiniportAdapterContext)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	*AddressingReset = FALSE;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS MiniportQueryInformation(IN NDIS_HANDLE MiniportAdapterContext, IN NDIS_OID Oid,
				     IN PVOID InformationBuffer, IN ULONG InformationBufferLength,
				     OUT PULONG BytesWritten, OUT PULONG BytesNeeded)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(Oid);
	UNREFERENCED_PARAMETER(InformationBuffer);
	UNREFERENCED_PARAMETER(InformationBufferLength);
	*BytesWritten = *BytesNeeded = 0;
	return NDIS_STATUS_NOT_SUPPORTED;
}

/* A frame of its own, once somebody wants frames. */
NDIS_STATUS MiniportSetInformation(IN NDIS_HANDLE MiniportAdapterContext, IN NDIS_OID Oid,
				   IN PVOID InformationBuffer, IN ULONG InformationBufferLength,
				   OUT PULONG BytesRead, OUT PULONG BytesNeeded)
{
	UCHAR Frame[FRAME_BYTES] = {0};

	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	*BytesRead = InformationBufferLength;
	*BytesNeeded = 0;
	if (Oid != OID_GEN_CURRENT_PACKET_FILTER)
		return NDIS_STATUS_INVALID_OID;
	NdisMoveMemory(&Filter, InformationBuffer, sizeof(Filter));
	if (Filter != 0) {
		NdisMEthIndicateReceive(Adapter, NULL, Frame, HEADER_BYTES, Frame + HEADER_BYTES,
					FRAME_BYTES - HEADER_BYTES, FRAME_BYTES - HEADER_BYTES);
		NdisMEthIndicateReceiveComplete(Adapter);
	}
	return NDIS_STATUS_SUCCESS;
}

VOID MiniportReturnPacket(IN NDIS_HANDLE MiniportAdapterContext, IN PNDIS_PACKET Packet)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(Packet);
}

NTSTATUS DriverEntry(IN PDRIVER_OBJECT DriverObject, IN PUNICODE_STRING RegistryPath)
{
	NDIS_MINIPORT_CHARACTERISTICS Characteristics;
	NDIS_HANDLE Wrapper;
	NDIS_STATUS Status;

	NdisMInitializeWrapper(&Wrapper, DriverObject, RegistryPath, NULL);
	NdisZeroMemory(&Characteristics, sizeof(Characteristics));
	Characteristics.MajorNdisVersion = NDIS_MINIPORT_MAJOR_VERSION;
	Characteristics.MinorNdisVersion = NDIS_MINIPORT_MINOR_VERSION;
	Characteristics.InitializeHandler = MiniportInitialize;
	Characteristics.HaltHandler = MiniportHalt;
	Characteristics.ResetHandler = MiniportReset;
	Characteristics.QueryInformationHandler = MiniportQueryInformation;
	Characteristics.SetInformationHandler = MiniportSetInformation;
	Characteristics.ReturnPacketHandler = MiniportReturnPacket;
	Status = NdisMRegisterMiniport(Wrapper, &Characteristics, sizeof(Characteristics));
	if (Status != NDIS_STATUS_SUCCESS)
		NdisTerminateWrapper(Wrapper, NULL);
	return Status;
}
