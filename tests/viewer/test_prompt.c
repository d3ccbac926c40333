/* SPDX-License-Identifier: MIT */
/* Lines being typed, and times as people write them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "viewer/keys.h"
#include "viewer/prompt.h"
#include "viewer/when.h"

#define CTRL(letter) (KEY_CODE_CTRL + (letter))
#define S	     INT64_C(1000000000)
#define START	     (INT64_C(1700000000) * S) /* 2023-11-14 22:13:20 UTC */

static struct prompt prompt;

static void type(const char *text)
{
	for (; *text; text++)
		prompt_key(&prompt, *text);
}

static void text_is_edited_where_the_cursor_stands(void **state)
{
	prompt_open(&prompt, PROMPT_COMMAND, "goto ");
	type("5s");
	assert_string_equal(prompt.text, "goto 5s");
	prompt_key(&prompt, KEY_CODE_LEFT);
	prompt_key(&prompt, KEY_CODE_LEFT);
	assert_int_equal(prompt_key(&prompt, '-'), PROMPT_CHANGED);
	assert_string_equal(prompt.text, "goto -5s");
	assert_int_equal(prompt_key(&prompt, KEY_CODE_DELETE), PROMPT_CHANGED);
	assert_string_equal(prompt.text, "goto -s");
	prompt_key(&prompt, KEY_CODE_END);
	prompt_key(&prompt, CTRL('W'));
	assert_string_equal(prompt.text, "goto ");
	prompt_key(&prompt, CTRL('U'));
	assert_string_equal(prompt.text, "");
	assert_int_equal(prompt_key(&prompt, KEY_CODE_BACKSPACE), PROMPT_GIVEN_UP);
}

static void characters_of_several_bytes_are_one(void **state)
{
	prompt_open(&prompt, PROMPT_SEARCH, "");
	prompt_key(&prompt, 0xe9);    /* two bytes */
	prompt_key(&prompt, 0x53d7);  /* three */
	prompt_key(&prompt, 0x1f600); /* four */
	assert_string_equal(prompt.text, "\xc3\xa9\xe5\x8f\x97\xf0\x9f\x98\x80");
	prompt_key(&prompt, KEY_CODE_BACKSPACE);
	prompt_key(&prompt, KEY_CODE_LEFT);
	prompt_key(&prompt, KEY_CODE_LEFT);
	assert_int_equal(prompt.cursor, 0);
	prompt_key(&prompt, CTRL('K'));
	assert_string_equal(prompt.text, "");
}

static void a_line_has_an_end_and_no_control_characters(void **state)
{
	prompt_open(&prompt, PROMPT_SQL, "");
	for (int i = 0; i < 2 * PROMPT_BYTES; i++)
		prompt_key(&prompt, 'x');
	assert_int_equal(strlen(prompt.text), PROMPT_BYTES - 1);
	prompt_key(&prompt, KEY_CODE_BACKSPACE);
	assert_int_equal(prompt_key(&prompt, 0x1b), PROMPT_SAME);
	assert_int_equal(prompt_key(&prompt, 0x9b), PROMPT_SAME);
	assert_int_equal(prompt_key(&prompt, KEY_CODE_F5), PROMPT_SAME);
	assert_int_equal(prompt_key(&prompt, 0x53d7), PROMPT_SAME); /* no room for all of it */
}

static void lines_come_back_by_kind(void **state)
{
	memset(&prompt, 0, sizeof(prompt));
	prompt_open(&prompt, PROMPT_COMMAND, "one");
	assert_int_equal(prompt_key(&prompt, KEY_CODE_ENTER), PROMPT_DONE);
	assert_int_equal(prompt.kind, PROMPT_NONE);
	prompt_open(&prompt, PROMPT_COMMAND, "two");
	prompt_key(&prompt, KEY_CODE_ENTER);
	prompt_open(&prompt, PROMPT_COMMAND, "");
	prompt_key(&prompt, KEY_CODE_UP);
	assert_string_equal(prompt.text, "two");
	prompt_key(&prompt, KEY_CODE_UP);
	assert_int_equal(prompt_key(&prompt, KEY_CODE_UP), PROMPT_SAME);
	assert_string_equal(prompt.text, "one");
	prompt_key(&prompt, KEY_CODE_DOWN);
	prompt_key(&prompt, KEY_CODE_DOWN);
	assert_string_equal(prompt.text, "");
	prompt_open(&prompt, PROMPT_SEARCH, "");
	assert_int_equal(prompt_key(&prompt, KEY_CODE_UP), PROMPT_SAME);
}

static void the_cursor_of_a_long_line_is_seen(void **state)
{
	struct canvas canvas;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(canvas_init(&canvas, 20, 1), 0);
	prompt_open(&prompt, PROMPT_COMMAND, "goto 2026-01-31 12:30:01.25");
	prompt_draw(&prompt, &canvas, 0);
	canvas_write_text(&canvas, out);
	fclose(out);
	assert_string_equal(text, ":-01-31 12:30:01.25\n");
	assert_true(canvas_at(&canvas, 19, 0)->style.attr & ATTR_REVERSE);
	free(text);
	canvas_release(&canvas);
}

static const struct recording_span recording = {START, START + 100 * S};

static void expect(const char *text, int64_t wanted_ns)
{
	int64_t ns;

	if (when_parse(text, recording, START + 50 * S, &ns))
		fail_msg("'%s' is no time", text);
	if (ns != wanted_ns)
		fail_msg("'%s' is %lld", text, (long long)ns);
}

static void times_are_read_as_people_write_them(void **state)
{
	expect("-5s", START + 45 * S);
	expect("+200ms", START + 50 * S + S / 5);
	expect("1.5s", START + 3 * S / 2);
	expect("22:13:30", START + 10 * S);
	expect("22:13:30.25", START + 10 * S + S / 4);
	expect("22:14", START + 40 * S);
	expect("22:13", START - 20 * S);
	expect("2023-11-14 22:13:21.000000001", START + S + 1);
	expect("2023-11-14T22:13:21", START + S);
	expect("1700000001000000007", START + S + 7);
	expect("25%", START + 25 * S);
	expect("start", START);
	expect("END", START + 100 * S);
}

static void a_clock_past_midnight_is_of_the_next_day(void **state)
{
	const struct recording_span night = {START, START + 7200 * S};
	int64_t ns;

	assert_int_equal(when_parse("00:10", night, START, &ns), 0);
	assert_int_equal(ns, START + 7000 * S);
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const wrong[] = {"",
					    "now",
					    "5",
					    "-5",
					    "12",
					    "12:",
					    "25:00",
					    "12:70",
					    "12:30:99",
					    "12:30:1x",
					    "101%",
					    "2026-01-31x",
					    "x2026-01-31",
					    "-",
					    "--5s",
					    "9999999999999999999999",
					    "9999-01-01"};
	int64_t ns;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (when_parse(wrong[i], recording, START, &ns) != -EINVAL)
			fail_msg("'%s' is taken for %lld", wrong[i], (long long)ns);
	/* As far as a number goes, and nothing overflows. */
	assert_int_equal(when_parse("+2400000h", recording, START, &ns), 0);
	assert_true(ns > START);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_edited_where_the_cursor_stands),
		cmocka_unit_test(characters_of_several_bytes_are_one),
		cmocka_unit_test(a_line_has_an_end_and_no_control_characters),
		cmocka_unit_test(lines_come_back_by_kind),
		cmocka_unit_test(the_cursor_of_a_long_line_is_seen),
		cmocka_unit_test(times_are_read_as_people_write_them),
		cmocka_unit_test(a_clock_past_midnight_is_of_the_next_day),
		cmocka_unit_test(what_is_no_time_is_refused),
	};

	setlocale(LC_ALL, "C.UTF-8");
	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
