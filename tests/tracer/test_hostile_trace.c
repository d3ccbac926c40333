/* SPDX-License-Identifier: MIT */
/*
 * Traces that are damaged, or made to hurt, under the decoder and everything else of ours that
 * reads one: the short form of `make fuzz`.
 *
 * HOSTILE_RUNS and HOSTILE_SEED choose more mutations, or others; a failure prints both.
 */
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/tools/hostile_trace.h"
#include "tracer/recording.h"

#include <cmocka.h>

#define SECONDS_MAX 60 /* for one part: a hang, however slow the machine */
#define MEMORY_MAX  (UINT64_C(192) << 20)
#define PART	    50 /* inputs a process */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MEMORY 1 /* a sanitizer maps terabytes */
#else
#define OWN_MEMORY 0
#endif

struct seen {
	unsigned long next, events, ends;
};

static unsigned long seed = 1, runs = 250;
static struct seen *seen; /* shared with the process that reads */
static char folder[64];

static uint32_t draw(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*state >> 33) % below;
}

static void mutate(uint8_t *bytes, size_t *nr, uint64_t *state)
{
	static const uint64_t absurd[] = {0, UINT64_MAX, INT64_MAX, UINT32_MAX, 1ull << 31, 7};
	size_t at = draw(state, (uint32_t)*nr), left = *nr - at;
	size_t some = 1 + draw(state, 64);

	some = some < left ? some : left;
	switch (draw(state, 5)) {
	case 0:
		bytes[at] ^= (uint8_t)(1 << draw(state, 8));
		break;
	case 1:
		memcpy(bytes + at, &absurd[draw(state, 6)], some < 8 ? some : 8);
		break;
	case 2:
		memmove(bytes + at, bytes + at + some, left - some);
		*nr -= *nr > some + 4 ? some : 0;
		break;
	case 3: /* the head of a packet, where the sizes are */
		at = at - at % CTF_PAGE + 4 + draw(state, 92);
		if (at < *nr)
			bytes[at] = (uint8_t)draw(state, 256);
		break;
	default:
		for (size_t i = 0; i < some; i++)
			bytes[at + i] = (uint8_t)draw(state, 256);
	}
}

/* Input number i: a seed of any flags, none to three times damaged. */
static void read_input(unsigned long i)
{
	uint64_t state = seed * 1000003 + i;
	unsigned flags = draw(&state, 2 * HOSTILE_RAW_METADATA);
	uint8_t *bytes;
	size_t nr = hostile_seed(flags, draw(&state, HOSTILE_SHAPES), &bytes);

	if (flags & HOSTILE_ODD_FIELDS && draw(&state, 2))
		bytes[4 + draw(&state, HOSTILE_FIELDS)] = (uint8_t)draw(&state, HOSTILE_SHAPES);
	for (uint32_t times = draw(&state, 4); times; times--)
		mutate(bytes, &nr, &state);
	hostile_try(folder, bytes, nr);
	free(bytes);
}

static void child(unsigned long first)
{
	const struct rlimit memory = {MEMORY_MAX, MEMORY_MAX};

	if (!OWN_MEMORY)
		setrlimit(RLIMIT_AS, &memory);
	alarm(SECONDS_MAX);
	if (!freopen("/dev/null", "w", stderr)) /* what Babeltrace says at its end */
		_exit(1);
	/* What Babeltrace had when it gave up is not given back: the next input is another child's.
	 */
	for (; seen->next < first + PART && seen->next < runs && !hostile_ends; seen->next++)
		read_input(seen->next);
	seen->events += hostile_events;
	seen->ends += hostile_ends;
	_exit(0);
}

static void mutated_traces_neither_crash_nor_hang_nor_take_memory(void **state)
{
	(void)state;
#ifdef __SANITIZE_THREAD__
	skip(); /* it knows no jump out of a signal handler, and bounds no memory */
#endif
	while (seen->next < runs) {
		int status;
		pid_t pid = fork();

		if (!pid)
			child(seen->next);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status)
			fail_msg("HOSTILE_SEED=%lu, input %lu: wait status %d", seed, seen->next,
				 status);
	}
	print_message("# %lu inputs, %lu events, %lu ends in Babeltrace\n", runs, seen->events,
		      seen->ends);
	/* Most of them can be read at least in part. */
	assert_true(seen->events > runs);
}

/* What is not damaged is read to its end, so that the mutations begin somewhere. */
static void whole_trace_gives_all_its_events(void **state)
{
	uint8_t *bytes;
	size_t nr = hostile_seed(0, 0, &bytes);

	(void)state;
	hostile_events = 0;
	hostile_try(folder, bytes, nr);
	assert_int_equal(hostile_events, 3 * (CTF_EVENTS - 4) + 2);
	free(bytes);
	nr = hostile_seed(HOSTILE_VPID | HOSTILE_SALVAGED | HOSTILE_WINDOW, 0, &bytes);
	hostile_try(folder, bytes, nr);
	assert_int_equal(hostile_events, 2 * (3 * (CTF_EVENTS - 4) + 2));
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_trace_gives_all_its_events),
		cmocka_unit_test(mutated_traces_neither_crash_nor_hang_nor_take_memory),
	};
	int failed;

	if (getenv("HOSTILE_SEED"))
		seed = strtoul(getenv("HOSTILE_SEED"), NULL, 10);
	if (getenv("HOSTILE_RUNS"))
		runs = strtoul(getenv("HOSTILE_RUNS"), NULL, 10);
	seen = mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(folder, sizeof(folder), "/dev/shm/poolscope-hostile-%d", (int)getpid());
	if (seen == MAP_FAILED || mkdir(folder, 0700))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	recording_remove_folder(folder); /* one that reads may have died in the middle */
	return failed;
}
