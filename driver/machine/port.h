/* SPDX-License-Identifier: MIT */
#ifndef PORT_H
#define PORT_H
/*
 * One adapter of the machine, and what is its alone: a bus with the NIC on it, the stack above, the
 * wire before it, its traffic and its share of chance.
 *
 * Thread: the machine's.
 */
#include "driver/machine/machine.h"

struct port; /* opaque */

/*
 * Owns:    the caller, until port_close(); config and driver must outlive it.
 * Returns: as machine_open().
 */
int port_open(const struct machine_config *config, struct exec *exec, struct ndis_driver *driver,
	      uint32_t number, struct port **port, char why[SPEC_WHY_BYTES]);
void port_close(struct port *port);

/* The adapter is initialized and runs. */
NDIS_STATUS port_start(struct port *port);
/* Frames flow; not 0 at port_sent() once the last was sent. */
void port_send(struct port *port);
const uint32_t *port_sent(const struct port *port);
/* Whether its device was pulled out. */
bool port_is_gone(const struct port *port);
/* No frame comes any more. */
void port_silence(struct port *port);
/* After port_silence(): what came is received, and the stack keeps nothing longer than until_ns. */
void port_quiet(struct port *port, uint64_t until_ns);
/* After port_quiet(): pause and halt. */
void port_stop(struct port *port);
/* Its own counts; violations are counted for the machine. */
void port_summary(struct port *port, struct machine_summary *summary);

#endif
