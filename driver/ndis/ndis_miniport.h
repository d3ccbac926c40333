/* SPDX-License-Identifier: MIT */
#ifndef NDIS_MINIPORT_H
#define NDIS_MINIPORT_H
/* A miniport driver, its adapters, their hardware and configuration (NDIS 6). */
#include "ndis_base.h"
#include "ndis_oid.h"
#include "ndis_packet.h"

/* --- What the miniport supplies --------------------------------------------------------------- */

/* The resources of an adapter: its register window and interrupt. */
#define CmResourceTypeNull	     0
#define CmResourceTypePort	     1
#define CmResourceTypeInterrupt	     2
#define CmResourceTypeMemory	     3
#define CmResourceTypeDma	     4
#define CmResourceTypeDeviceSpecific 5
#define CmResourceTypeBusNumber	     6
typedef enum _CM_SHARE_DISPOSITION {
	CmResourceShareUndetermined = 0,
	CmResourceShareDeviceExclusive = 1,
	CmResourceShareDriverExclusive = 2,
	CmResourceShareShared = 3,
} CM_SHARE_DISPOSITION;
/* Flags of a descriptor, by its type. */
#define CM_RESOURCE_INTERRUPT_LEVEL_SENSITIVE 0
#define CM_RESOURCE_INTERRUPT_LATCHED	      1
#define CM_RESOURCE_INTERRUPT_MESSAGE	      2
#define CM_RESOURCE_MEMORY_READ_WRITE	      0x0000
#define CM_RESOURCE_MEMORY_READ_ONLY	      0x0001
#define CM_RESOURCE_MEMORY_WRITE_ONLY	      0x0002
#define CM_RESOURCE_MEMORY_PREFETCHABLE	      0x0004
#define CM_RESOURCE_PORT_MEMORY		      0x0000
#define CM_RESOURCE_PORT_IO		      0x0001
typedef struct _CM_PARTIAL_RESOURCE_DESCRIPTOR {
	UCHAR Type;
	UCHAR ShareDisposition;
	USHORT Flags;
	union {
		struct {
			PHYSICAL_ADDRESS Start;
			ULONG Length;
		} Memory, Port, Generic;
		struct {
			ULONG Level;
			ULONG Vector;
			ULONG_PTR Affinity;
		} Interrupt;
		struct {
			ULONG Channel;
			ULONG Port;
			ULONG Reserved1;
		} Dma;
	} u;
} CM_PARTIAL_RESOURCE_DESCRIPTOR, *PCM_PARTIAL_RESOURCE_DESCRIPTOR;
typedef struct _CM_PARTIAL_RESOURCE_LIST {
	USHORT Version;
	USHORT Revision;
	ULONG Count;
	CM_PARTIAL_RESOURCE_DESCRIPTOR PartialDescriptors[2];
} CM_PARTIAL_RESOURCE_LIST, *PCM_PARTIAL_RESOURCE_LIST, NDIS_RESOURCE_LIST, *PNDIS_RESOURCE_LIST;
/* The same with its bus: Count is 1. */
typedef struct _CM_FULL_RESOURCE_DESCRIPTOR {
	ULONG InterfaceType; /* NDIS_INTERFACE_TYPE */
	ULONG BusNumber;
	CM_PARTIAL_RESOURCE_LIST PartialResourceList;
} CM_FULL_RESOURCE_DESCRIPTOR, *PCM_FULL_RESOURCE_DESCRIPTOR;
typedef struct _CM_RESOURCE_LIST {
	ULONG Count;
	CM_FULL_RESOURCE_DESCRIPTOR List[1];
} CM_RESOURCE_LIST, *PCM_RESOURCE_LIST;

typedef struct _NDIS_MINIPORT_INIT_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	PNDIS_RESOURCE_LIST AllocatedResources;
	NDIS_HANDLE IMDeviceInstanceContext;
	NDIS_HANDLE MiniportAddDeviceContext;
} NDIS_MINIPORT_INIT_PARAMETERS, *PNDIS_MINIPORT_INIT_PARAMETERS;

typedef enum _NDIS_HALT_ACTION {
	NdisHaltDeviceDisabled = 0,
	NdisHaltDeviceInstanceDeInitialized = 1,
	NdisHaltDevicePoweredDown = 2,
	NdisHaltDeviceSurpriseRemoved = 3,
	NdisHaltDeviceFailed = 4,
	NdisHaltDeviceInitializationFailed = 5,
	NdisHaltDeviceStopped = 6,
} NDIS_HALT_ACTION,
	*PNDIS_HALT_ACTION;

typedef enum _NDIS_SHUTDOWN_ACTION {
	NdisShutdownPowerOff = 0,
	NdisShutdownBugCheck = 1,
} NDIS_SHUTDOWN_ACTION,
	*PNDIS_SHUTDOWN_ACTION;

typedef struct _NDIS_MINIPORT_PAUSE_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	ULONG PauseReason;
} NDIS_MINIPORT_PAUSE_PARAMETERS, *PNDIS_MINIPORT_PAUSE_PARAMETERS;
/* One of a chain; what Data holds, Oid says. */
typedef struct _NDIS_RESTART_ATTRIBUTES {
	struct _NDIS_RESTART_ATTRIBUTES *Next;
	NDIS_OID Oid; /* OID_GEN_MINIPORT_RESTART_ATTRIBUTES */
	ULONG DataLength;
	DECLSPEC_ALIGN(16) UCHAR Data[1];
} NDIS_RESTART_ATTRIBUTES, *PNDIS_RESTART_ATTRIBUTES;
typedef struct _NDIS_RESTART_GENERAL_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	ULONG MtuSize;
	ULONG64 MaxXmitLinkSpeed;
	ULONG64 MaxRcvLinkSpeed;
	ULONG LookaheadSize;
	ULONG MacOptions;
	ULONG SupportedPacketFilters;
	ULONG MaxMulticastListSize;
	PNDIS_RECEIVE_SCALE_CAPABILITIES RecvScaleCapabilities;
	NET_IF_ACCESS_TYPE AccessType;
	ULONG Flags;
	NET_IF_CONNECTION_TYPE ConnectionType;
	ULONG SupportedStatistics;
	ULONG DataBackFillSize;
	ULONG ContextBackFillSize;
	PNDIS_OID SupportedOidList;
	ULONG SupportedOidListLength;
} NDIS_RESTART_GENERAL_ATTRIBUTES, *PNDIS_RESTART_GENERAL_ATTRIBUTES;
#define NDIS_RESTART_GENERAL_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_RESTART_GENERAL_ATTRIBUTES_REVISION_1                                          \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_RESTART_GENERAL_ATTRIBUTES, SupportedOidListLength)
typedef struct _NDIS_MINIPORT_RESTART_PARAMETERS {
	NDIS_OBJECT_HEADER Header;
	PNDIS_RESTART_ATTRIBUTES RestartAttributes; /* NULL here: nobody has changed any */
	ULONG Flags;
} NDIS_MINIPORT_RESTART_PARAMETERS, *PNDIS_MINIPORT_RESTART_PARAMETERS;

typedef NTSTATUS DRIVER_INITIALIZE(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
typedef VOID MINIPORT_UNLOAD(PDRIVER_OBJECT DriverObject);

/*
 * Brings an adapter up, into the paused state: attributes, registers, DMA, memory, interrupt.
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS, or a failure, and then everything is given back again (R53):
 *          MiniportHaltEx is not called.
 */
typedef NDIS_STATUS MINIPORT_INITIALIZE(NDIS_HANDLE NdisMiniportHandle,
					NDIS_HANDLE MiniportDriverContext,
					PNDIS_MINIPORT_INIT_PARAMETERS MiniportInitParameters);
/*
 * Takes an adapter down.  On return nothing of it is left: no request pending, no memory live, no
 * frame with the protocols, and no callback runs any more (R18, R48-R52).
 * IRQL:    PASSIVE_LEVEL.
 */
typedef VOID MINIPORT_HALT(NDIS_HANDLE MiniportAdapterContext, NDIS_HALT_ACTION HaltAction);
/* Returns: SUCCESS, or PENDING and NdisMPauseComplete() once every frame is back (R54). */
typedef NDIS_STATUS MINIPORT_PAUSE(NDIS_HANDLE MiniportAdapterContext,
				   PNDIS_MINIPORT_PAUSE_PARAMETERS PauseParameters);
/* Returns: SUCCESS, a failure (it stays paused), or PENDING and NdisMRestartComplete(). */
typedef NDIS_STATUS MINIPORT_RESTART(NDIS_HANDLE MiniportAdapterContext,
				     PNDIS_MINIPORT_RESTART_PARAMETERS RestartParameters);
/* Frames come back; the chain may mix lists of several indications.  IRQL: <= DISPATCH_LEVEL. */
typedef VOID MINIPORT_RETURN_NET_BUFFER_LISTS(NDIS_HANDLE MiniportAdapterContext,
					      PNET_BUFFER_LIST NetBufferLists, ULONG ReturnFlags);
typedef VOID MINIPORT_SEND_NET_BUFFER_LISTS(NDIS_HANDLE MiniportAdapterContext,
					    PNET_BUFFER_LIST NetBufferLists,
					    NDIS_PORT_NUMBER PortNumber, ULONG SendFlags);
typedef VOID MINIPORT_CANCEL_SEND(NDIS_HANDLE MiniportAdapterContext, PVOID CancelId);
typedef BOOLEAN MINIPORT_CHECK_FOR_HANG(NDIS_HANDLE MiniportAdapterContext);
typedef NDIS_STATUS MINIPORT_RESET(NDIS_HANDLE MiniportAdapterContext, PBOOLEAN AddressingReset);
/* Stops the device and frees nothing (R55).  IRQL: any. */
typedef VOID MINIPORT_SHUTDOWN(NDIS_HANDLE MiniportAdapterContext,
			       NDIS_SHUTDOWN_ACTION ShutdownAction);
/* Called while NdisMRegisterMiniportDriver() runs, which fails when this does. */
typedef NDIS_STATUS(SET_OPTIONS)(NDIS_HANDLE NdisDriverHandle, NDIS_HANDLE DriverContext);
typedef SET_OPTIONS *SET_OPTIONS_HANDLER;
typedef NDIS_STATUS MINIPORT_SET_OPTIONS(NDIS_HANDLE NdisDriverHandle, NDIS_HANDLE DriverContext);
typedef NDIS_STATUS MINIPORT_OID_REQUEST(NDIS_HANDLE MiniportAdapterContext,
					 PNDIS_OID_REQUEST OidRequest);
typedef VOID MINIPORT_CANCEL_OID_REQUEST(NDIS_HANDLE MiniportAdapterContext, PVOID RequestId);
typedef enum _NDIS_DEVICE_PNP_EVENT {
	NdisDevicePnPEventQueryRemoved = 0,
	NdisDevicePnPEventRemoved = 1,
	NdisDevicePnPEventSurpriseRemoved = 2,
	NdisDevicePnPEventQueryStopped = 3,
	NdisDevicePnPEventStopped = 4,
	NdisDevicePnPEventPowerProfileChanged = 5,
	NdisDevicePnPEventFilterListChanged = 6,
	NdisDevicePnPEventMaximum = 7,
} NDIS_DEVICE_PNP_EVENT,
	*PNDIS_DEVICE_PNP_EVENT;
typedef struct _NET_DEVICE_PNP_EVENT {
	NDIS_OBJECT_HEADER Header;
	NDIS_PORT_NUMBER PortNumber;
	NDIS_DEVICE_PNP_EVENT DevicePnPEvent;
	PVOID InformationBuffer;
	ULONG InformationBufferLength;
	UCHAR NdisReserved[2 * sizeof(PVOID)];
} NET_DEVICE_PNP_EVENT, *PNET_DEVICE_PNP_EVENT;
typedef VOID MINIPORT_DEVICE_PNP_EVENT_NOTIFY(NDIS_HANDLE MiniportAdapterContext,
					      PNET_DEVICE_PNP_EVENT NetDevicePnPEvent);

typedef struct _NDIS_MINIPORT_DRIVER_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	UCHAR MajorNdisVersion;
	UCHAR MinorNdisVersion;
	UCHAR MajorDriverVersion;
	UCHAR MinorDriverVersion;
	ULONG Flags;
	MINIPORT_SET_OPTIONS *SetOptionsHandler;
	MINIPORT_INITIALIZE *InitializeHandlerEx;
	MINIPORT_HALT *HaltHandlerEx;
	MINIPORT_UNLOAD *UnloadHandler;
	MINIPORT_PAUSE *PauseHandler;
	MINIPORT_RESTART *RestartHandler;
	MINIPORT_OID_REQUEST *OidRequestHandler;
	MINIPORT_SEND_NET_BUFFER_LISTS *SendNetBufferListsHandler;
	MINIPORT_RETURN_NET_BUFFER_LISTS *ReturnNetBufferListsHandler;
	MINIPORT_CANCEL_SEND *CancelSendHandler;
	MINIPORT_CHECK_FOR_HANG *CheckForHangHandlerEx;
	MINIPORT_RESET *ResetHandlerEx;
	MINIPORT_DEVICE_PNP_EVENT_NOTIFY *DevicePnPEventNotifyHandler;
	MINIPORT_SHUTDOWN *ShutdownHandlerEx;
	MINIPORT_CANCEL_OID_REQUEST *CancelOidRequestHandler;
} NDIS_MINIPORT_DRIVER_CHARACTERISTICS, *PNDIS_MINIPORT_DRIVER_CHARACTERISTICS;
#define NDIS_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1                                     \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_MINIPORT_DRIVER_CHARACTERISTICS, CancelOidRequestHandler)

/*
 * Registers the driver's functions; called once, from DriverEntry.
 * Owns:    the caller gets a driver handle, until NdisMDeregisterMiniportDriver() in its unload.
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS; _BAD_VERSION not NDIS 6; _BAD_CHARACTERISTICS header wrong or a
 *          function missing that every receiving miniport has; _RESOURCES.
 */
NDIS_STATUS
NdisMRegisterMiniportDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
			    NDIS_HANDLE MiniportDriverContext,
			    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS MiniportDriverCharacteristics,
			    PNDIS_HANDLE NdisMiniportDriverHandle);
VOID NdisMDeregisterMiniportDriver(NDIS_HANDLE NdisMiniportDriverHandle);

/* --- Attributes ------------------------------------------------------------------------------- */

typedef enum _NDIS_INTERFACE_TYPE {
	NdisInterfaceInternal = 0,
	NdisInterfaceIsa = 1,
	NdisInterfaceEisa = 2,
	NdisInterfaceMca = 3,
	NdisInterfaceTurboChannel = 4,
	NdisInterfacePci = 5,
	NdisInterfacePcMcia = 8,
} NDIS_INTERFACE_TYPE,
	*PNDIS_INTERFACE_TYPE;

#define NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE    0x00000001
#define NDIS_MINIPORT_ATTRIBUTES_NDIS_WDM	    0x00000002
#define NDIS_MINIPORT_ATTRIBUTES_SURPRISE_REMOVE_OK 0x00000004
#define NDIS_MINIPORT_ATTRIBUTES_NOT_CO_NDIS	    0x00000008
#define NDIS_MINIPORT_ATTRIBUTES_NO_HALT_ON_SUSPEND 0x00000010
#define NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER	    0x00000020

typedef struct _NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	NDIS_HANDLE MiniportAdapterContext;
	ULONG AttributeFlags;
	UINT CheckForHangTimeInSeconds;
	NDIS_INTERFACE_TYPE InterfaceType;
} NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, *PNDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES;
#define NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1                            \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, InterfaceType)

typedef union _NDIS_MINIPORT_ADAPTER_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	NDIS_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES RegistrationAttributes;
	NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES GeneralAttributes;
} NDIS_MINIPORT_ADAPTER_ATTRIBUTES, *PNDIS_MINIPORT_ADAPTER_ATTRIBUTES;

/*
 * Tells NDIS about the adapter: registration attributes first, since they carry the context that
 * every later callback is given; then general attributes.
 * Place:   MiniportInitializeEx.  IRQL: PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS; _BAD_VERSION; _INVALID_PARAMETER an unknown kind of attributes.
 */
NDIS_STATUS NdisMSetMiniportAttributes(NDIS_HANDLE NdisMiniportAdapterHandle,
				       PNDIS_MINIPORT_ADAPTER_ATTRIBUTES MiniportAttributes);

/* Ends a pause that returned PENDING; every frame must be back.  IRQL: <= DISPATCH_LEVEL. */
VOID NdisMPauseComplete(NDIS_HANDLE MiniportAdapterHandle);

/*
 * Ends a restart that returned PENDING: with Status SUCCESS the adapter runs.
 * IRQL: <= DISPATCH_LEVEL.
 */
VOID NdisMRestartComplete(NDIS_HANDLE MiniportAdapterHandle, NDIS_STATUS Status);

/*
 * What the system knows of the adapter's device; each pointer may be NULL.
 *	*PhysicalDeviceObject, *FunctionalDeviceObject, *NextDeviceObject  NULL: there are no device
 *	                       objects here
 *	*AllocatedResources    the register window and the interrupt, raw and translated the same
 * Owns:    the lists are the host's, until MiniportHaltEx returns.
 * IRQL:    PASSIVE_LEVEL.
 */
VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject,
			    PDEVICE_OBJECT *FunctionalDeviceObject,
			    PDEVICE_OBJECT *NextDeviceObject, PCM_RESOURCE_LIST *AllocatedResources,
			    PCM_RESOURCE_LIST *AllocatedResourcesTranslated);

/* --- Registers -------------------------------------------------------------------------------- */

/*
 * Makes registers at a bus address usable.  The addresses are not memory here: they go through the
 * functions below only, as portable drivers do anyway.
 * Owns:    the caller, until NdisMUnmapIoSpace().
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS, _RESOURCES, _INVALID_PARAMETER not a window of this adapter.
 */
NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle,
			    NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length);
VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length);

/* One 32-bit register.  A write happens after all memory accesses before it.  IRQL: any. */
ULONG READ_REGISTER_ULONG(volatile ULONG *Register);
VOID WRITE_REGISTER_ULONG(volatile ULONG *Register, ULONG Data);
#define NdisReadRegisterUlong(reg, data)  (*(data) = READ_REGISTER_ULONG((volatile ULONG *)(reg)))
#define NdisWriteRegisterUlong(reg, data) WRITE_REGISTER_ULONG((volatile ULONG *)(reg), (data))

/* --- Interrupts ------------------------------------------------------------------------------- */

/*
 * The interrupt handler.
 *	QueueDefaultInterruptDpc  TRUE: run the DPC
 * IRQL:    the device's, above DISPATCH_LEVEL.
 * Returns: whether the interrupt was the adapter's.
 */
typedef BOOLEAN MINIPORT_ISR(NDIS_HANDLE MiniportInterruptContext,
			     PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors);
/*
 * The deferred part of it.  The last two parameters are as NDIS 6.20 has them unless the source
 * says that it is for 6.0 or 6.1; both are NULL here.  IRQL: DISPATCH_LEVEL.
 */
#if defined(NDIS60_MINIPORT) || defined(NDIS61_MINIPORT)
typedef VOID MINIPORT_INTERRUPT_DPC(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
				    PULONG NdisReserved1, PULONG NdisReserved2);
typedef VOID MINIPORT_MSI_INTERRUPT_DPC(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
					PVOID MiniportDpcContext, PULONG NdisReserved1,
					PULONG NdisReserved2);
#else
typedef VOID MINIPORT_INTERRUPT_DPC(NDIS_HANDLE MiniportInterruptContext, PVOID MiniportDpcContext,
				    PVOID ReceiveThrottleParameters, PVOID NdisReserved2);
typedef VOID MINIPORT_MSI_INTERRUPT_DPC(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
					PVOID MiniportDpcContext, PVOID ReceiveThrottleParameters,
					PVOID NdisReserved2);
#endif
typedef VOID MINIPORT_DISABLE_INTERRUPT(NDIS_HANDLE MiniportInterruptContext);
typedef VOID MINIPORT_ENABLE_INTERRUPT(NDIS_HANDLE MiniportInterruptContext);
/* Functions for interrupts by message.  The device has a line: they are taken and not called. */
typedef BOOLEAN MINIPORT_MSI_ISR(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId,
				 PBOOLEAN QueueDefaultInterruptDpc, PULONG TargetProcessors);
typedef VOID MINIPORT_DISABLE_MSI_INTERRUPT(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId);
typedef VOID MINIPORT_ENABLE_MSI_INTERRUPT(NDIS_HANDLE MiniportInterruptContext, ULONG MessageId);
/* At the interrupt's level, and not while the handler runs.  Returns: for the caller to say. */
typedef BOOLEAN MINIPORT_SYNCHRONIZE_INTERRUPT(NDIS_HANDLE SynchronizeContext);
typedef MINIPORT_SYNCHRONIZE_INTERRUPT *MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER;

typedef enum _NDIS_INTERRUPT_TYPE {
	NDIS_CONNECT_LINE_BASED = 1,
	NDIS_CONNECT_MESSAGE_BASED = 2,
} NDIS_INTERRUPT_TYPE,
	*PNDIS_INTERRUPT_TYPE;

typedef struct _NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS {
	NDIS_OBJECT_HEADER Header;
	MINIPORT_ISR *InterruptHandler;
	MINIPORT_INTERRUPT_DPC *InterruptDpcHandler;
	MINIPORT_DISABLE_INTERRUPT *DisableInterruptHandler;
	MINIPORT_ENABLE_INTERRUPT *EnableInterruptHandler;
	BOOLEAN MsiSupported;
	BOOLEAN MsiSyncWithAllMessages;
	MINIPORT_MSI_ISR *MessageInterruptHandler;
	MINIPORT_MSI_INTERRUPT_DPC *MessageInterruptDpcHandler;
	MINIPORT_DISABLE_MSI_INTERRUPT *DisableMessageInterruptHandler;
	MINIPORT_ENABLE_MSI_INTERRUPT *EnableMessageInterruptHandler;
	NDIS_INTERRUPT_TYPE InterruptType; /* written by NDIS: NDIS_CONNECT_LINE_BASED */
	PVOID MessageInfoTable;		   /* written by NDIS: NULL */
} NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS, *PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS;
#define NDIS_MINIPORT_INTERRUPT_REVISION_1 1
#define NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1                                  \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS, MessageInfoTable)

/*
 * Connects the adapter's interrupt; the handler may run before this call returns.
 * Owns:    the caller gets an interrupt handle, until NdisMDeregisterInterruptEx().
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS, _RESOURCES, _INVALID_PARAMETER.
 */
NDIS_STATUS NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle,
				     NDIS_HANDLE MiniportInterruptContext,
				     PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Characteristics,
				     PNDIS_HANDLE NdisInterruptHandle);
/* Returns when neither the handler nor the DPC runs any more (R48).  IRQL: PASSIVE_LEVEL. */
VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle);
/* Queues the DPC once more.  Returns: the processors it was queued on.  IRQL: <= device. */
ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors,
		    PVOID MiniportDpcContext);

/*
 * Runs a function at the interrupt's level, and not while the interrupt handler runs.
 *	MessageId  ignored: the interrupt is a line
 * IRQL:    <= the interrupt's; not inside the handler.
 * Returns: what the function returned; FALSE: it was not called (R48).
 */
BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
					MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
					PVOID SynchronizeContext);

/* --- Configuration ---------------------------------------------------------------------------- */

typedef struct _NDIS_CONFIGURATION_OBJECT {
	NDIS_OBJECT_HEADER Header;
	NDIS_HANDLE NdisHandle;
	ULONG Flags;
} NDIS_CONFIGURATION_OBJECT, *PNDIS_CONFIGURATION_OBJECT;
#define NDIS_CONFIGURATION_OBJECT_REVISION_1 1
#define NDIS_SIZEOF_CONFIGURATION_OBJECT_REVISION_1                                                \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_CONFIGURATION_OBJECT, Flags)

typedef enum _NDIS_PARAMETER_TYPE {
	NdisParameterInteger,
	NdisParameterHexInteger,
	NdisParameterString,
} NDIS_PARAMETER_TYPE;

typedef struct _NDIS_CONFIGURATION_PARAMETER {
	NDIS_PARAMETER_TYPE ParameterType;
	union {
		ULONG IntegerData;
		NDIS_STRING StringData;
	} ParameterData;
} NDIS_CONFIGURATION_PARAMETER, *PNDIS_CONFIGURATION_PARAMETER;

/*
 * Opens the adapter's configuration, as an administrator set it.
 * Owns:    the caller, until NdisCloseConfiguration(); what was read goes with it.
 * IRQL:    PASSIVE_LEVEL.
 */
NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject,
				    PNDIS_HANDLE ConfigurationHandle);
/* *Status NDIS_STATUS_FAILURE: there is no such keyword. */
VOID NdisReadConfiguration(PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
			   NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
			   NDIS_PARAMETER_TYPE ParameterType);
/*
 * Keeps a value under Keyword; it is found again as long as the adapter lives.
 * *Status: NDIS_STATUS_SUCCESS; _RESOURCES no room; _NOT_SUPPORTED a kind of value not known.
 * IRQL:    PASSIVE_LEVEL.
 */
VOID NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
			    PNDIS_STRING Keyword, PNDIS_CONFIGURATION_PARAMETER ParameterValue);
/*
 * The station address that an administrator set, if any.
 * Owns:    *NetworkAddress belongs to the configuration, until it is closed.
 * *Status: NDIS_STATUS_SUCCESS; _FAILURE none is set, as in this host: use the adapter's own.
 * IRQL:    PASSIVE_LEVEL.
 */
VOID NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress, PUINT NetworkAddressLength,
			    NDIS_HANDLE ConfigurationHandle);
VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle);
/*
 * The configuration of an adapter has no subkeys here.
 * *Status: NDIS_STATUS_FAILURE; *SubKeyHandle, *KeyHandle are NULL.  IRQL: PASSIVE_LEVEL.
 */
VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
				    PNDIS_STRING SubKeyName, PNDIS_HANDLE SubKeyHandle);
VOID NdisOpenConfigurationKeyByIndex(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
				     ULONG Index, PNDIS_STRING KeyName, PNDIS_HANDLE KeyHandle);

#endif
