/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/keys.h"
#include "viewer/table.h"

struct row {
	const char *name;
	int drops;
};

static const struct row few[] = {{"eth0", 5}, {"eth1", 0}, {"eth2", 9}, {"eth3", 5}};

static const struct table_column columns[] = {
	{.head = "name", .width = 6, .grow = 10, .rank = 1, .left = true},
	{.head = "drops", .width = 6, .rank = 2, .down = true},
	{.head = "sign", .width = 4, .rank = 3, .fixed = true},
};

static void cell(const void *rows, size_t row, int column, struct table_cell *out)
{
	const struct row *r = (const struct row *)rows + row;

	if (column == 0)
		snprintf(out->s, sizeof(out->s), "%s", r->name);
	else if (column == 1)
		snprintf(out->s, sizeof(out->s), "%d", r->drops);
	else
		snprintf(out->s, sizeof(out->s), "+");
}

static int compare(const void *rows, size_t a, size_t b, int column)
{
	const struct row *x = (const struct row *)rows + a, *y = (const struct row *)rows + b;

	return column ? (x->drops > y->drops) - (x->drops < y->drops) : strcmp(x->name, y->name);
}

static uint64_t id(const void *rows, size_t row)
{
	return (uint64_t)((const struct row *)rows)[row].name[3];
}

static const struct table_spec spec = {
	.columns = columns, .nr_columns = 3, .cell = cell, .compare = compare, .id = id};

static struct table table;
static struct canvas canvas;

static int setup(void **state)
{
	table_init(&table, &spec, -1);
	return canvas_init(&canvas, 40, 5);
}

static int teardown(void **state)
{
	table_release(&table);
	canvas_release(&canvas);
	return 0;
}

static void expect(const char *screen)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	canvas_clear(&canvas);
	table_draw(&table, &canvas, (struct rect){0, 0, canvas.width, canvas.height});
	canvas_write_text(&canvas, out);
	fclose(out);
	assert_string_equal(text, screen);
	free(text);
}

static void a_column_sorts_in_its_own_direction_and_equal_rows_keep_their_order(void **state)
{
	assert_int_equal(table_load(&table, few, 4), 0);
	expect("  name              drops sign\n"
	       "▶ eth0                  5    +\n"
	       "  eth1                  0    +\n"
	       "  eth2                  9    +\n"
	       "  eth3                  5    +\n");
	assert_int_equal(table_request(&table, REQUEST_SORT_RIGHT), TABLE_SORTED);
	assert_int_equal(table_request(&table, REQUEST_SORT_RIGHT), TABLE_SORTED);
	assert_int_equal(table_request(&table, REQUEST_SORT_RIGHT), TABLE_SAME);
	expect("  name             ▼drops sign\n"
	       "  eth2                  9    +\n"
	       "▶ eth0                  5    +\n"
	       "  eth3                  5    +\n"
	       "  eth1                  0    +\n");
	assert_int_equal(table_request(&table, REQUEST_SORT_INVERT), TABLE_SORTED);
	expect("  name             ▲drops sign\n"
	       "  eth1                  0    +\n"
	       "▶ eth0                  5    +\n"
	       "  eth3                  5    +\n"
	       "  eth2                  9    +\n");
}

static void the_bar_stays_on_its_row_while_rows_come_and_go(void **state)
{
	const struct row more[] = {{"eth9", 1}, {"eth2", 9}, {"eth0", 2}};

	table_load(&table, few, 4);
	table_select(&table, 2);
	table_load(&table, more, 3);
	assert_int_equal(table_selected(&table), 1);
	table_load(&table, few, 0);
	assert_int_equal(table_selected(&table), -1);
	assert_int_equal(table_request(&table, REQUEST_DOWN), TABLE_SAME);
}

static void a_bar_on_the_worst_row_stays_at_the_top(void **state)
{
	const struct row more[] = {{"eth9", 11}, {"eth2", 9}, {"eth0", 2}};
	static struct table_spec worst;

	worst = *table.spec;
	worst.top_stays = true;
	table_init(&table, &worst, 1);
	table_load(&table, few, 4);
	assert_int_equal(table_selected(&table), 2); /* eth2, 9 */
	table_load(&table, more, 3);
	assert_int_equal(table_selected(&table), 0); /* eth9, 11 */
	/* Moved by hand, it stays on what it is on: eth0. */
	table_load(&table, few, 4);
	assert_int_equal(table_request(&table, REQUEST_DOWN), TABLE_MOVED);
	assert_int_equal(table_selected(&table), 0);
	table_load(&table, more, 3);
	assert_int_equal(table_selected(&table), 2);
	table_release(&table);
}

static void the_bar_is_always_seen(void **state)
{
	static struct row many[100];
	static char names[100][8];

	for (int i = 0; i < 100; i++) {
		snprintf(names[i], sizeof(names[i]), "row%d", i);
		many[i] = (struct row){names[i], i};
	}
	table_load(&table, many, 100);
	assert_int_equal(table_request(&table, REQUEST_BOTTOM), TABLE_MOVED);
	expect("  name              drops sign\n"
	       "  row96                96    +         │\n"
	       "  row97                97    +         │\n"
	       "  row98                98    +         │\n"
	       "▶ row99                99    +         ┃\n");
	assert_int_equal(table_request(&table, REQUEST_HALF_UP), TABLE_MOVED);
	assert_int_equal(table_selected(&table), 97);
	assert_int_equal(table_request(&table, REQUEST_TOP), TABLE_MOVED);
	assert_int_equal(table_request(&table, REQUEST_UP), TABLE_SAME);
	assert_int_equal(table_selected(&table), 0);
}

static void wide_and_combining_characters_do_not_move_columns(void **state)
{
	static const struct row rows[] = {
		{"受信プール受信プール受信", 1}, {"e\xcc\x81t\xcc\xa3h", 2}, {"\x1b[31mx", 3}};

	table_load(&table, rows, 3);
	expect("  name              drops sign\n"
	       "▶ 受信プール受信 …      1    +\n"
	       "  e\xcc\x81t\xcc\xa3h                   2    +\n"
	       "  ?[31mx                3    +\n"
	       "\n");
}

static void a_narrow_screen_leaves_out_the_least_important(void **state)
{
	canvas_resize(&canvas, 17, 3);
	table_load(&table, few, 2);
	expect("  name    drops\n"
	       "▶ eth0        5\n"
	       "  eth1        0\n");
	canvas_resize(&canvas, 10, 3);
	expect("  name\n"
	       "▶ eth0\n"
	       "  eth1\n");
	canvas_resize(&canvas, 1, 1);
	table_draw(&table, &canvas, (struct rect){0, 0, 1, 1});
}

static void clicks_sort_select_and_open(void **state)
{
	table_load(&table, few, 4);
	expect("  name              drops sign\n"
	       "▶ eth0                  5    +\n"
	       "  eth1                  0    +\n"
	       "  eth2                  9    +\n"
	       "  eth3                  5    +\n");
	assert_int_equal(table_click(&table, 20, 0, false), TABLE_SORTED);
	assert_int_equal(table.sort, 1);
	assert_int_equal(table_click(&table, 27, 0, false), TABLE_SAME); /* fixed */
	assert_int_equal(table_click(&table, 5, 1, false), TABLE_MOVED);
	assert_int_equal(table_selected(&table), 2);
	assert_int_equal(table_click(&table, 5, 4, true), TABLE_OPENED);
	assert_int_equal(table_selected(&table), 1);
	assert_int_equal(table_click(&table, 5, 9, false), TABLE_IGNORED);
	assert_int_equal(table_column_named(&table, "DRO"), 1);
	assert_int_equal(table_column_named(&table, "sign"), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_column_sorts_in_its_own_direction_and_equal_rows_keep_their_order),
		TEST(the_bar_stays_on_its_row_while_rows_come_and_go),
		TEST(a_bar_on_the_worst_row_stays_at_the_top),
		TEST(the_bar_is_always_seen),
		TEST(wide_and_combining_characters_do_not_move_columns),
		TEST(a_narrow_screen_leaves_out_the_least_important),
		TEST(clicks_sort_select_and_open),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
