/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LADDER_H
#define TUNER_LADDER_H
/*
 * A set of small numbers that knows its lowest and its highest member at once: bits, and above each
 * word of 64 one bit that says whether it has any, and so on up to a single word.
 *
 * set, clear and the ends cost one word a level: one level up to 64 numbers, two up to 4096.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LADDER_LEVELS 6
#define LADDER_NONE   UINT32_MAX

/* Zeroed: a set with room for nothing. */
struct ladder {
	uint64_t *words;
	size_t nr_words;
	uint64_t *level[LADDER_LEVELS]; /* level[0] has the members */
	int levels;
	uint32_t room; /* members are below */
};

/* Room for the numbers below `room`; the set is empty.  Returns: 0 or -ENOMEM. */
static inline int ladder_init(struct ladder *l, uint32_t room)
{
	size_t size[LADDER_LEVELS], sum = 0, bits = room ? room : 1;
	int levels = 0;

	do {
		bits = (bits + 63) / 64;
		size[levels++] = bits;
		sum += bits;
	} while (bits > 1);
	l->words = (uint64_t *)calloc(sum, sizeof(*l->words));
	if (!l->words)
		return -ENOMEM;
	l->nr_words = sum;
	l->levels = levels;
	l->room = room;
	sum = 0;
	for (int i = 0; i < levels; i++) {
		l->level[i] = l->words + sum;
		sum += size[i];
	}
	return 0;
}

static inline void ladder_release(struct ladder *l)
{
	free(l->words);
	memset(l, 0, sizeof(*l));
}

static inline void ladder_empty(struct ladder *l)
{
	memset(l->words, 0, l->nr_words * sizeof(*l->words));
}

static inline void ladder_set(struct ladder *l, uint32_t n)
{
	for (int i = 0; i < l->levels; i++) {
		uint64_t *word = &l->level[i][n / 64], old = *word;

		*word = old | UINT64_C(1) << n % 64;
		if (old)
			return;
		n /= 64;
	}
}

static inline void ladder_clear(struct ladder *l, uint32_t n)
{
	for (int i = 0; i < l->levels; i++) {
		uint64_t *word = &l->level[i][n / 64];

		*word &= ~(UINT64_C(1) << n % 64);
		if (*word)
			return;
		n /= 64;
	}
}

/* The lowest member; LADDER_NONE when there is none. */
static inline uint32_t ladder_first(const struct ladder *l)
{
	uint32_t n = 0;

	if (!l->level[l->levels - 1][0])
		return LADDER_NONE;
	for (int i = l->levels - 1; i >= 0; i--)
		n = n * 64 + (uint32_t)__builtin_ctzll(l->level[i][n]);
	return n;
}

/* The highest member; LADDER_NONE when there is none. */
static inline uint32_t ladder_last(const struct ladder *l)
{
	uint32_t n = 0;

	if (!l->level[l->levels - 1][0])
		return LADDER_NONE;
	for (int i = l->levels - 1; i >= 0; i--)
		n = n * 64 + 63 - (uint32_t)__builtin_clzll(l->level[i][n]);
	return n;
}

/* 0 to n - 1 become members of an empty set. */
static inline void ladder_fill(struct ladder *l, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		ladder_set(l, i);
}

#endif
