/* SPDX-License-Identifier: MIT */
/* The decoder against events that a Babeltrace graph of our own makes, field by field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <babeltrace2/babeltrace.h>

#include "tracer/decode.h"

/* A payload field of a made-up event. */
struct made_field {
	const char *name;
	enum { UINT, ENUM, STRING, SEQUENCE, TEXTS } type;
	uint64_t value;
	const char *text;
	uint32_t ids[4]; /* of a SEQUENCE of value elements */
};

struct made_event {
	const char *name;
	uint64_t clock;
	struct made_field fields[32];
};

/* What the graph shows to the check, one event at a time. */
struct play {
	const struct made_event *events;
	size_t nr_events;
	void (*check)(struct decoder *d, enum decode_result result, const struct pool_event *e,
		      size_t i);
	struct decoder *decoder;
	bool no_clock;
	size_t seen;
	bt_message_iterator *iterator;
};

static struct play *play_now;

struct made_stream {
	bt_stream *stream;
	bt_event_class *classes[8];
	size_t at;
};

static bt_field_class *make_field_class(bt_trace_class *tc, const struct made_field *f)
{
	bt_field_class *element, *fc;

	switch (f->type) {
	case STRING:
		return bt_field_class_string_create(tc);
	case ENUM:
		fc = bt_field_class_enumeration_unsigned_create(tc);
		bt_field_class_integer_set_field_value_range(fc, 8);
		return fc;
	case SEQUENCE:
	case TEXTS:
		element = f->type == TEXTS ? bt_field_class_string_create(tc)
					   : bt_field_class_integer_unsigned_create(tc);
		fc = bt_field_class_array_dynamic_create(tc, element, NULL);
		bt_field_class_put_ref(element);
		return fc;
	default:
		return bt_field_class_integer_unsigned_create(tc);
	}
}

static bt_event_class *make_event_class(bt_stream_class *sc, bt_trace_class *tc,
					const struct made_event *e)
{
	bt_event_class *ec = bt_event_class_create(sc);
	bt_field_class *payload = bt_field_class_structure_create(tc);

	bt_event_class_set_name(ec, e->name);
	for (const struct made_field *f = e->fields; f->name; f++) {
		bt_field_class *fc = make_field_class(tc, f);

		bt_field_class_structure_append_member(payload, f->name, fc);
		bt_field_class_put_ref(fc);
	}
	bt_event_class_set_payload_field_class(ec, payload);
	bt_field_class_put_ref(payload);
	return ec;
}

static bt_component_class_initialize_method_status
source_initialize(bt_self_component_source *self, bt_self_component_source_configuration *config,
		  const bt_value *params, void *data)
{
	bt_self_component *component = bt_self_component_source_as_self_component(self);
	struct made_stream *s = data;
	bt_trace_class *tc = bt_trace_class_create(component);
	bt_clock_class *clock = bt_clock_class_create(component);
	bt_stream_class *sc = bt_stream_class_create(tc);
	bt_trace *trace = bt_trace_create(tc);

	if (!play_now->no_clock)
		bt_stream_class_set_default_clock_class(sc, clock);
	for (size_t i = 0; i < play_now->nr_events; i++)
		s->classes[i] = make_event_class(sc, tc, &play_now->events[i]);
	s->stream = bt_stream_create(sc, trace);
	bt_self_component_set_data(component, s);
	bt_self_component_source_add_output_port(self, "out", NULL, NULL);
	bt_trace_put_ref(trace);
	bt_stream_class_put_ref(sc);
	bt_clock_class_put_ref(clock);
	bt_trace_class_put_ref(tc);
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static void source_finalize(bt_self_component_source *self)
{
	struct made_stream *s =
		bt_self_component_get_data(bt_self_component_source_as_self_component(self));

	for (size_t i = 0; i < play_now->nr_events; i++)
		bt_event_class_put_ref(s->classes[i]);
	bt_stream_put_ref(s->stream);
}

static bt_message_iterator_class_initialize_method_status
iterator_initialize(bt_self_message_iterator *self, bt_self_message_iterator_configuration *config,
		    bt_self_component_port_output *port)
{
	bt_self_message_iterator_set_data(
		self, bt_self_component_get_data(bt_self_message_iterator_borrow_component(self)));
	return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static void fill(bt_field *field, const struct made_field *f)
{
	switch (f->type) {
	case STRING:
		bt_field_string_set_value(field, f->text);
		return;
	case TEXTS:
		return; /* an empty one */
	case SEQUENCE:
		bt_field_array_dynamic_set_length(field, f->value);
		for (uint64_t i = 0; i < f->value; i++)
			bt_field_integer_unsigned_set_value(
				bt_field_array_borrow_element_field_by_index(field, i), f->ids[i]);
		return;
	default:
		bt_field_integer_unsigned_set_value(field, f->value);
	}
}

static bt_message *make_message(bt_self_message_iterator *self, struct made_stream *s, size_t i)
{
	const struct made_event *e = &play_now->events[i];
	bt_message *m = play_now->no_clock ? bt_message_event_create(self, s->classes[i], s->stream)
					   : bt_message_event_create_with_default_clock_snapshot(
						     self, s->classes[i], s->stream, e->clock);
	bt_field *payload = bt_event_borrow_payload_field(bt_message_event_borrow_event(m));

	for (uint64_t f = 0; e->fields[f].name; f++)
		fill(bt_field_structure_borrow_member_field_by_index(payload, f), &e->fields[f]);
	return m;
}

static bt_message_iterator_class_next_method_status iterator_next(bt_self_message_iterator *self,
								  bt_message_array_const messages,
								  uint64_t capacity,
								  uint64_t *count)
{
	struct made_stream *s = bt_self_message_iterator_get_data(self);
	size_t at = s->at++;

	*count = 1;
	if (at == 0)
		messages[0] = bt_message_stream_beginning_create(self, s->stream);
	else if (at <= play_now->nr_events)
		messages[0] = make_message(self, s, at - 1);
	else if (at == play_now->nr_events + 1)
		messages[0] = bt_message_stream_end_create(self, s->stream);
	else
		return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END;
	return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK;
}

static bt_component_class_initialize_method_status
sink_initialize(bt_self_component_sink *self, bt_self_component_sink_configuration *config,
		const bt_value *params, void *data)
{
	bt_self_component_sink_add_input_port(self, "in", NULL, NULL);
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_component_class_sink_graph_is_configured_method_status
sink_configured(bt_self_component_sink *self)
{
	bt_message_iterator_create_from_sink_component(
		self, bt_self_component_sink_borrow_input_port_by_index(self, 0),
		&play_now->iterator);
	return BT_COMPONENT_CLASS_SINK_GRAPH_IS_CONFIGURED_METHOD_STATUS_OK;
}

static void sink_finalize(bt_self_component_sink *self)
{
	bt_message_iterator_put_ref(play_now->iterator);
}

static bt_component_class_sink_consume_method_status sink_consume(bt_self_component_sink *self)
{
	bt_message_array_const messages;
	uint64_t nr;

	if (bt_message_iterator_next(play_now->iterator, &messages, &nr) !=
	    BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
		return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_END;
	for (uint64_t i = 0; i < nr; i++) {
		if (bt_message_get_type(messages[i]) == BT_MESSAGE_TYPE_EVENT) {
			struct pool_event e;
			enum decode_result result =
				decoder_read(play_now->decoder, messages[i], &e);

			play_now->check(play_now->decoder, result, &e, play_now->seen++);
		}
		bt_message_put_ref(messages[i]);
	}
	return BT_COMPONENT_CLASS_SINK_CONSUME_METHOD_STATUS_OK;
}

static bt_component_class_source *make_source_class(void)
{
	bt_message_iterator_class *ic = bt_message_iterator_class_create(iterator_next);
	bt_component_class_source *class = bt_component_class_source_create("made", ic);

	bt_message_iterator_class_set_initialize_method(ic, iterator_initialize);
	bt_component_class_source_set_initialize_method(class, source_initialize);
	bt_component_class_source_set_finalize_method(class, source_finalize);
	bt_message_iterator_class_put_ref(ic);
	return class;
}

static bt_component_class_sink *make_sink_class(void)
{
	bt_component_class_sink *class = bt_component_class_sink_create("check", sink_consume);

	bt_component_class_sink_set_initialize_method(class, sink_initialize);
	bt_component_class_sink_set_graph_is_configured_method(class, sink_configured);
	bt_component_class_sink_set_finalize_method(class, sink_finalize);
	return class;
}

/* Lets a graph say the events and checks each as it is decoded. */
static void run_play_with(bool no_clock, const struct made_event *events, size_t nr,
			  void (*check)(struct decoder *, enum decode_result,
					const struct pool_event *, size_t))
{
	struct made_stream stream = {0};
	struct play play = {.events = events,
			    .nr_events = nr,
			    .no_clock = no_clock,
			    .check = check,
			    .decoder = decoder_create()};
	bt_graph *graph = bt_graph_create(0);
	bt_component_class_source *source_class = make_source_class();
	bt_component_class_sink *sink_class = make_sink_class();
	const bt_component_source *source;
	const bt_component_sink *sink;

	play_now = &play;
	assert_int_equal(bt_graph_add_source_component_with_initialize_method_data(
				 graph, source_class, "source", NULL, &stream,
				 BT_LOGGING_LEVEL_NONE, &source),
			 0);
	assert_int_equal(bt_graph_add_sink_component(graph, sink_class, "sink", NULL,
						     BT_LOGGING_LEVEL_NONE, &sink),
			 0);
	assert_int_equal(bt_graph_connect_ports(
				 graph,
				 bt_component_source_borrow_output_port_by_index_const(source, 0),
				 bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL),
			 0);
	assert_int_equal(bt_graph_run(graph), BT_GRAPH_RUN_STATUS_OK);
	assert_int_equal(play.seen, nr);
	decoder_destroy(play.decoder);
	bt_graph_put_ref(graph);
	bt_component_class_source_put_ref(source_class);
	bt_component_class_sink_put_ref(sink_class);
}

static void run_play(const struct made_event *events, size_t nr,
		     void (*check)(struct decoder *, enum decode_result, const struct pool_event *,
				   size_t))
{
	run_play_with(false, events, nr, check);
}

#define F(n, v)                                                                                    \
	{                                                                                          \
		.name = n, .type = UINT, .value = v                                                \
	}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void check_complete(struct decoder *d, enum decode_result result, const struct pool_event *e,
			   size_t i)
{
	assert_int_equal(result, DECODE_OK);
	assert_int_equal(e->kind, POOL_EVENT_ALLOC_COMPLETE);
	assert_int_equal(e->ts_ns, 123456);
	assert_int_equal(e->pool, 3);
	assert_int_equal(e->seq, 1ull << 40);
	assert_int_equal(e->u.complete.request, 17);
	assert_int_equal(e->u.complete.block, 4);
	assert_true(e->u.complete.va == 0xffff800000001000ull);
	assert_true(e->u.complete.pa == 0xfffffffffffff000ull);
	assert_int_equal(e->u.complete.length_bytes, 262144);
	assert_int_equal(e->u.complete.irql, 2);
	assert_int_equal(e->u.complete.outcome, POOL_OUTCOME_OVER_LIMIT);
	assert_int_equal(e->u.complete.buffers, 128);
	assert_int_equal(e->available, 99);
}

static void fields_land_where_they_belong_in_any_order(void **state)
{
	/* Not the provider's order: names decide, not positions; an unknown field is passed over.
	 */
	static const struct made_event events[] = {
		{"poolscope:alloc_complete",
		 123456,
		 {F("available", 99),
		  F("buffers", 128),
		  {.name = "outcome", .type = ENUM, .value = 3},
		  F("irql", 2),
		  F("length_bytes", 262144),
		  F("pa", 0xfffffffffffff000ull),
		  F("va", 0xffff800000001000ull),
		  F("block", 4),
		  F("request", 17),
		  F("of_a_later_version", 1),
		  F("seq", 1ull << 40),
		  F("pool", 3)}},
	};

	run_play(events, COUNT(events), check_complete);
}

static void check_rx(struct decoder *d, enum decode_result result, const struct pool_event *e,
		     size_t i)
{
	assert_int_equal(result, DECODE_OK);
	assert_int_equal(e->kind, i ? POOL_EVENT_RX_RETURN : POOL_EVENT_RX_TAKE);
	assert_int_equal(e->u.rx.nr_buffers, i ? 0 : 3);
	assert_int_equal(e->u.rx.resources, i ? 0 : 2);
	if (!i) {
		assert_int_equal(e->u.rx.buffers[0], 7);
		assert_int_equal(e->u.rx.buffers[2], 0xffffffff);
	}
}

static void buffer_ids_are_read_as_a_sequence_even_when_empty(void **state)
{
	static const struct made_event events[] = {
		{"poolscope:rx_take",
		 1,
		 {F("pool", 0),
		  F("seq", 0),
		  {.name = "buffers", .type = SEQUENCE, .value = 3, .ids = {7, 8, 0xffffffff}},
		  F("frames", 3),
		  F("resources", 2),
		  F("available", 5)}},
		{"poolscope:rx_return",
		 2,
		 {F("pool", 0),
		  F("seq", 1),
		  {.name = "buffers", .type = SEQUENCE, .value = 0},
		  F("available", 5)}},
	};

	run_play(events, COUNT(events), check_rx);
}

static void check_foreign(struct decoder *d, enum decode_result result, const struct pool_event *e,
			  size_t i)
{
	assert_int_equal(result, DECODE_FOREIGN);
}

static void events_of_others_are_passed_over(void **state)
{
	static const struct made_event events[] = {
		{"lttng_ust_libc:malloc", 1, {F("size", 1)}},
		{"poolscope:of_a_later_version", 2, {F("pool", 0), F("seq", 0)}},
		{"poolscopes:tick", 3, {F("pool", 0), F("seq", 0)}},
	};

	run_play(events, COUNT(events), check_foreign);
}

static void check_missing(struct decoder *d, enum decode_result result, const struct pool_event *e,
			  size_t i)
{
	assert_int_equal(result, DECODE_BAD);
	assert_non_null(strstr(decoder_error(d), i == 2	  ? "field buffers is of another type"
						 : i == 1 ? "field count is of another type"
							  : "field cause is missing"));
}

static void a_field_that_is_missing_or_of_another_type_is_named(void **state)
{
	static const struct made_event events[] = {
		{"poolscope:rx_drop", 1, {F("pool", 0), F("seq", 0), F("count", 1)}},
		{"poolscope:rx_drop",
		 2,
		 {F("pool", 0),
		  F("seq", 0),
		  {.name = "count", .type = STRING, .text = "1"},
		  F("cause", 0)}},
		{"poolscope:rx_return",
		 3,
		 {F("pool", 0),
		  F("seq", 0),
		  {.name = "buffers", .type = TEXTS},
		  F("available", 0)}},
	};

	run_play(events, COUNT(events), check_missing);
}

static void check_no_clock(struct decoder *d, enum decode_result result, const struct pool_event *e,
			   size_t i)
{
	assert_int_equal(result, DECODE_BAD);
	assert_string_equal(decoder_error(d), "the trace has no clock");
}

static void a_trace_without_a_clock_is_said(void **state)
{
	static const struct made_event events[] = {
		{"poolscope:fallback",
		 1,
		 {F("pool", 0), F("seq", 0), F("on", 1), F("available", 0)}},
	};

	run_play_with(true, events, COUNT(events), check_no_clock);
}

static void check_open(struct decoder *d, enum decode_result result, const struct pool_event *e,
		       size_t i)
{
	assert_int_equal(result, DECODE_OK);
	assert_string_equal(e->u.open.name, "rx0");
	assert_int_equal(e->u.open.marks.base, 1);
	assert_int_equal(e->u.open.marks.limit, 5);
	assert_int_equal(e->u.open.marks.shrink_ticks, 8);
	assert_int_equal(e->u.open.marks.probe_ticks, 9);
}

static void marks_and_names_are_read(void **state)
{
	static const struct made_event events[] = {
		{"poolscope:pool_open",
		 1,
		 {F("pool", 0),
		  F("seq", 0),
		  {.name = "name", .type = STRING, .text = "rx0"},
		  F("generation", 6),
		  F("buffer_bytes", 2048),
		  F("base", 1),
		  F("block", 2),
		  F("low", 3),
		  F("high", 4),
		  F("limit", 5),
		  F("reserve", 6),
		  F("max_pending", 7),
		  F("shrink_ticks", 8),
		  F("probe_ticks", 9)}},
	};

	run_play(events, COUNT(events), check_open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_land_where_they_belong_in_any_order),
		cmocka_unit_test(buffer_ids_are_read_as_a_sequence_even_when_empty),
		cmocka_unit_test(events_of_others_are_passed_over),
		cmocka_unit_test(a_field_that_is_missing_or_of_another_type_is_named),
		cmocka_unit_test(a_trace_without_a_clock_is_said),
		cmocka_unit_test(marks_and_names_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
