/* SPDX-License-Identifier: MIT */
#include "driver/ndis/internal.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct ndis_object *objects;

void ndis_object_add(struct ndis_object *object, enum ndis_kind kind)
{
	object->kind = kind;
	object->owner = ndis_current_adapter();
	object->is_told = false;
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

struct ndis_object *ndis_object_take_left(const struct ndis_adapter *adapter, enum ndis_kind kind)
{
	struct ndis_object *o;

	pthread_mutex_lock(&mutex);
	for (o = objects; o != NULL; o = o->next) {
		if (o->owner == adapter && o->kind == kind && !o->is_told)
			break;
	}
	if (o != NULL)
		o->is_told = true;
	pthread_mutex_unlock(&mutex);
	return o;
}
