/* SPDX-License-Identifier: MIT */
#include "viewer/cost.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SAMPLE_NS INT64_C(1000000000)

static int64_t clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

void cost_init(struct cost *cost)
{
	memset(cost, 0, sizeof(*cost));
	cost->cpu = cost->growth = -1;
}

void cost_begin(struct cost *cost)
{
	if (!cost->off)
		cost->begun_ns = clock_of(CLOCK_MONOTONIC);
}

void cost_end(struct cost *cost)
{
	if (cost->off)
		return;
	cost->frame_ns = clock_of(CLOCK_MONOTONIC) - cost->begun_ns;
	cost->frames++;
	if (cost->frame_ns > cost->longest_ns)
		cost->longest_ns = cost->frame_ns;
}

static int64_t resident_bytes(void)
{
	FILE *in = fopen("/proc/self/statm", "r");
	long long size, resident = 0;

	if (!in)
		return 0;
	if (fscanf(in, "%lld %lld", &size, &resident) != 2)
		resident = 0;
	fclose(in);
	return resident * sysconf(_SC_PAGESIZE);
}

void cost_sample(struct cost *cost, uint64_t file_bytes)
{
	int64_t now_ns, cpu_ns, passed_ns;

	if (cost->off)
		return;
	now_ns = clock_of(CLOCK_MONOTONIC);
	passed_ns = now_ns - cost->sampled_ns;
	if (cost->sampled_ns && passed_ns < SAMPLE_NS)
		return;
	cpu_ns = clock_of(CLOCK_PROCESS_CPUTIME_ID);
	if (cost->sampled_ns) {
		cost->cpu = (double)(cpu_ns - cost->cpu_ns) / (double)passed_ns;
		cost->growth =
			((double)file_bytes - (double)cost->file_bytes) * 1e9 / (double)passed_ns;
	}
	cost->memory_bytes = resident_bytes();
	cost->sampled_ns = now_ns;
	cost->cpu_ns = cpu_ns;
	cost->file_bytes = file_bytes;
}
