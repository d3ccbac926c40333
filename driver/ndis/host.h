/* SPDX-License-Identifier: MIT */
#ifndef NDIS_HOST_H
#define NDIS_HOST_H
/*
 * The other side of ndis.h: how a program hosts miniport drivers.
 *
 *	ndis_host_open(&config)              the "kernel": one in a process
 *	ndis_driver_load(DriverEntry)        a driver registers itself
 *	ndis_adapter_open(driver, device)    an adapter over a device, with its configuration
 *	ndis_adapter_initialize(), _restart(), _pause(), _halt()
 *	ndis_driver_end()                    the driver is to have nothing any more
 *	ndis_adapter_close(), ndis_driver_unload(), ndis_host_close()
 *
 * Thread: one thread opens, starts, stops and closes; the counting functions may be called by any.
 */
#include <stdbool.h>
#include <stdint.h>

#include "driver/exec/exec.h"
#include "driver/ndis/faults.h"
#include "driver/nic/device.h"
#include "driver/spec/draw.h"
#include "ndis.h"

struct ndis_driver;
struct ndis_adapter;

/* What becomes of broken rules. */
enum ndis_verify {
	NDIS_VERIFY_REPORT, /* they are counted and told */
	NDIS_VERIFY_ABORT,  /* and the first one is the last: stop() */
	NDIS_VERIFY_OFF,    /* nobody looks; what is impossible is still refused */
};

struct ndis_violation {
	uint16_t rule; /* the R-number; ndis_rule() has what it says */
	uint64_t count;
	uint64_t first_ns; /* when it was broken first, since the host was opened */
	char first[512];   /* where and what happened the first time, in a sentence */
};

/* A halt that waits. */
struct ndis_stall {
	uint64_t for_ns;     /* since when it halts */
	uint32_t pending;    /* requests */
	uint32_t completing; /* completion functions that have not returned while it waited */
	uint32_t indicated;  /* frames that the protocols have */
};

struct ndis_host_config {
	struct exec *exec;
	uint64_t seed;
	struct draw lead;	   /* from a shared-memory request to its completion */
	struct ndis_faults faults; /* what goes wrong on purpose */
	/*
	 * MiniportHaltEx waited on an event in vain (R51), and waits again.  May be NULL.  Thread:
	 * the halting one.
	 */
	void (*stalled)(const struct ndis_stall *stall);
	/*
	 * A function of the miniport has not ended for 1 s of real time: its name, and what it
	 * waits for as the end of a sentence, or NULL.  Once for each call of one.  NULL: nobody
	 * looks. Thread: one of its own, which calls no function of the host.
	 */
	void (*stuck)(const char *name, const char *waits);
	enum ndis_verify verify;
	/*
	 * A rule was broken and verify is NDIS_VERIFY_ABORT: ends the program.  Locks of the driver
	 * and of the host may be held.  Thread: any.
	 */
	void (*stop)(const struct ndis_violation *violation);
	/*
	 * How long a halt or pause may wait when nothing is outstanding, until it is said to wait
	 * for nothing, and its wait is ended; 0: 2 s.
	 */
	uint64_t patience_ns;
	/* A line that a driver says: DbgPrint, its error log.  May be NULL.  Thread: any. */
	void (*log)(const char *line);
};

/* Returns: 0; -EBUSY there is a host already; -ENOMEM. */
int ndis_host_open(const struct ndis_host_config *config);
void ndis_host_close(void);
/* Returns when no completion is running or due. */
void ndis_host_flush(void);

/*
 * The function of a miniport that the calling thread is in, such as "MiniportHaltEx", or NULL.
 * Safe in a signal handler.
 */
const char *ndis_callback_now(void);

/* Whether the address is of a mapped register, which no load and no store reaches.  Safe in a
 * signal handler. */
bool ndis_is_register_window(const void *address);

/* "NDIS_STATUS_FAILURE (0xc0000001)", valid until this thread asks again. */
const char *ndis_status_name(NDIS_STATUS status);

#define NDIS_REFUSAL_BYTES 200
/*
 * Why a call of the driver was refused, in a sentence: the last one that was made on this thread
 * since DriverEntry or the initialize function began; "" when none was.
 */
const char *ndis_last_refusal(void);

/* Returns: what DriverEntry returned; on SUCCESS *driver is what it registered, NULL: nothing. */
NDIS_STATUS ndis_driver_load(DRIVER_INITIALIZE *entry, struct ndis_driver **driver);
/* What people call it ("miniport" before), 63 bytes at most: the name of pools kept for it. */
void ndis_driver_set_name(struct ndis_driver *driver, const char *name);
/* 5 or 6: as what it registered. */
unsigned int ndis_driver_generation(const struct ndis_driver *driver);
/*
 * The adapters are halted: MiniportDriverUnload, once.  What the driver has left then is reported;
 * no function of it is called from here on.
 */
void ndis_driver_end(struct ndis_driver *driver);
/* After its adapters are closed; ends it, if that was not done. */
void ndis_driver_unload(struct ndis_driver *driver);

/* --- adapters --------------------------------------------------------------------------------- */

/* An adapter over device, not yet initialized.  Returns: NULL when memory is out. */
struct ndis_adapter *ndis_adapter_open(struct ndis_driver *driver, struct device *device);
void ndis_adapter_close(struct ndis_adapter *adapter);

/* A value that NdisReadConfiguration() finds.  Returns: 0, -ENOSPC. */
int ndis_adapter_configure(struct ndis_adapter *adapter, const char *keyword, ULONG value);

/*
 * The states are NDIS 6's.  A miniport of NDIS 5 is initialized (MiniportInitialize) without a
 * packet filter; restart sets one, pause takes it away and does not wait for frames: MiniportHalt
 * does.
 */
/* MiniportInitializeEx.  On success the adapter is paused. */
NDIS_STATUS ndis_adapter_initialize(struct ndis_adapter *adapter);
/* MiniportRestart: frames may flow. */
NDIS_STATUS ndis_adapter_restart(struct ndis_adapter *adapter);
/* MiniportPause; returns when every frame is back. */
void ndis_adapter_pause(struct ndis_adapter *adapter);
/* MiniportShutdownEx, of which the adapter stays as it is (R55). */
void ndis_adapter_shut_down(struct ndis_adapter *adapter, NDIS_SHUTDOWN_ACTION action);
/* MiniportHaltEx; afterwards what the miniport left behind is reported and reclaimed (R50). */
void ndis_adapter_halt(struct ndis_adapter *adapter, NDIS_HALT_ACTION action);

/*
 * The device is pulled out: its registers read as ones, and it reaches neither memory nor the
 * interrupt.  The miniport learns of it when it is halted with NdisHaltDeviceSurpriseRemoved, and
 * may touch no register from then on (R56).  Thread: any.
 */
void ndis_adapter_vanish(struct ndis_adapter *adapter);
bool ndis_adapter_is_gone(const struct ndis_adapter *adapter);

/* Returns when no interrupt is asserted, queued or being served: every stored frame was seen. */
void ndis_adapter_flush_interrupts(struct ndis_adapter *adapter);
/* Whether an interrupt is asserted and not yet served to its end. */
bool ndis_adapter_in_interrupt(struct ndis_adapter *adapter);

/* The protocol side: who gets what the adapter indicates.  The handle is for
 * NdisReturnNetBufferLists. */
struct ndis_protocol {
	void (*receive)(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
			ULONG flags);
	void *ctx;
	/*
	 * From a miniport of NDIS 5; back with NdisReturnPackets(), unless cannot_keep: then they
	 * are gone when this returns.  The array is only lent.
	 */
	void (*receive_packets)(void *ctx, PNDIS_PACKET *packets, UINT n, bool cannot_keep);
};
void ndis_adapter_bind(struct ndis_adapter *adapter, const struct ndis_protocol *protocol);

/*
 * The most shared memory that the adapter may have, live and pending; what goes beyond it is
 * reported (R27).  0: not known, as at first.
 */
void ndis_adapter_set_limit(struct ndis_adapter *adapter, uint64_t bytes);

/* What the shared-memory ledger says. */
struct ndis_memory_counts {
	uint64_t requests;	 /* asynchronous requests */
	uint64_t refused;	 /* not accepted */
	uint64_t completed;	 /* callbacks with memory */
	uint64_t completed_null; /* callbacks without */
	uint64_t allocated;	 /* blocks, base ones included */
	uint64_t freed;
	uint64_t bytes_live;
	uint64_t bytes_peak;
	uint64_t bytes_pending;	 /* asked for, not completed */
	uint64_t bytes_uncached; /* of those live: NDIS 5 memory asked for with Cached FALSE */
	uint32_t blocks_live;
	uint32_t pending;
	uint32_t indicated; /* frames that the protocols have */
};
void ndis_adapter_counts(struct ndis_adapter *adapter, struct ndis_memory_counts *counts);

/* --- broken rules ----------------------------------------------------------------------------- */

/* How many violations there were since ndis_host_open(). */
uint64_t ndis_violations(void);
/* The index-th rule that was broken.  Returns: whether there is one. */
bool ndis_violation_at(unsigned int index, struct ndis_violation *violation);
/* A line for each rule that was broken so far, to a file.  Safe in a signal handler. */
void ndis_violations_write(int fd);

#endif
