/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "driver/ndis/rules.h"

#define HOST   NDIS_BINDS_HOST
#define DRIVER NDIS_BINDS_DRIVER
#define BOTH   NDIS_BINDS_BOTH

/* One sentence a rule; tests/tools/rules.py reads this table, too. */
static const struct ndis_rule rules[NDIS_RULES + 1] = {
	/* request and completion */
	[1] = {BOTH, "a request that returned PENDING gets exactly one completion, with memory or "
		     "without"},
	[2] = {BOTH, "a request that was refused gets no completion, so nothing may wait for one"},
	[3] = {DRIVER, "a refusal is not for ever: the same call may succeed later, and a driver "
		       "asks again"},
	[4] = {DRIVER, "every status other than PENDING is a refusal, not FAILURE alone"},
	[5] = {HOST, "the completion never runs on the requesting thread before the request "
		     "returns"},
	[6] = {DRIVER, "the completion may run on another processor before the request returns: "
		       "what it needs is in place before the call"},
	[7] = {HOST, "the completion gets the adapter's context and the request's Context, "
		     "unchanged"},
	[8] = {DRIVER, "VirtualAddress NULL alone says that the allocation failed; then "
		       "PhysicalAddress is not to be read"},
	[9] = {HOST, "a failed completion still has the Length and Context of its request"},
	[10] = {BOTH, "a completion's Length is the one that was requested, and memory is freed "
		      "with it"},
	[11] = {DRIVER, "the PhysicalAddress pointer is valid inside the completion only: its "
			"value is to be copied"},
	[12] = {HOST, "completions run at PASSIVE_LEVEL in NDIS 6, and at any level up to "
		      "DISPATCH_LEVEL in NDIS 5"},
	[13] = {DRIVER, "nothing waits above PASSIVE_LEVEL"},
	[14] = {BOTH,
		"requests and most other calls are made at DISPATCH_LEVEL or below; a callback "
		"returns at the level it was called at, without a spin lock"},
	[15] = {DRIVER, "requests complete in any order and are told apart by their Context"},
	[16] = {DRIVER, "several requests may be outstanding at once, and limits count them"},
	[17] = {BOTH, "a driver that registered no completion function makes no asynchronous "
		      "request"},
	[18] = {DRIVER, "no callback runs after the halt function returned: it waits for every "
			"pending request first"},
	/* handles, arguments, the synchronous call */
	[19] = {DRIVER, "each call takes its own kind of handle: requests of NDIS 6 the DMA "
			"handle, frees the adapter handle"},
	[20] = {DRIVER, "memory is freed with the Length, Cached and addresses of its allocation"},
	[21] = {DRIVER, "only a whole, live block can be freed, and only once"},
	[22] = {BOTH, "NdisMAllocateSharedMemoryAsyncEx is called while scatter/gather DMA is "
		      "registered, neither before nor after"},
	[23] = {BOTH, "NdisMAllocateSharedMemory is called at PASSIVE_LEVEL in the initialize "
		      "function, and there it may be tried again with less"},
	[24] = {DRIVER, "shared memory is freed at DISPATCH_LEVEL or below"},
	[25] = {BOTH, "DMA is registered once, by a bus master, with a description of the right "
		      "type, revision and size"},
	[26] = {HOST, "NDIS 6 ignores Cached, NDIS 5 honours it"},
	/* growing, shrinking, the limit */
	[27] = {DRIVER, "what is live and what is pending stay below the upper limit together"},
	[28] = {DRIVER, "a request is made only at or below the low mark, then soon, and at most "
			"a few in one pass"},
	[29] = {DRIVER, "dynamic blocks are freed only at or above the high mark"},
	[30] = {DRIVER, "the marks are further apart than one block, so that one grant does not "
			"cross both"},
	[31] = {DRIVER, "a steady load neither allocates nor frees"},
	[32] = {DRIVER, "every shortage restarts the delay before a block is freed"},
	[33] = {DRIVER, "before the halt dynamic blocks alone are freed"},
	[34] = {DRIVER, "what was allocated in the initialize function lives until the halt"},
	[35] = {DRIVER, "a block is freed when all of its buffers are home, from the protocols "
			"and from the device"},
	[36] = {DRIVER, "a granted block for which descriptors cannot be had is freed at once"},
	[37] = {DRIVER, "a block that comes above the limit, or after a pause or halt began, is "
			"freed and not used"},
	[38] = {DRIVER, "no two buffers share a cache line: start and distance are multiples of "
			"the alignment"},
	[39] = {DRIVER, "a buffer has the same offset in its block's virtual and bus addresses: "
			"the device is told no other"},
	/* when memory is short */
	[40] = {DRIVER, "after a failed allocation, while few buffers are left, frames are "
			"indicated RESOURCES and not dropped"},
	[41] = {DRIVER, "once buffers are replenished, frames are indicated without RESOURCES "
			"again"},
	[42] = {BOTH, "in an NDIS 5 array the first RESOURCES packet and all that follow stay the "
		      "miniport's"},
	[43] = {DRIVER, "in NDIS 6 RESOURCES covers the whole chain of an indication, so such "
			"frames get one of their own"},
	[44] = {BOTH, "RESOURCES frames are the miniport's again when the indication returns, and "
		      "do not come through the return function"},
	[45] = {DRIVER, "an indicated frame is not touched, indicated again or freed before it is "
			"returned"},
	[46] = {DRIVER, "a deserialized NDIS 5 miniport does not read a packet's Status after "
			"indicating it"},
	[47] = {DRIVER, "frames may come back on any thread, during the indication, and mixed with "
			"those of others"},
	/* halt, pause, a failed start */
	[48] = {DRIVER, "a halt stops DMA, deregisters the interrupt, waits for requests and "
			"frames, frees memory and deregisters DMA, in this order"},
	[49] = {DRIVER, "memory that arrives while the halt waits is freed as any other, and "
			"counted"},
	[50] = {BOTH, "after the halt no block, request or frame is left, nor a handle, mapping or "
		      "memory that the miniport took; after the unload nothing at all"},
	[51] = {DRIVER, "the halt waits as long as it takes, and says so while it does"},
	[52] = {DRIVER, "the last thing a completion does with the adapter is to let the halt go "
			"on, exactly once"},
	[53] = {DRIVER, "a failed start releases all that it took; the halt function is not "
			"called then"},
	[54] = {DRIVER, "a pause ends when every frame is back; until the restart none is "
			"indicated and no request made"},
	[55] = {DRIVER, "the shutdown function stops the device and frees nothing"},
	[56] = {DRIVER, "after a surprise removal memory is freed as usual, and no register is "
			"touched"},
	/* identities of the books, true at every quiet moment */
	[57] = {BOTH, "requests = refused + pending + completed with memory + completed without"},
	[58] = {BOTH, "blocks allocated = blocks live + blocks freed"},
	[59] = {BOTH, "bytes allocated - bytes freed = bytes live, which never exceed their peak"},
	[60] = {DRIVER, "every buffer is with the device, in the driver or with the protocols: "
			"none is lost on its way back"},
	[61] = {BOTH, "frames indicated = kept + RESOURCES, and what is kept comes back once"},
	[62] = {DRIVER, "completions with memory = used + not wrapped + over the limit + late"},
	[63] = {BOTH, "there are as many lead times as completions"},
	[64] = {DRIVER, "the receive path makes no more requests than there were shortages, and "
			"frees no more blocks than were granted"},
	[65] = {DRIVER, "between indications the device has at least the reserve"},
};

const struct ndis_rule *ndis_rule(uint16_t number)
{
	return number >= 1 && number <= NDIS_RULES ? &rules[number] : NULL;
}
