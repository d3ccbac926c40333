/* SPDX-License-Identifier: MIT */
/* The adapter on its bus: registers of other widths, ports, and PCI configuration space. */
#include "driver/ndis/internal.h"

/* --- registers -------------------------------------------------------------------------------- */

/* The register that an address lies in, and how far its byte is from the lowest bit. */
static volatile ULONG *register_of(volatile void *at, unsigned int *shift)
{
	*shift = 8 * ((uintptr_t)at & 3);
	return (volatile ULONG *)((uintptr_t)at & ~(uintptr_t)3);
}

UCHAR READ_REGISTER_UCHAR(volatile UCHAR *Register)
{
	unsigned int shift;
	volatile ULONG *reg = register_of(Register, &shift);

	return (UCHAR)(READ_REGISTER_ULONG(reg) >> shift);
}

USHORT READ_REGISTER_USHORT(volatile USHORT *Register)
{
	unsigned int shift;
	volatile ULONG *reg = register_of(Register, &shift);

	return (USHORT)(READ_REGISTER_ULONG(reg) >> shift);
}

VOID WRITE_REGISTER_UCHAR(volatile UCHAR *Register, UCHAR Data)
{
	unsigned int shift;
	volatile ULONG *reg = register_of(Register, &shift);

	WRITE_REGISTER_ULONG(reg, (ULONG)Data << shift);
}

VOID WRITE_REGISTER_USHORT(volatile USHORT *Register, USHORT Data)
{
	unsigned int shift;
	volatile ULONG *reg = register_of(Register, &shift);

	WRITE_REGISTER_ULONG(reg, (ULONG)Data << shift);
}

/* --- many bytes ------------------------------------------------------------------------------- */

/* One register where [at, at + left) has a whole one, otherwise one byte. */
static ULONG step_at(uintptr_t at, ULONG left)
{
	return at % sizeof(ULONG) == 0 && left >= sizeof(ULONG) ? sizeof(ULONG) : 1;
}

VOID NdisMoveToMappedMemory(PVOID Destination, const VOID *Source, ULONG Length)
{
	volatile UCHAR *to = Destination;
	const UCHAR *from = Source;
	ULONG word, n;

	if (!ndis_is_register(Destination)) {
		memmove(Destination, Source, Length);
		return;
	}
	for (; Length > 0; Length -= n, to += n, from += n) {
		n = step_at((uintptr_t)to, Length);
		memcpy(&word, from, n);
		if (n == sizeof(word))
			WRITE_REGISTER_ULONG((volatile ULONG *)to, word);
		else
			WRITE_REGISTER_UCHAR(to, *from);
	}
}

VOID NdisMoveFromMappedMemory(PVOID Destination, const VOID *Source, ULONG Length)
{
	volatile UCHAR *from = (volatile UCHAR *)(uintptr_t)Source;
	PUCHAR to = Destination;
	ULONG word, n;

	if (!ndis_is_register(Source)) {
		memmove(Destination, Source, Length);
		return;
	}
	for (; Length > 0; Length -= n, to += n, from += n) {
		n = step_at((uintptr_t)from, Length);
		word = n == sizeof(word) ? READ_REGISTER_ULONG((volatile ULONG *)from)
					 : READ_REGISTER_UCHAR(from);
		memcpy(to, &word, n);
	}
}

VOID NdisMoveMappedMemory(PVOID Destination, const VOID *Source, ULONG Length)
{
	UCHAR bytes[64];
	ULONG n;

	for (ULONG at = 0; at < Length; at += n) {
		n = min(Length - at, (ULONG)sizeof(bytes));
		NdisMoveFromMappedMemory(bytes, (const UCHAR *)Source + at, n);
		NdisMoveToMappedMemory((PUCHAR)Destination + at, bytes, n);
	}
}

VOID NdisZeroMappedMemory(PVOID VirtualAddress, ULONG Length)
{
	static const UCHAR zeroes[64];
	ULONG n;

	for (ULONG at = 0; at < Length; at += n) {
		n = min(Length - at, (ULONG)sizeof(zeroes));
		NdisMoveToMappedMemory((PUCHAR)VirtualAddress + at, zeroes, n);
	}
}

/* --- ports ------------------------------------------------------------------------------------ */

NDIS_STATUS NdisMRegisterIoPortRange(PVOID *PortOffset, NDIS_HANDLE MiniportAdapterHandle,
				     UINT InitialPort, UINT NumberOfPorts)
{
	*PortOffset = NULL;
	return NDIS_STATUS_RESOURCE_CONFLICT;
}

VOID NdisMDeregisterIoPortRange(NDIS_HANDLE MiniportAdapterHandle, UINT InitialPort,
				UINT NumberOfPorts, PVOID PortOffset)
{
}

/* --- PCI configuration space ------------------------------------------------------------------ */

/* docs/nic.md, section 6 */
#define PCI_VENDOR	   0x5053
#define PCI_DEVICE	   0x0001
#define PCI_CLASS_NETWORK  0x02
#define PCI_HAS_64_BIT_BAR 0x4

static PCI_COMMON_CONFIG space_of(const struct ndis_adapter *adapter)
{
	const CM_PARTIAL_RESOURCE_DESCRIPTOR *d = adapter->resources.PartialDescriptors;
	PCI_COMMON_CONFIG space = {
		.VendorID = PCI_VENDOR,
		.DeviceID = PCI_DEVICE,
		.Command = PCI_ENABLE_MEMORY_SPACE | adapter->pci_command,
		.RevisionID = 1,
		.BaseClass = PCI_CLASS_NETWORK,
		.CacheLineSize = (UCHAR)(NdisGetSharedDataAlignment() / 4),
	};

	space.u.type0.BaseAddresses[0] = d[0].u.Memory.Start.LowPart | PCI_HAS_64_BIT_BAR;
	space.u.type0.BaseAddresses[1] = (ULONG)d[0].u.Memory.Start.HighPart;
	space.u.type0.SubVendorID = PCI_VENDOR;
	space.u.type0.SubSystemID = PCI_DEVICE;
	space.u.type0.InterruptLine = (UCHAR)d[1].u.Interrupt.Vector;
	space.u.type0.InterruptPin = 1;
	return space;
}

/* How many of length bytes lie within the space. */
static ULONG within(ULONG which, ULONG offset, ULONG length)
{
	if (which != PCI_WHICHSPACE_CONFIG || offset >= sizeof(PCI_COMMON_CONFIG))
		return 0;
	if (length > sizeof(PCI_COMMON_CONFIG) - offset)
		length = (ULONG)sizeof(PCI_COMMON_CONFIG) - offset;
	return length;
}

ULONG NdisMGetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
		      ULONG Length)
{
	struct ndis_adapter *adapter = ndis_adapter_from(NdisMiniportHandle, 56, "NdisMGetBusData");
	ULONG n = within(WhichSpace, Offset, Length);
	PCI_COMMON_CONFIG space;

	if (adapter == NULL)
		return 0;
	space = space_of(adapter);
	memcpy(Buffer, (const UCHAR *)&space + Offset, n);
	return n;
}

ULONG NdisMSetBusData(NDIS_HANDLE NdisMiniportHandle, ULONG WhichSpace, ULONG Offset, PVOID Buffer,
		      ULONG Length)
{
	struct ndis_adapter *adapter = ndis_adapter_from(NdisMiniportHandle, 56, "NdisMSetBusData");
	ULONG n = within(WhichSpace, Offset, Length);
	PCI_COMMON_CONFIG space;

	if (adapter == NULL)
		return 0;
	space = space_of(adapter);
	memcpy((UCHAR *)&space + Offset, Buffer, n);
	adapter->pci_command = space.Command & PCI_ENABLE_BUS_MASTER;
	return n;
}

ULONG NdisReadPciSlotInformation(NDIS_HANDLE NdisAdapterHandle, ULONG SlotNumber, ULONG Offset,
				 PVOID Buffer, ULONG Length)
{
	return NdisMGetBusData(NdisAdapterHandle, PCI_WHICHSPACE_CONFIG, Offset, Buffer, Length);
}

ULONG NdisWritePciSlotInformation(NDIS_HANDLE NdisAdapterHandle, ULONG SlotNumber, ULONG Offset,
				  PVOID Buffer, ULONG Length)
{
	return NdisMSetBusData(NdisAdapterHandle, PCI_WHICHSPACE_CONFIG, Offset, Buffer, Length);
}
