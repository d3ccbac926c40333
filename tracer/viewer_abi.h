/* SPDX-License-Identifier: MIT */
#ifndef TRACER_VIEWER_ABI_H
#define TRACER_VIEWER_ABI_H
/*
 * What a relay daemon and its viewers say to each other, as far as tracer/gate.h looks at it:
 * LTTng 2.4 to 2.13, lttng-viewer-abi.h.  Everything is big endian and packed; ids are compared as
 * they come.
 */
#include <assert.h>
#include <stdint.h>

enum viewer_command {
	VIEWER_CONNECT = 1,
	VIEWER_LIST_SESSIONS,
	VIEWER_ATTACH_SESSION,
	VIEWER_GET_NEXT_INDEX,
	VIEWER_GET_PACKET,
	VIEWER_GET_METADATA,
	VIEWER_GET_NEW_STREAMS,
	VIEWER_CREATE_SESSION,
	VIEWER_DETACH_SESSION,
	VIEWER_END,
};

/* Every request: this, and data_bytes more. */
struct viewer_head {
	uint64_t data_bytes;
	uint32_t command, version;
} __attribute__((packed));

/* What each reply to a command begins with. */
struct viewer_metadata {
	uint64_t len_bytes; /* that follow when status is VIEWER_METADATA_OK */
	uint32_t status;
} __attribute__((packed));

struct viewer_streams { /* of VIEWER_ATTACH_SESSION and VIEWER_GET_NEW_STREAMS */
	uint32_t status, nr;
} __attribute__((packed)); /* nr struct viewer_stream follow */

struct viewer_index {
	uint64_t offset, packet_size, content_size; /* sizes in bits */
	uint64_t timestamp_begin, timestamp_end;    /* cycles of the trace's clock */
	uint64_t events_discarded, stream_class;
	uint32_t status, flags;
} __attribute__((packed));

struct viewer_packet {
	uint32_t status, len_bytes, flags;
} __attribute__((packed));

struct viewer_stream {
	uint64_t id, trace;
	uint32_t is_metadata;
	char path[4096], channel[255];
} __attribute__((packed));

enum { VIEWER_METADATA_OK = 1, VIEWER_METADATA_NO_NEW = 2, VIEWER_METADATA_ERR = 3 };
enum { VIEWER_INDEX_OK = 1, VIEWER_INDEX_RETRY = 2, VIEWER_INDEX_INACTIVE = 5 };
enum { VIEWER_PACKET_OK = 1 };
enum { VIEWER_FLAG_NEW_STREAM = 2 }; /* of an index: ask for streams before you go on */

#define VIEWER_SESSION_BYTES (8 + 3 * 4 + 64 + 255)

static_assert(sizeof(struct viewer_head) == 16, "as LTTng has it");
static_assert(sizeof(struct viewer_metadata) == 12, "as LTTng has it");
static_assert(sizeof(struct viewer_index) == 64, "as LTTng has it");
static_assert(sizeof(struct viewer_stream) == 20 + 4096 + 255, "as LTTng has it");

#endif
