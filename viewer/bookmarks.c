/* SPDX-License-Identifier: MIT */
#include "viewer/bookmarks.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static int index_of(int letter)
{
	return letter >= 'a' && letter <= 'z' ? letter - 'a' : -1;
}

const struct bookmark *bookmarks_find(const struct bookmarks *set, int letter)
{
	int i = index_of(letter);

	return i >= 0 && set->where[i] != BOOKMARK_NONE && !set->of[i].gone ? &set->of[i] : NULL;
}

/* What was changed here stays until the file says so, or something newer. */
static bool is_ours(const struct bookmarks *set, int i, const struct bookmark *in_file)
{
	if (set->where[i] == BOOKMARK_HERE_ONLY)
		return true;
	if (set->where[i] != BOOKMARK_ON_ITS_WAY)
		return false;
	if (set->of[i].gone)
		return in_file && in_file->set_ns <= set->of[i].set_ns;
	return !in_file || in_file->set_ns < set->of[i].set_ns;
}

static bool is_same(const struct bookmark *a, const struct bookmark *b)
{
	return a->ts_ns == b->ts_ns && a->pool == b->pool && !strcmp(a->view, b->view) &&
	       !strcmp(a->note, b->note);
}

static bool take(struct bookmarks *set, int i, const struct bookmark *in_file)
{
	bool changed;

	if (is_ours(set, i, in_file))
		return false;
	if (!in_file) {
		changed = set->where[i] != BOOKMARK_NONE;
		set->where[i] = BOOKMARK_NONE;
		return changed;
	}
	changed = set->where[i] != BOOKMARK_IN_FILE || !is_same(&set->of[i], in_file);
	set->where[i] = BOOKMARK_IN_FILE;
	set->of[i] = *in_file;
	return changed;
}

static bool is_waiting(const struct bookmarks *set)
{
	return memchr(set->where, BOOKMARK_ON_ITS_WAY, sizeof(set->where)) != NULL;
}

/* Nobody records any more: what the recorder did not take goes in now, or not at all. */
static void settle(struct bookmarks *set, const struct bookmark_file *file)
{
	struct db_error why;
	int ret = bookmark_settle(file, &why);

	if (ret == -EBUSY)
		return;
	set->settled = true;
	for (int i = 0; i < BOOKMARKS && ret < 0; i++)
		if (set->where[i] == BOOKMARK_ON_ITS_WAY)
			set->where[i] = BOOKMARK_HERE_ONLY;
}

static void send(struct bookmarks *set, const struct bookmark_file *file, int i,
		 struct db_error *why)
{
	const struct bookmark *b = &set->of[i];
	int ret = bookmark_change(file, b, why);

	set->unsent[i] = ret == -EAGAIN;
	if (ret > 0 || ret == -EAGAIN)
		set->where[i] = BOOKMARK_ON_ITS_WAY;
	else if (ret < 0)
		set->where[i] = BOOKMARK_HERE_ONLY;
	else
		set->where[i] = b->gone ? BOOKMARK_NONE : BOOKMARK_IN_FILE;
}

/* Returns: true when all is sent. */
static bool send_again(struct bookmarks *set, const struct bookmark_file *file)
{
	struct db_error why;
	bool sent = true;

	for (int i = 0; i < BOOKMARKS; i++) {
		if (set->unsent[i])
			send(set, file, i, &why);
		sent &= !set->unsent[i];
	}
	return sent;
}

void bookmarks_finish(struct bookmarks *set, const struct bookmark_file *file)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (int i = 0; i < 100 && !send_again(set, file); i++)
		nanosleep(&pause, NULL);
}

bool bookmarks_refresh(struct bookmarks *set, struct query *q, const struct bookmark_file *file,
		       bool recording)
{
	const struct bookmark *in_file[BOOKMARKS] = {NULL};
	struct bookmark found[BOOKMARKS];
	struct db_error err;
	bool changed = false;
	size_t nr = 0;

	send_again(set, file);
	if (!recording && (is_waiting(set) || !set->settled))
		settle(set, file);
	if (query_bookmarks(q, found, &nr, &err))
		return false;
	for (size_t i = 0; i < nr; i++)
		in_file[index_of(found[i].letter)] = &found[i];
	for (int i = 0; i < BOOKMARKS; i++)
		changed |= take(set, i, in_file[i]);
	return changed;
}

enum bookmark_where bookmarks_change(struct bookmarks *set, const struct bookmark_file *file,
				     const struct bookmark *change, struct db_error *why)
{
	struct bookmark b = *change;
	int i = index_of(b.letter);

	if (b.set_ns <= set->set_ns)
		b.set_ns = set->set_ns + 1;
	set->set_ns = b.set_ns;
	set->of[i] = b;
	send(set, file, i, why);
	return (enum bookmark_where)set->where[i];
}
