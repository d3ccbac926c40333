/* SPDX-License-Identifier: MIT */
#ifndef TRAFFIC_H
#define TRAFFIC_H
/*
 * What arrives on the wire, and when.  docs/traffic.md describes the kinds and their parameters;
 * traffic_kind_at() lists them.
 *
 *	traffic_parse("mmpp:rate=200k", seed, &traffic, why)    a description: plain data, copied
 *freely source_open(&traffic, &source, why)                     what makes arrivals from it
 *	source_next(source, &arrival)                           the next one
 *	source_outcome(source, delivered)                       what became of it
 *	source_close(source)
 *
 * A source has no clock and no thread: times count from the start of the traffic, and whoever asks
 * waits for them.  The same description gives the same arrivals, where it is synthetic or a file.
 *
 * Thread: one a source; source_write() any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "driver/spec/rng.h"
#include "driver/spec/spec.h"

struct traffic_family;

struct traffic {
	const struct traffic_family *family;
	struct spec spec;
	uint64_t seed;
	uint32_t len_bytes; /* of each synthetic frame; 0: the mixture of docs/traffic.md */
};

/* Returns: 0; -EINVAL and one line in why. */
int traffic_parse(const char *text, uint64_t seed, struct traffic *traffic,
		  char why[SPEC_WHY_BYTES]);

/* Frames made from the seed, as frame.h says; else they come from outside, with bytes of their own.
 */
bool traffic_is_synthetic(const struct traffic *traffic);
/* It takes part in the real world, and its time: there is no virtual one for it. */
bool traffic_is_live(const struct traffic *traffic);
/* The longest synthetic frame that can come; 0 when they are not synthetic. */
uint32_t traffic_longest(const struct traffic *traffic);

/* The kinds, for help: false behind the last. */
bool traffic_kind_at(unsigned int index, const char **name, const char **help);

/* --- arrivals --------------------------------------------------------------------------------- */

/* Room for what source_fault() says. */
#define SOURCE_FAULT_BYTES 512

struct source; /* opaque */

struct arrival {
	uint64_t at_ns; /* not before the one before it; at most 2^62 */
	uint32_t len_bytes;
	const uint8_t *bytes; /* good until the next source_next(); NULL: a synthetic frame */
};

enum source_state {
	SOURCE_FRAME, /* there is an arrival */
	SOURCE_IDLE,  /* nothing now: ask again later */
	SOURCE_END,   /* nothing any more; source_fault() may say why */
};

/*
 * Owns:    the caller, until source_close().
 * Returns: 0; -ENOMEM, or another -errno when what the description names cannot be had, and one
 *	    line in why.
 */
int source_open(const struct traffic *traffic, struct source **source, char why[SPEC_WHY_BYTES]);
enum source_state source_next(struct source *source, struct arrival *arrival);
/* Whether the device took the frame of the last arrival: a sender that listens slows down. */
void source_outcome(struct source *source, bool delivered);

/*
 * How long each frame is to be held, by its number from 0 on, where the traffic says so; else NULL.
 * Owns: the source.
 */
const uint64_t *source_holds(const struct source *source, size_t *nr);

/* A frame goes out to where live traffic comes from.  Returns: whether it was taken. */
bool source_write(struct source *source, const uint8_t *bytes, uint32_t len_bytes);

/* What ended the source before its time, in one line; NULL when nothing did. */
const char *source_fault(const struct source *source);
void source_close(struct source *source);

#endif
