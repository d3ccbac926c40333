/* SPDX-License-Identifier: MIT */
#ifndef TRACER_TRACE_LIST_H
#define TRACER_TRACE_LIST_H
/*
 * The CTF traces below some folders: wherever a file `metadata` lies.  Folders with the same UUID
 * are parts of one trace (the chunks of a rotated session), and stand beside each other.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db/store.h"

struct trace_list {
	char **dirs; /* real paths, by trace, each once */
	size_t nr_dirs;
	struct trace_group {
		size_t first, nr; /* of dirs */
		uint64_t bytes;	  /* of its files */
		bool has_uuid;
		unsigned char uuid[16];
	} * groups;
	size_t nr_groups;
};

/*
 * Fills *list; release it whatever is returned.
 * Errors:  -ENOENT a path is not there, -ENOTDIR it is no folder, -ENODATA there is no trace below
 *          it, -ENOMEM; err says which path.
 */
int trace_list_find(struct trace_list *list, const char *const *paths, size_t nr,
		    struct db_error *err);
void trace_list_release(struct trace_list *list);

#endif
