/* SPDX-License-Identifier: MIT */
#ifndef DMA_H
#define DMA_H
/*
 * A bus address space: what a bus-master device can reach.  Memory is mapped at a bus address that
 * has nothing to do with its virtual one; a device names bus addresses only.  An access that is not
 * wholly inside one live mapping is a fault: nothing is moved, it is counted and reported.
 *
 * Bus addresses are handed out upwards and come round only when the window is used up, so that an
 * address freed a moment ago is not somebody else's already: the stray access shows.
 *
 * Thread: any.  An access and an unmap of the same memory exclude each other, as an IOMMU's
 *	   invalidation waits for accesses in flight.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An address on the bus; a type of its own, so that it is not taken for a pointer or a length. */
typedef struct {
	uint64_t value;
} bus_addr_t;

static inline bus_addr_t bus_addr(uint64_t value)
{
	return (bus_addr_t){value};
}

static inline bus_addr_t bus_addr_add(bus_addr_t base, uint64_t offset_bytes)
{
	return (bus_addr_t){base.value + offset_bytes};
}

enum dma_direction { DMA_READ, DMA_WRITE };

struct dma_fault {
	bus_addr_t addr;
	size_t len_bytes;
	enum dma_direction direction;
	bool was_mapped; /* the address belonged to a mapping once: memory used after its free */
};

struct dma_space; /* opaque */

/* Returns: an empty space, or NULL when memory is out. */
struct dma_space *dma_space_open(void);
/* Mappings that are left are forgotten; their memory is their owners'. */
void dma_space_close(struct dma_space *space);

/* One thread alone uses the space from now on: it need not lock.  Before the first use. */
void dma_space_alone(struct dma_space *space);

/*
 * Maps len_bytes at va, at a bus address that is a multiple of 4096.
 *	below_4g   the device drives 32 address lines only
 * Owns:    the caller keeps the memory, and keeps it alive until dma_space_unmap().
 * Returns: 0 and *addr; -EINVAL len 0; -ENOSPC the window is full; -ENOMEM.
 */
int dma_space_map(struct dma_space *space, void *va, size_t len_bytes, bool below_4g,
		  bus_addr_t *addr);

/* Returns: 0, no access is in flight any more; -ENOENT no mapping begins at addr. */
int dma_space_unmap(struct dma_space *space, bus_addr_t addr);

/* The device's accesses.  Returns: 0, or -EFAULT, counted and reported. */
int dma_read(struct dma_space *space, bus_addr_t addr, void *to, size_t len_bytes);
int dma_write(struct dma_space *space, bus_addr_t addr, const void *from, size_t len_bytes);

/*
 * Writes one aligned 32-bit word after everything written before it: whoever reads the word with
 * acquire sees the data it announces.
 */
int dma_publish(struct dma_space *space, bus_addr_t addr, uint32_t word);

/*
 * The device that masters this space is gone: from here on its accesses fail, and that is nobody's
 * fault.  Mappings stay, and may be made and unmade.
 */
void dma_space_detach(struct dma_space *space);

uint64_t dma_space_faults(struct dma_space *space);

/* Calls report(ctx, fault) at each fault, with the space's lock held: it may not use the space. */
void dma_space_on_fault(struct dma_space *space,
			void (*report)(void *ctx, const struct dma_fault *fault), void *ctx);

#endif
