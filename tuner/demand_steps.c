/* SPDX-License-Identifier: MIT */
/* The steps of a path: one for each buffer that came or went. */
#include <errno.h>
#include <stdlib.h>

#include "tuner/demand_build.h"
#include "tuner/moves.h"

#define FORGET_EACH 65536 /* moves */

struct making {
	struct build build;
	struct moves *moves;
	struct of {
		struct packets_reader packets;
		uint32_t *slot; /* of each handle */
	} real, imputed;
};

static int begin(struct of *of, const struct packets *packets)
{
	of->packets.packets = packets;
	of->slot = malloc((packets->handles.made + 1) * sizeof(*of->slot));
	return of->slot ? 0 : -ENOMEM;
}

static void end(struct of *of)
{
	handles_release(&of->packets.handles);
	free(of->slot);
}

static void make_takes(struct making *g, struct of *of, const struct move *move)
{
	bool imputed = move->flags & MOVE_IMPUTED;

	for (uint32_t i = 0; i < move->nr && !g->build.error; i++) {
		uint32_t handle = packets_taken(&of->packets);

		if (handle == HANDLE_NONE)
			g->build.error = -ENOMEM;
		else
			of->slot[handle] = build_take(&g->build, move->t_ns, imputed);
	}
}

static void make_returns(struct making *g, struct of *of, const struct move *move)
{
	for (uint32_t i = 0; i < move->nr && !g->build.error; i++)
		build_return(&g->build, move->t_ns, of->slot[packets_returned(&of->packets)]);
}

/* What was read is needed no longer. */
static void forget(struct making *g, const struct moves_reader *reader)
{
	struct moves *m = g->moves;

	moves_forget(&m->pieces, reader->at - 1, MOVES_PIECE, NULL);
	moves_forget(&m->real.returned, g->real.packets.at, HANDLES_PIECE, NULL);
	moves_forget(&m->imputed.returned, g->imputed.packets.at, HANDLES_PIECE, NULL);
}

static void make_all(struct making *g)
{
	struct moves_reader reader = moves_read(g->moves);
	struct move move;

	for (size_t i = 0; moves_next(&reader, &move) && !g->build.error; i++) {
		struct of *of = move.flags & MOVE_IMPUTED ? &g->imputed : &g->real;

		if (i % FORGET_EACH == 0)
			forget(g, &reader);
		if (move.flags & MOVE_TAKE)
			make_takes(g, of, &move);
		else
			make_returns(g, of, &move);
		if (move.flags & MOVE_END)
			build_end(&g->build);
	}
	if (!g->build.d->ticks_known)
		build_regular_ticks(&g->build);
}

int demand_make_steps(struct demand *d)
{
	struct making g = {.moves = d->path};
	int ret;

	if (!d->path)
		return 0;
	build_steps_of(&g.build, d, d->path->steps);
	if (begin(&g.real, &d->path->real) || begin(&g.imputed, &d->path->imputed))
		g.build.error = -ENOMEM;
	make_all(&g);
	ret = build_conclude(&g.build);
	end(&g.real);
	end(&g.imputed);
	moves_release(d->path);
	free(d->path);
	d->path = NULL;
	return ret;
}
