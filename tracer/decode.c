/* SPDX-License-Identifier: MIT */
#include "tracer/decode.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/piece_metadata.h"

enum shape {
	U8,
	U16,
	U32,
	U64,
	TEXT,	  /* const char * */
	SEQUENCE, /* u.rx.buffers and u.rx.nr_buffers */
	TAKEN,	  /* u.rx.frames, u.rx.resources and available, as PIECE_TAKEN has them */
};

struct field_plan {
	const char *name;
	size_t offset;
	enum shape shape;
};

#define MAX_FIELDS 30
#define AT(shape, name, member)                                                                    \
	{                                                                                          \
		name, offsetof(struct pool_event, member), shape                                   \
	}
#define HEAD	  AT(U32, "pool", pool), AT(U64, "seq", seq)
#define AVAILABLE AT(U32, "available", available)
#define MARKS(m)                                                                                   \
	AT(U32, "base", m.base), AT(U32, "block", m.block), AT(U32, "low", m.low),                 \
		AT(U32, "high", m.high), AT(U32, "limit", m.limit), AT(U32, "reserve", m.reserve), \
		AT(U32, "max_pending", m.max_pending), AT(U32, "shrink_ticks", m.shrink_ticks),    \
		AT(U32, "probe_ticks", m.probe_ticks)
#define TOTALS(t)                                                                                  \
	AT(U64, "requested", t.requested), AT(U64, "refused", t.refused),                          \
		AT(U64, "completed", t.completed), AT(U64, "failed", t.failed),                    \
		AT(U64, "freed", t.freed), AT(U64, "taken", t.taken),                              \
		AT(U64, "returned", t.returned), AT(U64, "resources", t.resources),                \
		AT(U64, "dropped", t.dropped)

static const struct field_plan plans[POOL_EVENT_NR_KINDS][MAX_FIELDS] = {
	[POOL_EVENT_POOL_OPEN] = {HEAD, AT(TEXT, "name", u.open.name),
				  AT(U8, "generation", u.open.generation),
				  AT(U32, "buffer_bytes", u.open.buffer_bytes),
				  MARKS(u.open.marks)},
	[POOL_EVENT_TICK] = {HEAD, AVAILABLE, AT(U32, "total", u.tick.total),
			     AT(U32, "pending", u.tick.pending),
			     AT(U8, "fallback", u.tick.fallback), AT(U8, "running", u.tick.running),
			     TOTALS(u.tick.totals), MARKS(u.tick.marks)},
	[POOL_EVENT_ALLOC_REQUEST] = {HEAD, AVAILABLE, AT(U64, "request", u.request.request),
				      AT(U32, "length_bytes", u.request.length_bytes),
				      AT(U8, "cached", u.request.cached),
				      AT(U8, "irql", u.request.irql),
				      AT(U32, "total", u.request.total),
				      AT(U32, "pending", u.request.pending)},
	[POOL_EVENT_ALLOC_REFUSED] = {HEAD, AT(U64, "request", u.refused.request),
				      AT(U32, "status", u.refused.status)},
	[POOL_EVENT_ALLOC_COMPLETE] = {HEAD, AVAILABLE, AT(U64, "request", u.complete.request),
				       AT(U32, "block", u.complete.block),
				       AT(U64, "va", u.complete.va), AT(U64, "pa", u.complete.pa),
				       AT(U32, "length_bytes", u.complete.length_bytes),
				       AT(U8, "irql", u.complete.irql),
				       AT(U8, "outcome", u.complete.outcome),
				       AT(U32, "buffers", u.complete.buffers)},
	[POOL_EVENT_BLOCK_FREE] = {HEAD, AVAILABLE, AT(U32, "block", u.free.block),
				   AT(U64, "va", u.free.va), AT(U64, "pa", u.free.pa),
				   AT(U32, "length_bytes", u.free.length_bytes),
				   AT(U8, "reason", u.free.reason),
				   AT(U32, "buffers", u.free.buffers)},
	[POOL_EVENT_RX_TAKE] = {HEAD, AVAILABLE, AT(SEQUENCE, "buffers", u.rx.buffers),
				AT(U16, "frames", u.rx.frames),
				AT(U16, "resources", u.rx.resources)},
	[POOL_EVENT_RX_RETURN] = {HEAD, AVAILABLE, AT(SEQUENCE, "buffers", u.rx.buffers)},
	[POOL_EVENT_RX_DROP] = {HEAD, AT(U32, "count", u.drop.count),
				AT(U8, "cause", u.drop.cause)},
	[POOL_EVENT_FALLBACK] = {HEAD, AVAILABLE, AT(U8, "on", u.fallback.on)},
	[POOL_EVENT_VIOLATION] = {HEAD, AT(U16, "rule", u.violation.rule),
				  AT(U64, "object", u.violation.object)},
	[POOL_EVENT_POOL_CLOSE] = {HEAD, TOTALS(u.close.totals),
				   AT(U32, "live_blocks", u.close.live_blocks),
				   AT(U32, "live_buffers", u.close.live_buffers)},
};

/* What a piece's metadata has of rx_take. */
static const struct field_plan take_of_piece[] = {
	HEAD, AT(SEQUENCE, "buffers", u.rx.buffers), AT(TAKEN, PIECE_TAKEN, u.rx), {NULL}};

/* What is known about one event class of the trace. */
struct class_plan {
	const bt_event_class *class; /* a reference of ours, so that the address stays its name */
	int kind;		     /* -1: foreign */
	size_t bytes;		     /* of an event of its kind; what follows is not looked at */
	size_t nr_fields;
	struct {
		uint64_t member;
		size_t offset;
		enum shape shape;
	} fields[MAX_FIELDS];
};

struct decoder {
	struct class_plan *classes;
	size_t nr, room, last;
	uint32_t *ids; /* of the sequence in hand */
	uint64_t ids_room;
	char error[256];
};

struct decoder *decoder_create(void)
{
	return calloc(1, sizeof(struct decoder));
}

void decoder_destroy(struct decoder *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nr; i++)
		bt_event_class_put_ref(d->classes[i].class);
	free(d->classes);
	free(d->ids);
	free(d);
}

const char *decoder_error(const struct decoder *d)
{
	return d->error;
}

static bool type_fits(enum shape shape, const bt_field_class *fc)
{
	bt_field_class_type type = bt_field_class_get_type(fc);

	switch (shape) {
	case TEXT:
		return type == BT_FIELD_CLASS_TYPE_STRING;
	case SEQUENCE:
		return bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_DYNAMIC_ARRAY) &&
		       type_fits(U32, bt_field_class_array_borrow_element_field_class_const(fc));
	default:
		return bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER);
	}
}

/* Index of the payload member with this name, or -1. */
static int64_t member_index(const bt_field_class *payload, const char *name)
{
	uint64_t nr = bt_field_class_structure_get_member_count(payload);

	for (uint64_t i = 0; i < nr; i++) {
		const bt_field_class_structure_member *m =
			bt_field_class_structure_borrow_member_by_index_const(payload, i);

		if (!strcmp(bt_field_class_structure_member_get_name(m), name))
			return (int64_t)i;
	}
	return -1;
}

static bool plan_field(struct decoder *d, struct class_plan *c, const bt_field_class *payload,
		       const struct field_plan *plan, const char *event)
{
	int64_t member = member_index(payload, plan->name);
	const bt_field_class *fc;

	if (member >= 0) {
		fc = bt_field_class_structure_member_borrow_field_class_const(
			bt_field_class_structure_borrow_member_by_index_const(payload,
									      (uint64_t)member));
		if (type_fits(plan->shape, fc)) {
			c->fields[c->nr_fields].member = (uint64_t)member;
			c->fields[c->nr_fields].offset = plan->offset;
			c->fields[c->nr_fields].shape = plan->shape;
			c->nr_fields++;
			return true;
		}
	}
	snprintf(d->error, sizeof(d->error),
		 "event %s: field %s is %s; the program was built with another poolscope.h", event,
		 plan->name, member < 0 ? "missing" : "of another type");
	return false;
}

/* Receive traffic is most of a trace, and has the least in it. */
static size_t bytes_of(int kind)
{
	bool is_rx = kind == POOL_EVENT_RX_TAKE || kind == POOL_EVENT_RX_RETURN;

	return is_rx ? offsetof(struct pool_event, u) + sizeof(((struct pool_event *)NULL)->u.rx)
		     : sizeof(struct pool_event);
}

/* Works out a new event class; kind stays -1 when it is not one of ours. */
static bool plan_class(struct decoder *d, struct class_plan *c, const bt_event_class *class)
{
	static const char prefix[] = "poolscope:";
	const char *name = bt_event_class_get_name(class);
	const bt_field_class *payload = bt_event_class_borrow_payload_field_class_const(class);
	const struct field_plan *plan;

	c->class = class;
	c->kind = -1;
	c->nr_fields = 0;
	if (!name || !payload || strncmp(name, prefix, sizeof(prefix) - 1))
		return true;
	c->kind = pool_event_kind_from_name(name + sizeof(prefix) - 1);
	if (c->kind < 0)
		return true;
	c->bytes = bytes_of(c->kind);
	plan = plans[c->kind];
	if (c->kind == POOL_EVENT_RX_TAKE && member_index(payload, PIECE_TAKEN) >= 0)
		plan = take_of_piece;
	for (; plan->name; plan++) {
		if (!plan_field(d, c, payload, plan, name))
			return false;
	}
	return true;
}

static const struct class_plan *find_class(struct decoder *d, const bt_event_class *class)
{
	if (d->last < d->nr && d->classes[d->last].class == class)
		return &d->classes[d->last];
	for (size_t i = 0; i < d->nr; i++) {
		if (d->classes[i].class == class) {
			d->last = i;
			return &d->classes[i];
		}
	}
	if (d->nr == d->room) {
		size_t room = d->room ? 2 * d->room : 32;
		void *more = realloc(d->classes, room * sizeof(*d->classes));

		if (!more) {
			snprintf(d->error, sizeof(d->error), "out of memory");
			return NULL;
		}
		d->classes = more;
		d->room = room;
	}
	if (!plan_class(d, &d->classes[d->nr], class))
		return NULL;
	bt_event_class_get_ref(class);
	d->last = d->nr++;
	return &d->classes[d->last];
}

static bool read_sequence(struct decoder *d, const bt_field *field, struct pool_event *out)
{
	uint64_t nr = bt_field_array_get_length(field);

	if (nr > d->ids_room) {
		uint32_t *more = nr < (1u << 24) ? realloc(d->ids, nr * sizeof(*more)) : NULL;

		if (!more) {
			snprintf(d->error, sizeof(d->error), "a sequence of %llu buffers is absurd",
				 (unsigned long long)nr);
			return false;
		}
		d->ids = more;
		d->ids_room = nr;
	}
	for (uint64_t i = 0; i < nr; i++) {
		const bt_field *element =
			bt_field_array_borrow_element_field_by_index_const(field, i);

		d->ids[i] = (uint32_t)bt_field_integer_unsigned_get_value(element);
	}
	out->u.rx.buffers = d->ids;
	out->u.rx.nr_buffers = (uint32_t)nr;
	return true;
}

static void read_taken(uint64_t taken, struct pool_event *out)
{
	out->u.rx.frames = (uint16_t)taken;
	out->u.rx.resources = (uint16_t)(taken >> 16);
	out->available = (uint32_t)(taken >> 32);
}

static bool read_field(struct decoder *d, const bt_field *field, enum shape shape, void *at,
		       struct pool_event *out)
{
	switch (shape) {
	case TEXT:
		/* An empty string keeps the text of the field's last use: only its length is right.
		 */
		*(const char **)at =
			bt_field_string_get_length(field) ? bt_field_string_get_value(field) : "";
		return true;
	case SEQUENCE:
		return read_sequence(d, field, out);
	case U8:
		*(uint8_t *)at = (uint8_t)bt_field_integer_unsigned_get_value(field);
		return true;
	case U16:
		*(uint16_t *)at = (uint16_t)bt_field_integer_unsigned_get_value(field);
		return true;
	case U32:
		*(uint32_t *)at = (uint32_t)bt_field_integer_unsigned_get_value(field);
		return true;
	case U64:
		*(uint64_t *)at = bt_field_integer_unsigned_get_value(field);
		return true;
	case TAKEN:
		read_taken(bt_field_integer_unsigned_get_value(field), out);
		return true;
	}
	return false;
}

enum decode_result decoder_read(struct decoder *d, const bt_message *message,
				struct pool_event *out)
{
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const struct class_plan *c = find_class(d, bt_event_borrow_class_const(event));
	const bt_clock_snapshot *clock =
		bt_message_event_borrow_default_clock_snapshot_const(message);
	const bt_field *payload;

	if (!c)
		return DECODE_BAD;
	if (c->kind < 0)
		return DECODE_FOREIGN;
	memset(out, 0, c->bytes);
	out->kind = (enum pool_event_kind)c->kind;
	if (!clock) {
		snprintf(d->error, sizeof(d->error), "the trace has no clock");
		return DECODE_BAD;
	}
	if (bt_clock_snapshot_get_ns_from_origin(clock, &out->ts_ns) !=
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK) {
		snprintf(d->error, sizeof(d->error), "an event's time does not fit 64 bits");
		return DECODE_BAD;
	}
	payload = bt_event_borrow_payload_field_const(event);
	for (size_t i = 0; i < c->nr_fields; i++) {
		const bt_field *field = bt_field_structure_borrow_member_field_by_index_const(
			payload, c->fields[i].member);

		if (!read_field(d, field, c->fields[i].shape, (char *)out + c->fields[i].offset,
				out))
			return DECODE_BAD;
	}
	return DECODE_OK;
}

/* Since the epoch; 0 when it is unknown or does not fit. */
static int64_t clock_ns(const bt_clock_snapshot *clock)
{
	int64_t ns = 0;

	if (clock && bt_clock_snapshot_get_ns_from_origin(clock, &ns) !=
			     BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK)
		ns = 0;
	return ns;
}

static const bt_stream *discarded_events(const bt_message *message, struct queue_loss *out)
{
	const bt_stream *stream = bt_message_discarded_events_borrow_stream_const(message);
	const bt_stream_class *class = bt_stream_borrow_class_const(stream);
	uint64_t count;

	if (bt_stream_class_discarded_events_have_default_clock_snapshots(class)) {
		out->start_ns = clock_ns(
			bt_message_discarded_events_borrow_beginning_default_clock_snapshot_const(
				message));
		out->end_ns = clock_ns(
			bt_message_discarded_events_borrow_end_default_clock_snapshot_const(
				message));
	}
	if (bt_message_discarded_events_get_count(message, &count) ==
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		out->events = count;
	return stream;
}

static const bt_stream *discarded_packets(const bt_message *message, struct queue_loss *out)
{
	const bt_stream *stream = bt_message_discarded_packets_borrow_stream_const(message);
	const bt_stream_class *class = bt_stream_borrow_class_const(stream);

	if (bt_stream_class_discarded_packets_have_default_clock_snapshots(class)) {
		out->start_ns = clock_ns(
			bt_message_discarded_packets_borrow_beginning_default_clock_snapshot_const(
				message));
		out->end_ns = clock_ns(
			bt_message_discarded_packets_borrow_end_default_clock_snapshot_const(
				message));
	}
	return stream;
}

const bt_stream *decode_discarded(const bt_message *message, struct queue_loss *out)
{
	*out = (struct queue_loss){.pool = -1, .seq = UINT64_MAX, .source = "lttng"};
	return bt_message_get_type(message) == BT_MESSAGE_TYPE_DISCARDED_EVENTS
		       ? discarded_events(message, out)
		       : discarded_packets(message, out);
}
