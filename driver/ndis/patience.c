/* SPDX-License-Identifier: MIT */
/* Halts and pauses that wait for something that will never come. */
#include <inttypes.h>

#include "driver/ndis/internal.h"

#define PATIENCE_NS UINT64_C(2000000000)

uint64_t ndis_patience_ns(void)
{
	uint64_t ns = ndis_host()->config.patience_ns;

	return ns != 0 ? ns : PATIENCE_NS;
}

static bool is_outstanding(struct ndis_adapter *adapter)
{
	struct ndis_memory_counts counts;

	ndis_adapter_counts(adapter, &counts);
	return counts.pending != 0 || counts.indicated != 0 ||
	       __atomic_load_n(&adapter->memory.calling, __ATOMIC_ACQUIRE) != 0;
}

/* What the miniport most likely did wrong, by what happened to it. */
static uint16_t likely_rule(struct ndis_adapter *adapter, const char **because)
{
	struct shared_memory *memory = &adapter->memory;
	bool pausing = ndis_adapter_state(adapter) == NDIS_ADAPTER_PAUSING;
	uint64_t early, oddly, refused;

	pthread_mutex_lock(&memory->mutex);
	early = memory->early;
	oddly = memory->refused_oddly;
	refused = memory->counts.refused;
	pthread_mutex_unlock(&memory->mutex);
	if (!pausing && early != 0) {
		*because = "some requests completed before their call returned";
		return 6;
	}
	if (!pausing && oddly != 0) {
		*because = "some requests were refused with another status than FAILURE";
		return 4;
	}
	if ((pausing || adapter->driver->face->generation == 5) &&
	    __atomic_load_n(&adapter->borrowed, __ATOMIC_ACQUIRE) != 0) {
		*because = "some frames were indicated RESOURCES, and those do not come back";
		return 44;
	}
	if (!pausing && refused != 0) {
		*because = "some requests were refused, and those do not complete";
		return 2;
	}
	*because = "each of them has ended";
	return pausing ? 54 : 52;
}

bool ndis_waits_for_nothing(struct ndis_adapter *adapter, const char *for_what)
{
	uint64_t now_ns = exec_now_ns(ndis_host()->config.exec);
	const char *because;
	uint16_t rule;

	if (is_outstanding(adapter)) {
		adapter->idle_ns = 0;
		return false;
	}
	if (adapter->idle_ns == 0)
		adapter->idle_ns = now_ns;
	if (now_ns - adapter->idle_ns < ndis_patience_ns())
		return false;
	adapter->idle_ns = now_ns;
	rule = likely_rule(adapter, &because);
	ndis_broken(adapter, rule, 0,
		    "the %s goes on waiting, though no request is pending and no frame is out: %s",
		    for_what, because);
	return true;
}
