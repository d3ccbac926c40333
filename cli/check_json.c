/* SPDX-License-Identifier: MIT */
#include "cli/check_json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static json_t *criterion(int64_t pool, const struct check_line *line)
{
	static const char *const results[CHECK_NR] = {"ok", "unknown", "unproven", "failed"};
	const struct criterion_info *info = &criterion_info[line->criterion];
	json_t *o = json_object();

	json_object_set_new(o, "pool", pool < 0 ? json_null() : json_integer(pool));
	json_object_set_new(o, "name", json_string(info->option ? info->option : info->name));
	json_object_set_new(o, "result", json_string(results[line->result]));
	json_object_set_new(o, "measured",
			    line->known ? json_integer((json_int_t)line->measured) : json_null());
	json_object_set_new(o, "allowed", json_integer(line->allowed));
	json_object_set_new(o, "unit", *info->unit ? json_string(info->unit) : json_null());
	json_object_set_new(o, "first_ns",
			    line->first_ns ? json_integer(line->first_ns) : json_null());
	json_object_set_new(o, "within_ns", json_integer(line->within_ns));
	json_object_set_new(o, "loss", json_boolean(line->loss));
	json_object_set_new(o, "detail", *line->detail ? json_string(line->detail) : json_null());
	return o;
}

void check_json_add(json_t *criteria, int64_t pool, const struct check_line *line)
{
	json_array_append_new(criteria, criterion(pool, line));
}

int check_json_print(json_t *criteria, const struct trace_status *trace, const char *result)
{
	json_t *o = json_object(), *t = json_object();
	int ret;

	json_object_set_new(t, "events", json_integer((json_int_t)trace->events));
	json_object_set_new(t, "lost", json_integer((json_int_t)trace->lost));
	json_object_set_new(t, "losses", json_integer((json_int_t)trace->nr_losses));
	json_object_set_new(t, "start_ns", json_integer(trace->start_ns));
	json_object_set_new(t, "complete", json_boolean(trace->complete));
	json_object_set_new(t, "ended", json_string(trace->ended));
	json_object_set_new(o, "schema", json_integer(1));
	json_object_set_new(o, "result", json_string(result));
	json_object_set_new(o, "trace", t);
	json_object_set(o, "criteria", criteria);
	ret = json_dumpf(o, stdout, JSON_INDENT(2));
	json_decref(o);
	return ret || putchar('\n') == EOF || fflush(stdout) ? -EIO : 0;
}
