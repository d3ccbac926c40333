/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TOOLS_HOSTILE_TRACE_H
#define TESTS_TOOLS_HOSTILE_TRACE_H
/*
 * Any bytes as a CTF trace, read by everything of ours that reads one: for the test of seeded
 * mutations and for the fuzzer.  Header only; one thread.
 *
 * The bytes are a byte of flags, what the fields of the events are (their number, then one byte
 * each), and two streams behind the length of the first.  With HOSTILE_RAW_METADATA the bytes
 * are metadata instead, for our own parsers alone: what Babeltrace makes of bad metadata is not
 * ours to test.
 *
 * Babeltrace ends the process on some of it, which is why `import` reads in a child.  Whoever
 * includes this gets an abort() that takes those ends for the end of that input, and no others.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/tools/ctf.h"
#include "tracer/collector.h"
#include "tracer/decode.h"
#include "tracer/metadata.h"
#include "tracer/salvage.h"
#include "tracer/snapshot.h"
#include "tracer/trace_list.h"

enum {
	HOSTILE_ODD_FIELDS = 1, /* fields are what the bytes say, else what they should be */
	HOSTILE_NO_CLOCK = 2,
	HOSTILE_VPID = 4,
	HOSTILE_STORE = 8, /* into a database, else to hostile_see() */
	HOSTILE_WINDOW = 16,
	HOSTILE_SALVAGED = 32, /* Babeltrace reads what is whole of it */
	HOSTILE_RAW_METADATA = 64,
};

/* What a field may be declared as; the first ones leave it as it should be. */
static const char *const hostile_shapes[] = {
	NULL,
	NULL,
	NULL,
	"",
	"string %s",
	"floating_point { exp_dig = 8; mant_dig = 24; byte_order = le; align = 8; } %s",
	"integer { size = 32; align = 8; signed = 1; } %s",
	"integer { size = 3; align = 1; } %s",
	"integer { size = 64; align = 64; } %s",
	"enum : uint8_t { \"a\" = 0 ... 5, \"b\" = 3 } %s",
	"struct { uint32_t a; string b; } %s",
	"uint8_t %s[7]",
	"integer { size = 8; align = 8; encoding = UTF8; } %s[5]",
	"uint8_t n%s; string %s[ n%s ]",
	"uint8_t n%s; uint32_t %s[ n%s ]",
	"uint64_t n%s; uint16_t %s[ n%s ]",
	"uint8_t n%s; struct { uint64_t a; } %s[ n%s ]",
	"uint8_t n%s; integer { size = 32; align = 8; signed = 1; } %s[ n%s ]",
	"enum : uint8_t { \"x\" = 0 ... 9, \"y\" = 10 ... 255 } t%s; variant <t%s> { uint32_t x; "
	"string y; } %s",
};
#define HOSTILE_SHAPES (sizeof(hostile_shapes) / sizeof(hostile_shapes[0]))

struct hostile_input {
	unsigned flags;
	const uint8_t *shapes, *streams[CTF_STREAMS];
	size_t nr_shapes, nr[CTF_STREAMS];
	char declared[200];
};

static inline struct hostile_input hostile_take(const uint8_t *bytes, size_t nr)
{
	struct hostile_input in = {0};
	size_t first;

	if (nr < 4)
		return in;
	in.flags = bytes[0];
	in.nr_shapes = bytes[1] < nr - 4 ? bytes[1] : nr - 4;
	in.shapes = bytes + 4;
	first = bytes[2] | (size_t)bytes[3] << 8;
	nr -= 4 + in.nr_shapes;
	in.streams[0] = in.shapes + in.nr_shapes;
	in.nr[0] = first < nr ? first : nr;
	in.streams[1] = in.streams[0] + in.nr[0];
	in.nr[1] = nr - in.nr[0];
	return in;
}

/* Leaves the one %s that stands for the field's name; those behind a letter are tags and lengths.
 */
static inline const char *hostile_declare(int nr, void *ctx)
{
	struct hostile_input *in = ctx;
	const char *shape;
	size_t len = 0;

	if (!(in->flags & HOSTILE_ODD_FIELDS) || (size_t)nr >= in->nr_shapes)
		return NULL;
	shape = hostile_shapes[in->shapes[nr] % HOSTILE_SHAPES];
	if (!shape || !*shape)
		return shape;
	for (const char *at = shape; *at && len + 12 < sizeof(in->declared); at++) {
		if (!strncmp(at, "%s", 2) && at[-1] != ' ')
			len += (size_t)sprintf(in->declared + len, "%d", nr);
		else if (at == shape || strncmp(at - 1, "%s", 2) || at[-2] == ' ')
			in->declared[len++] = *at;
	}
	in->declared[len] = 0;
	return in->declared;
}

static inline void hostile_write(const char *dir, struct hostile_input *in)
{
	const struct ctf_layout layout = {
		.no_clock = in->flags & HOSTILE_NO_CLOCK,
		.with_vpid = in->flags & HOSTILE_VPID,
		.uuid = 0x11,
		.declare = hostile_declare,
		.ctx = in,
	};

	mkdir(dir, 0700);
	if (in->flags & HOSTILE_RAW_METADATA)
		ctf_file(dir, "metadata", in->streams[0], in->nr[0]);
	else
		ctf_write_metadata(dir, &layout);
	ctf_file(dir, "alloc_0", in->streams[0], in->nr[0]);
	ctf_file(dir, "rx_0", in->streams[1], in->nr[1]);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
/*
 * Lengths that nobody has memory for end in Babeltrace as they do without a sanitizer; and what it
 * had then is not given back.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1:max_allocation_size_mb=64:detect_leaks=0";
}
#endif

/* --- reading --------------------------------------------------------------------------------- */

static sigjmp_buf hostile_out;
static _Thread_local bool hostile_may_end;
static unsigned long hostile_events, hostile_sum, hostile_ends; /* ends: Babeltrace's */

/* Touches all that an event points to. */
static inline void hostile_see(const struct pool_event *e, void *ctx)
{
	(void)ctx;
	hostile_events++;
	if (e->kind == POOL_EVENT_POOL_OPEN)
		hostile_sum += strlen(e->u.open.name);
	if (e->kind == POOL_EVENT_RX_TAKE || e->kind == POOL_EVENT_RX_RETURN)
		for (uint32_t i = 0; i < e->u.rx.nr_buffers; i++)
			hostile_sum += e->u.rx.buffers[i];
}

/* Babeltrace's way out; our own assertions do not come here, but from the C library. */
_Noreturn void abort(void)
{
	if (hostile_may_end) {
		hostile_may_end = false;
		hostile_ends++;
		siglongjmp(hostile_out, 1);
	}
	signal(SIGABRT, SIG_DFL);
	raise(SIGABRT);
	_exit(134);
}

/* Linked with --wrap=decoder_read: what fails in there is our mistake, also when we call
 * Babeltrace. */
enum decode_result __real_decoder_read(struct decoder *d, const bt_message *m,
				       struct pool_event *e);
enum decode_result __wrap_decoder_read(struct decoder *d, const bt_message *m,
				       struct pool_event *e);
enum decode_result __wrap_decoder_read(struct decoder *d, const bt_message *m, struct pool_event *e)
{
	bool may_end = hostile_may_end;
	enum decode_result result;

	hostile_may_end = false;
	result = __real_decoder_read(d, m, e);
	hostile_may_end = may_end;
	return result;
}

static inline bool hostile_is_ours(void *frame)
{
	Dl_info ours, it;

	return dladdr((void *)(uintptr_t)hostile_see, &ours) && dladdr(frame, &it) &&
	       it.dli_fbase == ours.dli_fbase;
}

/* Is it Babeltrace that stumbled, or we?  The innermost frame of either below the handler says so.
 */
static inline bool hostile_is_babeltrace(void)
{
	void *frames[64];
	int nr = backtrace(frames, 64), i = 0;
	Dl_info it;

	while (i < nr && !hostile_is_ours(frames[i]))
		i++; /* a sanitizer's */
	while (i < nr && hostile_is_ours(frames[i]))
		i++; /* the handler's */
	for (; i < nr && !hostile_is_ours(frames[i]); i++)
		if (dladdr(frames[i], &it) && it.dli_fname && strstr(it.dli_fname, "babeltrace"))
			return true;
	return false;
}

static inline void hostile_on_fault(int sig)
{
	if (hostile_may_end && hostile_is_babeltrace()) {
		hostile_may_end = false;
		hostile_ends++;
		siglongjmp(hostile_out, 1);
	}
	signal(sig, SIG_DFL);
	raise(sig);
}

static inline void hostile_decode(const struct hostile_input *in, const char *dir, const char *db)
{
	const struct store_options options = {.all_named = true, .batch_ms = 10};
	struct snapshot_window window = snapshot_window_of(dir);
	struct collector *volatile open = NULL;
	struct store *volatile store = NULL;
	struct collector *c = NULL;
	struct store *s = NULL;
	struct db_error err;

	unlink(db);
	if ((in->flags & HOSTILE_STORE) && !store_open(db, &options, &s, &err))
		store = s;
	signal(SIGSEGV, hostile_on_fault);
	signal(SIGTRAP, hostile_on_fault); /* glib, when memory is out */
	hostile_may_end = true;
	if (!sigsetjmp(hostile_out, 1)) {
		if (!collector_open_dirs(store, &dir, 1, &c, &err)) {
			open = c;
			if (!store)
				collector_watch(c, hostile_see, NULL);
			if (in->flags & HOSTILE_WINDOW)
				collector_keep(c, window.begin, window.end);
			collector_run(c, &err);
			collector_close(open);
		}
	}
	hostile_may_end = false;
	signal(SIGSEGV, SIG_DFL);
	if (store)
		store_close(store, STORE_END_STOPPED, NULL, &err);
	unlink(db);
}

/* One input; folder exists, and is empty before and afterwards. */
static inline void hostile_try(const char *folder, const uint8_t *bytes, size_t nr)
{
	struct hostile_input in = hostile_take(bytes, nr);
	char dir[256], db[256];
	const char *path = dir;
	struct trace_list list;
	struct salvage whole;
	struct db_error err;

	snprintf(dir, sizeof(dir), "%s/trace", folder);
	snprintf(db, sizeof(db), "%s/x.db", folder);
	hostile_write(dir, &in);
	trace_list_find(&list, &path, 1, &err);
	trace_list_release(&list);
	if (!metadata_check(dir, &err) && !salvage_open(dir, folder, &whole, &err)) {
		bool salvaged = in.flags & HOSTILE_SALVAGED;

		if (!(in.flags & HOSTILE_RAW_METADATA))
			hostile_decode(&in, salvaged ? whole.dir : dir, db);
		salvage_close(&whole);
	}
	for (const char *const *name = (const char *const[]){"metadata", "alloc_0", "rx_0", NULL};
	     *name; name++) {
		char file[300];

		snprintf(file, sizeof(file), "%s/%s", dir, *name);
		unlink(file);
	}
	rmdir(dir);
}

/* --- inputs to begin with -------------------------------------------------------------------- */

/* One packet of metadata, as LTTng writes it. */
static inline void hostile_seed_metadata(struct ctf_stream *s)
{
	static const char text[] = "/* CTF 1.8 */ trace { major = 1; };";
	unsigned char head[37] = {0x57, 0x1d, 0xd1, 0x75};

	head[24] = head[28] = (unsigned char)(8 * (sizeof(head) + sizeof(text)));
	head[25] = head[29] = (unsigned char)(8 * (sizeof(head) + sizeof(text)) >> 8);
	head[35] = 1;
	head[36] = 8;
	s->nr = 0;
	ctf_put(s, head, sizeof(head));
	ctf_put(s, text, sizeof(text));
}

#define HOSTILE_FIELDS 160 /* more than there are */

static inline void hostile_seed_shapes(struct ctf_stream *s, unsigned shape)
{
	int nr = 0;

	for (int i = 0; i < CTF_EVENTS; i++)
		for (int k = 0; ctf_events[i].fields[k]; k++, nr++)
			ctf_int(s, *ctf_events[i].fields[k] == '*' ? shape : 0, 1);
	for (; nr < HOSTILE_FIELDS; nr++)
		ctf_int(s, 0, 1);
}

/*
 * A life of a pool with something of everything, as bytes; with HOSTILE_ODD_FIELDS lists of buffers
 * are declared as shape says.  Returns: how many; free(*out).
 */
static inline size_t hostile_seed(unsigned flags, unsigned shape, uint8_t **out)
{
	struct ctf_stream s[CTF_STREAMS] = {{.stream = 0}, {.stream = 1}};
	struct ctf_stream all = {0};
	uint64_t ts = 1000, seq[2] = {0, 0};

	for (int packet = 0; packet < 3; packet++) {
		uint64_t begin = ts;

		for (int i = 0; i < CTF_STREAMS; i++)
			ctf_begin(&s[i], 0x11, begin);
		for (int kind = 0; kind < CTF_EVENTS; kind++) {
			struct ctf_stream *to = &s[ctf_events[kind].stream];
			bool foreign = kind == CTF_FOREIGN || kind == CTF_LATER;

			if ((kind == CTF_OPEN && packet) || (kind == CTF_CLOSE && packet < 2))
				continue;
			ctf_say(to, (enum ctf_kind)kind, ts += 100);
			if (flags & HOSTILE_VPID)
				ctf_int(to, 42, 4);
			if (foreign) {
				ctf_ints(to, ctf_events[kind].fields, 7);
				continue;
			}
			ctf_int(to, 0, 4);
			ctf_int(to, seq[0]++, 8);
			ctf_ints(to, ctf_events[kind].fields + 2, (uint64_t)kind);
		}
		s[1].discarded += (uint64_t)packet;
		for (int i = 0; i < CTF_STREAMS; i++)
			ctf_end(&s[i], ts);
		s[0].number += packet == 1; /* one is missing */
	}
	if (flags & HOSTILE_RAW_METADATA)
		hostile_seed_metadata(&s[0]);
	ctf_int(&all, flags, 1);
	ctf_int(&all, flags & HOSTILE_ODD_FIELDS ? HOSTILE_FIELDS : 0, 1);
	ctf_int(&all, s[0].nr, 2);
	if (flags & HOSTILE_ODD_FIELDS)
		hostile_seed_shapes(&all, shape);
	for (int i = 0; i < CTF_STREAMS; i++) {
		ctf_put(&all, s[i].bytes, s[i].nr);
		free(s[i].bytes);
	}
	*out = all.bytes;
	return all.nr;
}

#endif
