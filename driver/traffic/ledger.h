/* SPDX-License-Identifier: MIT */
#ifndef TRAFFIC_LEDGER_H
#define TRAFFIC_LEDGER_H
/*
 * What was put on the wire, so that a receiver can tell whether each frame is one that was sent,
 * byte for byte, and in order.  Frames from outside carry no number and no pattern; the ledger
 *keeps length and digest of each.
 *
 *	sender:    ledger_enter(), gives the frame to the device; ledger_retract() if it was dropped
 *	receiver:  ledger_match() for each frame it gets
 *
 * Frames that were lost on the way are passed over: those that come keep their order.
 *
 * Thread: one sender, one receiver at a time; it has a lock of its own.
 */
#include <stdbool.h>
#include <stdint.h>

/*
 * Most frames on their way; a device has room for far fewer.  The oldest are forgotten beyond that,
 * and would then be reported as damaged, never the other way round.
 */
#define LEDGER_FRAMES 16384u

struct ledger; /* opaque */

/* Returns: NULL when memory is out. */
struct ledger *ledger_open(void);
void ledger_close(struct ledger *ledger);

void ledger_enter(struct ledger *ledger, const uint8_t *bytes, uint32_t len_bytes);
/* Takes back the last one entered, if nobody has matched it. */
void ledger_retract(struct ledger *ledger);
/* Whether a frame of this digest is on its way; it and those before it are not any more. */
bool ledger_match(struct ledger *ledger, uint64_t digest, uint32_t len_bytes);

/*
 * 64 bits that any change within 8 bytes changes for certain, and any other change with near
 * certainty.  A frame in pieces is digested piece by piece, where all but the last are multiples of
 * 8 bytes long: state 0 at first, the result after that.
 */
uint64_t ledger_digest(uint64_t state, const uint8_t *bytes, uint32_t len_bytes);

#endif
