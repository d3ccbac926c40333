/* SPDX-License-Identifier: MIT */
#include "driver/machine/port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct port {
	const struct machine_config *config;
	struct exec *exec;
	uint32_t number;
	uint64_t seed;
	struct dma_space *space;
	struct device *device;
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

/* Adapters draw from streams of their own; the first from those of the seed itself. */
static uint64_t seed_of(uint64_t seed, uint32_t number)
{
	return seed + number * UINT64_C(0x9e3779b97f4a7c15);
}

static int configure(struct port *port)
{
	const struct policy_marks *marks = &port->config->marks;
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
		{"PoolProbeTicks", marks->probe_ticks},
		{"PoolTickMs", port->config->tick_ms},
		{"PoolNumber", port->number},
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && error == 0; i++)
		error = ndis_adapter_configure(port->adapter, values[i].keyword, values[i].value);
	if (error == 0 && port->config->buffer_bytes != 0)
		error = ndis_adapter_configure(port->adapter, "BufferBytes",
					       port->config->buffer_bytes);
	return error;
}

static int open_wire(struct port *port, char *why)
{
	struct wire_config wire = {
		.exec = port->exec,
		.device = port->device,
		.adapter = port->adapter,
		.traffic = port->config->traffic,
		.seed = port->seed,
		.max_frames = port->config->max_frames,
	};

	wire.traffic.seed = seed_of(wire.traffic.seed, port->number);
	return wire_open(&wire, &port->wire, why);
}

static bool reflect(void *ctx, const uint8_t *bytes, uint32_t len_bytes)
{
	return wire_write(((struct port *)ctx)->wire, bytes, len_bytes);
}

/* Everything below the driver and above it. */
static int build(struct port *port, struct ndis_driver *driver, char *why)
{
	struct ndis_protocol protocol;
	const uint64_t *hold_ns;
	size_t nr_holds;
	int error;

	port->space = dma_space_open();
	port->device = port->space != NULL ? machine_model(port->config)->open(port->space) : NULL;
	port->stack = stack_open(port->exec, &port->config->hold, port->seed);
	if (port->device == NULL || port->stack == NULL)
		return refuse(why, -ENOMEM, "out of memory or threads");
	if (port->exec->one_thread) {
		port->device->alone = true;
		dma_space_alone(port->space);
	}
	port->adapter = ndis_adapter_open(driver, port->device);
	if (port->adapter == NULL || configure(port) != 0)
		return refuse(why, -ENOMEM, "out of memory or threads");
	ndis_adapter_set_limit(port->adapter, port->config->limit_bytes);
	error = open_wire(port, why);
	if (error != 0)
		return error == -ENOMEM ? error : -EIO;
	stack_expect(port->stack, wire_ledger(port->wire));
	hold_ns = wire_holds(port->wire, &nr_holds);
	if (hold_ns != NULL)
		stack_hold_for(port->stack, hold_ns, nr_holds);
	if (traffic_is_live(&port->config->traffic))
		stack_reflect_to(port->stack, reflect, port);
	protocol = stack_protocol(port->stack);
	ndis_adapter_bind(port->adapter, &protocol);
	return 0;
}

int port_open(const struct machine_config *config, struct exec *exec, struct ndis_driver *driver,
	      uint32_t number, struct port **out, char why[SPEC_WHY_BYTES])
{
	struct port *port = calloc(1, sizeof(*port));
	int error;

	if (port == NULL)
		return refuse(why, -ENOMEM, "out of memory");
	port->config = config;
	port->exec = exec;
	port->number = number;
	port->seed = seed_of(config->seed, number);
	error = build(port, driver, why);
	if (error != 0)
		port_close(port);
	else
		*out = port;
	return error;
}

void port_close(struct port *port)
{
	if (port->wire != NULL)
		wire_close(port->wire);
	if (port->adapter != NULL)
		ndis_adapter_close(port->adapter);
	if (port->stack != NULL)
		stack_close(port->stack);
	if (port->device != NULL)
		port->device->ops->close(port->device);
	if (port->space != NULL)
		dma_space_close(port->space);
	free(port);
}

NDIS_STATUS port_start(struct port *port)
{
	NDIS_STATUS status = ndis_adapter_initialize(port->adapter);

	if (status == NDIS_STATUS_SUCCESS) {
		port->initialized = true;
		status = ndis_adapter_restart(port->adapter);
	}
	return status;
}

void port_send(struct port *port)
{
	wire_start(port->wire);
}

const uint32_t *port_sent(const struct port *port)
{
	return wire_done(port->wire);
}

bool port_is_gone(const struct port *port)
{
	return ndis_adapter_is_gone(port->adapter);
}

void port_silence(struct port *port)
{
	wire_stop(port->wire);
}

void port_quiet(struct port *port, uint64_t until_ns)
{
	if (!port->initialized)
		return;
	/* What the device has stored is still received; then the stack is told to let go. */
	ndis_adapter_flush_interrupts(port->adapter);
	stack_pause(port->stack, until_ns);
}

void port_stop(struct port *port)
{
	if (!port->initialized)
		return;
	port->initialized = false;
	ndis_adapter_pause(port->adapter);
	ndis_adapter_halt(port->adapter, port_is_gone(port) ? NdisHaltDeviceSurpriseRemoved
							    : NdisHaltDeviceDisabled);
	/* Whoever gave back the last frame is out of NDIS, too. */
	stack_flush(port->stack);
}

void port_summary(struct port *port, struct machine_summary *s)
{
	const char *fault = wire_fault(port->wire);

	*s = (struct machine_summary){0};
	wire_count(port->wire, &s->wire);
	port->device->ops->count(port->device, &s->device);
	stack_count(port->stack, &s->stack);
	ndis_adapter_counts(port->adapter, &s->memory);
	s->dma_faults = dma_space_faults(port->space);
	snprintf(s->traffic_fault, sizeof(s->traffic_fault), "%s", fault != NULL ? fault : "");
}
