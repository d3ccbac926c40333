/* SPDX-License-Identifier: MIT */
#include "tuner/judge.h"

#include <stdlib.h>

#include "tuner/identity.h"

struct judge {
	struct judged {
		uint32_t pool;
		struct identity *identity;
	} * pools;
	uint32_t nr, room;
	struct judged *last; /* events of a pool come in runs */
};

struct judge *judge_open(void)
{
	return calloc(1, sizeof(struct judge));
}

void judge_close(struct judge *judge)
{
	if (!judge)
		return;
	for (uint32_t i = 0; i < judge->nr; i++)
		identity_close(judge->pools[i].identity);
	free(judge->pools);
	free(judge);
}

static bool make_room(struct judge *j)
{
	uint32_t room = j->room ? j->room * 2 : 16;
	struct judged *grown;

	if (j->nr < j->room)
		return true;
	grown = realloc(j->pools, room * sizeof(*grown));
	if (!grown)
		return false;
	j->pools = grown;
	j->room = room;
	return true;
}

/* NULL, out of memory: this pool is not judged. */
static struct judged *find(struct judge *j, uint32_t pool)
{
	for (uint32_t i = 0; i < j->nr; i++)
		if (j->pools[i].pool == pool)
			return &j->pools[i];
	if (!make_room(j))
		return NULL;
	j->pools[j->nr] = (struct judged){pool, identity_open()};
	return j->pools[j->nr].identity ? &j->pools[j->nr++] : NULL;
}

void judge_observe(const struct pool_event *event, bool contiguous, void *ctx)
{
	struct judge *j = ctx;

	if (!j)
		return;
	if (!j->last || j->last->pool != event->pool)
		j->last = find(j, event->pool);
	if (j->last)
		identity_feed(j->last->identity, event, contiguous);
}

/* Out of memory: the pool is not judged any more, and no verdict of it is changed. */
void judge_restart(uint32_t pool, void *ctx)
{
	struct judge *j = ctx;

	for (uint32_t i = 0; j && i < j->nr; i++) {
		if (j->pools[i].pool != pool)
			continue;
		identity_close(j->pools[i].identity);
		j->pools[i].identity = identity_open();
		if (!j->pools[i].identity)
			j->pools[i] = j->pools[--j->nr];
		break;
	}
	if (j)
		j->last = NULL;
}

void judge_before_commit(struct store *store, void *ctx)
{
	struct judge *j = ctx;

	for (uint32_t i = 0; j && i < j->nr; i++) {
		struct identity_verdict v = identity_verdict(j->pools[i].identity);

		store_verdict(store, j->pools[i].pool, v.checked, v.mismatches,
			      v.first_mismatch_ns);
	}
}
