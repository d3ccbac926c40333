/* SPDX-License-Identifier: MIT */
#ifndef REFNIC_OPTIONS_H
#define REFNIC_OPTIONS_H
/* refnic's command line. */
#include <stdbool.h>

#include "driver/machine/machine.h"

/* What refnic ends with. */
enum { EXIT_OK, EXIT_CHECK_FAILED, EXIT_USAGE, EXIT_UNREADABLE, EXIT_LOSS };

struct options {
	struct machine_config machine;
	unsigned int generation; /* of NDIS: 5 or 6; 0: not said */
	const char *miniport;	 /* a file to load instead of the reference driver; or NULL */
	const char *lead_probe;	 /* read last: it needs the tick; NULL: off */
	const char *traffic;	 /* parsed last: it needs the seed */
	double for_ns;		 /* 0: no end */
	bool virtual_time;
	bool has_limit;	    /* --limit was given */
	bool has_reserve;   /* --reserve was given: else it follows a small low */
	const char *output; /* the database to write, or NULL */
};

/*
 * Reads the command line; help and version go to stdout, a mistake is one line on stderr.
 * Returns: 0; 1 when help or version was printed; -EINVAL.
 */
int options_read(struct options *options, int argc, char **argv);

#endif
