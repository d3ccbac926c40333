/* SPDX-License-Identifier: MIT */
#ifndef TRACER_LIVE_PORT_H
#define TRACER_LIVE_PORT_H
/*
 * What the kernel knows of a relay daemon of this machine: where it listens for viewers, and where
 * it writes.  A session daemon knows a session's control and data ports only; but the daemon that
 * listens on those has one more: the live port.  And it keeps the folder of each of its sessions
 * open.
 *
 * Thread:  any.
 */
#include <stddef.h>

/*
 * Ports of the relay daemon that a session writes to.
 * Returns: its live port; 0 when nobody of this machine listens on the control port, its process
 * may not be looked into (another user's), or it listens on more than these three.
 */
int live_port_of(int control_port, int data_port);

/*
 * The folder that the relay daemon with this live port writes a session of that host to, while it
 * has the session. Returns: 0; -ENOENT when none is found: nobody of this machine listens there,
 * its process may not be looked into, or it has no such folder, or several.
 */
int live_folder_of(int live_port, const char *host, const char *session, char *out, size_t size);

#endif
