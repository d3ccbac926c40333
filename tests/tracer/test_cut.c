/* SPDX-License-Identifier: MIT */
/* Streams that are cut into pieces, and read to the same end as whole ones. */
#include "tests/db/compare.h"

#include <errno.h>
#include <sys/stat.h>

#include "tests/tools/ctf.h"
#include "tracer/cut.h"
#include "tracer/piece_metadata.h"
#include "tracer/reading.h"

#define PACKETS 40
#define EVENTS	25 /* a packet */
#define PIECE	((uint64_t)3 * CTF_PAGE)

/* A trace of two streams, of which rx_0 is to be cut. */
struct trace {
	char folder[64], dir[80], index[96], scratch[80];
	struct ctf_stream alloc, rx;
	uint64_t entries[PACKETS][9];
	size_t nr;
};

/* What goes wrong, and at which packet. */
struct trouble {
	unsigned discards_at; /* LTTng says that it had no room */
	unsigned skips_at;    /* a packet is missing */
	unsigned back_at;     /* time goes back */
	unsigned nonsense_at; /* an event nobody declared */
};

/* As LTTng-UST declares what rx_take ends with. */
static const char *lttngs_words(int nr, void *ctx)
{
#define OF(bits)                                                                                   \
	"integer { size = " bits "; align = 8; signed = 0; encoding = none; base = 10; } %s"
	int before = 0, field;

	for (int i = 0; i < CTF_TAKE; i++)
		for (int k = 0; ctf_events[i].fields[k]; k++)
			before++;
	field = nr - before;
	return field == 3 || field == 4 ? OF("16") : field == 5 ? OF("32") : NULL;
}

static void begin(struct trace *t, bool in_lttngs_words)
{
	struct ctf_layout layout = {.uuid = 7, .declare = in_lttngs_words ? lttngs_words : NULL};

	*t = (struct trace){.rx.stream = 1};
	strcpy(t->folder, "/tmp/poolscope-test-XXXXXX");
	assert_non_null(mkdtemp(t->folder));
	snprintf(t->dir, sizeof(t->dir), "%s/trace", t->folder);
	snprintf(t->index, sizeof(t->index), "%s/index", t->dir);
	snprintf(t->scratch, sizeof(t->scratch), "%s/scratch", t->folder);
	assert_int_equal(mkdir(t->dir, 0700), 0);
	assert_int_equal(mkdir(t->index, 0700), 0);
	assert_int_equal(mkdir(t->scratch, 0700), 0);
	ctf_write_metadata(t->dir, &layout);
}

static void end(struct trace *t)
{
	static const char *const names[] = {"trace/metadata",	    "trace/alloc_0", "trace/rx_0",
					    "trace/index/rx_0.idx", "a.db",	     "b.db"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", t->folder, names[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(t->scratch), 0); /* nothing was left there */
	rmdir(t->index);
	rmdir(t->dir);
	assert_int_equal(rmdir(t->folder), 0);
	free(t->alloc.bytes);
	free(t->rx.bytes);
}

/* As LTTng's index has it. */
static void note_packet(struct trace *t, uint64_t from_ns, uint64_t to_ns)
{
	struct ctf_stream *s = &t->rx;
	uint64_t content, size;
	uint64_t *e = t->entries[t->nr++];

	memcpy(&content, s->bytes + s->packet + 48, 8);
	memcpy(&size, s->bytes + s->packet + 56, 8);
	e[0] = s->packet;
	e[1] = size;
	e[2] = content;
	e[3] = from_ns;
	e[4] = to_ns;
	e[5] = s->discarded;
	e[6] = 1;
	e[7] = 0;
	e[8] = s->number - 1;
}

static void write_index(const struct trace *t)
{
	uint32_t head[4] = {htobe32(0xc1f1dcc1), htobe32(1), htobe32(1), htobe32(72)};
	uint64_t entries[PACKETS][9];
	unsigned char all[sizeof(head) + sizeof(entries)];

	for (size_t i = 0; i < t->nr; i++)
		for (size_t k = 0; k < 9; k++)
			entries[i][k] = htobe64(t->entries[i][k]);
	memcpy(all, head, sizeof(head));
	memcpy(all + sizeof(head), entries, sizeof(entries));
	ctf_file(t->index, "rx_0.idx", all, sizeof(head) + t->nr * 72);
}

/* Each of its numbers is another one. */
static void put_take(struct ctf_stream *s, uint64_t ns, uint64_t seq)
{
	ctf_pool(s, CTF_TAKE, ns, 0, seq);
	ctf_int(s, 3, 4);
	for (unsigned i = 0; i < 3; i++)
		ctf_int(s, 100 * i + seq % 100, 4);
	ctf_int(s, 3, 2);
	ctf_int(s, seq % 3, 2);
	ctf_int(s, 70000 + seq, 4);
}

/* One pool: what it is in alloc_0, takes and returns in rx_0, told in turn by seq. */
static void fill(struct trace *t, const struct trouble *trouble)
{
	uint64_t seq = 0, ns = 1000;

	ctf_begin(&t->alloc, 7, ns);
	ctf_whole(&t->alloc, CTF_OPEN, ns, 0, seq++, 1);
	ctf_whole(&t->alloc, CTF_TICK, ++ns, 0, seq++, 1);
	for (unsigned p = 1; p <= PACKETS; p++) {
		uint64_t from_ns = ns;

		if (p == trouble->skips_at)
			t->rx.number++;
		if (p == trouble->discards_at) {
			t->rx.discarded += 5;
			seq += 5;
		}
		if (p == trouble->back_at)
			from_ns = ns -= 500;
		ctf_begin(&t->rx, 7, from_ns);
		for (unsigned i = 0; i < EVENTS; i++) {
			ns += 100;
			if (p == trouble->nonsense_at && i == EVENTS / 2)
				ctf_int(&t->rx, 0xfff0, 2);
			if (i == EVENTS / 2)
				ctf_whole(&t->alloc, CTF_TICK, ns, 0, seq++, p);
			else if (i % 2)
				ctf_whole(&t->rx, CTF_RETURN, ns, 0, seq++, i);
			else
				put_take(&t->rx, ns, seq++);
		}
		ctf_end(&t->rx, ns);
		note_packet(t, from_ns, ns);
	}
	ctf_whole(&t->alloc, CTF_CLOSE, ++ns, 0, seq++, 1);
	ctf_end(&t->alloc, ns);
	ctf_file(t->dir, "alloc_0", t->alloc.bytes, t->alloc.nr);
	ctf_file(t->dir, "rx_0", t->rx.bytes, t->rx.nr);
	write_index(t);
}

/* Returns: what reading_run() did. */
static int read_trace(const struct trace *t, const char *name, const struct reading_cut *cut,
		      char *path, size_t room)
{
	const struct store_options options = {.all_named = true, .append = true};
	const char *dir = t->dir;
	struct db_error err = {""};
	struct reading *reading;
	struct store *store;
	int ret;

	snprintf(path, room, "%s/%s", t->folder, name);
	assert_int_equal(store_open(path, &options, &store, &err), 0);
	if (reading_open(store, &dir, 1, cut, &reading, &err))
		fail_msg("%s", err.text);
	ret = reading_run(reading, &err);
	reading_close(reading);
	assert_int_equal(store_close(store, STORE_END_COMPLETE, NULL, &err), 0);
	return ret;
}

/* Cut and whole, it ends with `expect` and with the same rows.  Returns: how many pieces. */
static size_t expect_same_of(bool in_lttngs_words, struct trouble trouble, int expect,
			     int64_t events)
{
	struct cut_piece *pieces;
	char whole[128], cut[128];
	struct trace t;
	size_t nr;

	begin(&t, in_lttngs_words);
	fill(&t, &trouble);
	nr = cut_stream(t.dir, "rx_0", PIECE, &pieces);
	free(pieces);
	assert_int_equal(read_trace(&t, "a.db", NULL, whole, sizeof(whole)), expect);
	assert_int_equal(
		read_trace(&t, "b.db", &(struct reading_cut){t.scratch, PIECE}, cut, sizeof(cut)),
		expect);
	if (events)
		assert_int_equal(fixture_int(whole, "SELECT count(*) FROM event"), events);
	compare_equal(whole, cut, "whole and cut");
	end(&t);
	return nr;
}

static size_t expect_same(struct trouble trouble, int expect, int64_t events)
{
	return expect_same_of(false, trouble, expect, events);
}

static void pieces_say_what_the_whole_says(void **state)
{
	(void)state;
	assert_in_range(expect_same((struct trouble){0}, 0, 2 + PACKETS * EVENTS + 1), PACKETS / 4,
			PACKETS / 3 + 1);
}

static void fields_that_are_read_as_one_say_the_same(void **state)
{
	static const char name[] = "_" PIECE_TAKEN ";";
	char *text;
	struct trace t;

	(void)state;
	begin(&t, true);
	text = piece_metadata(t.dir);
	assert_non_null(text);
	assert_non_null(strstr(text, name));
	assert_null(strstr(strstr(text, name) + 1, name));
	assert_null(strstr(text, "_frames;"));
	assert_non_null(strstr(text, "poolscope:rx_return"));
	free(text);
	end(&t);
	assert_true(expect_same_of(true, (struct trouble){0}, 0, 2 + PACKETS * EVENTS + 1) > 1);
}

/* Words that nobody knows are left as they are. */
static void other_metadata_is_that_of_the_trace(void **state)
{
	struct trace t;
	char path[128];

	(void)state;
	begin(&t, false);
	assert_null(piece_metadata(t.dir));
	snprintf(path, sizeof(path), "%s/metadata", t.dir);
	assert_int_equal(truncate(path, 0), 0);
	assert_null(piece_metadata(t.dir));
	assert_null(piece_metadata("/nowhere"));
	end(&t);
}

/* There the stream is not cut, or the loss would be nobody's. */
static void losses_stay_where_they_are(void **state)
{
	(void)state;
	for (unsigned at = 2; at < 10; at++) {
		assert_true(expect_same((struct trouble){.discards_at = at}, 0,
					2 + PACKETS * EVENTS + 1) < 6);
		assert_true(expect_same((struct trouble){.skips_at = at}, 0,
					2 + PACKETS * EVENTS + 1) > 6);
	}
}

static void streams_that_cannot_be_read_end_at_the_same_event(void **state)
{
	(void)state;
	for (unsigned at = 1; at <= PACKETS; at += 6) {
		assert_true(expect_same((struct trouble){.nonsense_at = at}, -EIO, 0) > 1);
		if (at > 1)
			assert_true(expect_same((struct trouble){.back_at = at}, -EIO, 0) > 1);
	}
}

static size_t pieces_of(const struct trace *t)
{
	struct cut_piece *pieces;
	size_t nr = cut_stream(t->dir, "rx_0", PIECE, &pieces);
	uint64_t at = 0;

	for (size_t i = 0; i < nr; i++) {
		assert_int_equal(pieces[i].from, at);
		at += pieces[i].bytes;
	}
	if (nr)
		assert_int_equal(at, t->rx.nr);
	else
		assert_null(pieces);
	free(pieces);
	return nr;
}

/* Whichever of its numbers is wrong: the packets say otherwise. */
static void index_that_lies_leaves_the_stream_whole(void **state)
{
	struct trace t;
	char path[128];

	(void)state;
	begin(&t, false);
	fill(&t, &(struct trouble){0});
	assert_true(pieces_of(&t) > 1);
	for (size_t k = 0; k < 9; k++) {
		for (size_t i = 0; i < PACKETS; i += 13) {
			t.entries[i][k] ^= 8;
			write_index(&t);
			assert_int_equal(pieces_of(&t), 0);
			t.entries[i][k] ^= 8;
		}
	}
	t.nr--; /* of a packet it knows nothing */
	write_index(&t);
	assert_int_equal(pieces_of(&t), 0);
	ctf_file(t.index, "rx_0.idx", "no index", 8);
	assert_int_equal(pieces_of(&t), 0);
	snprintf(path, sizeof(path), "%s/rx_0.idx", t.index);
	unlink(path);
	assert_int_equal(pieces_of(&t), 0);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_say_what_the_whole_says),
		cmocka_unit_test(fields_that_are_read_as_one_say_the_same),
		cmocka_unit_test(other_metadata_is_that_of_the_trace),
		cmocka_unit_test(losses_stay_where_they_are),
		cmocka_unit_test(streams_that_cannot_be_read_end_at_the_same_event),
		cmocka_unit_test(index_that_lies_leaves_the_stream_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
