/* SPDX-License-Identifier: MIT */
/* What a miniport leaves when it is halted, and when it is unloaded. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "driver/ndis/holdings.h"
#include "driver/ndis/internal.h"

/* A list in words: "a timer (2), memory of its own (3)". */
struct words {
	char text[480];
	size_t n;
	uint64_t total;
};

static void add(struct words *words, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct words *words, const char *format, ...)
{
	size_t room = sizeof(words->text) - words->n;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(words->text + words->n, room, format, args);
	va_end(args);
	if (n > 0)
		words->n += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_count(struct words *words, const char *name, uint64_t count)
{
	if (count == 0)
		return;
	add(words, "%s%s (%" PRIu64 ")", words->total != 0 ? ", " : "", name, count);
	words->total += count;
}

/* Of a tag the four characters, in the order in which memory has them. */
static void add_tag(struct words *words, uint32_t tag)
{
	char text[5] = "";

	for (unsigned int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)(tag >> (8 * i));

		text[i] = (char)(c >= ' ' && c <= '~' ? c : '.');
	}
	if (tag != 0)
		add(words, ", tag '%s'", text);
}

static void add_holdings(struct words *words, const struct ndis_adapter *owner)
{
	struct holdings_left memory = holdings_take_left(owner, HOLDING_MEMORY);
	struct holdings_left mdls = holdings_take_left(owner, HOLDING_MDL);

	add_count(words, "an MDL", mdls.count);
	add_count(words, "memory of its own", memory.count);
	if (memory.count == 0)
		return;
	add(words, " of %" PRIu64 " bytes", memory.bytes);
	add_tag(words, memory.tag);
	add(words, ", the last of it allocated in %s",
	    memory.in != NULL ? memory.in : "no callback");
}

/* What has its own rule, when it is left: a callback would come late (R18). */
static void check_callback(struct ndis_adapter *adapter, struct ndis_object *o, const char *who)
{
	if (o->kind == NDIS_KIND_TIMER && ndis_timer_disarm(o))
		ndis_broken(adapter, 18, (uintptr_t)o, "%s returned while a timer was set", who);
	if (o->kind == NDIS_KIND_WORK_ITEM && ndis_work_item_cancel(o))
		ndis_broken(adapter, 18, (uintptr_t)o, "%s returned while a work item was queued",
			    who);
}

static void add_handles(struct words *words, struct ndis_adapter *adapter, const char *who)
{
	static const enum ndis_kind kinds[] = {NDIS_KIND_TIMER,		  NDIS_KIND_NBL_POOL,
					       NDIS_KIND_NET_BUFFER_POOL, NDIS_KIND_WORK_ITEM,
					       NDIS_KIND_CONFIGURATION,	  NDIS_KIND_PACKET_POOL,
					       NDIS_KIND_BUFFER_POOL};

	for (size_t i = 0; i < ARRAYSIZE(kinds); i++) {
		struct ndis_object *o;
		unsigned int n = 0;

		while ((o = ndis_object_take_left(adapter, kinds[i])) != NULL) {
			check_callback(adapter, o, who);
			n++;
		}
		add_count(words, ndis_kind_name(kinds[i]), n);
	}
}

void ndis_left_by_halt(struct ndis_adapter *adapter, bool has_started)
{
	const struct ndis_face *face = adapter->driver->face;
	const char *who = has_started ? face->halt_name : face->initialize_name;
	struct words words = {.n = 0};

	ndis_work_report(adapter, who);
	add_handles(&words, adapter, who);
	ndis_work_wait(adapter);
	add_count(&words, "a mapping of registers", ndis_windows_of(adapter));
	add_holdings(&words, adapter);
	if (words.total != 0)
		ndis_broken(adapter, has_started ? 50 : 53, words.total, "%s left %s", who,
			    words.text);
}

void ndis_left_by_unload(void)
{
	struct words words = {.n = 0};

	ndis_work_report(NULL, "MiniportDriverUnload");
	add_handles(&words, NULL, "MiniportDriverUnload");
	add_holdings(&words, NULL);
	if (words.total != 0)
		ndis_broken(NULL, 50, words.total, "after the unload the driver still has %s",
			    words.text);
}
