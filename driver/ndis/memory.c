/* SPDX-License-Identifier: MIT */
/* The driver's own memory. */
#include <stdlib.h>

#include "driver/ndis/holdings.h"
#include "driver/ndis/internal.h"

PVOID NdisAllocateMemoryWithTagPriority(NDIS_HANDLE NdisHandle, UINT Length, ULONG Tag,
					EX_POOL_PRIORITY Priority)
{
	const struct ndis_adapter *owner = NULL;
	void *va;

	if (Length == 0)
		return NULL;
	if (ndis_object_kind(NdisHandle) == NDIS_KIND_ADAPTER)
		owner = NdisHandle;
	va = malloc(Length);
	if (va == NULL || holdings_add(va, HOLDING_MEMORY, owner, Length, Tag))
		return va;
	free(va);
	return NULL;
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
	holdings_remove(VirtualAddress);
	free(VirtualAddress);
}
