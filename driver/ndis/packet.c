/* SPDX-License-Identifier: MIT */
/* Net buffer lists and MDLs: making them, indicating them, giving them back. */
#include <stdlib.h>

#include "driver/ndis/holdings.h"
#include "driver/ndis/internal.h"

/* Who has a list, kept in NdisReserved[0]. */
enum owner { OWNER_MINIPORT, OWNER_PROTOCOL, OWNER_BORROWED };

/* Frames that are looked at together. */
enum { BATCH = 64 };

struct nbl_pool {
	struct ndis_object object;
	struct ndis_adapter *adapter;
	uint32_t lists;	 /* atomic: allocated and not freed */
	uint32_t behind; /* atomic: of them those that came back behind others, and rest since */
};

/* A list and its only net buffer, in one piece. */
struct nbl_storage {
	NET_BUFFER_LIST list;
	NET_BUFFER buffer;
	struct ndis_tracked tracked;
	uintptr_t sum;	    /* of the frame while it is out */
	uint64_t indicated; /* the number of the indication that it was in last */
	bool was_lent;	    /* it was indicated RESOURCES last */
	bool behind;	    /* it came back behind others in a chain, and was not used since */
};

static struct nbl_storage *storage_of(PNET_BUFFER_LIST nbl)
{
	return CONTAINING_RECORD(nbl, struct nbl_storage, list);
}

static enum owner owner_of(const NET_BUFFER_LIST *nbl)
{
	return (enum owner)(uintptr_t)__atomic_load_n(&nbl->NdisReserved[0], __ATOMIC_ACQUIRE);
}

static void set_owner(PNET_BUFFER_LIST nbl, enum owner owner)
{
	__atomic_store_n(&nbl->NdisReserved[0], (PVOID)(uintptr_t)owner, __ATOMIC_RELEASE);
}

static bool is_out(const struct ndis_tracked *tracked, uintptr_t first, uintptr_t after)
{
	const struct nbl_storage *storage = CONTAINING_RECORD(tracked, struct nbl_storage, tracked);

	if (owner_of(&storage->list) == OWNER_MINIPORT)
		return false;
	for (const NET_BUFFER *nb = storage->list.FirstNetBuffer; nb != NULL; nb = nb->Next) {
		if (ndis_describes(nb->MdlChain, first, after))
			return true;
	}
	return false;
}

static void forget(struct ndis_tracked *tracked)
{
	free(CONTAINING_RECORD(tracked, struct nbl_storage, tracked));
}

static uintptr_t sum_of(const NET_BUFFER_LIST *nbl)
{
	const NET_BUFFER *nb = nbl->FirstNetBuffer;

	return nb != NULL ? ndis_frame_sum(nb->CurrentMdl, nb->CurrentMdlOffset, nb->DataLength)
			  : 0;
}

void ndis_mdl_init(PMDL mdl, PVOID va, ULONG length)
{
	mdl->Size = sizeof(*mdl);
	mdl->MappedSystemVa = va;
	mdl->ByteOffset = (ULONG)((uintptr_t)va & 4095u);
	mdl->StartVa = (PUCHAR)va - mdl->ByteOffset;
	mdl->ByteCount = length;
}

PMDL NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length)
{
	const struct ndis_adapter *owner = NULL;
	PMDL mdl = ndis_may_describe() ? calloc(1, sizeof(*mdl)) : NULL;

	if (ndis_object_kind(NdisHandle) == NDIS_KIND_ADAPTER)
		owner = NdisHandle;
	if (mdl == NULL || !holdings_add(mdl, HOLDING_MDL, owner, sizeof(*mdl), 0)) {
		free(mdl);
		return NULL;
	}
	ndis_mdl_init(mdl, VirtualAddress, Length);
	ndis_check_line(VirtualAddress, Length);
	return mdl;
}

VOID NdisFreeMdl(PMDL Mdl)
{
	holdings_remove(Mdl);
	free(Mdl);
}

NDIS_HANDLE NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle,
					  PNET_BUFFER_LIST_POOL_PARAMETERS Parameters)
{
	struct nbl_pool *pool;

	if (Parameters->Header.Type != NDIS_OBJECT_TYPE_DEFAULT || Parameters->Header.Revision == 0)
		return NULL;
	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return NULL;
	if (ndis_object_kind(NdisHandle) == NDIS_KIND_ADAPTER)
		pool->adapter = NdisHandle;
	ndis_object_add(&pool->object, NDIS_KIND_NBL_POOL);
	return pool;
}

VOID NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle)
{
	struct nbl_pool *pool = PoolHandle;
	uint32_t lists, behind;

	if (ndis_object_kind(PoolHandle) != NDIS_KIND_NBL_POOL)
		return;
	lists = __atomic_load_n(&pool->lists, __ATOMIC_ACQUIRE);
	behind = __atomic_load_n(&pool->behind, __ATOMIC_ACQUIRE);
	if (lists != 0 && behind != 0)
		ndis_broken(pool->adapter, 60, behind,
			    "NdisFreeNetBufferListPool: %u lists of the pool are not freed, of "
			    "which %u came back behind others in a chain, and were not used since",
			    lists, behind);
	else if (lists != 0)
		ndis_broken(pool->adapter, 50, lists,
			    "NdisFreeNetBufferListPool: %u lists of the pool are not freed", lists);
	ndis_object_remove(&pool->object);
	free(pool);
}

PNET_BUFFER_LIST NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
					   USHORT ContextBackFill)
{
	PNET_BUFFER_LIST list = NdisAllocateNetBufferAndNetBufferList(PoolHandle, ContextSize,
								      ContextBackFill, NULL, 0, 0);

	if (list != NULL)
		list->FirstNetBuffer = NULL;
	return list;
}

PNET_BUFFER_LIST NdisAllocateNetBufferAndNetBufferList(NDIS_HANDLE PoolHandle, USHORT ContextSize,
						       USHORT ContextBackFill, PMDL MdlChain,
						       ULONG DataOffset, SIZE_T DataLength)
{
	struct nbl_pool *pool = PoolHandle;
	struct nbl_storage *storage;

	if (ndis_object_kind(PoolHandle) != NDIS_KIND_NBL_POOL || !ndis_may_describe())
		return NULL;
	storage = calloc(1, sizeof(*storage));
	if (storage == NULL)
		return NULL;
	__atomic_add_fetch(&pool->lists, 1, __ATOMIC_ACQ_REL);
	storage->list.FirstNetBuffer = &storage->buffer;
	storage->list.NdisPoolHandle = PoolHandle;
	storage->buffer.NdisPoolHandle = PoolHandle;
	storage->buffer.MdlChain = MdlChain;
	storage->buffer.CurrentMdl = MdlChain;
	storage->buffer.CurrentMdlOffset = DataOffset;
	storage->buffer.DataOffset = DataOffset;
	storage->buffer.DataLength = (ULONG)DataLength;
	storage->tracked.is_out = is_out;
	storage->tracked.forget = forget;
	ndis_track(pool->adapter, &storage->tracked);
	return &storage->list;
}

static void set_behind(PNET_BUFFER_LIST nbl, bool behind)
{
	struct nbl_storage *storage = storage_of(nbl);
	struct nbl_pool *pool = nbl->NdisPoolHandle;

	if (storage->behind == behind)
		return;
	storage->behind = behind;
	__atomic_add_fetch(&pool->behind, behind ? 1 : -1, __ATOMIC_ACQ_REL);
}

VOID NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList)
{
	struct nbl_pool *pool = NetBufferList->NdisPoolHandle;

	if (owner_of(NetBufferList) != OWNER_MINIPORT)
		ndis_broken(pool->adapter, 45, (uintptr_t)NetBufferList,
			    "NdisFreeNetBufferList: the protocols still have this list");
	set_behind(NetBufferList, false);
	ndis_untrack(pool->adapter, &storage_of(NetBufferList)->tracked);
	__atomic_sub_fetch(&pool->lists, 1, __ATOMIC_ACQ_REL);
	free(storage_of(NetBufferList));
}

/*
 * Leaves out of a chain what cannot be indicated, since it is out already (R45); a chain that comes
 * back to one of its own lists ends there.
 *	named  how many lists the chain was said to have
 * Returns: how many are left, of the chain that begins at *chain.
 */
static ULONG sift_chain(struct ndis_adapter *adapter, PNET_BUFFER_LIST *chain, ULONG named)
{
	static uint64_t indications;
	uint64_t number = __atomic_add_fetch(&indications, 1, __ATOMIC_RELAXED);
	ULONG count = 0, out = 0;
	PNET_BUFFER_LIST nbl;

	/* cppcheck-suppress uninitvar ; it is what the caller passed */
	while ((nbl = *chain) != NULL && storage_of(nbl)->indicated != number) {
		if (owner_of(nbl) != OWNER_MINIPORT) {
			ndis_broken(adapter, 45, (uintptr_t)nbl,
				    "a list that the protocols have was indicated again");
			*chain = nbl->Next;
			/* Its link may be the protocols' by now, who may have made a ring. */
			if (++out > named)
				*chain = NULL;
			continue;
		}
		storage_of(nbl)->indicated = number;
		count++;
		chain = &nbl->Next;
	}
	if (nbl != NULL)
		ndis_broken(adapter, 45, (uintptr_t)nbl,
			    "a list is in its chain twice: after %u lists the chain comes back to "
			    "it, and was cut there",
			    count);
	else if (out == 0 && count != named)
		ndis_broken(adapter, 43, count,
			    "NumberOfNetBufferLists is %u, but the chain has %u", named, count);
	*chain = NULL;
	return count;
}

/* Marks a chain of lists that may be indicated. */
static void mark_chain(struct ndis_adapter *adapter, PNET_BUFFER_LIST chain, enum owner owner)
{
	for (PNET_BUFFER_LIST nbl = chain; nbl != NULL; nbl = nbl->Next) {
		if (nbl->Status == NDIS_STATUS_RESOURCES && owner == OWNER_PROTOCOL)
			ndis_broken(adapter, 43, (uintptr_t)nbl,
				    "a list is marked RESOURCES by its Status, in an indication "
				    "without the flag, which alone says so in NDIS 6");
		set_behind(nbl, false);
		storage_of(nbl)->was_lent = owner == OWNER_BORROWED;
		storage_of(nbl)->sum = owner == OWNER_PROTOCOL ? sum_of(nbl) : 0;
		set_owner(nbl, owner);
		nbl->SourceHandle = adapter;
	}
}

/* Numbers the frames of a chain, for the pool that the host keeps. */
static void take_chain(struct autopool *pool, PNET_BUFFER_LIST chain, bool borrowed)
{
	while (chain != NULL) {
		uint32_t ids[BATCH] = {0}, n = 0;
		PNET_BUFFER_LIST first = chain;

		for (; chain != NULL && n < BATCH; chain = chain->Next)
			n++;
		autopool_take(pool, ids, n, borrowed);
		for (uint32_t i = 0; i < n; i++, first = first->Next)
			first->NdisReserved[1] = (PVOID)(uintptr_t)ids[i];
	}
}

static void return_chain(struct autopool *pool, PNET_BUFFER_LIST chain)
{
	uint32_t ids[BATCH], n = 0;

	for (; chain != NULL; chain = chain->Next) {
		if (owner_of(chain) == OWNER_PROTOCOL)
			ids[n++] = (uint32_t)(uintptr_t)chain->NdisReserved[1];
		if (n == BATCH || (n > 0 && chain->Next == NULL)) {
			autopool_return(pool, ids, n);
			n = 0;
		}
	}
}

/* A RESOURCES chain is the miniport's again; how the protocols left its links does not matter. */
static void take_back(struct ndis_adapter *adapter, PNET_BUFFER_LIST *lists, ULONG count)
{
	ndis_frames_lock(adapter);
	for (ULONG i = 0; i < count; i++)
		set_owner(lists[i], OWNER_MINIPORT);
	ndis_frames_unlock(adapter);
}

static void indicate_borrowed(struct ndis_adapter *adapter, PNET_BUFFER_LIST chain, ULONG flags)
{
	PNET_BUFFER_LIST lists[BATCH];

	/* In pieces, so that each list can be found again whatever the protocol does to Next. */
	while (chain != NULL) {
		PNET_BUFFER_LIST head = chain, last = NULL;
		ULONG count = 0;

		for (; chain != NULL && count < BATCH; chain = chain->Next) {
			lists[count++] = chain;
			last = chain;
		}
		last->Next = NULL;
		adapter->protocol.receive(adapter->protocol.ctx, adapter, head, count, flags);
		take_back(adapter, lists, count);
		for (ULONG i = 0; i < count; i++)
			lists[i]->Next = i + 1 < count ? lists[i + 1] : chain;
	}
}

VOID NdisMIndicateReceiveNetBufferLists(NDIS_HANDLE MiniportAdapterHandle,
					PNET_BUFFER_LIST NetBufferLists,
					NDIS_PORT_NUMBER PortNumber, ULONG NumberOfNetBufferLists,
					ULONG ReceiveFlags)
{
	struct ndis_adapter *adapter =
		ndis6_adapter_from(MiniportAdapterHandle, 43, "NdisMIndicateReceiveNetBufferLists");
	bool borrowed = NDIS_TEST_RECEIVE_CANNOT_PEND(ReceiveFlags);
	ULONG count;

	if (adapter == NULL || NetBufferLists == NULL)
		return;
	ndis_check_irql(adapter, DISPATCH_LEVEL, 14, "NdisMIndicateReceiveNetBufferLists");
	if (ndis_adapter_state(adapter) == NDIS_ADAPTER_PAUSED)
		ndis_broken(adapter, 54, NumberOfNetBufferLists,
			    "frames were indicated while the adapter was paused");
	ndis_callback()->refused = 0;
	count = sift_chain(adapter, &NetBufferLists, NumberOfNetBufferLists);
	if (count == 0)
		return;
	mark_chain(adapter, NetBufferLists, borrowed ? OWNER_BORROWED : OWNER_PROTOCOL);
	take_chain(adapter->autopool, NetBufferLists, borrowed);
	if (borrowed) {
		__atomic_store_n(&adapter->borrowed, 1, __ATOMIC_RELEASE);
		indicate_borrowed(adapter, NetBufferLists, ReceiveFlags);
		return;
	}
	__atomic_add_fetch(&adapter->indicated, count, __ATOMIC_ACQ_REL);
	adapter->protocol.receive(adapter->protocol.ctx, adapter, NetBufferLists, count,
				  ReceiveFlags);
}

static void check_sum(struct ndis_adapter *adapter, PNET_BUFFER_LIST nbl)
{
	uintptr_t sum = storage_of(nbl)->sum;

	if (sum != 0 && sum != sum_of(nbl))
		ndis_broken(adapter, 45, (uintptr_t)nbl,
			    "a frame that the protocols had comes back with other bytes than it "
			    "was indicated with");
}

/* Leaves out of a chain that comes back what the miniport has already: it would put it on its ring
 * twice (R61). */
static void drop_returned(struct ndis_adapter *adapter, PNET_BUFFER_LIST *link)
{
	PNET_BUFFER_LIST nbl;

	/* cppcheck-suppress uninitvar ; it is what the caller passed */
	while ((nbl = *link) != NULL) {
		if (owner_of(nbl) == OWNER_PROTOCOL || storage_of(nbl)->was_lent) {
			link = &nbl->Next;
			continue;
		}
		ndis_broken(adapter, 61, (uintptr_t)nbl, "a list was returned twice");
		*link = nbl->Next;
	}
}

/* Checks a chain that comes back.  Returns: how many of its lists were out. */
static uint32_t unmark_chain(struct ndis_adapter *adapter, PNET_BUFFER_LIST chain)
{
	uint32_t count = 0;

	for (PNET_BUFFER_LIST nbl = chain; nbl != NULL; nbl = nbl->Next) {
		if (owner_of(nbl) == OWNER_PROTOCOL)
			count++;
		else
			ndis_broken(adapter, 44, (uintptr_t)nbl,
				    "a list that was indicated RESOURCES was returned");
		check_sum(adapter, nbl);
		set_behind(nbl, nbl != chain);
	}
	ndis_frames_lock(adapter);
	for (PNET_BUFFER_LIST nbl = chain; nbl != NULL; nbl = nbl->Next)
		set_owner(nbl, OWNER_MINIPORT);
	ndis_frames_unlock(adapter);
	return count;
}

VOID NdisReturnNetBufferLists(NDIS_HANDLE NdisBindingHandle, PNET_BUFFER_LIST NetBufferLists,
			      ULONG ReturnFlags)
{
	struct ndis_adapter *adapter =
		ndis6_adapter_from(NdisBindingHandle, 44, "NdisReturnNetBufferLists");
	struct ndis_adapter *before;
	const char *outer;
	uint32_t count;

	if (adapter == NULL)
		return;
	before = ndis_enter_adapter(adapter);
	drop_returned(adapter, &NetBufferLists);
	if (NetBufferLists == NULL)
		goto out;
	return_chain(adapter->autopool, NetBufferLists);
	count = unmark_chain(adapter, NetBufferLists);
	/* Before the call: the miniport may complete its pause inside it. */
	__atomic_sub_fetch(&adapter->indicated, count, __ATOMIC_ACQ_REL);
	outer = ndis_callback_begin("MiniportReturnNetBufferLists");
	adapter->driver->functions.ReturnNetBufferListsHandler(adapter->context, NetBufferLists,
							       ReturnFlags);
	ndis_callback_end(outer);
out:
	ndis_leave_adapter(before);
}
