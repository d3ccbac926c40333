/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <string.h>

#include "db/pool_event.h"
#include "tests/viewer/dump.h"
#include "viewer/chart_heat.h"
#include "viewer/event_text.h"

static struct canvas canvas;
static const struct chart_look block = {CHART_BLOCK, false}, block_color = {CHART_BLOCK, true};
static const struct chart_look braille = {CHART_BRAILLE, false};
static const struct chart_look braille_color = {CHART_BRAILLE, true};
static const struct chart_look ascii = {CHART_ASCII, false}, ascii_color = {CHART_ASCII, true};

static const char *dump(void)
{
	return dump_canvas(&canvas);
}

static void draw(int w, int h, const struct chart_look *look, const uint32_t *count, uint32_t peak)
{
	assert_int_equal(canvas_resize(&canvas, w, h), 0);
	chart_heat(&canvas, (struct rect){0, 0, w, h}, look, count, peak);
}

static int teardown(void **state)
{
	canvas_release(&canvas);
	return 0;
}

static void the_level_goes_with_the_logarithm_of_the_count(void **state)
{
	assert_int_equal(chart_heat_level(0, 1000), 0);
	assert_int_equal(chart_heat_level(1, 10000), 1);
	assert_int_equal(chart_heat_level(10, 10000), 2);
	assert_int_equal(chart_heat_level(100, 10000), 3);
	assert_int_equal(chart_heat_level(1000, 10000), 4);
	assert_int_equal(chart_heat_level(10000, 10000), 5);
	assert_int_equal(chart_heat_level(UINT32_MAX, UINT32_MAX), HEAT_LEVELS);
	assert_int_equal(chart_heat_level(UINT32_MAX, 5), HEAT_LEVELS);
	assert_int_equal(chart_heat_level(5, 0), HEAT_LEVELS / 2 + 1);
}

/* A lone request is neither the faintest nor the brightest there is. */
static void single_values_are_well_seen(void **state)
{
	assert_int_equal(chart_heat_level(1, 1), 3);
	assert_int_equal(chart_heat_level(2, 2), 5);
	assert_true(chart_heat_level(1, 2) > 1);
}

static void ascii_is_shaded_by_its_characters(void **state)
{
	const uint32_t count[] = {0, 1, 10, 100, 1000, 10000};

	draw(6, 1, &ascii, count, 10000);
	assert_string_equal(dump(), " .:+*#\n");
	draw(6, 1, &ascii_color, count, 10000);
	assert_string_equal(dump(), " .:+*#\n");
	assert_int_equal(canvas_at(&canvas, 5, 0)->style.fg, INK_HEAT_5);
}

static void the_lowest_row_of_data_is_drawn_lowest(void **state)
{
	const uint32_t count[] = {10000, 0, 0, 0, 0, 10000};

	assert_int_equal(chart_heat_rows(&block, 3), 3);
	draw(2, 3, &block, count, 10000);
	assert_string_equal(dump(), " █\n\n█\n");
}

static void coloured_blocks_have_two_rows_a_cell(void **state)
{
	const uint32_t count[] = {1, 0, 10000, 10000, /* the lower row */
				  0, 1, 10000, 1};

	assert_int_equal(chart_heat_rows(&block_color, 1), 2);
	draw(4, 1, &block_color, count, 10000);
	assert_string_equal(dump(), "▄▀ ▄\n");
	assert_int_equal(canvas_at(&canvas, 0, 0)->style.fg, INK_HEAT_1);
	assert_int_equal(canvas_at(&canvas, 1, 0)->style.fg, INK_HEAT_1);
	assert_int_equal(canvas_at(&canvas, 2, 0)->style.bg, INK_HEAT_5);
	assert_int_equal(canvas_at(&canvas, 3, 0)->style.fg, INK_HEAT_5);
	assert_int_equal(canvas_at(&canvas, 3, 0)->style.bg, INK_HEAT_1);
}

static void braille_has_two_columns_a_cell(void **state)
{
	const uint32_t count[] = {1, 10000};
	const uint32_t halves[] = {1, 0, 0, 10000};

	draw(1, 1, &braille, count, 10000);
	assert_string_equal(dump(), "⣸\n");
	draw(1, 1, &braille_color, halves, 10000);
	assert_string_equal(dump(), "⡜\n");
	assert_int_equal(canvas_at(&canvas, 0, 0)->style.fg, INK_HEAT_5);
}

static void nothing_is_drawn_where_nothing_is(void **state)
{
	const uint32_t count[16] = {0};
	const struct chart_look *const looks[] = {&block,   &block_color,   &ascii,
						  &braille, &braille_color, &ascii_color};

	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
		draw(2, 2, looks[i], count, 0);
		assert_string_equal(dump(), "\n\n");
	}
	assert_int_equal(chart_heat_rows(&block, -3), 0);
}

static void swatches_are_the_levels(void **state)
{
	assert_int_equal(canvas_resize(&canvas, 5, 1), 0);
	for (int level = 1; level <= HEAT_LEVELS; level++)
		chart_heat_swatch(&canvas, level - 1, 0, &block_color, level);
	assert_string_equal(dump(), "█████\n");
	assert_int_equal(canvas_at(&canvas, 2, 0)->style.fg, INK_HEAT_1 + 2);
	for (int level = 1; level <= HEAT_LEVELS; level++)
		chart_heat_swatch(&canvas, level - 1, 0, &ascii, level);
	assert_string_equal(dump(), ".:+*#\n");
}

/* --- events in words ---------------------------------------------------------------------------
 */

static void expect_text(const char *wanted, const struct pool_event *event)
{
	char text[96];

	assert_string_equal(event_text(event, text, sizeof(text)), wanted);
}

static void events_say_what_they_are_about(void **state)
{
	expect_text("pool_open", &(struct pool_event){.kind = POOL_EVENT_POOL_OPEN});
	expect_text("tick", &(struct pool_event){.kind = POOL_EVENT_TICK});
	expect_text("alloc_request #17", &(struct pool_event){.kind = POOL_EVENT_ALLOC_REQUEST,
							      .u.request.request = 17});
	expect_text("alloc_refused #17 0xC000009A",
		    &(struct pool_event){.kind = POOL_EVENT_ALLOC_REFUSED,
					 .u.refused = {17, 0xC000009A}});
	expect_text("alloc_complete #17 used +128",
		    &(struct pool_event){.kind = POOL_EVENT_ALLOC_COMPLETE,
					 .u.complete = {.request = 17, .buffers = 128}});
	expect_text(
		"alloc_complete #17 null",
		&(struct pool_event){.kind = POOL_EVENT_ALLOC_COMPLETE,
				     .u.complete = {.request = 17, .outcome = POOL_OUTCOME_NULL}});
	expect_text("block_free block 3 shrink -128",
		    &(struct pool_event){.kind = POOL_EVENT_BLOCK_FREE,
					 .u.free = {.block = 3, .buffers = 128}});
	expect_text(
		"block_free block 3 halt",
		&(struct pool_event){
			.kind = POOL_EVENT_BLOCK_FREE,
			.u.free = {.block = 3, .buffers = POOL_UNKNOWN, .reason = POOL_FREE_HALT}});
	expect_text("rx_take 4",
		    &(struct pool_event){.kind = POOL_EVENT_RX_TAKE, .u.rx = {.nr_buffers = 4}});
	expect_text("rx_take 4 (2 RESOURCES)",
		    &(struct pool_event){.kind = POOL_EVENT_RX_TAKE,
					 .u.rx = {.nr_buffers = 4, .resources = 2}});
	expect_text("rx_drop 12 no_descriptor",
		    &(struct pool_event){.kind = POOL_EVENT_RX_DROP, .u.drop = {.count = 12}});
	expect_text("fallback on",
		    &(struct pool_event){.kind = POOL_EVENT_FALLBACK, .u.fallback.on = 1});
	expect_text("violation R48",
		    &(struct pool_event){.kind = POOL_EVENT_VIOLATION, .u.violation.rule = 48});
}

static void values_out_of_range_are_said_to_be_unknown(void **state)
{
	expect_text("alloc_complete #0 ?",
		    &(struct pool_event){.kind = POOL_EVENT_ALLOC_COMPLETE,
					 .u.complete = {.outcome = 200, .buffers = POOL_UNKNOWN}});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_level_goes_with_the_logarithm_of_the_count),
		cmocka_unit_test(single_values_are_well_seen),
		cmocka_unit_test(ascii_is_shaded_by_its_characters),
		cmocka_unit_test(the_lowest_row_of_data_is_drawn_lowest),
		cmocka_unit_test(coloured_blocks_have_two_rows_a_cell),
		cmocka_unit_test(braille_has_two_columns_a_cell),
		cmocka_unit_test(nothing_is_drawn_where_nothing_is),
		cmocka_unit_test(swatches_are_the_levels),
		cmocka_unit_test(events_say_what_they_are_about),
		cmocka_unit_test(values_out_of_range_are_said_to_be_unknown),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, teardown);
}
