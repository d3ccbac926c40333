/* SPDX-License-Identifier: MIT */
#include "viewer/readout.h"

#include <stdio.h>

#include "viewer/event_text.h"
#include "viewer/human.h"

static const struct style dim = {.fg = INK_DIM};

/* A name and a value; left out where it does not fit. */
static int draw_value(struct canvas *canvas, int x, int y, int end, const char *name,
		      const char *value, uint8_t ink)
{
	if (x + canvas_text_width(name) + 1 + canvas_text_width(value) > end)
		return x;
	x = canvas_text(canvas, x, y, dim, name) + 1;
	return canvas_text(canvas, x, y, (struct style){.fg = ink, .attr = ATTR_BOLD}, value) + 2;
}

static const char *count_text(uint32_t n, char *text, size_t size)
{
	if (n == POOL_UNKNOWN)
		snprintf(text, size, "–");
	else
		snprintf(text, size, "%u", n);
	return text;
}

static const char *why_unknown(const struct query_instant *at)
{
	if (!at->has_before)
		return "before the pool's first event";
	return at->before.kind == POOL_EVENT_POOL_CLOSE ? "the pool is closed" : "the pool opens";
}

void readout_values(struct canvas *canvas, struct rect rect, int64_t ts_ns,
		    const struct query_instant *at, uint32_t block)
{
	int end = rect.x + rect.w, x, y = rect.y;
	char text[40];

	canvas_fill(canvas, rect, (struct style){0});
	x = canvas_text(canvas, rect.x, y, (struct style){.fg = INK_CURSOR, .attr = ATTR_BOLD},
			human_time(ts_ns, 9).s) +
	    2;
	if (!at->known) {
		canvas_text_n(canvas, x, y, end - x, dim, why_unknown(at));
		return;
	}
	x = draw_value(canvas, x, y, end, "available", count_text(at->available, text, 40),
		       INK_AVAILABLE);
	x = draw_value(canvas, x, y, end, "held", count_text(at->held, text, 40), INK_DEFAULT);
	x = draw_value(canvas, x, y, end, "total", count_text(at->total, text, 40), INK_DEFAULT);
	x = draw_value(canvas, x, y, end, "pending", count_text(at->pending, text, 40),
		       INK_PENDING);
	if (at->fallback)
		x = draw_value(canvas, x, y, end, "fallback", "on", INK_WARN);
	if (at->pending && block != POOL_UNKNOWN) {
		snprintf(text, sizeof(text), "%u buffers", at->pending * block);
		draw_value(canvas, x, y, end, "=", text, INK_PENDING);
	}
}

static int draw_event(struct canvas *canvas, int x, int y, int end, const char *arrow,
		      const struct pool_event *event, int64_t distance_ns)
{
	char text[96];

	x = canvas_text_n(canvas, x, y, end - x, dim, arrow);
	x = canvas_text_n(canvas, x, y, end - x, (struct style){0},
			  event_text(event, text, sizeof(text))) +
	    1;
	snprintf(text, sizeof(text), "%s%s", distance_ns > 0 ? "+" : "",
		 distance_ns ? human_duration(distance_ns).s : "here");
	return canvas_text_n(canvas, x, y, end - x, dim, text);
}

void readout_events(struct canvas *canvas, struct rect rect, int64_t ts_ns,
		    const struct query_instant *at)
{
	int end = rect.x + rect.w, middle = rect.x + rect.w / 2, x;
	char text[64];

	canvas_fill(canvas, rect, (struct style){0});
	if (at->has_before)
		draw_event(canvas, rect.x, rect.y, middle - 1, "← ", &at->before,
			   at->before.ts_ns - ts_ns);
	x = middle;
	if (at->lost) {
		snprintf(text, sizeof(text), "%s lost ", human_count(at->lost).s);
		x = canvas_text_n(canvas, x, rect.y, end - x,
				  (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD}, text);
	}
	if (at->has_after)
		draw_event(canvas, x, rect.y, end, "→ ", &at->after, at->after.ts_ns - ts_ns);
}
