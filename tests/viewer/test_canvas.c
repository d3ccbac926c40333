/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "tests/viewer/dump.h"
#include "viewer/canvas.h"

static struct canvas canvas;
static const struct style plain;

static const char *dump(void)
{
	return dump_canvas(&canvas);
}

static int setup(void **state)
{
	return canvas_init(&canvas, 8, 2);
}

static int teardown(void **state)
{
	canvas_release(&canvas);
	return 0;
}

static void text_is_clipped_at_every_edge(void **state)
{
	canvas_text(&canvas, 5, 0, plain, "abcdef");
	canvas_text(&canvas, -2, 1, plain, "uvwx");
	canvas_text(&canvas, 0, 2, plain, "below");
	canvas_text(&canvas, 0, -1, plain, "above");
	assert_string_equal(dump(), "     ab…\nwx\n");
}

static void wide_characters_take_two_columns(void **state)
{
	assert_int_equal(canvas_text(&canvas, 0, 0, plain, "日x"), 3);
	canvas_text(&canvas, 0, 1, plain, "ab");
	assert_string_equal(dump(), "日x\nab\n");
	assert_int_equal(canvas_text_width("日本"), 4);
}

static void half_a_wide_character_is_never_left(void **state)
{
	canvas_text(&canvas, 0, 0, plain, "日本");
	canvas_text(&canvas, 1, 0, plain, "x");
	canvas_text(&canvas, 7, 1, plain, "日"); /* cut by the edge */
	assert_string_equal(dump(), " x本\n       …\n");
}

static void a_cut_shows(void **state)
{
	assert_int_equal(canvas_text_n(&canvas, 0, 0, 4, plain, "1234"), 4);
	assert_int_equal(canvas_text_n(&canvas, 4, 0, 4, plain, "12345"), 8);
	assert_int_equal(canvas_text_n(&canvas, 0, 1, 4, plain, "a日本"), 4);
	canvas_text_n(&canvas, 4, 1, 3, plain, "日本");
	canvas_text_n(&canvas, 7, 1, 0, plain, "x");
	assert_string_equal(dump(), "1234123…\na日…日…\n");
}

static void a_cut_before_a_wide_character_leaves_a_blank(void **state)
{
	canvas_text_n(&canvas, 0, 0, 4, plain, "ab日本");
	assert_string_equal(dump(), "ab …\n\n");
}

static void combining_marks_stay_on_their_character(void **state)
{
	assert_int_equal(canvas_text(&canvas, 0, 0, plain, "e\xcc\x81x"), 2);
	assert_string_equal(dump(), "e\xcc\x81x\n\n");
}

static void text_from_a_trace_cannot_send_control_characters(void **state)
{
	canvas_text(&canvas, 0, 0, plain, "a\033[2Jb");
	canvas_text(&canvas, 0, 1, plain, "\xe2\x80\xae\xc2\x9b\n");
	assert_string_equal(dump(), "a?[2Jb\n???\n");
}

static void broken_utf8_becomes_question_marks(void **state)
{
	canvas_text(&canvas, 0, 0, plain, "\xff\xc3(\xe6\x97");
	canvas_text(&canvas, 0, 1, plain, "\xc0\x80\xed\xa0\x80");
	assert_string_equal(dump(), "??"
				    "(??\n??\n");
}

static void ascii_canvas_lets_nothing_else_out(void **state)
{
	canvas.ascii = true;
	canvas_text(&canvas, 0, 0, plain, "│é日\xcc\x81▶");
	for (const char *p = dump(); *p; p++)
		assert_in_range((unsigned char)*p, '\n', '~');
	assert_string_equal(dump(), "|?? >\n\n");
}

/* Its functions know no width for what is drawn there. */
static void the_c_locale_shows_the_same_decorations(void **state)
{
	canvas.ascii = true;
	setlocale(LC_ALL, "C");
	canvas_text(&canvas, 0, 0, plain, "•▶–·…◂▲─");
	canvas_text(&canvas, 0, 1, plain, "é");
	setlocale(LC_ALL, "C.UTF-8");
	assert_string_equal(dump(), "*>-.><^-\n?\n");
}

static void resizing_clears_and_bounds(void **state)
{
	canvas_text(&canvas, 0, 0, plain, "old");
	assert_int_equal(canvas_resize(&canvas, 0, -5), 0);
	assert_int_equal(canvas.width, 1);
	assert_int_equal(canvas.height, 1);
	assert_string_equal(dump(), "\n");
	assert_int_equal(canvas_resize(&canvas, 1 << 30, 1), 0);
	assert_true(canvas.width <= 2000);
}

static void colours_end_with_their_line(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	canvas_text(&canvas, 0, 0, (struct style){.fg = INK_ALARM, .attr = ATTR_BOLD}, "D");
	assert_int_equal(canvas_write_ansi(&canvas, out), 0);
	fclose(out);
	assert_string_equal(text, "\033[0;1;38;5;203mD\033[0m\n\n");
	free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(text_is_clipped_at_every_edge),
		TEST(wide_characters_take_two_columns),
		TEST(half_a_wide_character_is_never_left),
		TEST(a_cut_shows),
		TEST(a_cut_before_a_wide_character_leaves_a_blank),
		TEST(combining_marks_stay_on_their_character),
		TEST(text_from_a_trace_cannot_send_control_characters),
		TEST(broken_utf8_becomes_question_marks),
		TEST(ascii_canvas_lets_nothing_else_out),
		TEST(the_c_locale_shows_the_same_decorations),
		TEST(resizing_clears_and_bounds),
		TEST(colours_end_with_their_line),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
