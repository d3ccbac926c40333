/* SPDX-License-Identifier: MIT */
/*
 * async6.c with one mistake, chosen at compile time:
 *	NO_REGISTRATION   DriverEntry returns success and registers nothing
 *	NO_ATTRIBUTES     DMA is registered before the adapter's attributes are set
 *	WRONG_TYPE        the characteristics have another type
 *	EXITS             the first free is a call of exit()
 *	TOUCHES_WINDOW    the register window is read as memory in the initialize function
 */
#include <ndis.h>

#if defined(NO_REGISTRATION)
static NDIS_STATUS Forget(PNDIS_HANDLE Handle)
{
	*Handle = NULL;
	return NDIS_STATUS_SUCCESS;
}
#define NdisMRegisterMiniportDriver(object, path, context, characteristics, handle)                \
	((void)(object), (void)(path), (void)(characteristics), Forget(handle))
#elif defined(NO_ATTRIBUTES)
#define NdisMSetMiniportAttributes(handle, attributes)                                             \
	((void)(handle), (void)(attributes), NDIS_STATUS_SUCCESS)
#elif defined(WRONG_TYPE)
#define NdisMRegisterMiniportDriver(object, path, context, characteristics, handle)                \
	((characteristics)->Header.Type = NDIS_OBJECT_TYPE_DEFAULT,                                \
	 (NdisMRegisterMiniportDriver)(object, path, context, characteristics, handle))
#elif defined(EXITS)
extern void exit(int) __attribute__((noreturn));
#define NdisMFreeSharedMemory(handle, length, cached, va, pa) ((void)(handle), (void)(pa), exit(7))
#elif defined(TOUCHES_WINDOW)
static NDIS_STATUS ReadWindow(NDIS_HANDLE Handle, NDIS_HANDLE Context,
			      PNDIS_MINIPORT_INIT_PARAMETERS Parameters)
{
	const CM_PARTIAL_RESOURCE_DESCRIPTOR *Memory =
		&Parameters->AllocatedResources->PartialDescriptors[0];
	PVOID Window = NULL;

	(void)Context;
	(void)NdisMMapIoSpace(&Window, Handle, Memory->u.Memory.Start, Memory->u.Memory.Length);
	return *(volatile ULONG *)((PUCHAR)Window + 4) == 0 ? NDIS_STATUS_FAILURE
							    : NDIS_STATUS_RESOURCES;
}
#define NdisMRegisterMiniportDriver(object, path, context, characteristics, handle)                \
	((characteristics)->InitializeHandlerEx = ReadWindow,                                      \
	 (NdisMRegisterMiniportDriver)(object, path, context, characteristics, handle))
#endif
#include "async6.c"
