/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/uio.h>

#include "driver/ndis/internal.h"

/* Every rule once, in the order in which they were first broken. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct ndis_violation broken[NDIS_RULES];
static unsigned int nr_broken;
static uint64_t nr_times;

bool ndis_verifies(void)
{
	return ndis_host()->config.verify != NDIS_VERIFY_OFF;
}

/* --- sentences -------------------------------------------------------------------------------- */

struct text {
	char *at;
	size_t room;
};

static void add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add_args(struct text *text, const char *format, va_list args)
{
	int n = vsnprintf(text->at, text->room, format, args);

	if (n <= 0)
		return;
	if ((size_t)n >= text->room)
		n = (int)text->room - 1;
	text->at += n;
	text->room -= (size_t)n;
}

static void add(struct text *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add_args(text, format, args);
	va_end(args);
}

/* Where in the sequence of calls this thread is. */
static void add_where(struct text *text)
{
	const struct ndis_callback *in = ndis_callback();

	if (in->name == NULL) {
		add(text, "outside of any callback: ");
		return;
	}
	add(text, "in %s", in->name);
	if (in->number != 0)
		add(text, " (callback %" PRIu64 ")", in->number);
	if (in->requests != 0)
		add(text, ", after %u request%s", in->requests, in->requests == 1 ? "" : "s");
	if (in->blocks != 0)
		add(text, ", after %u of %u frees", in->frees, in->blocks);
	else if (in->frees != 0)
		add(text, ", after %u free%s", in->frees, in->frees == 1 ? "" : "s");
	add(text, ": ");
}

/* --- broken rules ----------------------------------------------------------------------------- */

static struct ndis_violation *entry_of(uint16_t rule)
{
	for (unsigned int i = 0; i < nr_broken; i++) {
		if (broken[i].rule == rule)
			return &broken[i];
	}
	assert(nr_broken < NDIS_RULES);
	broken[nr_broken] = (struct ndis_violation){.rule = rule};
	return &broken[nr_broken++];
}

static void note(const struct ndis_violation *violation)
{
	const struct ndis_host *host = ndis_host();
	struct ndis_violation *entry;

	pthread_mutex_lock(&mutex);
	nr_times++;
	entry = entry_of(violation->rule);
	if (entry->count++ == 0) {
		memcpy(entry->first, violation->first, sizeof(entry->first));
		entry->first_ns = exec_now_ns(host->config.exec) - host->opened_ns;
	}
	pthread_mutex_unlock(&mutex);
}

void ndis_broken(struct ndis_adapter *adapter, uint16_t rule, uint64_t object, const char *format,
		 ...)
{
	const struct ndis_host_config *config = &ndis_host()->config;
	struct ndis_violation violation = {.rule = rule, .count = 1};
	struct text text = {violation.first, sizeof(violation.first)};
	va_list args;

	if (!ndis_verifies())
		return;
	assert(ndis_rule(rule) != NULL);
	add_where(&text);
	va_start(args, format);
	add_args(&text, format, args);
	va_end(args);
	note(&violation);
	if (adapter == NULL)
		adapter = ndis_current_adapter();
	if (adapter != NULL)
		poolscope_violation(__atomic_load_n(&adapter->pool, __ATOMIC_ACQUIRE), rule,
				    object);
	/* What is recorded by now stays recorded. */
	if (config->verify == NDIS_VERIFY_ABORT && config->stop != NULL)
		config->stop(&violation);
}

/* --- checks ----------------------------------------------------------------------------------- */

bool ndis_check_irql(struct ndis_adapter *adapter, KIRQL most, uint16_t rule, const char *where)
{
	KIRQL irql = KeGetCurrentIrql();

	if (irql <= most)
		return true;
	ndis_broken(adapter, rule, irql, "%s was called at IRQL %u; it may be called up to %u",
		    where, irql, most);
	return false;
}

bool ndis_check_shutdown(struct ndis_adapter *adapter, const char *where)
{
	const char *name = ndis_callback()->name;

	if (name == NULL || adapter == NULL || name != adapter->driver->face->shut_down_name)
		return false;
	ndis_broken(adapter, 55, 0, "%s was called", where);
	return true;
}

/* --- what there was --------------------------------------------------------------------------- */

void ndis_violations_forget(void)
{
	pthread_mutex_lock(&mutex);
	nr_broken = 0;
	nr_times = 0;
	pthread_mutex_unlock(&mutex);
}

uint64_t ndis_violations(void)
{
	uint64_t times;

	pthread_mutex_lock(&mutex);
	times = nr_times;
	pthread_mutex_unlock(&mutex);
	return times;
}

bool ndis_violation_at(unsigned int index, struct ndis_violation *violation)
{
	bool exists;

	pthread_mutex_lock(&mutex);
	exists = index < nr_broken;
	if (exists)
		*violation = broken[index];
	pthread_mutex_unlock(&mutex);
	return exists;
}

/* Without the lock: who holds it may be the one that was interrupted. */
void ndis_violations_write(int fd)
{
	unsigned int n = __atomic_load_n(&nr_broken, __ATOMIC_ACQUIRE);

	for (unsigned int i = 0; i < n; i++) {
		uint16_t rule = broken[i].rule;
		char number[] = {'R', (char)('0' + rule / 10), (char)('0' + rule % 10), ':', ' '};
		char *first = broken[i].first;
		struct iovec parts[] = {{"violation   ", 12},
					{number, sizeof(number)},
					{first, strnlen(first, sizeof(broken[i].first))},
					{"\n", 1}};
		ssize_t written = writev(fd, parts, ARRAYSIZE(parts));

		(void)written;
	}
}
