/* SPDX-License-Identifier: MIT */
/* receive6.c, but for a bit of each frame that it turns over before it indicates it. */
#include <ndis.h>

#undef NdisAdjustMdlLength
#define NdisAdjustMdlLength(mdl, length)                                                           \
	do {                                                                                       \
		((PUCHAR)MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority))[40] ^= 1;          \
		(mdl)->ByteCount = (length);                                                       \
	} while (0)
#include "receive6.c"
