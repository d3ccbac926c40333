/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_COST_H
#define VIEWER_COST_H
/*
 * What the viewer itself costs: time of a screen (queries and drawing, not the terminal), processor
 * and memory of this process.  In `demo` and `record` it is the recorder's process, too.
 */
#include <stdbool.h>
#include <stdint.h>

struct cost {
	bool off; /* nothing is measured: screens of scripts are the same each time */
	int64_t begun_ns;
	int64_t frame_ns, longest_ns; /* the last screen, and the longest so far */
	uint64_t frames;
	int64_t sampled_ns, cpu_ns; /* when the processor time was looked at, and what it was */
	double cpu;		    /* share of a core since then; -1: not known yet */
	int64_t memory_bytes;	    /* resident; 0: not known */
	uint64_t file_bytes;	    /* of the recording then */
	double growth;		    /* bytes a second since then; -1: not known yet */
};

void cost_init(struct cost *cost);
/* Around a screen. */
void cost_begin(struct cost *cost);
void cost_end(struct cost *cost);
/* Looks at the process about once a second; file_bytes: how large the recording is. */
void cost_sample(struct cost *cost, uint64_t file_bytes);

#endif
