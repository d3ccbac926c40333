/* SPDX-License-Identifier: MIT */
#ifndef FRAME_H
#define FRAME_H
/*
 * Synthetic frames: an Ethernet header, a sequence number, and a pattern that follows from the
 * run's seed and that number.  Whoever receives one can tell whether every byte is as it was sent.
 *
 *	0   destination, source, type 0x88b5 (local experiments)
 *	14  length of the frame, 16 bits; 16: sequence, 64 bits (both in the machine's order)
 *	24  pattern
 */
#include <stdbool.h>
#include <stdint.h>

#define FRAME_MIN_BYTES 60u
#define FRAME_MAX_BYTES 9216u

/* Writes the frame; bytes has len_bytes, FRAME_MIN_BYTES .. FRAME_MAX_BYTES. */
void frame_fill(uint8_t *bytes, uint32_t len_bytes, uint64_t seed, uint64_t sequence);
/* Returns: whether bytes are a whole, undamaged frame of this seed; its number in *sequence. */
bool frame_check(const uint8_t *bytes, uint32_t len_bytes, uint64_t seed, uint64_t *sequence);

#endif
