/* SPDX-License-Identifier: MIT */
#ifndef RNG_H
#define RNG_H
/*
 * The one generator of chance in the driver: xoshiro256**, seeded through splitmix64 (both by
 * Blackman and Vigna, public domain algorithms).  Each user has a generator of its own, made from
 * the run's seed and a stream number, so that adding a user does not change what the others draw.
 *
 * Thread: the owner's; a generator shared by threads is guarded by its owner's lock.
 */
#include <stdint.h>

struct rng {
	uint64_t s[4];
};

static inline uint64_t rng_splitmix(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline void rng_init(struct rng *rng, uint64_t seed, uint64_t stream)
{
	uint64_t state = seed + stream * 0xd1342543de82ef95u;

	for (int i = 0; i < 4; i++)
		rng->s[i] = rng_splitmix(&state);
}

static inline uint64_t rng_rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

static inline uint64_t rng_u64(struct rng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rng_rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rng_rotl(s[3], 45);
	return result;
}

/* Uniform in [0, 1). */
static inline double rng_unit(struct rng *rng)
{
	return (double)(rng_u64(rng) >> 11) * 0x1p-53;
}

/* True with probability p. */
static inline int rng_chance(struct rng *rng, double p)
{
	return p > 0 && rng_unit(rng) < p;
}

/* Exponential with the given mean, and standard normal. */
double rng_exp(struct rng *rng, double mean);
double rng_normal(struct rng *rng);

#endif
