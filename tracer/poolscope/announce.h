/* SPDX-License-Identifier: MIT */
#ifndef POOLSCOPE_ANNOUNCE_H
#define POOLSCOPE_ANNOUNCE_H
/*
 * The handshake between an instrumented program and the recorder that started it.
 *
 * A recorder traces its own program and no other, though LTTng's session daemon is shared by all
 * programs of a user.  So it exports POOLSCOPE_ANNOUNCE, the path of a socket of its own; a program
 * says its process id there when it opens its first pool, the recorder adds the process to its
 * LTTng session, and answers with the first pool number that the process may use.  Several
 * processes of one recording therefore never share a pool number, and no event is missed at the
 * start.
 */
#include <stdint.h>

#define POOLSCOPE_ANNOUNCE_ENV	 "POOLSCOPE_ANNOUNCE"
#define POOLSCOPE_ANNOUNCE_MAGIC 0x70736331u /* "psc1" */

struct poolscope_announce {
	uint32_t magic;
	int32_t vpid;
};

struct poolscope_welcome {
	uint32_t magic;
	uint32_t first_pool;
};

/*
 * The program's side.  Waits at most 10 s for the recorder's answer.
 * Returns: the first pool number; 0 when there is no recorder or it does not answer.
 */
uint32_t poolscope_announce(void);

#endif
