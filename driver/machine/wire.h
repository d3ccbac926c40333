/* SPDX-License-Identifier: MIT */
#ifndef WIRE_H
#define WIRE_H
/*
 * The wire: brings the traffic's frames to the device at their times, in steps, on a lane of its
 * own.
 *
 * Real threads share processors with the rest of the host, and a device does not.  If this lane or
 * the interrupt's was not scheduled for a while, the wire's clock stands still meanwhile, so that
 * the host's delay does not turn into a burst that nobody sent.
 */
#include <stdint.h>

#include "driver/exec/exec.h"
#include "driver/ndis/host.h"
#include "driver/nic/device.h"
#include "driver/traffic/traffic.h"

struct wire; /* opaque */

struct wire_config {
	struct exec *exec;
	struct device *device;
	struct ndis_adapter *adapter; /* whose interrupts the wire waits for */
	struct traffic traffic;
	uint64_t seed;	     /* of the frames' contents */
	uint64_t max_frames; /* 0: no end */
};

struct wire_counts {
	uint64_t sent; /* frames that reached the device */
};

/* Returns: NULL when memory or a thread cannot be had. */
struct wire *wire_open(const struct wire_config *config);
void wire_start(struct wire *wire);
/* Not 0 once max_frames were sent: what to exec_wait() for. */
const uint32_t *wire_done(const struct wire *wire);
/* No frame reaches the device after this. */
void wire_stop(struct wire *wire);
void wire_close(struct wire *wire);
/* After wire_stop(). */
void wire_count(const struct wire *wire, struct wire_counts *counts);

#endif
