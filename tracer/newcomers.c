/* SPDX-License-Identifier: MIT */
#include "tracer/newcomers.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/packet.h"

/* Two processes measure the same clock that well; more means that somebody has set it. */
#define SAME_CLOCK_NS 1000000

struct newcomer {
	uint64_t id, trace; /* as they come: big endian */
	uint64_t packet;    /* where the newest one begins in the stream's file */
	uint64_t packet_bits;
	int64_t floor_ns; /* nothing it says may be earlier; INT64_MIN: it was there from the
			     beginning */
	int64_t floor_offset;
};

struct newcomers_clock {
	uint64_t trace;
	int64_t offset_ns;
};

void newcomers_init(struct newcomers *n)
{
	*n = (struct newcomers){.given_ns = INT64_MIN};
}

void newcomers_release(struct newcomers *n)
{
	free(n->streams);
	free(n->clocks);
	newcomers_init(n);
}

int newcomers_add(struct newcomers *n, const struct viewer_stream *streams, size_t nr)
{
	struct newcomer *more = realloc(n->streams, (n->nr_streams + nr + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	n->streams = more;
	for (size_t i = 0; i < nr; i++)
		more[n->nr_streams++] = (struct newcomer){.id = streams[i].id,
							  .trace = streams[i].trace,
							  .floor_ns = n->given_ns,
							  .floor_offset = n->given_offset};
	return 0;
}

static struct newcomer *find(struct newcomers *n, uint64_t id)
{
	for (size_t i = n->nr_streams; i-- > 0;)
		if (n->streams[i].id == id)
			return &n->streams[i];
	return NULL;
}

int newcomers_clock(struct newcomers *n, uint64_t metadata_stream, int64_t offset_ns)
{
	const struct newcomer *s = find(n, metadata_stream);
	struct newcomers_clock *more;

	if (!s)
		return 0;
	more = realloc(n->clocks, (n->nr_clocks + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	n->clocks = more;
	more[n->nr_clocks++] = (struct newcomers_clock){s->trace, offset_ns};
	return 0;
}

static const struct newcomers_clock *clock_of(const struct newcomers *n, const struct newcomer *s)
{
	for (size_t i = n->nr_clocks; s && i-- > 0;)
		if (n->clocks[i].trace == s->trace)
			return &n->clocks[i];
	return NULL;
}

/* The cycles that nothing of the stream may be before; 0: whatever it says. */
static uint64_t floor_of(const struct newcomers *n, const struct newcomer *s)
{
	const struct newcomers_clock *c = clock_of(n, s);

	if (!c || s->floor_ns == INT64_MIN || s->floor_offset - c->offset_ns > SAME_CLOCK_NS ||
	    s->floor_ns < c->offset_ns)
		return 0;
	return (uint64_t)(s->floor_ns - c->offset_ns);
}

void newcomers_index(struct newcomers *n, uint64_t stream, struct viewer_index *index)
{
	struct newcomer *s = find(n, stream);
	const struct newcomers_clock *c = clock_of(n, s);
	uint64_t end = be64toh(index->timestamp_end), floor;

	if (!c)
		return;
	floor = floor_of(n, s);
	s->packet = be64toh(index->offset);
	s->packet_bits = be64toh(index->packet_size);
	if (end < floor && be32toh(index->status) == VIEWER_INDEX_INACTIVE)
		index->timestamp_end = htobe64(floor);
	if (end > (uint64_t)(INT64_MAX - c->offset_ns) ||
	    (int64_t)end + c->offset_ns <= n->given_ns)
		return;
	n->given_ns = (int64_t)end + c->offset_ns;
	n->given_offset = c->offset_ns;
}

void newcomers_packet(struct newcomers *n, uint64_t stream, uint64_t offset, void *bytes,
		      size_t len)
{
	const struct newcomer *s = find(n, stream);
	uint64_t floor = s && s->packet == offset ? floor_of(n, s) : 0;
	struct packet_head head;

	if (!floor || len < sizeof(head))
		return;
	memcpy(&head, bytes, sizeof(head));
	/* Else it is of another byte order, or so old that it has other fields. */
	if (head.magic != PACKET_MAGIC || head.packet_size != s->packet_bits)
		return;
	if (head.timestamp_begin < floor)
		head.timestamp_begin = floor;
	if (head.timestamp_end < floor)
		head.timestamp_end = floor;
	memcpy(bytes, &head, sizeof(head));
}
