/* SPDX-License-Identifier: MIT */
/* Register windows, and what is read and written through them. */
#include <sys/mman.h>

#include "driver/ndis/internal.h"

#define WINDOWS_MAX 64

/*
 * Mapped register windows.  The addresses that drivers hold are inaccessible memory: a stray
 * dereference stops at once, as it is no way to reach a register.
 */
struct window {
	uint8_t *base; /* atomic; NULL: free */
	uint32_t len_bytes;
	struct ndis_adapter *adapter;
};

static pthread_mutex_t windows_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct window windows[WINDOWS_MAX];

static bool is_our_window(const struct ndis_adapter *adapter, PHYSICAL_ADDRESS pa, UINT length)
{
	const CM_PARTIAL_RESOURCE_DESCRIPTOR *d = &adapter->resources.PartialDescriptors[0];

	return pa.QuadPart == d->u.Memory.Start.QuadPart && length > 0 &&
	       length <= d->u.Memory.Length;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the atomic store keeps it as it is */
static bool enter_window(struct ndis_adapter *adapter, uint8_t *base, uint32_t len_bytes)
{
	struct window *free_one = NULL;

	pthread_mutex_lock(&windows_mutex);
	for (int i = 0; i < WINDOWS_MAX && free_one == NULL; i++) {
		if (windows[i].base == NULL)
			free_one = &windows[i];
	}
	if (free_one != NULL) {
		free_one->len_bytes = len_bytes;
		free_one->adapter = adapter;
		/* Release: a reader that sees the base sees whose it is. */
		__atomic_store_n(&free_one->base, base, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&windows_mutex);
	return free_one != NULL;
}

NDIS_STATUS NdisMMapIoSpace(PVOID *VirtualAddress, NDIS_HANDLE MiniportAdapterHandle,
			    NDIS_PHYSICAL_ADDRESS PhysicalAddress, UINT Length)
{
	struct ndis_adapter *adapter =
		ndis_adapter_from(MiniportAdapterHandle, 56, "NdisMMapIoSpace");
	void *base;

	if (adapter == NULL || !is_our_window(adapter, PhysicalAddress, Length))
		return NDIS_STATUS_INVALID_PARAMETER;
	base = mmap(NULL, Length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return NDIS_STATUS_RESOURCES;
	if (!enter_window(adapter, base, Length)) {
		munmap(base, Length);
		return NDIS_STATUS_RESOURCES;
	}
	*VirtualAddress = base;
	return NDIS_STATUS_SUCCESS;
}

bool ndis_is_register_window(const void *address)
{
	for (int i = 0; i < WINDOWS_MAX; i++) {
		uintptr_t base = (uintptr_t)__atomic_load_n(&windows[i].base, __ATOMIC_ACQUIRE);

		if (base != 0 && (uintptr_t)address - base < windows[i].len_bytes)
			return true;
	}
	return false;
}

static void leave_window(struct window *window)
{
	uint8_t *base = window->base;

	__atomic_store_n(&window->base, NULL, __ATOMIC_RELEASE);
	munmap(base, window->len_bytes);
}

VOID NdisMUnmapIoSpace(NDIS_HANDLE MiniportAdapterHandle, PVOID VirtualAddress, UINT Length)
{
	pthread_mutex_lock(&windows_mutex);
	for (int i = 0; i < WINDOWS_MAX; i++) {
		if (windows[i].base != NULL && windows[i].base == VirtualAddress)
			leave_window(&windows[i]);
	}
	pthread_mutex_unlock(&windows_mutex);
}

unsigned int ndis_windows_of(const struct ndis_adapter *adapter)
{
	unsigned int n = 0;

	pthread_mutex_lock(&windows_mutex);
	for (int i = 0; i < WINDOWS_MAX; i++)
		n += windows[i].base != NULL && windows[i].adapter == adapter;
	pthread_mutex_unlock(&windows_mutex);
	return n;
}

void ndis_io_forget(struct ndis_adapter *adapter)
{
	pthread_mutex_lock(&windows_mutex);
	for (int i = 0; i < WINDOWS_MAX; i++) {
		if (windows[i].base != NULL && windows[i].adapter == adapter)
			leave_window(&windows[i]);
	}
	pthread_mutex_unlock(&windows_mutex);
}

/* A driver that was told of the removal has no business with registers. */
static bool is_present(struct ndis_adapter *adapter, uint32_t offset)
{
	enum ndis_presence presence = ndis_presence(adapter);

	if (presence == NDIS_REMOVED)
		ndis_broken(adapter, 56, offset,
			    "the register at offset 0x%x was touched after the surprise removal",
			    offset);
	return presence == NDIS_PRESENT;
}

/* The device and offset behind a register's address; NULL: nobody answers. */
static struct device *find_register(volatile ULONG *reg, uint32_t *offset)
{
	struct ndis_adapter *adapter;

	for (int i = 0; i < WINDOWS_MAX; i++) {
		uint8_t *base = __atomic_load_n(&windows[i].base, __ATOMIC_ACQUIRE);
		uintptr_t at = (uintptr_t)reg - (uintptr_t)base;

		if (base != NULL && at < windows[i].len_bytes) {
			*offset = (uint32_t)at;
			adapter = windows[i].adapter;
			return is_present(adapter, *offset) ? adapter->device : NULL;
		}
	}
	ndis_broken(NULL, 56, (uintptr_t)reg,
		    "a register outside every mapped window was accessed");
	return NULL;
}

bool ndis_is_register(const volatile void *at)
{
	for (int i = 0; i < WINDOWS_MAX; i++) {
		uint8_t *base = __atomic_load_n(&windows[i].base, __ATOMIC_ACQUIRE);

		if (base != NULL && (uintptr_t)at - (uintptr_t)base < windows[i].len_bytes)
			return true;
	}
	return false;
}

ULONG READ_REGISTER_ULONG(volatile ULONG *Register)
{
	uint32_t offset;
	struct device *device = find_register(Register, &offset);

	/* A bus without anybody on it reads as ones. */
	return device != NULL ? device->ops->read(device, offset) : 0xffffffffu;
}

VOID WRITE_REGISTER_ULONG(volatile ULONG *Register, ULONG Data)
{
	uint32_t offset;
	struct device *device = find_register(Register, &offset);

	if (device != NULL)
		device->ops->write(device, offset, Data);
}
