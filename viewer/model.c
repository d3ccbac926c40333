/* SPDX-License-Identifier: MIT */
#include "viewer/model.h"

#include <stdlib.h>
#include <stdio.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define KEPT_KIB 8192 /* a screen of hundreds of pools looks at some pages of each */

static int load(struct model *model, const struct trace_status *status, struct db_error *err)
{
	struct pool_summary *pools = NULL;
	size_t nr = 0;
	int ret = query_pools(model->query, &pools, &nr, err);

	if (ret)
		return ret;
	free(model->pools);
	model->pools = pools;
	model->nr_pools = nr;
	model->status = *status;
	return query_rate(model->query, &model->events_per_s, err);
}

static void remember_file(struct model *model, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return;
	model->device = st.st_dev;
	model->inode = st.st_ino;
}

static enum model_file look_at_file(const struct model *model, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno == ENOENT ? MODEL_FILE_DELETED : MODEL_FILE_SAME;
	return st.st_dev == model->device && st.st_ino == model->inode ? MODEL_FILE_SAME
								       : MODEL_FILE_REPLACED;
}

/* The title has the file's name: its path would take the room of what is wrong. */
static void keep_trouble(struct model *model, const char *path, const char *text)
{
	size_t len = strlen(path);

	if (strncmp(text, path, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	snprintf(model->trouble, sizeof(model->trouble), "%s", text);
}

int model_open(struct model *model, const char *path, struct db_error *err)
{
	struct trace_status status;
	int ret;

	memset(model, 0, sizeof(*model));
	ret = query_open(path, &model->query, err);
	if (ret)
		return ret;
	query_keep(model->query, KEPT_KIB);
	ret = query_status(model->query, &status, err);
	if (!ret)
		ret = load(model, &status, err);
	if (ret)
		model_close(model);
	else
		remember_file(model, path);
	return ret;
}

void model_close(struct model *model)
{
	query_close(model->query);
	free(model->pools);
	memset(model, 0, sizeof(*model));
}

bool model_refresh(struct model *model, const char *path)
{
	struct trace_status status;
	struct db_error err = {{0}};
	bool troubled = model->trouble[0];
	enum model_file file = look_at_file(model, path);
	bool moved = file != model->file;

	model->file = file;

	memset(&status, 0, sizeof(status));
	if (query_status(model->query, &status, &err)) {
		keep_trouble(model, path, err.text);
		return !troubled || moved;
	}
	model->trouble[0] = 0;
	if (!troubled && status.events == model->status.events &&
	    status.nr_losses == model->status.nr_losses && status.end_ns == model->status.end_ns &&
	    status.recording == model->status.recording)
		return moved;
	if (load(model, &status, &err))
		keep_trouble(model, path, err.text);
	return true;
}

struct recording_span model_span(const struct model *model)
{
	struct recording_span span = {model->status.start_ns, model->status.end_ns};
	int64_t longest_ns;

	if (span.end_ns < span.start_ns)
		span.end_ns = span.start_ns;
	/* Two widths more can be added without running over; 1970 and today are within it. */
	longest_ns = (INT64_MAX - span.end_ns) / 3;
	if (span.end_ns - span.start_ns > longest_ns)
		span.start_ns = span.end_ns - longest_ns;
	return span;
}

const struct pool_summary *model_pool(const struct model *model, uint32_t pool)
{
	for (size_t i = 0; i < model->nr_pools; i++)
		if (model->pools[i].pool == pool)
			return &model->pools[i];
	return NULL;
}
