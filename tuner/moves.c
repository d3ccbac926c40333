/* SPDX-License-Identifier: MIT */
#include "tuner/moves.h"

void moves_list_release(struct moves_list *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->piece[i]);
	free(l->piece);
	*l = (struct moves_list){0};
}

void packets_release(struct packets *p)
{
	moves_list_release(&p->shorts);
	moves_list_release(&p->returned);
	handles_release(&p->handles);
	p->nr_shorts = p->nr_returned = 0;
}

void moves_release(struct moves *m)
{
	moves_list_release(&m->pieces);
	moves_list_release(&m->spare);
	packets_release(&m->real);
	packets_release(&m->imputed);
	*m = MOVES_NONE;
}

static bool make_list_room(struct moves_list *l, size_t room)
{
	void **grown;

	if (room <= l->room)
		return true;
	grown = realloc(l->piece, room * sizeof(*grown));
	if (!grown)
		return false;
	l->piece = grown;
	l->room = room;
	return true;
}

static bool add(struct moves_list *l, void *piece)
{
	if (!piece)
		return false;
	if (l->nr == l->room && !make_list_room(l, l->room ? 2 * l->room : 16)) {
		free(piece);
		return false;
	}
	l->piece[l->nr++] = piece;
	return true;
}

bool moves_reserve(struct moves *m, size_t most)
{
	return make_list_room(&m->pieces, most / MOVES_PIECE + 1);
}

/* Of the first, short recordings touch only some. */
static void *new_piece(const struct moves_list *l)
{
	if (!l->nr)
		return malloc(BIG_PAGE);
	return l->supply ? supply_take(l->supply) : big_alloc(BIG_PAGE);
}

bool moves_make_room(struct moves *m)
{
	struct moves_list *spare = &m->spare;

	if (m->error ||
	    !add(&m->pieces, spare->nr ? spare->piece[--spare->nr] : new_piece(&m->pieces)))
		return false;
	m->next = m->pieces.piece[m->pieces.nr - 1];
	m->end = m->next + MOVES_PIECE;
	return true;
}

void moves_put_long(struct moves *m, uint64_t *after_ns, uint32_t *nr, uint32_t flags)
{
	while (*after_ns > MOVE_TIME_MOST && !m->error) {
		uint64_t time = *after_ns >> MOVE_TIME_BITS;

		time = time < MOVE_TIME_MOST ? time : MOVE_TIME_MOST;
		moves_put(m, (uint32_t)time, 0, 0);
		*after_ns -= time << MOVE_TIME_BITS;
	}
	while (*nr > MOVE_NR_MOST && !m->error) {
		moves_put(m, (uint32_t)*after_ns, MOVE_NR_MOST, flags);
		*after_ns = 0;
		*nr -= MOVE_NR_MOST;
	}
}

bool moves_add_piece(struct moves_list *l)
{
	return add(l, new_piece(l));
}

int packets_return_long(struct packets *p, uint32_t handle)
{
	size_t at = p->nr_returned;

	if (at % HANDLES_PIECE == 0 && !moves_add_piece(&p->returned))
		return -ENOMEM;
	((uint32_t *)p->returned.piece[at / HANDLES_PIECE])[at % HANDLES_PIECE] = handle;
	p->nr_returned++;
	handles_return(&p->handles, handle);
	return 0;
}

void moves_fail(struct moves *m, int error)
{
	if (!m->error)
		m->error = error;
}

void moves_forget(struct moves_list *l, size_t before, size_t each, struct moves *to)
{
	for (size_t i = before / each; i-- > 0 && l->piece[i];) {
		if (to)
			add(&to->spare, l->piece[i]);
		else
			free(l->piece[i]);
		l->piece[i] = NULL;
	}
}

void packets_forget(const struct packets_reader *r, struct packets *p)
{
	size_t shorts = r->at < p->nr_shorts ? r->at : p->nr_shorts;

	moves_forget(&p->shorts, shorts, SHORT_PIECE, NULL);
	moves_forget(&p->returned, r->at - shorts, HANDLES_PIECE, NULL);
}
