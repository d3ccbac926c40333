/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_NDIS5_H
#define MINIPORT_NDIS5_H
/* The NDIS 5 face of the driver. */
#include "adapter.h"

/* The DriverEntry of a driver that would have this face alone. */
DRIVER_INITIALIZE ndis5_driver_entry;

#endif
