/* SPDX-License-Identifier: MIT */
#include "driver/ndis/holdings.h"

#include <pthread.h>
#include <stdlib.h>

#include "driver/ndis/callback.h"

struct holding {
	struct holding *next;
	void *at;
	const struct ndis_adapter *owner;
	const char *in;
	uint64_t number; /* in the order of taking */
	size_t bytes;
	uint32_t tag;
	enum holding_kind kind;
	bool is_told;
};

#define BUCKETS 4096u

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct holding *buckets[BUCKETS];
static uint64_t nr_taken;

static struct holding **bucket_of(const void *at)
{
	return &buckets[((uintptr_t)at >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

bool holdings_add(const void *at, enum holding_kind kind, const struct ndis_adapter *owner,
		  size_t bytes, uint32_t tag)
{
	struct holding *h = malloc(sizeof(*h)), **bucket = bucket_of(at);

	if (h == NULL)
		return false;
	*h = (struct holding){.at = (void *)(uintptr_t)at,
			      .owner = owner,
			      .in = ndis_callback()->name,
			      .bytes = bytes,
			      .tag = tag,
			      .kind = kind};
	pthread_mutex_lock(&mutex);
	h->number = nr_taken++;
	h->next = *bucket;
	*bucket = h;
	pthread_mutex_unlock(&mutex);
	return true;
}

void holdings_remove(const void *at)
{
	struct holding **link = bucket_of(at), *h;

	pthread_mutex_lock(&mutex);
	/* cppcheck-suppress uninitvar ; it is a bucket, or a link in it */
	while ((h = *link) != NULL && h->at != at)
		link = &h->next;
	if (h != NULL)
		*link = h->next;
	pthread_mutex_unlock(&mutex);
	free(h);
}

struct holdings_left holdings_take_left(const struct ndis_adapter *owner, enum holding_kind kind)
{
	struct holdings_left left = {0};
	uint64_t last = 0;

	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < BUCKETS; i++) {
		for (struct holding *h = buckets[i]; h != NULL; h = h->next) {
			if (h->owner != owner || h->kind != kind || h->is_told)
				continue;
			h->is_told = true;
			left.count++;
			left.bytes += h->bytes;
			if (h->number < last)
				continue;
			last = h->number;
			left.tag = h->tag;
			left.in = h->in;
		}
	}
	pthread_mutex_unlock(&mutex);
	return left;
}

void holdings_forget(void)
{
	pthread_mutex_lock(&mutex);
	for (size_t i = 0; i < BUCKETS; i++) {
		struct holding *h;

		while ((h = buckets[i]) != NULL) {
			buckets[i] = h->next;
			free(h->at);
			free(h);
		}
	}
	pthread_mutex_unlock(&mutex);
}
