/* SPDX-License-Identifier: MIT */
/* Packets and buffer descriptors of NDIS 5: making them, indicating them, giving them back. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

/* Who has a packet; changed atomically, since packets come back on any thread. */
enum owner {
	OWNER_MINIPORT,
	OWNER_PROTOCOL,
	OWNER_BORROWED, /* a RESOURCES packet during its indication */
	/* Of a serialized miniport, while the indication runs: with the protocol, or home early. */
	OWNER_LENT,
	OWNER_EARLY,
};

/* What a deserialized miniport finds in the Status of a packet it has indicated (R46). */
#define SCRIBBLED ((NDIS_STATUS)0x5c5c5c5c)

/* A pool of packets or of buffer descriptors: it counts what is out. */
struct pool5 {
	struct ndis_object object;
	struct ndis_adapter *adapter; /* whose miniport made it; may be NULL */
	uint32_t most;
	uint32_t used; /* atomic */
	USHORT oob_offset;
	size_t packet_bytes;
};

/* A packet, and in front of it what the host knows about it. */
struct packet_storage {
	struct pool5 *pool;
	struct ndis_adapter *adapter; /* that indicated it */
	uint32_t owner;		      /* enum owner, atomic */
	uint32_t id;		      /* in the pool that the host keeps, while it is out */
	uint64_t indicated;	      /* the number of the indication that it was in last */
	struct ndis_tracked tracked;
	uintptr_t sum; /* of the frame while it is out */
	NDIS_PACKET packet;
};

struct buffer_storage {
	NDIS_BUFFER buffer;
	struct pool5 *pool;
};

/* --- pools ------------------------------------------------------------------------------------ */

static struct pool5 *pool_make(enum ndis_kind kind, uint32_t most)
{
	struct pool5 *pool = calloc(1, sizeof(*pool));

	if (pool == NULL)
		return NULL;
	pool->adapter = ndis_current_adapter();
	pool->most = most;
	ndis_object_add(&pool->object, kind);
	return pool;
}

static void pool_destroy(NDIS_HANDLE handle, enum ndis_kind kind, const char *where)
{
	struct pool5 *pool = handle;
	uint32_t used;

	if (ndis_object_kind(handle) != kind) {
		ndis_broken(NULL, 50, (uintptr_t)handle, "%s was given %s", where,
			    ndis_kind_name(ndis_object_kind(handle)));
		return;
	}
	used = __atomic_load_n(&pool->used, __ATOMIC_ACQUIRE);
	if (used != 0)
		ndis_broken(pool->adapter, 50, used, "%s: %u of the pool are not freed", where,
			    used);
	ndis_object_remove(&pool->object);
	free(pool);
}

/* One more is in use.  Returns: whether there is one more. */
static bool pool_get(struct pool5 *pool)
{
	uint32_t used = __atomic_load_n(&pool->used, __ATOMIC_RELAXED);

	do {
		if (used == pool->most)
			return false;
	} while (!__atomic_compare_exchange_n(&pool->used, &used, used + 1, false, __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	return true;
}

static void pool_put(struct pool5 *pool)
{
	__atomic_sub_fetch(&pool->used, 1, __ATOMIC_ACQ_REL);
}

/* --- buffer descriptors ----------------------------------------------------------------------- */

VOID NdisAllocateBufferPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors)
{
	*PoolHandle = pool_make(NDIS_KIND_BUFFER_POOL, NumberOfDescriptors);
	*Status = *PoolHandle != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID NdisFreeBufferPool(NDIS_HANDLE PoolHandle)
{
	pool_destroy(PoolHandle, NDIS_KIND_BUFFER_POOL, "NdisFreeBufferPool");
}

VOID NdisAllocateBuffer(PNDIS_STATUS Status, PNDIS_BUFFER *Buffer, NDIS_HANDLE PoolHandle,
			PVOID VirtualAddress, UINT Length)
{
	struct pool5 *pool = PoolHandle;
	struct buffer_storage *storage;

	*Buffer = NULL;
	*Status = NDIS_STATUS_FAILURE;
	if (ndis_object_kind(PoolHandle) != NDIS_KIND_BUFFER_POOL ||
	    !ndis_check_irql(pool->adapter, DISPATCH_LEVEL, 14, "NdisAllocateBuffer"))
		return;
	*Status = NDIS_STATUS_RESOURCES;
	if (!ndis_may_describe())
		return;
	if (!pool_get(pool)) {
		ndis_note_starved();
		return;
	}
	storage = calloc(1, sizeof(*storage));
	if (storage == NULL) {
		pool_put(pool);
		return;
	}
	storage->pool = pool;
	ndis_mdl_init(&storage->buffer, VirtualAddress, Length);
	ndis_check_line(VirtualAddress, Length);
	*Buffer = &storage->buffer;
	*Status = NDIS_STATUS_SUCCESS;
}

VOID NdisFreeBuffer(PNDIS_BUFFER Buffer)
{
	struct buffer_storage *storage = CONTAINING_RECORD(Buffer, struct buffer_storage, buffer);

	pool_put(storage->pool);
	free(storage);
}

/* --- packets ---------------------------------------------------------------------------------- */

static struct packet_storage *storage_of(const NDIS_PACKET *packet)
{
	return CONTAINING_RECORD(packet, struct packet_storage, packet);
}

static enum owner owner_of(const struct packet_storage *storage)
{
	return (enum owner)__atomic_load_n(&storage->owner, __ATOMIC_ACQUIRE);
}

static void set_owner(struct packet_storage *storage, enum owner owner)
{
	__atomic_store_n(&storage->owner, owner, __ATOMIC_RELEASE);
}

/* From one owner to the next, if it is still `from`'s.  Returns: whether it was. */
static bool pass(struct packet_storage *storage, enum owner from, enum owner to)
{
	struct ndis_adapter *adapter = storage->adapter;
	uint32_t expected = from;
	bool passed;

	ndis_frames_lock(adapter);
	passed = __atomic_compare_exchange_n(&storage->owner, &expected, to, false,
					     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	ndis_frames_unlock(adapter);
	return passed;
}

static bool is_out(const struct ndis_tracked *tracked, uintptr_t first, uintptr_t after)
{
	const struct packet_storage *storage =
		CONTAINING_RECORD(tracked, struct packet_storage, tracked);

	return owner_of(storage) != OWNER_MINIPORT &&
	       ndis_describes(storage->packet.Private.Head, first, after);
}

static void forget(struct ndis_tracked *tracked)
{
	free(CONTAINING_RECORD(tracked, struct packet_storage, tracked));
}

static uintptr_t sum_of(const struct packet_storage *storage)
{
	const NDIS_BUFFER *buffer = storage->packet.Private.Head;

	return buffer != NULL ? ndis_frame_sum(buffer, 0, buffer->ByteCount) : 0;
}

static void check_sum(const struct packet_storage *storage)
{
	if (storage->sum != 0 && storage->sum != sum_of(storage))
		ndis_broken(storage->adapter, 45, (uintptr_t)&storage->packet,
			    "a frame that the protocols had comes back with other bytes than it "
			    "was indicated with");
}

VOID NdisAllocatePacketPoolEx(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle,
			      UINT NumberOfDescriptors, UINT NumberOfOverflowDescriptors,
			      UINT ProtocolReservedLength)
{
	size_t oob = offsetof(NDIS_PACKET, ProtocolReserved) + ProtocolReservedLength;
	struct pool5 *pool = NULL;

	oob = (oob + sizeof(ULONGLONG) - 1) / sizeof(ULONGLONG) * sizeof(ULONGLONG);
	if (oob < sizeof(NDIS_PACKET))
		oob = sizeof(NDIS_PACKET);
	/* The packet says where its out-of-band data are, in 16 bits. */
	if (oob <= UINT16_MAX)
		pool = pool_make(NDIS_KIND_PACKET_POOL,
				 NumberOfDescriptors + NumberOfOverflowDescriptors);
	if (pool != NULL) {
		pool->oob_offset = (USHORT)oob;
		pool->packet_bytes = offsetof(struct packet_storage, packet) + oob +
				     sizeof(NDIS_PACKET_OOB_DATA) + sizeof(NDIS_PACKET_EXTENSION);
	}
	*PoolHandle = pool;
	*Status = pool != NULL ? NDIS_STATUS_SUCCESS : NDIS_STATUS_RESOURCES;
}

VOID NdisAllocatePacketPool(PNDIS_STATUS Status, PNDIS_HANDLE PoolHandle, UINT NumberOfDescriptors,
			    UINT ProtocolReservedLength)
{
	NdisAllocatePacketPoolEx(Status, PoolHandle, NumberOfDescriptors, 0,
				 ProtocolReservedLength);
}

VOID NdisFreePacketPool(NDIS_HANDLE PoolHandle)
{
	pool_destroy(PoolHandle, NDIS_KIND_PACKET_POOL, "NdisFreePacketPool");
}

UINT NdisPacketPoolUsage(NDIS_HANDLE PoolHandle)
{
	struct pool5 *pool = PoolHandle;

	if (ndis_object_kind(PoolHandle) != NDIS_KIND_PACKET_POOL)
		return 0;
	return __atomic_load_n(&pool->used, __ATOMIC_ACQUIRE);
}

VOID NdisAllocatePacket(PNDIS_STATUS Status, PNDIS_PACKET *Packet, NDIS_HANDLE PoolHandle)
{
	struct pool5 *pool = PoolHandle;
	struct packet_storage *storage;

	*Packet = NULL;
	*Status = NDIS_STATUS_FAILURE;
	if (ndis_object_kind(PoolHandle) != NDIS_KIND_PACKET_POOL ||
	    !ndis_check_irql(pool->adapter, DISPATCH_LEVEL, 14, "NdisAllocatePacket"))
		return;
	*Status = NDIS_STATUS_RESOURCES;
	if (!ndis_may_describe())
		return;
	if (!pool_get(pool)) {
		ndis_note_starved();
		return;
	}
	storage = calloc(1, pool->packet_bytes);
	if (storage == NULL) {
		pool_put(pool);
		return;
	}
	storage->pool = pool;
	storage->packet.Private.Pool = pool;
	storage->packet.Private.NdisPacketOobOffset = pool->oob_offset;
	storage->tracked.is_out = is_out;
	storage->tracked.forget = forget;
	ndis_track(pool->adapter, &storage->tracked);
	*Packet = &storage->packet;
	*Status = NDIS_STATUS_SUCCESS;
}

VOID NdisFreePacket(PNDIS_PACKET Packet)
{
	struct packet_storage *storage = storage_of(Packet);

	if (owner_of(storage) != OWNER_MINIPORT)
		ndis_broken(storage->pool->adapter, 45, (uintptr_t)Packet,
			    "NdisFreePacket: the protocols still have this packet");
	ndis_untrack(storage->pool->adapter, &storage->tracked);
	pool_put(storage->pool);
	free(storage);
}

NDIS_STATUS NdisGetPacketStatus(const NDIS_PACKET *Packet)
{
	const struct packet_storage *storage = storage_of(Packet);
	NDIS_STATUS status = NDIS_OOB_DATA_FROM_PACKET(Packet)->Status;

	if (status == SCRIBBLED)
		ndis_broken(storage->adapter, 46, (uintptr_t)Packet,
			    "a deserialized miniport read the Status of a packet after indicating "
			    "it");
	return status;
}

/* --- indicating ------------------------------------------------------------------------------- */

/*
 * Takes one packet over: what the miniport says of it, if it may be indicated at all.
 * The out-of-band status is the host's from here on.
 */
static NDIS_STATUS take_over(struct ndis_adapter *adapter, PNDIS_PACKET packet)
{
	struct packet_storage *storage = storage_of(packet);
	NDIS_STATUS status = NDIS_OOB_DATA_FROM_PACKET(packet)->Status;

	if (status != NDIS_STATUS_SUCCESS && status != NDIS_STATUS_RESOURCES)
		ndis_broken(adapter, 46, (uintptr_t)packet,
			    "a packet was indicated without its Status being set: it is 0x%08x",
			    (unsigned int)status);
	storage->adapter = adapter;
	if (!adapter->five.serialized)
		NDIS_SET_PACKET_STATUS(packet, SCRIBBLED);
	return status;
}

/* R42: the first RESOURCES packet, and what follows it, stay the miniport's.  Returns: how many
 * come before. */
static UINT split(struct ndis_adapter *adapter, PPNDIS_PACKET packets, UINT n)
{
	UINT given = n;

	for (UINT i = 0; i < n; i++) {
		NDIS_STATUS status = take_over(adapter, packets[i]);

		if (status == NDIS_STATUS_RESOURCES && given == n)
			given = i;
		else if (status != NDIS_STATUS_RESOURCES && given != n)
			ndis_broken(adapter, 42, (uintptr_t)packets[i],
				    "packet %u of an array is not RESOURCES, but packet %u is: it "
				    "stays the miniport's and is not returned",
				    i, given);
	}
	return given;
}

static void deliver(struct ndis_adapter *adapter, PPNDIS_PACKET packets, UINT n, bool cannot_keep)
{
	if (n > 0 && adapter->protocol.receive_packets != NULL)
		adapter->protocol.receive_packets(adapter->protocol.ctx, packets, n, cannot_keep);
}

/* Numbers packets, for the pool that the host keeps. */
static void take(struct ndis_adapter *adapter, PPNDIS_PACKET packets, UINT n, bool borrowed)
{
	enum { BATCH = 64 };

	for (UINT from = 0; from < n; from += BATCH) {
		uint32_t ids[BATCH] = {0}, nr = n - from < BATCH ? n - from : BATCH;

		autopool_take(adapter->autopool, ids, nr, borrowed);
		for (uint32_t i = 0; i < nr; i++)
			storage_of(packets[from + i])->id = ids[i];
	}
}

static void indicate_given(struct ndis_adapter *adapter, PPNDIS_PACKET packets, UINT n)
{
	enum owner owner = adapter->five.serialized ? OWNER_LENT : OWNER_PROTOCOL;

	for (UINT i = 0; i < n; i++) {
		storage_of(packets[i])->sum = sum_of(storage_of(packets[i]));
		set_owner(storage_of(packets[i]), owner);
	}
	__atomic_add_fetch(&adapter->indicated, n, __ATOMIC_ACQ_REL);
	take(adapter, packets, n, false);
	deliver(adapter, packets, n, false);
	/* Without DESERIALIZE the Status says what became of each (R46). */
	for (UINT i = 0; i < n && owner == OWNER_LENT; i++) {
		NDIS_SET_PACKET_STATUS(packets[i], NDIS_STATUS_PENDING);
		if (pass(storage_of(packets[i]), OWNER_LENT, OWNER_PROTOCOL))
			continue;
		NDIS_SET_PACKET_STATUS(packets[i], NDIS_STATUS_SUCCESS);
		pass(storage_of(packets[i]), OWNER_EARLY, OWNER_MINIPORT);
	}
}

static void indicate_borrowed(struct ndis_adapter *adapter, PPNDIS_PACKET packets, UINT n)
{
	for (UINT i = 0; i < n; i++)
		set_owner(storage_of(packets[i]), OWNER_BORROWED);
	if (n > 0)
		__atomic_store_n(&adapter->borrowed, 1, __ATOMIC_RELEASE);
	take(adapter, packets, n, true);
	deliver(adapter, packets, n, true);
	for (UINT i = 0; i < n; i++)
		pass(storage_of(packets[i]), OWNER_BORROWED, OWNER_MINIPORT);
}

/*
 * The packets of an array that can be indicated: those that are out already, or come a second time,
 * are left out (R45).
 *	good  room for n
 * Returns: how many those are.
 */
static UINT sift(struct ndis_adapter *adapter, PPNDIS_PACKET packets, UINT n, PPNDIS_PACKET good)
{
	static uint64_t indications;
	uint64_t number = __atomic_add_fetch(&indications, 1, __ATOMIC_RELAXED);
	UINT nr_good = 0;

	for (UINT i = 0; i < n; i++) {
		struct packet_storage *storage = storage_of(packets[i]);

		if (owner_of(storage) != OWNER_MINIPORT) {
			ndis_broken(adapter, 45, (uintptr_t)packets[i],
				    "a packet that the protocols have was indicated again");
		} else if (storage->indicated == number) {
			ndis_broken(adapter, 45, (uintptr_t)packets[i],
				    "packet %u of an array is in it twice", i);
		} else {
			storage->indicated = number;
			good[nr_good++] = packets[i];
		}
	}
	return nr_good;
}

/* Only pointers: after the first call packets may be the miniport's again, and reused. */
static void indicate(struct ndis_adapter *adapter, PPNDIS_PACKET packets, UINT n)
{
	UINT given = split(adapter, packets, n);

	indicate_given(adapter, packets, given);
	indicate_borrowed(adapter, packets + given, n - given);
}

VOID NdisMIndicateReceivePacket(NDIS_HANDLE MiniportAdapterHandle, PPNDIS_PACKET ReceivePackets,
				UINT NumberOfPackets)
{
	static const char where[] = "NdisMIndicateReceivePacket";
	struct ndis_adapter *adapter = ndis5_adapter_from(MiniportAdapterHandle, 42, where);
	NDIS_PACKET *few[64];
	PPNDIS_PACKET good = few;
	UINT given;

	if (adapter == NULL)
		return;
	ndis_check_irql(adapter, DISPATCH_LEVEL, 14, where);
	if (NumberOfPackets == 0) {
		ndis_broken(adapter, 42, 0, "%s was called with no packet", where);
		return;
	}
	if (adapter->driver->functions5.ReturnPacketHandler == NULL) {
		ndis_broken(adapter, 44, 0,
			    "%s was called by a driver that registered no MiniportReturnPacket",
			    where);
		return;
	}
	ndis_callback()->refused = 0;
	/* The array is the miniport's, and stays as it is. */
	if (NumberOfPackets > ARRAYSIZE(few))
		good = calloc(NumberOfPackets, sizeof(PNDIS_PACKET));
	if (good == NULL)
		return;
	given = sift(adapter, ReceivePackets, NumberOfPackets, good);
	if (given != 0)
		indicate(adapter, good, given);
	if (good != few)
		free(good);
}

/* --- giving back ------------------------------------------------------------------------------ */

/* Returns: whether the miniport is to be told. */
static bool come_back(struct packet_storage *storage)
{
	uint32_t id = storage->id; /* read before it may be used again */

	if (owner_of(storage) == OWNER_PROTOCOL)
		check_sum(storage);
	if (pass(storage, OWNER_PROTOCOL, OWNER_MINIPORT)) {
		__atomic_sub_fetch(&storage->adapter->indicated, 1, __ATOMIC_ACQ_REL);
		autopool_return(storage->adapter->autopool, &id, 1);
		return true;
	}
	if (pass(storage, OWNER_LENT, OWNER_EARLY)) {
		__atomic_sub_fetch(&storage->adapter->indicated, 1, __ATOMIC_ACQ_REL);
		autopool_return(storage->adapter->autopool, &id, 1);
		return false;
	}
	if (owner_of(storage) == OWNER_BORROWED)
		ndis_broken(storage->adapter, 44, (uintptr_t)&storage->packet,
			    "a packet that was indicated RESOURCES was returned");
	else
		ndis_broken(storage->adapter, 61, (uintptr_t)&storage->packet,
			    "a packet was returned twice");
	return false;
}

VOID NdisReturnPackets(PNDIS_PACKET *PacketsToReturn, UINT NumberOfPackets)
{
	for (UINT i = 0; i < NumberOfPackets; i++) {
		struct packet_storage *storage = storage_of(PacketsToReturn[i]);
		struct ndis_adapter *adapter = storage->adapter;
		struct ndis_adapter *before = ndis_enter_adapter(adapter);

		if (come_back(storage))
			ndis5_return(adapter, PacketsToReturn[i]);
		ndis_leave_adapter(before);
	}
}
