/* SPDX-License-Identifier: MIT */
#ifndef NIC_H
#define NIC_H
/*
 * The simulated bus-master NIC of docs/nic.md.  It knows registers and bus addresses, nothing of
 * the driver or of the system that the driver runs on.
 */
#include "driver/nic/device.h"

/* Frames that wait inside the device while the driver holds the receive ring (nic.md 5.3). */
#define NIC_FIFO_FRAMES 128u
/* Longest frame that the device takes from the wire (nic.md 1.1). */
#define NIC_FRAME_BYTES 9216u

extern const struct device_model nic_model;

/* nic_model.open */
struct device *nic_open(struct dma_space *space);

#endif
