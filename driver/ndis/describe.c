/* SPDX-License-Identifier: MIT */
/* What descriptors of memory show: that they run out, that buffers share lines, that frames are
 * written to while they are out. */
#include "driver/ndis/internal.h"

bool ndis_may_describe(void)
{
	struct ndis_callback *in = ndis_callback();

	if (!in->limited)
		return true;
	if (in->descriptors == 0) {
		ndis_note_starved();
		return false;
	}
	in->descriptors--;
	return true;
}

void ndis_note_starved(void)
{
	ndis_callback()->starved = true;
}

static uintptr_t line_of(uintptr_t at)
{
	return at / NdisGetSharedDataAlignment();
}

static bool share_line(const struct ndis_callback *in, uintptr_t first, uintptr_t after)
{
	if (first >= in->after)
		return line_of(first) == line_of(in->after - 1);
	return after <= in->first && line_of(after - 1) == line_of(in->first);
}

void ndis_check_line(PVOID va, ULONG length)
{
	struct ndis_callback *in = ndis_callback();
	struct ndis_adapter *adapter = ndis_current_adapter();
	uintptr_t first = (uintptr_t)va, after = first + length;
	struct shared_block block, other;

	if (!ndis_verifies() || adapter == NULL || length == 0)
		return;
	/* Buffers are described in a row: a neighbour is the one before. */
	if (in->after != 0 && share_line(in, first, after) && ledger_find(adapter, va, &block) &&
	    ledger_find(adapter, (PVOID)in->first, &other) && block.va == other.va)
		ndis_broken(adapter, 38, first,
			    "the buffers at offsets %zu and %zu of a block of %u bytes share a "
			    "cache line",
			    (size_t)(in->first - (uintptr_t)block.va),
			    (size_t)(first - (uintptr_t)block.va), block.length);
	in->first = first;
	in->after = after;
}

bool ndis_describes(const MDL *mdl, uintptr_t first, uintptr_t after)
{
	for (; mdl != NULL; mdl = mdl->Next) {
		uintptr_t at = (uintptr_t)mdl->MappedSystemVa;

		if (at >= first && at < after)
			return true;
	}
	return false;
}

uintptr_t ndis_frame_sum(const MDL *mdl, ULONG offset, ULONG length)
{
	enum { WORDS = 8 };
	uint64_t word, sum = length;
	const PUCHAR at = mdl != NULL ? (PUCHAR)mdl->MappedSystemVa + offset : NULL;

	if (!ndis_verifies() || at == NULL || offset >= mdl->ByteCount)
		return 0;
	if (length > mdl->ByteCount - offset)
		length = mdl->ByteCount - offset;
	/* The headers: whoever writes a frame writes those. */
	for (ULONG i = 0; i < WORDS && (i + 1) * sizeof(word) <= length; i++) {
		memcpy(&word, at + i * sizeof(word), sizeof(word));
		sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	}
	return (uintptr_t)(sum | 1);
}
