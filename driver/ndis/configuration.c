/* SPDX-License-Identifier: MIT */
/* What an adapter finds in its configuration: values by keyword, resources, properties. */
#include <errno.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"

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
