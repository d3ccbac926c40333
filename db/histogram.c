/* SPDX-License-Identifier: MIT */
#include "db/histogram.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "db/leb128.h"

#define SUB_BITS  6 /* 64 bins to a power of two */
#define VALUE_MAX ((INT64_C(1) << 47) - 1)

void histogram_init(struct histogram *h)
{
	memset(h, 0, sizeof(*h));
	h->low = HISTOGRAM_BINS;
}

static uint32_t bin_of(int64_t value_ns)
{
	uint64_t v = value_ns < 0 ? 0 : value_ns > VALUE_MAX ? VALUE_MAX : (uint64_t)value_ns;
	unsigned shift = v < 128 ? 0 : 63u - (unsigned)__builtin_clzll(v) - SUB_BITS;

	return (shift << SUB_BITS) + (uint32_t)(v >> shift);
}

static int64_t bin_width(uint32_t bin)
{
	return INT64_C(1) << (bin < 128 ? 0 : (bin >> SUB_BITS) - 1);
}

static int64_t bin_first(uint32_t bin)
{
	unsigned shift = bin < 128 ? 0 : (bin >> SUB_BITS) - 1;

	return (int64_t)(bin - (shift << SUB_BITS)) << shift;
}

/* The value in the middle of a bin; the inverse of bin_of() to within half a bin. */
static int64_t bin_middle(uint32_t bin)
{
	return bin_first(bin) + (bin_width(bin) >> 1);
}

static void widen(struct histogram *h, uint32_t low, uint32_t high)
{
	if (low < h->low)
		h->low = low;
	if (high > h->high)
		h->high = high;
}

void histogram_add(struct histogram *h, int64_t value_ns)
{
	uint32_t bin = bin_of(value_ns);

	h->bins[bin]++;
	h->count++;
	widen(h, bin, bin);
	if (value_ns > h->max_ns)
		h->max_ns = value_ns;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	if (!from->count)
		return;
	for (uint32_t bin = from->low; bin <= from->high; bin++)
		into->bins[bin] += from->bins[bin];
	into->count += from->count;
	widen(into, from->low, from->high);
	if (from->max_ns > into->max_ns)
		into->max_ns = from->max_ns;
}

/* The value of a rank: the smallest that so many values do not exceed. */
static int64_t value_at(const struct histogram *h, uint64_t rank)
{
	uint64_t seen = 0;

	if (!h->count)
		return 0;
	for (uint32_t bin = h->low; bin <= h->high; bin++) {
		seen += h->bins[bin];
		if (seen >= rank && seen)
			return bin_middle(bin) < h->max_ns ? bin_middle(bin) : h->max_ns;
	}
	return h->max_ns;
}

static uint32_t cell_of(uint64_t value)
{
	unsigned octave = value ? 63u - (unsigned)__builtin_clzll(value) : 0;

	return 4 * octave + (uint32_t)((value << 2) >> octave & 3);
}

void histogram_cells(const struct histogram *h, uint32_t cells[HISTOGRAM_CELLS])
{
	for (uint32_t bin = h->low; h->count && bin <= h->high; bin++) {
		uint32_t *cell = &cells[cell_of((uint64_t)bin_middle(bin))];
		uint64_t sum = *cell + h->bins[bin];

		*cell = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
	}
}

/* Part of the count, rounded up, without overflow at any count. */
static uint64_t rank_of(uint64_t count, unsigned part, unsigned whole)
{
	return count / whole * part + (count % whole * part + whole - 1) / whole;
}

int64_t histogram_quantile(const struct histogram *h, unsigned permille)
{
	return value_at(h, rank_of(h->count, permille, 1000));
}

int64_t histogram_quantile_fine(const struct histogram *h, unsigned per_10000)
{
	return value_at(h, rank_of(h->count, per_10000, 10000));
}

/* Shares a bin's count out among the columns from place `from` to place `to`, in columns. */
static void share(double from, double to, double count, size_t nr, double *out)
{
	double last = (double)nr;

	/* Within a column or hardly across its border, it is one column's: counts stay whole. */
	if (to - from <= 1)
		from = to = (from + to) / 2;
	from = from < 0 ? 0 : from >= last ? last - 0.5 : from;
	to = to <= from ? from + 1e-6 : to > last ? last : to;
	for (size_t i = (size_t)from; i < nr && (double)i < to; i++) {
		double left = from > (double)i ? from : (double)i;
		double right = to < (double)i + 1 ? to : (double)i + 1;

		out[i] += count * (right - left) / (to - from);
	}
}

void histogram_columns(const struct histogram *h, double low_ns, double high_ns, size_t nr,
		       double *out)
{
	double per_e = (double)nr / log(high_ns / low_ns);

	memset(out, 0, nr * sizeof(*out));
	for (uint32_t bin = h->low; h->count && nr && bin <= h->high; bin++) {
		double first = (double)bin_first(bin), end = first + (double)bin_width(bin);

		if (!h->bins[bin])
			continue;
		/* A bin of whole ns is the values up to the next one. */
		share(log((first < 1 ? 1 : first) / low_ns) * per_e, log(end / low_ns) * per_e,
		      (double)h->bins[bin], nr, out);
	}
}

size_t histogram_encode(const struct histogram *h, uint8_t *out)
{
	uint8_t *at = out;
	uint32_t next = 0;

	for (uint32_t bin = h->low; h->count && bin <= h->high; bin++) {
		if (!h->bins[bin])
			continue;
		at = leb128_put(at, bin - next);
		at = leb128_put(at, h->bins[bin]);
		next = bin + 1;
	}
	return (size_t)(at - out);
}

int histogram_decode(struct histogram *h, const void *bytes, size_t nr_bytes, int64_t max_ns)
{
	const uint8_t *at = bytes, *end = at + nr_bytes;
	uint64_t bin = 0, skip, count;

	while (at < end) {
		if (leb128_get(&at, end, &skip) || leb128_get(&at, end, &count))
			return -EINVAL;
		if (skip >= HISTOGRAM_BINS || bin + skip >= HISTOGRAM_BINS)
			return -EINVAL;
		bin += skip;
		h->bins[bin] += count;
		h->count += count;
		widen(h, (uint32_t)bin, (uint32_t)bin);
		bin++;
	}
	if (max_ns > h->max_ns)
		h->max_ns = max_ns;
	return 0;
}
