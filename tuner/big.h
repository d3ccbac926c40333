/* SPDX-License-Identifier: MIT */
#ifndef TUNER_BIG_H
#define TUNER_BIG_H
/*
 * Memory in large pieces, which the system is asked to give in large pages: to touch a page for the
 * first time costs about as much for 2 MiB as for 4 KiB, clearing it aside.
 */
#include <stddef.h>

#define BIG_PAGE ((size_t)1 << 21)

/* As malloc(), and freed and resized as that. */
void *big_alloc(size_t bytes);

#endif
