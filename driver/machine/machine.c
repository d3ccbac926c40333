/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/machine/machine.h"
#include "driver/nic/nic.h"

/* How often machine_run() looks at *stop. */
#define LOOK_NS 20000000u
/* How long the stack may keep frames once the adapter is to stop. */
#define GRACE_NS 1000000000u

struct machine {
	struct machine_config config;
	struct exec *exec;
	struct dma_space *space;
	struct device *device;
	bool host_is_open;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	struct stack *stack;
	struct wire *wire;
	bool initialized;
};

static int refuse(char *why, int error, const char *what)
{
	snprintf(why, SPEC_WHY_BYTES, "%s", what);
	return error;
}

static int open_host(struct machine *m, DRIVER_INITIALIZE *entry, char *why)
{
	struct ndis_host_config host = {
		.exec = m->exec,
		.seed = m->config.seed,
		.lead = m->config.lead,
		.faults = m->config.faults,
		.stalled = m->config.stalled,
	};
	int error = ndis_host_open(&host);
	NDIS_STATUS status;

	if (error != 0)
		return refuse(why, error, "the NDIS host cannot be opened");
	m->host_is_open = true;
	status = ndis_driver_load(entry, &m->driver);
	if (status != NDIS_STATUS_SUCCESS) {
		snprintf(why, SPEC_WHY_BYTES, "DriverEntry failed with status 0x%08x",
			 (unsigned int)status);
		return -ENODEV;
	}
	return 0;
}

static int configure(struct machine *m)
{
	const struct policy_marks *marks = &m->config.marks;
	const struct {
		const char *keyword;
		uint32_t value;
	} values[] = {
		{"PoolBase", marks->base},
		{"PoolBlock", marks->block},
		{"PoolLow", marks->low},
		{"PoolHigh", marks->high},
		{"PoolLimit", marks->limit},
		{"PoolReserve", marks->reserve},
		{"PoolMaxPending", marks->max_pending},
		{"PoolShrinkTicks", marks->shrink_ticks},
		{"PoolTickMs", m->config.tick_ms},
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && error == 0; i++)
		error = ndis_adapter_configure(m->adapter, values[i].keyword, values[i].value);
	return error;
}

static int open_wire(struct machine *m, char *why)
{
	struct wire_config wire = {
		.exec = m->exec,
		.device = m->device,
		.adapter = m->adapter,
		.traffic = m->config.traffic,
		.seed = m->config.seed,
		.max_frames = m->config.max_frames,
	};

	return wire_open(&wire, &m->wire, why);
}

static bool reflect(void *ctx, const uint8_t *bytes, uint32_t len_bytes)
{
	return wire_write(((struct machine *)ctx)->wire, bytes, len_bytes);
}

/* Everything below the driver and above it. */
static int build(struct machine *m, DRIVER_INITIALIZE *entry, char *why)
{
	struct ndis_protocol protocol;
	int error;

	m->space = dma_space_open();
	m->device = m->space != NULL ? nic_open(m->space) : NULL;
	m->stack = stack_open(m->exec, &m->config.hold, m->config.seed);
	if (m->device == NULL || m->stack == NULL)
		return refuse(why, -ENOMEM, "out of memory or threads");
	error = open_host(m, entry, why);
	if (error != 0)
		return error;
	m->adapter = ndis_adapter_open(m->driver, m->device);
	if (m->adapter == NULL || configure(m) != 0)
		return refuse(why, -ENOMEM, "out of memory or threads");
	error = open_wire(m, why);
	if (error != 0)
		return error == -ENOMEM ? error : -EIO;
	stack_expect(m->stack, wire_ledger(m->wire));
	if (traffic_is_live(&m->config.traffic))
		stack_reflect_to(m->stack, reflect, m);
	protocol = stack_protocol(m->stack);
	ndis_adapter_bind(m->adapter, &protocol);
	return 0;
}

int machine_open(const struct machine_config *config, struct exec *exec, DRIVER_INITIALIZE *entry,
		 struct machine **machine, char why[SPEC_WHY_BYTES])
{
	struct machine *m = calloc(1, sizeof(*m));
	int error;

	if (m == NULL)
		return refuse(why, -ENOMEM, "out of memory");
	m->config = *config;
	m->exec = exec;
	error = build(m, entry, why);
	if (error != 0) {
		machine_close(m);
		return error;
	}
	*machine = m;
	return 0;
}

void machine_close(struct machine *m)
{
	if (m->wire != NULL)
		wire_close(m->wire);
	if (m->adapter != NULL)
		ndis_adapter_close(m->adapter);
	if (m->driver != NULL)
		ndis_driver_unload(m->driver);
	if (m->host_is_open)
		ndis_host_close();
	if (m->stack != NULL)
		stack_close(m->stack);
	if (m->device != NULL)
		m->device->ops->close(m->device);
	if (m->space != NULL)
		dma_space_close(m->space);
	free(m);
}

int machine_start(struct machine *m, char why[SPEC_WHY_BYTES])
{
	NDIS_STATUS status = ndis_adapter_initialize(m->adapter);

	if (status == NDIS_STATUS_SUCCESS) {
		m->initialized = true;
		status = ndis_adapter_restart(m->adapter);
	}
	if (status != NDIS_STATUS_SUCCESS) {
		snprintf(why, SPEC_WHY_BYTES, "the adapter did not start: status 0x%08x",
			 (unsigned int)status);
		return -ENODEV;
	}
	wire_start(m->wire);
	return 0;
}

void machine_run(struct machine *m, uint64_t for_ns, const uint32_t *stop)
{
	const uint32_t *done = wire_done(m->wire);
	uint64_t now_ns = exec_now_ns(m->exec);
	uint64_t end_ns = for_ns != 0 ? now_ns + for_ns : EXEC_NEVER;

	while (now_ns < end_ns && !__atomic_load_n(stop, __ATOMIC_ACQUIRE)) {
		uint64_t look_ns = now_ns + LOOK_NS;

		if (exec_wait(m->exec, done, look_ns < end_ns ? look_ns : end_ns))
			return;
		now_ns = exec_now_ns(m->exec);
	}
}

void machine_stop(struct machine *m)
{
	wire_stop(m->wire);
	if (!m->initialized)
		return;
	m->initialized = false;
	/* What the device has stored is still received; then the stack is told to let go. */
	ndis_adapter_flush_interrupts(m->adapter);
	stack_pause(m->stack, exec_now_ns(m->exec) + GRACE_NS);
	ndis_adapter_pause(m->adapter);
	ndis_adapter_halt(m->adapter, NdisHaltDeviceDisabled);
}

void machine_summary(struct machine *m, struct machine_summary *s)
{
	wire_count(m->wire, &s->wire);
	m->device->ops->count(m->device, &s->device);
	stack_count(m->stack, &s->stack);
	ndis_adapter_counts(m->adapter, &s->memory);
	s->dma_faults = dma_space_faults(m->space);
	s->violations = ndis_violations();
	snprintf(s->traffic_fault, sizeof(s->traffic_fault), "%s",
		 wire_fault(m->wire) != NULL ? wire_fault(m->wire) : "");
}

bool machine_summary_ok(const struct machine_summary *s)
{
	const struct device_counts *d = &s->device;

	return s->wire.sent == d->stored + d->no_descriptor + d->fifo + d->refused &&
	       s->violations == 0 && s->dma_faults == 0 && s->stack.payload_errors == 0 &&
	       s->memory.blocks_live == 0 && s->memory.pending == 0 && s->memory.indicated == 0;
}
