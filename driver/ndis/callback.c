/* SPDX-License-Identifier: MIT */
#include "driver/ndis/internal.h"
#include "driver/ndis/watch.h"

/* Deeper than any nesting of callbacks and waits that makes sense. */
#define DEPTH_MAX 32

static __thread struct ndis_callback stack[DEPTH_MAX];
static __thread unsigned int depth;
static __thread const char *current; /* read by a signal handler of the same thread */

struct ndis_callback *ndis_callback(void)
{
	return &stack[depth < DEPTH_MAX ? depth : DEPTH_MAX - 1];
}

const char *ndis_callback_begin(const char *name)
{
	struct ndis_adapter *adapter = ndis_current_adapter();
	const char *before = current;

	depth++;
	*ndis_callback() = (struct ndis_callback){
		.name = name, .irql = KeGetCurrentIrql(), .locks = ndis_locks_held()};
	if (adapter != NULL && name != NULL)
		ndis_callback()->number =
			__atomic_add_fetch(&adapter->callbacks, 1, __ATOMIC_RELAXED);
	current = name;
	watch_enter(name);
	return before;
}

void ndis_callback_end(const char *before)
{
	const struct ndis_callback *in = ndis_callback();

	if (in->name != NULL && depth < DEPTH_MAX)
		ndis_sync_returned(in->name, in->irql, in->locks);
	depth--;
	watch_leave();
	current = before;
}

const char *ndis_callback_now(void)
{
	return current;
}
