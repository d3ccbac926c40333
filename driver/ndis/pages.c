/* SPDX-License-Identifier: MIT */
#include "driver/ndis/pages.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

/*
 * Where the pages are: below where programs are loaded, above what the sanitizers keep for
 * themselves.  Reserved in one piece; memory comes when it is touched.
 */
#define ARENA_AT    ((void *)0x550000000000)
#define ARENA_BYTES ((size_t)1 << 38)

/* A piece as large as this gives its memory back while nobody has it. */
#define LARGE_BYTES ((size_t)4 << 20)

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define hide(va, bytes) __asan_poison_memory_region(va, bytes)
#define show(va, bytes) __asan_unpoison_memory_region(va, bytes)
#else
#define hide(va, bytes) ((void)(va), (void)(bytes))
#define show(va, bytes) ((void)(va), (void)(bytes))
#endif

struct piece {
	void *va;
	size_t bytes;
};

static struct {
	pthread_mutex_t mutex;
	uint8_t *base; /* NULL until the first use, and when there is no arena */
	bool tried;
	size_t used, live;   /* bytes of it, and pieces that somebody has */
	struct piece *spare; /* given back, the latest last */
	size_t nr_spare, room;
} arena = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static size_t whole_pages(size_t bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* An address that is taken already gives another one: everything works, but runs differ. */
static void reserve(void)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	void *base = mmap(ARENA_AT, ARENA_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);

	arena.tried = true;
	if (base != MAP_FAILED)
		arena.base = base;
}

/* The piece of just this size that was given back last. */
static void *take_spare(size_t bytes)
{
	for (size_t i = arena.nr_spare; i-- > 0;) {
		void *va = arena.spare[i].va;

		if (arena.spare[i].bytes != bytes)
			continue;
		for (arena.nr_spare--; i < arena.nr_spare; i++)
			arena.spare[i] = arena.spare[i + 1];
		return va;
	}
	return NULL;
}

static void *take_fresh(size_t bytes)
{
	void *va;

	if (!arena.tried)
		reserve();
	if (arena.base == NULL || bytes > ARENA_BYTES - arena.used)
		return NULL;
	va = arena.base + arena.used;
	arena.used += bytes;
	return va;
}

static bool is_ours(const void *va)
{
	return arena.base != NULL && (uintptr_t)va - (uintptr_t)arena.base < ARENA_BYTES;
}

static bool make_room(void)
{
	size_t room = arena.room ? arena.room * 2 : 64;
	struct piece *grown;

	if (arena.nr_spare < arena.room)
		return true;
	grown = realloc(arena.spare, room * sizeof(*grown));
	if (grown == NULL)
		return false;
	arena.spare = grown;
	arena.room = room;
	return true;
}

void *pages_alloc(size_t bytes)
{
	void *va;

	bytes = whole_pages(bytes);
	pthread_mutex_lock(&arena.mutex);
	va = take_spare(bytes);
	if (va == NULL)
		va = take_fresh(bytes);
	arena.live += va != NULL;
	pthread_mutex_unlock(&arena.mutex);
	if (va == NULL)
		return aligned_alloc(PAGE_BYTES, bytes);
	show(va, bytes);
	return va;
}

static void give_back(void *va, size_t bytes)
{
	if (bytes >= LARGE_BYTES)
		madvise(va, bytes, MADV_DONTNEED);
	hide(va, bytes);
	/* Without room in the list the piece is lost, not the program. */
	if (make_room())
		arena.spare[arena.nr_spare++] = (struct piece){va, bytes};
	/* The next one who comes finds everything as the first one did. */
	if (--arena.live == 0) {
		arena.nr_spare = 0;
		arena.used = 0;
	}
}

void pages_free(void *va, size_t bytes)
{
	bytes = whole_pages(bytes);
	pthread_mutex_lock(&arena.mutex);
	if (is_ours(va))
		give_back(va, bytes);
	else
		free(va);
	pthread_mutex_unlock(&arena.mutex);
}
