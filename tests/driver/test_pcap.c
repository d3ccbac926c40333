/* SPDX-License-Identifier: MIT */
/* Replay of captures, written here byte by byte: formats, gaps, and files that are broken. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/traffic/traffic.h"

#define FILE_ROOM  65536u
#define NR_PACKETS 5u

static char why[SPEC_WHY_BYTES];
static char path[] = "/tmp/poolscope-test-pcap-XXXXXX";

/* --- writing ---------------------------------------------------------------------------------- */

struct image {
	bool swapped; /* the other byte order */
	bool nano;    /* times in nanoseconds */
	uint32_t len;
	uint8_t bytes[FILE_ROOM];
};

static void put_bytes(struct image *f, const void *bytes, uint32_t len)
{
	assert_true(f->len + len <= FILE_ROOM);
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void put_16(struct image *f, uint16_t value)
{
	value = f->swapped ? __builtin_bswap16(value) : value;
	put_bytes(f, &value, sizeof(value));
}

static void put_32(struct image *f, uint32_t value)
{
	value = f->swapped ? __builtin_bswap32(value) : value;
	put_bytes(f, &value, sizeof(value));
}

static void classic_begin(struct image *f, bool swapped, bool nano, uint32_t link)
{
	*f = (struct image){.swapped = swapped, .nano = nano};
	put_32(f, nano ? 0xa1b23c4d : 0xa1b2c3d4);
	put_16(f, 2);
	put_16(f, 4);
	put_32(f, 0);
	put_32(f, 0);
	put_32(f, 65535);
	put_32(f, link);
}

static void classic_packet(struct image *f, uint64_t ns, const void *bytes, uint32_t captured,
			   uint32_t len)
{
	put_32(f, (uint32_t)(ns / 1000000000));
	put_32(f, (uint32_t)(ns % 1000000000 / (f->nano ? 1 : 1000)));
	put_32(f, captured);
	put_32(f, len);
	put_bytes(f, bytes, captured);
}

static void ng_begin(struct image *f, bool swapped, bool nano)
{
	*f = (struct image){.swapped = swapped, .nano = nano};
	put_32(f, 0x0a0d0d0a);
	put_32(f, 28);
	put_32(f, 0x1a2b3c4d);
	put_16(f, 1);
	put_16(f, 0);
	put_32(f, UINT32_MAX);
	put_32(f, UINT32_MAX);
	put_32(f, 28);
	put_32(f, 1);
	put_32(f, nano ? 32 : 20);
	put_16(f, 1);
	put_16(f, 0);
	put_32(f, 65535);
	if (nano) { /* if_tsresol: 10^-9 */
		put_16(f, 9);
		put_16(f, 1);
		put_bytes(f, "\x09\0\0", 4);
		put_32(f, 0);
	}
	put_32(f, nano ? 32 : 20);
}

static void ng_packet(struct image *f, uint64_t ns, const void *bytes, uint32_t captured,
		      uint32_t len)
{
	uint64_t time = f->nano ? ns : ns / 1000;
	uint32_t padded = (captured + 3) & ~3u;

	put_32(f, 6);
	put_32(f, 32 + padded);
	put_32(f, 0);
	put_32(f, (uint32_t)(time >> 32));
	put_32(f, (uint32_t)time);
	put_32(f, captured);
	put_32(f, len);
	put_bytes(f, bytes, captured);
	put_bytes(f, "\0\0\0", padded - captured);
	put_32(f, 32 + padded);
}

static void save(const struct image *f, uint32_t len)
{
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(f->bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* --- five packets ----------------------------------------------------------------------------- */

static const uint64_t begin_ns = 1700000000u * UINT64_C(1000000000) + 999999000;
static const uint64_t offset_ns[NR_PACKETS] = {0, 1000, 250000, 250000, 3000000000};

static uint32_t length_of(unsigned int i)
{
	return 60 + i * 211;
}

static const uint8_t *packet(unsigned int i)
{
	static uint8_t bytes[2048];

	for (uint32_t at = 0; at < length_of(i); at++)
		bytes[at] = (uint8_t)(at * 7 + i * 31);
	return bytes;
}

typedef void put_packet(struct image *f, uint64_t ns, const void *bytes, uint32_t captured,
			uint32_t len);

static void put_all(struct image *f, put_packet *put)
{
	for (unsigned int i = 0; i < NR_PACKETS; i++)
		put(f, begin_ns + offset_ns[i], packet(i), length_of(i), length_of(i));
}

static struct source *replay(const char *more)
{
	struct traffic traffic;
	struct source *source;
	char text[128];

	snprintf(text, sizeof(text), "pcap:file=%s%s", path, more);
	assert_int_equal(traffic_parse(text, 1, &traffic, why), 0);
	if (source_open(&traffic, &source, why) != 0)
		fail_msg("%s", why);
	return source;
}

/* Packet i of the file, at this time since the beginning. */
static void assert_packet(struct source *source, unsigned int i, uint64_t at_ns)
{
	struct arrival arrival;

	if (source_next(source, &arrival) != SOURCE_FRAME)
		fail_msg("packet %u: %s", i, source_fault(source) ? source_fault(source) : "end");
	assert_int_equal(arrival.at_ns, at_ns);
	assert_int_equal(arrival.len_bytes, length_of(i));
	assert_memory_equal(arrival.bytes, packet(i), length_of(i));
}

static void assert_end(struct source *source)
{
	struct arrival arrival;

	for (int i = 0; i < 3; i++)
		assert_int_equal(source_next(source, &arrival), SOURCE_END);
	assert_null(source_fault(source));
	source_close(source);
}

static void every_format_is_replayed(void **state)
{
	static struct image f;

	for (unsigned int format = 0; format < 8; format++) {
		bool swapped = format & 1, nano = format & 2;
		struct source *source;

		if (format & 4) {
			ng_begin(&f, swapped, nano);
			put_all(&f, ng_packet);
		} else {
			classic_begin(&f, swapped, nano, 1);
			put_all(&f, classic_packet);
		}
		save(&f, f.len);
		source = replay("");
		for (unsigned int i = 0; i < NR_PACKETS; i++)
			assert_packet(source, i, offset_ns[i]);
		assert_end(source);
	}
}

static void nanoseconds_are_kept(void **state)
{
	static struct image f;
	struct arrival arrival;
	struct source *source;

	classic_begin(&f, false, true, 1);
	classic_packet(&f, 5000000001, packet(0), 60, 60);
	classic_packet(&f, 5000000124, packet(1), 60, 60);
	save(&f, f.len);
	source = replay("");
	assert_int_equal(source_next(source, &arrival), SOURCE_FRAME);
	assert_int_equal(source_next(source, &arrival), SOURCE_FRAME);
	assert_int_equal(arrival.at_ns, 123);
	assert_end(source);
}

static void speed_divides_gaps_and_loop_repeats(void **state)
{
	static struct image f;
	struct source *source;
	uint64_t pass_ns = 1500000000 + 375000000; /* and a mean gap */

	classic_begin(&f, false, false, 1);
	put_all(&f, classic_packet);
	save(&f, f.len);
	source = replay(",speed=2,loop=3");
	for (unsigned int i = 0; i < 3 * NR_PACKETS; i++)
		assert_packet(source, i % NR_PACKETS,
			      i / NR_PACKETS * pass_ns + offset_ns[i % NR_PACKETS] / 2);
	assert_end(source);
	source = replay(",loop=0");
	for (unsigned int i = 0; i < 20 * NR_PACKETS; i++)
		assert_packet(source, i % NR_PACKETS,
			      i / NR_PACKETS * 2 * pass_ns + offset_ns[i % NR_PACKETS]);
	source_close(source);
}

/* Cut by the capture: filled up; short: filled up to what a sender sends; back in time: now. */
static void cut_short_and_late_packets_are_made_good(void **state)
{
	static struct image f;
	struct arrival arrival;
	struct source *source;

	classic_begin(&f, false, false, 1);
	classic_packet(&f, 7000000, packet(3), 68, 1514);
	classic_packet(&f, 9000000, packet(3), 42, 42);
	classic_packet(&f, 8000000, packet(3), 60, 60);
	save(&f, f.len);
	source = replay("");
	assert_int_equal(source_next(source, &arrival), SOURCE_FRAME);
	assert_int_equal(arrival.len_bytes, 1514);
	assert_memory_equal(arrival.bytes, packet(3), 68);
	for (uint32_t i = 68; i < 1514; i++)
		assert_int_equal(arrival.bytes[i], 0);
	assert_int_equal(source_next(source, &arrival), SOURCE_FRAME);
	assert_int_equal(arrival.len_bytes, 60);
	assert_memory_equal(arrival.bytes, packet(3), 42);
	assert_int_equal(arrival.bytes[42], 0);
	assert_int_equal(source_next(source, &arrival), SOURCE_FRAME);
	assert_int_equal(arrival.at_ns, 2000000);
	assert_end(source);
}

static void empty_capture_ends_at_once_however_often(void **state)
{
	static struct image f;

	classic_begin(&f, false, false, 1);
	save(&f, f.len);
	assert_end(replay(",loop=0"));
}

/* --- broken files ----------------------------------------------------------------------------- */

/* Packets until the end; a fault is one line that names the packet. */
static unsigned int count_until_fault(struct source *source, bool *faulty)
{
	struct arrival arrival;
	char place[48];
	unsigned int n = 0;

	while (source_next(source, &arrival) == SOURCE_FRAME)
		n++;
	*faulty = source_fault(source) != NULL;
	if (*faulty) {
		snprintf(place, sizeof(place), ": packet %u, which begins at byte ", n + 1);
		assert_non_null(strstr(source_fault(source), place));
		assert_null(strchr(source_fault(source), '\n'));
	}
	source_close(source);
	return n;
}

static void assert_replayed_up_to_each_cut(put_packet *put, struct image *f)
{
	uint32_t ends[NR_PACKETS + 1] = {f->len};
	unsigned int whole = 0;
	bool faulty;

	for (unsigned int i = 0; i < NR_PACKETS; i++) {
		put(f, begin_ns + offset_ns[i], packet(i), length_of(i), length_of(i));
		ends[i + 1] = f->len;
	}
	for (uint32_t len = ends[0]; len <= f->len; len++) {
		while (whole < NR_PACKETS && ends[whole + 1] <= len)
			whole++;
		save(f, len);
		assert_int_equal(count_until_fault(replay(""), &faulty), whole);
		assert_int_equal(faulty, len != ends[whole]);
	}
}

static void file_is_replayed_up_to_where_it_is_cut(void **state)
{
	static struct image f;

	classic_begin(&f, false, false, 1);
	assert_replayed_up_to_each_cut(classic_packet, &f);
	ng_begin(&f, true, false);
	assert_replayed_up_to_each_cut(ng_packet, &f);
}

static void file_is_replayed_up_to_nonsense(void **state)
{
	static struct image f;
	uint32_t third = 24 + 2 * 16 + length_of(0) + length_of(1);
	uint32_t nonsense[2] = {0x7fffffff, 1000000};
	bool faulty;

	for (unsigned int field = 0; field < 2; field++) {
		classic_begin(&f, false, false, 1);
		put_all(&f, classic_packet);
		/* The captured length, or the microseconds. */
		memcpy(f.bytes + third + (field == 0 ? 8 : 4), &nonsense[field], 4);
		save(&f, f.len);
		assert_int_equal(count_until_fault(replay(",loop=7"), &faulty), 2);
		assert_true(faulty);
	}
}

static void assert_unreadable(const char *says)
{
	struct traffic traffic;
	struct source *source;
	char text[96];

	snprintf(text, sizeof(text), "pcap:%s", path);
	assert_int_equal(traffic_parse(text, 1, &traffic, why), 0);
	why[0] = '\0';
	assert_true(source_open(&traffic, &source, why) < 0);
	assert_non_null(strstr(why, path));
	assert_non_null(strstr(why, says));
}

static void what_is_no_capture_of_ethernet_is_unreadable(void **state)
{
	static struct image f;

	classic_begin(&f, false, false, 113);
	save(&f, f.len);
	assert_unreadable("LINUX_SLL");
	save(&f, 0);
	assert_unreadable("");
	save(&f, 23);
	assert_unreadable("");
	f.bytes[0] ^= 1;
	save(&f, f.len);
	assert_unreadable("");
	assert_int_equal(unlink(path), 0);
	assert_unreadable("No such file");
}

static int make_path(void **state)
{
	int fd = mkstemp(path);

	return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
	unlink(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_is_replayed),
		cmocka_unit_test(nanoseconds_are_kept),
		cmocka_unit_test(speed_divides_gaps_and_loop_repeats),
		cmocka_unit_test(cut_short_and_late_packets_are_made_good),
		cmocka_unit_test(empty_capture_ends_at_once_however_often),
		cmocka_unit_test(file_is_replayed_up_to_where_it_is_cut),
		cmocka_unit_test(file_is_replayed_up_to_nonsense),
		cmocka_unit_test(what_is_no_capture_of_ethernet_is_unreadable),
	};

	return cmocka_run_group_tests(tests, make_path, remove_path);
}
