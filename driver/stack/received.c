/* SPDX-License-Identifier: MIT */
#include "driver/stack/received.h"

/* --- NDIS 6: net buffer lists, given back in a chain ------------------------------------------ */

static struct extent extent_of_list(void *frame)
{
	PNET_BUFFER nb = NET_BUFFER_LIST_FIRST_NB((PNET_BUFFER_LIST)frame);

	return (struct extent){NET_BUFFER_CURRENT_MDL(nb), NET_BUFFER_CURRENT_MDL_OFFSET(nb),
			       NET_BUFFER_DATA_LENGTH(nb)};
}

static void give_back_lists(NDIS_HANDLE binding, void **frames, uint32_t n)
{
	PNET_BUFFER_LIST chain = NULL;

	for (uint32_t i = 0; i < n; i++) {
		PNET_BUFFER_LIST nbl = frames[i];

		NET_BUFFER_LIST_NEXT_NBL(nbl) = chain;
		chain = nbl;
	}
	if (chain != NULL)
		NdisReturnNetBufferLists(binding, chain,
					 NDIS_CURRENT_IRQL() == DISPATCH_LEVEL
						 ? NDIS_RETURN_FLAGS_DISPATCH_LEVEL
						 : 0);
}

const struct received_kind received_lists = {extent_of_list, give_back_lists};

/* --- NDIS 5: packets, given back in an array -------------------------------------------------- */

static struct extent extent_of_packet(void *frame)
{
	struct extent extent = {0};

	NdisQueryPacket(frame, NULL, NULL, &extent.mdl, &extent.len_bytes);
	return extent;
}

static void give_back_packets(NDIS_HANDLE binding, void **frames, uint32_t n)
{
	NdisReturnPackets((PNDIS_PACKET *)frames, n);
}

const struct received_kind received_packets = {extent_of_packet, give_back_packets};
