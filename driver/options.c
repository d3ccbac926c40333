/* SPDX-License-Identifier: MIT */
#include "driver/options.h"

#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "driver/miniport/block.h"
#include "driver/miniport/defaults.h"

/* Each option: its name, what it takes, and what it is for; the help is made from it. */
enum option_id {
	OPT_NDIS = 1000,
	OPT_MINIPORT,
	OPT_BASE,
	OPT_BLOCK,
	OPT_LOW,
	OPT_HIGH,
	OPT_LIMIT,
	OPT_RESERVE,
	OPT_MAX_PENDING,
	OPT_SHRINK_TICKS,
	OPT_LEAD_PROBE,
	OPT_TICK,
	OPT_BUFFER_BYTES,
	OPT_TRAFFIC,
	OPT_HOLD,
	OPT_LEAD,
	OPT_FAIL,
	OPT_VERIFY,
	OPT_SEED,
	OPT_FOR,
	OPT_PACKETS,
	OPT_ADAPTERS,
	OPT_CLOCK,
	OPT_OUTPUT,
	OPT_HELP,
	OPT_VERSION,
	OPT_MAN,
};

#define IN_TEXT(number)	   " (" AS_IT_IS(number) ")"
#define IN_MS(number)	   " (" AS_IT_IS(number) "ms)"
#define AS_IT_IS(number)   AS_WRITTEN(number)
#define AS_WRITTEN(number) #number

static const struct {
	const char *name, *value, *help;
	enum option_id id;
} table[] = {
	{"ndis", "5|6", "generation of the interface (6)", OPT_NDIS},
	{"adapters", "N", "how many, each with a pool, a wire and traffic of its own (1)",
	 OPT_ADAPTERS},
	{"miniport", "FILE.so", "runs this miniport instead (docs/miniport.md)", OPT_MINIPORT},
	{"base", "N", "buffers of the base block" IN_TEXT(DEFAULT_BASE), OPT_BASE},
	{"block", "N", "buffers of a dynamic block" IN_TEXT(DEFAULT_BLOCK), OPT_BLOCK},
	{"low", "N", "available buffers at which a block is asked for" IN_TEXT(DEFAULT_LOW),
	 OPT_LOW},
	{"high", "N", "available buffers at which blocks are freed" IN_TEXT(DEFAULT_HIGH),
	 OPT_HIGH},
	{"limit", "N", "most buffers, live plus pending" IN_TEXT(DEFAULT_LIMIT), OPT_LIMIT},
	{"reserve", "N",
	 "available buffers that are never given away (" AS_IT_IS(
		 DEFAULT_RESERVE) "; half of a low that is no more)",
	 OPT_RESERVE},
	{"max-pending", "N", "requests in flight at once" IN_TEXT(DEFAULT_MAX_PENDING),
	 OPT_MAX_PENDING},
	{"shrink-ticks", "N",
	 "ticks without shortage before a block is freed" IN_TEXT(DEFAULT_SHRINK_TICKS),
	 OPT_SHRINK_TICKS},
	{"lead-probe", "DUR",
	 "asks for a block and frees it when none was needed for this long; N: ticks (off)",
	 OPT_LEAD_PROBE},
	{"tick", "DUR", "period of the policy's clock" IN_MS(DEFAULT_TICK_MS), OPT_TICK},
	{"buffer-bytes", "N",
	 "room in one buffer; longer frames take several" IN_TEXT(DEFAULT_BUFFER_BYTES),
	 OPT_BUFFER_BYTES},
	{"traffic", "SPEC", "what arrives, of the kinds below (burst:rate=100k)", OPT_TRAFFIC},
	{"hold", "SPEC", "how long the stack keeps a frame (lognormal:median=1ms,p99=10ms)",
	 OPT_HOLD},
	{"lead", "SPEC", "how long an allocation takes (lognormal:median=2ms,p99=12ms)", OPT_LEAD},
	{"fail", "SPEC", "what goes wrong, of the kinds below; may be repeated", OPT_FAIL},
	{"verify", "HOW",
	 "broken rules: report them at the end, abort at the first, or off (report)", OPT_VERIFY},
	{"seed", "N", "of everything that is drawn (1)", OPT_SEED},
	{"for", "DUR", "ends after this time", OPT_FOR},
	{"packets", "N", "ends after this many frames of each adapter", OPT_PACKETS},
	{"clock", "KIND", "real, or virtual: as fast as it goes, the same for a seed (real)",
	 OPT_CLOCK},
	{"output", "FILE", "-o FILE: records into this new database, without LTTng", OPT_OUTPUT},
	{"help", NULL, "this text", OPT_HELP},
	{"version", NULL, "the version", OPT_VERSION},
};
#define NR_OPTIONS (sizeof(table) / sizeof(table[0]))

static void print_traffic_kinds(void)
{
	const char *name, *help;

	printf("\nTraffic (docs/traffic.md; most take rate=N, frames a second, and bytes=N or "
	       "imix):\n");
	for (unsigned int i = 0; traffic_kind_at(i, &name, &help); i++)
		printf("  %-20s %s\n", name, help);
}

static void print_fault_kinds(void)
{
	printf("\nFaults (docs/ndis-rules.md; several joined by + or repeated; p is a "
	       "probability):\n"
	       "  refuse:p=P,status=S  requests are refused: failure, resources, invalid, state,\n"
	       "                       not_ready, any of them, or a status such as 0xc0010011\n"
	       "  null:p=P,pa=F        completions bring no memory; their PhysicalAddress is "
	       "null,\n"
	       "                       garbage, or both by turns\n"
	       "  delay:p=P,by=DUR     completions take longer\n"
	       "  reorder:p=P          completions are overtaken by later ones\n"
	       "  early:p=P            completions come before the request's call returns\n"
	       "  wrap:p=P             descriptors run out inside a completion\n"
	       "  base:n=N             the first N synchronous allocations bring nothing\n"
	       "  storm:p=P            completions are held back until the halt\n"
	       "  removal:after=DUR    the device is pulled out\n"
	       "  windows:good=DUR,bad=DUR,p=P,late=P  good and bad times by turns\n");
}

static const char times_help[] =
	"Times (hold, lead): fixed:1ms, uniform:min=1ms,max=2ms, exp:mean=1ms, "
	"lognormal:median=300us,p99=5ms,\n"
	"pareto:min=5ms,alpha=1.5,cap=10s,p=0.01, load:base=1ms,per=200us,per_mb=1ms; several "
	"joined by + add up.\n"
	"\nSPEC is kind:key=value,...  Durations need a unit; numbers take k, M and G.\n";

/* The manual page, in man(7), from the same table. */
static void print_manual(void)
{
	printf(".TH REFNIC 1 \"\" \"poolscope %s\" \"Poolscope\"\n.SH NAME\n"
	       "refnic \\- reference NIC driver over a simulated DMA device\n"
	       ".SH SYNOPSIS\n.B refnic\n[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n"
	       "Runs the reference NIC driver, or a miniport of yours, over a simulated device "
	       "until Ctrl\\-C, \\-\\-for or \\-\\-packets, and says at the end what happened.\n"
	       ".SH OPTIONS\n",
	       POOLSCOPE_VERSION);
	for (size_t i = 0; i < NR_OPTIONS; i++)
		printf(".TP\n\\fB\\-\\-%s\\fR%s%s%s\n%s\n", table[i].name,
		       table[i].value ? " \\fI" : "", table[i].value ? table[i].value : "",
		       table[i].value ? "\\fR" : "", table[i].help);
	puts(".SH SPECIFICATIONS\n.nf");
	print_traffic_kinds();
	print_fault_kinds();
	printf("\n%s.fi\n.SH EXIT STATUS\n0 all well; 1 a rule was broken or data damaged; 2 "
	       "usage; "
	       "3 input cannot be read; 4 the traffic ended at a fault.\n"
	       ".SH SEE ALSO\n.BR poolscope (1)\n",
	       times_help);
}

static void print_help(void)
{
	printf("usage: refnic [OPTION]...\n\n"
	       "Runs the reference NIC driver over a simulated device until Ctrl-C, --for or "
	       "--packets,\nand says at the end what happened.\n\n");
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		char left[32];

		snprintf(left, sizeof(left), "--%s%s%s", table[i].name, table[i].value ? " " : "",
			 table[i].value ? table[i].value : "");
		printf("  %-20s %s\n", left, table[i].help);
	}
	print_traffic_kinds();
	print_fault_kinds();
	printf("\n%s"
	       "Exit status: 0 all well, 1 a rule was broken or data damaged, 2 usage, 3 input "
	       "cannot be\nread, 4 the traffic ended at a fault.\n",
	       times_help);
}

static int usage_error(const char *option, const char *why)
{
	fprintf(stderr, "refnic: --%s: %s\n", option, why);
	return -EINVAL;
}

static const char *option_name(int id)
{
	for (size_t i = 0; i < NR_OPTIONS; i++) {
		if ((int)table[i].id == id)
			return table[i].name;
	}
	return "?";
}

static int read_count(int id, const char *text, double most, uint64_t *value)
{
	char why[SPEC_WHY_BYTES];
	double number;

	if (spec_value(text, SPEC_NUMBER, &number, why) != 0)
		return usage_error(option_name(id), why);
	if (number > most || number != (double)(uint64_t)number) {
		snprintf(why, sizeof(why), "'%.60s' is not a whole number up to %.0f", text, most);
		return usage_error(option_name(id), why);
	}
	*value = (uint64_t)number;
	return 0;
}

static int read_mark(int id, const char *text, uint32_t *mark)
{
	/* Far above any sensible pool, and far below where sums of 32 bits would wrap. */
	const double most = 16e6;
	uint64_t value;

	if (read_count(id, text, most, &value) != 0)
		return -EINVAL;
	*mark = (uint32_t)value;
	return 0;
}

static int read_duration(int id, const char *text, double *ns)
{
	char why[SPEC_WHY_BYTES];

	if (spec_value(text, SPEC_DURATION, ns, why) != 0)
		return usage_error(option_name(id), why);
	if (*ns < 1)
		return usage_error(option_name(id), "must be at least 1ns");
	return 0;
}

static int read_draw(int id, const char *text, struct draw *draw)
{
	char why[SPEC_WHY_BYTES];

	return draw_parse(text, draw, why) == 0 ? 0 : usage_error(option_name(id), why);
}

static int read_tick(const char *text, uint32_t *tick_ms)
{
	double ns;

	if (read_duration(OPT_TICK, text, &ns) != 0)
		return -EINVAL;
	if (ns < 1e6 || ns > 60e9)
		return usage_error("tick", "must lie between 1ms and 60s");
	if (ns != floor(ns / 1e6) * 1e6)
		return usage_error("tick", "must be whole milliseconds: timers know no others");
	*tick_ms = (uint32_t)(ns / 1e6);
	return 0;
}

static int read_buffer_bytes(const char *text, uint32_t *bytes)
{
	char why[SPEC_WHY_BYTES];
	uint64_t value;

	if (read_count(OPT_BUFFER_BYTES, text, BUFFER_BYTES_MAX, &value) != 0)
		return -EINVAL;
	*bytes = (uint32_t)value;
	if (value >= BUFFER_BYTES_MIN)
		return 0;
	snprintf(why, sizeof(why), "must be at least %d", BUFFER_BYTES_MIN);
	return usage_error("buffer-bytes", why);
}

static int read_packets(const char *text, uint64_t *packets)
{
	if (read_count(OPT_PACKETS, text, 9007199254740992.0, packets) != 0)
		return -EINVAL;
	return *packets > 0 ? 0 : usage_error("packets", "must be at least 1");
}

static int read_adapters(const char *text, uint32_t *adapters)
{
	uint64_t value;

	if (read_count(OPT_ADAPTERS, text, MACHINE_ADAPTERS_MAX, &value) != 0)
		return -EINVAL;
	*adapters = (uint32_t)value;
	return value > 0 ? 0 : usage_error("adapters", "must be at least 1");
}

static int read_faults(const char *text, struct ndis_faults *faults)
{
	char why[SPEC_WHY_BYTES];

	return ndis_faults_parse(text, faults, why) == 0 ? 0 : usage_error("fail", why);
}

static int read_verify(const char *text, enum ndis_verify *verify)
{
	static const char *const names[] = {
		[NDIS_VERIFY_REPORT] = "report",
		[NDIS_VERIFY_ABORT] = "abort",
		[NDIS_VERIFY_OFF] = "off",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(text, names[i]) == 0) {
			*verify = (enum ndis_verify)i;
			return 0;
		}
	}
	return usage_error("verify", "there are report, abort and off");
}

static int read_ndis(const char *text, unsigned int *generation)
{
	if (strcmp(text, "5") != 0 && strcmp(text, "6") != 0)
		return usage_error("ndis", "must be 5 or 6");
	*generation = (unsigned int)(text[0] - '0');
	return 0;
}

static int read_clock(const char *text, bool *virtual_time)
{
	*virtual_time = strcmp(text, "virtual") == 0;
	if (*virtual_time || strcmp(text, "real") == 0)
		return 0;
	return usage_error("clock", "there are real and virtual");
}

static int take_option(struct options *o, int id, const char *text)
{
	struct policy_marks *m = &o->machine.marks;

	switch (id) {
	case OPT_NDIS:
		return read_ndis(text, &o->generation);
	case OPT_MINIPORT:
		o->miniport = text;
		return 0;
	case OPT_BASE:
		return read_mark(id, text, &m->base);
	case OPT_BLOCK:
		return read_mark(id, text, &m->block);
	case OPT_LOW:
		return read_mark(id, text, &m->low);
	case OPT_HIGH:
		return read_mark(id, text, &m->high);
	case OPT_LIMIT:
		o->has_limit = true;
		return read_mark(id, text, &m->limit);
	case OPT_RESERVE:
		o->has_reserve = true;
		return read_mark(id, text, &m->reserve);
	case OPT_MAX_PENDING:
		return read_mark(id, text, &m->max_pending);
	case OPT_SHRINK_TICKS:
		return read_mark(id, text, &m->shrink_ticks);
	case OPT_LEAD_PROBE:
		o->lead_probe = text;
		return 0;
	case OPT_TICK:
		return read_tick(text, &o->machine.tick_ms);
	case OPT_BUFFER_BYTES:
		return read_buffer_bytes(text, &o->machine.buffer_bytes);
	case OPT_TRAFFIC:
		o->traffic = text;
		return 0;
	case OPT_HOLD:
		return read_draw(id, text, &o->machine.hold);
	case OPT_LEAD:
		return read_draw(id, text, &o->machine.lead);
	case OPT_FAIL:
		return read_faults(text, &o->machine.faults);
	case OPT_VERIFY:
		return read_verify(text, &o->machine.verify);
	case OPT_SEED:
		return read_count(id, text, 9007199254740992.0, &o->machine.seed);
	case OPT_FOR:
		return read_duration(id, text, &o->for_ns);
	case OPT_PACKETS:
		return read_packets(text, &o->machine.max_frames);
	case OPT_ADAPTERS:
		return read_adapters(text, &o->machine.adapters);
	case OPT_OUTPUT:
	case 'o':
		o->output = text;
		return 0;
	case OPT_CLOCK:
		return read_clock(text, &o->virtual_time);
	default:
		return -EINVAL;
	}
}

static int set_defaults(struct options *o)
{
	char why[SPEC_WHY_BYTES];

	*o = (struct options){
		.machine = {.marks = DEFAULT_MARKS,
			    .tick_ms = DEFAULT_TICK_MS,
			    .buffer_bytes = DEFAULT_BUFFER_BYTES,
			    .seed = 1},
		.traffic = "burst:rate=100k",
	};
	if (draw_parse("lognormal:median=1ms,p99=10ms", &o->machine.hold, why) != 0 ||
	    draw_parse("lognormal:median=2ms,p99=12ms", &o->machine.lead, why) != 0)
		return -EINVAL;
	return 0;
}

/* A time, in whole ticks, or a number of ticks.  It needs the tick. */
static int read_lead_probe(const char *text, uint32_t tick_ms, uint32_t *ticks)
{
	double ns, tick_ns = tick_ms * 1e6;
	char why[SPEC_WHY_BYTES];

	if (text == NULL)
		return 0;
	if (spec_value(text, SPEC_DURATION, &ns, why) != 0) {
		if (read_mark(OPT_LEAD_PROBE, text, ticks) != 0)
			return -EINVAL;
	} else if (ns > 16e6 * tick_ns) {
		return usage_error("lead-probe", "must be at most 16000000 ticks");
	} else {
		*ticks = (uint32_t)ceil(ns / tick_ns);
	}
	return *ticks > 0 ? 0 : usage_error("lead-probe", "must be at least one tick");
}

/* Lengths of allocations have 32 bits. */
static int check_block(const struct options *o, const char *option, uint32_t buffers)
{
	if (block_length(buffers, o->machine.buffer_bytes, NdisGetSharedDataAlignment()) != 0)
		return 0;
	return usage_error(option, "so many buffers do not fit into one block of memory");
}

/*
 * A frame needs all its buffers at once: with fewer available it is dropped, and above low nobody
 * asks for more.
 */
static void warn_of_long_frames(const struct options *o)
{
	uint32_t buffer_bytes = o->machine.buffer_bytes;
	uint32_t buffers = (traffic_longest(&o->machine.traffic) + buffer_bytes - 1) / buffer_bytes;

	if (buffers > o->machine.marks.low + 1)
		fprintf(stderr,
			"refnic: a frame takes up to %u buffers, and the pool does not grow while "
			"more than --low %u are available: it can drop such frames for ever; give "
			"--low %u or more\n",
			buffers, o->machine.marks.low, buffers - 1);
}

/* What can be judged only when every option is known. */
static int check_options(struct options *o)
{
	char why[SPEC_WHY_BYTES];

	if (traffic_parse(o->traffic, o->machine.seed, &o->machine.traffic, why) != 0)
		return usage_error("traffic", why);
	if (o->virtual_time && traffic_is_live(&o->machine.traffic))
		return usage_error("traffic", "live traffic takes part in real time; leave out "
					      "--clock virtual");
	if (traffic_longest(&o->machine.traffic) > machine_model(&o->machine)->frame_bytes) {
		snprintf(why, sizeof(why), "the device takes frames of up to %u bytes",
			 machine_model(&o->machine)->frame_bytes);
		return usage_error("traffic", why);
	}
	if (read_lead_probe(o->lead_probe, o->machine.tick_ms, &o->machine.marks.probe_ticks) != 0)
		return -EINVAL;
	if (!o->has_reserve && o->machine.marks.low <= o->machine.marks.reserve)
		o->machine.marks.reserve = o->machine.marks.low / 2;
	if (!policy_marks_ok(&o->machine.marks, why, sizeof(why))) {
		fprintf(stderr, "refnic: the marks do not fit together: %s\n", why);
		return -EINVAL;
	}
	if (check_block(o, "base", o->machine.marks.base) != 0 ||
	    check_block(o, "block", o->machine.marks.block) != 0)
		return -EINVAL;
	warn_of_long_frames(o);
	/* A miniport from a file has the limit that the user says, and no other is known. */
	if (o->miniport != NULL && o->has_limit)
		o->machine.limit_bytes = (uint64_t)o->machine.marks.limit * o->machine.buffer_bytes;
	return 0;
}

/* An option that getopt_long() did not take. */
static void refuse_option(int id, const char *word)
{
	char letter[] = {'-', (char)optopt, '\0'};

	/* Of letters in one word it says which, but is still at the word. */
	if (id == '?' && optopt > 0 && optopt < OPT_NDIS)
		word = letter;
	fprintf(stderr, "refnic: %s: %s; see refnic --help\n", word,
		id == ':'	     ? "a value is missing"
		: optopt >= OPT_NDIS ? "takes no value"
				     : "no such option");
}

int options_read(struct options *o, int argc, char **argv)
{
	struct option longs[NR_OPTIONS + 2] = {0};
	int id;

	for (size_t i = 0; i < NR_OPTIONS; i++)
		longs[i] = (struct option){table[i].name,
					   table[i].value ? required_argument : no_argument, NULL,
					   (int)table[i].id};
	longs[NR_OPTIONS] = (struct option){"man", no_argument, NULL, OPT_MAN};
	if (set_defaults(o) != 0)
		return -EINVAL;
	opterr = 0;
	while ((id = getopt_long(argc, argv, ":o:", longs, NULL)) != -1) {
		if (id == OPT_HELP) {
			print_help();
			return 1;
		}
		if (id == OPT_MAN) {
			print_manual();
			return 1;
		}
		if (id == OPT_VERSION) {
			printf("refnic %s\n", POOLSCOPE_VERSION);
			return 1;
		}
		if (id == '?' || id == ':') {
			refuse_option(id, argv[optind - 1]);
			return -EINVAL;
		}
		if (take_option(o, id, optarg) != 0)
			return -EINVAL;
	}
	if (optind < argc) {
		fprintf(stderr, "refnic: %s: takes no arguments; see refnic --help\n",
			argv[optind]);
		return -EINVAL;
	}
	return check_options(o);
}
