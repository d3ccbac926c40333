/* SPDX-License-Identifier: MIT */
/* The adapter's configuration; keywords as in the registry. */
#include "adapter.h"
#include "defaults.h"

/* Leaves *value as it is if there is no such keyword. */
static void read_one(NDIS_HANDLE configuration, NDIS_STRING keyword, ULONG *value)
{
	PNDIS_CONFIGURATION_PARAMETER parameter;
	NDIS_STATUS status;

	NdisReadConfiguration(&status, &parameter, configuration, &keyword, NdisParameterInteger);
	if (status == NDIS_STATUS_SUCCESS)
		*value = parameter->ParameterData.IntegerData;
}

static void read_all(NDIS_HANDLE configuration, struct adapter_config *config)
{
	struct policy_marks *m = &config->marks;

	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolBase"), &m->base);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolBlock"), &m->block);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolLow"), &m->low);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolHigh"), &m->high);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolLimit"), &m->limit);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolReserve"), &m->reserve);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolMaxPending"), &m->max_pending);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolShrinkTicks"),
		 &m->shrink_ticks);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolProbeTicks"), &m->probe_ticks);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolTickMs"), &config->tick_ms);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("BufferBytes"),
		 &config->buffer_bytes);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolCached"), &config->cached);
	read_one(configuration, (NDIS_STRING)NDIS_STRING_CONST("PoolNumber"), &config->number);
}

NDIS_STATUS config_read(NDIS_HANDLE configuration, struct adapter_config *config)
{
	*config = (struct adapter_config){
		.marks = DEFAULT_MARKS,
		.tick_ms = DEFAULT_TICK_MS,
		.buffer_bytes = DEFAULT_BUFFER_BYTES,
		.cached = TRUE,
	};
	read_all(configuration, config);
	if (!policy_marks_ok(&config->marks, NULL, 0) || config->tick_ms == 0 ||
	    config->buffer_bytes < BUFFER_BYTES_MIN || config->buffer_bytes > BUFFER_BYTES_MAX)
		return NDIS_STATUS_INVALID_PARAMETER;
	return NDIS_STATUS_SUCCESS;
}
