/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TOOLS_CTF_H
#define TESTS_TOOLS_CTF_H
/*
 * CTF traces made by hand, as LTTng-UST would write them: metadata as text, and streams of packets.
 * What a field is can be chosen, so that events of other versions, and such as no version has, can
 * be made as well.  Header only.
 */
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CTF_PAGE    4096
#define CTF_FIELDS  30
#define CTF_STREAMS 2 /* 0 as channel alloc, 1 as channel rx */

/* An event as the provider declares it; "name:bytes", or *ids for the sequence, or $text. */
struct ctf_event {
	const char *name;
	int stream, id;
	const char *fields[CTF_FIELDS];
};

#define CTF_MARKS                                                                                  \
	"base:4", "block:4", "low:4", "high:4", "limit:4", "reserve:4", "max_pending:4",           \
		"shrink_ticks:4", "probe_ticks:4"
#define CTF_TOTALS                                                                                 \
	"requested:8", "refused:8", "completed:8", "failed:8", "freed:8", "taken:8", "returned:8", \
		"resources:8", "dropped:8"

static const struct ctf_event ctf_events[] = {
	{"poolscope:pool_open",
	 0,
	 0,
	 {"pool:4", "seq:8", "$name", "generation:1", "buffer_bytes:4", CTF_MARKS}},
	{"poolscope:tick",
	 0,
	 1,
	 {"pool:4", "seq:8", "available:4", "total:4", "pending:4", "fallback:1", "running:1",
	  CTF_TOTALS, CTF_MARKS}},
	{"poolscope:alloc_request",
	 0,
	 2,
	 {"pool:4", "seq:8", "request:8", "length_bytes:4", "cached:1", "irql:1", "available:4",
	  "total:4", "pending:4"}},
	{"poolscope:alloc_refused", 0, 3, {"pool:4", "seq:8", "request:8", "status:4"}},
	{"poolscope:alloc_complete",
	 0,
	 4,
	 {"pool:4", "seq:8", "request:8", "block:4", "va:8", "pa:8", "length_bytes:4", "irql:1",
	  "outcome:1", "buffers:4", "available:4"}},
	{"poolscope:block_free",
	 0,
	 5,
	 {"pool:4", "seq:8", "block:4", "va:8", "pa:8", "length_bytes:4", "reason:1", "buffers:4",
	  "available:4"}},
	{"poolscope:fallback", 0, 6, {"pool:4", "seq:8", "on:1", "available:4"}},
	{"poolscope:violation", 0, 7, {"pool:4", "seq:8", "rule:2", "object:8"}},
	{"poolscope:pool_close",
	 0,
	 8,
	 {"pool:4", "seq:8", CTF_TOTALS, "live_blocks:4", "live_buffers:4"}},
	{"somebody:else", 0, 9, {"size:4", "$what"}},
	{"poolscope:of_a_later_version", 0, 10, {"pool:4", "seq:8", "more:8"}},
	{"poolscope:rx_take",
	 1,
	 0,
	 {"pool:4", "seq:8", "*buffers", "frames:2", "resources:2", "available:4"}},
	{"poolscope:rx_return", 1, 1, {"pool:4", "seq:8", "*buffers", "available:4"}},
	{"poolscope:rx_drop", 1, 2, {"pool:4", "seq:8", "count:4", "cause:1"}},
};
#define CTF_EVENTS ((int)(sizeof(ctf_events) / sizeof(ctf_events[0])))
enum ctf_kind {
	CTF_OPEN,
	CTF_TICK,
	CTF_REQUEST,
	CTF_REFUSED,
	CTF_COMPLETE,
	CTF_FREE,
	CTF_FALLBACK,
	CTF_VIOLATION,
	CTF_CLOSE,
	CTF_FOREIGN,
	CTF_LATER,
	CTF_TAKE,
	CTF_RETURN,
	CTF_DROP
};

/* --- metadata -------------------------------------------------------------------------------- */

/* Says how a field is declared; NULL: as the provider does.  nr counts all fields of the trace. */
typedef const char *(*ctf_declare)(int nr, void *ctx);

struct ctf_layout {
	bool no_clock, with_vpid;
	const char *session;
	unsigned char uuid;  /* each byte of it */
	ctf_declare declare; /* TSDL with one %s where the field's name goes; "": leave it out */
	void *ctx;
};

static inline void ctf_field(FILE *f, const char *field, const char *declared)
{
	const char *name = field + (*field == '*' || *field == '$');
	int len = (int)strcspn(name, ":");
	char plain[64];

	snprintf(plain, sizeof(plain), "_%.*s", len, name);
	if (declared) {
		const char *at = strstr(declared, "%s");

		if (at)
			fprintf(f, "\t\t%.*s%s%s;\n", (int)(at - declared), declared, plain,
				at + 2);
	} else if (*field == '$') {
		fprintf(f, "\t\tstring %s;\n", plain);
	} else if (*field == '*') {
		fprintf(f, "\t\tuint32_t _%s_length;\n\t\tuint32_t %s[ _%s_length ];\n", plain,
			plain, plain);
	} else {
		fprintf(f, "\t\tuint%d_t %s;\n", 8 * atoi(name + len + 1), plain);
	}
}

static inline void ctf_metadata_head(FILE *f, const struct ctf_layout *l)
{
	const char *map = l->no_clock ? "" : " map = clock.monotonic.value;";

	fprintf(f, "/* CTF 1.8 */\n");
	for (int bits = 8; bits <= 64; bits *= 2)
		fprintf(f, "typealias integer { size = %d; align = 8; } := uint%d_t;\n", bits,
			bits);
	fprintf(f, "trace { major = 1; minor = 8; uuid = \"");
	for (int i = 0; i < 16; i++)
		fprintf(f, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", l->uuid);
	fprintf(f,
		"\"; byte_order = le; packet.header := struct { uint32_t magic; uint8_t uuid[16];"
		" uint32_t stream_id; uint64_t stream_instance_id; }; };\n");
	fprintf(f,
		"env { domain = \"ust\"; tracer_name = \"lttng-ust\"; tracer_major = 2;"
		" tracer_minor = 13; hostname = \"made\"; trace_name = \"%s\"; };\n",
		l->session ? l->session : "made");
	if (!l->no_clock)
		fprintf(f, "clock { name = \"monotonic\"; freq = 1000000000;"
			   " offset = 1700000000000000000; };\n");
	fprintf(f, "typealias integer { size = 32; align = 8;%s } := uint32_clock_t;\n", map);
	fprintf(f, "typealias integer { size = 64; align = 8;%s } := uint64_clock_t;\n", map);
}

static inline void ctf_metadata(FILE *f, const struct ctf_layout *l)
{
	int nr = 0;

	ctf_metadata_head(f, l);
	for (int i = 0; i < CTF_STREAMS; i++)
		fprintf(f,
			"stream { id = %d; event.header := struct { enum : uint16_t { compact = 0 "
			"... 65534, extended = 65535 } id; variant <id> { struct { uint32_clock_t "
			"timestamp; } compact; struct { uint32_t id; uint64_clock_t timestamp; } "
			"extended; } v; } align(8); packet.context := struct { uint64_clock_t "
			"timestamp_begin; uint64_clock_t timestamp_end; uint64_t content_size; "
			"uint64_t packet_size; uint64_t packet_seq_num; uint64_t events_discarded; "
			"uint32_t cpu_id; };%s };\n",
			i,
			l->with_vpid ? " event.context := struct { integer { size = 32; align = 8;"
				       " signed = 1; } _vpid; };"
				     : "");
	for (int i = 0; i < CTF_EVENTS; i++) {
		const struct ctf_event *e = &ctf_events[i];

		fprintf(f, "event { name = \"%s\"; id = %d; stream_id = %d; fields := struct {\n",
			e->name, e->id, e->stream);
		for (int k = 0; e->fields[k]; k++, nr++)
			ctf_field(f, e->fields[k], l->declare ? l->declare(nr, l->ctx) : NULL);
		fprintf(f, "\t}; };\n");
	}
}

/* --- streams --------------------------------------------------------------------------------- */

struct ctf_stream {
	unsigned char *bytes;
	size_t nr, room, packet; /* where the packet in hand begins */
	int stream;
	uint64_t number, discarded;
};

static inline void ctf_put(struct ctf_stream *s, const void *bytes, size_t nr)
{
	if (s->nr + nr > s->room) {
		s->room = 2 * (s->nr + nr) + CTF_PAGE;
		s->bytes = realloc(s->bytes, s->room);
		if (!s->bytes)
			abort();
	}
	memcpy(s->bytes + s->nr, bytes, nr);
	s->nr += nr;
}

static inline void ctf_int(struct ctf_stream *s, uint64_t value, size_t nr_bytes)
{
	uint64_t le = htole64(value);

	ctf_put(s, &le, nr_bytes);
}

static inline void ctf_begin(struct ctf_stream *s, unsigned char uuid, uint64_t ts)
{
	unsigned char id[16];

	memset(id, uuid, sizeof(id));
	s->packet = s->nr;
	ctf_int(s, 0xc1fc1fc1, 4);
	ctf_put(s, id, sizeof(id));
	ctf_int(s, (uint64_t)s->stream, 4);
	ctf_int(s, 0, 8);
	ctf_int(s, ts, 8);
	ctf_int(s, 0, 8);
	ctf_int(s, 0, 8);
	ctf_int(s, 0, 8);
	ctf_int(s, s->number++, 8);
	ctf_int(s, s->discarded, 8);
	ctf_int(s, 0, 4); /* CPU */
}

/* The packet in hand ends; discarded: how many events LTTng had no room for until then, in all. */
static inline void ctf_end(struct ctf_stream *s, uint64_t ts)
{
	uint64_t content = htole64(8 * (s->nr - s->packet)), end = htole64(ts), size;
	uint64_t discarded = htole64(s->discarded);

	while ((s->nr - s->packet) % CTF_PAGE)
		ctf_int(s, 0, 1);
	size = htole64(8 * (s->nr - s->packet));
	memcpy(s->bytes + s->packet + 40, &end, 8);
	memcpy(s->bytes + s->packet + 48, &content, 8);
	memcpy(s->bytes + s->packet + 56, &size, 8);
	memcpy(s->bytes + s->packet + 72, &discarded, 8);
}

/* The head of an event; its fields follow. */
static inline void ctf_say(struct ctf_stream *s, enum ctf_kind kind, uint64_t ts)
{
	ctf_int(s, 0xffff, 2);
	ctf_int(s, (uint64_t)ctf_events[kind].id, 4);
	ctf_int(s, ts, 8);
}

/* Head, pool and seq. */
static inline void ctf_pool(struct ctf_stream *s, enum ctf_kind kind, uint64_t ts, uint32_t pool,
			    uint64_t seq)
{
	ctf_say(s, kind, ts);
	ctf_int(s, pool, 4);
	ctf_int(s, seq, 8);
}

static inline void ctf_ints(struct ctf_stream *s, const char *const *fields, uint64_t value)
{
	for (; *fields; fields++) {
		uint32_t ids[2] = {htole32(3), htole32((uint32_t)value)};

		if (**fields == '$') {
			ctf_put(s, "rx0", 4);
		} else if (**fields == '*') {
			ctf_int(s, 2, 4);
			ctf_put(s, ids, sizeof(ids));
		} else {
			ctf_int(s, value, (size_t)atoi(strchr(*fields, ':') + 1));
		}
	}
}

/* A whole event, each further field of which is value. */
static inline void ctf_whole(struct ctf_stream *s, enum ctf_kind kind, uint64_t ts, uint32_t pool,
			     uint64_t seq, uint64_t value)
{
	ctf_pool(s, kind, ts, pool, seq);
	ctf_ints(s, ctf_events[kind].fields + 2, value);
}

/* --- a trace in a folder --------------------------------------------------------------------- */

static inline void ctf_file(const char *dir, const char *name, const void *bytes, size_t nr)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	if (!f || fwrite(bytes, 1, nr, f) != nr || fclose(f))
		abort();
}

static inline void ctf_write_metadata(const char *dir, const struct ctf_layout *l)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/metadata", dir);
	f = fopen(path, "w");
	if (!f)
		abort();
	ctf_metadata(f, l);
	if (fclose(f))
		abort();
}

#endif
