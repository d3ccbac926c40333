/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "driver/ndis/internal.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct ndis_object *objects;

void ndis_object_add(struct ndis_object *object, enum ndis_kind kind)
{
	object->kind = kind;
	object->owner = ndis_current_adapter();
	pthread_mutex_lock(&mutex);
	object->next = objects;
	objects = object;
	pthread_mutex_unlock(&mutex);
}

void ndis_object_remove(struct ndis_object *object)
{
	struct ndis_object **at = &objects;

	pthread_mutex_lock(&mutex);
	while (*at != NULL && *at != object)
		at = &(*at)->next;
	if (*at != NULL)
		*at = object->next;
	pthread_mutex_unlock(&mutex);
}

enum ndis_kind ndis_object_kind(NDIS_HANDLE handle)
{
	enum ndis_kind kind = NDIS_KIND_NONE;

	pthread_mutex_lock(&mutex);
	for (const struct ndis_object *o = objects; o != NULL; o = o->next) {
		if (o == handle) {
			kind = o->kind;
			break;
		}
	}
	pthread_mutex_unlock(&mutex);
	return kind;
}

const char *ndis_kind_name(enum ndis_kind kind)
{
	static const char *const names[] = {
		[NDIS_KIND_NONE] = "no live handle",
		[NDIS_KIND_DRIVER] = "a driver handle",
		[NDIS_KIND_ADAPTER] = "an adapter handle",
		[NDIS_KIND_DMA] = "a DMA handle",
		[NDIS_KIND_INTERRUPT] = "an interrupt handle",
		[NDIS_KIND_TIMER] = "a timer",
		[NDIS_KIND_NBL_POOL] = "a net buffer list pool",
		[NDIS_KIND_NET_BUFFER_POOL] = "a net buffer pool",
		[NDIS_KIND_WORK_ITEM] = "a work item",
		[NDIS_KIND_CONFIGURATION] = "a configuration handle",
		[NDIS_KIND_WRAPPER] = "a wrapper handle",
		[NDIS_KIND_WRAPPER_CONTEXT] = "a wrapper configuration context",
		[NDIS_KIND_PACKET_POOL] = "a packet pool",
		[NDIS_KIND_BUFFER_POOL] = "a buffer pool",
	};

	return names[kind];
}

/* --- what a miniport leaves ------------------------------------------------------------------- */

/* The next of a kind that adapter's miniport has left, which is nobody's from here on. */
static struct ndis_object *take_left(const struct ndis_adapter *adapter, enum ndis_kind kind)
{
	struct ndis_object *o;

	pthread_mutex_lock(&mutex);
	for (o = objects; o != NULL && (o->owner != adapter || o->kind != kind); o = o->next)
		;
	if (o != NULL)
		o->owner = NULL;
	pthread_mutex_unlock(&mutex);
	return o;
}

void ndis_objects_report(struct ndis_adapter *adapter, bool has_started)
{
	static const enum ndis_kind kinds[] = {NDIS_KIND_TIMER,		  NDIS_KIND_NBL_POOL,
					       NDIS_KIND_NET_BUFFER_POOL, NDIS_KIND_WORK_ITEM,
					       NDIS_KIND_CONFIGURATION,	  NDIS_KIND_PACKET_POOL,
					       NDIS_KIND_BUFFER_POOL};
	const struct ndis_face *face = adapter->driver->face;
	const char *who = has_started ? face->halt_name : face->initialize_name;
	unsigned int total = 0;
	char text[320] = "";
	size_t at = 0;

	for (size_t i = 0; i < ARRAYSIZE(kinds); i++) {
		struct ndis_object *o;
		unsigned int n = 0;

		while ((o = take_left(adapter, kinds[i])) != NULL) {
			n++;
			if (kinds[i] == NDIS_KIND_TIMER && ndis_timer_disarm(o))
				ndis_broken(adapter, 18, (uintptr_t)o,
					    "%s returned while a timer was set", who);
		}
		if (n != 0)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s (%u)",
					       total != 0 ? ", " : "", ndis_kind_name(kinds[i]), n);
		total += n;
	}
	if (total != 0)
		ndis_broken(adapter, has_started ? 50 : 53, total, "%s left %s", who, text);
}
