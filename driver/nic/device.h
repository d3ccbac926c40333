/* SPDX-License-Identifier: MIT */
#ifndef DEVICE_H
#define DEVICE_H
/*
 * What any device model is to the rest of the machine: a window of registers, a bus master in an
 * address space, an interrupt line, and a wire that frames arrive on.  The layer that hosts drivers
 * sees this interface only; a model is added by writing another set of operations and a struct
 * device_model, which whoever builds a machine passes on (machine_config.model).
 *
 * Thread: read, write: any.  receive, step: the wire's owner, one thread.  The model has its own
 *	   lock and calls nothing but the address space and the interrupt line while it holds it.
 */
#include <stdbool.h>
#include <stdint.h>

#include "driver/nic/dma.h"

struct device;

struct device_counts {
	uint64_t stored;	/* in memory, announced to the driver */
	uint64_t no_descriptor; /* dropped: the receive ring was empty */
	uint64_t fifo;		/* dropped: the device's own buffer was full */
	uint64_t refused;	/* lost otherwise: receiving off, too long, or an access failed */
	uint64_t unheard;	/* of these: receiving was off */
	uint64_t faults;	/* its own accesses that failed */
};

struct device_ops {
	const char *name;
	uint32_t register_bytes; /* size of the register window */
	bool reaches_64_bit;	 /* drives more than 32 address lines */

	uint32_t (*read)(struct device *device, uint32_t offset);
	void (*write)(struct device *device, uint32_t offset, uint32_t value);

	/* A frame comes in on the wire.  Returns: whether it was stored or may still be. */
	bool (*receive)(struct device *device, const void *frame, uint32_t len_bytes);
	/* A moment passes: an interrupt that moderation held back is raised. */
	void (*step)(struct device *device);
	void (*count)(struct device *device, struct device_counts *counts);
	void (*close)(struct device *device);
};

/* The line is level triggered: raise() is called as long as an enabled cause stands. */
struct irq_line {
	void (*raise)(void *ctx);
	void *ctx;
};

struct device {
	const struct device_ops *ops;
	struct dma_space *space;
	struct irq_line line;
	bool alone; /* one thread does all of the above: the model need not lock */
};

/* What can be put on a bus. */
struct device_model {
	uint32_t frame_bytes; /* longest frame that it takes from the wire */
	/*
	 * A device after reset, that masters the bus of space; its line is wired afterwards.
	 * Owns:    the caller; space must outlive it.  Given back with ops->close().
	 * Returns: the device, or NULL when memory is out.
	 */
	struct device *(*open)(struct dma_space *space);
};

#endif
