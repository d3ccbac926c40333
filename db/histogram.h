/* SPDX-License-Identifier: MIT */
#ifndef DB_HISTOGRAM_H
#define DB_HISTOGRAM_H
/*
 * A log-linear histogram of durations in ns: 64 bins to each power of two, so that a quantile read
 * from it is within 1 % (1/128 of the value at most) of the exact one.  Values below 128 ns are
 * exact; above 2^47 ns (39 hours) they fall into the last bin.  The largest value is kept exactly.
 */
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BINS 2688
/* A bin costs at most 2 bytes for how many empty ones precede it and 10 for its count. */
#define HISTOGRAM_ENCODED_MAX ((size_t)HISTOGRAM_BINS * 12)

struct histogram {
	uint64_t count;
	int64_t max_ns;
	uint32_t low, high; /* no bin outside [low, high] is used; low > high when all are empty */
	uint64_t bins[HISTOGRAM_BINS];
};

void histogram_init(struct histogram *h);
void histogram_add(struct histogram *h, int64_t value_ns); /* below 0 counts as 0 */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The smallest value that at least count * permille / 1000 values do not exceed; 0 when empty. */
int64_t histogram_quantile(const struct histogram *h, unsigned permille);
/* The same with ten thousandths: 9999 is p99.99. */
int64_t histogram_quantile_fine(const struct histogram *h, unsigned per_10000);

/*
 * The counts in nr columns that are equally wide on a logarithmic axis from low_ns to high_ns (both
 * at least 1): what a bar chart shows.  A bin that is wider than a column is shared out among those
 * that it lies in; what is outside the axis counts in the first or the last column.
 */
void histogram_columns(const struct histogram *h, double low_ns, double high_ns, size_t nr,
		       double *out);

/*
 * Adds the counts to coarser cells, four to a power of two: cell 4 o + f has the values from
 * (4 + f) / 4 * 2^o to below (5 + f) / 4 * 2^o; 0 is in cell 0.
 */
#define HISTOGRAM_CELLS 188
void histogram_cells(const struct histogram *h, uint32_t cells[HISTOGRAM_CELLS]);

/*
 * The used bins as pairs of LEB128 numbers: how many bins were skipped since the last pair, then
 * the bin's count.  Returns: bytes written to out, which has room for HISTOGRAM_ENCODED_MAX.
 */
size_t histogram_encode(const struct histogram *h, uint8_t *out);

/* Adds encoded bins and their largest value to h.  Returns: 0, or -EINVAL when they are not whole.
 */
int histogram_decode(struct histogram *h, const void *bytes, size_t nr_bytes, int64_t max_ns);

#endif
