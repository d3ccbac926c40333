/* SPDX-License-Identifier: MIT */
/* Formatted text as the kernel's DbgPrint understands it. */
#include <stdbool.h>
#include <stdio.h>

#include "driver/ndis/format.h"
#include "driver/ndis/ndis_base.h"

enum length { LENGTH_32, LENGTH_8, LENGTH_16, LENGTH_64 };
static_assert(sizeof(PVOID) == 8, "I, z and t have 64 bits");

/* One conversion, as it was written. */
struct spec {
	char flags[8];
	int width;     /* 0: none */
	int precision; /* -1: none */
	enum length length;
	bool is_wide, is_narrow; /* l or w, h: what texts are of */
	char letter;
};

/* Where the text goes. */
struct text {
	char *out;
	size_t used, bytes;
};

/* --- reading a conversion --------------------------------------------------------------------- */

static const char *read_number(const char *at, int *number)
{
	for (*number = 0; *at >= '0' && *at <= '9'; at++) {
		if (*number < 10000)
			*number = *number * 10 + (*at - '0');
	}
	return at;
}

static const char *read_flags(const char *at, struct spec *spec)
{
	size_t n = 0;

	for (; *at != '\0' && strchr("-+ #0", *at) != NULL; at++) {
		if (strchr(spec->flags, *at) == NULL)
			spec->flags[n++] = *at;
	}
	return at;
}

static const char *read_length(const char *at, struct spec *spec)
{
	static const struct {
		const char *name;
		enum length length;
		bool is_wide, is_narrow;
	} lengths[] = {
		{"I64", LENGTH_64, false, false}, {"I32", LENGTH_32, false, false},
		{"I", LENGTH_64, false, false},	  {"ll", LENGTH_64, false, false},
		{"hh", LENGTH_8, false, true},	  {"l", LENGTH_32, true, false},
		{"h", LENGTH_16, false, true},	  {"w", LENGTH_32, true, false},
		{"j", LENGTH_64, false, false},	  {"z", LENGTH_64, false, false},
		{"t", LENGTH_64, false, false},
	};

	for (size_t i = 0; i < ARRAYSIZE(lengths); i++) {
		if (strncmp(at, lengths[i].name, strlen(lengths[i].name)) != 0)
			continue;
		spec->length = lengths[i].length;
		spec->is_wide = lengths[i].is_wide;
		spec->is_narrow = lengths[i].is_narrow;
		return at + strlen(lengths[i].name);
	}
	return at;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void put(struct text *text, char c)
{
	if (text->used + 1 < text->bytes)
		text->out[text->used++] = c;
}

static void put_all(struct text *text, const char *from, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(text, from[i]);
}

/* n characters of a text, cut and filled up as the conversion says. */
static void put_text(struct text *text, const struct spec *spec, const void *from, size_t n,
		     bool is_wide)
{
	const WCHAR *wide = from;
	const char *bytes = from;
	bool left = strchr(spec->flags, '-') != NULL;
	size_t fill;

	if (spec->precision >= 0 && n > (size_t)spec->precision)
		n = (size_t)spec->precision;
	fill = (size_t)spec->width > n ? (size_t)spec->width - n : 0;
	for (size_t i = 0; !left && i < fill; i++)
		put(text, ' ');
	for (size_t i = 0; i < n; i++) {
		if (is_wide)
			put(text, wide[i] < 0x80 ? (char)wide[i] : '?');
		else
			put(text, bytes[i]);
	}
	for (size_t i = 0; left && i < fill; i++)
		put(text, ' ');
}

static void put_null(struct text *text, const struct spec *spec)
{
	put_text(text, spec, "(null)", 6, false);
}

/* How long a text is that ends in 0, at most as long as the precision. */
static size_t length_of(const struct spec *spec, const void *from, bool is_wide)
{
	size_t most = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX;
	size_t n = 0;

	while (n < most && (is_wide ? ((const WCHAR *)from)[n] != 0 : ((const char *)from)[n] != 0))
		n++;
	return n;
}

static void put_string(struct text *text, const struct spec *spec, const void *from, bool is_wide)
{
	if (from == NULL)
		put_null(text, spec);
	else
		put_text(text, spec, from, length_of(spec, from, is_wide), is_wide);
}

/* UNICODE_STRING and ANSI_STRING are laid out alike. */
static void put_counted(struct text *text, const struct spec *spec, const UNICODE_STRING *string,
			bool is_wide)
{
	if (string == NULL || string->Buffer == NULL)
		put_null(text, spec);
	else
		put_text(text, spec, string->Buffer,
			 is_wide ? string->Length / sizeof(WCHAR) : string->Length, is_wide);
}

/* A number of 64 bits, by the C library, which knows the flags. */
static void put_number(struct text *text, const struct spec *spec, uint64_t value)
{
	char format[32], number[128];
	int n;

	if (spec->precision >= 0)
		snprintf(format, sizeof(format), "%%%s%d.%dll%c", spec->flags, spec->width,
			 spec->precision < 100 ? spec->precision : 100, spec->letter);
	else if (spec->width > 0)
		snprintf(format, sizeof(format), "%%%s%dll%c", spec->flags,
			 spec->width < 100 ? spec->width : 100, spec->letter);
	else
		snprintf(format, sizeof(format), "%%%sll%c", spec->flags, spec->letter);
	n = snprintf(number, sizeof(number), format, (unsigned long long)value);
	if (n > 0)
		put_all(text, number, (size_t)n < sizeof(number) ? (size_t)n : sizeof(number) - 1);
}

/* The value that an argument of 32 or 64 bits has in the conversion's length. */
static uint64_t in_length(const struct spec *spec, uint64_t value)
{
	bool is_signed = spec->letter == 'd' || spec->letter == 'i';

	switch (spec->length) {
	case LENGTH_8:
		return is_signed ? (uint64_t)(int64_t)(int8_t)value : (uint8_t)value;
	case LENGTH_16:
		return is_signed ? (uint64_t)(int64_t)(int16_t)value : (uint16_t)value;
	case LENGTH_64:
		return value;
	default:
		return is_signed ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
	}
}

static void put_pointer(struct text *text, const struct spec *spec, uintptr_t value)
{
	struct spec hex = *spec;

	hex.letter = 'X';
	hex.precision = 2 * (int)sizeof(PVOID);
	put_number(text, &hex, value);
}

/* Arguments of a list that several functions read on. */
struct arguments {
	va_list list;
};

/* Returns: false: there is no such conversion. */
static bool put_conversion(struct text *text, struct spec *spec, struct arguments *args)
{
	switch (spec->letter) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		put_number(text, spec,
			   in_length(spec, spec->length == LENGTH_64
						   ? va_arg(args->list, uint64_t)
						   : va_arg(args->list, uint32_t)));
		return true;
	case 'p':
		put_pointer(text, spec, va_arg(args->list, uintptr_t));
		return true;
	case 's':
	case 'S':
		put_string(text, spec, va_arg(args->list, const void *),
			   spec->letter == 'S' ? !spec->is_narrow : spec->is_wide);
		return true;
	case 'Z':
		put_counted(text, spec, va_arg(args->list, const UNICODE_STRING *), spec->is_wide);
		return true;
	case 'c':
	case 'C': {
		WCHAR c = (WCHAR)va_arg(args->list, int);
		bool is_wide = spec->letter == 'C' ? !spec->is_narrow : spec->is_wide;

		put_text(text, spec, is_wide ? (const void *)&c : &(char){(char)c}, 1, is_wide);
		return true;
	}
	default:
		return false;
	}
}

/* at is behind the '%'.  Returns: what follows the conversion. */
static const char *convert(struct text *text, const char *at, struct arguments *args)
{
	struct spec spec = {.precision = -1};
	const char *begin = at;

	at = read_flags(at, &spec);
	if (*at == '*') {
		spec.width = va_arg(args->list, int);
		if (spec.width < 0) {
			spec.width = -spec.width;
			if (strchr(spec.flags, '-') == NULL)
				spec.flags[strlen(spec.flags)] = '-';
		}
		at++;
	} else {
		at = read_number(at, &spec.width);
	}
	if (*at == '.' && at[1] == '*') {
		spec.precision = va_arg(args->list, int);
		at += 2;
	} else if (*at == '.') {
		at = read_number(at + 1, &spec.precision);
	}
	at = read_length(at, &spec);
	spec.letter = *at;
	if (spec.letter == '%') {
		put(text, '%');
		return at + 1;
	}
	if (spec.letter != '\0' && put_conversion(text, &spec, args))
		return at + 1;
	put(text, '%');
	return begin;
}

size_t ndis_format(char *out, size_t bytes, const char *format, va_list args)
{
	struct text text = {.out = out, .bytes = bytes};
	struct arguments arguments;

	if (bytes == 0)
		return 0;
	va_copy(arguments.list, args);
	while (*format != '\0') {
		if (*format == '%')
			format = convert(&text, format + 1, &arguments);
		else
			put(&text, *format++);
	}
	va_end(arguments.list);
	out[text.used] = '\0';
	return text.used;
}
