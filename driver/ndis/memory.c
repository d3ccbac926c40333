/* SPDX-License-Identifier: MIT */
/* The driver's own memory. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
					EX_POOL_PRIORITY Priority)
{
	if (Length == 0)
		return NULL;
	return malloc(Length);
}

NDIS_STATUS NdisAllocateMemoryWithTag(PVOID *VirtualAddress, UINT Length, ULONG Tag)
{
	*VirtualAddress = NdisAllocateMemoryWithTagPriority(NULL, Length, Tag, NormalPoolPriority);
	return *VirtualAddress != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

NDIS_STATUS NdisAllocateMemory(PVOID *VirtualAddress, UINT Length, UINT MemoryFlags,
			       NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress)
{
	return NdisAllocateMemoryWithTag(VirtualAddress, Length, 0);
}

VOID NdisFreeMemory(PVOID VirtualAddress, UINT Length, UINT MemoryFlags)
{
	free(VirtualAddress);
}
