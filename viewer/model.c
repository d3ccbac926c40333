/* SPDX-License-Identifier: MIT */
#include "viewer/model.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

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

int model_open(struct model *model, const char *path, struct db_error *err)
{
	struct trace_status status;
	int ret;

	memset(model, 0, sizeof(*model));
	ret = query_open(path, &model->query, err);
	if (ret)
		return ret;
	ret = query_status(model->query, &status, err);
	if (!ret)
		ret = load(model, &status, err);
	if (ret)
		model_close(model);
	return ret;
}

void model_close(struct model *model)
{
	query_close(model->query);
	free(model->pools);
	memset(model, 0, sizeof(*model));
}

bool model_refresh(struct model *model)
{
	struct trace_status status;
	struct db_error err = {{0}};
	bool troubled = model->trouble[0];

	memset(&status, 0, sizeof(status));
	if (query_status(model->query, &status, &err)) {
		snprintf(model->trouble, sizeof(model->trouble), "%s", err.text);
		return !troubled;
	}
	model->trouble[0] = 0;
	if (!troubled && status.events == model->status.events &&
	    status.nr_losses == model->status.nr_losses && status.end_ns == model->status.end_ns &&
	    status.recording == model->status.recording)
		return false;
	if (load(model, &status, &err))
		snprintf(model->trouble, sizeof(model->trouble), "%s", err.text);
	return true;
}

struct recording_span model_span(const struct model *model)
{
	struct recording_span span = {model->status.start_ns, model->status.end_ns};

	if (span.end_ns < span.start_ns)
		span.end_ns = span.start_ns;
	return span;
}

const struct pool_summary *model_pool(const struct model *model, uint32_t pool)
{
	for (size_t i = 0; i < model->nr_pools; i++)
		if (model->pools[i].pool == pool)
			return &model->pools[i];
	return NULL;
}
