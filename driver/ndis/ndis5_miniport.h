/* SPDX-License-Identifier: MIT */
#ifndef NDIS5_MINIPORT_H
#define NDIS5_MINIPORT_H
/*
 * A miniport driver, its adapters, their hardware and configuration (NDIS 5).  Drivers include
 * ndis.h, and are compiled with -DNDIS50_MINIPORT=1 or -DNDIS51_MINIPORT=1.
 *
 * What the two generations have in common, such as NdisMFreeSharedMemory() and NdisMMapIoSpace(),
 * is in the other headers.
 */
#include "ndis5_packet.h"
#include "ndis_base.h"
#include "ndis_oid.h"
#include "ndis_memory.h"
#include "ndis_miniport.h"
#include "ndis_sync.h"

/* --- What the miniport supplies --------------------------------------------------------------- */
/*
 * Each W_ name is the type of a function, as the reference pages declare their functions:
 *
 *	W_ALLOCATE_COMPLETE_HANDLER MiniportAllocateComplete;
 *
 * A serialized miniport (one without NDIS_ATTRIBUTE_DESERIALIZE) is in one of its functions at a
 * time; NDIS sees to that.
 */

/*
 * Brings an adapter up: it may indicate once a protocol has set a packet filter.
 *	SelectedMediumIndex           which of MediumArray it is
 *	WrapperConfigurationContext   for NdisOpenConfiguration() and NdisMQueryAdapterResources()
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS, or a failure, and then everything is given back again (R53):
 *          MiniportHalt is not called.
 */
typedef NDIS_STATUS W_INITIALIZE_HANDLER(PNDIS_STATUS OpenErrorStatus, PUINT SelectedMediumIndex,
					 PNDIS_MEDIUM MediumArray, UINT MediumArraySize,
					 NDIS_HANDLE MiniportAdapterHandle,
					 NDIS_HANDLE WrapperConfigurationContext);
/*
 * Takes an adapter down; must not return while a request is pending, memory is live, or a protocol
 * has a packet (R48-R52).
 * IRQL:    PASSIVE_LEVEL.
 */
typedef VOID W_HALT_HANDLER(NDIS_HANDLE MiniportAdapterContext);
/*
 * The interrupt handler.
 *	InterruptRecognized          whether the interrupt was the adapter's
 *	QueueMiniportHandleInterrupt TRUE: run MiniportHandleInterrupt
 * IRQL:    the device's, above DISPATCH_LEVEL.
 */
typedef VOID W_ISR_HANDLER(PBOOLEAN InterruptRecognized, PBOOLEAN QueueMiniportHandleInterrupt,
			   NDIS_HANDLE MiniportAdapterContext);
/* The deferred part; MiniportEnableInterrupt follows it, if there is one.  IRQL: DISPATCH_LEVEL. */
typedef VOID W_HANDLE_INTERRUPT_HANDLER(NDIS_HANDLE MiniportAdapterContext);
typedef VOID W_ENABLE_INTERRUPT_HANDLER(NDIS_HANDLE MiniportAdapterContext);
typedef VOID W_DISABLE_INTERRUPT_HANDLER(NDIS_HANDLE MiniportAdapterContext);
/* Called about every 2 s (NdisMSetAttributesEx).  Returns: TRUE: the adapter must be reset. */
typedef BOOLEAN W_CHECK_FOR_HANG_HANDLER(NDIS_HANDLE MiniportAdapterContext);
/* Returns: SUCCESS, a failure, or PENDING and NdisMResetComplete().  IRQL: DISPATCH_LEVEL. */
typedef NDIS_STATUS W_RESET_HANDLER(PBOOLEAN AddressingReset, NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS W_QUERY_INFORMATION_HANDLER(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid,
						PVOID InformationBuffer,
						ULONG InformationBufferLength, PULONG BytesWritten,
						PULONG BytesNeeded);
/*
 * This host sets OID_GEN_CURRENT_PACKET_FILTER: to frames for this station when frames may flow,
 * and to 0 before MiniportHalt. IRQL:    DISPATCH_LEVEL. Returns: SUCCESS, a failure, or PENDING
 * and NdisMSetInformationComplete().
 */
typedef NDIS_STATUS W_SET_INFORMATION_HANDLER(NDIS_HANDLE MiniportAdapterContext, NDIS_OID Oid,
					      PVOID InformationBuffer,
					      ULONG InformationBufferLength, PULONG BytesRead,
					      PULONG BytesNeeded);
/* This host sends nothing: the functions that send are taken and never called. */
typedef NDIS_STATUS W_SEND_HANDLER(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet,
				   UINT Flags);
typedef VOID W_SEND_PACKETS_HANDLER(NDIS_HANDLE MiniportAdapterContext, PPNDIS_PACKET PacketArray,
				    UINT NumberOfPackets);
typedef NDIS_STATUS W_TRANSFER_DATA_HANDLER(PNDIS_PACKET Packet, PUINT BytesTransferred,
					    NDIS_HANDLE MiniportAdapterContext,
					    NDIS_HANDLE MiniportReceiveContext, UINT ByteOffset,
					    UINT BytesToTransfer);
typedef NDIS_STATUS W_RECONFIGURE_HANDLER(PNDIS_STATUS OpenErrorStatus,
					  NDIS_HANDLE MiniportAdapterContext,
					  NDIS_HANDLE WrapperConfigurationContext);
/* A packet that was indicated comes back.  IRQL: <= DISPATCH_LEVEL. */
typedef VOID W_RETURN_PACKET_HANDLER(NDIS_HANDLE MiniportAdapterContext, PNDIS_PACKET Packet);
/*
 * The completion of NdisMAllocateSharedMemoryAsync(): as MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE, but
 *
 * IRQL:    <= DISPATCH_LEVEL: PASSIVE_LEVEL at times and DISPATCH_LEVEL at others, so that it may
 *          wait for nothing (R12, R13).
 * Source:  seed 001.
 */
typedef VOID W_ALLOCATE_COMPLETE_HANDLER(NDIS_HANDLE MiniportAdapterContext, PVOID VirtualAddress,
					 PNDIS_PHYSICAL_ADDRESS PhysicalAddress, ULONG Length,
					 PVOID Context);
typedef VOID W_CANCEL_SEND_PACKETS_HANDLER(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId);
/* SurpriseRemoved comes before the halt of an adapter whose device is gone (R56). */
typedef VOID W_PNPEVENT_NOTIFY_HANDLER(NDIS_HANDLE MiniportAdapterContext,
				       NDIS_DEVICE_PNP_EVENT DevicePnPEvent,
				       PVOID InformationBuffer, ULONG InformationBufferLength);
/* Stops the device and frees nothing (R55).  IRQL: any. */
typedef VOID W_MINIPORT_SHUTDOWN_HANDLER(PVOID ShutdownContext);
typedef W_MINIPORT_SHUTDOWN_HANDLER *ADAPTER_SHUTDOWN_HANDLER;

/* Connection-oriented miniports are not hosted: these stay NULL. */
typedef VOID W_CO_HANDLER(VOID);

/* In the published order; each version is the one before and more. */
#define NDIS30_MINIPORT_CHARACTERISTICS_MEMBERS                                                    \
	UCHAR MajorNdisVersion;                                                                    \
	UCHAR MinorNdisVersion;                                                                    \
	USHORT Filler;                                                                             \
	UINT Reserved;                                                                             \
	W_CHECK_FOR_HANG_HANDLER *CheckForHangHandler;                                             \
	W_DISABLE_INTERRUPT_HANDLER *DisableInterruptHandler;                                      \
	W_ENABLE_INTERRUPT_HANDLER *EnableInterruptHandler;                                        \
	W_HALT_HANDLER *HaltHandler;                                                               \
	W_HANDLE_INTERRUPT_HANDLER *HandleInterruptHandler;                                        \
	W_INITIALIZE_HANDLER *InitializeHandler;                                                   \
	W_ISR_HANDLER *ISRHandler;                                                                 \
	W_QUERY_INFORMATION_HANDLER *QueryInformationHandler;                                      \
	W_RECONFIGURE_HANDLER *ReconfigureHandler;                                                 \
	W_RESET_HANDLER *ResetHandler;                                                             \
	W_SEND_HANDLER *SendHandler;                                                               \
	W_SET_INFORMATION_HANDLER *SetInformationHandler;                                          \
	W_TRANSFER_DATA_HANDLER *TransferDataHandler;
#define NDIS40_MINIPORT_CHARACTERISTICS_MEMBERS                                                    \
	NDIS30_MINIPORT_CHARACTERISTICS_MEMBERS                                                    \
	W_RETURN_PACKET_HANDLER *ReturnPacketHandler;                                              \
	W_SEND_PACKETS_HANDLER *SendPacketsHandler;                                                \
	W_ALLOCATE_COMPLETE_HANDLER *AllocateCompleteHandler;
#define NDIS50_MINIPORT_CHARACTERISTICS_MEMBERS                                                    \
	NDIS40_MINIPORT_CHARACTERISTICS_MEMBERS                                                    \
	W_CO_HANDLER *CoCreateVcHandler;                                                           \
	W_CO_HANDLER *CoDeleteVcHandler;                                                           \
	W_CO_HANDLER *CoActivateVcHandler;                                                         \
	W_CO_HANDLER *CoDeactivateVcHandler;                                                       \
	W_CO_HANDLER *CoSendPacketsHandler;                                                        \
	W_CO_HANDLER *CoRequestHandler;
#define NDIS51_MINIPORT_CHARACTERISTICS_MEMBERS                                                    \
	NDIS50_MINIPORT_CHARACTERISTICS_MEMBERS                                                    \
	W_CANCEL_SEND_PACKETS_HANDLER *CancelSendPacketsHandler;                                   \
	W_PNPEVENT_NOTIFY_HANDLER *PnPEventNotifyHandler;                                          \
	W_MINIPORT_SHUTDOWN_HANDLER *AdapterShutdownHandler;

typedef struct _NDIS40_MINIPORT_CHARACTERISTICS {
	NDIS40_MINIPORT_CHARACTERISTICS_MEMBERS
} NDIS40_MINIPORT_CHARACTERISTICS, *PNDIS40_MINIPORT_CHARACTERISTICS;
typedef struct _NDIS50_MINIPORT_CHARACTERISTICS {
	NDIS50_MINIPORT_CHARACTERISTICS_MEMBERS
} NDIS50_MINIPORT_CHARACTERISTICS, *PNDIS50_MINIPORT_CHARACTERISTICS;
typedef struct _NDIS51_MINIPORT_CHARACTERISTICS {
	NDIS51_MINIPORT_CHARACTERISTICS_MEMBERS
} NDIS51_MINIPORT_CHARACTERISTICS, *PNDIS51_MINIPORT_CHARACTERISTICS;
static_assert(offsetof(NDIS50_MINIPORT_CHARACTERISTICS, AllocateCompleteHandler) ==
		      offsetof(NDIS50_MINIPORT_CHARACTERISTICS, SendPacketsHandler) + sizeof(PVOID),
	      "directly after ReturnPacketHandler and SendPacketsHandler (ndis.md 2.5)");

/* The version that the driver is compiled for. */
#if defined(NDIS50_MINIPORT)
typedef NDIS50_MINIPORT_CHARACTERISTICS NDIS_MINIPORT_CHARACTERISTICS,
	*PNDIS_MINIPORT_CHARACTERISTICS;
#elif defined(NDIS40_MINIPORT)
typedef NDIS40_MINIPORT_CHARACTERISTICS NDIS_MINIPORT_CHARACTERISTICS,
	*PNDIS_MINIPORT_CHARACTERISTICS;
#else
typedef NDIS51_MINIPORT_CHARACTERISTICS NDIS_MINIPORT_CHARACTERISTICS,
	*PNDIS_MINIPORT_CHARACTERISTICS;
#endif

/* --- The driver ------------------------------------------------------------------------------- */

/*
 * The first thing that DriverEntry does, with its own arguments.
 * Owns:    the caller gets a wrapper handle; NDIS keeps it once NdisMRegisterMiniport() succeeded,
 *          and otherwise the caller gives it to NdisTerminateWrapper().
 * IRQL:    PASSIVE_LEVEL.
 */
VOID NdisInitializeWrapper(PNDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific1,
			   PVOID SystemSpecific2, PVOID SystemSpecific3);
#define NdisMInitializeWrapper(Handle, One, Two, Three)                                            \
	NdisInitializeWrapper((Handle), (One), (Two), (Three))
VOID NdisTerminateWrapper(NDIS_HANDLE NdisWrapperHandle, PVOID SystemSpecific);

/*
 * Registers the driver's functions.
 *	CharacteristicsLength   the size of the structure, as its version has it
 * Returns: NDIS_STATUS_SUCCESS; _BAD_VERSION not 4.0, 5.0 or 5.1; _BAD_CHARACTERISTICS a length
 *that is too short for the version, or a function missing; _RESOURCES; _FAILURE no wrapper.
 */
NDIS_STATUS NdisMRegisterMiniport(NDIS_HANDLE NdisWrapperHandle, PVOID MiniportCharacteristics,
				  UINT CharacteristicsLength);
VOID NdisMRegisterUnloadHandler(NDIS_HANDLE NdisWrapperHandle, MINIPORT_UNLOAD *UnloadHandler);

/* --- Attributes ------------------------------------------------------------------------------- */

#define NDIS_ATTRIBUTE_IGNORE_PACKET_TIMEOUT	0x00000001
#define NDIS_ATTRIBUTE_IGNORE_REQUEST_TIMEOUT	0x00000002
#define NDIS_ATTRIBUTE_IGNORE_TOKEN_RING_ERRORS 0x00000004
#define NDIS_ATTRIBUTE_BUS_MASTER		0x00000008
#define NDIS_ATTRIBUTE_INTERMEDIATE_DRIVER	0x00000010
#define NDIS_ATTRIBUTE_DESERIALIZE		0x00000020
#define NDIS_ATTRIBUTE_NO_HALT_ON_SUSPEND	0x00000040
#define NDIS_ATTRIBUTE_SURPRISE_REMOVE_OK	0x00000080
#define NDIS_ATTRIBUTE_NOT_CO_NDIS		0x00000100
#define NDIS_ATTRIBUTE_USES_SAFE_BUFFER_APIS	0x00000200

/*
 * Tells NDIS about the adapter, before anything else is asked of NDIS for it.
 *	MiniportAdapterContext      what every later callback is given
 *	CheckForHangTimeInSeconds   0: about every 2 s
 * Place:   MiniportInitialize.  IRQL: PASSIVE_LEVEL.
 */
VOID NdisMSetAttributesEx(NDIS_HANDLE MiniportAdapterHandle, NDIS_HANDLE MiniportAdapterContext,
			  UINT CheckForHangTimeInSeconds, ULONG AttributeFlags,
			  NDIS_INTERFACE_TYPE AdapterType);
#define NdisMSetAttributes(Handle, Context, BusMaster, AdapterType)                                \
	NdisMSetAttributesEx((Handle), (Context), 0, (BusMaster) ? NDIS_ATTRIBUTE_BUS_MASTER : 0,  \
			     (AdapterType))

/* The end of what a handler left PENDING. */
VOID NdisMSetInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status);
VOID NdisMResetComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status,
			BOOLEAN AddressingReset);

/* A query of this host's never pends: what is said to end is reported (R61). */
VOID NdisMQueryInformationComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status);

/*
 * Tells the protocols of a change, such as the link's: any number of indications, then the end of
 * them.  The stack of this host asks for no status: the calls are checked and have no other effect.
 * IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisMIndicateStatus(NDIS_HANDLE MiniportHandle, NDIS_STATUS GeneralStatus, PVOID StatusBuffer,
			 UINT StatusBufferSize);
VOID NdisMIndicateStatusComplete(NDIS_HANDLE MiniportHandle);
/* The end of a send.  Nobody sends here: a packet that is given is reported (R61). */
VOID NdisMSendComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_PACKET Packet, NDIS_STATUS Status);
/* A driver without room for a send has it again. */
VOID NdisMSendResourcesAvailable(NDIS_HANDLE MiniportAdapterHandle);

/* For a driver of NDIS 5.0, whose characteristics have no place for it.  IRQL: PASSIVE_LEVEL. */
VOID NdisMRegisterAdapterShutdownHandler(NDIS_HANDLE MiniportHandle, PVOID ShutdownContext,
					 ADAPTER_SHUTDOWN_HANDLER ShutdownHandler);
VOID NdisMDeregisterAdapterShutdownHandler(NDIS_HANDLE MiniportHandle);

/* --- Resources and configuration -------------------------------------------------------------- */

/*
 * The adapter's register window and interrupt.
 *	BufferSize   in: bytes at ResourceList; out: how many the list takes
 * Place:   MiniportInitialize.  IRQL: PASSIVE_LEVEL.
 * Status:  NDIS_STATUS_SUCCESS; _RESOURCES the buffer is too small; _FAILURE no such context.
 */
VOID NdisMQueryAdapterResources(PNDIS_STATUS Status, NDIS_HANDLE WrapperConfigurationContext,
				PNDIS_RESOURCE_LIST ResourceList, PUINT BufferSize);

/*
 * Opens the adapter's configuration; NdisReadConfiguration() reads it.
 * Owns:    the caller, until NdisCloseConfiguration().
 * Place:   MiniportInitialize.  IRQL: PASSIVE_LEVEL.
 * Status:  NDIS_STATUS_SUCCESS, _RESOURCES, _FAILURE no such context.
 */
VOID NdisOpenConfiguration(PNDIS_STATUS Status, PNDIS_HANDLE ConfigurationHandle,
			   NDIS_HANDLE WrapperConfigurationContext);

/* --- Interrupts ------------------------------------------------------------------------------- */

typedef enum _NDIS_INTERRUPT_MODE {
	NdisInterruptLevelSensitive = 0,
	NdisInterruptLatched = 1,
} NDIS_INTERRUPT_MODE,
	*PNDIS_INTERRUPT_MODE;

/* The driver's storage, NDIS's contents. */
typedef struct _NDIS_MINIPORT_INTERRUPT {
	PVOID Host;
	ULONG_PTR Reserved[7];
} NDIS_MINIPORT_INTERRUPT, *PNDIS_MINIPORT_INTERRUPT;

/*
 * Connects the adapter's interrupt to MiniportISR and MiniportHandleInterrupt; they may run before
 * this call returns.
 *	RequestIsr   FALSE: MiniportDisableInterrupt is called instead of MiniportISR
 * Place:   MiniportInitialize.  IRQL: PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS, _RESOURCES, _FAILURE the functions for it are missing.
 */
NDIS_STATUS NdisMRegisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt,
				   NDIS_HANDLE MiniportAdapterHandle, UINT InterruptVector,
				   UINT InterruptLevel, BOOLEAN RequestIsr, BOOLEAN SharedInterrupt,
				   NDIS_INTERRUPT_MODE InterruptMode);
/*
 * Runs a function at the interrupt's level, and not while MiniportISR runs.
 * Returns: what the function returned.  IRQL: <= the interrupt's.
 */
typedef BOOLEAN NDIS5_SYNCHRONIZE_FUNCTION(PVOID SynchronizeContext);
BOOLEAN NdisMSynchronizeWithInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt,
				      NDIS5_SYNCHRONIZE_FUNCTION *SynchronizeFunction,
				      PVOID SynchronizeContext);
/* Returns when neither function runs any more (R48).  IRQL: PASSIVE_LEVEL. */
VOID NdisMDeregisterInterrupt(PNDIS_MINIPORT_INTERRUPT Interrupt);

/* --- Timers ----------------------------------------------------------------------------------- */

/* The driver's storage, NDIS's contents.  At MiniportHalt's end none may be set (R18). */
typedef struct _NDIS_MINIPORT_TIMER {
	PVOID Host;
	ULONG_PTR Reserved[7];
} NDIS_MINIPORT_TIMER, *PNDIS_MINIPORT_TIMER;

/* Place: MiniportInitialize.  The function runs at DISPATCH_LEVEL. */
VOID NdisMInitializeTimer(PNDIS_MINIPORT_TIMER Timer, NDIS_HANDLE MiniportAdapterHandle,
			  PNDIS_TIMER_FUNCTION TimerFunction, PVOID FunctionContext);
/* Once, or again and again.  A timer that is set already starts anew.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisMSetTimer(PNDIS_MINIPORT_TIMER Timer, UINT MillisecondsToDelay);
VOID NdisMSetPeriodicTimer(PNDIS_MINIPORT_TIMER Timer, UINT MillisecondsPeriod);
/* *TimerCancelled FALSE: it was not waiting; its function may be running.  IRQL: <= DISPATCH. */
VOID NdisMCancelTimer(PNDIS_MINIPORT_TIMER Timer, PBOOLEAN TimerCancelled);

/* --- Memory and DMA --------------------------------------------------------------------------- */

#define NDIS_DMA_24BITS ((NDIS_DMA_SIZE)0)
#define NDIS_DMA_32BITS ((NDIS_DMA_SIZE)1)
#define NDIS_DMA_64BITS ((NDIS_DMA_SIZE)2)
typedef UCHAR NDIS_DMA_SIZE, *PNDIS_DMA_SIZE;

/*
 * How far the adapter's DMA reaches: memory that it shares lies below 4 GB unless one of these says
 * 64 bits.  Nothing asks for either before shared memory is allocated.
 * Place:   MiniportInitialize, one of them.  IRQL: PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS; _NOT_SUPPORTED the adapter is no bus master; _FAILURE.
 */
NDIS_STATUS NdisMInitializeScatterGatherDma(NDIS_HANDLE MiniportAdapterHandle, BOOLEAN Dma64BitSize,
					    ULONG MaximumPhysicalMapping);
NDIS_STATUS NdisMAllocateMapRegisters(NDIS_HANDLE MiniportAdapterHandle, UINT DmaChannel,
				      NDIS_DMA_SIZE DmaSize, ULONG PhysicalMapRegistersNeeded,
				      ULONG MaximumPhysicalMapping);
VOID NdisMFreeMapRegisters(NDIS_HANDLE MiniportAdapterHandle);

/*
 * Makes what the device wrote to shared memory visible to the driver: it is so already, and the
 * call is checked only. IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisMUpdateSharedMemory(NDIS_HANDLE MiniportAdapterHandle, ULONG Length, PVOID VirtualAddress,
			     NDIS_PHYSICAL_ADDRESS PhysicalAddress);
#define NdisUpdateSharedMemory(Handle, Length, Va, Pa)                                             \
	NdisMUpdateSharedMemory((Handle), (Length), (Va), (Pa))

/*
 * Asks for Length bytes more; they come in the driver's MiniportAllocateComplete.
 *
 *	MiniportAdapterHandle  as given to MiniportInitialize
 *	Cached                 honoured: FALSE is memory that no cache holds
 *	Context                given back to the completion; all that it needs must be in place
 *before this call (R6)
 *
 * IRQL:    <= DISPATCH_LEVEL (R14); the completion does not run on this thread, so a lock that it
 *          takes may be held here (R5).
 * Returns: NDIS_STATUS_PENDING  accepted: exactly one completion follows, success or not (R1);
 *          NDIS_STATUS_FAILURE  refused: none follows (R2), the same call may succeed later (R3).
 *          Take everything but PENDING as a refusal (R4).
 * Source:  seeds 001, 002; R1-R6, R14, R17, R26.
 */
NDIS_STATUS NdisMAllocateSharedMemoryAsync(NDIS_HANDLE MiniportAdapterHandle, ULONG Length,
					   BOOLEAN Cached, PVOID Context);

#endif
