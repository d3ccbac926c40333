/* SPDX-License-Identifier: MIT */
#include "tracer/babel.h"

#include <errno.h>
#include <stdio.h>

int babel_failed(struct db_error *err, const char *doing)
{
	const bt_error *error = bt_current_thread_take_error();
	const char *cause = "no reason given";

	if (error && bt_error_get_cause_count(error))
		cause = bt_error_cause_get_message(bt_error_borrow_cause_by_index(error, 0));
	snprintf(err->text, sizeof(err->text), "Babeltrace: %s: %s", doing, cause);
	if (error)
		bt_error_release(error);
	return -EIO;
}

const void *babel_find_class(const char *plugin_name, const char *class_name, bool is_filter,
			     const bt_plugin **plugin, struct db_error *err)
{
	const void *class = NULL;

	if (bt_plugin_find(plugin_name, BT_FALSE, BT_FALSE, BT_TRUE, BT_FALSE, BT_FALSE, plugin) ==
	    BT_PLUGIN_FIND_STATUS_OK)
		class = is_filter ? (const void *)
					    bt_plugin_borrow_filter_component_class_by_name_const(
						    *plugin, class_name)
				  : (const void *)
					    bt_plugin_borrow_source_component_class_by_name_const(
						    *plugin, class_name);
	if (!class)
		snprintf(err->text, sizeof(err->text),
			 "Babeltrace's %s plugin is missing; install it with: apt-get install "
			 "libbabeltrace2-0",
			 plugin_name);
	return class;
}

bt_value *babel_dirs(const char *const *dirs, size_t nr)
{
	bt_value *params = bt_value_map_create();
	bt_value *inputs = NULL;
	bool ok = params && !bt_value_map_insert_empty_array_entry(params, "inputs", &inputs);

	for (size_t i = 0; ok && i < nr; i++)
		ok = !bt_value_array_append_string_element(inputs, dirs[i]);
	if (ok)
		return params;
	bt_value_put_ref(params);
	return NULL;
}

int babel_add_source(bt_graph *graph, const char *class_name, bt_value *params,
		     const bt_component_source **out, struct db_error *err)
{
	const bt_plugin *plugin = NULL;
	const bt_component_class_source *class =
		babel_find_class("ctf", class_name, false, &plugin, err);
	int ret = class ? 0 : -ENOENT;

	if (!ret && (!graph || !params)) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		ret = -EIO;
	}
	if (!ret && bt_graph_add_source_component(graph, class, "source", params,
						  BT_LOGGING_LEVEL_NONE, out))
		ret = babel_failed(err, "cannot open the trace");
	bt_value_put_ref(params);
	bt_plugin_put_ref(plugin);
	return ret;
}
