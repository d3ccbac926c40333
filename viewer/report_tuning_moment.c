/* SPDX-License-Identifier: MIT */
/* The moment that decided, with the recommended marks. */
#include "viewer/plot.h"
#include "viewer/report_tuning.h"

/* --- the moment that decided --------------------------------------------------------------------
 */

struct moment {
	FILE *s;
	int64_t from_ns, to_ns, zero_ns;
	struct sim_event last;
	const char *kind;
	enum sim_what what;
};

static void total_line(struct moment *m, int64_t t_ns, const struct policy_marks *marks)
{
	uint32_t total = m->last.total;

	fprintf(m->s, "%.6f %u %d %d\n", (double)(t_ns - m->zero_ns) / 1e6, total,
		(int)total - (int)marks->low, (int)total - (int)marks->high);
}

struct totals {
	struct moment *m;
	const struct policy_marks *marks;
	bool begun;
};

static void tell_total(const struct sim_event *e, void *ctx)
{
	struct totals *t = ctx;

	if (e->t_ns >= t->m->from_ns && !t->begun) {
		total_line(t->m, t->m->from_ns, t->marks);
		t->begun = true;
	}
	if (e->t_ns >= t->m->from_ns && e->t_ns <= t->m->to_ns && e->total != t->m->last.total) {
		total_line(t->m, e->t_ns, t->marks);
		t->m->last = *e;
		total_line(t->m, e->t_ns, t->marks);
	} else if (e->t_ns <= t->m->to_ns) {
		t->m->last = *e;
	}
}

static void tell_kind(const struct sim_event *e, void *ctx)
{
	struct moment *m = ctx;

	if (e->what == m->what && e->t_ns >= m->from_ns && e->t_ns <= m->to_ns)
		fprintf(m->s, "%.6f %u\n", (double)(e->t_ns - m->zero_ns) / 1e6, e->total);
}

static void held_data(const struct tuning *t, const struct moment *m)
{
	size_t from = demand_next_at(t->d, 0, m->from_ns),
	       to = demand_next_at(t->d, from, m->to_ns);
	size_t stride = 1 + (to - from) / TUNING_POINTS_MAX;

	fputs("$held << EOD\n", m->s);
	fprintf(m->s, "%.6f %u\n", (double)(m->from_ns - m->zero_ns) / 1e6,
		demand_held(t->d, from));
	for (size_t i = from; i < to; i += stride) {
		size_t last = i + stride < to ? i + stride : to;

		fprintf(m->s, "%.6f %u\n", (double)(t->d->t_ns[last - 1] - m->zero_ns) / 1e6,
			demand_held(t->d, last));
	}
	fputs("EOD\n", m->s);
}

static int moment_data(struct tuning *t, struct moment *m)
{
	static const struct {
		enum sim_what what;
		const char *name;
	} kinds[] = {{SIM_REQUEST, "asked"}, {SIM_GRANT, "granted"}, {SIM_FREE, "freed"}};
	const struct policy_marks *marks = &t->safe->s.marks;
	struct totals totals = {m, marks, false};
	struct sim_result r;
	int ret;

	held_data(t, m);
	fputs("$total << EOD\n", m->s);
	m->last.total = marks->base;
	ret = sim_tell(t->d, marks, &t->lead, tell_total, &totals, &r);
	if (!totals.begun)
		total_line(m, m->from_ns, marks);
	total_line(m, m->to_ns, marks);
	fputs("EOD\n", m->s);
	for (size_t i = 0; !ret && i < 3; i++) {
		m->what = kinds[i].what;
		fprintf(m->s, "$%s << EOD\n", kinds[i].name);
		ret = sim_tell(t->d, marks, &t->lead, tell_kind, m, &r);
		fputs("EOD\n", m->s);
	}
	return ret;
}

int tuning_draw_moment(struct tuning *t, struct db_error *err)
{
	const struct low_burst *b = &t->a.plan.burst;
	struct moment m = {.zero_ns = b->from_ns,
			   .from_ns = b->from_ns - 2 * t->a.plan.safe_ns,
			   .to_ns = b->to_ns + 3 * t->a.plan.safe_ns};
	int ret = plot_begin(400, &m.s, err);

	if (!ret)
		ret = moment_data(t, &m);
	if (ret)
		return ret;
	fprintf(m.s,
		"set xlabel 'ms after %.6f s'\nset ylabel 'buffers'\nset yrange [0:*]\n"
		"set xrange [%.6f:%.6f]\nset key outside right top\nset offsets 0,0,graph 0.06,0\n"
		"set object rectangle from 0, graph 0 to %.6f, graph 1 behind "
		"fillcolor rgb '#cccccc' fillstyle pattern 4 noborder\n"
		"plot $total using 1:2 with lines linewidth 2.5 linecolor rgb '#000000' title "
		"'total',"
		" $held with steps linewidth 2 linecolor rgb '" PLOT_ORANGE "' title 'held',"
		" $total using 1:3 with lines linewidth 1.5 dashtype '-' linecolor rgb '" PLOT_RED
		"' title 'asks from here on',"
		" $total using 1:4 with lines linewidth 1.5 dashtype '-.' linecolor rgb "
		"'" PLOT_GREEN "' title 'frees below',"
		" $asked with points pointtype 10 pointsize 1.2 linecolor rgb '#000000' title "
		"'asks',"
		" $granted with points pointtype 9 pointsize 1.2 linecolor rgb '#000000' title "
		"'a block comes',"
		" $freed with points pointtype 2 linecolor rgb '#000000' title 'a block goes'\n",
		(double)(b->from_ns - t->r->status.start_ns) / 1e9,
		(double)(m.from_ns - m.zero_ns) / 1e6, (double)(m.to_ns - m.zero_ns) / 1e6,
		(double)(b->to_ns - b->from_ns) / 1e6);
	return report_finish(
		t->r, m.s,
		"The burst that decides (hatched), with the recommended marks. As long as "
		"held stays below total, nothing is lost.",
		err);
}
