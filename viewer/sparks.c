/* SPDX-License-Identifier: MIT */
#include "viewer/sparks.h"

#include <string.h>

#define NEW_NS 1000000000LL /* how late events of another stream may come */

/* Asks for the columns from `from` on. */
static void load(const struct app *app, struct spark *spark, int from)
{
	struct level_column level[SPARK_MAX];
	size_t nr = (size_t)(spark->nr - from);
	struct db_error err;

	memset(level, 0, sizeof(level));
	if (nr &&
	    query_level(app->model.query, spark->pool, (spark->first + from) * spark->column_ns,
			spark->column_ns, nr, level, &err))
		memset(level, 0, sizeof(level)); /* what cannot be read is unknown */
	for (int i = from; i < spark->nr; i++) {
		const struct level_column *column = &level[i - from];

		spark->column[i] =
			(struct spark_column){column->measured ? column->available_mean : -1,
					      column->available_min, column->total_max};
	}
}

/* Takes over what is past, and asks for the rest. */
static void update(const struct app *app, struct spark *spark, int64_t first, int64_t column_ns,
		   int nr)
{
	int64_t shift = first - spark->first, past_ns = app->model.status.end_ns - NEW_NS;
	int kept = 0;

	if (spark->column_ns == column_ns && shift >= 0 && shift < spark->nr_final) {
		kept = spark->nr_final - (int)shift;
		kept = kept < nr ? kept : nr;
		memmove(spark->column, spark->column + shift,
			(size_t)kept * sizeof(spark->column[0]));
	}
	spark->column_ns = column_ns;
	spark->first = first;
	spark->nr = nr;
	load(app, spark, kept);
	spark->nr_final = 0;
	while (spark->nr_final < nr && (first + spark->nr_final + 1) * column_ns < past_ns)
		spark->nr_final++;
}

static const struct spark *find(struct sparks *sparks, const struct app *app, uint32_t pool,
				const struct timeline_view *view, int width)
{
	struct spark *spark = &sparks->of[pool % SPARKS];
	int cells = app->time_columns;
	int64_t column_ns = view->cell_ns * ((cells + width - 1) / width);
	int64_t first = view->start_ns / column_ns;

	if ((first + width) * column_ns < view->end_ns)
		first++;
	if (sparks->data != app->data) {
		sparks->data = app->data;
		for (int i = 0; i < SPARKS; i++)
			sparks->of[i].nr = 0;
	}
	if (spark->pool != pool)
		*spark = (struct spark){.pool = pool};
	if (spark->nr != width || spark->first != first || spark->column_ns != column_ns)
		update(app, spark, first, column_ns, width);
	return spark;
}

static int64_t end_ns(const struct spark *spark, int column)
{
	return (spark->first + column + 1) * spark->column_ns;
}

void sparks_draw(struct sparks *sparks, const struct app *app, const struct pool_summary *pool,
		 struct canvas *canvas, struct rect rect, struct style style)
{
	struct timeline_view view = app_window(app, app->time_columns);
	int width = rect.w < SPARK_MAX ? rect.w : SPARK_MAX;
	double values[SPARK_MAX], top = 1;
	bool alert[SPARK_MAX], has_marks = pool_marks_known(&pool->marks);
	/* That a pool is emptied when it is closed is no news. */
	int64_t works_until_ns = pool->closed_ns ? pool->closed_ns : INT64_MAX;
	const struct spark *spark;

	if (width < 1)
		return;
	spark = find(sparks, app, pool->pool, &view, width);
	for (int i = 0; i < width; i++) {
		const struct spark_column *column = &spark->column[i];
		bool shown = end_ns(spark, i) - spark->column_ns < view.shown_ns;

		values[i] = shown ? column->mean : -1;
		alert[i] = has_marks && column->min <= pool->marks.low &&
			   end_ns(spark, i) <= works_until_ns;
		if (values[i] >= 0 && column->total > top)
			top = column->total;
	}
	style.fg = INK_AVAILABLE;
	chart_spark(canvas, rect.x, rect.y, width, &app->look, values, top, alert, style, INK_LOW);
}
