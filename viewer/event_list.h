/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_EVENT_LIST_H
#define VIEWER_EVENT_LIST_H
/* The list of view 5: its columns and cells.  The rows of the table are a struct event_list. */
#include "viewer/event_page.h"
#include "viewer/model.h"
#include "viewer/table.h"

struct event_list {
	const struct event_page *page; /* the rows */
	const struct model *model;     /* the names of pools */
};

extern const struct table_spec event_list_spec;

/* A row that is a loss, in words.  Returns: text. */
const char *event_list_loss_words(const struct log_row *row, char *text, size_t size);

#endif
