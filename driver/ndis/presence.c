/* SPDX-License-Identifier: MIT */
/* A device that is pulled out: nobody answers on its bus any more. */
#include "driver/ndis/internal.h"

enum ndis_presence ndis_presence(const struct ndis_adapter *adapter)
{
	return (enum ndis_presence)__atomic_load_n(&adapter->gone, __ATOMIC_ACQUIRE);
}

void ndis_adapter_vanish(struct ndis_adapter *adapter)
{
	uint32_t present = NDIS_PRESENT;

	/* In this order: what the device does from here on reaches nothing. */
	dma_space_detach(adapter->device->space);
	__atomic_compare_exchange_n(&adapter->gone, &present, NDIS_VANISHED, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

bool ndis_adapter_is_gone(const struct ndis_adapter *adapter)
{
	return ndis_presence(adapter) != NDIS_PRESENT;
}

static void removal(struct exec_job *job)
{
	ndis_adapter_vanish(CONTAINING_RECORD(job, struct ndis_adapter, removal_job));
}

void ndis_removal_plan(struct ndis_adapter *adapter)
{
	struct ndis_host *host = ndis_host();
	double after_ns = host->config.faults.removal_ns;

	if (after_ns == 0 || adapter->has_run)
		return;
	adapter->removal_job.run = removal;
	exec_submit(host->timers, &adapter->removal_job,
		    exec_now_ns(host->config.exec) + (uint64_t)after_ns);
}

void ndis_removal_forget(struct ndis_adapter *adapter)
{
	if (adapter->removal_job.run == NULL)
		return;
	exec_cancel(ndis_host()->timers, &adapter->removal_job);
	exec_flush(ndis_host()->timers);
}
