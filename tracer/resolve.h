/* SPDX-License-Identifier: MIT */
#ifndef TRACER_RESOLVE_H
#define TRACER_RESOLVE_H
/*
 * The addresses of relay daemons.  Babeltrace 2.0 asks gethostbyname() for them, whose answer is
 * one for the whole program: of two daemons that are joined at once, each in its thread, one could
 * get the other's address.  So this program has a gethostbyname() of its own, whose answer is the
 * thread's; it comes before the C library's wherever it is looked for.
 */
#include <stdbool.h>

/* Whether Babeltrace's plugins find that function; false means that this program was linked
 * wrongly. */
bool resolve_is_per_thread(void);

#endif
