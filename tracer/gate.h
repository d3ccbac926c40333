/* SPDX-License-Identifier: MIT */
#ifndef TRACER_GATE_H
#define TRACER_GATE_H
/*
 * Stands between Babeltrace's live source and a relay daemon, so that Babeltrace sees a trace's
 * metadata only once it declares a stream, and a stream before it is too late.
 *
 * A session that is joined before its first program has no metadata, and a busy session daemon
 * hands it on in pieces.  Babeltrace 2.0 looks for a clock in the first piece alone; where that
 * declares no stream, it stops the process at an assertion as soon as a stream says that it is
 * idle.  It takes "no new metadata" calmly, and asks again: so that is what it is told until the
 * pieces are enough.  Its streams rest meanwhile in the relay daemon's files, and nothing is lost.
 *
 * And it is told of new streams before it is given anything that may be later than their events
 * (tracer/newcomers.h): else it gives up where a further process with buffers of its own comes.
 *
 * The gate knows the viewer protocol as LTTng 2.4 to 2.13 speak it.  From the first command that it
 * does not know it passes on whatever comes.
 *
 * It is a port of 127.0.0.1 that takes one connection, the first, and a thread that serves it.
 * Another user of this machine who was quicker would see what the relay daemon, which has no
 * passwords, shows to everybody; Babeltrace would be refused, and the session be joined again.
 */
#include <stddef.h>

#include "db/store.h"

struct gate;

/*
 * Connects to the relay daemon of the URL, which live_find() gave.
 *	out_url  the same session behind the gate
 * Thread:  any; a signal ends the wait for the relay daemon.
 * Errors:  -ECONNREFUSED nobody answers there; -EINVAL no such URL; -EIO; err filled.
 */
int gate_open(const char *url, char *out_url, size_t size, struct gate **out, struct db_error *err);

/* After Babeltrace has let go of the connection, or to cut it.  NULL: nothing. */
void gate_close(struct gate *g);

#endif
