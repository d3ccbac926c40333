/* SPDX-License-Identifier: MIT */
#include "db/histogram.h"

#include <errno.h>
#include <string.h>

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

/* The value in the middle of a bin; the inverse of bin_of() to within half a bin. */
static int64_t bin_middle(uint32_t bin)
{
	unsigned shift = bin < 128 ? 0 : (bin >> SUB_BITS) - 1;
	int64_t first = (int64_t)(bin - (shift << SUB_BITS)) << shift;

	return first + ((INT64_C(1) << shift) >> 1);
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

int64_t histogram_quantile(const struct histogram *h, unsigned permille)
{
	/* The rank, rounded up, without overflow at any count. */
	uint64_t rank = h->count / 1000 * permille + (h->count % 1000 * permille + 999) / 1000;
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

static uint8_t *put_number(uint8_t *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = (uint8_t)(value | 0x80);
	*out++ = (uint8_t)value;
	return out;
}

size_t histogram_encode(const struct histogram *h, uint8_t *out)
{
	uint8_t *at = out;
	uint32_t next = 0;

	for (uint32_t bin = h->low; h->count && bin <= h->high; bin++) {
		if (!h->bins[bin])
			continue;
		at = put_number(at, bin - next);
		at = put_number(at, h->bins[bin]);
		next = bin + 1;
	}
	return (size_t)(at - out);
}

static int get_number(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64 && *at < end; shift += 7) {
		uint8_t byte = *(*at)++;

		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return 0;
	}
	return -EINVAL;
}

int histogram_decode(struct histogram *h, const void *bytes, size_t nr_bytes, int64_t max_ns)
{
	const uint8_t *at = bytes, *end = at + nr_bytes;
	uint64_t bin = 0, skip, count;

	while (at < end) {
		if (get_number(&at, end, &skip) || get_number(&at, end, &count))
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
