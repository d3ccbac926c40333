/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_ADAPTER_H
#define MINIPORT_ADAPTER_H
/*
 * One adapter, from its initialization to its halt.  What the driver does is the same in both
 * generations of NDIS; how it talks to NDIS is the face: ndis5.c, ndis6.c.
 *
 *	config.c   what an administrator set
 *	adapter.c  the adapter is built, starts, and ticks
 *	receive.c  frames
 *	halt.c     it stops, waits for what is out, and is given back
 */
#include "hw.h"
#include "ndis.h"
#include "pool.h"
#include "rx_ring.h"

/* Most frames in one indication. */
#define RX_BATCH 64u
/* Indications in one DPC before others get their turn. */
#define RX_BATCHES_A_DPC 16u

#define ADAPTER_TAG 0x70634e50u /* 'PNcp' */

struct adapter;

/* One step of building an adapter. */
typedef NDIS_STATUS adapter_step(struct adapter *adapter);

/* How the driver talks to one generation of NDIS. */
struct face {
	unsigned int generation;
	/* In this order, up to NULL; when one fails, adapter_release() undoes those before it. */
	adapter_step *const *steps;
	const struct pool_ops *pool_ops;
	void (*set_timer)(struct adapter *adapter, ULONG period_ms);
	void (*cancel_timer)(struct adapter *adapter);
	/*
	 * Gives n received frames to NDIS; one of several buffers as a chain of their descriptors.
	 *	lent  how many of them, the last ones, must not be kept (RESOURCES)
	 * IRQL: DISPATCH_LEVEL, no lock held.
	 */
	void (*indicate)(struct adapter *adapter, struct buffer *const *frames, ULONG n,
			 ULONG lent);
	/* More frames wait than one DPC should take: another is to run. */
	void (*run_again)(struct adapter *adapter);
	/* The last buffer is home, as adapter_await_home() wanted to know.  Nothing of the adapter
	 * is touched after it. */
	void (*came_home)(struct adapter *adapter);
	/* No interrupt and no timer function runs when it returns, and none will. */
	void (*disconnect)(struct adapter *adapter);
	/* Packets and DMA, when nothing uses them any more. */
	void (*release)(struct adapter *adapter);
};

/* config.c: what an administrator may set */
struct adapter_config {
	struct policy_marks marks;
	ULONG tick_ms;
	ULONG buffer_bytes;
	ULONG cached; /* Cached of every request; NDIS 6 ignores it */
	ULONG number; /* which adapter of the machine's it is, for its pool's name */
};

struct adapter {
	const struct face *face;
	NDIS_HANDLE handle;
	struct adapter_config config;
	struct hw_regs *regs;
	ULONG regs_bytes;
	char pool_name[16];
	struct pool pool;
	struct {
		PVOID va; /* NULL: the pool has it, or there is none */
		NDIS_PHYSICAL_ADDRESS pa;
		ULONG length;
	} base;
	struct rx_ring ring;
	NDIS_EVENT drained; /* the last pending request completed */
	bool removed;	    /* the device is gone: no register may be touched (R56) */
	/* Under the pool's lock: */
	bool awaited; /* somebody waits for the last buffer to come home */
	ULONG drops;  /* the device's counters as read last */
	ULONG fifo_drops;
	/* The face's own: */
	union {
		struct {
			PNDIS_RESOURCE_LIST resources;
			NDIS_HANDLE dma, nbl_pool, timer, interrupt;
		} six;
		struct {
			NDIS_HANDLE context; /* MiniportInitialize's WrapperConfigurationContext */
			NDIS_HANDLE packet_pool, buffer_pool;
			NDIS_MINIPORT_TIMER timer;
			NDIS_MINIPORT_INTERRUPT interrupt;
			bool has_timer, has_interrupt;
			NDIS_EVENT home;
		} five;
	};
};

/* --- adapter.c -------------------------------------------------------------------------------- */

/* An adapter in zeroed memory, for its face to build.  Returns: NULL when memory is out. */
struct adapter *adapter_create(const struct face *face, NDIS_HANDLE handle);
/* Takes the face's steps.  On failure the adapter is gone (R53). */
NDIS_STATUS adapter_build(struct adapter *adapter);

/* Steps that both faces have. */
adapter_step adapter_make_pool, adapter_make_ring;
/* Memory for the base block, which stays until halt (R34); when it cannot be had, for half of it,
 * and so on (R23).  After adapter_make_pool. */
adapter_step adapter_take_base;
/* The last step: opens the pool's record, with the base block in it. */
adapter_step adapter_fill_pool;
/* Needs the resources, which come in different ways. */
NDIS_STATUS adapter_map_registers(struct adapter *adapter, const NDIS_RESOURCE_LIST *resources);

/* The device receives and the policy runs.  IRQL: <= DISPATCH_LEVEL. */
void adapter_start(struct adapter *adapter);
/* The device starts anew; what its ring held is lost. */
void adapter_reset(struct adapter *adapter);

/* Callbacks that look alike in both generations. */
MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE adapter_allocate_complete;
NDIS_TIMER_FUNCTION adapter_tick;

/* What both faces' pool_ops have. */
void adapter_free_memory(struct pool *pool, PVOID va, NDIS_PHYSICAL_ADDRESS pa, ULONG length);
ULONG adapter_withdraw(struct pool *pool);
void adapter_post(struct pool *pool);

static inline struct adapter *adapter_of(struct pool *pool)
{
	return CONTAINING_RECORD(pool, struct adapter, pool);
}

/* --- receive.c: the interrupt and what follows it --------------------------------------------- */

/* At the device's IRQL.  Returns: whether it was ours, and receive_frames() is to run. */
bool receive_interrupt(struct adapter *adapter);
/* IRQL: DISPATCH_LEVEL. */
void receive_frames(struct adapter *adapter);
/* Lets the device interrupt again, unless it is to stop. */
void receive_unmask(struct adapter *adapter);
/* Reads the device's drop counters. (pool locked) */
void receive_note_drops(struct adapter *adapter);
/* Tells who waits when the last buffer is home.  Call with the lock held; it is released. */
void receive_unlock(struct adapter *adapter);

/* --- halt.c ----------------------------------------------------------------------------------- */

/* No frame is stored from here on, and the interrupt is masked.  Takes no lock. */
void adapter_stop_device(struct adapter *adapter);
/* (pool locked) Empties the ring of a device that was stopped; its frames are lost. */
void adapter_empty_ring(struct adapter *adapter);
/* The device stops, and the policy with it; frames may still be out.  IRQL: <= DISPATCH_LEVEL. */
void adapter_stop(struct adapter *adapter);
/* After adapter_stop().  Returns: whether frames are out; then face->came_home() is called. */
bool adapter_await_home(struct adapter *adapter);
/*
 * After adapter_stop(): waits for every request, then gives everything back, the adapter last.
 *	wait_home   what else to wait for before memory is freed; may be NULL
 */
void adapter_halt(struct adapter *adapter, void (*wait_home)(struct adapter *adapter));
/* Undoes adapter_build() from any point on; waits for nobody. */
void adapter_release(struct adapter *adapter);

/* --- config.c --------------------------------------------------------------------------------- */

/* Reads an opened configuration.  Returns: NDIS_STATUS_SUCCESS, _INVALID_PARAMETER. */
NDIS_STATUS config_read(NDIS_HANDLE configuration, struct adapter_config *config);

#endif
