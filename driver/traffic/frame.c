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
	uint64_t first = pattern(seed, sequence);
	uint32_t words = (len_bytes - HEADER_BYTES) / 8;
	uint8_t *at = bytes + HEADER_BYTES;

	memcpy(bytes, ethernet, sizeof(ethernet));
	memcpy(bytes + 14, &length, sizeof(length));
	memcpy(bytes + 16, &sequence, sizeof(sequence));
	for (uint32_t i = 0; i < words; i++, at += 8)
		memcpy(at, &(uint64_t){first + i * PATTERN_STEP}, 8);
	first += words * PATTERN_STEP;
	if ((len_bytes - HEADER_BYTES) % 8 != 0)
		memcpy(at, &first, (len_bytes - HEADER_BYTES) % 8);
}

/* 14 bytes in two words that overlap: memcmp() is called for such a length. */
static bool starts_right(const uint8_t *bytes)
{
	uint64_t is[2], should[2];

	memcpy(&is[0], bytes, 8);
	memcpy(&is[1], bytes + sizeof(ethernet) - 8, 8);
	memcpy(&should[0], ethernet, 8);
	memcpy(&should[1], ethernet + sizeof(ethernet) - 8, 8);
	return ((is[0] ^ should[0]) | (is[1] ^ should[1])) == 0;
}

static bool check_header(const uint8_t *bytes, uint32_t len_bytes, uint64_t *sequence)
{
	uint16_t length;

	if (len_bytes < HEADER_BYTES || !starts_right(bytes))
		return false;
	memcpy(&length, bytes + 14, sizeof(length));
	memcpy(sequence, bytes + 16, sizeof(*sequence));
	return length == len_bytes;
}

bool frame_check(const uint8_t *bytes, uint32_t len_bytes, uint64_t seed, uint64_t *sequence)
{
	const uint8_t *at = bytes + HEADER_BYTES;
	uint64_t first, found, wrong = 0;
	uint32_t words, rest;

	if (!check_header(bytes, len_bytes, sequence))
		return false;
	first = pattern(seed, *sequence);
	words = (len_bytes - HEADER_BYTES) / 8;
	rest = (len_bytes - HEADER_BYTES) % 8;
	for (uint32_t i = 0; i < words; i++) {
		memcpy(&found, at + (size_t)8 * i, 8);
		wrong |= found ^ (first + i * PATTERN_STEP);
	}
	first += words * PATTERN_STEP;
	return wrong == 0 && (rest == 0 || memcmp(at + (size_t)8 * words, &first, rest) == 0);
}
