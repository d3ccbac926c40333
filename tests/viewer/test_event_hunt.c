/* SPDX-License-Identifier: MIT */
/* A search in the log against a walk over all events: what is found is in the list, and all of it.
 */
#include "tests/viewer/recordings.h"
#include "viewer/event_filter.h"
#include "viewer/event_hunt.h"
#include "viewer/event_text.h"

static char path[64];
static struct query *q;
static struct db_error err;
static const char *wanted; /* in the words of the events that are counted */
static bool (*in_list)(const struct pool_event *e);

static int open_all(void **state)
{
	struct store *store;

	if (recordings_begin())
		return -1;
	store = open_store(recordings_name(path, "hunt"), NULL);
	for (uint32_t pool = 0; pool < 2; pool++) {
		struct sim_config config = busy_pool(pool, pool ? "eth1" : "eth0");

		config.fail = 0.5;
		run_pool(store, &config, store_event, 1);
	}
	close_store(store);
	return query_open(path, &q, &err);
}

static int close_all(void **state)
{
	query_close(q);
	return recordings_end();
}

static int add(const struct pool_event *e, void *ctx)
{
	bool rx = e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN;
	char words[512];

	event_words(e, rx ? e->u.rx.buffers : NULL, rx ? LOG_IDS : 0, words, sizeof(words));
	*(size_t *)ctx += in_list(e) && (!wanted || strstr(words, wanted));
	return 0;
}

/* How often it is found, from one end of the list to the other. */
static size_t found(const char *list, const char *text, int by)
{
	struct log_place from = {by > 0 ? INT64_MIN : INT64_MAX, -1, 0};
	struct log_filter within;
	struct event_hunt hunt;
	char why[128];

	assert_int_equal(event_filter_parse(list, NULL, 0, &within, why, sizeof(why)), 0);
	for (size_t nr = 0;; nr++) {
		enum event_hunt_news news = EVENT_HUNT_GOES_ON;

		event_hunt_begin(&hunt, text, NULL, 0, &within, &from, by);
		while (news == EVENT_HUNT_GOES_ON)
			news = event_hunt_on(&hunt, q, 1, &from, &err);
		if (news == EVENT_HUNT_NONE)
			return nr;
		assert_int_equal(news, EVENT_HUNT_FOUND);
	}
}

static void expect(const char *list, bool (*is_in_list)(const struct pool_event *e),
		   const char *text, const char *words)
{
	size_t nr = 0;

	in_list = is_in_list;
	wanted = words;
	assert_int_equal(query_events(q, -1, add, &nr, &err), 0);
	assert_true(nr > 0);
	assert_int_equal(found(list, text, 1), nr);
	assert_int_equal(found(list, text, -1), nr);
}

static bool any(const struct pool_event *e)
{
	return true;
}

static bool is_null(const struct pool_event *e)
{
	return e->kind == POOL_EVENT_ALLOC_COMPLETE && e->u.complete.outcome == POOL_OUTCOME_NULL;
}

static bool is_scarce_take(const struct pool_event *e)
{
	return e->kind == POOL_EVENT_RX_TAKE && e->available <= 40;
}

static bool is_scarce_resources(const struct pool_event *e)
{
	return is_scarce_take(e) && e->u.rx.resources > 0;
}

static bool is_request_1(const struct pool_event *e)
{
	return e->kind == POOL_EVENT_ALLOC_REQUEST && e->u.request.request == 1;
}

static void text_is_found_wherever_a_row_has_it(void **state)
{
	expect("all", any, "NDIS 6", "NDIS 6");
	expect("all", any, ": 5 ", ": 5 ");
}

static void text_is_found_only_where_fields_pass(void **state)
{
	expect("outcome=null", is_null, " null", " null");
	expect("rx_take available<=40", is_scarce_take, "6 buffers", "6 buffers");
}

static void fields_and_kinds_narrow_a_filtered_list(void **state)
{
	expect("rx_take available<=40", is_scarce_take, "take", NULL);
	expect("rx_take available<=40", is_scarce_resources, "resources>0", NULL);
	expect("alloc_request", is_request_1, "request=1", NULL);
}

static void what_the_list_hides_is_not_found(void **state)
{
	assert_int_equal(found("alloc", "drop", 1), 0);
	assert_int_equal(found("outcome=null", "outcome=used", 1), 0);
	assert_int_equal(found("outcome=null", "used", 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_found_wherever_a_row_has_it),
		cmocka_unit_test(text_is_found_only_where_fields_pass),
		cmocka_unit_test(fields_and_kinds_narrow_a_filtered_list),
		cmocka_unit_test(what_the_list_hides_is_not_found),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
