/* SPDX-License-Identifier: MIT */
#ifndef TUNER_LOCKSTEP_LANES_H
#define TUNER_LOCKSTEP_LANES_H
/*
 * Sixteen numbers, one of each lane, in the widest registers that a file is compiled for: AVX-512,
 * AVX2, or whatever the compiler makes of plain loops.  Conditions are masks: bit k is lane k's.
 */
#include <stdint.h>

#define LANES	  16
#define LANES_ALL 0xffffu

#define LANES_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
#include <immintrin.h>

typedef __m512i lanes;

LANES_INLINE lanes lanes_load(const int32_t *from)
{
	return _mm512_load_si512(from);
}

LANES_INLINE void lanes_store(int32_t *to, lanes v)
{
	_mm512_store_si512(to, v);
}

LANES_INLINE uint32_t lanes_le(lanes a, lanes b)
{
	return _mm512_cmple_epi32_mask(a, b);
}

LANES_INLINE lanes lanes_min(lanes a, lanes b)
{
	return _mm512_min_epi32(a, b);
}

/* Of the lanes in a mask. */
LANES_INLINE lanes lanes_add(lanes v, uint32_t mask, int32_t what)
{
	return _mm512_mask_add_epi32(v, (__mmask16)mask, v, _mm512_set1_epi32(what));
}

#elif defined(__AVX2__)
#include <immintrin.h>

typedef struct {
	__m256i half[2];
} lanes;

LANES_INLINE lanes lanes_load(const int32_t *from)
{
	return (lanes){{_mm256_load_si256((const __m256i *)from),
			_mm256_load_si256((const __m256i *)from + 1)}};
}

LANES_INLINE void lanes_store(int32_t *to, lanes v)
{
	_mm256_store_si256((__m256i *)to, v.half[0]);
	_mm256_store_si256((__m256i *)to + 1, v.half[1]);
}

LANES_INLINE uint32_t lanes_le(lanes a, lanes b)
{
	uint32_t more[2];

	for (int i = 0; i < 2; i++)
		more[i] = (uint32_t)_mm256_movemask_ps(
			_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.half[i], b.half[i])));
	return ~(more[0] | more[1] << 8) & LANES_ALL;
}

LANES_INLINE lanes lanes_min(lanes a, lanes b)
{
	return (lanes){
		{_mm256_min_epi32(a.half[0], b.half[0]), _mm256_min_epi32(a.half[1], b.half[1])}};
}

LANES_INLINE lanes lanes_add(lanes v, uint32_t mask, int32_t what)
{
	const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);

	for (int i = 0; i < 2; i++) {
		__m256i has = _mm256_and_si256(_mm256_set1_epi32((int32_t)(mask >> 8 * i)), bit);
		__m256i add =
			_mm256_and_si256(_mm256_cmpeq_epi32(has, bit), _mm256_set1_epi32(what));

		v.half[i] = _mm256_add_epi32(v.half[i], add);
	}
	return v;
}

#else

typedef struct {
	int32_t of[LANES];
} lanes;

LANES_INLINE lanes lanes_load(const int32_t *from)
{
	lanes v;

	for (int k = 0; k < LANES; k++)
		v.of[k] = from[k];
	return v;
}

LANES_INLINE void lanes_store(int32_t *to, lanes v)
{
	for (int k = 0; k < LANES; k++)
		to[k] = v.of[k];
}

LANES_INLINE uint32_t lanes_le(lanes a, lanes b)
{
	uint32_t mask = 0;

	for (int k = 0; k < LANES; k++)
		mask |= (uint32_t)(a.of[k] <= b.of[k]) << k;
	return mask;
}

LANES_INLINE lanes lanes_min(lanes a, lanes b)
{
	for (int k = 0; k < LANES; k++)
		a.of[k] = a.of[k] < b.of[k] ? a.of[k] : b.of[k];
	return a;
}

LANES_INLINE lanes lanes_add(lanes v, uint32_t mask, int32_t what)
{
	for (int k = 0; k < LANES; k++)
		v.of[k] += -(int32_t)(mask >> k & 1) & what;
	return v;
}

#endif
#endif
