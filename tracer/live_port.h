/* SPDX-License-Identifier: MIT */
#ifndef TRACER_LIVE_PORT_H
#define TRACER_LIVE_PORT_H
/*
 * Where a relay daemon of this machine listens for viewers.  A session daemon knows a session's
 * control and data ports only; but the daemon that listens on those has one more: the live port.
 *
 * Thread:  any.
 */

/*
 * Ports of the relay daemon that a session writes to.
 * Returns: its live port; 0 when nobody of this machine listens on the control port, its process
 * may not be looked into (another user's), or it listens on more than these three.
 */
int live_port_of(int control_port, int data_port);

#endif
