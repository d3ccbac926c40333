/* SPDX-License-Identifier: MIT */
#ifndef CLI_DEMAND_H
#define CLI_DEMAND_H
/*
 * `poolscope import --demand` and `--pcap`: what arrives and how long it is held, without a driver.
 *
 * Each packet takes one buffer when it arrives and gives it back when its hold time is over.  At
 * equal times what comes back is before what is taken, but for a packet that is held for no time:
 * it comes back right after it was taken.  Buffers have the lowest number that is free, so that the
 * highest number is how many a pool needs at most.  The pool's marks are unknown: nobody ran one.
 */
#include <stdbool.h>
#include <stdint.h>

#include "db/store.h"

/* No time of a demand may lie beyond: 2^61 ns, 73 years. */
#define DEMAND_MAX_NS (INT64_C(1) << 61)

/* One packet. */
struct demand_packet {
	int64_t arrival_ns; /* from any beginning, >= 0, none before the one before */
	int64_t hold_ns;    /* >= 0 */
};

/* Where packets come from: read twice, once to see that all of it is good, once to store it. */
struct demand_source {
	/* Back to the first packet.  Returns: 0, or -errno with err filled. */
	int (*rewind)(struct demand_source *source, struct db_error *err);
	/* Returns: 1 and a packet, 0 at the end, or -errno with err filled. */
	int (*next)(struct demand_source *source, struct demand_packet *packet,
		    struct db_error *err);
	void (*close)(struct demand_source *source);
	const char *path;
	uint64_t held;	      /* packets that are held now: hold times may depend on it */
	uint64_t salt;	      /* what else than the packets makes it another demand */
	uint64_t nr_disorder; /* packets earlier than the one before, put at its time */
	char cut[256];	      /* why the input ends before its end; "" when it does not */
};

/*
 * CSV rows of `arrival_ns,hold_ns`, whole nanoseconds, by arrival; a first line of these words and
 * empty lines are passed over.
 * Returns: 0, or -errno with err filled.  Owns: source->close() releases.
 */
int demand_csv_open(const char *path, struct demand_source **out, struct db_error *err);

/*
 * The arrivals of a capture (pcap or pcapng, any link), and hold times drawn as `hold` says
 * (driver/spec/draw.h), the same ones for the same seed.
 */
int demand_pcap_open(const char *path, const char *hold, uint64_t seed, struct demand_source **out,
		     struct db_error *err);

/* What is known of a demand once it was read through. */
struct demand_survey {
	uint64_t packets;
	int64_t first_ns;
	uint64_t fingerprint; /* of all packets: the same demand is stored once */
};

/* Reads it through.  Returns: 0, or -errno with err filled; -ENODATA there is no packet. */
int demand_survey(struct demand_source *source, struct demand_survey *out, struct db_error *err);

/*
 * Stores a demand as a pool of trace `trace`, in the source's order.  Arrivals before the year 2000
 * are counted from its beginning on, as virtual time is.
 *	cancelled  looked at now and then; true ends it early with -ECANCELED
 * Returns: 0; -ECANCELED; -errno with err filled.
 */
int demand_store(struct store *store, uint32_t trace, struct demand_source *source,
		 const struct demand_survey *survey, const volatile bool *cancelled,
		 struct db_error *err);

/* What is added to an arrival for its time in the database. */
int64_t demand_offset_ns(const struct demand_survey *survey);

/* The whole command, once its options are read. */
struct demand_import {
	const char *path; /* the database */
	const char *csv, *pcap;
	const char *hold; /* of pcap */
	uint64_t seed;
	bool quiet;
	const char *command_line;
};

/* Returns: the exit status. */
int demand_import(const struct demand_import *import);

#endif
