/* SPDX-License-Identifier: MIT */
#ifndef RING_BENCH_H
#define RING_BENCH_H
/*
 * The reference driver under either generation of NDIS, over a device that interrupts only when it
 * is told to: frames wait on the ring as long as a test wants.
 *
 *	begin();  send(3);  look();  return_kept();  end();
 *
 * Included by one file of a program, as recorder.h is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/miniport/adapter.h"
#include "driver/miniport/ndis5.h"
#include "driver/miniport/ndis6.h"
#include "driver/ndis/internal.h"
#include "driver/nic/nic.h"
#include "driver/nic/regs.h"
#include "driver/stack/received.h"
#include "driver/stack/stack.h"
#include "driver/traffic/frame.h"
#include "tests/driver/recorder.h"

/* With it, of the frames of the last ring test some are due within the grace, the next in minutes.
 */
#define SEED 11u

#define KEPT_MAX 2048u

static unsigned int generation;
static ULONG cached = 1; /* memory that the driver asks for */

static inline int under_ndis5(void **state)
{
	generation = 5;
	return 0;
}

static inline int under_ndis6(void **state)
{
	generation = 6;
	return 0;
}

static struct {
	struct exec *exec;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	uint64_t sent;
	pthread_mutex_t mutex;
	void *kept[KEPT_MAX]; /* lists, or packets */
	uint32_t nr_kept, resources, damaged;
	uint32_t calls; /* of the protocol's function */
	uint64_t next_sequence;
	uint32_t accesses;	    /* atomic: of registers */
	uint32_t ctrl;		    /* atomic: written last */
	bool is_gone;		    /* atomic: pulled out: registers read as ones */
	bool goes_at_drops;	    /* atomic: once DROPS has been read */
	bool is_down;		    /* atomic: shut_down() was called */
	uint32_t started_again;	    /* atomic: meanwhile */
	void (*held)(void);	    /* atomic: called once, when the driver has set RX_HOLD */
	struct ndis_protocol stack; /* who gets frames instead of the above */
	uint8_t *first_payload;
	uint64_t touched; /* frames that the test wrote to while they were out */
} fx;

/* --- the device, with somebody who looks on --------------------------------------------------- */

static const struct device_ops *real_ops;
static struct device_ops spy_ops;

static inline uint32_t spy_read(struct device *device, uint32_t offset)
{
	__atomic_add_fetch(&fx.accesses, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&fx.is_gone, __ATOMIC_SEQ_CST))
		return UINT32_MAX;
	if (offset == offsetof(struct nic_regs, drops) &&
	    __atomic_load_n(&fx.goes_at_drops, __ATOMIC_SEQ_CST))
		__atomic_store_n(&fx.is_gone, true, __ATOMIC_SEQ_CST);
	return real_ops->read(device, offset);
}

static inline void spy_write(struct device *device, uint32_t offset, uint32_t value)
{
	void (*held)(void);

	__atomic_add_fetch(&fx.accesses, 1, __ATOMIC_SEQ_CST);
	real_ops->write(device, offset, value);
	if (offset != offsetof(struct nic_regs, ctrl))
		return;
	__atomic_store_n(&fx.ctrl, value, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&fx.is_down, __ATOMIC_SEQ_CST) && value == NIC_CTRL_RX_ENABLE)
		__atomic_add_fetch(&fx.started_again, 1, __ATOMIC_SEQ_CST);
	if (!(value & NIC_CTRL_RX_HOLD))
		return;
	held = __atomic_exchange_n(&fx.held, NULL, __ATOMIC_SEQ_CST);
	if (held != NULL)
		held();
}

static inline void spy_on(struct device *device)
{
	real_ops = device->ops;
	spy_ops = *real_ops;
	spy_ops.read = spy_read;
	spy_ops.write = spy_write;
	device->ops = &spy_ops;
}

static inline const struct received_kind *kind(void)
{
	return generation == 5 ? &received_packets : &received_lists;
}

/* The frame, put together from its pieces. */
static inline const uint8_t *whole(void *received, uint32_t *len_bytes)
{
	struct extent extent = kind()->extent(received);
	static uint8_t frame[FRAME_MAX_BYTES];
	ULONG at = 0;

	for (PMDL mdl = extent.mdl; mdl != NULL; mdl = NDIS_MDL_LINKAGE(mdl)) {
		if (MmGetMdlByteCount(mdl) > sizeof(frame) - at)
			break;
		memcpy(frame + at, MmGetSystemAddressForMdlSafe(mdl, 0), MmGetMdlByteCount(mdl));
		at += MmGetMdlByteCount(mdl);
	}
	*len_bytes = extent.len_bytes;
	/* The pieces are the frame, no more and no less. */
	if (at != extent.len_bytes)
		memset(frame, 0, sizeof(frame));
	return frame;
}

/* Keeps what it may; checks each byte. */
static inline void take_in(void *received, bool cannot_keep)
{
	uint32_t len_bytes;
	const uint8_t *bytes = whole(received, &len_bytes);
	uint64_t sequence;

	if (!frame_check(bytes, len_bytes, SEED, &sequence) || sequence < fx.next_sequence)
		fx.damaged++;
	else
		fx.next_sequence = sequence + 1;
	if (cannot_keep)
		fx.resources++;
	else
		fx.kept[fx.nr_kept++] = received;
}

static inline void receive(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
			   ULONG flags)
{
	pthread_mutex_lock(&fx.mutex);
	fx.calls++;
	for (; chain != NULL; chain = NET_BUFFER_LIST_NEXT_NBL(chain))
		take_in(chain, NDIS_TEST_RECEIVE_CANNOT_PEND(flags));
	pthread_mutex_unlock(&fx.mutex);
}

static inline void receive_packets(void *ctx, PNDIS_PACKET *packets, UINT n, bool cannot_keep)
{
	pthread_mutex_lock(&fx.mutex);
	fx.calls++;
	for (UINT i = 0; i < n; i++)
		take_in(packets[i], cannot_keep);
	pthread_mutex_unlock(&fx.mutex);
}

/* The stack gets the frames; where the first one lies is remembered. */
static inline void note_first(void *received)
{
	if (fx.first_payload == NULL)
		fx.first_payload = kind()->extent(received).mdl->MappedSystemVa;
}

static inline void pass_on(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
			   ULONG flags)
{
	note_first(chain);
	fx.stack.receive(fx.stack.ctx, binding, chain, count, flags);
}

static inline void pass_on_packets(void *ctx, PNDIS_PACKET *packets, UINT n, bool cannot_keep)
{
	note_first(packets[0]);
	fx.stack.receive_packets(fx.stack.ctx, packets, n, cannot_keep);
}

static inline void begin_with(ULONG base, ULONG buffer_bytes)
{
	static const struct {
		const char *keyword;
		ULONG value;
	} values[] = {{"PoolBlock", 8},	  {"PoolLow", 4},    {"PoolHigh", 20},
		      {"PoolReserve", 0}, {"PoolTickMs", 1}, {"PoolShrinkTicks", 2}};
	struct ndis_protocol protocol = {.receive = receive, .receive_packets = receive_packets};
	struct ndis_host_config config = {.seed = 1};

	rec_reset();
	memset(&fx, 0, sizeof(fx));
	pthread_mutex_init(&fx.mutex, NULL);
	fx.exec = exec_real_open();
	config.exec = fx.exec;
	assert_int_equal(ndis_host_open(&config), 0);
	fx.space = dma_space_open();
	fx.nic = nic_open(fx.space);
	spy_on(fx.nic);
	assert_int_equal(
		ndis_driver_load(generation == 5 ? ndis5_driver_entry : DriverEntry, &fx.driver),
		NDIS_STATUS_SUCCESS);
	fx.adapter = ndis_adapter_open(fx.driver, fx.nic);
	for (size_t i = 0; i < ARRAYSIZE(values); i++)
		ndis_adapter_configure(fx.adapter, values[i].keyword, values[i].value);
	ndis_adapter_configure(fx.adapter, "PoolBase", base);
	ndis_adapter_configure(fx.adapter, "PoolLimit", base + 8);
	ndis_adapter_configure(fx.adapter, "BufferBytes", buffer_bytes);
	ndis_adapter_configure(fx.adapter, "PoolCached", cached);
	ndis_adapter_bind(fx.adapter, &protocol);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(ndis_adapter_restart(fx.adapter), NDIS_STATUS_SUCCESS);
}

static inline void begin(void)
{
	begin_with(16, 2048);
}

static inline void return_kept(void)
{
	static void *frames[KEPT_MAX];
	uint32_t n;

	pthread_mutex_lock(&fx.mutex);
	n = fx.nr_kept;
	memcpy(frames, fx.kept, n * sizeof(frames[0]));
	fx.nr_kept = 0;
	pthread_mutex_unlock(&fx.mutex);
	kind()->give_back(fx.adapter, frames, n);
}

static inline void close_halted(void)
{
	char first[200] = "";
	uint64_t mismatches = rec_replay(first);

	if (mismatches != 0)
		print_message("%s\n", first);
	assert_int_equal(mismatches, 0);
	assert_int_equal(ndis_violations(), fx.touched);
	assert_int_equal(dma_space_faults(fx.space), 0);
	assert_int_equal(fx.damaged, 0);
	ndis_adapter_close(fx.adapter);
	ndis_driver_unload(fx.driver);
	ndis_host_close();
	fx.nic->ops->close(fx.nic);
	dma_space_close(fx.space);
	exec_close(fx.exec);
	pthread_mutex_destroy(&fx.mutex);
}

static inline void end_paused(NDIS_HALT_ACTION action)
{
	ndis_adapter_halt(fx.adapter, action);
	close_halted();
}

static inline void end(void)
{
	return_kept();
	ndis_adapter_pause(fx.adapter);
	end_paused(NdisHaltDeviceDisabled);
}

/* Another reserve than the adapter was configured with, before the first frame. */
static inline void set_reserve(uint32_t reserve)
{
	struct pool *pool = &((struct adapter *)fx.adapter->context)->pool;

	pool_lock(pool);
	pool->policy.marks.reserve = reserve;
	pool_unlock(pool);
	recorder.marks.reserve = reserve;
}

/* Frames reach the ring; no interrupt follows until look() lets the device step. */
static inline void send_long(uint32_t n, uint32_t len_bytes)
{
	uint8_t frame[FRAME_MAX_BYTES];

	while (n-- > 0) {
		frame_fill(frame, len_bytes, SEED, fx.sent++);
		fx.nic->ops->receive(fx.nic, frame, len_bytes);
	}
}

static inline void send(uint32_t n)
{
	send_long(n, 600);
}

static inline void look(void)
{
	ndis_adapter_flush_interrupts(fx.adapter);
}

/* Looks again now and then until the record holds n events of a kind. */
static inline void await(enum poolscope_event kind, size_t n)
{
	static const uint32_t never;

	while (rec_count(kind) < n)
		exec_wait(fx.exec, &never, exec_now_ns(fx.exec) + 1000000);
}

/* A block is said to be free while the device is still held: until it has gone, and the device runs
 * into the ring again. */
static inline void await_shrunk(void)
{
	static const uint32_t never;

	await(POOLSCOPE_EV_BLOCK_FREE, 1);
	while (__atomic_load_n(&fx.ctrl, __ATOMIC_SEQ_CST) != NIC_CTRL_RX_ENABLE)
		exec_wait(fx.exec, &never, exec_now_ns(fx.exec) + 1000000);
}

#endif
