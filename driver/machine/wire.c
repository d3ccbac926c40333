/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/machine/wire.h"
#include "driver/traffic/frame.h"

/*
 * A step: long enough not to burn a processor, short enough for a small batch of frames.  The
 * device interrupts once in it, after its last frame.
 */
#define STEP_NS 100000u
/* Being late by less than this is made up for. */
#define LATE_NS 400000u
/* An interrupt that is not served for this long is the driver's affair, not the host's. */
#define PATIENCE_NS 20000000u
/* Live traffic that was silent just now is asked again after this time. */
#define IDLE_NS 200000u
/* Most frames in a step: a host that cannot keep up still gets to the end of each. */
#define STEP_FRAMES 8192u

struct wire {
	struct wire_config config;
	struct exec_lane *lane;
	struct exec_job job;
	uint64_t start_ns;   /* on the executor's clock; moves on when the wire stands still */
	uint64_t stepped_ns; /* when the last step was made */
	uint64_t waiting_ns; /* since when an interrupt has been waited for; 0: not */
	struct source *source;
	enum source_state state;
	struct arrival next;   /* with SOURCE_FRAME: what comes next */
	struct ledger *ledger; /* NULL when the frames are synthetic */
	bool unsaid;	       /* virtual time: frames came since the device was stepped last */
	uint32_t done;	       /* atomic */
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

/* Asks the traffic for its next frame. */
static void look_ahead(struct wire *wire)
{
	wire->state = source_next(wire->source, &wire->next);
}

static bool at_end(const struct wire *wire)
{
	return wire->state == SOURCE_END ||
	       (wire->config.max_frames != 0 && wire->counts.sent == wire->config.max_frames);
}

/* On the executor's clock; only with SOURCE_FRAME. */
static uint64_t next_frame_ns(const struct wire *wire)
{
	return wire->start_ns + wire->next.at_ns;
}

static bool give(struct wire *wire, const uint8_t *bytes, uint32_t len_bytes)
{
	struct device *device = wire->config.device;
	bool taken;

	if (wire->ledger != NULL)
		ledger_enter(wire->ledger, bytes, len_bytes);
	taken = device->ops->receive(device, bytes, len_bytes);
	if (!taken && wire->ledger != NULL)
		ledger_retract(wire->ledger);
	return taken;
}

/* The next frame reaches the device, and whoever sent it learns what became of it. */
static void send_one(struct wire *wire)
{
	const struct arrival *next = &wire->next;
	const uint8_t *bytes = next->bytes;

	if (bytes == NULL) {
		frame_fill(wire->frame, next->len_bytes, wire->config.seed, wire->counts.sent);
		bytes = wire->frame;
	}
	wire->counts.sent++;
	source_outcome(wire->source, give(wire, bytes, next->len_bytes));
	look_ahead(wire);
}

static void step_device(struct wire *wire)
{
	wire->config.device->ops->step(wire->config.device);
}

static void end(struct wire *wire)
{
	__atomic_store_n(&wire->done, 1, __ATOMIC_RELEASE);
	exec_wake(wire->config.exec);
}

static struct wire *wire_of(struct exec_job *job)
{
	return (struct wire *)((char *)job - offsetof(struct wire, job));
}

/* --- real threads ----------------------------------------------------------------------------- */

static void send_due(struct wire *wire, uint64_t now_ns)
{
	unsigned int n = 0;

	if (wire->state == SOURCE_IDLE)
		look_ahead(wire);
	for (; wire->state == SOURCE_FRAME && next_frame_ns(wire) <= now_ns && !at_end(wire); n++) {
		if (n == STEP_FRAMES) {
			/* The rest is not made up for. */
			stand_still(wire, now_ns - next_frame_ns(wire));
			break;
		}
		send_one(wire);
	}
	step_device(wire);
}

static uint64_t next_step(const struct wire *wire, uint64_t now_ns)
{
	uint64_t frame_ns = wire->state == SOURCE_FRAME ? next_frame_ns(wire) : now_ns + IDLE_NS;

	return frame_ns > now_ns + STEP_NS ? frame_ns : now_ns + STEP_NS;
}

static void step(struct exec_job *job)
{
	struct wire *wire = wire_of(job);
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
		end(wire);
		return;
	}
	exec_submit(wire->lane, &wire->job, next_step(wire, now_ns));
}

/* --- virtual time ----------------------------------------------------------------------------- */

/* When the device is to be stepped: a step after the last time, if there is a reason. */
static uint64_t due_step_ns(const struct wire *wire)
{
	return wire->unsaid ? wire->stepped_ns + STEP_NS : EXEC_NEVER;
}

/*
 * Each frame comes at its time to the nanosecond, before or after whatever else happens then; as
 * long as nothing else does, one after another in this loop.
 */
static void run_exactly(struct exec_job *job)
{
	struct wire *wire = wire_of(job);
	struct exec *exec = wire->config.exec;

	while (!at_end(wire) || wire->unsaid) {
		uint64_t frame_ns = at_end(wire) ? EXEC_NEVER : next_frame_ns(wire);
		uint64_t step_ns = due_step_ns(wire);
		uint64_t next_ns = frame_ns <= step_ns ? frame_ns : step_ns;

		if (!exec_reach(exec, next_ns)) {
			exec_submit(wire->lane, job, next_ns);
			return;
		}
		if (frame_ns <= step_ns) {
			send_one(wire);
			wire->unsaid = true;
			continue;
		}
		step_device(wire);
		wire->stepped_ns = exec_now_ns(exec);
		wire->unsaid = false;
	}
	end(wire);
}

/* --- beginning and end ------------------------------------------------------------------------ */

int wire_open(const struct wire_config *config, struct wire **wire, char why[SPEC_WHY_BYTES])
{
	struct wire *w = calloc(1, sizeof(*w));
	int error = w != NULL ? source_open(&config->traffic, &w->source, why) : -ENOMEM;

	/* In virtual time a source is never idle: it is asked once, and has a frame or has ended.
	 */
	assert(!config->exec->one_thread || !traffic_is_live(&config->traffic));
	if (error == 0) {
		w->config = *config;
		w->job.run = config->exec->one_thread ? run_exactly : step;
		w->lane = exec_lane_open(config->exec, "wire");
		if (!traffic_is_synthetic(&config->traffic))
			w->ledger = ledger_open();
		if (w->lane != NULL &&
		    (w->ledger != NULL || traffic_is_synthetic(&config->traffic))) {
			*wire = w;
			return 0;
		}
		error = -ENOMEM;
	}
	if (error == -ENOMEM)
		snprintf(why, SPEC_WHY_BYTES, "out of memory or threads");
	if (w != NULL)
		wire_close(w);
	return error;
}

void wire_start(struct wire *wire)
{
	wire->start_ns = exec_now_ns(wire->config.exec);
	wire->stepped_ns = wire->start_ns;
	look_ahead(wire);
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
	if (wire->ledger != NULL)
		ledger_close(wire->ledger);
	if (wire->source != NULL)
		source_close(wire->source);
	free(wire);
}

struct ledger *wire_ledger(struct wire *wire)
{
	return wire->ledger;
}

const uint64_t *wire_holds(const struct wire *wire, size_t *nr)
{
	return source_holds(wire->source, nr);
}

bool wire_write(struct wire *wire, const uint8_t *bytes, uint32_t len_bytes)
{
	return source_write(wire->source, bytes, len_bytes);
}

const char *wire_fault(const struct wire *wire)
{
	return source_fault(wire->source);
}

void wire_count(const struct wire *wire, struct wire_counts *counts)
{
	*counts = wire->counts;
}
