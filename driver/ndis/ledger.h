/* SPDX-License-Identifier: MIT */
#ifndef NDIS_LEDGER_H
#define NDIS_LEDGER_H
/*
 * The books of an adapter's shared memory: what is live, what was freed lately, what is asked for.
 *
 * Thread: any; each function takes the ledger's lock, and no other while it holds it.
 */
#include <pthread.h>
#include <stdbool.h>

#include "driver/ndis/host.h"
#include "driver/nic/dma.h"
#include "driver/spec/rng.h"

/* What a failed completion's PhysicalAddress points at, and what one holds after the completion:
 * whoever uses it shows that it was read. */
#define LEDGER_FAILED_PA INT64_C(0x00fa11ed00000000)
#define LEDGER_STALE_PA	 INT64_C(0x005ca1ab1e000000)

/* One live allocation, as the driver must give it back. */
struct shared_block {
	struct shared_block *next;
	PVOID va;
	bus_addr_t bus;
	ULONG length;
	BOOLEAN cached;	   /* as asked for */
	bool is_cached;	   /* as granted: NDIS 6 caches all memory (R26) */
	uint32_t number;   /* in the pool that the host keeps */
	uint64_t request;  /* the request it was granted for; 0: the synchronous call */
	bool is_base;	   /* granted to the initialize function (R34) */
	bool is_late;	   /* granted while the adapter was not to grow any more (R37) */
	bool is_unwrapped; /* its completion could not have descriptors (R36) */
};

/* A block that is no more. */
struct freed_block {
	PVOID va;
	bus_addr_t bus;
	ULONG length;
	uint64_t request;
	const char *in; /* the callback that freed it, or NULL */
	uint64_t callback;
};

#define LEDGER_FREED 64 /* kept: the last ones */
#define LEDGER_SHOWN 8

struct shared_request;

struct shared_memory {
	pthread_mutex_t mutex;
	struct shared_block *live;
	struct shared_block *kept; /* freed, and still in use by frames */
	struct freed_block freed[LEDGER_FREED];
	struct shared_request *pending; /* accepted, not completed */
	struct rng rng;			/* lead times and faults */
	struct fault_windows windows;
	uint64_t limit_bytes;	/* 0: not known */
	uint32_t base_failed;	/* synchronous calls that failed on purpose */
	uint64_t refused_oddly; /* with another status than FAILURE */
	uint64_t early;		/* completed before their call returned */
	uint32_t calling;	/* atomic: completions in progress */
	bool odd_failure;	/* the next failure passes a NULL PhysicalAddress (R8) */
	unsigned int next_shown;
	PHYSICAL_ADDRESS shown[LEDGER_SHOWN]; /* what completions are shown; they outlive them */
	struct ndis_memory_counts counts;
};

struct ndis_adapter;

void ledger_init(struct shared_memory *memory, uint64_t seed, uint64_t stream);
void ledger_destroy(struct shared_memory *memory);

/*
 * Memory, its mapping on the bus and its place in the books.
 *	request  its number; 0: the synchronous call
 * Returns: NULL if any of them cannot be had.
 */
struct shared_block *ledger_grant(struct ndis_adapter *adapter, ULONG length, BOOLEAN cached,
				  bool below_4g, uint64_t request);
/* Takes the live block that begins at va out of the books.  Returns: NULL if there is none. */
struct shared_block *ledger_take_out(struct ndis_adapter *adapter, PVOID va);
/*
 * Gives the memory of a block that was taken out back; the device reaches it no more.
 *	in_use  frames in it are out: the bytes stay until ledger_destroy(), so that who reads them
 *	        does not fall over another's mistake
 */
void ledger_release(struct ndis_adapter *adapter, struct shared_block *block, bool in_use);

/* A copy of the live block that holds va.  Returns: whether there is one. */
bool ledger_find(struct ndis_adapter *adapter, PVOID va, struct shared_block *block);
/* Of the blocks freed lately, the last one that began at va, or that held the bus address. */
bool ledger_find_freed(struct ndis_adapter *adapter, PVOID va, struct freed_block *freed);
bool ledger_find_freed_at(struct ndis_adapter *adapter, uint64_t bus, struct freed_block *freed);

#define LEDGER_TEXT_BYTES 160
/* "10000 bytes at va 0x.., bus 0x.., of request 12" in text.  Returns: text. */
const char *ledger_describe(const struct shared_block *block, char text[LEDGER_TEXT_BYTES]);
/* The same, and where it was freed. */
const char *ledger_describe_freed(const struct freed_block *freed, char text[LEDGER_TEXT_BYTES]);

/* --- descriptors that are tracked ------------------------------------------------------------- */

/* A descriptor of frames: part of a net buffer list's or packet's storage. */
struct ndis_tracked {
	struct ndis_tracked *next, **at; /* at NULL: not in a list */
	/* Whether protocols have it, and it describes memory in [first, after). */
	bool (*is_out)(const struct ndis_tracked *tracked, uintptr_t first, uintptr_t after);
	/* The adapter is closed, and the miniport has not freed it. */
	void (*forget)(struct ndis_tracked *tracked);
};

struct ndis_tracked_list {
	pthread_mutex_t mutex;
	struct ndis_tracked *first;
};

/* adapter may be NULL: then nothing is tracked. */
void ndis_track(struct ndis_adapter *adapter, struct ndis_tracked *tracked);
void ndis_untrack(struct ndis_adapter *adapter, struct ndis_tracked *tracked);
/* Frees what a miniport has left; it was reported when its pool went. */
void ndis_tracked_forget(struct ndis_adapter *adapter);
/* How many descriptors of frames in block the protocols have. */
uint32_t ndis_frames_out(struct ndis_adapter *adapter, const struct shared_block *block);

#endif
