/* SPDX-License-Identifier: MIT */
#ifndef TRACER_OWNERS_H
#define TRACER_OWNERS_H
/*
 * Whose events one CTF trace holds, when several threads decode it and one merges: tracer/origin.h
 * says what an owner is.  The decoding threads number the processes that they meet in any order;
 * the store hears of them in the order in which the merge does, as it would from one reader.
 */
#include <babeltrace2/babeltrace.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

struct owners;

/* fallback: as in origins_create().  NULL: out of memory. */
struct owners *owners_create(struct store *store, const char *fallback);
void owners_destroy(struct owners *o);

/* Thread: any.  Says what the trace is; to be called before anything of it is put into a lane. */
void owners_of_trace(struct owners *o, const bt_trace *trace);
/* Thread: any.  The process's number here, from 1; 0: out of memory. */
uint32_t owners_process(struct owners *o, bool has_vpid, int64_t vpid);

/*
 * Thread: the merging one.  What pool_event.trace takes, for a process's number; 0 stands for any
 * process of the trace.  Returns: 0 when memory is out.
 */
uint32_t owners_number(struct owners *o, uint32_t process);
/* The same; any owner that the store knows of.  Returns: 0: none. */
uint32_t owners_any(const struct owners *o);

#endif
