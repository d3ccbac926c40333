/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "driver/spec/rng.h"
#include "driver/traffic/frame.h"

#define HEADER_BYTES 24u

static const uint8_t ethernet[14] = {0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, 0x88, 0xb5};

/* The first word of a frame's pattern; word i is i steps further. */
static uint64_t pattern(uint64_t seed, uint64_t sequence)
{
	uint64_t state = seed ^ (sequence * 0x9e3779b97f4a7c15u);

	return rng_splitmix(&state);
}

#define PATTERN_STEP 0x2545f4914f6cdd1du

void frame_fill(uint8_t *bytes, uint32_t len_bytes, uint64_t seed, uint64_t sequence)
{
	uint16_t length = (uint16_t)len_bytes;
	uint64_t word = pattern(seed, sequence);
	uint32_t at = HEADER_BYTES;

	memcpy(bytes, ethernet, sizeof(ethernet));
	memcpy(bytes + 14, &length, sizeof(length));
	memcpy(bytes + 16, &sequence, sizeof(sequence));
	for (; at + sizeof(word) <= len_bytes; at += sizeof(word), word += PATTERN_STEP)
		memcpy(bytes + at, &word, sizeof(word));
	memcpy(bytes + at, &word, len_bytes - at);
}

static bool check_header(const uint8_t *bytes, uint32_t len_bytes, uint64_t *sequence)
{
	uint16_t length;

	if (len_bytes < HEADER_BYTES || memcmp(bytes, ethernet, sizeof(ethernet)) != 0)
		return false;
	memcpy(&length, bytes + 14, sizeof(length));
	memcpy(sequence, bytes + 16, sizeof(*sequence));
	return length == len_bytes;
}

bool frame_check(const uint8_t *bytes, uint32_t len_bytes, uint64_t seed, uint64_t *sequence)
{
	uint32_t at = HEADER_BYTES;
	uint64_t word, found, wrong = 0;

	if (!check_header(bytes, len_bytes, sequence))
		return false;
	word = pattern(seed, *sequence);
	for (; at + sizeof(word) <= len_bytes; at += sizeof(word), word += PATTERN_STEP) {
		memcpy(&found, bytes + at, sizeof(found));
		wrong |= found ^ word;
	}
	return wrong == 0 && memcmp(bytes + at, &word, len_bytes - at) == 0;
}
