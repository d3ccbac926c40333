/* SPDX-License-Identifier: MIT */
#ifndef SPEC_H
#define SPEC_H
/*
 * SPEC texts of the command line: `kind:key=value,...`, such as `poisson:rate=200k`,
 * `lognormal:median=300us,p99=5ms` or, with the first key left out, `fixed:1ms`.
 *
 * A user describes the kinds it knows in a table; the parser fills in a value for every key of the
 * kind that was named, and says where the text is wrong otherwise.
 *
 * A value that is a text (a file, an interface) goes up to the next ',' or the end.  One that holds
 * a ',' stands in double quotes, in which \" and \\ mean " and \: `pcap:file="a,b.pcap",loop=2`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPEC_MAX_KEYS	8
#define SPEC_WHY_BYTES	256
#define SPEC_TEXT_BYTES 1024 /* all texts of one SPEC, each with its NUL */

/* The value of a key where its word stands for the number. */
#define SPEC_WORD (-1.0)

enum spec_unit {
	SPEC_NUMBER,	  /* >= 0; k, M and G multiply by thousands */
	SPEC_DURATION,	  /* a number and one of ns us ms s m h; the value is in ns */
	SPEC_PROBABILITY, /* 0 .. 1 */
	SPEC_TEXT,	  /* not empty; spec_text() has it */
	SPEC_NAME,	  /* one of the key's names */
};

/* In a list of names: a number of 32 bits such as 0x1f may stand there, too. */
#define SPEC_HEX "0x and hexadecimal digits"

/* A name and the value that it stands for. */
struct spec_name {
	const char *name; /* NULL: the end of a list */
	double value;
};

struct spec_key {
	const char *name;
	enum spec_unit unit;
	bool required;
	double otherwise;	       /* the value when the key is not given and not required */
	const char *word;	       /* may stand in place of a number; NULL: none does */
	const struct spec_name *names; /* of a SPEC_NAME key */
};

struct spec_kind {
	const char *name;
	struct spec_key keys[SPEC_MAX_KEYS]; /* ends at the first without a name */
};

struct spec {
	unsigned int kind; /* index in the table */
	double value[SPEC_MAX_KEYS];
	bool given[SPEC_MAX_KEYS];
	uint16_t text_at[SPEC_MAX_KEYS]; /* where in texts */
	uint16_t text_bytes;		 /* used of texts */
	char texts[SPEC_TEXT_BYTES];
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

/*
 * The same for a text of several SPECs joined by '+': one of them, which begins at *from.  *from is
 * then at the '+' behind it, or at the end.  A '+' joins when a letter follows.
 */
int spec_parse_part(const char *text, size_t *from, const struct spec_kind *kinds, size_t nr_kinds,
		    struct spec *out, char why[SPEC_WHY_BYTES]);

/* The value of a SPEC_TEXT key; "" when it was not given.  Lives as long as spec. */
const char *spec_text(const struct spec *spec, unsigned int key);

/* One value by itself; text must be used up.  Returns: 0 or -EINVAL and why. */
int spec_value(const char *text, enum spec_unit unit, double *value, char why[SPEC_WHY_BYTES]);

#endif
