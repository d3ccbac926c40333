/* SPDX-License-Identifier: MIT */
#ifndef TRACER_PACKET_H
#define TRACER_PACKET_H
/* LTTng's packets as they lie in a stream's file. */
#include <stdint.h>

#define PACKET_MAGIC 0xc1fc1fc1u /* CTF 1.8 */
#define PACKET_PAGE  4096	 /* they begin and end at multiples of it */

/* How each packet of LTTng-UST begins; sizes are in bits. */
struct packet_head {
	uint32_t magic;
	unsigned char uuid[16];
	uint32_t stream_id;
	uint64_t stream_instance_id;
	uint64_t timestamp_begin, timestamp_end;
	uint64_t content_size, packet_size;
} __attribute__((packed));

#endif
