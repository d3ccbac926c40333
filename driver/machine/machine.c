/* SPDX-License-Identifier: MIT */
#include "driver/machine/machine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/machine/port.h"
#include "driver/nic/nic.h"

/* How often machine_run() looks at *stop. */
#define LOOK_NS 20000000u
/* How long the stack may keep frames once the adapter is to stop. */
#define GRACE_NS 1000000000u

struct machine {
	struct machine_config config;
	struct exec *exec;
	bool host_is_open;
	struct ndis_driver *driver;
	uint32_t nr_ports;
	struct port *ports[MACHINE_ADAPTERS_MAX];
};

/* The one place that knows the reference NIC by name. */
const struct device_model *machine_model(const struct machine_config *config)
{
	return config->model != NULL ? config->model : &nic_model;
}

static int refuse(char *why, int error, const char *what)
{
	snprintf(why, SPEC_WHY_BYTES, "%s", what);
	return error;
}

/* What failed, and which call of the driver was refused before it. */
static int say_status(char *why, const char *what, NDIS_STATUS status)
{
	const char *refusal = ndis_last_refusal();

	snprintf(why, SPEC_WHY_BYTES, "%s: %s%s%s", what, ndis_status_name(status),
		 refusal[0] != '\0' ? "; " : "", refusal);
	return -ENODEV;
}

static int check_driver(struct machine *m, char *why)
{
	unsigned int generation = ndis_driver_generation(m->driver);

	if (m->config.driver_name != NULL)
		ndis_driver_set_name(m->driver, m->config.driver_name);
	if (m->config.generation == 0 || m->config.generation == generation)
		return 0;
	snprintf(why, SPEC_WHY_BYTES, "the driver registered as NDIS %u, not as NDIS %u",
		 generation, m->config.generation);
	return -EPROTO;
}

static int open_host(struct machine *m, DRIVER_INITIALIZE *entry, char *why)
{
	struct ndis_host_config host = {
		.exec = m->exec,
		.seed = m->config.seed,
		.lead = m->config.lead,
		.faults = m->config.faults,
		.stalled = m->config.stalled,
		.stuck = m->config.stuck,
		.log = m->config.log,
		.verify = m->config.verify,
		.stop = m->config.broken,
	};
	int error = ndis_host_open(&host);
	NDIS_STATUS status;

	if (error != 0)
		return refuse(why, error, "the NDIS host cannot be opened");
	m->host_is_open = true;
	status = ndis_driver_load(entry, &m->driver);
	if (status != NDIS_STATUS_SUCCESS)
		return say_status(why, "DriverEntry failed", status);
	if (m->driver == NULL)
		return refuse(why, -ENODEV,
			      "DriverEntry returned SUCCESS without registering a miniport");
	return check_driver(m, why);
}

static int build(struct machine *m, DRIVER_INITIALIZE *entry, char *why)
{
	uint32_t adapters = m->config.adapters != 0 ? m->config.adapters : 1;
	int error = open_host(m, entry, why);

	for (; error == 0 && m->nr_ports < adapters; m->nr_ports += error == 0)
		error = port_open(&m->config, m->exec, m->driver, m->nr_ports,
				  &m->ports[m->nr_ports], why);
	return error;
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
	while (m->nr_ports > 0)
		port_close(m->ports[--m->nr_ports]);
	if (m->driver != NULL)
		ndis_driver_unload(m->driver);
	if (m->host_is_open)
		ndis_host_close();
	free(m);
}

int machine_start(struct machine *m, char why[SPEC_WHY_BYTES])
{
	for (uint32_t i = 0; i < m->nr_ports; i++) {
		NDIS_STATUS status = port_start(m->ports[i]);
		char what[40];

		if (status == NDIS_STATUS_SUCCESS)
			continue;
		snprintf(what, sizeof(what), "adapter %u did not start", i);
		return say_status(why, what, status);
	}
	for (uint32_t i = 0; i < m->nr_ports; i++)
		port_send(m->ports[i]);
	return 0;
}

static bool all_are_gone(const struct machine *m)
{
	for (uint32_t i = 0; i < m->nr_ports; i++) {
		if (!port_is_gone(m->ports[i]))
			return false;
	}
	return true;
}

void machine_run(struct machine *m, uint64_t for_ns, const uint32_t *stop)
{
	uint64_t now_ns = exec_now_ns(m->exec);
	uint64_t end_ns = for_ns != 0 ? now_ns + for_ns : EXEC_NEVER;
	uint32_t sent = 0; /* so many adapters have sent all of their frames */

	while (now_ns < end_ns && !__atomic_load_n(stop, __ATOMIC_ACQUIRE) && !all_are_gone(m)) {
		uint64_t look_ns = now_ns + LOOK_NS < end_ns ? now_ns + LOOK_NS : end_ns;

		if (exec_wait(m->exec, port_sent(m->ports[sent]), look_ns) && ++sent == m->nr_ports)
			return;
		now_ns = exec_now_ns(m->exec);
	}
}

void machine_stop(struct machine *m)
{
	uint64_t until_ns = exec_now_ns(m->exec) + GRACE_NS;

	/* All wires first: the last would go on for as long as the others take. */
	for (uint32_t i = 0; i < m->nr_ports; i++)
		port_silence(m->ports[i]);
	for (uint32_t i = 0; i < m->nr_ports; i++)
		port_quiet(m->ports[i], until_ns);
	for (uint32_t i = 0; i < m->nr_ports; i++)
		port_stop(m->ports[i]);
	ndis_driver_end(m->driver);
}

uint32_t machine_adapters(const struct machine *m)
{
	return m->nr_ports;
}

void machine_adapter_summary(struct machine *m, uint32_t number, struct machine_summary *s)
{
	port_summary(m->ports[number], s);
}

static void add_memory(struct ndis_memory_counts *to, const struct ndis_memory_counts *from)
{
	to->requests += from->requests;
	to->refused += from->refused;
	to->completed += from->completed;
	to->completed_null += from->completed_null;
	to->allocated += from->allocated;
	to->freed += from->freed;
	to->bytes_live += from->bytes_live;
	to->bytes_peak += from->bytes_peak;
	to->blocks_live += from->blocks_live;
	to->pending += from->pending;
	to->indicated += from->indicated;
}

static void add(struct machine_summary *to, const struct machine_summary *from)
{
	to->wire.sent += from->wire.sent;
	to->device.stored += from->device.stored;
	to->device.no_descriptor += from->device.no_descriptor;
	to->device.fifo += from->device.fifo;
	to->device.refused += from->device.refused;
	to->device.unheard += from->device.unheard;
	to->device.faults += from->device.faults;
	to->stack.frames += from->stack.frames;
	to->stack.resources += from->stack.resources;
	to->stack.returned += from->stack.returned;
	to->stack.reflected += from->stack.reflected;
	to->stack.payload_errors += from->stack.payload_errors;
	to->stack.held += from->stack.held;
	add_memory(&to->memory, &from->memory);
	to->dma_faults += from->dma_faults;
	if (to->traffic_fault[0] == '\0')
		memcpy(to->traffic_fault, from->traffic_fault, sizeof(to->traffic_fault));
}

void machine_summary(struct machine *m, struct machine_summary *s)
{
	*s = (struct machine_summary){.violations = ndis_violations()};
	for (uint32_t i = 0; i < m->nr_ports; i++) {
		struct machine_summary one;

		port_summary(m->ports[i], &one);
		add(s, &one);
	}
}

bool machine_summary_ok(const struct machine_summary *s)
{
	const struct device_counts *d = &s->device;

	return s->wire.sent == d->stored + d->no_descriptor + d->fifo + d->refused &&
	       s->violations == 0 && s->dma_faults == 0 && s->stack.payload_errors == 0 &&
	       s->memory.blocks_live == 0 && s->memory.pending == 0 && s->memory.indicated == 0;
}
