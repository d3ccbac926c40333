/* SPDX-License-Identifier: MIT */
/* The store's threads: a producer's calls on one side, the writer's loop on the other. */
#include "db/store.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db/connect.h"
#include "db/error.h"
#include "db/queue.h"
#include "db/recover.h"
#include "db/spare.h"
#include "db/trace.h"
#include "db/unnamed.h"
#include "db/writer.h"

#define BATCH_MS	  100
#define HEARTBEAT_NS	  INT64_C(500000000) /* commits when idle: DB_DEAD_NS waits for several */
#define CHECK_CLOCK_EVERY 256

static_assert(QUEUE_SEQ_MAX == (UINT64_C(1) << DB_SEQ_BITS) - 1, "ids are pool << bits | seq");

struct store {
	struct connection file;
	int spare;   /* see db/spare.h */
	bool is_old; /* continued: there is a recording in it */
	struct queue queue;
	struct writer writer; /* the writer thread's, between store_open() and the join */
	pthread_t thread;
	int64_t batch_ns;
	unsigned nr_items; /* the writer thread's */
	struct traces traces;
	char *command_line;
	bool drained; /* the writer thread has ended; the writer is the producer's */

	pthread_mutex_t lock; /* what follows */
	struct store_progress progress;
	int error;
	struct db_error error_text;
};

static void publish(struct store *s)
{
	const struct writer *w = &s->writer;

	pthread_mutex_lock(&s->lock);
	if (!w->rows.error) { /* else it tells of what is not stored */
		s->progress.events = w->progress.events;
		s->progress.lost = writer_lost(w);
		s->progress.last_event_ns = w->progress.end_ns;
		s->progress.committed_ns = w->progress.committed_ns;
		s->progress.open_pools = writer_open_pools(w);
	}
	if (w->rows.error && !s->error) {
		s->error = w->rows.error;
		s->error_text = w->rows.error_text;
	}
	pthread_mutex_unlock(&s->lock);
}

/* A file that nobody can find again is no recording. */
static void check_file(struct store *s)
{
	struct rows *rows = &s->writer.rows;

	if (!rows->error)
		rows->error = connect_check(&s->file, &rows->error_text);
}

static void commit(struct store *s)
{
	writer_commit(&s->writer);
	if (s->file.is_unnamed)
		unnamed_hurry(s->file.unnamed);
	publish(s);
}

/* While gaps are being filled, readers see what was before: half of a pool would be wrong. */
static void commit_if_whole(struct store *s)
{
	if (writer_is_filling(&s->writer))
		publish(s);
	else
		commit(s);
}

/* One event or loss; what takes long is committed in several batches. */
static void work_on(struct store *s, struct queue_item *item)
{
	if (s->writer.rows.error)
		return;
	writer_item(&s->writer, item);
	if (++s->nr_items % CHECK_CLOCK_EVERY)
		return;
	s->writer.now_ns = writer_now_ns();
	if (s->writer.now_ns - s->writer.batch_since_ns > s->batch_ns ||
	    rows_are_many(&s->writer.rows))
		commit_if_whole(s);
}

static void work_on_batch(struct store *s, struct queue_batch *batch)
{
	for (uint32_t i = 0; i < batch->nr; i++) {
		unsigned char *at = (unsigned char *)batch->runs[i].first;
		unsigned char *end = at + batch->runs[i].bytes;

		while (at < end) {
			struct queue_item *item = (struct queue_item *)at;

			at += item->bytes;
			work_on(s, item);
		}
	}
	batch->done(batch);
}

/* Works through what was taken from the queue. */
static void work(struct store *s)
{
	struct queue_item *item = NULL;

	while ((item = queue_next(&s->queue, item))) {
		if (item->kind == QUEUE_BATCH)
			work_on_batch(s, item->u.batch);
		else
			work_on(s, item);
	}
	if (!s->writer.rows.error)
		writer_expire(&s->writer, false);
}

/*
 * Waits a fifth of a batch's time, so that an event is visible long before a whole one has passed,
 * and costs no more than that; commits what came, and a heartbeat when nothing did.
 */
static void *writer_thread(void *arg)
{
	struct store *s = arg;
	int64_t last_commit_ns = writer_now_ns();
	int64_t checked_ns = last_commit_ns;
	uint64_t flushed = 0, ticket = 0;

	while (queue_take(&s->queue, writer_now_ns() + s->batch_ns / 5, &ticket)) {
		work(s);
		if (ticket != flushed)
			commit(s);
		else if (!s->file.is_unnamed && /* else nobody looks */
			 (s->writer.in_batch || writer_now_ns() - last_commit_ns > HEARTBEAT_NS))
			commit_if_whole(s);
		if (!s->writer.in_batch)
			last_commit_ns = writer_now_ns();
		if (last_commit_ns > checked_ns + HEARTBEAT_NS) {
			check_file(s);
			checked_ns = last_commit_ns;
			publish(s);
		}
		if (s->writer.rows.error) {
			publish(s);
			rows_rollback(&s->writer.rows);
			queue_fail(&s->queue);
			break;
		}
		queue_done(&s->queue, ticket);
		flushed = ticket;
	}
	return NULL;
}

static char *copy_text(const char *text)
{
	return text ? strdup(text) : NULL;
}

static void release(struct store *s)
{
	spare_give_back(&s->spare);
	connect_close(&s->file);
	queue_release(&s->queue);
	pthread_mutex_destroy(&s->lock);
	traces_release(&s->traces);
	free(s->command_line);
	free(s);
}

static int start(struct store *s, const struct store_options *options, struct db_error *err)
{
	struct store_options own = *options;
	int ret;

	own.command_line = s->command_line = copy_text(options->command_line);
	s->batch_ns = (options->batch_ms ? options->batch_ms : BATCH_MS) * INT64_C(1000000);
	ret = writer_init(&s->writer, s, s->file.db, &own, &s->traces, err);
	if (ret)
		return ret;
	s->writer.path = s->file.is_unnamed ? NULL : s->file.path;
	ret = s->is_old ? recover_file(&s->writer, err) : 0;
	if (!ret && s->file.is_unnamed)
		ret = rows_at_once(&s->writer.rows, s->file.unnamed, err);
	if (!ret)
		ret = writer_begin(&s->writer, !s->is_old, err);
	if (ret) {
		writer_release(&s->writer);
		return ret;
	}
	publish(s);
	ret = -pthread_create(&s->thread, NULL, writer_thread, s);
	if (!ret)
		return 0;
	writer_release(&s->writer);
	return db_fail(err, ret, "cannot start a thread: %s", strerror(-ret));
}

static int open_file(struct store *s, const char *path, const struct store_options *options,
		     struct db_error *err)
{
	/* What hinders that hinders the usual way, too, which says it, or does not matter to it. */
	if (options->append && options->at_once && !connect_create_unnamed(path, &s->file, err))
		return 0;
	if (options->append)
		return connect_append(path, &s->file, &s->is_old, err);
	return connect_create(path, options->may_replace, &s->file, err);
}

int store_open(const char *path, const struct store_options *options, struct store **out,
	       struct db_error *err)
{
	static const struct store_options none;
	struct store *s = calloc(1, sizeof(*s));
	int ret;

	*out = NULL;
	if (!s || queue_init(&s->queue)) {
		free(s);
		return db_fail(err, -ENOMEM, "out of memory");
	}
	pthread_mutex_init(&s->lock, NULL);
	s->spare = -1;
	traces_init(&s->traces);
	if (!options)
		options = &none;
	ret = open_file(s, path, options, err);
	if (!ret)
		ret = start(s, options, err);
	if (!ret && !s->file.is_unnamed)
		s->spare = spare_take(path);
	if (ret) {
		release(s);
		return ret;
	}
	*out = s;
	return 0;
}

/* An event that no row can hold is missing like a lost one. */
static int put_bad(struct store *s, const struct pool_event *event)
{
	struct queue_loss loss;

	queue_bad_loss(event, &loss);
	return queue_put_loss(&s->queue, &loss);
}

int store_trace(struct store *store, const char *name, const char *host, uint32_t *trace,
		struct db_error *err)
{
	int ret = traces_add(&store->traces, name, host, trace);

	return ret ? db_fail(err, ret, "out of memory") : 0;
}

int store_append(struct store *store, const struct pool_event *event)
{
	int ret = queue_put_event(&store->queue, event);

	return ret == -EINVAL ? put_bad(store, event) : ret;
}

int store_append_batch(struct store *store, struct queue_batch *batch)
{
	return queue_put_batch(&store->queue, batch);
}

int store_loss(struct store *store, uint32_t trace, int64_t pool, int64_t start_ns, int64_t end_ns,
	       uint64_t events, const char *source)
{
	struct queue_loss loss = {.trace = trace,
				  .pool = pool,
				  .start_ns = start_ns,
				  .end_ns = end_ns,
				  .events = events,
				  .seq = UINT64_MAX};

	snprintf(loss.source, sizeof(loss.source), "%s", source);
	return queue_put_loss(&store->queue, &loss);
}

int store_flush(struct store *store)
{
	return store->drained ? store_drain(store) : queue_flush(&store->queue);
}

void store_hurry(struct store *store)
{
	queue_hurry(&store->queue);
}

int store_drain(struct store *store)
{
	struct writer *w = &store->writer;

	if (!store->drained) {
		store->drained = true;
		queue_stop(&store->queue);
		pthread_join(store->thread, NULL);
		queue_fail(&store->queue); /* nobody would take what came now */
		if (!w->rows.error) {
			writer_expire(w, true);
			commit(store);
		}
	}
	return w->rows.error ? -EIO : 0;
}

void store_verdict(struct store *store, uint32_t pool, uint64_t checked, uint64_t mismatches,
		   int64_t first_mismatch_ns)
{
	struct track *t = writer_pool(&store->writer, pool);
	struct verdict sum;

	if (!t)
		return;
	sum = t->identity_before;
	sum.checked += checked;
	if (!sum.mismatches)
		sum.first_mismatch_ns = first_mismatch_ns;
	sum.mismatches += mismatches;
	if (t->identity.checked == sum.checked && t->identity.mismatches == sum.mismatches)
		return;
	t->identity = sum;
	t->changed = true;
}

void store_meta(struct store *store, const char *key, const char *value)
{
	if (store->drained && !store->writer.rows.error)
		writer_meta(&store->writer, key, value, 0);
}

void store_meta_int(struct store *store, const char *key, int64_t value)
{
	if (store->drained && !store->writer.rows.error)
		writer_meta(&store->writer, key, NULL, value);
}

void store_progress(struct store *store, struct store_progress *out)
{
	pthread_mutex_lock(&store->lock);
	*out = store->progress;
	pthread_mutex_unlock(&store->lock);
}

const char *store_error(struct store *store)
{
	const char *text;

	pthread_mutex_lock(&store->lock);
	text = store->error ? store->error_text.text : "";
	pthread_mutex_unlock(&store->lock);
	return text;
}

bool store_is_at_once(const struct store *store)
{
	return store->file.is_unnamed;
}

int store_close(struct store *store, enum store_end end, const char *note, struct db_error *err)
{
	struct writer *w = &store->writer;
	struct db_error why;
	int ret;

	if (!store_drain(store))
		writer_finish(w, end, note);
	rows_finish(&w->rows);
	check_file(store);
	ret = w->rows.error ? db_fail(err, -EIO, "%s", w->rows.error_text.text) : 0;
	spare_give_back(&store->spare);
	if (ret)
		writer_give_up(w);
	writer_release(w);
	if (ret && store->file.is_unnamed)
		connect_close(&store->file); /* without a name it goes */
	else if (connect_finish(&store->file, &why))
		ret = db_fail(err, -EIO, "%s", why.text);
	release(store);
	return ret;
}
