/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "db/query_lead.h"
#include "viewer/human.h"
#include "viewer/report_parts.h"

#define WORST_NR 10

static void write_count(FILE *out, uint64_t count, bool at_least, bool known)
{
	if (!known || count == POOL_UNKNOWN)
		fputs("<td>-", out);
	else
		fprintf(out, "<td>%s%llu", at_least ? "&ge;" : "", (unsigned long long)count);
}

static int write_case(struct report *r, const struct pool_summary *p, const struct lead_case *lead,
		      struct db_error *err)
{
	struct lead_why why;
	int ret = query_lead_why(r->query, p->pool, lead, &why, err);

	if (ret)
		return ret;
	fprintf(r->out, "<tr><td>%.6f s<td>%llu<td>%s<td class=text>%s",
		(double)(lead->requested_ns - r->status.start_ns) / 1e9,
		(unsigned long long)lead->request, human_duration(lead->lead_ns).s,
		pool_outcome_name((unsigned)lead->outcome));
	write_count(r->out, why.available, false, why.known);
	write_count(r->out, why.others, false, why.known);
	write_count(r->out, why.failures, why.failures_at_least, true);
	write_count(r->out, why.dropped, why.dropped_at_least, true);
	fprintf(r->out, "<td class=text>%s%s\n", why.known && why.fallback ? "fallback " : "",
		why.loss ? "events lost" : "");
	return 0;
}

int report_worst(struct report *r, const struct pool_summary *p, struct db_error *err)
{
	struct lead_case worst[WORST_NR];
	size_t nr;
	int ret = query_worst_leads(r->query, p->pool, r->from_ns, r->to_ns, WORST_NR, worst, &nr,
				    err);

	if (ret || !nr)
		return ret;
	fputs("<h3>Worst moments</h3>\n<table><tr><th>requested at<th>request<th>lead time"
	      "<th class=text>outcome<th>available then<th>others pending<th>failures "
	      "before<th>dropped "
	      "meanwhile<th>\n",
	      r->out);
	for (size_t i = 0; i < nr && !ret; i++)
		ret = write_case(r, p, &worst[i], err);
	fputs("</table>\n", r->out);
	return ret;
}
