/* SPDX-License-Identifier: MIT */
/* Metadata that comes in pieces, as a live session's does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/tools/ctf.h"
#include "tracer/metadata.h"

#define SESSION "poolscope-7-8"

static const char *const wanted[] = {"poolscope:tick", "poolscope:rx_take", NULL};
static const char *const more[] = {"poolscope:tick", "poolscope:not_yet", NULL};
static char top[64], dir[256], path[300];

static int make_folders(void **state)
{
	snprintf(top, sizeof(top), "/tmp/poolscope-metadata-XXXXXX");
	if (!mkdtemp(top))
		return 1;
	snprintf(dir, sizeof(dir), "%s/" SESSION "-2026", top);
	snprintf(path, sizeof(path), "%s/metadata", dir);
	return mkdir(dir, 0700);
}

static int remove_folders(void **state)
{
	unlink(path);
	return rmdir(dir) || rmdir(top);
}

/* The text in packets of `piece` bytes each, so that names are cut anywhere; up to `nr` bytes. */
static void write_pieces(size_t piece, size_t nr)
{
	const struct ctf_layout layout = {.uuid = 0x22};
	char *text = NULL;
	size_t size, at;
	FILE *f = open_memstream(&text, &size);
	struct ctf_stream s = {0};

	ctf_metadata(f, &layout);
	fclose(f);
	for (at = 0; at < size && at < nr; at += piece) {
		size_t len = size - at < piece ? size - at : piece;

		ctf_int(&s, 0x75d11d57, 4);
		ctf_int(&s, 0, 8);
		ctf_int(&s, 0, 8);
		ctf_int(&s, 0, 4);
		ctf_int(&s, 8 * (37 + len), 4);
		ctf_int(&s, 8 * (40 + len), 4);
		ctf_int(&s, 0, 3);
		ctf_int(&s, 0x0801, 2);
		ctf_put(&s, text + at, len);
		ctf_int(&s, 0, 3);
	}
	ctf_file(dir, "metadata", s.bytes, s.nr);
	free(s.bytes);
	free(text);
}

static void names_are_found_wherever_packets_end(void **state)
{
	struct db_error err;

	for (size_t piece = 5; piece < 60; piece++) {
		write_pieces(piece, SIZE_MAX);
		assert_int_equal(metadata_check(dir, &err), 0);
		assert_true(metadata_is_complete(top, SESSION, wanted));
		assert_false(metadata_is_complete(top, SESSION, more));
	}
}

static void a_part_is_not_all(void **state)
{
	struct db_error err;

	assert_false(metadata_is_complete(top, SESSION, wanted)); /* nothing is there yet */
	ctf_file(dir, "metadata", "", 0);
	assert_false(metadata_is_complete(top, SESSION, wanted));
	write_pieces(50, 1000);
	assert_int_equal(metadata_check(dir, &err), 0);
	assert_false(metadata_is_complete(top, SESSION, wanted));
	assert_false(metadata_is_complete(top, "poolscope-7-9", wanted));
}

static void what_does_not_change_any_more_is_all_there_will_be(void **state)
{
	struct timeval old[2] = {{.tv_sec = time(NULL) - 60}, {.tv_sec = time(NULL) - 60}};

	write_pieces(50, 1000);
	assert_false(metadata_is_complete(top, SESSION, wanted));
	assert_int_equal(utimes(path, old), 0);
	assert_true(metadata_is_complete(top, SESSION, wanted));
	/* Nothing at all is not all there will be. */
	ctf_file(dir, "metadata", "", 0);
	assert_int_equal(utimes(path, old), 0);
	assert_false(metadata_is_complete(top, SESSION, wanted));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names_are_found_wherever_packets_end, make_folders,
						remove_folders),
		cmocka_unit_test_setup_teardown(a_part_is_not_all, make_folders, remove_folders),
		cmocka_unit_test_setup_teardown(what_does_not_change_any_more_is_all_there_will_be,
						make_folders, remove_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
