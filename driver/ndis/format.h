/* SPDX-License-Identifier: MIT */
#ifndef NDIS_FORMAT_H
#define NDIS_FORMAT_H
/* Formatted text as the kernel's DbgPrint understands it.  Not for drivers. */
#include <stdarg.h>
#include <stddef.h>

/*
 * Writes the text into out[bytes], cut where it must be, always ended by 0.
 *
 * Beyond printf's d i u o x X c s p, with flags, width and precision:
 *	I64, I32, I    before d i u o x X: 64 and 32 bits, and a pointer's width
 *	l, h, hh       32, 16 and 8 bits, as published: a `long` has 32 there; ll, j, z, t as here
 *	ws, ls, S      text of WCHARs; wc, lc, C one; hs, hS bytes
 *	wZ             a UNICODE_STRING, by pointer;  Z, hZ an ANSI_STRING
 * A NULL text or string is "(null)".  Characters beyond ASCII are '?'.  An unknown letter is
 * written as it stands, and takes no argument.
 *
 * Returns: how many bytes of text there are, the ending 0 not counted.
 */
size_t ndis_format(char *out, size_t bytes, const char *format, va_list args);

#endif
