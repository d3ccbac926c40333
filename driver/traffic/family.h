/* SPDX-License-Identifier: MIT */
#ifndef TRAFFIC_FAMILY_H
#define TRAFFIC_FAMILY_H
/*
 * What a kind of traffic is to traffic.c.  A kind is a file with one `struct traffic_family`, and
 * is added by its line in the table there.
 *
 * A synthetic kind gives times: next_ns.  One that has frames of its own gives arrivals: next.
 */
#include "driver/traffic/traffic.h"

/* Frames a second.  Slower is no traffic, faster no network. */
#define RATE_MIN 1e-6
#define RATE_MAX 1e9
/* No frame is later: sums with the time of day stay in 64 bits. */
#define LATEST_NS 0x1p62

struct source_ops {
	/*
	 * Synthetic: when the next frame comes; *len_bytes is set and may be changed.
	 * Not before the last one; anything beyond LATEST_NS is cut.  NAN: nothing any more.
	 */
	double (*next_ns)(struct source *source);
	enum source_state (*next)(struct source *source, struct arrival *arrival);
	void (*outcome)(struct source *source, bool delivered); /* may be NULL */
	bool (*write)(struct source *source, const uint8_t *bytes, uint32_t len_bytes); /* " */
	/* How long each frame is held, by number; may be NULL. */
	const uint64_t *(*holds)(const struct source *source, size_t *nr);
	void (*release)(struct source *source); /* what the family holds; may be NULL */
};

/* A family's source begins with it. */
struct source {
	const struct source_ops *ops;
	struct rng rng;	  /* of times */
	struct rng sizes; /* of lengths: another mixture does not move the times */
	uint32_t len_bytes;
	char fault[SOURCE_FAULT_BYTES];
};

struct traffic_family {
	struct spec_kind spec; /* a synthetic kind has `rate` first, or a file */
	const char *help;
	int bytes_key; /* the key that says how long frames are; -1: none */
	bool live;
	size_t source_bytes; /* of the family's source; it comes zeroed but for struct source */
	const struct source_ops *ops;
	/* Whether the values fit together.  Returns: 0; -EINVAL and why.  May be NULL. */
	int (*check)(const struct traffic *traffic, char why[SPEC_WHY_BYTES]);
	/* Makes the source ready.  Returns: 0, or -errno and why; ops->release() follows then, too.
	 */
	int (*prepare)(struct source *source, const struct traffic *traffic,
		       char why[SPEC_WHY_BYTES]);
};

extern const struct traffic_family traffic_constant, traffic_poisson, traffic_burst, traffic_mmpp,
	traffic_pareto, traffic_incast, traffic_tcp, traffic_demand, traffic_pcap, traffic_tap;

/* -EINVAL, and "kind: what" in why. */
int traffic_refuse(const struct traffic *traffic, char why[SPEC_WHY_BYTES], const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The length of a synthetic frame; a mean where it is drawn. */
double traffic_mean_bytes(const struct traffic *traffic);

/*
 * How long a frame occupies a line of so many bits a second, with its preamble, check sum and gap:
 * 24 bytes that the device does not see.
 */
static inline double traffic_line_ns(double len_bytes, double bits_a_second)
{
	return (len_bytes + 24) * 8e9 / bits_a_second;
}

/* A whole number of at least 1 and at most `most` in a key, or a refusal. */
int traffic_check_count(const struct traffic *traffic, int key, double most,
			char why[SPEC_WHY_BYTES]);
/* That the line carries the rate. */
int traffic_check_line(const struct traffic *traffic, double bits_a_second,
		       char why[SPEC_WHY_BYTES]);

#endif
