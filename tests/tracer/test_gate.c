/* SPDX-License-Identifier: MIT */
/* What a viewer gets to see of a relay daemon through the gate; the relay daemon is played here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "tracer/gate.h"
#include "tracer/packet.h"
#include "tracer/viewer_abi.h"

#define HEADER "/* CTF 1.8 */\n\nclock {\n\tname = \"monotonic\";\n};\n\n"
#define STREAM "\nstream {\n\tid = 0;\n};\n\n"
#define EVENT  "\nevent {\n\tname = \"poolscope:tick\";\n};\n\n"

enum { CONNECT = 1, LIST, ATTACH, INDEX, PACKET, METADATA, STREAMS, CREATE, DETACH, LATER };
enum { OK = 1, NO_NEW = 2, ERR = 3 };
#define STREAM_BYTES (20 + 4096 + 255)

static struct gate *gate;
static int listening, relay, viewer; /* the relay daemon's ends, and the viewer's */

static int listen_on_loopback(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static int connect_to(int port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
				.sin_port = htons((uint16_t)port),
				.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static int open_gate(void **state)
{
	struct db_error err;
	char url[128], behind[128];
	int port, own = 0;

	listening = listen_on_loopback(&port);
	snprintf(url, sizeof(url), "net://127.0.0.1:%d/host/h/s", port);
	assert_int_equal(gate_open(url, behind, sizeof(behind), &gate, &err), 0);
	relay = accept(listening, NULL, NULL);
	assert_int_equal(sscanf(behind, "net://127.0.0.1:%d/host/h/s", &own), 1);
	viewer = connect_to(own);
	return 0;
}

static int close_gate(void **state)
{
	gate_close(gate);
	close(viewer);
	close(relay);
	close(listening);
	return 0;
}

static void put(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

static void get(int fd, void *bytes, size_t len)
{
	assert_int_equal(recv(fd, bytes, len, MSG_WAITALL), len);
}

/* The viewer asks; what comes to the relay daemon is what was asked. */
static void ask(uint32_t command, uint64_t stream)
{
	struct {
		uint64_t size;
		uint32_t command, version;
		uint64_t stream;
	} sent = {htobe64(8), htobe32(command), 0, htobe64(stream)}, seen;

	put(viewer, &sent, sizeof(sent));
	get(relay, &seen, sizeof(seen));
	assert_memory_equal(&sent, &seen, sizeof(sent));
}

static void answer_metadata(uint32_t status, const void *bytes, size_t len)
{
	uint64_t head[2] = {htobe64(len)};
	uint32_t word = htobe32(status);

	memcpy(&head[1], &word, sizeof(word));
	put(relay, head, 12);
	if (len)
		put(relay, bytes, len);
}

/* A packet of metadata, as LTTng fills it up to whole pages. */
static size_t packet(char *out, const char *text)
{
	const struct {
		uint32_t magic;
		unsigned char uuid[16];
		uint32_t checksum, content, packet;
		unsigned char rest[5];
	} __attribute__((packed))
	head = {.magic = 0x75d11d57, .content = (uint32_t)(37 + strlen(text)) * 8, .packet = 8192};

	memset(out, 0, 1024);
	memcpy(out, &head, sizeof(head));
	snprintf(out + sizeof(head), 1024 - sizeof(head), "%s", text);
	return 1024;
}

static void give_piece(uint64_t stream, const char *text)
{
	char bytes[1024];

	ask(METADATA, stream);
	answer_metadata(OK, bytes, packet(bytes, text));
}

static void sees(uint32_t status, const void *bytes, size_t len)
{
	char got[8192];
	uint64_t size;
	uint32_t word;

	get(viewer, got, 12);
	memcpy(&size, got, sizeof(size));
	memcpy(&word, got + 8, sizeof(word));
	assert_int_equal(be32toh(word), status);
	assert_int_equal(be64toh(size), len);
	assert_true(len <= sizeof(got));
	if (len)
		get(viewer, got, len);
	assert_memory_equal(got, bytes ? bytes : got, len);
}

static void metadata_is_kept_back_until_it_declares_a_stream(void **state)
{
	char bytes[3072];

	give_piece(5, HEADER);
	sees(NO_NEW, NULL, 0);
	ask(METADATA, 5);
	answer_metadata(NO_NEW, NULL, 0);
	sees(NO_NEW, NULL, 0);
	give_piece(5, "\nst"); /* which ends in the middle of a word */
	sees(NO_NEW, NULL, 0);
	give_piece(5, &STREAM[3]);
	packet(bytes, HEADER);
	packet(bytes + 1024, "\nst");
	packet(bytes + 2048, &STREAM[3]);
	sees(OK, bytes, sizeof(bytes));
	ask(METADATA, 5);
	answer_metadata(NO_NEW, NULL, 0);
	sees(NO_NEW, NULL, 0);
}

static void what_comes_later_is_passed_on_at_once(void **state)
{
	char bytes[1024];

	give_piece(5, HEADER STREAM);
	packet(bytes, HEADER STREAM);
	sees(OK, bytes, sizeof(bytes));
	give_piece(5, EVENT);
	packet(bytes, EVENT);
	sees(OK, bytes, sizeof(bytes));
}

static void each_trace_waits_for_its_own(void **state)
{
	give_piece(5, HEADER STREAM);
	sees(OK, NULL, 1024);
	give_piece(6, HEADER);
	sees(NO_NEW, NULL, 0);
	give_piece(6, STREAM);
	sees(OK, NULL, 2048);
}

static void of_a_trace_that_is_gone_all_there_was_is_given(void **state)
{
	give_piece(5, HEADER);
	sees(NO_NEW, NULL, 0);
	ask(METADATA, 5);
	answer_metadata(ERR, NULL, 0);
	sees(OK, NULL, 1024);
	ask(METADATA, 5);
	answer_metadata(ERR, NULL, 0);
	sees(ERR, NULL, 0);
	ask(METADATA, 6); /* nothing was ever heard of it */
	answer_metadata(ERR, NULL, 0);
	sees(ERR, NULL, 0);
}

/* A reply of that many bytes comes as it was made; words: of its begin. */
static void passes(uint32_t command, size_t len, uint32_t word0, uint32_t word1)
{
	unsigned char *sent = malloc(len), *seen = malloc(len);
	uint32_t words[2] = {htobe32(word0), htobe32(word1)};

	for (size_t i = 0; i < len; i++)
		sent[i] = (unsigned char)(i * 7);
	memcpy(sent, words, len < 8 ? 4 : 8);
	ask(command, 3);
	put(relay, sent, len);
	get(viewer, seen, len);
	assert_memory_equal(sent, seen, len);
	free(sent);
	free(seen);
}

static void everything_else_comes_as_it_was_sent(void **state)
{
	passes(CONNECT, 20, 0, 0);
	passes(LIST, 4 + 2 * 339, 2, 9);
	passes(CREATE, 4, 1, 0);
	passes(ATTACH, 8 + 3 * STREAM_BYTES, OK, 3);
	passes(STREAMS, 8, NO_NEW, 0);
	passes(STREAMS, 8 + STREAM_BYTES, OK, 1);
	passes(INDEX, 64, 7, 7);
	passes(PACKET, 12 + 200, OK, 200);
	passes(PACKET, 12, 2, 200); /* to be asked again: no bytes follow */
	passes(DETACH, 4, 1, 0);
}

/* --- streams that appear while others are read ------------------------------------------------ */

#define CLOCK(offset)                                                                              \
	"/* CTF 1.8 */\n\nclock {\n\tname = \"monotonic\";\n\tfreq = 1000000000; /* Hz */\n"       \
	"\toffset = " offset ";\n};\n\n" STREAM
enum { RETRY = 2, HUP = 3, INACTIVE = 5, NEW_STREAM = 2 };

/* The relay daemon's reply with the streams of a trace. */
static void answer_streams(uint64_t trace, uint64_t first, uint32_t nr)
{
	struct viewer_streams head = {htobe32(OK), htobe32(nr)};
	struct viewer_stream stream = {.trace = htobe64(trace)};

	put(relay, &head, sizeof(head));
	for (uint32_t i = 0; i < nr; i++) {
		stream.id = htobe64(first + i);
		put(relay, &stream, sizeof(stream));
	}
}

/* The viewer gets that many streams, from this one on. */
static void gets_streams(uint64_t first, uint32_t nr)
{
	struct viewer_streams head;
	struct viewer_stream stream;

	get(viewer, &head, sizeof(head));
	assert_int_equal(be32toh(head.status), OK);
	assert_int_equal(be32toh(head.nr), nr);
	for (uint32_t i = 0; i < nr; i++) {
		get(viewer, &stream, sizeof(stream));
		assert_int_equal(be64toh(stream.id), first + i);
	}
}

/* The gate asks on its own for streams of session 9. */
static void gate_asks(void)
{
	uint64_t seen[3];

	get(relay, seen, sizeof(seen));
	assert_int_equal(be64toh(seen[0]), 8);
	assert_int_equal(be64toh(seen[1]) >> 32, STREAMS);
	assert_int_equal(be64toh(seen[2]), 9);
}

/* A reply to a question for the next packet, which is none unless status is OK. */
static void answer_index(uint32_t status, uint64_t end)
{
	struct viewer_index index = {.offset = htobe64(4096),
				     .packet_size = htobe64(32768),
				     .timestamp_end = htobe64(end),
				     .stream_class = htobe64(7),
				     .status = htobe32(status)};

	put(relay, &index, sizeof(index));
}

static struct viewer_index gets_index(uint32_t status, uint32_t flags)
{
	struct viewer_index index;

	get(viewer, &index, sizeof(index));
	assert_int_equal(be32toh(index.status), status);
	assert_int_equal(be32toh(index.flags), flags);
	return index;
}

/* Session 9 is joined, and has the streams 1 (metadata) and 2, which was read until then. */
static void joined(uint64_t until)
{
	ask(ATTACH, 9);
	answer_streams(1, 1, 2);
	gets_streams(1, 2);
	give_piece(1, CLOCK("1000000"));
	sees(OK, NULL, 1024);
	ask(INDEX, 2);
	answer_index(OK, until);
	gate_asks();
	answer_streams(0, 0, 0);
	gets_index(OK, 0);
}

/* The streams 3 (metadata) and 4 appear, whose clock has that offset. */
static void a_newcomer(const char *metadata)
{
	ask(INDEX, 2);
	answer_index(INACTIVE, 900);
	gate_asks();
	answer_streams(2, 3, 2);
	gets_index(OK, NEW_STREAM);
	put(viewer, (uint64_t[]){htobe64(8), htobe64((uint64_t)STREAMS << 32), htobe64(9)}, 24);
	gets_streams(3, 2);
	give_piece(3, metadata);
	sees(OK, NULL, 1024);
}

static void new_streams_are_told_before_what_may_be_later_than_their_events(void **state)
{
	struct viewer_index index;

	joined(500);
	ask(INDEX, 2);
	answer_index(INACTIVE, 900);
	gate_asks();
	answer_streams(2, 3, 2);
	index = gets_index(OK, NEW_STREAM); /* in place of the time until which it is idle */
	assert_int_equal(index.packet_size, 0);
	assert_int_equal(index.timestamp_end, 0);
	assert_int_equal(be64toh(index.stream_class), 7);
	ask(INDEX,
	    2); /* it may ask for something else first: it is told again, nobody else is asked */
	answer_index(OK, 950);
	index = gets_index(OK, NEW_STREAM);
	assert_int_equal(be64toh(index.packet_size), 32768);
	put(viewer, (uint64_t[]){htobe64(8), htobe64((uint64_t)STREAMS << 32), htobe64(9)}, 24);
	gets_streams(3, 2); /* which the relay daemon is not asked for again */
	ask(INDEX, 2);
	answer_index(INACTIVE, 960);
	gate_asks();
	answer_streams(0, 0, 0);
	index = gets_index(INACTIVE, 0);
	assert_int_equal(be64toh(index.timestamp_end), 960);
}

static void a_stream_that_hangs_up_is_passed_on_at_once(void **state)
{
	joined(500);
	ask(INDEX, 2);
	answer_index(HUP, 0);
	gets_index(HUP, 0);
}

static void newcomers_idle_time_ends_where_the_others_are(void **state)
{
	struct viewer_index index;

	joined(500);
	a_newcomer(CLOCK("1000100"));
	ask(INDEX, 4);
	answer_index(INACTIVE, 300);
	gate_asks();
	answer_streams(0, 0, 0);
	index = gets_index(INACTIVE, 0);
	assert_int_equal(be64toh(index.timestamp_end), 400); /* + 1000100 = 500 + 1000000 */
	ask(INDEX, 4);
	answer_index(INACTIVE, 600);
	gate_asks();
	answer_streams(0, 0, 0);
	index = gets_index(INACTIVE, 0);
	assert_int_equal(be64toh(index.timestamp_end), 600);
}

/* Asks for a packet of stream 4 that has these times; gives back its head as the viewer has it. */
static struct packet_head packet_of_4(uint64_t begin, uint64_t end)
{
	const uint64_t request[5] = {htobe64(20), htobe64((uint64_t)PACKET << 32), htobe64(4),
				     htobe64(4096), 0};
	struct viewer_packet reply = {htobe32(OK), htobe32(4096), 0};
	struct {
		struct packet_head head;
		char rest[4096 - sizeof(struct packet_head)];
	} sent = {.head = {.magic = PACKET_MAGIC,
			   .timestamp_begin = begin,
			   .timestamp_end = end,
			   .content_size = 20000,
			   .packet_size = 32768}},
	  seen;
	char passed[36];

	memset(sent.rest, 0x5a, sizeof(sent.rest));
	ask(INDEX, 4);
	answer_index(OK, end);
	gate_asks();
	answer_streams(0, 0, 0);
	gets_index(OK, 0);
	put(viewer, request, sizeof(passed));
	get(relay, passed, sizeof(passed));
	put(relay, &reply, sizeof(reply));
	put(relay, &sent, sizeof(sent));
	get(viewer, &reply, sizeof(reply));
	get(viewer, &seen, sizeof(seen));
	assert_memory_equal(sent.rest, seen.rest, sizeof(sent.rest));
	assert_int_equal(seen.head.content_size, 20000);
	return seen.head;
}

static void newcomers_packets_begin_where_the_others_are(void **state)
{
	struct packet_head head;

	joined(500);
	a_newcomer(CLOCK("1000100"));
	head = packet_of_4(100, 200); /* without an event: all events are later than 400 */
	assert_int_equal(head.timestamp_begin, 400);
	assert_int_equal(head.timestamp_end, 400);
	head = packet_of_4(200, 700);
	assert_int_equal(head.timestamp_begin, 400);
	assert_int_equal(head.timestamp_end, 700);
	head = packet_of_4(700, 800);
	assert_int_equal(head.timestamp_begin, 700);
}

static void clocks_that_were_measured_apart_are_the_same_clock(void **state)
{
	joined(5000000);
	a_newcomer(CLOCK("1000")); /* 999 us before the other's: as good as it can be measured */
	assert_int_equal(packet_of_4(100, 200).timestamp_begin, 5999000);
}

static void where_it_was_set_back_far_nothing_is_moved(void **state)
{
	ask(ATTACH, 9);
	answer_streams(1, 1, 2);
	gets_streams(1, 2);
	give_piece(1, CLOCK("9000000000"));
	sees(OK, NULL, 1024);
	ask(INDEX, 2);
	answer_index(OK, 500);
	gate_asks();
	answer_streams(0, 0, 0);
	gets_index(OK, 0);
	a_newcomer(CLOCK("1000"));
	assert_int_equal(packet_of_4(100, 200).timestamp_begin, 100);
}

static void a_command_of_a_later_version_is_passed_on_and_what_follows_it(void **state)
{
	char bytes[32];

	passes(CONNECT, 20, 0, 0);
	passes(LATER, 5000, 1, 2);
	ask(METADATA, 5);
	put(relay, "whatever it may be", 18);
	get(viewer, bytes, 18);
	assert_memory_equal(bytes, "whatever it may be", 18);
	shutdown(relay, SHUT_RDWR);
	assert_int_equal(recv(viewer, bytes, sizeof(bytes), 0), 0);
}

static void the_end_of_one_side_is_that_of_the_other(void **state)
{
	char byte;

	passes(CONNECT, 20, 0, 0);
	ask(INDEX, 5);
	close(relay);
	assert_int_equal(recv(viewer, &byte, 1, 0), 0);
	relay = -1;
}

static void more_metadata_than_any_trace_has_ends_the_connection(void **state)
{
	uint64_t head[2] = {htobe64(UINT64_C(1) << 40)};
	uint32_t ok = htobe32(OK);
	char byte;

	ask(METADATA, 5);
	memcpy(&head[1], &ok, sizeof(ok));
	put(relay, head, 12);
	assert_int_equal(recv(viewer, &byte, 1, 0), 0);
}

static void a_gate_that_nobody_passed_closes(void **state)
{
	struct db_error err;
	char url[128], behind[128];
	int port, fd = listen_on_loopback(&port);

	snprintf(url, sizeof(url), "net://127.0.0.1:%d/host/h/s", port);
	assert_int_equal(gate_open(url, behind, sizeof(behind), &gate, &err), 0);
	gate_close(gate);
	close(fd);
}

static void what_cannot_be_opened_is_said(void **state)
{
	struct db_error err = {{0}};
	char url[128], behind[128];
	int port, fd = listen_on_loopback(&port);

	close(fd);
	snprintf(url, sizeof(url), "net://127.0.0.1:%d/host/h/s", port);
	assert_int_equal(gate_open(url, behind, sizeof(behind), &gate, &err), -ECONNREFUSED);
	assert_non_null(strstr(err.text, "no relay daemon answers at 127.0.0.1:"));
	assert_int_equal(gate_open("net:/nowhere", behind, sizeof(behind), &gate, &err), -EINVAL);
	assert_non_null(strstr(err.text, "net:/nowhere"));
}

int main(void)
{
#define WITH_GATE(test) cmocka_unit_test_setup_teardown(test, open_gate, close_gate)
	const struct CMUnitTest tests[] = {
		WITH_GATE(metadata_is_kept_back_until_it_declares_a_stream),
		WITH_GATE(what_comes_later_is_passed_on_at_once),
		WITH_GATE(each_trace_waits_for_its_own),
		WITH_GATE(of_a_trace_that_is_gone_all_there_was_is_given),
		WITH_GATE(everything_else_comes_as_it_was_sent),
		WITH_GATE(new_streams_are_told_before_what_may_be_later_than_their_events),
		WITH_GATE(a_stream_that_hangs_up_is_passed_on_at_once),
		WITH_GATE(newcomers_idle_time_ends_where_the_others_are),
		WITH_GATE(newcomers_packets_begin_where_the_others_are),
		WITH_GATE(clocks_that_were_measured_apart_are_the_same_clock),
		WITH_GATE(where_it_was_set_back_far_nothing_is_moved),
		WITH_GATE(a_command_of_a_later_version_is_passed_on_and_what_follows_it),
		WITH_GATE(the_end_of_one_side_is_that_of_the_other),
		WITH_GATE(more_metadata_than_any_trace_has_ends_the_connection),
		cmocka_unit_test(a_gate_that_nobody_passed_closes),
		cmocka_unit_test(what_cannot_be_opened_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
