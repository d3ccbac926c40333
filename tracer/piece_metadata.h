/* SPDX-License-Identifier: MIT */
#ifndef TRACER_PIECE_METADATA_H
#define TRACER_PIECE_METADATA_H
/*
 * The metadata that pieces of a stream are read with (tracer/slot.h): the trace's own, but for
 * fields of rx_take that stand side by side.
 *
 * Babeltrace's time goes by the field, whatever its size.  `frames`, `resources` and `available`
 * are declared as one integer of their 64 bits, PIECE_TAKEN, which says the same of the same bytes:
 * frames in bits 0 to 15, resources in 16 to 31, available in 32 to 63 (tracer/decode.c).
 *
 * Thread:  any.
 */

#define PIECE_TAKEN "frames_resources_available"

/*
 * The metadata of the trace at path, for pieces.
 * Returns: a text to be freed; NULL: it stays as it is, because it is not LTTng's word for word, or
 * big-endian, or for want of memory.
 */
char *piece_metadata(const char *path);

#endif
