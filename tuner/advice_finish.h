/* SPDX-License-Identifier: MIT */
#ifndef TUNER_ADVICE_FINISH_H
#define TUNER_ADVICE_FINISH_H
/*
 * The last step of advice_make(), and private to it: all rows are chosen and certified.
 *
 *  - each is settled (plan_settle()), side by side on all processors;
 *  - those of grade B that lose packets are replayed with senders that do something about it; where
 *    it depends on that which of two rows is the leaner one, the grade is C;
 *  - what could not be certified to be leaner than balanced is balanced.
 */
#include "tuner/advice.h"

/* Returns: 0, or what plan_settle() and feedback_replay() return. */
int advice_finish(const struct demand *d, const struct plan_request *q, struct advice *a);

#endif
