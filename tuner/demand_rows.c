/* SPDX-License-Identifier: MIT */
/* A demand from a table of arrival and hold times. */
#include <errno.h>
#include <stdlib.h>

#include "tuner/demand_build.h"
#include "tuner/departures.h"

struct packet {
	int64_t arrival_ns, return_ns;
	size_t row;
};

static void return_until(struct build *b, struct departures *h, int64_t t_ns)
{
	while (h->nr && h->out[0].t_ns <= t_ns) {
		struct departure one = departures_pop(h);

		build_return(b, one.t_ns, one.what);
		build_end(b);
	}
}

static int by_arrival(const void *a, const void *b)
{
	const struct packet *x = a, *y = b;

	if (x->arrival_ns != y->arrival_ns)
		return x->arrival_ns < y->arrival_ns ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Rows that are all right, in order of arrival. */
static int take_rows(const struct demand_row *rows, size_t nr, struct packet *packets, size_t *bad,
		     uint64_t *disordered)
{
	for (size_t i = 0; i < nr; i++) {
		struct packet *p = &packets[i];

		*p = (struct packet){rows[i].arrival_ns, INT64_MAX, i};
		*bad = i;
		if (rows[i].arrival_ns < 0 || rows[i].hold_ns < 0)
			return -EINVAL;
		if (rows[i].hold_ns != DEMAND_HELD_FOR_EVER &&
		    __builtin_add_overflow(rows[i].arrival_ns, rows[i].hold_ns, &p->return_ns))
			return -EINVAL;
		*disordered += i && rows[i].arrival_ns < rows[i - 1].arrival_ns;
	}
	if (*disordered)
		qsort(packets, nr, sizeof(*packets), by_arrival);
	return 0;
}

static int add_packets(struct build *b, const struct packet *packets, size_t nr)
{
	struct departures h = {0};
	int ret = 0;

	for (size_t i = 0; i < nr && !ret; i++) {
		uint32_t slot;

		return_until(b, &h, packets[i].arrival_ns);
		slot = build_take(b, packets[i].arrival_ns);
		build_end(b);
		ret = b->error;
		if (!ret)
			ret = departures_add(
				&h, (struct departure){packets[i].return_ns, (uint32_t)i, slot});
	}
	if (!ret)
		return_until(b, &h, INT64_MAX);
	departures_release(&h);
	return ret;
}

int demand_from_rows(const struct demand_row *rows, size_t nr, struct demand **out, size_t *bad)
{
	struct packet *packets;
	struct build b;
	int ret;

	if (!nr)
		return -ENODATA;
	if (nr > DEMAND_STEPS_MAX)
		return -EFBIG;
	packets = calloc(nr, sizeof(*packets));
	ret = build_open(&b);
	if (!ret && !packets)
		ret = -ENOMEM;
	if (!ret)
		ret = take_rows(rows, nr, packets, bad, &b.d->quality.disordered);
	if (!ret)
		ret = add_packets(&b, packets, nr);
	free(packets);
	if (ret)
		build_abandon(&b);
	else
		ret = build_finish(&b, out);
	if (!ret) {
		ret = demand_add_ticks(*out);
		if (ret)
			demand_close(*out);
	}
	return ret;
}
