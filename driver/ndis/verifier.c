/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>

#include "driver/ndis/internal.h"

#define RULES_MAX 80

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct ndis_violation broken[RULES_MAX]; /* in the order of their first time */
static unsigned int nr_broken;
static uint64_t nr_times;

/* The rule's entry; a new one if there is room. */
static struct ndis_violation *entry_of(uint16_t rule)
{
	for (unsigned int i = 0; i < nr_broken; i++) {
		if (broken[i].rule == rule)
			return &broken[i];
	}
	if (nr_broken == RULES_MAX)
		return NULL;
	broken[nr_broken] = (struct ndis_violation){.rule = rule};
	return &broken[nr_broken++];
}

static void note(uint16_t rule, const char *format, va_list args)
{
	struct ndis_violation *entry;

	pthread_mutex_lock(&mutex);
	nr_times++;
	entry = entry_of(rule);
	if (entry != NULL && entry->count++ == 0)
		vsnprintf(entry->first, sizeof(entry->first), format, args);
	pthread_mutex_unlock(&mutex);
}

void ndis_broken(struct ndis_adapter *adapter, uint16_t rule, uint64_t object, const char *format,
		 ...)
{
	va_list args;

	va_start(args, format);
	note(rule, format, args);
	va_end(args);
	if (adapter == NULL)
		adapter = ndis_current_adapter();
	if (adapter != NULL)
		poolscope_violation(__atomic_load_n(&adapter->pool, __ATOMIC_ACQUIRE), rule,
				    object);
}

bool ndis_check_irql(struct ndis_adapter *adapter, KIRQL most, uint16_t rule, const char *where)
{
	KIRQL irql = KeGetCurrentIrql();

	if (irql <= most)
		return true;
	ndis_broken(adapter, rule, irql, "%s was called at IRQL %u; it may be called up to %u",
		    where, irql, most);
	return false;
}

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
