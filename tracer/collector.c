/* SPDX-License-Identifier: MIT */
#include "tracer/collector.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <babeltrace2/babeltrace.h>

#include "tracer/babel.h"
#include "tracer/decode.h"
#include "tracer/gate.h"
#include "tracer/live.h"
#include "tracer/origin.h"
#include "tracer/resolve.h"
#include "tracer/room.h"
#include "tracer/trace_list.h"

/* How long the source may rest when the relay daemon has nothing: well below the live timer. */
static const struct timespec idle_nap = {.tv_nsec = 5000000};

struct collector {
	struct store *store;
	struct gate *gate; /* NULL: Babeltrace talks to the relay daemon itself */
	bt_graph *graph;
	struct decoder *decoder;
	struct origins *origins;
	bt_message_iterator *messages;
	atomic_ullong events, foreign, rests;
	atomic_bool attached, ended, cancelled;
	void (*see)(const struct pool_event *event, void *ctx); /* NULL: events are stored */
	void *see_ctx;
	bool (*ready)(void *ctx); /* NULL: it may read */
	void *ready_ctx;
	uint64_t from_cycles, to_cycles; /* what is older or younger is passed over */
	int error;			 /* -errno from the sink: its own, not Babeltrace's */
	struct db_error why;
};

/* --- the sink -------------------------------------------------------------------------------- */

static bt_component_class_initialize_method_status
sink_initialize(bt_self_component_sink *self, bt_self_component_sink_configuration *config,
		const bt_value *params, void *data)
{
	bt_self_component_set_data(bt_self_component_sink_as_self_component(self), data);
	if (bt_self_component_sink_add_input_port(self, "in", NULL, NULL) !=
	    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK)
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static struct collector *sink_collector(bt_self_component_sink *self)
{
	return bt_self_component_get_data(bt_self_component_sink_as_self_component(self));
}

static bt_component_class_sink_graph_is_configured_method_status
sink_configured(bt_self_component_sink *self)
{
	struct collector *c = sink_collector(self);
	bt_self_component_port_input *port =
		bt_self_component_sink_borrow_input_port_by_index(self, 0);

	if (bt_message_iterator_create_from_sink_component(self, port, &c->messages) !=
	    BT_MESSAGE_ITERATOR_CREATE_FROM_SINK_COMPONENT_STATUS_OK)
		return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_ERROR;
	return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

static void sink_finalize(bt_self_component_sink *self)
{
	struct collector *c = sink_collector(self);

	if (c->messages)
		bt_message_iterator_put_ref(c->messages);
	c->messages = NULL;
}

static bool is_outside(const struct collector *c, const bt_message *message)
{
	const bt_clock_snapshot *clock =
		bt_message_event_borrow_default_clock_snapshot_const(message);
	uint64_t cycles = clock ? bt_clock_snapshot_get_value(clock) : c->from_cycles;

	return cycles < c->from_cycles || cycles > c->to_cycles;
}

/* Whether all of the trace is kept. */
static bool keeps_all(const struct collector *c)
{
	return !c->from_cycles && c->to_cycles == UINT64_MAX;
}

static int take_event(struct collector *c, const bt_message *message)
{
	struct pool_event event;

	if (!keeps_all(c) && is_outside(c, message))
		return 0;
	switch (decoder_read(c->decoder, message, &event)) {
	case DECODE_OK:
		atomic_fetch_add_explicit(&c->events, 1, memory_order_relaxed);
		if (c->see) {
			c->see(&event, c->see_ctx);
			return 0;
		}
		event.trace =
			origins_of_event(c->origins, bt_message_event_borrow_event_const(message));
		if (!event.trace) {
			snprintf(c->why.text, sizeof(c->why.text), "out of memory");
			return -EIO;
		}
		if (!store_append(c->store, &event))
			return 0;
		snprintf(c->why.text, sizeof(c->why.text), "%s", store_error(c->store));
		return -EIO;
	case DECODE_FOREIGN:
		atomic_fetch_add_explicit(&c->foreign, 1, memory_order_relaxed);
		return 0;
	case DECODE_BAD:
		break;
	}
	snprintf(c->why.text, sizeof(c->why.text), "%s", decoder_error(c->decoder));
	return -EIO;
}

/*
 * A loss is of no concern where nothing is stored; nor in what a flight recorder kept, which
 * discards nothing but overwrites, and where a gap shows in seq.
 */
static bool is_concern(const struct collector *c)
{
	return !c->see && keeps_all(c);
}

/* LTTng says here that it had no room. */
static int take_discarded(struct collector *c, const bt_message *message)
{
	struct queue_loss loss;
	const bt_stream *stream = decode_discarded(message, &loss);

	if (!is_concern(c))
		return 0;
	return store_loss(c->store, origins_of_stream(c->origins, stream), -1, loss.start_ns,
			  loss.end_ns, loss.events, loss.source);
}

static int take_message(struct collector *c, const bt_message *message)
{
	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		return take_event(c, message);
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		return take_discarded(c, message);
	default:
		return 0; /* stream and packet borders, inactivity: nothing to store */
	}
}

static bt_component_class_sink_consume_method_status sink_consume(bt_self_component_sink *self)
{
	struct collector *c = sink_collector(self);
	bt_message_array_const messages;
	uint64_t nr;

	switch (bt_message_iterator_next(c->messages, &messages, &nr)) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		break;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_AGAIN:
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_AGAIN;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_MEMORY_ERROR:
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_MEMORY_ERROR;
	default:
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR;
	}
	for (uint64_t i = 0; i < nr; i++) {
		if (!c->error)
			c->error = take_message(c, messages[i]);
		bt_message_put_ref(messages[i]);
	}
	return c->error ? BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_ERROR
			: BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
}

/* --- the graph ------------------------------------------------------------------------------- */

static const bt_component_class_sink *sink_class(void)
{
	bt_component_class_sink *class = bt_component_class_sink_create("poolscope", sink_consume);

	if (class) {
		bt_component_class_sink_set_initialize_method(class, sink_initialize);
		bt_component_class_sink_set_graph_is_configured_method(class, sink_configured);
		bt_component_class_sink_set_finalize_method(class, sink_finalize);
	}
	return class;
}

static bt_value *live_params(const char *url)
{
	bt_value *params = bt_value_map_create();
	bt_value *inputs = NULL;

	/* "end": the session is there already, and when it is destroyed the graph shall end. */
	if (!params || bt_value_map_insert_empty_array_entry(params, "inputs", &inputs) ||
	    bt_value_array_append_string_element(inputs, url) ||
	    bt_value_map_insert_string_entry(params, "session-not-found-action", "end")) {
		bt_value_put_ref(params);
		return NULL;
	}
	return params;
}

static int add_sink(struct collector *c, const bt_port_output *from, struct db_error *err)
{
	const bt_component_class_sink *class = sink_class();
	const bt_component_sink *sink;
	int ret = 0;

	if (!class ||
	    bt_graph_add_sink_component_with_initialize_method_data(
		    c->graph, class, "sink", NULL, c, BT_LOGGING_LEVEL_NONE, &sink) ||
	    bt_graph_connect_ports(c->graph, from,
				   bt_component_sink_borrow_input_port_by_index_const(sink, 0),
				   NULL))
		ret = babel_failed(err, "cannot build the graph");
	bt_component_class_sink_put_ref(class);
	return ret;
}

/* The source's ports, one a stream, into one muxer that orders them by time. */
static int add_muxer(struct collector *c, const bt_component_source *source,
		     const bt_port_output **out, struct db_error *err)
{
	const bt_plugin *plugin = NULL;
	const bt_component_class_filter *class =
		babel_find_class("utils", "muxer", true, &plugin, err);
	uint64_t nr = bt_component_source_get_output_port_count(source);
	const bt_component_filter *muxer;
	int ret = class ? 0 : -ENOENT;

	if (!ret && bt_graph_add_filter_component(c->graph, class, "muxer", NULL,
						  BT_LOGGING_LEVEL_NONE, &muxer))
		ret = babel_failed(err, "cannot build the graph");
	for (uint64_t i = 0; !ret && i < nr; i++) {
		/* Each connection gives the muxer one more free input port: the last. */
		if (bt_graph_connect_ports(
			    c->graph,
			    bt_component_source_borrow_output_port_by_index_const(source, i),
			    bt_component_filter_borrow_input_port_by_index_const(
				    muxer, bt_component_filter_get_input_port_count(muxer) - 1),
			    NULL))
			ret = babel_failed(err, "cannot connect the graph");
	}
	if (!ret)
		*out = bt_component_filter_borrow_output_port_by_index_const(muxer, 0);
	bt_plugin_put_ref(plugin);
	return ret;
}

/* Builds source -> [muxer ->] sink.  Owns: takes params. */
static int build(struct collector *c, const char *class_name, bt_value *params, bool muxed,
		 struct db_error *err)
{
	const bt_component_source *source = NULL;
	const bt_port_output *out = NULL;
	int ret;

	c->decoder = decoder_create();
	c->graph = bt_graph_create(0);
	if (!c->decoder || !c->origins) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		bt_value_put_ref(params);
		return -EIO;
	}
	ret = babel_add_source(c->graph, class_name, params, &source, err);
	if (!ret && muxed)
		ret = add_muxer(c, source, &out, err);
	else if (!ret)
		out = bt_component_source_borrow_output_port_by_index_const(source, 0);
	if (!ret)
		ret = add_sink(c, out, err);
	return ret;
}

/* name: what a trace without a name of its own is called.  Owns: takes params. */
static int open_collector(struct store *store, const char *class_name, bt_value *params, bool muxed,
			  const char *name, struct collector **out, struct db_error *err)
{
	struct collector *c = calloc(1, sizeof(*c));
	int ret;

	assert(room_is_made() && resolve_is_per_thread());
	if (!c) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		bt_value_put_ref(params);
		return -EIO;
	}
	c->store = store;
	c->to_cycles = UINT64_MAX;
	c->origins = origins_create(store, name);
	ret = build(c, class_name, params, muxed, err);
	if (ret)
		collector_close(c);
	else
		*out = c;
	return ret;
}

int collector_open_url(struct store *store, const char *url, struct collector **out,
		       struct db_error *err)
{
	char behind[LIVE_URL_MAX];
	struct gate *gate;
	int ret = gate_open(url, behind, sizeof(behind), &gate, err);

	if (ret)
		return ret;
	ret = open_collector(store, "lttng-live", live_params(behind), false, url, out, err);
	if (ret)
		gate_close(gate);
	else
		(*out)->gate = gate;
	return ret;
}

int collector_open_live(struct store *store, int live_port, const char *session,
			struct collector **out, struct db_error *err)
{
	char url[512], host[256];

	if (gethostname(host, sizeof(host)))
		snprintf(host, sizeof(host), "localhost");
	host[sizeof(host) - 1] = 0;
	snprintf(url, sizeof(url), "net://127.0.0.1:%d/host/%s/%s", live_port, host, session);
	return open_collector(store, "lttng-live", live_params(url), false, url, out, err);
}

int collector_open_dirs(struct store *store, const char *const *dirs, size_t nr,
			struct collector **out, struct db_error *err)
{
	return open_collector(store, "fs", babel_dirs(dirs, nr), true, dirs[0], out, err);
}

int collector_open_trace(struct store *store, const char *dir, struct collector **out,
			 struct db_error *err)
{
	struct trace_list list;
	int ret = trace_list_find(&list, &dir, 1, err);

	if (!ret)
		ret = collector_open_dirs(store, (const char *const *)list.dirs, list.nr_dirs, out,
					  err);
	trace_list_release(&list);
	return ret;
}

/* Rests, once, between the joining and what comes then. */
static void hold(struct collector *c)
{
	while (c->ready && !atomic_load(&c->cancelled) && !c->ready(c->ready_ctx))
		nanosleep(&idle_nap, NULL);
	c->ready = NULL;
}

int collector_run(struct collector *c, struct db_error *err)
{
	while (!atomic_load(&c->cancelled)) {
		if (c->ready && atomic_load(&c->attached))
			hold(c);
		switch (bt_graph_run_once(c->graph)) {
		case BT_GRAPH_RUN_ONCE_STATUS_OK:
			atomic_store(&c->attached, true);
			break;
		case BT_GRAPH_RUN_ONCE_STATUS_AGAIN:
			atomic_store(&c->attached, true);
			atomic_fetch_add(&c->rests, 1);
			nanosleep(&idle_nap, NULL);
			break;
		case BT_GRAPH_RUN_ONCE_STATUS_END:
			atomic_store(&c->ended, true);
			return 0;
		default:
			if (!c->error)
				return babel_failed(err, "cannot read the trace");
			bt_current_thread_clear_error();
			*err = c->why;
			return c->error;
		}
	}
	return -ECANCELED;
}

uint32_t collector_trace(const struct collector *c)
{
	return origins_any(c->origins);
}

bool collector_has_seen(const struct collector *c, const unsigned char uuid[16])
{
	return origins_have_seen(c->origins, uuid);
}

void collector_watch(struct collector *c, void (*see)(const struct pool_event *event, void *ctx),
		     void *ctx)
{
	c->see = see;
	c->see_ctx = ctx;
}

void collector_hold(struct collector *c, bool (*ready)(void *ctx), void *ctx)
{
	c->ready = ready;
	c->ready_ctx = ctx;
}

void collector_keep(struct collector *c, uint64_t from_cycles, uint64_t to_cycles)
{
	c->from_cycles = from_cycles;
	c->to_cycles = to_cycles;
}

void collector_cancel(struct collector *c)
{
	atomic_store(&c->cancelled, true);
	if (c->graph)
		bt_interrupter_set(bt_graph_borrow_default_interrupter(c->graph));
}

void collector_progress(struct collector *c, struct collector_progress *out)
{
	out->events = atomic_load_explicit(&c->events, memory_order_relaxed);
	out->foreign = atomic_load_explicit(&c->foreign, memory_order_relaxed);
	out->rests = atomic_load(&c->rests);
	out->attached = atomic_load(&c->attached);
	out->ended = atomic_load(&c->ended);
}

void collector_close(struct collector *c)
{
	if (!c)
		return;
	if (c->graph)
		bt_graph_put_ref(c->graph);
	/* Saying goodbye to a relay daemon that is gone fails, and Babeltrace keeps that in mind.
	 */
	bt_current_thread_clear_error();
	gate_close(c->gate);
	origins_destroy(c->origins);
	decoder_destroy(c->decoder);
	free(c);
}
