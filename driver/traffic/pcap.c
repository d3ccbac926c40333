/* SPDX-License-Identifier: MIT */
/*
 * Replay of a capture: its frames, with their bytes and the gaps between them.  libpcap reads the
 * classic format and pcapng, both byte orders, micro- and nanoseconds.
 */
#include <errno.h>
#include <math.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>

#include "driver/traffic/family.h"
#include "driver/traffic/frame.h"

enum { FILE_NAME, SPEED, LOOP };

/* What a frame whose capture was cut is filled up to; no device takes longer ones. */
#define FILL_UP_BYTES 65535u

struct replay {
	struct source source;
	struct spec spec;
	pcap_t *pcap;
	double speed;
	uint64_t passes;    /* left, this one included; 0: for ever */
	uint64_t nr;	    /* packets of this pass */
	uint64_t before_ns; /* the passes before */
	uint64_t last_ns;   /* the last packet, in this pass */
	struct timeval first;
	uint8_t frame[FILL_UP_BYTES];
};

static const char *name_of(const struct replay *r)
{
	return spec_text(&r->spec, FILE_NAME);
}

static int check(const struct traffic *t, char *why)
{
	double speed = t->spec.value[SPEED];
	double loop = t->spec.value[LOOP];

	if (speed < 1e-6 || speed > 1e6)
		return traffic_refuse(t, why, "speed must lie between 0.000001 and 1M");
	if (loop != floor(loop) || loop > 1e15)
		return traffic_refuse(t, why, "loop must be a whole number; 0 is without end");
	return 0;
}

static int cannot(const struct replay *r, char *why, int error, const char *what)
{
	snprintf(why, SPEC_WHY_BYTES, "pcap: %.120s: %.110s", name_of(r), what);
	return -error;
}

static int open_file(struct replay *r, char *why)
{
	char said[PCAP_ERRBUF_SIZE] = "";
	FILE *file = fopen(name_of(r), "rbe");

	if (file == NULL)
		return cannot(r, why, errno, strerror(errno));
	r->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, said);
	if (r->pcap == NULL) {
		fclose(file);
		return cannot(r, why, EINVAL, said);
	}
	if (pcap_datalink(r->pcap) != DLT_EN10MB) {
		const char *link = pcap_datalink_val_to_name(pcap_datalink(r->pcap));

		snprintf(said, sizeof(said), "is a capture of %s; only Ethernet can be replayed",
			 link != NULL ? link : "an unknown link");
		return cannot(r, why, EINVAL, said);
	}
	r->nr = 0;
	r->last_ns = 0;
	return 0;
}

static void close_file(struct replay *r)
{
	if (r->pcap != NULL)
		pcap_close(r->pcap);
	r->pcap = NULL;
}

static int prepare(struct source *source, const struct traffic *t, char *why)
{
	struct replay *r = (struct replay *)source;

	r->spec = t->spec;
	r->speed = t->spec.value[SPEED];
	r->passes = (uint64_t)t->spec.value[LOOP];
	return open_file(r, why);
}

static enum source_state stop_at(struct replay *r, long at, const char *what)
{
	char where[48] = "";

	if (at >= 0)
		snprintf(where, sizeof(where), ", which begins at byte %ld", at);
	snprintf(r->source.fault, sizeof(r->source.fault),
		 "pcap: %.240s: packet %llu%s: %.100s; replayed up to there", name_of(r),
		 (unsigned long long)r->nr + 1, where, what);
	return SOURCE_END;
}

/* The packet's time from the first one's on.  Clocks that were set back stand still. */
static uint64_t time_of(struct replay *r, const struct timeval *ts)
{
	double ns;

	if (r->nr == 0)
		r->first = *ts;
	ns = ((double)(ts->tv_sec - r->first.tv_sec) * 1e9 +
	      (double)(ts->tv_usec - r->first.tv_usec)) /
	     r->speed;
	if (ns > (double)r->last_ns)
		r->last_ns = (uint64_t)fmin(ns, LATEST_NS);
	return r->last_ns;
}

/* The bytes that were captured; where the capture cut a frame, zeroes up to its length. */
static void take(struct replay *r, const struct pcap_pkthdr *header, const uint8_t *bytes,
		 struct arrival *arrival)
{
	uint32_t wanted = header->len < FILL_UP_BYTES ? header->len : FILL_UP_BYTES;

	if (wanted < FRAME_MIN_BYTES)
		wanted = FRAME_MIN_BYTES;
	arrival->bytes = bytes;
	arrival->len_bytes = header->caplen;
	if (header->caplen < wanted) {
		memcpy(r->frame, bytes, header->caplen);
		memset(r->frame + header->caplen, 0, wanted - header->caplen);
		arrival->bytes = r->frame;
		arrival->len_bytes = wanted;
	}
	arrival->at_ns =
		(uint64_t)fmin((double)r->before_ns + (double)time_of(r, &header->ts), LATEST_NS);
	r->nr++;
}

/* Between the passes lies the mean gap of the file. */
static enum source_state next_pass(struct replay *r)
{
	if (r->passes == 1 || r->nr == 0)
		return SOURCE_END;
	if (r->passes > 1)
		r->passes--;
	r->before_ns += r->last_ns + (r->nr > 1 ? r->last_ns / (r->nr - 1) : 1000000);
	close_file(r);
	return open_file(r, r->source.fault) == 0 ? SOURCE_FRAME : SOURCE_END;
}

static enum source_state next(struct source *source, struct arrival *arrival)
{
	struct replay *r = (struct replay *)source;
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	enum source_state state = SOURCE_FRAME;

	while (r->source.fault[0] == '\0' && state == SOURCE_FRAME) {
		long at = ftell(pcap_file(r->pcap));
		int got = pcap_next_ex(r->pcap, &header, &bytes);

		if (got == PCAP_ERROR_BREAK) {
			state = next_pass(r);
		} else if (got != 1) {
			return stop_at(r, at, pcap_geterr(r->pcap));
		} else if (header->ts.tv_usec < 0 || header->ts.tv_usec >= 1000000000) {
			return stop_at(r, at, "its time is no time: a second has 10^9 nanoseconds");
		} else {
			take(r, header, bytes, arrival);
			return SOURCE_FRAME;
		}
	}
	return SOURCE_END;
}

static void release(struct source *source)
{
	close_file((struct replay *)source);
}

static const struct source_ops ops = {.next = next, .release = release};

const struct traffic_family traffic_pcap = {
	.spec = {"pcap",
		 {[FILE_NAME] = {"file", SPEC_TEXT, true},
		  [SPEED] = {"speed", SPEC_NUMBER, false, 1},
		  [LOOP] = {"loop", SPEC_NUMBER, false, 1}}},
	.help = "a capture, with its bytes and gaps (file=F, speed=1, loop=1)",
	.bytes_key = -1,
	.source_bytes = sizeof(struct replay),
	.ops = &ops,
	.check = check,
	.prepare = prepare,
};
