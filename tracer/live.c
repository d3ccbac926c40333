/* SPDX-License-Identifier: MIT */
#include "tracer/live.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <babeltrace2/babeltrace.h>

/* A session's URL in parts. */
struct live_url {
	char relay[300]; /* net://HOST[:PORT] */
	char host[256], session[256];
};

static int parse(const char *url, struct live_url *out, struct db_error *err)
{
	const char *path = strncmp(url, "net", 3) ? NULL : strstr(url, "://");
	int end = 0;

	path = path ? strchr(path + 3, '/') : NULL;
	if (path && (size_t)(path - url) < sizeof(out->relay) &&
	    sscanf(path, "/host/%255[^/]/%255[^/]%n", out->host, out->session, &end) == 2 &&
	    !path[end]) {
		snprintf(out->relay, sizeof(out->relay), "%.*s", (int)(path - url), url);
		return 0;
	}
	snprintf(err->text, sizeof(err->text),
		 "%.200s: not the URL of a live session; give net://HOST[:PORT]/host/HOST/SESSION",
		 url);
	return -EINVAL;
}

/* Asks the relay daemon for its sessions; NULL with err filled. */
static const bt_value *ask(const char *relay, struct db_error *err)
{
	const bt_plugin *plugin = NULL;
	const bt_component_class_source *class = NULL;
	bt_value *params = bt_value_map_create();
	bt_query_executor *executor = NULL;
	const bt_value *result = NULL;

	if (bt_plugin_find("ctf", BT_FALSE, BT_FALSE, BT_TRUE, BT_FALSE, BT_FALSE, &plugin) ==
	    BT_PLUGIN_FIND_STATUS_OK)
		class = bt_plugin_borrow_source_component_class_by_name_const(plugin, "lttng-live");
	if (!class)
		snprintf(err->text, sizeof(err->text),
			 "Babeltrace's ctf plugin is missing; install it with: apt-get install "
			 "libbabeltrace2-0");
	else if (params && !bt_value_map_insert_string_entry(params, "url", relay))
		executor = bt_query_executor_create(
			bt_component_class_source_as_component_class_const(class), "sessions",
			params);
	if (executor)
		bt_query_executor_set_logging_level(executor, BT_LOGGING_LEVEL_NONE);
	if (executor &&
	    bt_query_executor_query(executor, &result) != BT_QUERY_EXECUTOR_QUERY_STATUS_OK)
		result = NULL;
	if (class && !result)
		snprintf(err->text, sizeof(err->text),
			 "no relay daemon answers at %s; is it lttng-relayd's live port (5344 by "
			 "default)?",
			 relay);
	bt_current_thread_clear_error();
	bt_query_executor_put_ref(executor);
	bt_value_put_ref(params);
	bt_plugin_put_ref(plugin);
	return result;
}

static const char *text_of(const bt_value *map, const char *key)
{
	const bt_value *value = bt_value_map_borrow_entry_value_const(map, key);

	return value && bt_value_is_string(value) ? bt_value_string_get(value) : "";
}

static bool fits(const bt_value *session, const struct live_url *wanted)
{
	return !strcmp(text_of(session, "session-name"), wanted->session) &&
	       (!strcmp(wanted->host, "*") ||
		!strcmp(text_of(session, "target-hostname"), wanted->host));
}

/* Adds to the line, as far as there is room. */
static void say(struct db_error *err, const char *before, const char *text)
{
	size_t at = strlen(err->text);

	snprintf(err->text + at, sizeof(err->text) - at, "%s%s", before, text);
}

static int no_such(const bt_value *sessions, const struct live_url *wanted, struct db_error *err)
{
	uint64_t nr = bt_value_array_get_length(sessions);

	err->text[0] = 0;
	say(err, wanted->relay, " has no live session ");
	say(err, wanted->session, strcmp(wanted->host, "*") ? " of host " : "");
	if (strcmp(wanted->host, "*"))
		say(err, wanted->host, "");
	say(err, "; it has ", nr ? "" : "none");
	for (uint64_t i = 0; i < nr; i++) {
		const bt_value *s = bt_value_array_borrow_element_by_index_const(sessions, i);

		say(err, i ? ", " : "", text_of(s, "target-hostname"));
		say(err, "/", text_of(s, "session-name"));
	}
	return -ENOENT;
}

int live_find(const char *url, char *out, size_t size, struct db_error *err)
{
	struct live_url wanted;
	const bt_value *sessions;
	unsigned nr_found = 0;
	int ret = parse(url, &wanted, err);

	if (ret)
		return ret;
	sessions = ask(wanted.relay, err);
	if (!sessions)
		return -ECONNREFUSED;
	for (uint64_t i = 0; i < bt_value_array_get_length(sessions); i++) {
		const bt_value *s = bt_value_array_borrow_element_by_index_const(sessions, i);

		if (!fits(s, &wanted))
			continue;
		if (!nr_found++)
			snprintf(out, size, "%s/host/%s/%s", wanted.relay,
				 text_of(s, "target-hostname"), text_of(s, "session-name"));
	}
	if (!nr_found)
		ret = no_such(sessions, &wanted, err);
	bt_value_put_ref(sessions);
	if (nr_found < 2)
		return ret;
	err->text[0] = 0;
	say(err, "several hosts have a live session ", wanted.session);
	say(err, "; give the URL of one", "");
	return -EEXIST;
}
