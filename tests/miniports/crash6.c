/* SPDX-License-Identifier: MIT */
/* async6.c, but for the first free: it is a stray access, in the timer function. */
#include <ndis.h>

static VOID Crash(NDIS_HANDLE Handle)
{
	volatile ULONG *Nowhere = (volatile ULONG *)(ULONG_PTR)(Handle == NULL ? 4 : 0);

	/* cppcheck-suppress nullPointer; that is what it is for */
	*Nowhere = 1;
}
#define NdisMFreeSharedMemory(handle, length, cached, va, pa) Crash(handle)
#include "async6.c"
