/* SPDX-License-Identifier: MIT */
/* The screen of `poolscope tune`. */
#include <stdio.h>

#include "cli/text.h"
#include "cli/tune.h"

static unsigned long long n(uint64_t value)
{
	return value;
}

static void print_marks(const struct policy_marks *m)
{
	printf("base %u block %u low %u high %u", m->base, m->block, m->low, m->high);
	if (m->limit == TUNE_NO_LIMIT)
		printf(" no limit");
	else
		printf(" limit %u", m->limit);
	printf(" reserve %u max_pending %u shrink_ticks %u", m->reserve, m->max_pending,
	       m->shrink_ticks);
}

static void print_what_if(const struct tune_options *o, const struct tune_pool *p)
{
	const struct sim_result *r = &p->what_if;

	printf("  what if      ");
	print_marks(&p->what_if_marks);
	printf("\n  lead         %s\n", p->lead_known ? o->lead : "none: it never grows");
	printf("  lost         %llu of %llu packets", n(r->lost), n(r->takes));
	if (r->first_loss_ns >= 0)
		printf(", the first one without a buffer of its own at %s",
		       text_since(r->first_loss_ns, p->demand->t_ns[0]));
	printf("\n  RESOURCES    %llu\n", n(r->resources));
	printf("  requests     %llu, %llu refused, %llu failed, %llu blocks granted\n",
	       n(r->requests), n(r->refused), n(r->failed), n(r->granted));
	printf("  frees        %llu\n", n(r->frees));
	printf("  buffers      mean %.1f, peak %u\n", r->mean_buffers, r->peak_buffers);
}

void tune_text(const struct tune_options *o, const struct tune_pool *p)
{
	printf("pool %u  %s\n", p->summary->pool, text_printable(p->summary->name));
	if (!p->demand) {
		printf("  %s\n", text_printable(p->why_not));
		return;
	}
	if (p->has_what_if)
		print_what_if(o, p);
}
