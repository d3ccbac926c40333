/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_NDIS6_H
#define MINIPORT_NDIS6_H
/* The NDIS 6 face of the driver. */
#include "adapter.h"

DRIVER_INITIALIZE DriverEntry;

#endif
