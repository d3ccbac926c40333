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
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

/* What a CTF trace says of itself; "" where it does not. */
struct origin_trace {
	char session[256], uuid[40], host[256];
};

void origin_read_trace(const bt_trace *trace, struct origin_trace *out);
/* The name of the trace that a process's events are of; fallback: as below. */
void origin_name(const struct origin_trace *trace, bool has_vpid, int64_t vpid,
		 const char *fallback, char *out, size_t size);

/* Where in an event's common context its process id is: a member of the structure; -1: nowhere. */
int64_t origin_vpid_member(const bt_event *event);
int64_t origin_vpid(const bt_event *event, int64_t member);

struct origins;

/* fallback names a trace that says neither its name nor its UUID; copied.  NULL: out of memory. */
struct origins *origins_create(struct store *store, const char *fallback);
void origins_destroy(struct origins *o);

/* What pool_event.trace takes; 0: out of memory. */
uint32_t origins_of_event(struct origins *o, const bt_event *event);

/* The same for a loss, which belongs to no process: any trace that the stream's is known by. */
uint32_t origins_of_stream(struct origins *o, const bt_stream *stream);

/* Has anything come of the trace with this UUID? */
bool origins_have_seen(const struct origins *o, const unsigned char uuid[16]);

/* Any trace that was given; 0: none. */
uint32_t origins_any(const struct origins *o);

#endif
