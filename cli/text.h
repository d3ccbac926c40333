/* SPDX-License-Identifier: MIT */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H
/*
 * Figures as a person reads them.
 *
 * Owns:   a text lives until seven more were made, so that a few fit into one printf.
 * Thread: one at a time.
 */
#include <stdint.h>

/* "1.25 ms": three digits are enough for a person, and they are all that a quantile has. */
const char *text_duration(int64_t ns);

/* A time since the Unix epoch: "2026-01-01 00:00:00 UTC". */
const char *text_moment(int64_t ns);

/* A time as the time line has it, to the nanosecond: "+1.234567890 s" after the start. */
const char *text_since(int64_t ns, int64_t start_ns);

/* Names and notes come from anybody: they must not drive the terminal.  Cut after 127 bytes. */
const char *text_printable(const char *name);

/* "s", or "" for one. */
const char *text_plural(uint64_t n);

#endif
