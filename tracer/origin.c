/* SPDX-License-Identifier: MIT */
#include "tracer/origin.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct origin {
	const bt_trace *trace; /* a reference of ours, so that the address stays its name */
	bool has_vpid;
	int64_t vpid;
	uint32_t number;
};

struct origins {
	struct store *store;
	char *fallback;
	struct origin *list;
	size_t nr, room, last;
};

struct origins *origins_create(struct store *store, const char *fallback)
{
	struct origins *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->store = store;
	o->fallback = strdup(fallback);
	if (!o->fallback) {
		free(o);
		return NULL;
	}
	return o;
}

void origins_destroy(struct origins *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->nr; i++)
		bt_trace_put_ref(o->list[i].trace);
	free(o->list);
	free(o->fallback);
	free(o);
}

/* Text of the trace's environment, or "". */
static const char *environment(const bt_trace *trace, const char *name)
{
	const bt_value *value = bt_trace_borrow_environment_entry_value_by_name_const(trace, name);

	return value && bt_value_is_string(value) ? bt_value_string_get(value) : "";
}

/* A session that `poolscope record` made: poolscope-TIME-PID. */
static bool is_ours(const char *session)
{
	int end = 0;

	return sscanf(session, "poolscope-%*[0-9]-%*[0-9]%n", &end) == 0 && end && !session[end];
}

static void put_uuid(const bt_trace *trace, char *out, size_t size)
{
	bt_uuid uuid = bt_trace_get_uuid(trace);
	size_t at = 0;

	out[0] = 0;
	for (int i = 0; uuid && i < 16 && at + 4 < size; i++)
		at += (size_t)snprintf(out + at, size - at, "%s%02x",
				       i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
}

void origin_read_trace(const bt_trace *trace, struct origin_trace *out)
{
	snprintf(out->session, sizeof(out->session), "%s", environment(trace, "trace_name"));
	snprintf(out->host, sizeof(out->host), "%s", environment(trace, "hostname"));
	put_uuid(trace, out->uuid, sizeof(out->uuid));
}

/* "SESSION" for one of ours; "SESSION UUID" or "SESSION UUID pid N" for another. */
void origin_name(const struct origin_trace *trace, bool has_vpid, int64_t vpid,
		 const char *fallback, char *out, size_t size)
{
	const char *session = trace->session;
	char pid[32] = "";

	if (is_ours(session)) {
		snprintf(out, size, "%s", session);
		return;
	}
	if (has_vpid)
		snprintf(pid, sizeof(pid), " pid %lld", (long long)vpid);
	if (*trace->uuid)
		snprintf(out, size, "%.200s%s%s%s", session, *session ? " " : "", trace->uuid, pid);
	else
		snprintf(out, size, "%.800s%s", *session ? session : fallback, pid);
}

static const struct origin *add(struct origins *o, const bt_trace *trace, bool has_vpid,
				int64_t vpid)
{
	struct origin *origin;
	struct db_error ignored;
	struct origin_trace said = {{0}};
	char name[1024];

	if (o->nr == o->room) {
		size_t room = o->room ? 2 * o->room : 8;
		void *more = realloc(o->list, room * sizeof(*o->list));

		if (!more)
			return NULL;
		o->list = more;
		o->room = room;
	}
	origin = &o->list[o->nr];
	*origin = (struct origin){trace, has_vpid, vpid, 0};
	origin_read_trace(trace, &said);
	origin_name(&said, has_vpid, vpid, o->fallback, name, sizeof(name));
	if (store_trace(o->store, name, *said.host ? said.host : NULL, &origin->number, &ignored))
		return NULL;
	bt_trace_get_ref(trace);
	o->last = o->nr++;
	return origin;
}

static const struct origin *find(struct origins *o, const bt_trace *trace, bool has_vpid,
				 int64_t vpid)
{
	for (size_t i = 0; i < o->nr; i++) {
		const struct origin *origin = &o->list[o->last];

		if (origin->trace == trace && origin->has_vpid == has_vpid && origin->vpid == vpid)
			return origin;
		o->last = o->last + 1 < o->nr ? o->last + 1 : 0;
	}
	return add(o, trace, has_vpid, vpid);
}

/* The context that `lttng add-context -u -t vpid` adds to every event. */
int64_t origin_vpid_member(const bt_event *event)
{
	const bt_field *context = bt_event_borrow_common_context_field_const(event);
	const bt_field_class *class = context ? bt_field_borrow_class_const(context) : NULL;
	uint64_t nr;

	if (!class || bt_field_class_get_type(class) != BT_FIELD_CLASS_TYPE_STRUCTURE)
		return -1;
	nr = bt_field_class_structure_get_member_count(class);
	for (uint64_t i = 0; i < nr; i++) {
		const bt_field_class_structure_member *m =
			bt_field_class_structure_borrow_member_by_index_const(class, i);
		const bt_field_class *fc =
			bt_field_class_structure_member_borrow_field_class_const(m);

		if (!strcmp(bt_field_class_structure_member_get_name(m), "vpid"))
			return bt_field_class_type_is(bt_field_class_get_type(fc),
						      BT_FIELD_CLASS_TYPE_SIGNED_INTEGER)
				       ? (int64_t)i
				       : -1;
	}
	return -1;
}

int64_t origin_vpid(const bt_event *event, int64_t member)
{
	return bt_field_integer_signed_get_value(
		bt_field_structure_borrow_member_field_by_index_const(
			bt_event_borrow_common_context_field_const(event), (uint64_t)member));
}

uint32_t origins_of_event(struct origins *o, const bt_event *event)
{
	const bt_trace *trace = bt_stream_borrow_trace_const(bt_event_borrow_stream_const(event));
	int64_t member = origin_vpid_member(event);
	int64_t vpid = member >= 0 ? origin_vpid(event, member) : 0;
	const struct origin *origin = find(o, trace, member >= 0, vpid);

	return origin ? origin->number : 0;
}

uint32_t origins_of_stream(struct origins *o, const bt_stream *stream)
{
	const bt_trace *trace = bt_stream_borrow_trace_const(stream);
	const struct origin *origin;

	for (size_t i = 0; i < o->nr; i++)
		if (o->list[i].trace == trace)
			return o->list[i].number;
	origin = add(o, trace, false, 0);
	return origin ? origin->number : 0;
}

uint32_t origins_any(const struct origins *o)
{
	return o->nr ? o->list[0].number : 0;
}

bool origins_have_seen(const struct origins *o, const unsigned char uuid[16])
{
	for (size_t i = 0; i < o->nr; i++) {
		bt_uuid own = bt_trace_get_uuid(o->list[i].trace);

		if (own && !memcmp(own, uuid, 16))
			return true;
	}
	return false;
}
