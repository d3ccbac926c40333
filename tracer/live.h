/* SPDX-License-Identifier: MIT */
#ifndef TRACER_LIVE_H
#define TRACER_LIVE_H
/*
 * Which live sessions a relay daemon has, and where.
 *
 * Thread:  any; each call asks anew.
 */
#include <stddef.h>

#include "db/store.h"

#define LIVE_URL_MAX 512

/*
 * Looks for a session on the relay daemon that url names:
 * net://HOST[:PORT]/host/TRACED_HOST/SESSION. out gets its whole URL.  Where the traced host is *,
 * any host's session of that name is taken. Errors:  -EINVAL not such a URL; -ECONNREFUSED no relay
 * daemon answers there; -ENOENT it has no such session, and err says which it has; -EEXIST several
 * hosts have one; -EIO.
 */
int live_find(const char *url, char *out, size_t size, struct db_error *err);

#endif
