/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/demand.h"
#include "driver/exec/exec.h" /* when virtual time begins */

/* A packet that is held. */
struct held {
	int64_t return_ns;
	uint64_t order; /* of taking: the first taken comes back first */
	uint32_t buffer;
};

/* Two binary heaps: what comes back next, and the lowest free buffer. */
struct demand_run {
	struct store *store;
	uint32_t trace, pool;
	uint64_t seq, nr_taken, nr_returned;
	int64_t offset_ns, last_ns;
	struct held *held;
	uint32_t *free_buffers;
	size_t nr_held, nr_free, room;
	uint32_t next_buffer;
};

static bool comes_first(const struct held *a, const struct held *b)
{
	return a->return_ns != b->return_ns ? a->return_ns < b->return_ns : a->order < b->order;
}

static void push_held(struct demand_run *d, struct held held)
{
	size_t i = d->nr_held++;

	for (; i && comes_first(&held, &d->held[(i - 1) / 2]); i = (i - 1) / 2)
		d->held[i] = d->held[(i - 1) / 2];
	d->held[i] = held;
}

static struct held pop_held(struct demand_run *d)
{
	struct held first = d->held[0], last = d->held[--d->nr_held];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < d->nr_held) {
		if (child + 1 < d->nr_held && comes_first(&d->held[child + 1], &d->held[child]))
			child++;
		if (!comes_first(&d->held[child], &last))
			break;
		d->held[i] = d->held[child];
		i = child;
	}
	d->held[i] = last;
	return first;
}

static void push_free(struct demand_run *d, uint32_t buffer)
{
	size_t i = d->nr_free++;

	for (; i && buffer < d->free_buffers[(i - 1) / 2]; i = (i - 1) / 2)
		d->free_buffers[i] = d->free_buffers[(i - 1) / 2];
	d->free_buffers[i] = buffer;
}

static uint32_t lowest_free(struct demand_run *d)
{
	uint32_t first, last;
	size_t i = 0, child;

	if (!d->nr_free)
		return d->next_buffer++;
	first = d->free_buffers[0];
	last = d->free_buffers[--d->nr_free];
	while ((child = 2 * i + 1) < d->nr_free) {
		if (child + 1 < d->nr_free && d->free_buffers[child + 1] < d->free_buffers[child])
			child++;
		if (d->free_buffers[child] >= last)
			break;
		d->free_buffers[i] = d->free_buffers[child];
		i = child;
	}
	d->free_buffers[i] = last;
	return first;
}

/* Both heaps have room for one more of all buffers that there are. */
static int make_room(struct demand_run *d, struct db_error *err)
{
	size_t room = d->room ? 2 * d->room : 1024;
	struct held *held;
	uint32_t *buffers;

	if (d->nr_held < d->room)
		return 0;
	held = room < UINT32_MAX ? realloc(d->held, room * sizeof(*held)) : NULL;
	if (held)
		d->held = held;
	buffers = held ? realloc(d->free_buffers, room * sizeof(*buffers)) : NULL;
	if (!buffers) {
		snprintf(err->text, sizeof(err->text),
			 "out of memory: %zu packets are held at once", d->nr_held);
		return -ENOMEM;
	}
	d->free_buffers = buffers;
	d->room = room;
	return 0;
}

static int append(struct demand_run *d, struct pool_event *event, int64_t at_ns,
		  struct db_error *err)
{
	event->ts_ns = at_ns + d->offset_ns;
	event->seq = d->seq++;
	event->pool = 0;
	event->trace = d->trace;
	d->last_ns = at_ns;
	if (!store_append(d->store, event))
		return 0;
	snprintf(err->text, sizeof(err->text), "%.400s", store_error(d->store));
	return -EIO;
}

static int say_open(struct demand_run *d, const char *path, int64_t at_ns, struct db_error *err)
{
	const uint32_t no = POOL_UNKNOWN;
	const char *slash = strrchr(path, '/');
	char name[64];
	struct pool_event event = {
		.kind = POOL_EVENT_POOL_OPEN,
		.available = no,
		.u.open = {name, 0, no, {no, no, no, no, no, no, no, no, 0}},
	};

	snprintf(name, sizeof(name), "%.63s", slash && slash[1] ? slash + 1 : path);
	return append(d, &event, at_ns, err);
}

static int say_close(struct demand_run *d, struct db_error *err)
{
	struct pool_event event = {
		.kind = POOL_EVENT_POOL_CLOSE,
		.available = POOL_UNKNOWN,
		.u.close = {.totals = {.taken = d->nr_taken, .returned = d->nr_returned}},
	};

	return append(d, &event, d->last_ns, err);
}

static int say_take(struct demand_run *d, const struct demand_packet *packet, struct db_error *err)
{
	int ret = make_room(d, err);
	uint32_t buffer;
	struct pool_event event = {
		.kind = POOL_EVENT_RX_TAKE,
		.available = POOL_UNKNOWN,
		.u.rx = {&buffer, 1, 1, 0},
	};

	if (ret)
		return ret;
	buffer = lowest_free(d);
	push_held(d, (struct held){packet->arrival_ns + packet->hold_ns, d->nr_taken++, buffer});
	return append(d, &event, packet->arrival_ns, err);
}

/* What comes back until then. */
static int say_returns(struct demand_run *d, int64_t until_ns, struct db_error *err)
{
	int ret = 0;

	while (!ret && d->nr_held && d->held[0].return_ns <= until_ns) {
		struct held held = pop_held(d);
		struct pool_event event = {
			.kind = POOL_EVENT_RX_RETURN,
			.available = POOL_UNKNOWN,
			.u.rx = {&held.buffer, 1, 0, 0},
		};

		push_free(d, held.buffer);
		d->nr_returned++;
		ret = append(d, &event, held.return_ns, err);
	}
	return ret;
}

/* --- both readings ---------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, int64_t value)
{
	for (int i = 0; i < 8; i++)
		hash = (hash ^ ((uint64_t)value >> 8 * i & 0xff)) * 0x100000001b3u;
	return hash;
}

/* Hold times that depend on what is held are not drawn so here; the salt knows how they are drawn.
 */
int demand_survey(struct demand_source *source, struct demand_survey *out, struct db_error *err)
{
	struct demand_packet packet;
	int ret;

	*out = (struct demand_survey){.fingerprint =
					      mix(0xcbf29ce484222325u, (int64_t)source->salt)};
	source->held = 0;
	ret = source->rewind(source, err);
	while (!ret && (ret = source->next(source, &packet, err)) > 0) {
		if (!out->packets++)
			out->first_ns = packet.arrival_ns;
		out->fingerprint = mix(mix(out->fingerprint, packet.arrival_ns), packet.hold_ns);
		ret = 0;
	}
	if (!ret && !out->packets) {
		snprintf(err->text, sizeof(err->text), "%.200s: holds no packet%s%.200s",
			 source->path, source->cut[0] ? ": " : "", source->cut);
		ret = -ENODATA;
	}
	return ret;
}

int64_t demand_offset_ns(const struct demand_survey *survey)
{
	return survey->first_ns < (int64_t)EXEC_VIRTUAL_EPOCH_NS ? (int64_t)EXEC_VIRTUAL_EPOCH_NS
								 : 0;
}

static int store_packets(struct demand_run *d, struct demand_source *source,
			 const volatile bool *cancelled, struct db_error *err)
{
	struct demand_packet packet;
	int ret;

	while ((ret = source->next(source, &packet, err)) > 0) {
		ret = say_returns(d, packet.arrival_ns, err);
		if (!ret)
			ret = say_take(d, &packet, err);
		if (ret)
			return ret;
		if (*cancelled)
			return -ECANCELED;
		source->held = d->nr_held;
	}
	return ret ? ret : say_returns(d, INT64_MAX, err);
}

int demand_store(struct store *store, uint32_t trace, struct demand_source *source,
		 const struct demand_survey *survey, const volatile bool *cancelled,
		 struct db_error *err)
{
	struct demand_run d = {
		.store = store, .trace = trace, .offset_ns = demand_offset_ns(survey)};
	int ret = source->rewind(source, err);

	source->held = 0;
	if (!ret)
		ret = say_open(&d, source->path, survey->first_ns, err);
	if (!ret)
		ret = store_packets(&d, source, cancelled, err);
	if (!ret)
		ret = say_close(&d, err);
	free(d.held);
	free(d.free_buffers);
	return ret;
}
