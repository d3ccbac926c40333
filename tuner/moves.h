/* SPDX-License-Identifier: MIT */
#ifndef TUNER_MOVES_H
#define TUNER_MOVES_H
/*
 * The demand path by event: what each event did to X, with no step of its own for each buffer.
 *
 * That is less to make and less to look at than steps, and enough for all that depends on X and the
 * time alone.  What is missed is which buffer came back: of each that does, its handle is kept
 * (tuner/handles.h), from which the steps can be made later.
 *
 *	packets_take(&m.real);			// of each; HANDLE_NONE: out of memory
 *	moves_take(&m, t_ns, nr, 0);
 *	packets_return(&m.real, handle);	// of each
 *	moves_return(&m, t_ns, nr, 0);
 *	moves_end(&m);				// the event is over
 *	moves_take(&m, t_ns, nr, MOVE_IMPUTED);	// packets that were never held, otherwise
 *
 * Packets that were never held have handles of their own, so that those of the others stay as they
 * are when hold times are imputed (tuner/impute.h).
 *
 * Memory: 4 bytes a move, and 2 a return, or 4 where more than 65536 are out at once.  In pieces,
 * which can be given back as they are read: all of a size, so that any can be used again.
 */
#include <errno.h>

#include "tuner/big.h"
#include "tuner/demand.h"
#include "tuner/handles.h"
#include "tuner/supply.h"

#define MOVES_PIECE   (BIG_PAGE / 4) /* words */
#define SHORT_PIECE   (BIG_PAGE / 2) /* handles of 16 bits */
#define HANDLES_PIECE (BIG_PAGE / 4) /* handles of 32 */

enum { MOVE_TAKE = 1, MOVE_END = 2, MOVE_IMPUTED = 4 };

/*
 * A move as it is kept is one word: flags, buffers, and how long it is after the one before.  No
 * buffers: time goes on by so many 2^MOVE_TIME_BITS ns.  Of more buffers than there is room for,
 * there are several moves.
 */
enum { MOVE_FLAG_BITS = 3, MOVE_NR_BITS = 7, MOVE_TIME_BITS = 22 };
#define MOVE_NR_MOST   ((1U << MOVE_NR_BITS) - 1)
#define MOVE_TIME_MOST ((1U << MOVE_TIME_BITS) - 1)
_Static_assert(MOVE_FLAG_BITS + MOVE_NR_BITS + MOVE_TIME_BITS == 32, "a word");

struct move {
	int64_t t_ns;
	uint32_t nr, flags;
};

struct moves_list {
	void **piece; /* each of BIG_PAGE bytes; NULL: it was given back */
	size_t nr, room;
	struct supply *supply; /* where pieces come from; NULL: from nowhere else */
};

/* Those that come and go, and in which order they went. */
struct packets {
	struct handles handles;
	/* Handles of the returned: short ones until the first that is not, and those behind it. */
	struct moves_list shorts, returned;
	size_t nr_shorts, nr_returned;
};

/* MOVES_NONE: no move. */
#define MOVES_NONE ((struct moves){.clock_ns = INT64_MIN})
struct moves {
	struct moves_list pieces;
	struct moves_list spare; /* taken before new ones are made */
	size_t nr;		 /* words */
	uint32_t *next, *end;	 /* where the next word goes, in its piece */
	struct packets real, imputed;
	uint64_t steps, takes, imputed_takes;
	uint32_t x, max_held;
	int64_t first_ns, last_ns; /* of the moves */
	int64_t clock_ns;	   /* of anything so far */
	int error;		   /* the first -errno */
};

void moves_release(struct moves *m);
void packets_release(struct packets *p);

/* Room for one more.  Returns: false when there is none. */
bool moves_make_room(struct moves *m);
/* What is too much for one word: leaves what goes into the last one. */
void moves_put_long(struct moves *m, uint64_t *after_ns, uint32_t *nr, uint32_t flags);
/* Up to so many words the list of pieces is not made anew.  Returns: false out of memory. */
bool moves_reserve(struct moves *m, size_t most);
/* There are more steps than there can be, or no memory. */
void moves_fail(struct moves *m, int error);

bool moves_add_piece(struct moves_list *l);
void moves_list_release(struct moves_list *l);
int packets_return_long(struct packets *p, uint32_t handle);

static inline uint32_t packets_take(struct packets *p)
{
	return handles_take(&p->handles);
}

/* Returns: 0 or -ENOMEM. */
static inline int packets_return(struct packets *p, uint32_t handle)
{
	size_t at = p->nr_shorts;

	if (handle > UINT16_MAX || p->nr_returned)
		return packets_return_long(p, handle);
	if (at % SHORT_PIECE == 0 && !moves_add_piece(&p->shorts))
		return -ENOMEM;
	((uint16_t *)p->shorts.piece[at / SHORT_PIECE])[at % SHORT_PIECE] = (uint16_t)handle;
	p->nr_shorts++;
	handles_return(&p->handles, handle);
	return 0;
}

/* Time never goes back: what the clock says otherwise is the clock's mistake, seq is the order. */
static inline int64_t moves_clock(struct moves *m, int64_t t_ns)
{
	if (t_ns > m->clock_ns)
		m->clock_ns = t_ns;
	return m->clock_ns;
}

/* When a move of that time would be. */
static inline int64_t moves_time(const struct moves *m, int64_t t_ns)
{
	return t_ns > m->clock_ns ? t_ns : m->clock_ns;
}

static inline void moves_put(struct moves *m, uint32_t after, uint32_t nr, uint32_t flags)
{
	if (m->next == m->end && !moves_make_room(m)) {
		moves_fail(m, -ENOMEM);
		return;
	}
	*m->next++ = after << (MOVE_NR_BITS + MOVE_FLAG_BITS) | nr << MOVE_FLAG_BITS | flags;
	m->nr++;
}

static inline void moves_add(struct moves *m, int64_t t_ns, uint32_t nr, uint32_t flags)
{
	uint64_t after_ns;

	if (m->steps + nr > DEMAND_STEPS_MAX) {
		moves_fail(m, -EFBIG);
		return;
	}
	t_ns = moves_clock(m, t_ns);
	if (!m->nr)
		m->first_ns = m->last_ns = t_ns;
	after_ns = (uint64_t)(t_ns - m->last_ns);
	m->last_ns = t_ns;
	m->steps += nr;
	if (after_ns > MOVE_TIME_MOST || nr > MOVE_NR_MOST)
		moves_put_long(m, &after_ns, &nr, flags & ~(uint32_t)MOVE_END);
	moves_put(m, (uint32_t)after_ns, nr, flags);
}

/* One of some buffers, whichever it is; which is as good as chance, so that nothing branches. */
static inline void moves_copy(struct moves *m, const struct move *move)
{
	uint32_t taken = move->flags & MOVE_TAKE ? move->nr : 0;

	moves_add(m, move->t_ns, move->nr, move->flags);
	m->takes += taken;
	m->imputed_takes += move->flags & MOVE_IMPUTED ? taken : 0;
	m->x += 2 * taken - move->nr;
	m->max_held = m->x > m->max_held ? m->x : m->max_held;
}

/* Some buffers at once; none are no move.  flags: MOVE_IMPUTED and MOVE_END, or none of them. */
static inline void moves_take(struct moves *m, int64_t t_ns, uint32_t nr, uint32_t flags)
{
	const struct move move = {t_ns, nr, flags | MOVE_TAKE};

	if (nr)
		moves_copy(m, &move);
}

static inline void moves_return(struct moves *m, int64_t t_ns, uint32_t nr, uint32_t flags)
{
	const struct move move = {t_ns, nr, flags};

	if (nr)
		moves_copy(m, &move);
}

/* The last move is its event's last. */
static inline void moves_end(struct moves *m)
{
	if (m->nr)
		m->next[-1] |= MOVE_END;
}

/* --- reading -------------------------------------------------------------------------------------
 */

struct moves_reader {
	const struct moves *moves;
	const uint32_t *next; /* in its piece */
	size_t at, until;
	int64_t t_ns; /* of the last one */
};

static inline uint32_t move_nr(uint32_t word)
{
	return word >> MOVE_FLAG_BITS & MOVE_NR_MOST;
}

static inline int64_t move_after(uint32_t word, uint32_t nr)
{
	int64_t after = word >> (MOVE_NR_BITS + MOVE_FLAG_BITS);

	return nr ? after : after << MOVE_TIME_BITS;
}

static inline struct moves_reader moves_read(const struct moves *m)
{
	return (struct moves_reader){.moves = m, .until = m->nr, .t_ns = m->first_ns};
}

/* Returns: false there are no more. */
static inline bool moves_next(struct moves_reader *r, struct move *move)
{
	uint32_t word, nr = 0;

	while (!nr) {
		if (r->at == r->until)
			return false;
		if (r->at % MOVES_PIECE == 0)
			r->next = (uint32_t *)r->moves->pieces.piece[r->at / MOVES_PIECE];
		word = *r->next++;
		nr = move_nr(word);
		r->t_ns += move_after(word, nr);
		r->at++;
	}
	*move = (struct move){r->t_ns, nr, word & ((1U << MOVE_FLAG_BITS) - 1)};
	return true;
}

/* Leaves out those before a word; times are right from each other from there on. */
static inline void moves_go_to(struct moves_reader *r, size_t at)
{
	r->at = at;
	if (at < r->until)
		r->next = (uint32_t *)r->moves->pieces.piece[at / MOVES_PIECE] + at % MOVES_PIECE;
}

/*
 * The next words as they are kept, those for time too: at most so many, and as far as their piece
 * goes.  The reader's t_ns stays what it was.  Returns: how many, 0: there are no more.
 */
static inline size_t moves_run(struct moves_reader *r, size_t most, const uint32_t **out)
{
	size_t left = r->until - r->at, room = MOVES_PIECE - r->at % MOVES_PIECE;

	most = most < left ? most : left;
	most = most < room ? most : room;
	if (most && r->at % MOVES_PIECE == 0)
		r->next = (uint32_t *)r->moves->pieces.piece[r->at / MOVES_PIECE];
	*out = r->next;
	r->next += most;
	r->at += most;
	return most;
}

/* Handles are given again as they were, and returned as was noted. */
struct packets_reader {
	const struct packets *packets;
	struct handles handles;
	size_t at; /* of the short ones, and of those behind them */
};

static inline uint32_t packets_taken(struct packets_reader *r)
{
	return handles_take(&r->handles);
}

static inline uint32_t packets_returned(struct packets_reader *r)
{
	const struct packets *p = r->packets;
	size_t at = r->at++;
	uint32_t handle;

	if (at < p->nr_shorts) {
		handle = ((const uint16_t *)p->shorts.piece[at / SHORT_PIECE])[at % SHORT_PIECE];
	} else {
		at -= p->nr_shorts;
		handle = ((const uint32_t *)
				  p->returned.piece[at / HANDLES_PIECE])[at % HANDLES_PIECE];
	}
	handles_return(&r->handles, handle);
	return handle;
}

/*
 * Gives back the pieces that lie wholly before an element, of which a piece has so many; asked for
 * in ascending order.  to: who uses them again; NULL: they are freed.
 */
void moves_forget(struct moves_list *l, size_t before, size_t each, struct moves *to);
/* Handles that were read, by their only reader. */
void packets_forget(const struct packets_reader *r, struct packets *p);

#endif
