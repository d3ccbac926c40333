/* SPDX-License-Identifier: MIT */
#ifndef NDIS_INTERNAL_H
#define NDIS_INTERNAL_H
/* What the files of the host share.  Not for drivers. */
#include <pthread.h>

#include "driver/ndis/autopool.h"
#include "driver/ndis/callback.h"
#include "driver/ndis/host.h"
#include "driver/ndis/ledger.h"
#include "driver/ndis/rules.h"
#include "driver/spec/rng.h"
#include "poolscope.h"

/* --- handles: object.c ------------------------------------------------------------------------ */

/* Every handle points at one of these; the kind is what a function checks first. */
enum ndis_kind {
	NDIS_KIND_NONE,
	NDIS_KIND_DRIVER,
	NDIS_KIND_ADAPTER,
	NDIS_KIND_DMA,
	NDIS_KIND_INTERRUPT,
	NDIS_KIND_TIMER,
	NDIS_KIND_NBL_POOL,
	NDIS_KIND_NET_BUFFER_POOL,
	NDIS_KIND_WORK_ITEM,
	NDIS_KIND_CONFIGURATION,
	NDIS_KIND_WRAPPER,
	NDIS_KIND_WRAPPER_CONTEXT,
	NDIS_KIND_PACKET_POOL,
	NDIS_KIND_BUFFER_POOL,
};

struct ndis_object {
	enum ndis_kind kind;
	struct ndis_object *next;   /* of all live handles */
	struct ndis_adapter *owner; /* in whose callback it was made; NULL: the driver's */
	bool is_told;		    /* it was told as left, or nobody has to give it back */
};

void ndis_object_add(struct ndis_object *object, enum ndis_kind kind);
void ndis_object_remove(struct ndis_object *object);
/* The kind of a handle, NDIS_KIND_NONE for anything that is no live handle; never reads through it.
 */
enum ndis_kind ndis_object_kind(NDIS_HANDLE handle);
const char *ndis_kind_name(enum ndis_kind kind);
/* The next of a kind that was made in callbacks of adapter (NULL: of none) and is left; each is
 * found once.  Returns: NULL when there is no more. */
struct ndis_object *ndis_object_take_left(const struct ndis_adapter *adapter, enum ndis_kind kind);
/* Stops a timer.  Returns: whether it was set. */
bool ndis_timer_disarm(NDIS_HANDLE handle);
/* Takes a work item off its lane.  Returns: whether it was queued. */
bool ndis_work_item_cancel(struct ndis_object *item);

/* --- what a miniport leaves: left.c ----------------------------------------------------------- */

/* After a halt, or a failed start: reports the handles, mappings, MDLs and memory that adapter's
 * miniport left (R18, R50, R53). */
void ndis_left_by_halt(struct ndis_adapter *adapter, bool has_started);
/* After the unload: reports what the driver itself has left (R18, R50). */
void ndis_left_by_unload(void);
/* Work items of NDIS_WORK_ITEM that are queued, for adapter (NULL: for none): reports them against
 * the function `who`, which has returned (R18), and takes them off. */
void ndis_work_report(struct ndis_adapter *adapter, const char *who);
/* Returns when no work item of adapter runs: one that has let a halt go on may be on its way out.
 */
void ndis_work_wait(struct ndis_adapter *adapter);
/* How many register windows adapter's miniport has mapped. */
unsigned int ndis_windows_of(const struct ndis_adapter *adapter);

/* --- statuses: status.c ------------------------------------------------------------------------
 */

/* A call fails with status; why, in a sentence that names the call.  Returns: status. */
NDIS_STATUS ndis_refuse(NDIS_STATUS status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void ndis_refusal_forget(void);

/* --- the host: host.c ------------------------------------------------------------------------- */

#define NDIS_STORM_LANES 3

struct ndis_host {
	struct ndis_host_config config;
	struct exec_lane *worker; /* completions, at PASSIVE_LEVEL */
	struct exec_lane *early;  /* the same, for the faults of these names; NULL without them */
	struct exec_lane *storm[NDIS_STORM_LANES];
	struct exec_lane *timers; /* timer functions, at DISPATCH_LEVEL */
	struct exec_lane *work;	  /* work items, at PASSIVE_LEVEL; they may wait for completions */
	uint64_t opened_ns;	  /* on the executor's clock */
	int64_t opened_wall_ns;	  /* the same moment, since the Unix epoch */
	struct ndis_adapter *adapters;
	uint64_t nr_adapters; /* ever opened: the number of a generator's stream */
};

struct ndis_host *ndis_host(void);

struct ndis_interrupt;

/* How the miniports of one generation are called. */
struct ndis_face {
	unsigned int generation;
	/* The functions behind the states, for reports. */
	const char *initialize_name, *restart_name, *pause_name, *halt_name, *shut_down_name;
	void (*unload)(struct ndis_driver *driver);
	NDIS_STATUS (*initialize)(struct ndis_adapter *adapter);
	NDIS_STATUS (*restart)(struct ndis_adapter *adapter);
	void (*pause)(struct ndis_adapter *adapter);
	void (*halt)(struct ndis_adapter *adapter, NDIS_HALT_ACTION action);
	void (*shut_down)(struct ndis_adapter *adapter, NDIS_SHUTDOWN_ACTION action);
	/* At the device's level.  Returns: whether the DPC is to run. */
	bool (*isr)(struct ndis_interrupt *interrupt);
	void (*dpc)(struct ndis_interrupt *interrupt, PVOID dpc_context);
};

extern const struct ndis_face ndis5_face, ndis6_face;

struct ndis5_wrapper;

struct ndis_driver {
	struct ndis_object object;
	const struct ndis_face *face;
	NDIS_HANDLE context;
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS functions; /* of NDIS 6 */
	NDIS51_MINIPORT_CHARACTERISTICS functions5;	/* of NDIS 5; NULL what its version lacks */
	struct ndis5_wrapper *wrapper;
	char name[64];	/* for people */
	bool has_pool;	/* it opened one in DriverEntry: the host keeps none */
	bool is_loaded; /* it is freed by ndis_driver_unload(), whatever it says itself */
	bool has_ended;
};

void ndis6_unload(struct ndis_driver *driver);

/* While DriverEntry runs: this is the driver that it registered. */
void ndis_driver_register(struct ndis_driver *driver);
/* Its handle is none any more; frees it, unless it is loaded. */
void ndis_driver_deregister(struct ndis_driver *driver);

/* --- shared memory: shared_memory.c ----------------------------------------------------------- */

/* After halt: reports what is left (R50), and takes it back.  has_started: it was not a failed
 * start (R53). */
void ndis_shared_memory_reclaim(struct ndis_adapter *adapter, bool has_started);

/* --- requests: request.c ---------------------------------------------------------------------- */

/* What both asynchronous calls do once the handle is known to be good. */
NDIS_STATUS ndis_request_memory(struct ndis_adapter *adapter,
				MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *completion, ULONG length,
				BOOLEAN cached, PVOID context);
/* The halt begins: what a fault has held back completes. */
void ndis_requests_storm(struct ndis_adapter *adapter);
/* Reports what is pending after the halt (R18), and forgets it. */
void ndis_requests_drop(struct ndis_adapter *adapter);

/* --- adapters: adapter.c ---------------------------------------------------------------------- */

enum ndis_adapter_state {
	NDIS_ADAPTER_NEW,
	NDIS_ADAPTER_INITIALIZING,
	NDIS_ADAPTER_PAUSED,
	NDIS_ADAPTER_RUNNING,
	NDIS_ADAPTER_PAUSING,
	NDIS_ADAPTER_HALTING,
	NDIS_ADAPTER_HALTED,
};

/* What NdisMRegisterScatterGatherDma() made. */
struct ndis_dma {
	struct ndis_object object;
	struct ndis_adapter *adapter;
	MINIPORT_ALLOCATE_SHARED_MEM_COMPLETE *complete; /* may be NULL */
	MINIPORT_PROCESS_SG_LIST *process;		 /* may be NULL */
	uint32_t sg_lists;				 /* atomic: made and not freed */
	bool below_4g;
};

struct ndis_interrupt {
	struct ndis_object object;
	struct ndis_adapter *adapter;
	NDIS_HANDLE context;
	MINIPORT_ISR *isr;
	MINIPORT_INTERRUPT_DPC *dpc;
	PVOID dpc_context;
	bool request_isr; /* NDIS 5: call MiniportISR */
};

bool ndis6_isr(struct ndis_interrupt *interrupt);
void ndis6_dpc(struct ndis_interrupt *interrupt, PVOID dpc_context);
/* Runs function at the device's level, and not while the interrupt handler runs. */
BOOLEAN ndis_synchronize(NDIS_HANDLE handle, BOOLEAN (*function)(PVOID context), PVOID context,
			 const char *where);
/* Interrupts reach it from here on. */
void ndis_interrupt_connect(struct ndis_interrupt *interrupt);
/*
 * Returns when it is not being served any more; frees it.
 * Returns: false: it is still registered, since this was not the level to wait at.
 */
bool ndis_interrupt_disconnect(NDIS_HANDLE handle, const char *where);

/* What NdisMInitializeTimer() made. */
struct ndis5_timer {
	struct ndis5_timer *next;
	NDIS_HANDLE handle;
};

/* What an adapter of an NDIS 5 driver has beside the rest. */
struct ndis5_adapter {
	struct ndis_object wrapper_context; /* a handle while MiniportInitialize runs */
	bool serialized;		    /* one function of the miniport at a time, by this: */
	pthread_mutex_t serial;
	pthread_mutex_t isr; /* the interrupt handler, of NDIS 6 too, and what is kept from it */
	bool reaches_64_bit; /* its DMA, as the driver said */
	ADAPTER_SHUTDOWN_HANDLER shutdown;
	PVOID shutdown_context;
	ULONG filter;	    /* as set last */
	uint32_t answered;  /* atomic: the filter's setting, left PENDING, has ended ... */
	NDIS_STATUS answer; /* ... with this */
	struct ndis5_timer *timers;
	struct exec_job hang_job, reset_job;
	uint64_t hang_ns;
};

#define NDIS_CONFIG_VALUES 32

struct ndis_config_value {
	WCHAR keyword[32];
	ULONG value;
	bool is_text;
	USHORT text_bytes;
	WCHAR text[64];
};

/* Whether the device is there (R56). */
enum ndis_presence {
	NDIS_PRESENT,
	NDIS_VANISHED, /* and the miniport does not know yet */
	NDIS_REMOVED,  /* and the miniport was told */
};

/* The one OID request that the protocols make of a miniport of NDIS 6: for the packet filter. */
struct ndis_oid_out {
	NDIS_OID_REQUEST request;
	ULONG filter;
	uint32_t is_out;    /* atomic: whether it may be completed */
	uint32_t answered;  /* atomic: it was left PENDING, and has ended ... */
	NDIS_STATUS answer; /* ... with this */
};

struct ndis_adapter {
	struct ndis_object object;
	struct ndis_adapter *next;
	struct ndis_driver *driver;
	struct device *device;
	struct ndis_protocol protocol;
	enum ndis_adapter_state state; /* written by the controlling thread; read atomically */
	NDIS_HANDLE context;	       /* of the miniport: what its callbacks are given */
	ULONG attributes;
	uint64_t halting_ns; /* when MiniportHaltEx was called */
	uint64_t stalled_ns; /* when its halt was last said to wait */
	uint64_t stalled_at; /* completions that had begun by then */
	uint64_t idle_ns;    /* since when a halt or pause has waited for nothing; 0: it has not */
	uint64_t callbacks;  /* atomic: so far */
	uint32_t working;    /* atomic: work items that are queued or run */
	bool has_run;
	struct exec_job removal_job;
	uint32_t gone;		     /* atomic: enum ndis_presence */
	uint32_t borrowed;	     /* atomic: whether any frame was RESOURCES */
	uint32_t pause_done;	     /* atomic */
	uint32_t restart_done;	     /* atomic: a restart, left PENDING, has ended ... */
	NDIS_STATUS restart_status;  /* ... with this */
	uint32_t indicated;	     /* atomic: frames that the protocols have */
	struct poolscope_pool *pool; /* where violations go */
	struct autopool *autopool;
	uint64_t number; /* of the machine's adapters, from 0 */
	struct ndis_dma *dma;
	struct ndis5_adapter five;
	struct ndis_oid_out oid;
	struct shared_memory memory;
	struct ndis_tracked_list tracked; /* descriptors that frames can be indicated with */

	pthread_mutex_t irq_mutex; /* guards interrupt against the line */
	struct ndis_interrupt *interrupt;
	struct exec_lane *irq_lane;
	struct exec_job irq_job, dpc_job;
	uint32_t irq_waiting, irq_serving; /* atomic */

	struct ndis_config_value config[NDIS_CONFIG_VALUES];
	unsigned int nr_config;
	USHORT pci_command; /* what the driver enabled in its configuration space */
	CM_PARTIAL_RESOURCE_LIST resources;
	CM_RESOURCE_LIST all_resources; /* the same, for NdisMGetDeviceProperty() */
};

/*
 * Around every step by which a frame becomes the miniport's again: what describes it is not looked
 * at by ndis_frames_out() any more when the miniport may change or free it.
 */
static inline void ndis_frames_lock(struct ndis_adapter *adapter)
{
	pthread_mutex_lock(&adapter->tracked.mutex);
}

static inline void ndis_frames_unlock(struct ndis_adapter *adapter)
{
	pthread_mutex_unlock(&adapter->tracked.mutex);
}

static inline uint64_t ndis_completions_begun(const struct ndis_memory_counts *counts)
{
	return counts->completed + counts->completed_null;
}

enum ndis_adapter_state ndis_adapter_state(const struct ndis_adapter *adapter);
void ndis_adapter_set_state(struct ndis_adapter *adapter, enum ndis_adapter_state state);

/* The adapter behind a handle; anything else is reported with rule against `where`, and gives NULL.
 */
struct ndis_adapter *ndis_adapter_from(NDIS_HANDLE handle, uint16_t rule, const char *where);

/* While a callback of adapter runs on this thread, violations without a handle belong to it. */
struct ndis_adapter *ndis_enter_adapter(struct ndis_adapter *adapter);
void ndis_leave_adapter(struct ndis_adapter *before);
struct ndis_adapter *ndis_current_adapter(void);

/* Whether memory that the adapter shares must lie below 4 GB. */
bool ndis_adapter_below_4g(const struct ndis_adapter *adapter);

/* --- OID requests: oid.c -----------------------------------------------------------------------
 */

/* Asks a miniport of NDIS 6 for the packet filter, and waits for its answer; a driver that takes no
 * such request has none to set.  IRQL: PASSIVE_LEVEL.  Returns: SUCCESS, or what it failed with. */
NDIS_STATUS ndis6_set_filter(struct ndis_adapter *adapter, ULONG filter);

/* --- NDIS 5: ndis5.c, packet5.c --------------------------------------------------------------- */

/* As ndis_adapter_from(), for functions that one generation has alone. */
struct ndis_adapter *ndis6_adapter_from(NDIS_HANDLE handle, uint16_t rule, const char *where);
struct ndis_adapter *ndis5_adapter_from(NDIS_HANDLE handle, uint16_t rule, const char *where);
void ndis5_init(struct ndis_adapter *adapter);
void ndis5_forget(struct ndis_adapter *adapter);
/* Around every call into a miniport; nothing happens unless it is serialized. */
void ndis5_serial_enter(struct ndis_adapter *adapter);
void ndis5_serial_leave(struct ndis_adapter *adapter);
/* MiniportReturnPacket. */
void ndis5_return(struct ndis_adapter *adapter, PNDIS_PACKET packet);
/* The service routine, at the interrupt's level, and the DPC; as ndis6_isr() and ndis6_dpc(). */
bool ndis5_isr(struct ndis_interrupt *interrupt);
void ndis5_dpc(struct ndis_interrupt *interrupt, PVOID dpc_context);

void ndis_mdl_init(PMDL mdl, PVOID va, ULONG length);

/* --- descriptors of memory: describe.c -------------------------------------------------------- */

/* One descriptor more is wanted.  Returns: false when it must fail, by the fault of that name. */
bool ndis_may_describe(void);
/* A descriptor could not be had, whatever the reason. */
void ndis_note_starved(void);
/* Memory is described for the device or the protocols: neighbours share no line (R38). */
void ndis_check_line(PVOID va, ULONG length);
/* Whether an MDL chain describes memory in [first, after). */
bool ndis_describes(const MDL *mdl, uintptr_t first, uintptr_t after);
/* The first bytes of a frame in one word: when they change, somebody wrote.  0: not known. */
uintptr_t ndis_frame_sum(const MDL *mdl, ULONG offset, ULONG length);

/* Frees what NdisInitializeTimer() made; no timer may be set any more. */
void ndis_timers_forget(void);

/* --- threads: sync.c -------------------------------------------------------------------------- */

/* The host runs on exec from here on: locks and levels follow its threads. */
void ndis_sync_begin(struct exec *exec);
void ndis_sync_end(struct exec *exec);
/* Spin locks that this thread holds. */
unsigned int ndis_locks_held(void);
/* Memory that is freed may have locks in it; one that this thread holds is reported (R14). */
void ndis_locks_forget(const void *memory, size_t bytes);
/*
 * A function of the miniport has returned, which was called at irql and with nr locks held: what
 * differs is reported (R14), and put right so that the run goes on.
 */
void ndis_sync_returned(const char *name, KIRQL irql, unsigned int nr);
/* A wait of a miniport has ended without what it waited for.  Returns: whether it was a halt's, and
 * nothing was outstanding for long. */
bool ndis_waited_in_vain(void);

/* --- presence.c ------------------------------------------------------------------------------- */

enum ndis_presence ndis_presence(const struct ndis_adapter *adapter);
/* Before the first restart: the device may be pulled out some time after it. */
void ndis_removal_plan(struct ndis_adapter *adapter);
void ndis_removal_forget(struct ndis_adapter *adapter);

void ndis_interrupt_init(struct ndis_adapter *adapter);
/* Whether an address is in a mapped register window. */
bool ndis_is_register(const volatile void *at);
void ndis_io_forget(struct ndis_adapter *adapter);

/* --- broken rules: verifier.c ----------------------------------------------------------------- */

/* Whether rules are watched at all (config.verify). */
bool ndis_verifies(void);

/*
 * Rule was broken: counts it, tells the pool of adapter (or, if that is NULL, of the adapter whose
 * callback this thread is in), and keeps the first sentence about it, to which it adds where it
 * happened.  Does not return when the host is to stop at the first.
 */
void ndis_broken(struct ndis_adapter *adapter, uint16_t rule, uint64_t object, const char *format,
		 ...) __attribute__((format(printf, 4, 5)));
void ndis_violations_forget(void);

/* Reports rule unless the thread's level is at most `most`.  Returns: whether it is. */
bool ndis_check_irql(struct ndis_adapter *adapter, KIRQL most, uint16_t rule, const char *where);
/* Reports rule 55 if this is inside a shutdown function.  Returns: whether it is. */
bool ndis_check_shutdown(struct ndis_adapter *adapter, const char *where);

/* --- waiting: patience.c ---------------------------------------------------------------------- */

/*
 * A halt or pause of adapter has waited and may wait again; `for_what` is "halt" or "pause".
 * Reports it when nothing has been outstanding for the host's patience.
 * Returns: whether it waits for nothing, and for ever.
 */
bool ndis_waits_for_nothing(struct ndis_adapter *adapter, const char *for_what);
/* How long one wait lasts until somebody looks. */
uint64_t ndis_patience_ns(void);

#endif
