/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_VIEW_H
#define VIEWER_VIEW_H
/* A view is a table of functions; app.c knows them only by this. */
#include "viewer/app.h"

struct view_ops {
	const char *name; /* in the title bar, after its digit */
	void (*draw)(struct app *app, struct canvas *canvas, struct rect rect);
	/* Returns: true when the request was meant for this view. */
	bool (*request)(struct app *app, enum request request);
};

extern const struct view_ops view_overview, view_pool;

/* The help screen lies over any view. */
void help_draw(struct app *app, struct canvas *canvas, struct rect rect);

#endif
