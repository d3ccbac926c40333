/* SPDX-License-Identifier: MIT */
#include "tuner/departures.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

void departures_release(struct departures *d)
{
	free(d->out);
	*d = (struct departures){0};
}

static bool is_earlier(const struct departure *a, const struct departure *b)
{
	return a->t_ns != b->t_ns ? a->t_ns < b->t_ns : a->order < b->order;
}

int departures_add(struct departures *d, struct departure one)
{
	size_t i;

	if (one.t_ns == DEPARTS_NEVER)
		return 0;
	if (d->nr == d->room) {
		size_t room = d->room ? 2 * d->room : 256;
		struct departure *grown = realloc(d->out, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		d->out = grown;
		d->room = room;
	}
	for (i = d->nr++; i && is_earlier(&one, &d->out[(i - 1) / 2]); i = (i - 1) / 2)
		d->out[i] = d->out[(i - 1) / 2];
	d->out[i] = one;
	return 0;
}

struct departure departures_pop(struct departures *d)
{
	struct departure first = d->out[0], last = d->out[--d->nr];
	size_t i = 0, under;

	while ((under = 2 * i + 1) < d->nr) {
		if (under + 1 < d->nr && is_earlier(&d->out[under + 1], &d->out[under]))
			under++;
		if (!is_earlier(&d->out[under], &last))
			break;
		d->out[i] = d->out[under];
		i = under;
	}
	d->out[i] = last;
	return first;
}
