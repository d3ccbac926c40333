/* SPDX-License-Identifier: MIT */
#include "tracer/reading.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tracer/crew.h"
#include "tracer/cut.h"
#include "tracer/lane.h"
#include "tracer/merge.h"
#include "tracer/owners.h"
#include "tracer/packet.h"
#include "tracer/stream_graph.h"

/* More graphs than this would wait for the one thread that stores. */
#define GRAPHS_MAX 4
struct port {
	const char *name;	   /* the first graph's */
	uint64_t class_, instance; /* of the stream, as the name says; 0 where it does not */
	uint64_t bytes;		   /* of its files */
	unsigned nr_files;
	char file[NAME_MAX + 1]; /* the name of one */
	size_t graph;		 /* which reads it, when it is whole */
	struct cut_piece *pieces;
	size_t nr_pieces; /* 0: it is whole */
};

struct reading {
	struct store *store;
	struct owners *owners;
	struct lanes lanes;
	struct crew *crew;
	struct stream_graph *graphs[GRAPHS_MAX]; /* until they are the crew's */
	size_t nr_graphs;
	unsigned nr_threads;
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

static void add_file(struct port *p, const char *name, uint64_t bytes)
{
	p->bytes += bytes;
	p->nr_files++;
	snprintf(p->file, sizeof(p->file), "%s", name);
}

/* Adds a stream file's size to its port, which its first packet's head names. */
static void weigh_file(struct reading *r, int dir, const char *name)
{
	struct packet_head head;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    read(fd, &head, sizeof(head)) == sizeof(head) && head.magic == PACKET_MAGIC)
		for (size_t i = 0; i < r->nr_ports; i++)
			if (r->ports[i].class_ == head.stream_id &&
			    r->ports[i].instance == head.stream_instance_id)
				add_file(&r->ports[i], name, (uint64_t)st.st_size);
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
		if (!r->ports[i].nr_pieces && r->ports[i].graph == GRAPHS_MAX &&
		    (!best || r->ports[i].bytes > best->bytes))
			best = &r->ports[i];
	return best;
}

static void count_threads(struct reading *r)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	r->nr_threads = processors > GRAPHS_MAX ? GRAPHS_MAX
			: processors > 1	? (unsigned)processors
						: 1;
}

/* A stream whose files are several is whole: what lies between them is Babeltrace's to say. */
static void cut_ports(struct reading *r, const char *dir, uint64_t piece_bytes)
{
	for (size_t i = 0; i < r->nr_ports; i++) {
		struct port *p = &r->ports[i];

		if (p->nr_files == 1 && p->bytes >= 2 * piece_bytes)
			p->nr_pieces = cut_stream(dir, p->file, piece_bytes, &p->pieces);
	}
}

/* The heaviest stream first, each to whom has the least to read. */
static void share_out(struct reading *r)
{
	uint64_t load[GRAPHS_MAX] = {0};
	size_t nr_whole = 0;
	struct port *p;

	for (size_t i = 0; i < r->nr_ports; i++)
		nr_whole += !r->ports[i].nr_pieces;
	r->nr_graphs = r->nr_threads < nr_whole ? r->nr_threads : nr_whole;
	r->nr_graphs = r->nr_graphs ? r->nr_graphs : 1;
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

static size_t nr_lanes(const struct reading *r)
{
	size_t nr = 0;

	for (size_t i = 0; i < r->nr_ports; i++)
		nr += r->ports[i].nr_pieces ? r->ports[i].nr_pieces : 1;
	return nr;
}

/* Gives each stream its lanes, in their order, and to each lane what fills it. */
static int fill_lanes(struct reading *r, struct db_error *err)
{
	struct lane *lane = r->lanes.list;
	int ret = 0;

	for (size_t i = 0; !ret && i < r->nr_ports; i++) {
		struct port *p = &r->ports[i];

		if (!p->nr_pieces)
			ret = stream_graph_want(r->graphs[p->graph], p->name, lane++, r->owners,
						&r->foreign, err);
		for (size_t k = 0; !ret && k < p->nr_pieces; k++) {
			lane->follows = k > 0;
			ret = crew_add_piece(r->crew, p->file, &p->pieces[k], lane++);
		}
	}
	return ret;
}

static int open_graphs(struct reading *r, const char *const *dirs, size_t nr,
		       const struct reading_cut *cut, struct db_error *err)
{
	struct crew_options options = {dirs[0], cut ? cut->scratch : NULL, &r->lanes, r->owners,
				       &r->foreign};
	int ret = stream_graph_open(dirs, nr, &r->graphs[0], err);

	if (ret)
		return ret;
	snprintf(err->text, sizeof(err->text), "out of memory");
	if (list_ports(r))
		return -EIO;
	for (size_t i = 0; i < nr; i++)
		weigh(r, dirs[i]);
	count_threads(r);
	if (cut && nr == 1)
		cut_ports(r, dirs[0], cut->piece_bytes);
	share_out(r);
	r->crew = crew_create(&options);
	if (!r->crew || lanes_init(&r->lanes, nr_lanes(r) + 1))
		return -EIO;
	r->lanes.nr--;
	for (size_t g = 1; !ret && g < r->nr_graphs; g++)
		ret = stream_graph_open(dirs, nr, &r->graphs[g], err);
	if (!ret)
		ret = fill_lanes(r, err);
	for (size_t g = 0; !ret && g < r->nr_graphs; g++) {
		if (!stream_graph_reads_any(r->graphs[g]))
			continue;
		ret = crew_add_graph(r->crew, r->graphs[g]);
		r->graphs[g] = NULL;
	}
	return ret ? -EIO : 0;
}

int reading_open(struct store *store, const char *const *dirs, size_t nr,
		 const struct reading_cut *cut, struct reading **out, struct db_error *err)
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
	ret = open_graphs(r, dirs, nr, cut, err);
	if (ret)
		reading_close(r);
	else
		*out = r;
	return ret;
}

void reading_keep(struct reading *r, uint64_t from_cycles, uint64_t to_cycles)
{
	crew_keep(r->crew, from_cycles, to_cycles);
}

int reading_run(struct reading *r, struct db_error *err)
{
	int ret = r->nr_ports ? crew_start(r->crew, r->nr_threads, err) : 0;

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
	crew_destroy(r->crew);
	for (size_t g = 0; g < GRAPHS_MAX; g++)
		stream_graph_close(r->graphs[g]);
	/* It waits for what the store still has. */
	store_hurry(r->store);
	lanes_release(&r->lanes);
	owners_destroy(r->owners);
	for (size_t i = 0; i < r->nr_ports; i++)
		free(r->ports[i].pieces);
	free(r->ports);
	free(r);
}
