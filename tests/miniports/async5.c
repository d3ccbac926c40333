/* SPDX-License-Identifier: MIT */
/*
 * A miniport of NDIS 5 that asks for a block of shared memory every 5 ms and gives it back in the
 * timer function after the one that saw it come.
 */
#include <ndis.h>

#define BLOCK_BYTES 8192
#define PERIOD_MS   5

typedef struct _ADAPTER {
	NDIS_HANDLE Handle;
	NDIS_MINIPORT_TIMER Timer;
	NDIS_SPIN_LOCK Lock;
	BOOLEAN Asked;
	PVOID Va;
	NDIS_PHYSICAL_ADDRESS Pa;
	ULONG Length;
	NDIS_EVENT Answered;
} ADAPTER, *PADAPTER;

W_INITIALIZE_HANDLER MiniportInitialize;
W_HALT_HANDLER MiniportHalt;
W_RESET_HANDLER MiniportReset;
W_QUERY_INFORMATION_HANDLER MiniportQueryInformation;
W_SET_INFORMATION_HANDLER MiniportSetInformation;
W_RETURN_PACKET_HANDLER MiniportReturnPacket;
W_ALLOCATE_COMPLETE_HANDLER MiniportAllocateComplete;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);

VOID MiniportAllocateComplete(IN NDIS_HANDLE MiniportAdapterContext, IN PVOID VirtualAddress,
			      IN PNDIS_PHYSICAL_ADDRESS PhysicalAddress, IN ULONG Length,
			      IN PVOID Context)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;

	UNREFERENCED_PARAMETER(Context);
	NdisAcquireSpinLock(&Adapter->Lock);
	Adapter->Asked = FALSE;
	Adapter->Va = VirtualAddress;
	Adapter->Length = Length;
	if (VirtualAddress != NULL)
		Adapter->Pa = *PhysicalAddress;
	NdisReleaseSpinLock(&Adapter->Lock);
	NdisSetEvent(&Adapter->Answered);
}

static VOID GiveBack(PADAPTER Adapter)
{
	if (Adapter->Va != NULL)
		NdisMFreeSharedMemory(Adapter->Handle, Adapter->Length, FALSE, Adapter->Va,
				      Adapter->Pa);
	Adapter->Va = NULL;
}

static VOID TimerFunction(PVOID SystemSpecific1, PVOID FunctionContext, PVOID SystemSpecific2,
			  PVOID SystemSpecific3)
{
	PADAPTER Adapter = (PADAPTER)FunctionContext;
	BOOLEAN Ask;

	UNREFERENCED_PARAMETER(SystemSpecific1);
	UNREFERENCED_PARAMETER(SystemSpecific2);
	UNREFERENCED_PARAMETER(SystemSpecific3);
	NdisDprAcquireSpinLock(&Adapter->Lock);
	Ask = (BOOLEAN)(!Adapter->Asked);
	if (Ask) {
		GiveBack(Adapter);
		Adapter->Asked = TRUE;
		NdisResetEvent(&Adapter->Answered);
	}
	NdisDprReleaseSpinLock(&Adapter->Lock);
	if (!Ask || NdisMAllocateSharedMemoryAsync(Adapter->Handle, BLOCK_BYTES, FALSE, NULL) ==
			    NDIS_STATUS_PENDING)
		return;
	NdisDprAcquireSpinLock(&Adapter->Lock);
	Adapter->Asked = FALSE;
	NdisDprReleaseSpinLock(&Adapter->Lock);
}

NDIS_STATUS MiniportInitialize(OUT PNDIS_STATUS OpenErrorStatus, OUT PUINT SelectedMediumIndex,
			       IN PNDIS_MEDIUM MediumArray, IN UINT MediumArraySize,
			       IN NDIS_HANDLE MiniportAdapterHandle,
			       IN NDIS_HANDLE WrapperConfigurationContext)
{
	PADAPTER Adapter;
	UINT i;

	UNREFERENCED_PARAMETER(OpenErrorStatus);
	UNREFERENCED_PARAMETER(WrapperConfigurationContext);
	for (i = 0; i < MediumArraySize && MediumArray[i] != NdisMedium802_3; i++)
		;
	if (i == MediumArraySize)
		return NDIS_STATUS_UNSUPPORTED_MEDIA;
	*SelectedMediumIndex = i;
	if (NdisAllocateMemoryWithTag((PVOID *)&Adapter, sizeof(*Adapter), 0) !=
	    NDIS_STATUS_SUCCESS)
		return NDIS_STATUS_RESOURCES;
	NdisZeroMemory(Adapter, sizeof(*Adapter));
	Adapter->Handle = MiniportAdapterHandle;
	NdisAllocateSpinLock(&Adapter->Lock);
	NdisInitializeEvent(&Adapter->Answered);
	NdisMSetAttributesEx(MiniportAdapterHandle, Adapter, 0,
			     NDIS_ATTRIBUTE_BUS_MASTER | NDIS_ATTRIBUTE_DESERIALIZE,
			     NdisInterfacePci);
	if (NdisMInitializeScatterGatherDma(MiniportAdapterHandle, TRUE, BLOCK_BYTES) !=
	    NDIS_STATUS_SUCCESS) {
		NdisFreeMemory(Adapter, sizeof(*Adapter), 0);
		return NDIS_STATUS_FAILURE;
	}
	NdisMInitializeTimer(&Adapter->Timer, MiniportAdapterHandle, TimerFunction, Adapter);
	NdisMSetPeriodicTimer(&Adapter->Timer, PERIOD_MS);
	return NDIS_STATUS_SUCCESS;
}

VOID MiniportHalt(IN NDIS_HANDLE MiniportAdapterContext)
{
	PADAPTER Adapter = (PADAPTER)MiniportAdapterContext;
	BOOLEAN Cancelled;

	NdisMCancelTimer(&Adapter->Timer, &Cancelled);
	if (!Cancelled)
		NdisMSleep(20000);
	if (Adapter->Asked)
		NdisWaitEvent(&Adapter->Answered, 0);
	NdisAcquireSpinLock(&Adapter->Lock);
	GiveBack(Adapter);
	NdisReleaseSpinLock(&Adapter->Lock);
	NdisFreeSpinLock(&Adapter->Lock);
	NdisFreeMemory(Adapter, sizeof(*Adapter), 0);
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

NDIS_STATUS MiniportSetInformation(IN NDIS_HANDLE MiniportAdapterContext, IN NDIS_OID Oid,
				   IN PVOID InformationBuffer, IN ULONG InformationBufferLength,
				   OUT PULONG BytesRead, OUT PULONG BytesNeeded)
{
	return MiniportQueryInformation(MiniportAdapterContext, Oid, InformationBuffer,
					InformationBufferLength, BytesRead, BytesNeeded);
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
	Characteristics.AllocateCompleteHandler = MiniportAllocateComplete;
	Status = NdisMRegisterMiniport(Wrapper, &Characteristics, sizeof(Characteristics));
	if (Status != NDIS_STATUS_SUCCESS)
		NdisTerminateWrapper(Wrapper, NULL);
	return Status;
}
