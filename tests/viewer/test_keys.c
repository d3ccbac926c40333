/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "viewer/keys.h"

static void every_key_has_one_request(void **state)
{
	size_t nr;
	const struct key_binding *table = keys_table(&nr);

	for (size_t i = 0; i < nr; i++)
		for (int k = 0; k < 4 && table[i].keys[k]; k++)
			assert_int_equal(keys_request(table[i].keys[k]), table[i].request);
	assert_int_equal(keys_request('x'), REQUEST_NONE);
}

static void every_key_can_be_named_in_a_script(void **state)
{
	size_t nr;
	const struct key_binding *table = keys_table(&nr);
	char name[16];

	for (size_t i = 0; i < nr; i++)
		for (int k = 0; k < 4 && table[i].keys[k]; k++)
			assert_int_equal(
				keys_parse(keys_name(table[i].keys[k], name, sizeof(name))),
				table[i].keys[k]);
	assert_int_equal(keys_parse("pgup"), KEY_CODE_PAGE_UP);
	assert_int_equal(keys_parse("Left "), -1);
	assert_int_equal(keys_parse(""), -1);
}

static void every_key_is_in_its_documentation(void **state)
{
	char *table = NULL, *page = NULL;
	size_t size = 0, page_size = 0;
	FILE *out = open_memstream(&table, &size);
	FILE *in = fopen("docs/keys.md", "r");

	assert_non_null(in);
	keys_write_markdown(out);
	fclose(out);
	assert_true(getdelim(&page, &page_size, 0, in) > 0);
	fclose(in);
	if (!strstr(page, table))
		fail_msg("docs/keys.md does not have this table:\n%s", table);
	free(table);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_one_request),
		cmocka_unit_test(every_key_can_be_named_in_a_script),
		cmocka_unit_test(every_key_is_in_its_documentation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
