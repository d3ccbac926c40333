/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_OUTSTANDING_LISTS_H
#define VIEWER_OUTSTANDING_LISTS_H
/* The three lists of what is outstanding: their columns, cells and orders.  Rows are the arrays of
 * struct outstanding. */
#include "viewer/outstanding.h"
#include "viewer/table.h"

enum outstanding_list { LIST_REQUESTS, LIST_BLOCKS, LIST_BUFFERS, NR_LISTS };

extern const struct table_spec outstanding_lists[NR_LISTS];
/* The column that each is sorted by to begin with. */
extern const int outstanding_sorts[NR_LISTS];

#endif
