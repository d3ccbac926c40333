/* SPDX-License-Identifier: MIT */
/* The reference page's own way to declare and define a completion function; compiled only. */
#include <ndis.h>

MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE MySharedMemoryAllocateComplete;

_Use_decl_annotations_ VOID MySharedMemoryAllocateComplete(NDIS_HANDLE MiniportAdapterContext,
							   PVOID VirtualAddress,
							   PNDIS_PHYSICAL_ADDRESS PhysicalAddress,
							   ULONG Length, PVOID Context)
{
	UNREFERENCED_PARAMETER(MiniportAdapterContext);
	UNREFERENCED_PARAMETER(VirtualAddress);
	UNREFERENCED_PARAMETER(PhysicalAddress);
	UNREFERENCED_PARAMETER(Length);
	UNREFERENCED_PARAMETER(Context);
}
