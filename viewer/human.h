/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_HUMAN_H
#define VIEWER_HUMAN_H
/*
 * Figures as people read them: three digits and a unit.  All return text by value, so that a call
 * can stand in an argument list: canvas_textf(..., human_duration(lead_ns).s).
 */
#include <stdbool.h>
#include <stdint.h>

struct human {
	char s[40];
};

/* Exact below 10 000; then "34.5 k", "1.20 M", "3.00 G". */
struct human human_count(uint64_t n);
/* "850 ns", "1.20 ms", "12.3 s", "2 min 05 s", "1 h 05 min", "4 d 07 h"; "-1.20 ms" when negative.
 */
struct human human_duration(int64_t ns);
/* "0", "12.3", "34.5 k": a rate without its unit. */
struct human human_rate(double per_s);

/*
 * A point of time with `digits` decimals of seconds: the local clock ("12:30:05.250"), or, where
 * time starts near zero as virtual time does, seconds from there ("5.250 s").
 */
struct human human_time(int64_t ts_ns, int digits);

/* The same on an axis of more than a day: "11-21 06:00", or with whole_days "2026-11-21". */
struct human human_date(int64_t ts_ns, bool whole_days);

/*
 * Reads "100ms", "2s", "1.5us", "1min".  The unit is required.
 * Returns: 0 with *ns filled, or -EINVAL.
 */
int human_parse_duration(const char *text, int64_t *ns);

#endif
