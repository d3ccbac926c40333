/* SPDX-License-Identifier: MIT */
/* What an adapter has of its device: registers, interrupt; and its configuration. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "driver/ndis/internal.h"

/* --- registers -------------------------------------------------------------------------------- */

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

/* --- interrupts ------------------------------------------------------------------------------- */

/* The device pulls its line; called with the device's lock held. */
static void raise_line(void *ctx)
{
	struct ndis_adapter *adapter = ctx;

	if (ndis_adapter_is_gone(adapter))
		return;
	pthread_mutex_lock(&adapter->irq_mutex);
	if (adapter->interrupt != NULL) {
		__atomic_store_n(&adapter->irq_waiting, 1, __ATOMIC_RELEASE);
		exec_submit(adapter->irq_lane, &adapter->irq_job, 0);
	}
	pthread_mutex_unlock(&adapter->irq_mutex);
}

/* The registration stays alive while this lane runs: deregistration flushes the lane. */
static struct ndis_interrupt *begin_service(struct ndis_adapter *adapter)
{
	struct ndis_interrupt *interrupt;

	pthread_mutex_lock(&adapter->irq_mutex);
	interrupt = adapter->interrupt;
	__atomic_store_n(&adapter->irq_serving, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&adapter->irq_waiting, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&adapter->irq_mutex);
	return interrupt;
}

static void run_dpc(struct ndis_interrupt *interrupt, PVOID dpc_context)
{
	const char *outer;
	KIRQL old;

	KeRaiseIrql(DISPATCH_LEVEL, &old);
	outer = ndis_callback_begin("MiniportInterruptDPC");
	interrupt->adapter->driver->face->dpc(interrupt, dpc_context);
	ndis_callback_end(outer);
	KeLowerIrql(old);
}

bool ndis6_isr(struct ndis_interrupt *interrupt)
{
	BOOLEAN queue_dpc = FALSE;
	ULONG processors = 0;

	pthread_mutex_lock(&interrupt->adapter->five.isr);
	interrupt->isr(interrupt->context, &queue_dpc, &processors);
	pthread_mutex_unlock(&interrupt->adapter->five.isr);
	return queue_dpc;
}

BOOLEAN ndis_synchronize(NDIS_HANDLE handle, BOOLEAN (*function)(PVOID context), PVOID context,
			 const char *where)
{
	struct ndis_interrupt *interrupt = handle;
	BOOLEAN answer;
	KIRQL old;

	if (ndis_object_kind(handle) != NDIS_KIND_INTERRUPT) {
		ndis_broken(NULL, 48, (uintptr_t)handle, "%s was given no live interrupt", where);
		return FALSE;
	}
	if (!ndis_check_irql(interrupt->adapter, DEVICE_LEVEL, 14, where))
		return FALSE;
	KeRaiseIrql(DEVICE_LEVEL, &old);
	pthread_mutex_lock(&interrupt->adapter->five.isr);
	answer = function(context);
	pthread_mutex_unlock(&interrupt->adapter->five.isr);
	KeLowerIrql(old);
	return answer;
}

void ndis6_dpc(struct ndis_interrupt *interrupt, PVOID dpc_context)
{
	interrupt->dpc(interrupt->context, dpc_context, NULL, NULL);
}

/* The handler at the device's level, then what it deferred at DISPATCH_LEVEL. */
static void irq_run(struct exec_job *job)
{
	struct ndis_adapter *adapter = CONTAINING_RECORD(job, struct ndis_adapter, irq_job);
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	struct ndis_interrupt *interrupt = begin_service(adapter);
	const char *outer;
	bool queue_dpc;
	KIRQL old;

	if (interrupt != NULL) {
		KeRaiseIrql(DEVICE_LEVEL, &old);
		outer = ndis_callback_begin("MiniportInterrupt");
		queue_dpc = adapter->driver->face->isr(interrupt);
		ndis_callback_end(outer);
		KeLowerIrql(old);
		if (queue_dpc)
			run_dpc(interrupt, NULL);
	}
	__atomic_store_n(&adapter->irq_serving, 0, __ATOMIC_RELEASE);
	ndis_leave_adapter(before);
}

static void dpc_run(struct exec_job *job)
{
	struct ndis_adapter *adapter = CONTAINING_RECORD(job, struct ndis_adapter, dpc_job);
	struct ndis_adapter *before = ndis_enter_adapter(adapter);
	struct ndis_interrupt *interrupt = begin_service(adapter);

	if (interrupt != NULL)
		run_dpc(interrupt, interrupt->dpc_context);
	__atomic_store_n(&adapter->irq_serving, 0, __ATOMIC_RELEASE);
	ndis_leave_adapter(before);
}

void ndis_interrupt_init(struct ndis_adapter *adapter)
{
	pthread_mutex_init(&adapter->irq_mutex, NULL);
	adapter->irq_job.run = irq_run;
	adapter->dpc_job.run = dpc_run;
	/* The line is wired for good; what it reaches is registered later. */
	adapter->device->line = (struct irq_line){raise_line, adapter};
}

void ndis_interrupt_connect(struct ndis_interrupt *interrupt)
{
	struct ndis_adapter *adapter = interrupt->adapter;

	ndis_object_add(&interrupt->object, NDIS_KIND_INTERRUPT);
	pthread_mutex_lock(&adapter->irq_mutex);
	adapter->interrupt = interrupt;
	pthread_mutex_unlock(&adapter->irq_mutex);
}

bool ndis_interrupt_disconnect(NDIS_HANDLE handle, const char *where)
{
	struct ndis_interrupt *interrupt = handle;
	struct ndis_adapter *adapter;

	if (ndis_object_kind(handle) != NDIS_KIND_INTERRUPT) {
		ndis_broken(NULL, 48, (uintptr_t)handle, "%s was given no live interrupt", where);
		return true;
	}
	adapter = interrupt->adapter;
	/* Above it may be the DPC itself that calls, and would wait for its own end. */
	if (!ndis_check_irql(adapter, PASSIVE_LEVEL, 48, where))
		return false;
	ndis_check_shutdown(adapter, where);
	pthread_mutex_lock(&adapter->irq_mutex);
	adapter->interrupt = NULL;
	__atomic_store_n(&adapter->irq_waiting, 0, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&adapter->irq_mutex);
	exec_flush(adapter->irq_lane);
	ndis_object_remove(&interrupt->object);
	free(interrupt);
	return true;
}

NDIS_STATUS NdisMRegisterInterruptEx(NDIS_HANDLE MiniportAdapterHandle,
				     NDIS_HANDLE MiniportInterruptContext,
				     PNDIS_MINIPORT_INTERRUPT_CHARACTERISTICS Characteristics,
				     PNDIS_HANDLE NdisInterruptHandle)
{
	struct ndis_adapter *adapter =
		ndis6_adapter_from(MiniportAdapterHandle, 48, "NdisMRegisterInterruptEx");
	struct ndis_interrupt *interrupt;

	if (adapter == NULL || adapter->interrupt != NULL ||
	    Characteristics->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT ||
	    Characteristics->InterruptHandler == NULL ||
	    Characteristics->InterruptDpcHandler == NULL)
		return NDIS_STATUS_INVALID_PARAMETER;
	interrupt = calloc(1, sizeof(*interrupt));
	if (interrupt == NULL)
		return NDIS_STATUS_RESOURCES;
	interrupt->adapter = adapter;
	interrupt->context = MiniportInterruptContext;
	interrupt->isr = Characteristics->InterruptHandler;
	interrupt->dpc = Characteristics->InterruptDpcHandler;
	Characteristics->InterruptType = NDIS_CONNECT_LINE_BASED;
	*NdisInterruptHandle = interrupt;
	ndis_interrupt_connect(interrupt);
	return NDIS_STATUS_SUCCESS;
}

VOID NdisMDeregisterInterruptEx(NDIS_HANDLE NdisInterruptHandle)
{
	ndis_interrupt_disconnect(NdisInterruptHandle, "NdisMDeregisterInterruptEx");
}

ULONG NdisMQueueDpc(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId, ULONG TargetProcessors,
		    PVOID MiniportDpcContext)
{
	struct ndis_interrupt *interrupt = NdisInterruptHandle;
	struct ndis_adapter *adapter;

	if (ndis_object_kind(NdisInterruptHandle) != NDIS_KIND_INTERRUPT) {
		ndis_broken(NULL, 48, (uintptr_t)interrupt,
			    "NdisMQueueDpc was given no live interrupt handle");
		return 0;
	}
	adapter = interrupt->adapter;
	pthread_mutex_lock(&adapter->irq_mutex);
	if (adapter->interrupt == interrupt) {
		interrupt->dpc_context = MiniportDpcContext;
		__atomic_store_n(&adapter->irq_waiting, 1, __ATOMIC_RELEASE);
		exec_submit(adapter->irq_lane, &adapter->dpc_job, 0);
	}
	pthread_mutex_unlock(&adapter->irq_mutex);
	return 1;
}

BOOLEAN NdisMSynchronizeWithInterruptEx(NDIS_HANDLE NdisInterruptHandle, ULONG MessageId,
					MINIPORT_SYNCHRONIZE_INTERRUPT_HANDLER SynchronizeFunction,
					PVOID SynchronizeContext)
{
	return ndis_synchronize(NdisInterruptHandle, SynchronizeFunction, SynchronizeContext,
				"NdisMSynchronizeWithInterruptEx");
}

bool ndis_adapter_in_interrupt(struct ndis_adapter *adapter)
{
	return __atomic_load_n(&adapter->irq_waiting, __ATOMIC_ACQUIRE) != 0 ||
	       __atomic_load_n(&adapter->irq_serving, __ATOMIC_ACQUIRE) != 0;
}

void ndis_adapter_flush_interrupts(struct ndis_adapter *adapter)
{
	do {
		adapter->device->ops->step(adapter->device);
		exec_flush(adapter->irq_lane);
	} while (ndis_adapter_in_interrupt(adapter));
}

/* --- configuration ---------------------------------------------------------------------------- */

struct configuration {
	struct ndis_object object;
	struct ndis_adapter *adapter;
	NDIS_CONFIGURATION_PARAMETER value; /* what was read last */
};

int ndis_adapter_configure(struct ndis_adapter *adapter, const char *keyword, ULONG value)
{
	struct ndis_config_value *slot = &adapter->config[adapter->nr_config];
	size_t n = strlen(keyword);

	if (adapter->nr_config == NDIS_CONFIG_VALUES || n >= ARRAYSIZE(slot->keyword))
		return -ENOSPC;
	for (size_t i = 0; i <= n; i++)
		slot->keyword[i] = (WCHAR)(unsigned char)keyword[i];
	slot->value = value;
	adapter->nr_config++;
	return 0;
}

static NDIS_STATUS open_configuration(struct ndis_adapter *adapter, PNDIS_HANDLE handle)
{
	struct configuration *configuration = calloc(1, sizeof(*configuration));

	*handle = configuration;
	if (configuration == NULL)
		return NDIS_STATUS_RESOURCES;
	configuration->adapter = adapter;
	ndis_object_add(&configuration->object, NDIS_KIND_CONFIGURATION);
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisOpenConfigurationEx(PNDIS_CONFIGURATION_OBJECT ConfigObject,
				    PNDIS_HANDLE ConfigurationHandle)
{
	if (ConfigObject->Header.Type != NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT ||
	    ndis_object_kind(ConfigObject->NdisHandle) != NDIS_KIND_ADAPTER)
		return NDIS_STATUS_INVALID_PARAMETER;
	return open_configuration(ConfigObject->NdisHandle, ConfigurationHandle);
}

/* NDIS 5: the adapter behind what MiniportInitialize was given as its configuration. */
static struct ndis_adapter *adapter_of_context(NDIS_HANDLE context)
{
	if (ndis_object_kind(context) != NDIS_KIND_WRAPPER_CONTEXT)
		return NULL;
	return CONTAINING_RECORD(context, struct ndis_adapter, five.wrapper_context);
}

VOID NdisOpenConfiguration(PNDIS_STATUS Status, PNDIS_HANDLE ConfigurationHandle,
			   NDIS_HANDLE WrapperConfigurationContext)
{
	struct ndis_adapter *adapter = adapter_of_context(WrapperConfigurationContext);

	*Status = adapter != NULL ? open_configuration(adapter, ConfigurationHandle)
				  : NDIS_STATUS_FAILURE;
}

VOID NdisMQueryAdapterResources(PNDIS_STATUS Status, NDIS_HANDLE WrapperConfigurationContext,
				PNDIS_RESOURCE_LIST ResourceList, PUINT BufferSize)
{
	struct ndis_adapter *adapter = adapter_of_context(WrapperConfigurationContext);
	bool fits = *BufferSize >= sizeof(adapter->resources);

	*Status = NDIS_STATUS_FAILURE;
	if (adapter == NULL)
		return;
	*BufferSize = sizeof(adapter->resources);
	*Status = fits ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
	if (fits)
		*ResourceList = adapter->resources;
}

VOID NdisMGetDeviceProperty(NDIS_HANDLE MiniportAdapterHandle, PDEVICE_OBJECT *PhysicalDeviceObject,
			    PDEVICE_OBJECT *FunctionalDeviceObject,
			    PDEVICE_OBJECT *NextDeviceObject, PCM_RESOURCE_LIST *AllocatedResources,
			    PCM_RESOURCE_LIST *AllocatedResourcesTranslated)
{
	struct ndis_adapter *adapter =
		ndis_adapter_from(MiniportAdapterHandle, 14, "NdisMGetDeviceProperty");
	PCM_RESOURCE_LIST list = adapter != NULL ? &adapter->all_resources : NULL;

	if (list != NULL) {
		list->Count = 1;
		list->List[0].InterfaceType = NdisInterfacePci;
		list->List[0].PartialResourceList = adapter->resources;
	}
	if (PhysicalDeviceObject != NULL)
		*PhysicalDeviceObject = NULL;
	if (FunctionalDeviceObject != NULL)
		*FunctionalDeviceObject = NULL;
	if (NextDeviceObject != NULL)
		*NextDeviceObject = NULL;
	if (AllocatedResources != NULL)
		*AllocatedResources = list;
	if (AllocatedResourcesTranslated != NULL)
		*AllocatedResourcesTranslated = list;
}

VOID NdisOpenConfigurationKeyByName(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
				    PNDIS_STRING SubKeyName, PNDIS_HANDLE SubKeyHandle)
{
	*Status = NDIS_STATUS_FAILURE;
	*SubKeyHandle = NULL;
}

VOID NdisOpenConfigurationKeyByIndex(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
				     ULONG Index, PNDIS_STRING KeyName, PNDIS_HANDLE KeyHandle)
{
	*Status = NDIS_STATUS_FAILURE;
	*KeyHandle = NULL;
}

static bool is_keyword(const struct ndis_config_value *value, const NDIS_STRING *keyword)
{
	size_t n = keyword->Length / sizeof(WCHAR);

	return n < ARRAYSIZE(value->keyword) && value->keyword[n] == 0 &&
	       memcmp(value->keyword, keyword->Buffer, keyword->Length) == 0;
}

static struct ndis_config_value *find_value(struct ndis_adapter *adapter,
					    const NDIS_STRING *keyword)
{
	for (unsigned int i = 0; i < adapter->nr_config; i++) {
		if (is_keyword(&adapter->config[i], keyword))
			return &adapter->config[i];
	}
	return NULL;
}

/* The decimal or hexadecimal number in a text, and the text of a number, are found as either. */
static bool read_as(const struct ndis_config_value *value, NDIS_PARAMETER_TYPE type,
		    NDIS_CONFIGURATION_PARAMETER *parameter)
{
	NDIS_STRING text = {value->text_bytes, sizeof(value->text), (PWSTR)(uintptr_t)value->text};

	parameter->ParameterType = type;
	if (type == NdisParameterString) {
		parameter->ParameterData.StringData = text;
		return value->is_text;
	}
	parameter->ParameterData.IntegerData = value->value;
	if (!value->is_text)
		return true;
	return NT_SUCCESS(RtlUnicodeStringToInteger(&text,
						    type == NdisParameterHexInteger ? 16 : 10,
						    &parameter->ParameterData.IntegerData));
}

VOID NdisReadConfiguration(PNDIS_STATUS Status, PNDIS_CONFIGURATION_PARAMETER *ParameterValue,
			   NDIS_HANDLE ConfigurationHandle, PNDIS_STRING Keyword,
			   NDIS_PARAMETER_TYPE ParameterType)
{
	struct configuration *configuration = ConfigurationHandle;
	const struct ndis_config_value *value;

	*Status = NDIS_STATUS_FAILURE;
	if (ndis_object_kind(ConfigurationHandle) != NDIS_KIND_CONFIGURATION)
		return;
	value = find_value(configuration->adapter, Keyword);
	if (value == NULL || !read_as(value, ParameterType, &configuration->value))
		return;
	*ParameterValue = &configuration->value;
	*Status = NDIS_STATUS_SUCCESS;
}

static struct ndis_config_value *new_value(struct ndis_adapter *adapter, const NDIS_STRING *keyword)
{
	struct ndis_config_value *slot = &adapter->config[adapter->nr_config];

	if (adapter->nr_config == NDIS_CONFIG_VALUES ||
	    keyword->Length > sizeof(slot->keyword) - sizeof(WCHAR))
		return NULL;
	memset(slot, 0, sizeof(*slot));
	memcpy(slot->keyword, keyword->Buffer, keyword->Length);
	adapter->nr_config++;
	return slot;
}

static NDIS_STATUS set_value(struct ndis_config_value *slot,
			     const NDIS_CONFIGURATION_PARAMETER *parameter)
{
	const NDIS_STRING *text = &parameter->ParameterData.StringData;

	switch (parameter->ParameterType) {
	case NdisParameterInteger:
	case NdisParameterHexInteger:
		slot->is_text = false;
		slot->value = parameter->ParameterData.IntegerData;
		return NDIS_STATUS_SUCCESS;
	case NdisParameterString:
		if (text->Length > sizeof(slot->text))
			return NDIS_STATUS_RESOURCES;
		slot->is_text = true;
		slot->text_bytes = text->Length;
		memcpy(slot->text, text->Buffer, text->Length);
		return NDIS_STATUS_SUCCESS;
	default:
		return NDIS_STATUS_NOT_SUPPORTED;
	}
}

VOID NdisWriteConfiguration(PNDIS_STATUS Status, NDIS_HANDLE ConfigurationHandle,
			    PNDIS_STRING Keyword, PNDIS_CONFIGURATION_PARAMETER ParameterValue)
{
	struct configuration *configuration = ConfigurationHandle;
	struct ndis_config_value *slot;

	*Status = NDIS_STATUS_FAILURE;
	if (ndis_object_kind(ConfigurationHandle) != NDIS_KIND_CONFIGURATION)
		return;
	slot = find_value(configuration->adapter, Keyword);
	if (slot == NULL)
		slot = new_value(configuration->adapter, Keyword);
	*Status = slot != NULL ? set_value(slot, ParameterValue) : NDIS_STATUS_RESOURCES;
}

VOID NdisReadNetworkAddress(PNDIS_STATUS Status, PVOID *NetworkAddress, PUINT NetworkAddressLength,
			    NDIS_HANDLE ConfigurationHandle)
{
	*Status = NDIS_STATUS_FAILURE;
	*NetworkAddress = NULL;
	*NetworkAddressLength = 0;
}

VOID NdisCloseConfiguration(NDIS_HANDLE ConfigurationHandle)
{
	if (ndis_object_kind(ConfigurationHandle) != NDIS_KIND_CONFIGURATION)
		return;
	ndis_object_remove(ConfigurationHandle);
	free(ConfigurationHandle);
}
