/* SPDX-License-Identifier: MIT */
#include "db/trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void traces_init(struct traces *t)
{
	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
}

static void trace_free(struct trace *trace)
{
	if (trace) {
		free(trace->name);
		free(trace->host);
	}
	free(trace);
}

void traces_release(struct traces *t)
{
	for (uint32_t i = 0; i < t->nr; i++)
		trace_free(t->list[i]);
	free(t->list);
	pthread_mutex_destroy(&t->lock);
}

const char *trace_this_host(void)
{
	static _Thread_local char host[256];

	if (gethostname(host, sizeof(host) - 1))
		strcpy(host, "localhost");
	return host;
}

static uint32_t find(const struct traces *t, const char *name)
{
	for (uint32_t i = 0; i < t->nr; i++)
		if (!strcmp(t->list[i]->name, name))
			return i + 1;
	return 0;
}

static struct trace *make(const char *name, const char *host)
{
	struct trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return NULL;
	trace->name = strdup(name);
	trace->host = strdup(host ? host : trace_this_host());
	if (trace->name && trace->host)
		return trace;
	trace_free(trace);
	return NULL;
}

/* Returns: its number; 0 when memory is out. */
static uint32_t append(struct traces *t, const char *name, const char *host)
{
	struct trace *trace;

	if (t->nr == t->room) {
		uint32_t room = t->room ? t->room * 2 : 8;
		struct trace **grown = realloc(t->list, room * sizeof(struct trace *));

		if (!grown)
			return 0;
		t->list = grown;
		t->room = room;
	}
	trace = make(name, host);
	if (!trace)
		return 0;
	t->list[t->nr++] = trace;
	return t->nr;
}

int traces_add(struct traces *t, const char *name, const char *host, uint32_t *number)
{
	uint32_t found;

	pthread_mutex_lock(&t->lock);
	found = find(t, name);
	if (!found)
		found = append(t, name, host);
	pthread_mutex_unlock(&t->lock);
	if (number)
		*number = found;
	return found ? 0 : -ENOMEM;
}

const struct trace *traces_get(struct traces *t, uint32_t number)
{
	const struct trace *trace;

	pthread_mutex_lock(&t->lock);
	trace = number && number <= t->nr ? t->list[number - 1] : NULL;
	pthread_mutex_unlock(&t->lock);
	return trace;
}
