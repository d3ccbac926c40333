/* SPDX-License-Identifier: MIT */
#ifndef TRACER_ORIGIN_H
#define TRACER_ORIGIN_H
/*
 * Whose pool is this event's?  Names the trace that an event comes from, the same whether it is
 * read live or from a kept trace folder, so that the store knows what it has already.
 *
 * A recording of ours numbers the pools of all its processes (tracer/poolscope/announce.h): it is
 * one trace, named as its session.  In anybody else's session each process numbers its pools from
 * 0. There a trace is one process of one CTF trace: the CTF trace's UUID, which differs per process
 * where buffers are per process, and the process id where the session has the context `vpid`.
 *
 * Thread:  one.
 */
#include <babeltrace2/babeltrace.h>
#include <stdint.h>

#include "db/store.h"

struct origins;

/* fallback names a trace that says neither its name nor its UUID; copied.  NULL: out of memory. */
struct origins *origins_create(struct store *store, const char *fallback);
void origins_destroy(struct origins *o);

/* What pool_event.trace takes; 0: out of memory. */
uint32_t origins_of_event(struct origins *o, const bt_event *event);

/* The same for a loss, which belongs to no process: any trace that the stream's is known by. */
uint32_t origins_of_stream(struct origins *o, const bt_stream *stream);

/* Any trace that was given; 0: none. */
uint32_t origins_any(const struct origins *o);

#endif
