/* SPDX-License-Identifier: MIT */
#ifndef DB_LEB128_H
#define DB_LEB128_H
/* Small numbers in few bytes: seven bits a byte, the lowest first; the top bit says that more come.
 */
#include <errno.h>
#include <stdint.h>

#define LEB128_MAX 10 /* bytes of the largest number */

/* Returns: the byte after the number. */
static inline uint8_t *leb128_put(uint8_t *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		*out++ = (uint8_t)(value | 0x80);
	*out++ = (uint8_t)value;
	return out;
}

/* Reads a number at *at and steps over it.  Returns: 0, or -EINVAL when it is not whole. */
static inline int leb128_get(const uint8_t **at, const uint8_t *end, uint64_t *value)
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

#endif
