/* SPDX-License-Identifier: MIT */
#include "tuner/demand_build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tuner/big.h"

int build_open(struct build *b)
{
	*b = (struct build){.d = calloc(1, sizeof(struct demand)), .last_ns = INT64_MIN};
	return b->d ? 0 : -ENOMEM;
}

void build_abandon(struct build *b)
{
	demand_close(b->d);
	ladder_release(&b->unused);
	*b = (struct build){0};
}

static void *resized(void *array, size_t nr, size_t size, int *error)
{
	void *grown = realloc(array, (nr ? nr : 1) * size);

	if (!grown) {
		*error = -ENOMEM;
		return array;
	}
	return grown;
}

/* --- slots ---------------------------------------------------------------------------------------
 *
 * The ordered hunt goes on with each step; room is made for twice as many slots when all are used.
 */

#define SLOTS_LEAST	 64
#define CHECKPOINT_LEAST ((size_t)1024) /* steps */

/* Checkpoints lie one behind the other: each moves to its place among wider ones. */
static void widen_checkpoints(struct build *b, size_t from, size_t to)
{
	uint64_t *words = b->d->checkpoints;

	for (size_t i = b->nr_checkpoints; i-- > 0;) {
		memmove(words + i * to, words + i * from, from * sizeof(*words));
		memset(words + i * to + from, 0, (to - from) * sizeof(*words));
	}
}

static int more_checkpoints(struct build *b, size_t nr, size_t words)
{
	if (nr * words <= b->checkpoints_room)
		return 0;
	b->d->checkpoints = resized(b->d->checkpoints, 2 * nr * words, sizeof(uint64_t), &b->error);
	if (!b->error)
		b->checkpoints_room = 2 * nr * words;
	return b->error;
}

static int more_slots(struct build *b)
{
	uint32_t room = b->slots ? 2 * b->slots : SLOTS_LEAST;
	size_t to = room / 64;
	struct ladder unused = {0};

	b->d->hunt = resized(b->d->hunt, room, sizeof(*b->d->hunt), &b->error);
	if (!b->error)
		b->error = ladder_init(&unused, room);
	if (b->error || more_checkpoints(b, b->nr_checkpoints, to)) {
		ladder_release(&unused);
		return b->error;
	}
	memset(b->d->hunt + b->slots, 0, (room - b->slots) * sizeof(*b->d->hunt));
	widen_checkpoints(b, b->slots / 64, to);
	for (uint32_t slot = b->slots; slot < room; slot++) /* the others are used */
		ladder_set(&unused, slot);
	ladder_release(&b->unused);
	b->unused = unused;
	b->lowest = b->slots / 64;
	b->slots = room;
	return 0;
}

/* Half as many checkpoints: every other one. */
static void thin_checkpoints(struct build *b)
{
	size_t words = b->slots / 64;

	b->d->checkpoint_steps *= 2;
	for (size_t i = 1; 2 * i < b->nr_checkpoints; i++)
		memcpy(b->d->checkpoints + i * words, b->d->checkpoints + 2 * i * words,
		       words * sizeof(uint64_t));
	b->nr_checkpoints = (b->nr_checkpoints + 1) / 2;
}

static void note_checkpoint(struct build *b)
{
	size_t words = b->slots / 64;
	uint64_t *used;

	if (more_checkpoints(b, b->nr_checkpoints + 1, words))
		return;
	used = b->d->checkpoints + b->nr_checkpoints++ * words;
	for (size_t i = 0; i < words; i++)
		used[i] = ~b->unused.level[0][i];
}

/* The highest slot in use, + 1; it is not above `top`. */
static uint32_t top_slot(const struct build *b, uint32_t top)
{
	for (size_t i = (top + 63) / 64; i-- > 0;) {
		uint64_t used = ~b->unused.level[0][i];

		if (used)
			return (uint32_t)(i * 64 + 64) - (uint32_t)__builtin_clzll(used);
	}
	return 0;
}

/* It was the last one of its word. */
static void leave_word(struct build *b, uint32_t slot)
{
	uint32_t first;

	ladder_clear(&b->unused, slot);
	first = ladder_first(&b->unused);
	b->lowest = (first == LADDER_NONE ? b->slots : first) / 64;
}

/* The lowest slot that no packet has. */
static inline uint32_t take_slot(struct build *b)
{
	uint64_t *word, left;
	uint32_t slot;

	if (b->x == b->slots && more_slots(b))
		return BUILD_NO_SLOT;
	word = &b->unused.level[0][b->lowest];
	left = *word & (*word - 1);
	slot = (uint32_t)b->lowest * 64 + (uint32_t)__builtin_ctzll(*word);
	if (left)
		*word = left;
	else
		leave_word(b, slot);
	b->d->hunt[slot]++;
	if (++b->x > b->d->max_held) {
		b->d->max_held = b->x;
		while (b->d->checkpoint_steps < b->x)
			thin_checkpoints(b);
	}
	return slot;
}

static inline void return_slot(struct build *b, uint32_t slot)
{
	uint64_t *word = &b->unused.level[0][slot / 64];

	if (*word)
		*word |= UINT64_C(1) << slot % 64;
	else
		ladder_set(&b->unused, slot);
	if (slot / 64 < b->lowest)
		b->lowest = slot / 64;
	b->x--;
}

/* --- steps ---------------------------------------------------------------------------------------
 */

/* A multiple of whole cells, and one more cell for the end. */
static bool make_room(struct build *b)
{
	size_t room = b->room ? (b->room + b->room / 2) / DEMAND_CELL * DEMAND_CELL : 4096;
	size_t cells = room / DEMAND_CELL + 1;
	struct demand *d = b->d;

	if (b->nr >= DEMAND_STEPS_MAX)
		b->error = -EFBIG;
	if (b->error)
		return false;
	d->t_ns = resized(d->t_ns, room, sizeof(*d->t_ns), &b->error);
	d->slot = resized(d->slot, room, sizeof(*d->slot), &b->error);
	d->cells = resized(d->cells, cells, sizeof(*d->cells), &b->error);
	d->extremes[0] = resized(d->extremes[0], cells, sizeof(*d->extremes[0]), &b->error);
	if (!b->room) {
		d->checkpoint_steps = CHECKPOINT_LEAST;
		more_slots(b);
	}
	if (!b->error)
		b->room = room;
	return !b->error;
}

void build_steps_of(struct build *b, struct demand *d, size_t steps)
{
	size_t cells = steps / DEMAND_CELL + 1;

	*b = (struct build){.d = d, .last_ns = INT64_MIN};
	d->max_held = 0; /* it is found again */
	d->t_ns = big_alloc(steps * sizeof(*d->t_ns));
	d->slot = big_alloc(steps * sizeof(*d->slot));
	d->cells = malloc(cells * sizeof(*d->cells));
	d->extremes[0] = malloc(cells * sizeof(*d->extremes[0]));
	d->checkpoint_steps = CHECKPOINT_LEAST;
	if (!d->t_ns || !d->slot || !d->cells || !d->extremes[0])
		b->error = -ENOMEM;
	else if (!more_slots(b))
		b->room = steps;
}

static void open_cell(struct build *b)
{
	size_t cell = b->nr / DEMAND_CELL;

	b->d->cells[cell] = (struct demand_cell){
		.before = b->x, .top = cell ? top_slot(b, b->d->cells[cell - 1].top) : 0};
	b->d->extremes[0][cell] = (struct demand_extremes){UINT32_MAX, 0};
	if (b->nr % b->d->checkpoint_steps == 0)
		note_checkpoint(b);
}

/* Makes room for a step.  Time never goes back: what the clock says otherwise is the clock's
 * mistake, seq is the order. */
static inline bool begin_step(struct build *b, int64_t t_ns)
{
	if (b->nr == b->room && !make_room(b))
		return false;
	if (b->nr % DEMAND_CELL == 0)
		open_cell(b);
	if (t_ns < b->last_ns)
		t_ns = b->last_ns;
	b->d->t_ns[b->nr] = b->last_ns = t_ns;
	return !b->error;
}

static inline void end_step(struct build *b, uint32_t slot)
{
	struct demand_extremes *e = &b->d->extremes[0][b->nr / DEMAND_CELL];

	b->d->slot[b->nr++] = slot;
	e->min = b->x < e->min ? b->x : e->min;
	e->max = b->x > e->max ? b->x : e->max;
}

uint32_t build_take(struct build *b, int64_t t_ns, bool imputed)
{
	uint64_t bit = UINT64_C(1) << b->nr % DEMAND_CELL;
	struct demand_cell *c;
	uint32_t slot;

	if (!begin_step(b, t_ns))
		return BUILD_NO_SLOT;
	c = &b->d->cells[b->nr / DEMAND_CELL];
	slot = take_slot(b);
	if (b->error)
		return BUILD_NO_SLOT;
	if (slot >= c->top)
		c->top = slot + 1;
	c->takes |= bit;
	c->imputed |= imputed ? bit : 0;
	end_step(b, slot);
	return slot;
}

void build_return(struct build *b, int64_t t_ns, uint32_t slot)
{
	if (!begin_step(b, t_ns))
		return;
	return_slot(b, slot);
	end_step(b, slot);
}

void build_end(struct build *b)
{
	if (b->nr)
		b->d->cells[(b->nr - 1) / DEMAND_CELL].ends |= UINT64_C(1)
							       << (b->nr - 1) % DEMAND_CELL;
}

/* Room for one more behind nr elements; the array doubles. */
static void *one_more(void *array, size_t nr, size_t *room, size_t size, int *error)
{
	size_t more = *room ? 2 * *room : 64;

	if (nr < *room)
		return array;
	array = resized(array, more, size, error);
	if (!*error)
		*room = more;
	return array;
}

void build_tick(struct build *b, size_t steps, int64_t t_ns)
{
	struct demand *d = b->d;

	d->ticks = one_more(d->ticks, d->nr_ticks, &b->nr_ticks_room, sizeof(*d->ticks), &b->error);
	if (!b->error)
		d->ticks[d->nr_ticks++] = (struct demand_tick){steps, t_ns};
}

/* More than this are not made for steps that are few and far between. */
#define TICKS_MAX ((size_t)1 << 20)

/* At equal times a tick comes before takes and returns. */
void build_regular_ticks(struct build *b)
{
	const int64_t *t = b->d->t_ns;
	size_t most = b->nr > TICKS_MAX ? b->nr : TICKS_MAX, step = 0;
	int64_t span = b->nr ? t[b->nr - 1] - t[0] : 0;
	size_t nr = (size_t)(span / DEMAND_TICK_NS);

	if (nr > most)
		return;
	for (size_t k = 1; k <= nr && !b->error; k++) {
		int64_t tick_ns = t[0] + (int64_t)k * DEMAND_TICK_NS;

		while (t[step] < tick_ns)
			step++;
		build_tick(b, step, tick_ns);
	}
	b->d->ticks_known = true;
}

struct demand_lead *build_lead(struct build *b)
{
	struct demand *d = b->d;

	d->leads = one_more(d->leads, d->nr_leads, &b->nr_leads_room, sizeof(*d->leads), &b->error);
	return b->error ? NULL : &d->leads[d->nr_leads++];
}

/* --- all of it ----------------------------------------------------------------------------------
 */

int build_levels(struct demand *d)
{
	size_t cells = d->nr / DEMAND_CELL + 1;

	for (int level = 0; level < DEMAND_LEVELS; level++) {
		d->nr_extremes[level] = cells;
		if (level)
			d->extremes[level] = calloc(cells, sizeof(*d->extremes[level]));
		if (!d->extremes[level])
			return -ENOMEM;
		d->nr_levels = level + 1;
		if (cells <= DEMAND_FAN)
			break;
		cells = (cells + DEMAND_FAN - 1) / DEMAND_FAN;
	}
	return 0;
}

void build_raise(struct demand *d)
{
	for (int level = 1; level < d->nr_levels; level++)
		for (size_t i = 0; i < d->nr_extremes[level]; i++) {
			struct demand_extremes e = {UINT32_MAX, 0};
			size_t end = (i + 1) * DEMAND_FAN;

			if (end > d->nr_extremes[level - 1])
				end = d->nr_extremes[level - 1];
			for (size_t k = i * DEMAND_FAN; k < end; k++) {
				struct demand_extremes under = d->extremes[level - 1][k];

				e.min = under.min < e.min ? under.min : e.min;
				e.max = under.max > e.max ? under.max : e.max;
			}
			d->extremes[level][i] = e;
		}
}

/* Ticks before the first step or after the last one find nothing to do. */
static void trim_ticks(struct demand *d, size_t nr)
{
	size_t from = 0, to = d->nr_ticks;

	while (from < to && d->ticks[from].steps == 0)
		from++;
	while (to > from && d->ticks[to - 1].steps == nr)
		to--;
	if (from)
		memmove(d->ticks, d->ticks + from, (to - from) * sizeof(*d->ticks));
	d->nr_ticks = to - from;
}

/* Checkpoints of as many words as there are slots for. */
static void pack_checkpoints(struct build *b)
{
	struct demand *d = b->d;
	size_t wide = b->slots / 64;

	d->checkpoint_words = (d->max_held + 63) / 64;
	for (size_t i = 1; i < b->nr_checkpoints; i++)
		memmove(d->checkpoints + i * d->checkpoint_words, d->checkpoints + i * wide,
			d->checkpoint_words * sizeof(uint64_t));
}

static void shrink(struct build *b)
{
	struct demand *d = b->d;
	size_t cells = b->nr / DEMAND_CELL + 1;
	int ignored = 0; /* what cannot be made smaller stays as it is */

	if (b->room > b->nr) {
		d->t_ns = resized(d->t_ns, b->nr, sizeof(*d->t_ns), &ignored);
		d->slot = resized(d->slot, b->nr, sizeof(*d->slot), &ignored);
		d->cells = resized(d->cells, cells, sizeof(*d->cells), &ignored);
		d->extremes[0] = resized(d->extremes[0], cells, sizeof(*d->extremes[0]), &ignored);
	}
	d->hunt = resized(d->hunt, d->max_held, sizeof(*d->hunt), &ignored);
	d->checkpoints = resized(d->checkpoints, b->nr_checkpoints * d->checkpoint_words,
				 sizeof(*d->checkpoints), &ignored);
}

static int conclude(struct build *b)
{
	struct demand *d = b->d;

	if (!b->nr)
		return -ENODATA;
	/* X after the last step is before one more cell. */
	if (b->nr % DEMAND_CELL == 0)
		open_cell(b);
	if (b->error)
		return b->error;
	d->nr = b->nr;
	d->first_ns = d->t_ns[0];
	d->last_ns = d->t_ns[b->nr - 1];
	d->takes = (b->nr + b->x) / 2;
	d->quality.unreturned = b->x;
	trim_ticks(d, b->nr);
	pack_checkpoints(b);
	shrink(b);
	return build_levels(d);
}

int build_conclude(struct build *b)
{
	int ret;

	build_end(b);
	ret = b->error ? b->error : conclude(b);
	if (!ret)
		build_raise(b->d);
	ladder_release(&b->unused);
	return ret;
}

int build_finish(struct build *b, struct demand **out)
{
	int ret = build_conclude(b);

	if (ret)
		build_abandon(b);
	else
		*out = b->d;
	return ret;
}
