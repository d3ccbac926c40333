/* SPDX-License-Identifier: MIT */
#include "tracer/room.h"

#include <assert.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>

/* GLib's types, as its ABI has them: gboolean is int, guint is unsigned; the array is opaque here.
 */
typedef void *sized_new_fn(int zero_terminated, int clear, unsigned element_bytes,
			   unsigned reserved);

static sized_new_fn *sized_new;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void find_sized_new(void)
{
	*(void **)&sized_new = dlsym(RTLD_DEFAULT, "g_array_sized_new");
	assert(sized_new); /* whoever calls us has GLib */
}

void *g_array_new(int zero_terminated, int clear, unsigned element_bytes);

__attribute__((visibility("default"))) void *g_array_new(int zero_terminated, int clear,
							 unsigned element_bytes)
{
	bool values = !zero_terminated && clear && element_bytes == sizeof(uint64_t);

	pthread_once(&once, find_sized_new);
	return sized_new(zero_terminated, clear, element_bytes, values ? ROOM_VALUES : 0);
}

bool room_is_made(void)
{
	return dlsym(RTLD_DEFAULT, "g_array_new") == (void *)g_array_new;
}
