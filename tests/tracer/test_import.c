/* SPDX-License-Identifier: MIT */
/* An import that fails says why, whatever fails; and one that only finds what another left does
 * not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/tools/ctf.h"
#include "tracer/import.h"

/* What Babeltrace has in hand when it refuses metadata it does not give back. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static char top[64], dir[128], db[128];
static struct import_state *state;

static int make_folders(void **unused)
{
	snprintf(top, sizeof(top), "/tmp/poolscope-import-XXXXXX");
	if (!mkdtemp(top))
		return 1;
	snprintf(dir, sizeof(dir), "%s/trace", top);
	snprintf(db, sizeof(db), "%s/x.db", top);
	state = calloc(1, sizeof(*state));
	snprintf(state->scratch, sizeof(state->scratch), "%s", top);
	return !state || mkdir(dir, 0700);
}

static int remove_folders(void **unused)
{
	char command[128];

	free(state);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	return system(command);
}

/* A trace of one packet a stream, with some events; damage() may change its bytes. */
static void make_trace(const struct ctf_layout *layout, void (*damage)(struct ctf_stream *s))
{
	struct ctf_stream s = {.stream = 0};

	ctf_write_metadata(dir, layout);
	ctf_begin(&s, layout->uuid, 100);
	for (uint64_t i = 0; i < 4; i++)
		ctf_whole(&s, CTF_TICK, 200 + i, 0, i, 1);
	ctf_end(&s, 300);
	if (damage)
		damage(&s);
	ctf_file(dir, "alloc_0", s.bytes, s.nr);
	free(s.bytes);
}

static int run(struct trace_list *list, struct db_error *err)
{
	const struct store_options options = {.all_named = true, .append = true};
	struct db_error ignored;
	struct store *store;
	int ret;

	assert_int_equal(store_open(db, &options, &store, err), 0);
	memset(err, 0, sizeof(*err));
	ret = import_run(store, list, state, err);
	store_close(store, STORE_END_FAILED, NULL, &ignored);
	return ret;
}

/* Nothing of it can be read, and both places that a user is told from say why. */
static void fails_with(const char *words)
{
	const char *paths[] = {dir};
	struct trace_list list;
	struct db_error err;

	assert_int_equal(trace_list_find(&list, paths, 1, &err), 0);
	assert_int_equal(run(&list, &err), -EIO);
	assert_non_null(strstr(err.text, words));
	assert_int_equal(atomic_load(&state->nr_truncated), 1);
	assert_non_null(strstr(state->why, words));
	trace_list_release(&list);
}

static const struct ctf_layout whole = {.uuid = 0x22};

static void metadata_that_is_empty_is_told(void **unused)
{
	make_trace(&whole, NULL);
	ctf_file(dir, "metadata", "", 0);
	fails_with("its metadata is empty");
}

static void metadata_that_is_none_is_told(void **unused)
{
	make_trace(&whole, NULL);
	ctf_file(dir, "metadata", "something else", 14);
	fails_with("its metadata is cut off or damaged");
}

static void metadata_that_babeltrace_does_not_take_is_told(void **unused)
{
	make_trace(&whole, NULL);
	ctf_file(dir, "metadata", "/* CTF 1.8 */ nonsense {", 24);
	fails_with("Babeltrace: cannot open the trace: ");
}

static void zero_magic(struct ctf_stream *s)
{
	memset(s->bytes, 0, 4);
}

static void a_stream_without_a_whole_packet_is_named(void **unused)
{
	const char *paths[] = {dir};
	struct trace_list list;
	struct db_error err;

	make_trace(&whole, zero_magic);
	assert_int_equal(trace_list_find(&list, paths, 1, &err), 0);
	assert_int_equal(run(&list, &err), 0);
	assert_int_equal(atomic_load(&state->nr_truncated), 1);
	assert_non_null(strstr(state->why, "alloc_0 is cut off or damaged"));
	trace_list_release(&list);
}

static void odd_stream(struct ctf_stream *s)
{
	s->bytes[20] = 77; /* the stream's number */
}

static void a_stream_that_is_not_declared_is_told(void **unused)
{
	make_trace(&whole, odd_stream);
	fails_with("Babeltrace: cannot open the trace: ");
}

static void a_scratch_folder_that_is_not_there_is_told(void **unused)
{
	make_trace(&whole, zero_magic);
	snprintf(state->scratch, sizeof(state->scratch), "%s/nowhere", top);
	fails_with("Babeltrace: cannot open the trace: ");
}

static const char *one_as_text(int nr, void *ctx)
{
	return nr >= 14 ? "string { encoding = UTF8; } %s" : NULL;
}

static void an_event_of_ours_with_other_fields_is_told(void **unused)
{
	make_trace(&(struct ctf_layout){.uuid = 0x22, .declare = one_as_text}, NULL);
	fails_with("poolscope:tick");
}

static void a_trace_that_ended_the_process_before_is_not_failed_again(void **unused)
{
	const char *paths[] = {dir};
	struct trace_list list;
	struct db_error err;

	make_trace(&whole, NULL);
	assert_int_equal(trace_list_find(&list, paths, 1, &err), 0);
	atomic_store(&state->group, 1);
	atomic_store(&state->nr_truncated, 1);
	assert_int_equal(run(&list, &err), 0); /* what there is to say is said already */
	assert_string_equal(err.text, "");
	trace_list_release(&list);
}

static void a_whole_trace_is_read(void **unused)
{
	const char *paths[] = {dir};
	struct trace_list list;
	struct db_error err;

	make_trace(&whole, NULL);
	assert_int_equal(trace_list_find(&list, paths, 1, &err), 0);
	assert_int_equal(run(&list, &err), 0);
	assert_int_equal(atomic_load(&state->events), 4);
	assert_int_equal(atomic_load(&state->nr_truncated), 0);
	trace_list_release(&list);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folders, remove_folders)
	const struct CMUnitTest tests[] = {
		IN_FOLDER(metadata_that_is_empty_is_told),
		IN_FOLDER(metadata_that_is_none_is_told),
		IN_FOLDER(metadata_that_babeltrace_does_not_take_is_told),
		IN_FOLDER(a_stream_without_a_whole_packet_is_named),
		IN_FOLDER(a_stream_that_is_not_declared_is_told),
		IN_FOLDER(a_scratch_folder_that_is_not_there_is_told),
		IN_FOLDER(an_event_of_ours_with_other_fields_is_told),
		IN_FOLDER(a_trace_that_ended_the_process_before_is_not_failed_again),
		IN_FOLDER(a_whole_trace_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
