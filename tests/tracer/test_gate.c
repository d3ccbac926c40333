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
		WITH_GATE(a_command_of_a_later_version_is_passed_on_and_what_follows_it),
		WITH_GATE(the_end_of_one_side_is_that_of_the_other),
		WITH_GATE(more_metadata_than_any_trace_has_ends_the_connection),
		cmocka_unit_test(a_gate_that_nobody_passed_closes),
		cmocka_unit_test(what_cannot_be_opened_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
