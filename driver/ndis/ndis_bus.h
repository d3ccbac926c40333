/* SPDX-License-Identifier: MIT */
#ifndef NDIS_BUS_H
#define NDIS_BUS_H
/* The adapter on its bus: register access of every width, ports, and PCI configuration space. */
#include "ndis_base.h"
#include "ndis_miniport.h"

/* --- Registers of other widths
 * --------------------------------------------------------------------
 *
 * The bus moves 32 bits: a narrower read gives its part of the register it lies in, a narrower
 * write puts zeroes into the other bytes.  The device's registers are 32 bits wide
 * (docs/nic.md 1.2). IRQL: any.
 */
UCHAR READ_REGISTER_UCHAR(volatile UCHAR *Register);
USHORT READ_REGISTER_USHORT(volatile USHORT *Register);
VOID WRITE_REGISTER_UCHAR(volatile UCHAR *Register, UCHAR Data);
VOID WRITE_REGISTER_USHORT(volatile USHORT *Register, USHORT Data);
#define NdisReadRegisterUchar(reg, data)   (*(data) = READ_REGISTER_UCHAR((volatile UCHAR *)(reg)))
#define NdisReadRegisterUshort(reg, data)  (*(data) = READ_REGISTER_USHORT((volatile USHORT *)(reg)))
#define NdisWriteRegisterUchar(reg, data)  WRITE_REGISTER_UCHAR((volatile UCHAR *)(reg), (data))
#define NdisWriteRegisterUshort(reg, data) WRITE_REGISTER_USHORT((volatile USHORT *)(reg), (data))

/*
 * Many bytes at once, to and from registers; an address outside of every mapped window is memory,
 * and moved as such.  Whole registers are moved where both the address and the length allow.
 * IRQL: any.
 */
VOID NdisZeroMappedMemory(PVOID VirtualAddress, ULONG Length);
VOID NdisMoveToMappedMemory(PVOID Destination, const VOID *Source, ULONG Length);
VOID NdisMoveFromMappedMemory(PVOID Destination, const VOID *Source, ULONG Length);
/* Either may be mapped. */
VOID NdisMoveMappedMemory(PVOID Destination, const VOID *Source, ULONG Length);

/* --- Ports ---------------------------------------------------------------------------------------
 * *
 *
 * The adapters of this machine have no ports: registering a range fails, reading one gives ones,
 * and writing one does nothing.
 */
/* IRQL: PASSIVE_LEVEL.  Returns: NDIS_STATUS_RESOURCE_CONFLICT; *PortOffset is NULL. */
NDIS_STATUS NdisMRegisterIoPortRange(PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle,
				     UINT InitialPort, UINT NumberOfPorts);
VOID NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort,
				UINT NumberOfPorts, PVOID PortOffset);
#define NdisRawReadPortUchar(port, data)   ((void)(port), (void)(*(data) = 0xffu))
#define NdisRawReadPortUshort(port, data)  ((void)(port), (void)(*(data) = 0xffffu))
#define NdisRawReadPortUlong(port, data)   ((void)(port), (void)(*(data) = 0xffffffffu))
#define NdisRawWritePortUchar(port, data)  ((void)(port), (void)(data))
#define NdisRawWritePortUshort(port, data) ((void)(port), (void)(data))
#define NdisRawWritePortUlong(port, data)  ((void)(port), (void)(data))

/* --- PCI configuration space -------------------------------------------------------------------
 */

/* Its first 64 bytes; docs/nic.md section 6 has the values. */
typedef struct _PCI_COMMON_CONFIG {
	USHORT VendorID;
	USHORT DeviceID;
	USHORT Command;
	USHORT Status;
	UCHAR RevisionID;
	UCHAR ProgIf;
	UCHAR SubClass;
	UCHAR BaseClass;
	UCHAR CacheLineSize;
	UCHAR LatencyTimer;
	UCHAR HeaderType;
	UCHAR BIST;
	union {
		struct {
			ULONG BaseAddresses[6];
			ULONG CIS;
			USHORT SubVendorID;
			USHORT SubSystemID;
			ULONG ROMBaseAddress;
			UCHAR CapabilitiesPtr;
			UCHAR Reserved1[3];
			ULONG Reserved2;
			UCHAR InterruptLine;
			UCHAR InterruptPin;
			UCHAR MinimumGrant;
			UCHAR MaximumLatency;
		} type0;
	} u;
} PCI_COMMON_CONFIG, *PPCI_COMMON_CONFIG;
static_assert(sizeof(PCI_COMMON_CONFIG) == 64, "the header of configuration space");
#define PCI_COMMON_HDR_LENGTH	64
#define PCI_VENDOR_ID_OFFSET	0x00
#define PCI_DEVICE_ID_OFFSET	0x02
#define PCI_COMMAND_OFFSET	0x04
#define PCI_STATUS_OFFSET	0x06
#define PCI_REVISION_ID_OFFSET	0x08
#define PCI_WHICHSPACE_CONFIG	0
#define PCI_ENABLE_IO_SPACE	0x0001
#define PCI_ENABLE_MEMORY_SPACE 0x0002
#define PCI_ENABLE_BUS_MASTER	0x0004

/*
 * Reads Length bytes at Offset of the adapter's configuration space.
 *	WhichSpace  PCI_WHICHSPACE_CONFIG
 * IRQL:    <= DISPATCH_LEVEL.
 * Returns: how many bytes were read: less where the space ends, 0 for another space.
 */
ULONG NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
		      ULONG Length);
/* Writes; only the Command register keeps what is written.  Returns: bytes within the space. */
ULONG NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
		      ULONG Length);
/* The same under their older names; SlotNumber is ignored: the handle says the adapter. */
ULONG NdisReadPciSlotInformation(NDIS_HANDLE NdisAdapterHandle, ULONG SlotNumber, ULONG Offset,
				 PVOID Buffer, ULONG Length);
ULONG NdisWritePciSlotInformation(NDIS_HANDLE NdisAdapterHandle, ULONG SlotNumber, ULONG Offset,
				  PVOID Buffer, ULONG Length);

#endif
