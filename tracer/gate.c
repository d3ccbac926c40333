/* SPDX-License-Identifier: MIT */
#include "tracer/gate.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tracer/metadata.h"

/* --- the viewer protocol, as LTTng's lttng-viewer-abi.h has it: big endian, packed ------------ */

enum command {
	CMD_CONNECT = 1,
	CMD_LIST_SESSIONS,
	CMD_ATTACH_SESSION,
	CMD_GET_NEXT_INDEX,
	CMD_GET_PACKET,
	CMD_GET_METADATA,
	CMD_GET_NEW_STREAMS,
	CMD_CREATE_SESSION,
	CMD_DETACH_SESSION,
	CMD_END,
};

struct command_head {
	uint64_t data_bytes; /* that follow */
	uint32_t command, version;
} __attribute__((packed));

struct metadata_reply {
	uint64_t len_bytes; /* that follow when status is METADATA_OK */
	uint32_t status;
} __attribute__((packed));

enum { METADATA_OK = 1, METADATA_NO_NEW = 2, METADATA_ERR = 3 };
enum { PACKET_OK = 1 };

#define SESSION_BYTES (8 + 3 * 4 + 64 + 255)
#define STREAM_BYTES  (2 * 8 + 4 + 4096 + 255)

/* The part that all replies to a command have. */
static const uint32_t reply_bytes[CMD_END] = {
	[CMD_CONNECT] = 20,	   [CMD_LIST_SESSIONS] = 4,  [CMD_ATTACH_SESSION] = 8,
	[CMD_GET_NEXT_INDEX] = 64, [CMD_GET_PACKET] = 12,    [CMD_GET_METADATA] = 12,
	[CMD_GET_NEW_STREAMS] = 8, [CMD_CREATE_SESSION] = 4, [CMD_DETACH_SESSION] = 4,
};

#define REPLY_BYTES_MAX	   64
#define REQUEST_BYTES_MAX  4096
#define METADATA_BYTES_MAX (UINT64_C(64) << 20) /* of one trace; ours have some kilobytes */
#define BUFFER_BYTES	   65536

/* A trace's metadata, until it declares a stream. */
struct held {
	struct held *next;
	uint64_t stream; /* as the protocol has it: big endian */
	char *bytes;
	uint64_t len;
	bool given; /* whatever follows is passed on */
};

struct gate {
	int listening, far;
	pthread_mutex_t lock; /* of the next two */
	int near;
	bool closing;
	pthread_t thread;
	struct held *traces; /* the thread's own, like what follows */
	char buffer[BUFFER_BYTES];
};

/* --- bytes ------------------------------------------------------------------------------------ */

static bool receive(int fd, void *to, uint64_t len)
{
	char *at = to;

	while (len) {
		ssize_t nr = recv(fd, at, len, 0);

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			return false;
		at += nr;
		len -= (uint64_t)nr;
	}
	return true;
}

static bool give(int fd, const void *from, uint64_t len)
{
	const char *at = from;

	while (len) {
		ssize_t nr = send(fd, at, len, MSG_NOSIGNAL);

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			return false;
		at += nr;
		len -= (uint64_t)nr;
	}
	return true;
}

static bool pass(struct gate *g, uint64_t len)
{
	while (len) {
		uint64_t nr = len < BUFFER_BYTES ? len : BUFFER_BYTES;

		if (!receive(g->far, g->buffer, nr) || !give(g->near, g->buffer, nr))
			return false;
		len -= nr;
	}
	return true;
}

/* --- metadata --------------------------------------------------------------------------------- */

static struct held *held_of(struct gate *g, uint64_t stream)
{
	struct held *h = g->traces;

	while (h && h->stream != stream)
		h = h->next;
	if (h)
		return h;
	h = calloc(1, sizeof(*h));
	if (h) {
		h->stream = stream;
		h->next = g->traces;
		g->traces = h;
	}
	return h;
}

/* Takes what follows a reply.  False: the connection or memory is at its end. */
static bool take_piece(struct gate *g, struct held *h, uint64_t len)
{
	char *more = NULL;

	if (len <= METADATA_BYTES_MAX && h->len + len <= METADATA_BYTES_MAX)
		more = realloc(h->bytes, h->len + len);
	if (!more)
		return false;
	h->bytes = more;
	if (!receive(g->far, more + h->len, len))
		return false;
	h->len += len;
	return true;
}

static bool give_all(struct gate *g, struct held *h)
{
	const struct metadata_reply reply = {htobe64(h->len), htobe32(METADATA_OK)};
	bool ok = give(g->near, &reply, sizeof(reply)) && give(g->near, h->bytes, h->len);

	h->given = true;
	free(h->bytes);
	h->bytes = NULL;
	return ok;
}

/* The reply to a question for a trace's metadata. */
static bool answer_metadata(struct gate *g, uint64_t stream)
{
	const struct metadata_reply none = {0, htobe32(METADATA_NO_NEW)};
	struct held *h = held_of(g, stream);
	struct metadata_reply reply;
	uint32_t status;

	if (!h || !receive(g->far, &reply, sizeof(reply)))
		return false;
	status = be32toh(reply.status);
	if (h->given)
		return give(g->near, &reply, sizeof(reply)) &&
		       (status != METADATA_OK || pass(g, be64toh(reply.len_bytes)));
	if (status == METADATA_OK && !take_piece(g, h, be64toh(reply.len_bytes)))
		return false;
	/* One that is closed will not get any better. */
	if (h->len && (status == METADATA_ERR || metadata_declares_stream(h->bytes, h->len)))
		return give_all(g, h);
	return status == METADATA_ERR ? give(g->near, &reply, sizeof(reply))
				      : give(g->near, &none, sizeof(none));
}

/* --- commands and replies --------------------------------------------------------------------- */

static uint32_t word(const void *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

/* How much follows the part that all replies to this command have. */
static uint64_t rest_of(uint32_t command, const char *reply)
{
	switch (command) {
	case CMD_LIST_SESSIONS:
		return (uint64_t)word(reply) * SESSION_BYTES;
	case CMD_ATTACH_SESSION:
	case CMD_GET_NEW_STREAMS:
		return (uint64_t)word(reply + 4) * STREAM_BYTES;
	case CMD_GET_PACKET:
		return word(reply) == PACKET_OK ? word(reply + 4) : 0;
	default:
		return 0;
	}
}

/* One command and its reply.  Returns: 1; 0 when it is one that we do not know; -1 at the end. */
static int serve_one(struct gate *g)
{
	char request[sizeof(struct command_head) + REQUEST_BYTES_MAX];
	char reply[REPLY_BYTES_MAX];
	struct command_head head;
	uint32_t command;
	uint64_t len, stream;

	if (!receive(g->near, request, sizeof(head)))
		return -1;
	memcpy(&head, request, sizeof(head));
	command = be32toh(head.command);
	len = be64toh(head.data_bytes);
	if (len > REQUEST_BYTES_MAX || !command || command >= CMD_END)
		return give(g->far, request, sizeof(head)) ? 0 : -1;
	if (!receive(g->near, request + sizeof(head), len) ||
	    !give(g->far, request, sizeof(head) + len))
		return -1;
	if (command == CMD_GET_METADATA && len == sizeof(stream)) {
		memcpy(&stream, request + sizeof(head), sizeof(stream));
		return answer_metadata(g, stream) ? 1 : -1;
	}
	if (!receive(g->far, reply, reply_bytes[command]) ||
	    !give(g->near, reply, reply_bytes[command]))
		return -1;
	return pass(g, rest_of(command, reply)) ? 1 : -1;
}

/* Whatever comes, both ways. */
static void pass_all(struct gate *g)
{
	struct pollfd fds[] = {{.fd = g->near, .events = POLLIN}, {.fd = g->far, .events = POLLIN}};

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++) {
			ssize_t nr;

			if (!fds[i].revents)
				continue;
			nr = recv(fds[i].fd, g->buffer, BUFFER_BYTES, 0);
			if (nr <= 0 || !give(fds[!i].fd, g->buffer, (uint64_t)nr))
				return;
		}
	}
}

static void set_near(struct gate *g, int near)
{
	pthread_mutex_lock(&g->lock);
	g->near = near;
	if (g->closing && near >= 0)
		shutdown(near, SHUT_RDWR);
	pthread_mutex_unlock(&g->lock);
}

static void *serve(void *arg)
{
	struct gate *g = arg;
	int near = accept4(g->listening, NULL, NULL, SOCK_CLOEXEC), ret = 1, one = 1;

	shutdown(g->listening, SHUT_RDWR);
	if (near < 0)
		return NULL;
	setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	set_near(g, near);
	while (ret > 0)
		ret = serve_one(g);
	if (!ret)
		pass_all(g);
	set_near(g, -1);
	close(near);
	return NULL;
}

/* --- from outside ----------------------------------------------------------------------------- */

/* net://HOST[:PORT]/...  path: from the slash on. */
static bool parse(const char *url, char host[256], char port[8], const char **path)
{
	const char *at = strstr(url, "://");
	int len = 0;

	snprintf(port, 8, "5344");
	if (!at || sscanf(at + 3, "%255[^/:]%n", host, &len) != 1)
		return false;
	at += 3 + len;
	if (*at == ':' && sscanf(at, ":%7[0-9]%n", port, &len) == 1)
		at += len;
	*path = at;
	return *at == '/';
}

static int connect_to(const char *host, const char *port)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int fd = -1, one = 1;

	if (getaddrinfo(host, port, &hints, &list))
		return -1;
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen)) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	if (fd >= 0)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* Returns: a socket, or -1. */
static int listen_here(int *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 1) &&
	    !getsockname(fd, (struct sockaddr *)&address, &len)) {
		*port = ntohs(address.sin_port);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Signals are for the threads that are to be woken by them. */
static int start_thread(struct gate *g)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&g->thread, NULL, serve, g);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

static void release(struct gate *g)
{
	while (g->traces) {
		struct held *next = g->traces->next;

		free(g->traces->bytes);
		free(g->traces);
		g->traces = next;
	}
	if (g->listening >= 0)
		close(g->listening);
	if (g->far >= 0)
		close(g->far);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

int gate_open(const char *url, char *out_url, size_t size, struct gate **out, struct db_error *err)
{
	char host[256], port[8];
	const char *path;
	struct gate *g;
	int own = 0;

	if (!parse(url, host, port, &path)) {
		snprintf(err->text, sizeof(err->text), "%.300s: not the URL of a live session",
			 url);
		return -EINVAL;
	}
	g = calloc(1, sizeof(*g));
	if (!g) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -EIO;
	}
	g->near = -1;
	pthread_mutex_init(&g->lock, NULL);
	g->listening = listen_here(&own);
	g->far = connect_to(host, port);
	if (g->far < 0 || g->listening < 0 || start_thread(g)) {
		int ret = g->far < 0 ? -ECONNREFUSED : -EIO;

		snprintf(err->text, sizeof(err->text),
			 ret == -EIO ? "cannot stand between Babeltrace and %s:%s"
				     : "no relay daemon answers at %s:%s",
			 host, port);
		release(g);
		return ret;
	}
	snprintf(out_url, size, "net://127.0.0.1:%d%s", own, path);
	*out = g;
	return 0;
}

void gate_close(struct gate *g)
{
	if (!g)
		return;
	pthread_mutex_lock(&g->lock);
	g->closing = true;
	if (g->near >= 0)
		shutdown(g->near, SHUT_RDWR);
	pthread_mutex_unlock(&g->lock);
	shutdown(g->listening, SHUT_RDWR);
	shutdown(g->far, SHUT_RDWR);
	pthread_join(g->thread, NULL);
	release(g);
}
