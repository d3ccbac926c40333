/* SPDX-License-Identifier: MIT */
/* async6.c, but for the frees: there are none. */
#include <ndis.h>

#define NdisMFreeSharedMemory(handle, length, cached, va, pa) ((void)(handle), (void)(va))
#include "async6.c"
