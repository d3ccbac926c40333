/* SPDX-License-Identifier: MIT */
#include "tracer/reading.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/lane.h"
#include "tracer/merge.h"
#include "tracer/owners.h"
#include "tracer/stream_graph.h"

/* More graphs than this would wait for the one thread that stores. */
#define GRAPHS_MAX 4
/* CTF 1.8: a packet begins with this magic. */
#define PACKET_MAGIC 0xc1fc1fc1u

struct port {
	const char *name;	   /* the first graph's */
	uint64_t class_, instance; /* of the stream, as the name says; 0 where it does not */
	uint64_t bytes;		   /* of its files */
	size_t graph;		   /* which reads it */
};

struct reading {
	struct store *store;
	struct owners *owners;
	struct lanes lanes;
	struct stream_graph *graphs[GRAPHS_MAX];
	size_t nr_graphs;
	struct port *ports;
	size_t nr_ports;
	atomic_ullong events, foreign;
};

/* --- which graph reads what ------------------------------------------------------------------ */

/* Babeltrace names a port "TRACE | CLASS | INSTANCE". */
static void parse_name(struct port *p)
{
	const char *instance = strrchr(p->name, '|'), *class = instance;

	while (class && class > p->name && *--class != '|')
		;
	if (class && *class == '|') {
		p->class_ = strtoull(class + 1, NULL, 10);
		p->instance = strtoull(instance + 1, NULL, 10);
	}
}

/* Adds a stream file's size to its port, which its first packet's head names. */
static void weigh_file(struct reading *r, int dir, const char *name)
{
	struct {
		uint32_t magic;
		unsigned char uuid[16];
		uint32_t class_;
		uint64_t instance;
	} head;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	_Static_assert(sizeof(head) == 32, "the head of LTTng's packets");
	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    read(fd, &head, sizeof(head)) == sizeof(head) && head.magic == PACKET_MAGIC)
		for (size_t i = 0; i < r->nr_ports; i++)
			if (r->ports[i].class_ == head.class_ &&
			    r->ports[i].instance == head.instance)
				r->ports[i].bytes += (uint64_t)st.st_size;
	close(fd);
}

static void weigh(struct reading *r, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			weigh_file(r, dirfd(dir), entry->d_name);
	if (dir)
		closedir(dir);
}

/* In the order that Babeltrace's muxer gives to messages of the same time. */
static int by_stream(const void *a, const void *b)
{
	const struct port *x = a, *y = b;

	if (x->class_ != y->class_)
		return x->class_ < y->class_ ? -1 : 1;
	if (x->instance != y->instance)
		return x->instance < y->instance ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct port *heaviest_left(struct reading *r)
{
	struct port *best = NULL;

	for (size_t i = 0; i < r->nr_ports; i++)
		if (r->ports[i].graph == GRAPHS_MAX && (!best || r->ports[i].bytes > best->bytes))
			best = &r->ports[i];
	return best;
}

/* The heaviest stream first, each to whom has the least to read. */
static void share_out(struct reading *r)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t load[GRAPHS_MAX] = {0};
	struct port *p;

	r->nr_graphs = processors > GRAPHS_MAX ? GRAPHS_MAX
		       : processors > 1	       ? (size_t)processors
					       : 1;
	if (r->nr_graphs > r->nr_ports)
		r->nr_graphs = r->nr_ports ? r->nr_ports : 1;
	while ((p = heaviest_left(r))) {
		p->graph = 0;
		for (size_t g = 1; g < r->nr_graphs; g++)
			if (load[g] < load[p->graph])
				p->graph = g;
		load[p->graph] += p->bytes + 1;
	}
}

static int list_ports(struct reading *r)
{
	const char *name;

	while ((name = stream_graph_port(r->graphs[0], r->nr_ports))) {
		struct port *more = realloc(r->ports, (r->nr_ports + 1) * sizeof(*more));

		if (!more)
			return -ENOMEM;
		r->ports = more;
		r->ports[r->nr_ports] = (struct port){.name = name, .graph = GRAPHS_MAX};
		parse_name(&r->ports[r->nr_ports++]);
	}
	if (r->nr_ports)
		qsort(r->ports, r->nr_ports, sizeof(*r->ports), by_stream);
	return 0;
}

/* --- from outside ---------------------------------------------------------------------------- */

static int open_graphs(struct reading *r, const char *const *dirs, size_t nr, struct db_error *err)
{
	int ret = stream_graph_open(dirs, nr, &r->graphs[0], err);

	if (ret)
		return ret;
	snprintf(err->text, sizeof(err->text), "out of memory");
	if (list_ports(r) || lanes_init(&r->lanes, r->nr_ports + 1))
		return -EIO;
	r->lanes.nr = r->nr_ports;
	for (size_t i = 0; i < nr; i++)
		weigh(r, dirs[i]);
	share_out(r);
	for (size_t g = 1; !ret && g < r->nr_graphs; g++)
		ret = stream_graph_open(dirs, nr, &r->graphs[g], err);
	for (size_t i = 0; !ret && i < r->nr_ports; i++)
		ret = stream_graph_want(r->graphs[r->ports[i].graph], r->ports[i].name,
					&r->lanes.list[i], r->owners, &r->foreign, err);
	return ret;
}

int reading_open(struct store *store, const char *const *dirs, size_t nr, struct reading **out,
		 struct db_error *err)
{
	struct reading *r = calloc(1, sizeof(*r));
	int ret = -EIO;

	*out = NULL;
	if (r)
		r->owners = owners_create(store, dirs[0]);
	if (!r || !r->owners) {
		snprintf(err->text, sizeof(err->text), "out of memory");
		free(r);
		return -EIO;
	}
	r->store = store;
	ret = open_graphs(r, dirs, nr, err);
	if (ret)
		reading_close(r);
	else
		*out = r;
	return ret;
}

void reading_keep(struct reading *r, uint64_t from_cycles, uint64_t to_cycles)
{
	for (size_t g = 0; g < r->nr_graphs; g++)
		stream_graph_keep(r->graphs[g], from_cycles, to_cycles);
}

int reading_run(struct reading *r, struct db_error *err)
{
	int ret = 0;

	for (size_t g = 0; !ret && r->nr_ports && g < r->nr_graphs; g++)
		ret = stream_graph_start(r->graphs[g], &r->lanes, err);
	if (!ret)
		ret = merge_lanes(&r->lanes, r->owners, r->store, &r->events, err);
	lanes_stop(&r->lanes);
	return ret;
}

void reading_lost_rest(struct reading *r)
{
	store_loss(r->store, owners_any(r->owners), -1, 0, 0, 0, "truncated");
}

void reading_cancel(struct reading *r)
{
	lanes_stop(&r->lanes);
}

void reading_progress(struct reading *r, uint64_t *events, uint64_t *foreign)
{
	*events = atomic_load_explicit(&r->events, memory_order_relaxed);
	*foreign = atomic_load_explicit(&r->foreign, memory_order_relaxed);
}

void reading_close(struct reading *r)
{
	if (!r)
		return;
	if (r->lanes.list)
		lanes_stop(&r->lanes);
	for (size_t g = 0; g < GRAPHS_MAX; g++)
		stream_graph_close(r->graphs[g]);
	lanes_release(&r->lanes);
	owners_destroy(r->owners);
	free(r->ports);
	free(r);
}
