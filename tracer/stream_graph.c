/* SPDX-License-Identifier: MIT */
#include "tracer/stream_graph.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tracer/babel.h"
#include "tracer/decode.h"
#include "tracer/origin.h"

/* Messages come in fifteens at most. */
#define STEPS 256

/* One stream: a sink of the graph. */
struct stream {
	struct lane *lane;
	struct decoder *decoder;
	struct owners *owners;
	atomic_ullong *foreign;
	bt_message_iterator *messages;
	uint64_t from_cycles, to_cycles; /* what is older or younger is passed over */
	int64_t last_ns;		 /* of the newest message that says its time */
	uint64_t at_cycles;		 /* about the same, by the trace's clock */
	bool is_known; /* owner: the trace; and where its events say their process */
	bool has_process;
	int64_t vpid_member, vpid;
	uint32_t process;
	const bt_message **kept; /* after it failed */
	uint64_t nr_kept;
	struct db_error why;
};

struct stream_graph {
	bt_graph *graph;
	const bt_component_source *source;
	struct stream **streams;
	size_t nr;
};

/* --- messages -------------------------------------------------------------------------------- */

/* Its time; NULL: it has none. */
static const bt_clock_snapshot *clock_of(const bt_message *message)
{
	const bt_stream_class *class;

	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
		class = bt_stream_borrow_class_const(bt_packet_borrow_stream_const(
			bt_message_packet_beginning_borrow_packet_const(message)));
		if (bt_stream_class_packets_have_beginning_default_clock_snapshot(class))
			return bt_message_packet_beginning_borrow_default_clock_snapshot_const(
				message);
		return NULL;
	case BT_MESSAGE_TYPE_PACKET_END:
		class = bt_stream_borrow_class_const(bt_packet_borrow_stream_const(
			bt_message_packet_end_borrow_packet_const(message)));
		if (bt_stream_class_packets_have_end_default_clock_snapshot(class))
			return bt_message_packet_end_borrow_default_clock_snapshot_const(message);
		return NULL;
	case BT_MESSAGE_TYPE_EVENT:
		return bt_message_event_borrow_default_clock_snapshot_const(message);
	default:
		return NULL;
	}
}

static int fail(struct stream *s, const char *why)
{
	snprintf(s->why.text, sizeof(s->why.text), "%s", why);
	return -EIO;
}

/* Within a stream time does not go back, or nothing could be merged by time. */
static int advance(struct stream *s, int64_t ns)
{
	if (ns < s->last_ns)
		return fail(s, "a stream's time goes back");
	s->last_ns = ns;
	return 0;
}

/* The same with the time of any message. */
static int advance_with(struct stream *s, const bt_message *message)
{
	const bt_clock_snapshot *clock = clock_of(message);
	int64_t ns;

	if (!clock)
		return 0;
	if (bt_clock_snapshot_get_ns_from_origin(clock, &ns) !=
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK)
		return babel_failed(&s->why, "cannot read the trace");
	return advance(s, ns);
}

static void learn_trace(struct stream *s, const bt_stream *stream)
{
	if (!s->is_known)
		owners_of_trace(s->owners, bt_stream_borrow_trace_const(stream));
	s->is_known = true;
}

/* Says whose it is, by its number among the owners. */
static int find_process(struct stream *s, const bt_event *event, uint32_t *process)
{
	int64_t vpid;

	if (!s->has_process)
		s->vpid_member = origin_vpid_member(event);
	vpid = s->vpid_member >= 0 ? origin_vpid(event, s->vpid_member) : 0;
	if (!s->has_process || vpid != s->vpid)
		s->process = owners_process(s->owners, s->vpid_member >= 0, vpid);
	if (!s->process)
		return fail(s, "out of memory");
	s->has_process = true;
	s->vpid = vpid;
	*process = s->process;
	return 0;
}

static bool keeps_all(const struct stream *s)
{
	return !s->from_cycles && s->to_cycles == UINT64_MAX;
}

static bool is_outside(const struct stream *s, const bt_message *message)
{
	const bt_clock_snapshot *clock = clock_of(message);
	uint64_t cycles = clock ? bt_clock_snapshot_get_value(clock) : s->from_cycles;

	return cycles < s->from_cycles || cycles > s->to_cycles;
}

static int take_event(struct stream *s, const bt_message *message)
{
	const bt_event *from = bt_message_event_borrow_event_const(message);
	struct pool_event event;
	int ret;

	if (!keeps_all(s) && is_outside(s, message))
		return advance_with(s, message);
	switch (decoder_read(s->decoder, message, &event)) {
	case DECODE_OK:
		if (!s->is_known)
			learn_trace(s, bt_event_borrow_stream_const(from));
		ret = advance(s, event.ts_ns);
		if (!ret)
			ret = find_process(s, from, &event.trace);
		if (!ret && lane_put_event(s->lane, &event))
			ret = fail(s, "out of memory");
		return ret;
	case DECODE_FOREIGN:
		atomic_fetch_add_explicit(s->foreign, 1, memory_order_relaxed);
		return advance_with(s, message);
	case DECODE_BAD:
		break;
	}
	return fail(s, decoder_error(s->decoder));
}

static int take_discarded(struct stream *s, const bt_message *message)
{
	struct queue_loss loss;

	learn_trace(s, decode_discarded(message, &loss));
	if (loss.start_ns && advance(s, loss.start_ns))
		return -EIO;
	if (!keeps_all(s))
		return 0;
	return lane_put_loss(s->lane, &loss) ? fail(s, "out of memory") : 0;
}

static int take_message(struct stream *s, const bt_message *message)
{
	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		return take_event(s, message);
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		return take_discarded(s, message);
	default:
		return advance_with(s, message);
	}
}

/* --- the sink -------------------------------------------------------------------------------- */

static bt_component_class_initialize_method_status
sink_initialize(bt_self_component_sink *self, bt_self_component_sink_configuration *config,
		const bt_value *params, void *data)
{
	(void)config;
	(void)params;
	bt_self_component_set_data(bt_self_component_sink_as_self_component(self), data);
	if (bt_self_component_sink_add_input_port(self, "in", NULL, NULL) !=
	    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK)
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static struct stream *sink_stream(bt_self_component_sink *self)
{
	return bt_self_component_get_data(bt_self_component_sink_as_self_component(self));
}

static bt_component_class_sink_graph_is_configured_method_status
sink_configured(bt_self_component_sink *self)
{
	bt_self_component_port_input *port =
		bt_self_component_sink_borrow_input_port_by_index(self, 0);

	if (bt_message_iterator_create_from_sink_component(self, port,
							   &sink_stream(self)->messages) !=
	    BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK)
		return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
	return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

static void sink_finalize(bt_self_component_sink *self)
{
	struct stream *s = sink_stream(self);

	while (s->nr_kept)
		bt_message_put_ref(s->kept[--s->nr_kept]);
	if (s->messages)
		bt_message_iterator_put_ref(s->messages);
	s->messages = NULL;
}

/*
 * Messages that are not taken are kept to the end: a clock that overflowed would be used again for
 * other streams, and Babeltrace 2.0 goes on to call it overflowed.
 */
static int keep(struct stream *s, bt_message_array_const messages, uint64_t nr)
{
	s->kept = calloc(nr, sizeof(const bt_message *));
	for (uint64_t i = 0; s->kept && i < nr; i++)
		s->kept[s->nr_kept++] = messages[i];
	return -EIO;
}

static int take_messages(struct stream *s, bt_message_array_const messages, uint64_t nr)
{
	const bt_clock_snapshot *clock = clock_of(messages[nr - 1]);

	if (clock)
		s->at_cycles = bt_clock_snapshot_get_value(clock);
	for (uint64_t i = 0; i < nr; i++) {
		if (take_message(s, messages[i]))
			return keep(s, messages + i, nr - i);
		bt_message_put_ref(messages[i]);
	}
	return 0;
}

/*
 * A stream that cannot be read ends alone: what others have from before that time is still to be
 * read, and the merge ends when it comes there.
 */
static bt_component_class_sink_consume_method_status sink_consume(bt_self_component_sink *self)
{
	struct stream *s = sink_stream(self);
	bt_message_array_const messages;
	uint64_t nr;

	if (!lane_has_room(s->lane))
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_AGAIN;
	switch (bt_message_iterator_next(s->messages, &messages, &nr)) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		if (!take_messages(s, messages, nr))
			return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
		bt_current_thread_clear_error();
		lane_fail(s->lane, s->why.text, s->last_ns);
		break;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_AGAIN:
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_AGAIN;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		lane_end(s->lane);
		break;
	default:
		babel_failed(&s->why, "cannot read the trace");
		lane_fail(s->lane, s->why.text, s->last_ns);
	}
	return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
}

/* --- the graph ------------------------------------------------------------------------------- */

int stream_graph_open(const char *const *dirs, size_t nr, struct stream_graph **out,
		      struct db_error *err)
{
	struct stream_graph *g = calloc(1, sizeof(*g));
	int ret;

	*out = NULL;
	if (!g) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -EIO;
	}
	g->graph = bt_graph_create(0);
	ret = babel_add_source(g->graph, "fs", babel_dirs(dirs, nr), &g->source, err);
	if (ret)
		stream_graph_close(g);
	else
		*out = g;
	return ret;
}

const char *stream_graph_port(const struct stream_graph *g, size_t i)
{
	const bt_port_output *port;

	if (i >= bt_component_source_get_output_port_count(g->source))
		return NULL;
	port = bt_component_source_borrow_output_port_by_index_const(g->source, i);
	return bt_port_get_name(bt_port_output_as_port_const(port));
}

static struct stream *add_stream(struct stream_graph *g, struct lane *lane, struct owners *owners,
				 atomic_ullong *foreign)
{
	struct stream **streams = realloc(g->streams, (g->nr + 1) * sizeof(struct stream *));
	struct stream *s = calloc(1, sizeof(*s));

	if (streams)
		g->streams = streams;
	if (s)
		s->decoder = decoder_create();
	if (!streams || !s || !s->decoder) {
		if (s)
			decoder_destroy(s->decoder);
		free(s);
		return NULL;
	}
	s->to_cycles = UINT64_MAX;
	s->last_ns = INT64_MIN;
	s->lane = lane;
	s->owners = owners;
	s->foreign = foreign;
	g->streams[g->nr++] = s;
	return s;
}

int stream_graph_want(struct stream_graph *g, const char *port, struct lane *lane,
		      struct owners *owners, atomic_ullong *foreign, struct db_error *err)
{
	const bt_port_output *out =
		bt_component_source_borrow_output_port_by_name_const(g->source, port);
	bt_component_class_sink *class = bt_component_class_sink_create("stream", sink_consume);
	struct stream *s = add_stream(g, lane, owners, foreign);
	const bt_component_sink *sink;
	char name[32];
	int ret = 0;

	snprintf(name, sizeof(name), "stream %zu", g->nr);
	if (class) {
		bt_component_class_sink_set_initialize_method(class, sink_initialize);
		bt_component_class_sink_set_graph_is_configured_method(class, sink_configured);
		bt_component_class_sink_set_finalize_method(class, sink_finalize);
	}
	if (!out || !class || !s) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		ret = -EIO;
	} else if (bt_graph_add_sink_component_with_initialize_method_data(
			   g->graph, class, name, NULL, s, BT_LOGGING_LEVEL_NONE, &sink) ||
		   bt_graph_connect_ports(
			   g->graph, out,
			   bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL)) {
		ret = babel_failed(err, "cannot build the graph");
	}
	bt_component_class_sink_put_ref(class);
	return ret;
}

void stream_graph_keep(struct stream_graph *g, uint64_t from_cycles, uint64_t to_cycles)
{
	for (size_t i = 0; i < g->nr; i++) {
		g->streams[i]->from_cycles = from_cycles;
		g->streams[i]->to_cycles = to_cycles;
	}
}

/* The graph is over, or broken. */
static void end_lanes(struct stream_graph *g, bool failed)
{
	struct db_error why = {""};

	if (failed)
		babel_failed(&why, "cannot read the trace");
	for (size_t i = 0; i < g->nr; i++) {
		if (failed)
			lane_fail(g->streams[i]->lane, why.text, g->streams[i]->last_ns);
		else
			lane_end(g->streams[i]->lane);
	}
}

bool stream_graph_run(struct stream_graph *g, struct lanes *lanes)
{
	for (int i = 0; i < STEPS; i++) {
		bt_graph_run_once_status status = bt_graph_run_once(g->graph);

		if (status != BT_GRAPH_RUN_ONCE_STATUS_OK &&
		    status != BT_GRAPH_RUN_ONCE_STATUS_AGAIN) {
			end_lanes(g, status < 0);
			return false;
		}
		if (atomic_load_explicit(&lanes->stopped, memory_order_relaxed) ||
		    (status == BT_GRAPH_RUN_ONCE_STATUS_AGAIN && !stream_graph_has_room(g)))
			break;
	}
	return true;
}

bool stream_graph_has_room(const struct stream_graph *g)
{
	for (size_t i = 0; i < g->nr; i++)
		if (!g->streams[i]->lane->ended && lane_has_room(g->streams[i]->lane))
			return true;
	return false;
}

bool stream_graph_has(const struct stream_graph *g, const struct lane *lane)
{
	for (size_t i = 0; i < g->nr; i++)
		if (g->streams[i]->lane == lane)
			return true;
	return false;
}

bool stream_graph_reads_any(const struct stream_graph *g)
{
	return g->nr;
}

uint64_t stream_graph_at(const struct stream_graph *g)
{
	uint64_t at = UINT64_MAX;

	for (size_t i = 0; i < g->nr; i++)
		if (!g->streams[i]->lane->ended && g->streams[i]->at_cycles < at)
			at = g->streams[i]->at_cycles;
	return at;
}

void stream_graph_close(struct stream_graph *g)
{
	if (!g)
		return;
	if (g->graph)
		bt_graph_put_ref(g->graph);
	bt_current_thread_clear_error();
	for (size_t i = 0; i < g->nr; i++) {
		decoder_destroy(g->streams[i]->decoder);
		free(g->streams[i]->kept);
		free(g->streams[i]);
	}
	free(g->streams);
	free(g);
}
