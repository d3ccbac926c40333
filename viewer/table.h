/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_TABLE_H
#define VIEWER_TABLE_H
/*
 * A list: columns with heads, sorted by one of them, a bar on the selected row, scrolled so that
 * the bar is seen.  Wide characters keep their columns.
 *
 * The view owns the rows, as an array or whatever it likes; the table knows them by their index
 * from 0 and asks the spec's functions for what it shows.  It owns the order, and where the bar is:
 *
 *	refresh:  load the rows;  table_load(&state->table, rows, nr)
 *	draw:     table_draw(&state->table, canvas, rect)
 *	request:  the app hands over what moves and sorts when the view has `table` in its ops
 *	release:  table_release(&state->table)
 *
 * A narrow screen leaves columns out, those of the highest rank first.
 */
#include <stddef.h>

#include "viewer/canvas.h"

#define TABLE_COLUMNS_MAX 32

struct table_column {
	const char *head;
	int width;
	int grow;   /* may become so much wider where there is room */
	int rank;   /* 1 to 9; 1 goes last */
	bool left;  /* aligned left; else right, as numbers are */
	bool down;  /* sorted from the largest first, until it is inverted */
	bool fixed; /* it makes no sense to sort by it */
};

struct table_cell {
	char s[128];
	struct style style; /* its background is the row's */
};

struct table_spec {
	const struct table_column *columns;
	int nr_columns;
	void (*cell)(const void *rows, size_t row, int column, struct table_cell *cell);
	/* <0, 0, >0 as for qsort(), of rows a and b by a column; NULL: rows come sorted (the
	 * view looks at table->sort). */
	int (*compare)(const void *rows, size_t a, size_t b, int column);
	/* What a row is, so that the bar stays on it while rows come and go; NULL: its place. */
	uint64_t (*id)(const void *rows, size_t row);
	/* The first row is the worst: a bar that is there stays there, whatever comes to be first.
	 */
	bool top_stays;
	/* What is drawn right of the columns, at least rest_width wide: a sparkline; or NULL. */
	void (*rest)(void *ctx, const void *rows, size_t row, struct canvas *canvas,
		     struct rect rect, struct style style);
	const char *rest_head;
	int rest_width;
	void *ctx; /* for rest() */
};

struct table {
	const struct table_spec *spec; /* set by the view, once */
	int sort;		       /* the column; -1: in the order of the rows */
	bool invert;
	size_t selected, top; /* places in the order */
	const void *rows;
	size_t nr;
	size_t *order; /* place -> row */
	size_t room;   /* of order */
	bool quiet;    /* drawn without its bar: another list has the keys */
	uint64_t selected_id;
	bool has_id;
	/* As last drawn, for the mouse. */
	struct rect rect;
	int x[TABLE_COLUMNS_MAX]; /* where a column begins; -1: left out */
	int width[TABLE_COLUMNS_MAX];
};

/* The spec must outlive the table.  sort: the column to begin with, or -1. */
void table_init(struct table *table, const struct table_spec *spec, int sort);
void table_release(struct table *table);

/* Takes new rows, borrowed until the next call, and sorts them.  Returns: 0 or -ENOMEM (no rows).
 */
int table_load(struct table *table, const void *rows, size_t nr);

/* The head and as many rows as fit into rect. */
void table_draw(struct table *table, struct canvas *canvas, struct rect rect);

/* The row under the bar, or -1 when there is none. */
long table_selected(const struct table *table);
/* Puts the bar on a row, by its index. */
void table_select(struct table *table, size_t row);

enum table_news {
	TABLE_IGNORED, /* not for a table */
	TABLE_SAME,    /* for it, but nothing changed */
	TABLE_MOVED,   /* the bar is on another row */
	TABLE_SORTED,  /* another order: rows are sorted anew at once when the spec can compare */
	TABLE_OPENED,  /* the row under the bar is to be opened */
};
/* enum request: up, down, top, bottom, half pages, sort. */
enum table_news table_request(struct table *table, int request);
/* The mouse at a cell of the screen: a click on a head sorts, on a row selects, a double click
 * opens. */
enum table_news table_click(struct table *table, int x, int y, bool twice);

/* "drops, from the largest": for a title.  Returns: text; "" when unsorted. */
const char *table_order(const struct table *table, char *text, size_t size);
/* The column of a head's name (its beginning is enough), or -1: for the `:sort` command. */
int table_column_named(const struct table *table, const char *head);
void table_sort_by(struct table *table, int column);

#endif
