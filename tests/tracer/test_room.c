/* SPDX-License-Identifier: MIT */
/* Babeltrace's arrays have room for values that metadata names later. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <malloc.h>

#include <babeltrace2/babeltrace.h>

#include "tracer/room.h"

/* The public beginning of GLib's GArray. */
struct array {
	char *data;
	unsigned len;
};

static struct array *make(unsigned element_bytes)
{
	struct array *(*new)(int, int, unsigned);

	*(void **)&new = dlsym(RTLD_DEFAULT, "g_array_new");
	return new (0, 1, element_bytes);
}

static void drop(struct array *array)
{
	char *(*array_free)(struct array *, int);

	*(void **)&array_free = dlsym(RTLD_DEFAULT, "g_array_free");
	array_free(array, 1);
}

static void stored_values_have_room(void **state)
{
	struct array *array = make(8);

	(void)state;
	assert_true(bt_version_get_major() == 2);
	assert_true(room_is_made());
	assert_int_equal(array->len, 0);
	assert_true(malloc_usable_size(array->data) >= ROOM_VALUES * sizeof(uint64_t));
	drop(array);
}

static void other_arrays_are_as_they_were(void **state)
{
	struct array *array = make(24);

	(void)state;
	assert_int_equal(array->len, 0);
	assert_true(malloc_usable_size(array->data) < ROOM_VALUES);
	drop(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stored_values_have_room),
		cmocka_unit_test(other_arrays_are_as_they_were),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
