/* SPDX-License-Identifier: MIT */
#ifndef MINIPORT_DEFAULTS_H
#define MINIPORT_DEFAULTS_H
/* What an adapter has when nobody configured it; as plain numbers, so that texts can hold them. */

#define DEFAULT_BASE	     256
#define DEFAULT_BLOCK	     128
#define DEFAULT_LOW	     64
#define DEFAULT_HIGH	     384
#define DEFAULT_LIMIT	     2048
#define DEFAULT_RESERVE	     8
#define DEFAULT_MAX_PENDING  1
#define DEFAULT_SHRINK_TICKS 5
#define DEFAULT_PROBE_TICKS  0
#define DEFAULT_TICK_MS	     100
#define DEFAULT_BUFFER_BYTES 2048
#define BUFFER_BYTES_MIN     64
#define BUFFER_BYTES_MAX     65536

/* An initializer of struct policy_marks. */
#define DEFAULT_MARKS                                                                              \
	{                                                                                          \
		.base = DEFAULT_BASE, .block = DEFAULT_BLOCK, .low = DEFAULT_LOW,                  \
		.high = DEFAULT_HIGH, .limit = DEFAULT_LIMIT, .reserve = DEFAULT_RESERVE,          \
		.max_pending = DEFAULT_MAX_PENDING, .shrink_ticks = DEFAULT_SHRINK_TICKS,          \
		.probe_ticks = DEFAULT_PROBE_TICKS                                                 \
	}

#endif
