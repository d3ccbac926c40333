/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/view.h"

static void every_key_has_one_request(void **state)
{
	size_t nr;
	const struct key_binding *table = keys_table(&nr);

	for (size_t i = 0; i < nr; i++)
		for (int k = 0; k < KEYS_MAX && table[i].keys[k]; k++)
			assert_int_equal(keys_request(table[i].keys[k]), table[i].request);
	assert_int_equal(keys_request('x'), REQUEST_NONE);
}

static void every_key_can_be_named_in_a_script(void **state)
{
	size_t nr;
	const struct key_binding *table = keys_table(&nr);
	char name[16];

	for (size_t i = 0; i < nr; i++)
		for (int k = 0; k < KEYS_MAX && table[i].keys[k]; k++)
			assert_int_equal(
				keys_parse(keys_name(table[i].keys[k], name, sizeof(name))),
				table[i].keys[k]);
	assert_int_equal(keys_parse("pgup"), KEY_CODE_PAGE_UP);
	assert_int_equal(keys_parse("Left "), -1);
	assert_int_equal(keys_parse(""), -1);
}

static char page[100000];

static void read_page(void)
{
	FILE *in = fopen("docs/keys.md", "r");

	assert_non_null(in);
	memset(page, 0, sizeof(page));
	assert_true(fread(page, 1, sizeof(page) - 1, in) > 0);
	fclose(in);
}

/* UPDATE_GOLDEN=1 puts the table into the page anew. */
static void write_page(const char *table)
{
	const char *from = strstr(page, "| key | does |"), *to;
	FILE *out;

	assert_non_null(from);
	to = strstr(from, "\n\n");
	assert_non_null(to);
	out = fopen("docs/keys.md", "w");
	assert_non_null(out);
	fprintf(out, "%.*s%s%s", (int)(from - page), page, table, to + 1);
	assert_int_equal(fclose(out), 0);
}

static void every_key_is_in_its_documentation(void **state)
{
	char *table = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&table, &size);

	assert_non_null(out);
	read_page();
	view_write_keys(out);
	fclose(out);
	if (getenv("UPDATE_GOLDEN"))
		write_page(table);
	else if (!strstr(page, table))
		fail_msg("docs/keys.md does not have this table:\n%s", table);
	free(table);
}

/* A key means one thing in a view: its own table says nothing of keys that all views have. */
static void no_view_hides_a_key_of_all_views(void **state)
{
	char name[16];

	for (int digit = 1; digit <= VIEW_MAX; digit++) {
		const struct view_ops *ops = view_of(digit);

		for (size_t i = 0; ops && i < ops->nr_keys; i++)
			for (int k = 0; k < KEYS_MAX && ops->keys[i].keys[k]; k++) {
				int key = ops->keys[i].keys[k];

				if (keys_request(key) != REQUEST_NONE || (key >= '0' && key <= '9'))
					fail_msg("%s binds %s anew", ops->name,
						 keys_name(key, name, sizeof(name)));
				assert_int_equal(view_request_of(digit, key), ops->keys[i].request);
				assert_true(ops->keys[i].request >= REQUEST_OF_VIEW);
			}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_one_request),
		cmocka_unit_test(every_key_can_be_named_in_a_script),
		cmocka_unit_test(every_key_is_in_its_documentation),
		cmocka_unit_test(no_view_hides_a_key_of_all_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
