/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "driver/nic/dma.h"

#define PAGE_BYTES 4096u

struct mapping {
	uint64_t start, len_bytes;
	uint8_t *va;
};

/* Bus addresses [first, end), handed out from next upwards. */
struct window {
	uint64_t first, end, next;
	bool wrapped;
};

struct dma_space {
	pthread_mutex_t mutex;
	bool alone;	      /* there is one thread: nothing is locked */
	struct mapping *maps; /* by start */
	size_t nr_maps, room;
	struct window low, high;
	uint64_t faults;
	bool detached;
	void (*report)(void *ctx, const struct dma_fault *fault);
	void *report_ctx;
};

static void lock(struct dma_space *space)
{
	if (!space->alone)
		pthread_mutex_lock(&space->mutex);
}

static void unlock(struct dma_space *space)
{
	if (!space->alone)
		pthread_mutex_unlock(&space->mutex);
}

void dma_space_alone(struct dma_space *space)
{
	space->alone = true;
}

struct dma_space *dma_space_open(void)
{
	struct dma_space *space = calloc(1, sizeof(*space));

	if (space == NULL)
		return NULL;
	pthread_mutex_init(&space->mutex, NULL);
	/* Neither window holds 0: a device that was never told an address faults. */
	space->low = (struct window){0x00100000u, 0xff000000u, 0x00100000u};
	space->high = (struct window){0x100000000u, 0x10000000000u, 0x100000000u};
	return space;
}

void dma_space_close(struct dma_space *space)
{
	pthread_mutex_destroy(&space->mutex);
	free(space->maps);
	free(space);
}

/* The index of the first mapping that starts after addr. */
static size_t upper_bound(const struct dma_space *space, uint64_t addr)
{
	size_t first = 0, n = space->nr_maps;

	while (n > 0) {
		size_t half = n / 2;

		if (space->maps[first + half].start <= addr) {
			first += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return first;
}

/* The mapping that holds all of [addr, addr + len), or NULL. */
static const struct mapping *find(const struct dma_space *space, uint64_t addr, size_t len)
{
	size_t after = upper_bound(space, addr);
	const struct mapping *map;

	if (after == 0 || space->detached)
		return NULL;
	map = &space->maps[after - 1];
	if (len > map->len_bytes || addr - map->start > map->len_bytes - len)
		return NULL;
	return map;
}

static uint64_t round_up_page(uint64_t len)
{
	return (len + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1);
}

/* The lowest free start at or above `from`; an unmapped page is left after every mapping. */
static uint64_t free_start(const struct dma_space *space, uint64_t from, uint64_t len)
{
	size_t i = upper_bound(space, from);
	uint64_t start = from;

	if (i > 0)
		i--;
	for (; i < space->nr_maps; i++) {
		const struct mapping *map = &space->maps[i];

		if (map->start >= start + len + PAGE_BYTES)
			break;
		if (map->start + map->len_bytes > start || map->start >= start)
			start = round_up_page(map->start + map->len_bytes) + PAGE_BYTES;
	}
	return start;
}

static int choose_start(const struct dma_space *space, struct window *w, uint64_t len,
			uint64_t *start)
{
	*start = free_start(space, w->next, len);
	if (*start + len > w->end) {
		w->wrapped = true;
		*start = free_start(space, w->first, len);
		if (*start + len > w->end)
			return -ENOSPC;
	}
	w->next = *start + round_up_page(len) + PAGE_BYTES;
	return 0;
}

static int make_room(struct dma_space *space)
{
	size_t room = space->room ? space->room * 2 : 64;
	struct mapping *maps;

	if (space->nr_maps < space->room)
		return 0;
	maps = realloc(space->maps, room * sizeof(*maps));
	if (maps == NULL)
		return -ENOMEM;
	space->maps = maps;
	space->room = room;
	return 0;
}

static void insert(struct dma_space *space, struct mapping map)
{
	size_t at = upper_bound(space, map.start);

	memmove(&space->maps[at + 1], &space->maps[at],
		(space->nr_maps - at) * sizeof(space->maps[0]));
	space->maps[at] = map;
	space->nr_maps++;
}

int dma_space_map(struct dma_space *space, void *va, size_t len_bytes, bool below_4g,
		  bus_addr_t *addr)
{
	struct window *window = below_4g ? &space->low : &space->high;
	uint64_t start;
	int error;

	if (len_bytes == 0 || len_bytes > window->end - window->first)
		return len_bytes == 0 ? -EINVAL : -ENOSPC;
	lock(space);
	error = make_room(space);
	if (error == 0)
		error = choose_start(space, window, len_bytes, &start);
	if (error == 0) {
		insert(space, (struct mapping){start, len_bytes, va});
		*addr = bus_addr(start);
	}
	unlock(space);
	return error;
}

int dma_space_unmap(struct dma_space *space, bus_addr_t addr)
{
	size_t at;
	int error = -ENOENT;

	lock(space);
	at = upper_bound(space, addr.value);
	if (at > 0 && space->maps[at - 1].start == addr.value) {
		memmove(&space->maps[at - 1], &space->maps[at],
			(space->nr_maps - at) * sizeof(space->maps[0]));
		space->nr_maps--;
		error = 0;
	}
	unlock(space);
	return error;
}

/* Addresses below the window's next one were handed out at some time. */
static bool was_handed_out(const struct window *w, uint64_t addr)
{
	return addr >= w->first && addr < (w->wrapped ? w->end : w->next);
}

static int fault(struct dma_space *space, bus_addr_t addr, size_t len, enum dma_direction dir)
{
	struct dma_fault what = {addr, len, dir,
				 was_handed_out(&space->low, addr.value) ||
					 was_handed_out(&space->high, addr.value)};

	if (space->detached)
		return -EFAULT;
	space->faults++;
	if (space->report != NULL)
		space->report(space->report_ctx, &what);
	return -EFAULT;
}

static uint8_t *reach(const struct mapping *map, bus_addr_t addr)
{
	return map->va + (addr.value - map->start);
}

int dma_read(struct dma_space *space, bus_addr_t addr, void *to, size_t len_bytes)
{
	const struct mapping *map;
	int error = 0;

	lock(space);
	map = find(space, addr.value, len_bytes);
	if (map != NULL)
		memcpy(to, reach(map, addr), len_bytes);
	else
		error = fault(space, addr, len_bytes, DMA_READ);
	unlock(space);
	return error;
}

int dma_write(struct dma_space *space, bus_addr_t addr, const void *from, size_t len_bytes)
{
	const struct mapping *map;
	int error = 0;

	lock(space);
	map = find(space, addr.value, len_bytes);
	if (map != NULL)
		memcpy(reach(map, addr), from, len_bytes);
	else
		error = fault(space, addr, len_bytes, DMA_WRITE);
	unlock(space);
	return error;
}

int dma_publish(struct dma_space *space, bus_addr_t addr, uint32_t word)
{
	const struct mapping *map = NULL;
	int error = 0;

	lock(space);
	if (addr.value % sizeof(word) == 0)
		map = find(space, addr.value, sizeof(word));
	/* Release: the frame and its descriptor are in memory before the word that announces them.
	 */
	if (map != NULL)
		__atomic_store_n((uint32_t *)(void *)reach(map, addr), word, __ATOMIC_RELEASE);
	else
		error = fault(space, addr, sizeof(word), DMA_WRITE);
	unlock(space);
	return error;
}

void dma_space_detach(struct dma_space *space)
{
	pthread_mutex_lock(&space->mutex);
	space->detached = true;
	pthread_mutex_unlock(&space->mutex);
}

uint64_t dma_space_faults(struct dma_space *space)
{
	uint64_t faults;

	lock(space);
	faults = space->faults;
	unlock(space);
	return faults;
}

void dma_space_on_fault(struct dma_space *space,
			void (*report)(void *ctx, const struct dma_fault *fault), void *ctx)
{
	lock(space);
	space->report = report;
	space->report_ctx = ctx;
	unlock(space);
}
