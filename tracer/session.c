/* SPDX-License-Identifier: MIT */
#include "tracer/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lttng/lttng.h>
#include <lttng/snapshot.h>

#include "tracer/live_port.h"

/*
 * A buffer is handed on when it is full or every live_timer_us.  Sub-buffers hold the events that
 * come between two looks of the consumer daemon: 8 x 1 MiB a CPU take about 2 M receive events a
 * second for 100 ms.
 */
static const unsigned live_timer_us = 100000;

/*
 * An event goes with one or more groups.  The life of a pool goes with all of them: without its
 * name, marks and end no recording can be read.
 */
enum { ALLOC = SESSION_GROUP_ALLOC, RX = SESSION_GROUP_RX, ANY = ALLOC | RX };

struct channel_plan {
	const char *name;
	uint64_t subbuf_size, num_subbuf;
	struct {
		const char *name;
		unsigned groups;
	} events[12];
	bool overwrite; /* the newest stay, else the oldest */
};

static const struct channel_plan live_plans[2] = {
	{"alloc",
	 256 * 1024,
	 4,
	 {{"poolscope:pool_open", ANY},
	  {"poolscope:tick", ANY},
	  {"poolscope:pool_close", ANY},
	  {"poolscope:alloc_request", ALLOC},
	  {"poolscope:alloc_refused", ALLOC},
	  {"poolscope:alloc_complete", ALLOC},
	  {"poolscope:block_free", ALLOC},
	  {"poolscope:fallback", ALLOC},
	  {"poolscope:violation", ALLOC}}},
	{"rx",
	 1024 * 1024,
	 8,
	 {{"poolscope:rx_take", RX}, {"poolscope:rx_return", RX}, {"poolscope:rx_drop", RX}}},
};

static const struct channel_plan watch_plan = {
	"watch", 64 * 1024, 4, {{"poolscope:rx_drop", RX}, {"poolscope:violation", ALLOC}}};

/* What is said of the watch session must be early: a flight recorder overwrites meanwhile. */
static const unsigned watch_timer_us = 20000;

static int fail(struct db_error *err, const char *doing, int code)
{
	snprintf(err->text, sizeof(err->text), "LTTng: %s: %s", doing, lttng_strerror(code));
	return -EIO;
}

static struct lttng_domain ust_domain(void)
{
	struct lttng_domain domain;

	memset(&domain, 0, sizeof(domain));
	domain.type = LTTNG_DOMAIN_UST;
	domain.buf_type = LTTNG_BUFFER_PER_UID;
	return domain;
}

static int create_live(struct trace_session *s, int control_port, int data_port, unsigned timer_us,
		       struct db_error *err)
{
	char control[64], data[64];
	struct lttng_session_descriptor *descriptor;
	enum lttng_error_code code;

	snprintf(control, sizeof(control), "tcp://127.0.0.1:%d", control_port);
	snprintf(data, sizeof(data), "tcp://127.0.0.1:%d", data_port);
	descriptor = lttng_session_descriptor_live_network_create(s->name, control, data, timer_us);
	if (!descriptor) {
		snprintf(err->text, sizeof(err->text), "LTTng: cannot describe session %s",
			 s->name);
		return -EIO;
	}
	code = lttng_create_session_ext(descriptor);
	lttng_session_descriptor_destroy(descriptor);
	if (code != LTTNG_OK)
		return fail(err, "cannot create a session", -(int)code);
	s->created = true;
	return 0;
}

static int add_channel(struct trace_session *s, const struct channel_plan *plan,
		       struct db_error *err)
{
	struct lttng_domain domain = ust_domain();
	struct lttng_channel *channel = lttng_channel_create(&domain);
	int ret;

	if (!channel) {
		snprintf(err->text, sizeof(err->text), "LTTng: cannot describe channel %s",
			 plan->name);
		return -EIO;
	}
	strncpy(channel->name, plan->name, sizeof(channel->name) - 1);
	channel->attr.overwrite = plan->overwrite;
	channel->attr.subbuf_size = plan->subbuf_size;
	channel->attr.num_subbuf = plan->num_subbuf;
	ret = lttng_enable_channel(s->handle, channel);
	lttng_channel_destroy(channel);
	return ret < 0 ? fail(err, "cannot enable a channel", ret) : 0;
}

static int add_events(struct trace_session *s, const struct channel_plan *plan, unsigned groups,
		      struct db_error *err)
{
	for (size_t i = 0; plan->events[i].name; i++) {
		struct lttng_event *event;
		int ret;

		if (!(plan->events[i].groups & groups))
			continue;
		event = lttng_event_create();
		if (!event) {
			snprintf(err->text, sizeof(err->text), "out of memory");
			return -EIO;
		}
		event->type = LTTNG_EVENT_TRACEPOINT;
		event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
		event->loglevel = -1;
		strncpy(event->name, plan->events[i].name, sizeof(event->name) - 1);
		ret = lttng_enable_event(s->handle, event, plan->name);
		lttng_event_destroy(event);
		if (ret < 0)
			return fail(err, "cannot enable an event", ret);
	}
	return 0;
}

/* No process is traced until it is added. */
static int track_nobody(struct trace_session *s, struct db_error *err)
{
	enum lttng_error_code code = lttng_session_get_tracker_handle(
		s->name, LTTNG_DOMAIN_UST, LTTNG_PROCESS_ATTR_VIRTUAL_PROCESS_ID, &s->tracker);

	if (code != LTTNG_OK)
		return fail(err, "cannot track processes", -(int)code);
	if (lttng_process_attr_tracker_handle_set_tracking_policy(
		    s->tracker, LTTNG_TRACKING_POLICY_INCLUDE_SET) !=
	    LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_OK) {
		snprintf(err->text, sizeof(err->text),
			 "LTTng: cannot limit session %s to processes", s->name);
		return -EIO;
	}
	return 0;
}

static void name_session(struct trace_session *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
}

/* Channels and event rules of a session that was just created. */
static int fill_session(struct trace_session *s, const struct channel_plan *plans, size_t nr,
			unsigned groups, struct db_error *err)
{
	struct lttng_domain domain = ust_domain();
	int ret = 0;

	s->handle = lttng_create_handle(s->name, &domain);
	if (!s->handle) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -EIO;
	}
	for (size_t i = 0; !ret && i < nr; i++) {
		ret = add_channel(s, &plans[i], err);
		if (!ret)
			ret = add_events(s, &plans[i], groups, err);
	}
	return ret ? ret : track_nobody(s, err);
}

int session_open(struct trace_session *s, const char *name, unsigned groups, int control_port,
		 int data_port, struct db_error *err)
{
	int ret;

	name_session(s, name);
	ret = create_live(s, control_port, data_port, live_timer_us, err);
	return ret ? ret : fill_session(s, live_plans, 2, groups, err);
}

int session_open_watch(struct trace_session *s, const char *name, unsigned groups, int control_port,
		       int data_port, struct db_error *err)
{
	int ret;

	name_session(s, name);
	ret = create_live(s, control_port, data_port, watch_timer_us, err);
	return ret ? ret : fill_session(s, &watch_plan, 1, groups, err);
}

void session_events(unsigned groups, bool watch, const char *names[SESSION_EVENTS_MAX])
{
	const struct channel_plan *plans = watch ? &watch_plan : live_plans;
	size_t nr = 0;

	for (size_t i = 0; i < (watch ? 1 : 2); i++)
		for (size_t k = 0; plans[i].events[k].name; k++)
			if (plans[i].events[k].groups & groups)
				names[nr++] = plans[i].events[k].name;
	names[nr] = NULL;
}

static int create_flight(struct trace_session *s, const char *shm_path, struct db_error *err)
{
	struct lttng_session_descriptor *descriptor =
		lttng_session_descriptor_snapshot_create(s->name);
	enum lttng_error_code code;
	int ret;

	if (!descriptor) {
		snprintf(err->text, sizeof(err->text), "LTTng: cannot describe session %s",
			 s->name);
		return -EIO;
	}
	code = lttng_create_session_ext(descriptor);
	lttng_session_descriptor_destroy(descriptor);
	if (code != LTTNG_OK)
		return fail(err, "cannot create a session", -(int)code);
	s->created = true;
	ret = shm_path ? lttng_set_session_shm_path(s->name, shm_path) : 0;
	return ret < 0 ? fail(err, "cannot keep the buffers in files", ret) : 0;
}

/* Sub-buffers are powers of two; the fewer bytes are overwritten at once, the more are kept. */
enum { FLIGHT_SUBBUFS = 16, SUBBUF_MIN = 4096 };

int session_open_flight(struct trace_session *s, const char *name, unsigned groups, uint64_t bytes,
			const char *shm_path, struct db_error *err)
{
	struct channel_plan plans[2] = {live_plans[0], live_plans[1]};
	uint64_t subbuf = SUBBUF_MIN;
	int ret;

	while (subbuf * FLIGHT_SUBBUFS < bytes)
		subbuf *= 2;
	for (int i = 0; i < 2; i++) {
		plans[i].overwrite = true;
		plans[i].num_subbuf = FLIGHT_SUBBUFS;
	}
	plans[0].subbuf_size = subbuf / 4 < SUBBUF_MIN ? SUBBUF_MIN : subbuf / 4;
	plans[1].subbuf_size = subbuf;
	name_session(s, name);
	ret = create_flight(s, shm_path, err);
	return ret ? ret : fill_session(s, plans, 2, groups, err);
}

int session_snapshot(struct trace_session *s, const char *dir, struct db_error *err)
{
	struct lttng_snapshot_output *output = lttng_snapshot_output_create();
	int ret;

	if (!output) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -EIO;
	}
	ret = lttng_snapshot_output_set_local_path(dir, output);
	if (!ret)
		ret = lttng_snapshot_record(s->name, output, 0);
	lttng_snapshot_output_destroy(output);
	return ret < 0 ? fail(err, "cannot take a snapshot", ret) : 0;
}

void session_each(void (*each)(const char *name, void *ctx), void *ctx)
{
	struct lttng_session *sessions = NULL;
	int nr = lttng_list_sessions(&sessions);

	for (int i = 0; i < nr; i++)
		each(sessions[i].name, ctx);
	free(sessions);
}

struct search {
	const char *name;
	bool found;
};

static void compare(const char *name, void *ctx)
{
	struct search *search = ctx;

	search->found |= !strcmp(name, search->name);
}

bool session_exists(const char *name)
{
	struct search search = {.name = name};

	session_each(compare, &search);
	return search.found;
}

int session_adopt(struct trace_session *s, const char *name, struct db_error *err)
{
	struct lttng_domain domain = ust_domain();

	memset(s, 0, sizeof(*s));
	snprintf(s->name, sizeof(s->name), "%s", name);
	s->created = s->active = true;
	s->handle = lttng_create_handle(s->name, &domain);
	if (!s->handle) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		return -EIO;
	}
	/* One that was still being set up may have no tracker yet; then nothing is traced either.
	 */
	if (lttng_session_get_tracker_handle(s->name, LTTNG_DOMAIN_UST,
					     LTTNG_PROCESS_ATTR_VIRTUAL_PROCESS_ID,
					     &s->tracker) != LTTNG_OK)
		s->tracker = NULL;
	return 0;
}

int session_start(struct trace_session *s, struct db_error *err)
{
	int ret = lttng_start_tracing(s->name);

	if (ret < 0)
		return fail(err, "cannot start tracing", ret);
	s->active = true;
	return 0;
}

int session_add_process(struct trace_session *s, pid_t vpid, struct db_error *err)
{
	enum lttng_process_attr_tracker_handle_status status =
		lttng_process_attr_virtual_process_id_tracker_handle_add_pid(s->tracker, vpid);

	if (status == LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_OK ||
	    status == LTTNG_PROCESS_ATTR_TRACKER_HANDLE_STATUS_EXISTS)
		return 0;
	snprintf(err->text, sizeof(err->text), "LTTng: cannot trace process %d (tracker status %d)",
		 (int)vpid, (int)status);
	return -EIO;
}

/* lttng_stop_tracing() waits for this itself, but not when somebody stopped the session before. */
static void wait_for_data(const char *name)
{
	const struct timespec nap = {.tv_nsec = 20000000};

	for (int i = 0; i < 500 && lttng_data_pending(name) == 1; i++)
		nanosleep(&nap, NULL);
}

int session_stop(struct trace_session *s, struct db_error *err)
{
	int ret;

	if (!s->active)
		return 0;
	s->active = false;
	ret = lttng_stop_tracing(s->name);
	if (ret == -LTTNG_ERR_TRACE_ALREADY_STOPPED) {
		wait_for_data(s->name);
		return 0;
	}
	return ret < 0 ? fail(err, "cannot stop tracing", ret) : 0;
}

void session_close(struct trace_session *s)
{
	lttng_process_attr_tracker_handle_destroy(s->tracker);
	s->tracker = NULL;
	if (s->handle)
		lttng_destroy_handle(s->handle);
	s->handle = NULL;
	if (s->created)
		lttng_destroy_session(s->name);
	s->created = s->active = false;
}

/* A relay daemon of this machine is asked of the kernel; another has its live port where most do.
 */
static int guess_live_port(const char *host, size_t len, const char *path)
{
	static const char *const here[] = {"127.0.0.1", "localhost", "[::1]"};
	const char *data = strstr(path, "[data: ");
	int control = host[len] == ':' ? atoi(host + len + 1) : 0;

	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
		if (strlen(here[i]) == len && !strncmp(host, here[i], len) && control)
			return live_port_of(control, data ? atoi(data + 7) : 0);
	return 0;
}

/* "tcp4://HOST:PORT/... [data: PORT]" -> net://HOST:PORT/host/ * /NAME, any traced host */
static int url_of(const struct lttng_session *session, int live_port, char *url, size_t size,
		  struct db_error *err)
{
	const char *host = strstr(session->path, "://");
	char port[16] = "";
	size_t len;

	if (!session->live_timer_interval || !host) {
		snprintf(
			err->text, sizeof(err->text),
			"session %s is not live; a live one is made with: lttng create NAME --live",
			session->name);
		return -ENOENT;
	}
	host += 3;
	len = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
	if (!live_port)
		live_port = guess_live_port(host, len, session->path);
	if (live_port)
		snprintf(port, sizeof(port), ":%d", live_port);
	snprintf(url, size, "net%s://%.*s%s/host/*/%s", *host == '[' ? "6" : "", (int)len, host,
		 port, session->name);
	return 0;
}

int session_live_url(const char *name, int live_port, char *url, size_t size, struct db_error *err)
{
	struct lttng_session *sessions = NULL;
	int nr = lttng_list_sessions(&sessions);
	int ret = -ENOENT;

	if (nr < 0) {
		snprintf(err->text, sizeof(err->text),
			 "no session daemon answers (%s); give --url for a session of another "
			 "machine",
			 lttng_strerror(nr));
		return -EIO;
	}
	snprintf(err->text, sizeof(err->text), "there is no session %s; see: lttng list", name);
	for (int i = 0; i < nr; i++)
		if (!strcmp(sessions[i].name, name))
			ret = url_of(&sessions[i], live_port, url, size, err);
	free(sessions);
	return ret;
}
