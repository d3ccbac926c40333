/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "driver/ndis/internal.h"
#include "driver/ndis/pages.h"

/* What freshly granted memory holds: a driver that relies on zeroes shows itself. */
#define GRANTED_FILL 0xa5

/* Of chance: beside the adapters' own streams. */
#define WINDOWS_STREAM 0x10000u

void ledger_init(struct shared_memory *memory, uint64_t seed, uint64_t stream)
{
	pthread_mutex_init(&memory->mutex, NULL);
	rng_init(&memory->rng, seed, stream);
	fault_windows_begin(&memory->windows, &ndis_host()->config.faults, seed,
			    WINDOWS_STREAM + stream, exec_now_ns(ndis_host()->config.exec));
}

void ledger_destroy(struct shared_memory *memory)
{
	while (memory->kept != NULL) {
		struct shared_block *block = memory->kept;

		memory->kept = block->next;
		pages_free(block->va, block->length);
		free(block);
	}
	pthread_mutex_destroy(&memory->mutex);
}

/* --- granting --------------------------------------------------------------------------------- */

static void *page_alloc(ULONG length)
{
	void *va = pages_alloc(length);

	if (va != NULL)
		memset(va, GRANTED_FILL, length);
	return va;
}

static void enter(struct shared_memory *memory, struct shared_block *block)
{
	struct ndis_memory_counts *counts = &memory->counts;

	pthread_mutex_lock(&memory->mutex);
	block->next = memory->live;
	memory->live = block;
	counts->allocated++;
	counts->blocks_live++;
	counts->bytes_live += block->length;
	if (counts->bytes_live > counts->bytes_peak)
		counts->bytes_peak = counts->bytes_live;
	if (!block->is_cached)
		counts->bytes_uncached += block->length;
	pthread_mutex_unlock(&memory->mutex);
}

static bool may_grow(const struct ndis_adapter *adapter)
{
	switch (ndis_adapter_state(adapter)) {
	case NDIS_ADAPTER_INITIALIZING:
	case NDIS_ADAPTER_RUNNING:
		return true;
	case NDIS_ADAPTER_PAUSED:
		return !adapter->has_run;
	default:
		return false;
	}
}

struct shared_block *ledger_grant(struct ndis_adapter *adapter, ULONG length, BOOLEAN cached,
				  bool below_4g, uint64_t request)
{
	struct shared_block *block = calloc(1, sizeof(*block));

	if (block == NULL)
		return NULL;
	block->length = length;
	block->cached = cached;
	block->is_cached = cached || adapter->driver->face->generation == 6;
	block->request = request;
	block->is_late = !may_grow(adapter);
	block->va = page_alloc(length);
	if (block->va == NULL)
		goto out_block;
	if (dma_space_map(adapter->device->space, block->va, length, below_4g, &block->bus) != 0)
		goto out_va;
	enter(&adapter->memory, block);
	return block;
out_va:
	pages_free(block->va, block->length);
out_block:
	free(block);
	return NULL;
}

/* --- giving back ------------------------------------------------------------------------------ */

/* (locked) */
static void remember(struct shared_memory *memory, const struct shared_block *block)
{
	const struct ndis_callback *in = ndis_callback();

	memory->freed[memory->counts.freed % LEDGER_FREED] = (struct freed_block){
		.va = block->va,
		.bus = block->bus,
		.length = block->length,
		.request = block->request,
		.in = in->name,
		.callback = in->number,
	};
}

struct shared_block *ledger_take_out(struct ndis_adapter *adapter, PVOID va)
{
	struct shared_memory *memory = &adapter->memory;
	struct shared_block **at = &memory->live;
	struct shared_block *block;

	pthread_mutex_lock(&memory->mutex);
	while (*at != NULL && (*at)->va != va)
		at = &(*at)->next;
	block = *at;
	if (block != NULL) {
		*at = block->next;
		remember(memory, block);
		memory->counts.freed++;
		memory->counts.blocks_live--;
		memory->counts.bytes_live -= block->length;
		if (!block->is_cached)
			memory->counts.bytes_uncached -= block->length;
	}
	pthread_mutex_unlock(&memory->mutex);
	return block;
}

/* Unmapped before it is freed: from then on a device that still uses it faults. */
void ledger_release(struct ndis_adapter *adapter, struct shared_block *block, bool in_use)
{
	struct shared_memory *memory = &adapter->memory;

	dma_space_unmap(adapter->device->space, block->bus);
	if (!in_use) {
		pages_free(block->va, block->length);
		free(block);
		return;
	}
	pthread_mutex_lock(&memory->mutex);
	block->next = memory->kept;
	memory->kept = block;
	pthread_mutex_unlock(&memory->mutex);
}

/* --- looking ---------------------------------------------------------------------------------- */

bool ledger_find(struct ndis_adapter *adapter, PVOID va, struct shared_block *block)
{
	struct shared_memory *memory = &adapter->memory;
	const struct shared_block *b;
	bool found;

	pthread_mutex_lock(&memory->mutex);
	for (b = memory->live; b != NULL; b = b->next) {
		if ((uintptr_t)va - (uintptr_t)b->va < b->length)
			break;
	}
	found = b != NULL;
	if (found)
		*block = *b;
	pthread_mutex_unlock(&memory->mutex);
	return found;
}

/* The newest of the freed blocks that fits. */
static bool find_freed(struct ndis_adapter *adapter, PVOID va, uint64_t bus,
		       struct freed_block *freed)
{
	struct shared_memory *memory = &adapter->memory;
	uint64_t n;
	bool found = false;

	pthread_mutex_lock(&memory->mutex);
	n = memory->counts.freed;
	for (uint64_t i = 0; i < LEDGER_FREED && i < n && !found; i++) {
		const struct freed_block *f = &memory->freed[(n - 1 - i) % LEDGER_FREED];

		found = va != NULL ? f->va == va : bus - f->bus.value < f->length;
		if (found)
			*freed = *f;
	}
	pthread_mutex_unlock(&memory->mutex);
	return found;
}

bool ledger_find_freed(struct ndis_adapter *adapter, PVOID va, struct freed_block *freed)
{
	return va != NULL && find_freed(adapter, va, 0, freed);
}

bool ledger_find_freed_at(struct ndis_adapter *adapter, uint64_t bus, struct freed_block *freed)
{
	return find_freed(adapter, NULL, bus, freed);
}

static void origin(uint64_t request, char text[48])
{
	if (request != 0)
		snprintf(text, 48, "of request %" PRIu64, request);
	else
		snprintf(text, 48, "of the initialize function");
}

const char *ledger_describe(const struct shared_block *block, char text[LEDGER_TEXT_BYTES])
{
	char from[48];

	origin(block->request, from);
	snprintf(text, LEDGER_TEXT_BYTES, "the block of %u bytes at va %p, bus 0x%" PRIx64 ", %s",
		 block->length, block->va, block->bus.value, from);
	return text;
}

const char *ledger_describe_freed(const struct freed_block *freed, char text[LEDGER_TEXT_BYTES])
{
	char from[48];

	origin(freed->request, from);
	snprintf(text, LEDGER_TEXT_BYTES,
		 "the block of %u bytes at va %p, bus 0x%" PRIx64
		 ", %s, freed in %s (callback %" PRIu64 ")",
		 freed->length, freed->va, freed->bus.value, from,
		 freed->in != NULL ? freed->in : "no callback", freed->callback);
	return text;
}

/* --- descriptors that are tracked ------------------------------------------------------------- */

void ndis_track(struct ndis_adapter *adapter, struct ndis_tracked *tracked)
{
	struct ndis_tracked_list *list;

	if (adapter == NULL)
		return;
	list = &adapter->tracked;
	pthread_mutex_lock(&list->mutex);
	tracked->next = list->first;
	tracked->at = &list->first;
	if (list->first != NULL)
		list->first->at = &tracked->next;
	list->first = tracked;
	pthread_mutex_unlock(&list->mutex);
}

void ndis_untrack(struct ndis_adapter *adapter, struct ndis_tracked *tracked)
{
	if (adapter == NULL)
		return;
	pthread_mutex_lock(&adapter->tracked.mutex);
	if (tracked->at != NULL) {
		*tracked->at = tracked->next;
		if (tracked->next != NULL)
			tracked->next->at = tracked->at;
		tracked->at = NULL;
	}
	pthread_mutex_unlock(&adapter->tracked.mutex);
}

void ndis_tracked_forget(struct ndis_adapter *adapter)
{
	struct ndis_tracked *tracked;

	while ((tracked = adapter->tracked.first) != NULL) {
		ndis_untrack(adapter, tracked);
		tracked->forget(tracked);
	}
}

uint32_t ndis_frames_out(struct ndis_adapter *adapter, const struct shared_block *block)
{
	uintptr_t first = (uintptr_t)block->va;
	uint32_t n = 0;

	if (!ndis_verifies() || __atomic_load_n(&adapter->indicated, __ATOMIC_ACQUIRE) == 0)
		return 0;
	pthread_mutex_lock(&adapter->tracked.mutex);
	for (const struct ndis_tracked *t = adapter->tracked.first; t != NULL; t = t->next)
		n += t->is_out(t, first, first + block->length);
	pthread_mutex_unlock(&adapter->tracked.mutex);
	return n;
}
