/* SPDX-License-Identifier: MIT */
#ifndef TRACER_BABEL_H
#define TRACER_BABEL_H
/* What every Babeltrace graph of ours needs: its error in one line, and its source. */
#include <babeltrace2/babeltrace.h>
#include <stdbool.h>
#include <stddef.h>

#include "db/store.h"

/*
 * Takes the oldest error that Babeltrace left on this thread, as one line, and clears it.
 * Returns: -EIO.
 */
int babel_failed(struct db_error *err, const char *doing);

/*
 * A component class of one of Babeltrace's own plugins, NULL with err filled when it is not
 * installed.  Owns: *plugin, which the class is borrowed from, is the caller's.
 */
const void *babel_find_class(const char *plugin_name, const char *class_name, bool is_filter,
			     const bt_plugin **plugin, struct db_error *err);

/* The parameters of source.ctf.fs for these folders.  NULL: out of memory. */
bt_value *babel_dirs(const char *const *dirs, size_t nr);

/*
 * Adds a source of plugin ctf to the graph (NULL: out of memory is told).
 * Owns:    takes params.
 * Errors:  -ENOENT the plugin is missing; -EIO; err filled.
 */
int babel_add_source(bt_graph *graph, const char *class_name, bt_value *params,
		     const bt_component_source **out, struct db_error *err);

#endif
