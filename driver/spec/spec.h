/* SPDX-License-Identifier: MIT */
#ifndef SPEC_H
#define SPEC_H
/*
 * SPEC texts of the command line: `kind:key=value,...`, such as `poisson:rate=200k`,
 * `lognormal:median=300us,p99=5ms` or, with the first key left out, `fixed:1ms`.
 *
 * A user describes the kinds it knows in a table; the parser fills in a value for every key of the
 * kind that was named, and says where the text is wrong otherwise.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_MAX_KEYS  8
#define SPEC_WHY_BYTES 256

enum spec_unit {
	SPEC_NUMBER,	  /* >= 0; k, M and G multiply by thousands */
	SPEC_DURATION,	  /* a number and one of ns us ms s m h; the value is in ns */
	SPEC_PROBABILITY, /* 0 .. 1 */
};

struct spec_key {
	const char *name;
	enum spec_unit unit;
	bool required;
	double otherwise; /* the value when the key is not given and not required */
};

struct spec_kind {
	const char *name;
	struct spec_key keys[SPEC_MAX_KEYS]; /* ends at the first without a name */
};

struct spec {
	unsigned int kind; /* index in the table */
	double value[SPEC_MAX_KEYS];
	bool given[SPEC_MAX_KEYS];
};

/*
 * Parses text against nr_kinds kinds.
 * Returns: 0; -EINVAL with one line in why, which names the position and what would be valid.
 */
int spec_parse(const char *text, const struct spec_kind *kinds, size_t nr_kinds, struct spec *out,
	       char why[SPEC_WHY_BYTES]);

/* The same for what of text begins at `from`: positions count from the beginning of text. */
int spec_parse_from(const char *text, size_t from, const struct spec_kind *kinds, size_t nr_kinds,
		    struct spec *out, char why[SPEC_WHY_BYTES]);

/* One value by itself; text must be used up.  Returns: 0 or -EINVAL and why. */
int spec_value(const char *text, enum spec_unit unit, double *value, char why[SPEC_WHY_BYTES]);

#endif
