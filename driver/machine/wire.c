/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "driver/machine/wire.h"
#include "driver/traffic/frame.h"

/* A step: long enough not to burn a processor, short enough for a small batch of frames. */
#define STEP_NS 100000u
/* Being late by less than this is made up for. */
#define LATE_NS 400000u
/* An interrupt that is not served for this long is the driver's affair, not the host's. */
#define PATIENCE_NS 20000000u
/* Most frames in a step: a host that cannot keep up still gets to the end of each. */
#define STEP_FRAMES 8192u

struct wire {
	struct wire_config config;
	struct exec_lane *lane;
	struct exec_job job;
	uint64_t start_ns;   /* on the executor's clock; moves on when the wire stands still */
	uint64_t stepped_ns; /* when the last step was made */
	uint64_t waiting_ns; /* since when an interrupt has been waited for; 0: not */
	uint64_t next_ns;    /* of the traffic: when the next frame comes */
	uint32_t done;	     /* atomic */
	struct wire_counts counts;
	uint8_t frame[FRAME_MAX_BYTES];
};

static void stand_still(struct wire *wire, uint64_t for_ns)
{
	wire->start_ns += for_ns;
}

/* Whether the interrupt of the last step is still to be served, and worth waiting for. */
static bool interrupt_waits(struct wire *wire, uint64_t now_ns)
{
	if (!ndis_adapter_in_interrupt(wire->config.adapter)) {
		wire->waiting_ns = 0;
		return false;
	}
	if (wire->waiting_ns == 0) {
		/* The time up to here was the wire's own. */
		wire->waiting_ns = now_ns;
		wire->stepped_ns = now_ns;
	}
	return now_ns - wire->waiting_ns < PATIENCE_NS;
}

static bool at_end(struct wire *wire)
{
	return wire->config.max_frames != 0 && wire->counts.sent == wire->config.max_frames;
}

static void send_due(struct wire *wire, uint64_t now_ns)
{
	struct device *device = wire->config.device;
	unsigned int n = 0;

	for (; wire->start_ns + wire->next_ns <= now_ns && !at_end(wire); n++) {
		uint32_t len_bytes = wire->config.traffic.len_bytes;

		if (n == STEP_FRAMES) {
			/* The rest is not made up for. */
			stand_still(wire, now_ns - (wire->start_ns + wire->next_ns));
			break;
		}
		frame_fill(wire->frame, len_bytes, wire->config.seed, wire->counts.sent);
		wire->counts.sent++;
		device->ops->receive(device, wire->frame, len_bytes);
		wire->next_ns = traffic_next_ns(&wire->config.traffic);
	}
	device->ops->step(device);
}

static uint64_t next_step(const struct wire *wire, uint64_t now_ns)
{
	uint64_t frame_ns = wire->start_ns + wire->next_ns;

	return frame_ns > now_ns + STEP_NS ? frame_ns : now_ns + STEP_NS;
}

static void step(struct exec_job *job)
{
	struct wire *wire = (struct wire *)((char *)job - offsetof(struct wire, job));
	uint64_t now_ns = exec_now_ns(wire->config.exec);

	if (interrupt_waits(wire, now_ns)) {
		stand_still(wire, now_ns - wire->stepped_ns);
		wire->stepped_ns = now_ns;
		exec_submit(wire->lane, &wire->job, now_ns + STEP_NS / 2);
		return;
	}
	if (now_ns > job->due_ns + LATE_NS)
		stand_still(wire, now_ns - job->due_ns - LATE_NS);
	send_due(wire, now_ns);
	wire->stepped_ns = now_ns;
	if (at_end(wire)) {
		__atomic_store_n(&wire->done, 1, __ATOMIC_RELEASE);
		exec_wake(wire->config.exec);
		return;
	}
	exec_submit(wire->lane, &wire->job, next_step(wire, now_ns));
}

struct wire *wire_open(const struct wire_config *config)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	if (wire == NULL)
		return NULL;
	wire->config = *config;
	wire->job.run = step;
	wire->lane = exec_lane_open(config->exec, "wire");
	if (wire->lane == NULL) {
		free(wire);
		return NULL;
	}
	return wire;
}

void wire_start(struct wire *wire)
{
	wire->start_ns = exec_now_ns(wire->config.exec);
	wire->stepped_ns = wire->start_ns;
	wire->next_ns = traffic_next_ns(&wire->config.traffic);
	exec_submit(wire->lane, &wire->job, wire->start_ns);
}

const uint32_t *wire_done(const struct wire *wire)
{
	return &wire->done;
}

void wire_stop(struct wire *wire)
{
	if (wire->lane != NULL)
		exec_lane_close(wire->lane);
	wire->lane = NULL;
}

void wire_close(struct wire *wire)
{
	wire_stop(wire);
	free(wire);
}

void wire_count(const struct wire *wire, struct wire_counts *counts)
{
	*counts = wire->counts;
}
