/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_H
#define MACHINE_H
/*
 * The machine that the driver runs in, put together over an executor: NDIS, and for each adapter a
 * bus with the NIC on it, the protocol stack and the wire.
 *
 *	machine_open(&config, DriverEntry, &machine, why)
 *	machine_start(machine)                 the adapter is initialized and runs, frames flow
 *	machine_run(machine, for_ns, &stop)    until the time is over, the frames are sent, or stop
 *	machine_stop(machine)                  wire, pause, halt, unload: nothing is left
 *	machine_summary(machine, &summary)
 *	machine_close(machine)
 *
 * Thread: one.
 */
#include <stdbool.h>

#include "driver/exec/exec.h"
#include "driver/miniport/policy.h"
#include "driver/ndis/host.h"
#include "driver/spec/draw.h"
#include "driver/stack/stack.h"
#include "driver/traffic/traffic.h"
#include "driver/machine/wire.h"

struct machine; /* opaque */

#define MACHINE_ADAPTERS_MAX 64u

struct machine_config {
	const struct device_model *model; /* of every adapter; NULL: the reference NIC */
	uint32_t adapters;		  /* up to the above; 0: one */
	const char *driver_name;	  /* what people call the driver; NULL: nobody asked */
	unsigned int generation;	  /* of NDIS that the driver must be of: 5, 6; 0: any */
	struct policy_marks marks;
	uint32_t tick_ms;
	/* Shared memory that an adapter may have, live and pending (R27); 0: not known. */
	uint64_t limit_bytes;
	uint32_t buffer_bytes; /* room in one receive buffer; 0: what the driver thinks right */
	uint64_t seed;
	uint64_t max_frames; /* of each adapter; 0: no end */
	struct traffic traffic;
	struct draw hold, lead;
	struct ndis_faults faults;
	/* Called every 2 s while a halt waits; may be NULL. */
	void (*stalled)(const struct ndis_stall *stall);
	/* A function of the driver does not come back; see struct ndis_host_config.  May be NULL.
	 */
	void (*stuck)(const char *name, const char *waits);
	enum ndis_verify verify;
	/* With NDIS_VERIFY_ABORT: ends the program; see struct ndis_host_config. */
	void (*broken)(const struct ndis_violation *violation);
	/* A line that the driver says.  May be NULL.  Thread: any. */
	void (*log)(const char *line);
};

struct machine_summary {
	struct wire_counts wire;
	struct device_counts device;
	struct stack_counts stack;
	struct ndis_memory_counts memory;
	uint64_t dma_faults;
	uint64_t violations;
	char traffic_fault[SOURCE_FAULT_BYTES]; /* what ended the traffic before its time, or "" */
};

/* The model that a machine of this configuration has. */
const struct device_model *machine_model(const struct machine_config *config);

/* Returns: 0; -EIO what the traffic names cannot be had; another -errno; one line in why. */
int machine_open(const struct machine_config *config, struct exec *exec, DRIVER_INITIALIZE *entry,
		 struct machine **machine, char why[SPEC_WHY_BYTES]);
int machine_start(struct machine *machine, char why[SPEC_WHY_BYTES]);
/*
 * Until the time is over, every frame is sent, the devices are pulled out, or stop.
 * for_ns 0: no end in time.  *stop is read atomically and may be set by a signal handler.
 */
void machine_run(struct machine *machine, uint64_t for_ns, const uint32_t *stop);
void machine_stop(struct machine *machine);
/* After machine_stop(): all adapters together; the peaks are added up. */
void machine_summary(struct machine *machine, struct machine_summary *summary);
/* One of them, without violations: those are counted for the machine. */
uint32_t machine_adapters(const struct machine *machine);
void machine_adapter_summary(struct machine *machine, uint32_t number,
			     struct machine_summary *summary);
void machine_close(struct machine *machine);

/*
 * Whether all is well: no broken rule, no fault, no damaged byte, nothing live, and every frame
 * that was sent stored or known to be lost.
 */
bool machine_summary_ok(const struct machine_summary *summary);

#endif
