/* SPDX-License-Identifier: MIT */
#ifndef TUNER_JUDGE_H
#define TUNER_JUDGE_H
/*
 * Identity replay of a recording while it is stored: one struct identity a pool, wired into the
 *store's callbacks.
 *
 *	options.observe = judge_observe;
 *	options.restart = judge_restart;
 *	options.before_commit = judge_before_commit;
 *	options.ctx = judge;
 *
 * Thread: judge_open() and judge_close() anywhere outside the store's life; the others are the
 *writer's.
 */
#include <stdbool.h>

#include "db/store.h"

struct judge;

struct judge *judge_open(void); /* NULL, out of memory, is accepted below: nothing is judged */
void judge_close(struct judge *judge);
void judge_observe(const struct pool_event *event, bool contiguous, void *judge);
/* Forgets what was observed of a pool. */
void judge_restart(uint32_t pool, void *judge);
void judge_before_commit(struct store *store, void *judge);

#endif
