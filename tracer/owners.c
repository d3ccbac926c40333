/* SPDX-License-Identifier: MIT */
#include "tracer/owners.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/origin.h"

struct owner {
	bool has_vpid;
	int64_t vpid;
	uint32_t number; /* the merging thread's; 0: not asked for yet */
};

struct owners {
	struct store *store;
	char *fallback;
	uint32_t first; /* the number that was given first; the merging thread's */

	pthread_mutex_t lock; /* what follows */
	bool is_known;
	struct origin_trace trace;
	struct owner *list;
	uint32_t nr, room;
};

struct owners *owners_create(struct store *store, const char *fallback)
{
	struct owners *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->store = store;
	o->fallback = strdup(fallback);
	pthread_mutex_init(&o->lock, NULL);
	if (o->fallback)
		return o;
	owners_destroy(o);
	return NULL;
}

void owners_destroy(struct owners *o)
{
	if (!o)
		return;
	pthread_mutex_destroy(&o->lock);
	free(o->list);
	free(o->fallback);
	free(o);
}

void owners_of_trace(struct owners *o, const bt_trace *trace)
{
	pthread_mutex_lock(&o->lock);
	if (!o->is_known)
		origin_read_trace(trace, &o->trace);
	o->is_known = true;
	pthread_mutex_unlock(&o->lock);
}

static bool make_room(struct owners *o)
{
	uint32_t room = o->room ? 2 * o->room : 8;
	struct owner *more;

	if (o->nr < o->room)
		return true;
	more = realloc(o->list, room * sizeof(*more));
	if (!more)
		return false;
	o->list = more;
	o->room = room;
	return true;
}

/* Returns: its number from 1; 0: out of memory. */
static uint32_t find_or_add(struct owners *o, bool has_vpid, int64_t vpid)
{
	for (uint32_t i = 0; i < o->nr; i++)
		if (o->list[i].has_vpid == has_vpid && o->list[i].vpid == vpid)
			return i + 1;
	if (!make_room(o))
		return 0;
	o->list[o->nr++] = (struct owner){has_vpid, vpid, 0};
	return o->nr;
}

uint32_t owners_process(struct owners *o, bool has_vpid, int64_t vpid)
{
	uint32_t process;

	pthread_mutex_lock(&o->lock);
	process = find_or_add(o, has_vpid, vpid);
	pthread_mutex_unlock(&o->lock);
	return process;
}

/* The lock is held. */
static uint32_t ask(struct owners *o, struct owner *owner)
{
	struct db_error ignored;
	char name[1024];

	origin_name(&o->trace, owner->has_vpid, owner->vpid, o->fallback, name, sizeof(name));
	if (store_trace(o->store, name, *o->trace.host ? o->trace.host : NULL, &owner->number,
			&ignored))
		return 0;
	if (!o->first)
		o->first = owner->number;
	return owner->number;
}

uint32_t owners_number(struct owners *o, uint32_t process)
{
	uint32_t number;

	if (!process && o->first)
		return o->first;
	pthread_mutex_lock(&o->lock);
	if (!process)
		process = find_or_add(o, false, 0);
	number = process ? o->list[process - 1].number : 0;
	if (process && !number)
		number = ask(o, &o->list[process - 1]);
	pthread_mutex_unlock(&o->lock);
	return number;
}

uint32_t owners_any(const struct owners *o)
{
	return o->first;
}
