/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/demand.h"
#include "driver/spec/draw.h"

struct capture {
	struct demand_source source;
	pcap_t *pcap;
	struct draw hold;
	struct rng rng;
	uint64_t seed;
	int64_t last_ns;
};

static int open_file(struct capture *c, struct db_error *err)
{
	char said[PCAP_ERRBUF_SIZE] = "";
	FILE *file = fopen(c->source.path, "rbe");

	if (!file) {
		snprintf(err->text, sizeof(err->text), "%.200s: %s", c->source.path,
			 strerror(errno));
		return -EIO;
	}
	c->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, said);
	if (c->pcap)
		return 0;
	fclose(file);
	snprintf(err->text, sizeof(err->text), "%.200s: %.200s", c->source.path, said);
	return -EINVAL;
}

static void close_file(struct capture *c)
{
	if (c->pcap)
		pcap_close(c->pcap);
	c->pcap = NULL;
}

static int pcap_rewind(struct demand_source *source, struct db_error *err)
{
	struct capture *c = (struct capture *)source;

	close_file(c);
	rng_init(&c->rng, c->seed, 0);
	c->last_ns = 0;
	source->nr_disorder = 0;
	source->cut[0] = 0;
	return open_file(c, err);
}

/* Clocks of captures step back a little now and then; arrivals do not. */
static int take_time(struct capture *c, const struct pcap_pkthdr *header, int64_t *ns)
{
	if (header->ts.tv_sec < 0 || header->ts.tv_sec > DEMAND_MAX_NS / 1000000000 - 1 ||
	    header->ts.tv_usec < 0 || header->ts.tv_usec > 999999999)
		return -EINVAL;
	*ns = header->ts.tv_sec * INT64_C(1000000000) + header->ts.tv_usec;
	if (*ns < c->last_ns) {
		*ns = c->last_ns;
		c->source.nr_disorder++;
	}
	c->last_ns = *ns;
	return 0;
}

static int pcap_next_packet(struct demand_source *source, struct demand_packet *packet,
			    struct db_error *err)
{
	struct capture *c = (struct capture *)source;
	struct pcap_pkthdr *header;
	struct draw_load load;
	const u_char *bytes;
	uint64_t hold_ns;
	int ret = pcap_next_ex(c->pcap, &header, &bytes);

	if (ret == PCAP_ERROR_BREAK) /* the end */
		return 0;
	if (ret != 1) {
		snprintf(source->cut, sizeof(source->cut), "%.240s", pcap_geterr(c->pcap));
		return 0;
	}
	if (take_time(c, header, &packet->arrival_ns)) {
		snprintf(err->text, sizeof(err->text), "%.200s: a packet has an absurd time",
			 source->path);
		return -EINVAL;
	}
	load = (struct draw_load){source->held, header->len};
	hold_ns = draw_ns(&c->hold, &c->rng, &load);
	packet->hold_ns = hold_ns > (uint64_t)(DEMAND_MAX_NS - packet->arrival_ns)
				  ? DEMAND_MAX_NS - packet->arrival_ns
				  : (int64_t)hold_ns;
	return 1;
}

static void pcap_close_source(struct demand_source *source)
{
	struct capture *c = (struct capture *)source;

	close_file(c);
	free(c);
}

int demand_pcap_open(const char *path, const char *hold, uint64_t seed, struct demand_source **out,
		     struct db_error *err)
{
	struct capture *c = calloc(1, sizeof(*c));
	char why[SPEC_WHY_BYTES];
	int ret;

	if (!c) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -ENOMEM;
	}
	c->source = (struct demand_source){.rewind = pcap_rewind,
					   .next = pcap_next_packet,
					   .close = pcap_close_source,
					   .path = path,
					   .salt = seed};
	for (const char *p = hold; *p; p++)
		c->source.salt = c->source.salt * 0x100000001b3u + (unsigned char)*p;
	c->seed = seed;
	ret = draw_parse(hold, &c->hold, why);
	if (ret) {
		snprintf(err->text, sizeof(err->text), "--hold: %s", why);
		free(c);
		return -EDOM;
	}
	ret = open_file(c, err);
	if (ret) {
		free(c);
		return ret;
	}
	*out = &c->source;
	return 0;
}
