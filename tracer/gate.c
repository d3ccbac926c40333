/* SPDX-License-Identifier: MIT */
#include "tracer/gate.h"

#include <endian.h>
#include <errno.h>
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
#include "tracer/newcomers.h"
#include "tracer/packet.h"
#include "tracer/tcp.h"
#include "tracer/viewer_abi.h"

/* The part that all replies to a command have. */
static const uint32_t reply_bytes[VIEWER_END] = {
	[VIEWER_CONNECT] = 20,	      [VIEWER_LIST_SESSIONS] = 4,  [VIEWER_ATTACH_SESSION] = 8,
	[VIEWER_GET_NEXT_INDEX] = 64, [VIEWER_GET_PACKET] = 12,	   [VIEWER_GET_METADATA] = 12,
	[VIEWER_GET_NEW_STREAMS] = 8, [VIEWER_CREATE_SESSION] = 4, [VIEWER_DETACH_SESSION] = 4,
};

#define REPLY_BYTES_MAX	   64
#define REQUEST_BYTES_MAX  4096
#define METADATA_BYTES_MAX (UINT64_C(64) << 20) /* of one trace; ours have some kilobytes */
#define STREAMS_MAX	   16384		/* in one reply */
#define BUFFER_BYTES	   65536

/* A trace's metadata, until it declares a stream. */
struct held {
	struct held *next;
	uint64_t stream; /* as the protocol has it: big endian */
	char *bytes;
	uint64_t len;
	bool given; /* whatever follows is passed on */
};

/* A session that Babeltrace has joined, and streams of it that it is still to be told of. */
struct session {
	struct session *next;
	uint64_t id;
	struct viewer_streams reply;
	struct viewer_stream *streams;
	bool waiting;
};

struct gate {
	int listening, far;
	pthread_mutex_t lock; /* of the next two */
	int near;
	bool closing;
	pthread_t thread;
	struct held *traces; /* the thread's own, like what follows */
	struct session *sessions;
	struct newcomers newcomers;
	char buffer[BUFFER_BYTES];
};

/* --- bytes ------------------------------------------------------------------------------------ */

static bool pass(struct gate *g, uint64_t len)
{
	while (len) {
		uint64_t nr = len < BUFFER_BYTES ? len : BUFFER_BYTES;

		if (!tcp_receive(g->far, g->buffer, nr) || !tcp_give(g->near, g->buffer, nr))
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
	if (!tcp_receive(g->far, more + h->len, len))
		return false;
	h->len += len;
	return true;
}

static bool give_all(struct gate *g, struct held *h)
{
	const struct viewer_metadata reply = {htobe64(h->len), htobe32(VIEWER_METADATA_OK)};
	int64_t offset_ns;
	bool ok = tcp_give(g->near, &reply, sizeof(reply)) && tcp_give(g->near, h->bytes, h->len);

	if (!metadata_clock_offset(h->bytes, h->len, &offset_ns) &&
	    newcomers_clock(&g->newcomers, h->stream, offset_ns))
		ok = false;
	h->given = true;
	free(h->bytes);
	h->bytes = NULL;
	return ok;
}

static bool look_ahead(struct gate *g);

/* The reply to a question for a trace's metadata. */
static bool answer_metadata(struct gate *g, uint64_t stream)
{
	const struct viewer_metadata none = {0, htobe32(VIEWER_METADATA_NO_NEW)};
	struct held *h = held_of(g, stream);
	struct viewer_metadata reply;
	uint32_t status;

	if (!h || !tcp_receive(g->far, &reply, sizeof(reply)))
		return false;
	status = be32toh(reply.status);
	if (h->given)
		return tcp_give(g->near, &reply, sizeof(reply)) &&
		       (status != VIEWER_METADATA_OK || pass(g, be64toh(reply.len_bytes)));
	if (status == VIEWER_METADATA_OK && !take_piece(g, h, be64toh(reply.len_bytes)))
		return false;
	/* One that is closed will not get any better. */
	if (h->len && (status == VIEWER_METADATA_ERR || metadata_declares_stream(h->bytes, h->len)))
		return give_all(g, h);
	if (status == VIEWER_METADATA_ERR)
		return tcp_give(g->near, &reply, sizeof(reply));
	return look_ahead(g) && tcp_give(g->near, &none, sizeof(none));
}

/* --- streams, and what comes of them ---------------------------------------------------------- */

static struct session *session_of(struct gate *g, uint64_t id)
{
	struct session *s = g->sessions;

	while (s && s->id != id)
		s = s->next;
	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (s) {
		s->id = id;
		s->next = g->sessions;
		g->sessions = s;
	}
	return s;
}

/* The relay daemon's reply with streams. */
static bool take_streams(struct gate *g, struct session *s)
{
	uint32_t nr;

	if (!tcp_receive(g->far, &s->reply, sizeof(s->reply)))
		return false;
	nr = be32toh(s->reply.nr);
	free(s->streams);
	s->streams = NULL;
	if (!nr)
		return true;
	s->streams = nr <= STREAMS_MAX ? calloc(nr, sizeof(*s->streams)) : NULL;
	return s->streams && tcp_receive(g->far, s->streams, nr * sizeof(*s->streams)) &&
	       !newcomers_add(&g->newcomers, s->streams, nr);
}

static bool give_streams(struct gate *g, struct session *s)
{
	uint64_t bytes = be32toh(s->reply.nr) * sizeof(*s->streams);

	s->waiting = false;
	return tcp_give(g->near, &s->reply, sizeof(s->reply)) &&
	       tcp_give(g->near, s->streams, bytes);
}

/* Asks for new streams, before Babeltrace is given anything that may be later than their events. */
static bool look_ahead(struct gate *g)
{
	for (struct session *s = g->sessions; s; s = s->next) {
		struct {
			struct viewer_head head;
			uint64_t session;
		} __attribute__((packed))
		request = {{htobe64(sizeof(s->id)), htobe32(VIEWER_GET_NEW_STREAMS), 0}, s->id};

		if (s->waiting)
			continue;
		if (!tcp_give(g->far, &request, sizeof(request)) || !take_streams(g, s))
			return false;
		s->waiting = s->reply.nr;
	}
	return true;
}

static bool any_waits(const struct gate *g)
{
	const struct session *s = g->sessions;

	while (s && !s->waiting)
		s = s->next;
	return s;
}

/*
 * Babeltrace 2.0 looks at the flag only where there is a packet.  One without any bytes does not
 * trouble it; what was said instead is said again when it asks the next time.
 */
static bool answer_index(struct gate *g, uint64_t stream)
{
	struct viewer_index reply;
	uint32_t status;

	if (!tcp_receive(g->far, &reply, sizeof(reply)))
		return false;
	status = be32toh(reply.status);
	if (status == VIEWER_INDEX_OK || status == VIEWER_INDEX_RETRY ||
	    status == VIEWER_INDEX_INACTIVE) {
		if (!look_ahead(g))
			return false;
		if (any_waits(g) && status != VIEWER_INDEX_OK)
			reply = (struct viewer_index){.stream_class = reply.stream_class,
						      .status = htobe32(VIEWER_INDEX_OK),
						      .flags = reply.flags};
		if (any_waits(g))
			reply.flags |= htobe32(VIEWER_FLAG_NEW_STREAM);
		newcomers_index(&g->newcomers, stream, &reply);
	}
	return tcp_give(g->near, &reply, sizeof(reply));
}

static bool answer_packet(struct gate *g, uint64_t stream, uint64_t offset)
{
	struct viewer_packet reply;
	uint64_t len, head;

	if (!tcp_receive(g->far, &reply, sizeof(reply)) ||
	    !tcp_give(g->near, &reply, sizeof(reply)))
		return false;
	len = be32toh(reply.status) == VIEWER_PACKET_OK ? be32toh(reply.len_bytes) : 0;
	head = len < sizeof(struct packet_head) ? len : sizeof(struct packet_head);
	if (!tcp_receive(g->far, g->buffer, head))
		return false;
	newcomers_packet(&g->newcomers, stream, offset, g->buffer, head);
	return tcp_give(g->near, g->buffer, head) && pass(g, len - head);
}

/* --- commands and replies --------------------------------------------------------------------- */

static uint64_t id_at(const char *bytes)
{
	uint64_t id;

	memcpy(&id, bytes, sizeof(id));
	return id;
}

/* The reply to a command that tells nothing of streams. */
static bool answer_other(struct gate *g, uint32_t command)
{
	char reply[REPLY_BYTES_MAX];
	uint32_t nr;

	if (!tcp_receive(g->far, reply, reply_bytes[command]) ||
	    !tcp_give(g->near, reply, reply_bytes[command]))
		return false;
	memcpy(&nr, reply, sizeof(nr));
	return command != VIEWER_LIST_SESSIONS ||
	       pass(g, (uint64_t)be32toh(nr) * VIEWER_SESSION_BYTES);
}

/* body: of the request, which the relay daemon has by now. */
static bool answer(struct gate *g, uint32_t command, const char *body)
{
	struct session *s;

	switch (command) {
	case VIEWER_GET_METADATA:
		return answer_metadata(g, id_at(body));
	case VIEWER_GET_NEXT_INDEX:
		return answer_index(g, id_at(body));
	case VIEWER_GET_PACKET:
		return answer_packet(g, id_at(body), be64toh(id_at(body + 8)));
	case VIEWER_ATTACH_SESSION:
	case VIEWER_GET_NEW_STREAMS:
		s = session_of(g, id_at(body));
		return s && take_streams(g, s) && give_streams(g, s);
	default:
		return answer_other(g, command);
	}
}

/* One command and its reply.  Returns: 1; 0 when it is one that we do not know; -1 at the end. */
static int serve_one(struct gate *g)
{
	char request[sizeof(struct viewer_head) + REQUEST_BYTES_MAX] = {0};
	char *body = request + sizeof(struct viewer_head);
	struct viewer_head head;
	uint32_t command;
	uint64_t len;

	if (!tcp_receive(g->near, request, sizeof(head)))
		return -1;
	memcpy(&head, request, sizeof(head));
	command = be32toh(head.command);
	len = be64toh(head.data_bytes);
	if (len > REQUEST_BYTES_MAX || !command || command >= VIEWER_END)
		return tcp_give(g->far, request, sizeof(head)) ? 0 : -1;
	if (!tcp_receive(g->near, body, len))
		return -1;
	if (command == VIEWER_GET_NEW_STREAMS && session_of(g, id_at(body)) &&
	    session_of(g, id_at(body))->waiting)
		return give_streams(g, session_of(g, id_at(body))) ? 1 : -1;
	if (!tcp_give(g->far, request, sizeof(head) + len))
		return -1;
	return answer(g, command, body) ? 1 : -1;
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
			if (nr <= 0 || !tcp_give(fds[!i].fd, g->buffer, (uint64_t)nr))
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
	int near = accept4(g->listening, NULL, NULL, SOCK_CLOEXEC), ret = 1;

	shutdown(g->listening, SHUT_RDWR);
	if (near < 0)
		return NULL;
	tcp_hurry(near);
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
	while (g->sessions) {
		struct session *next = g->sessions->next;

		free(g->sessions->streams);
		free(g->sessions);
		g->sessions = next;
	}
	newcomers_release(&g->newcomers);
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
	newcomers_init(&g->newcomers);
	pthread_mutex_init(&g->lock, NULL);
	g->listening = tcp_listen(&own);
	g->far = tcp_connect(host, port);
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
