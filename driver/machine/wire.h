/* SPDX-License-Identifier: MIT */
#ifndef WIRE_H
#define WIRE_H
/*
 * The wire: brings the traffic's frames to the device at their times, on a lane of its own.  In
 * virtual time each comes exactly when it is due; in real time they come in steps.  Either way the
 * device interrupts at most once a step of 100 us.
 *
 * Real threads share processors with the rest of the host, and a device does not.  If this lane or
 * the interrupt's was not scheduled for a while, the wire's clock stands still meanwhile, so that
 * the host's delay does not turn into a burst that nobody sent.
 */
#include <stdint.h>

#include "driver/exec/exec.h"
#include "driver/ndis/host.h"
#include "driver/nic/device.h"
#include "driver/traffic/ledger.h"
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

/*
 * Returns: 0; -ENOMEM memory or a thread cannot be had; another -errno when what the traffic names
 *	    cannot be had; one line in why.
 */
int wire_open(const struct wire_config *config, struct wire **wire, char why[SPEC_WHY_BYTES]);
void wire_start(struct wire *wire);
/* Not 0 once max_frames were sent, or the traffic has ended: what to exec_wait() for. */
const uint32_t *wire_done(const struct wire *wire);
/* No frame reaches the device after this. */
void wire_stop(struct wire *wire);
void wire_close(struct wire *wire);
/* What was sent, for whoever checks it; NULL when frames are synthetic.  Lives as long as wire. */
struct ledger *wire_ledger(struct wire *wire);
/* As source_holds(). */
const uint64_t *wire_holds(const struct wire *wire, size_t *nr);
/*
 * A frame goes the other way, to where live traffic comes from.  Returns: whether it was taken.
 * Thread: any.
 */
bool wire_write(struct wire *wire, const uint8_t *bytes, uint32_t len_bytes);
/* After wire_stop(): what ended the traffic before its time, in one line, or NULL. */
const char *wire_fault(const struct wire *wire);
/* After wire_stop(). */
void wire_count(const struct wire *wire, struct wire_counts *counts);

#endif
