/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "driver/traffic/turns.h"

int turns_init(struct turns *turns, uint32_t most)
{
	turns->heap = calloc(most, sizeof(*turns->heap));
	turns->nr = 0;
	return turns->heap != NULL ? 0 : -ENOMEM;
}

void turns_release(struct turns *turns)
{
	free(turns->heap);
	turns->heap = NULL;
}

static bool before(const struct turn *a, const struct turn *b)
{
	return a->at_ns < b->at_ns || (a->at_ns == b->at_ns && a->who < b->who);
}

void turns_push(struct turns *turns, uint32_t who, double at_ns)
{
	struct turn *heap = turns->heap;
	struct turn turn = {at_ns, who};
	uint32_t i = turns->nr++;

	for (; i > 0 && before(&turn, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = turn;
}

struct turn turns_pop(struct turns *turns)
{
	struct turn *heap = turns->heap;
	struct turn top = heap[0];
	struct turn last = heap[--turns->nr];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child >= turns->nr)
			break;
		if (child + 1 < turns->nr && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return top;
}
