/* SPDX-License-Identifier: MIT */
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/spec/spec.h"

/* Where the parser stands, and where it complains. */
struct cursor {
	const char *start, *at;
	char *why;
	bool part; /* a '+' and a letter are an end, too */
};

static int fail(const struct cursor *c, const char *format, ...)
{
	va_list args;
	int used = snprintf(c->why, SPEC_WHY_BYTES,
			    "at position %td of '%.60s': ", c->at - c->start + 1, c->start);

	va_start(args, format);
	if (used > 0 && used < SPEC_WHY_BYTES)
		vsnprintf(c->why + used, SPEC_WHY_BYTES - (size_t)used, format, args);
	va_end(args);
	return -EINVAL;
}

/* The word at p: letters, digits, '-' and '_'. */
static size_t word_length(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || p[n] == '-' || p[n] == '_')
		n++;
	return n;
}

static bool is_word(const char *p, size_t n, const char *name)
{
	return strlen(name) == n && memcmp(p, name, n) == 0;
}

static int read_suffix(struct cursor *c, enum spec_unit unit, double *factor)
{
	static const struct {
		const char *name;
		enum spec_unit unit;
		double factor;
	} suffixes[] = {
		{"ns", SPEC_DURATION, 1},  {"us", SPEC_DURATION, 1e3}, {"ms", SPEC_DURATION, 1e6},
		{"s", SPEC_DURATION, 1e9}, {"m", SPEC_DURATION, 60e9}, {"h", SPEC_DURATION, 3600e9},
		{"k", SPEC_NUMBER, 1e3},   {"M", SPEC_NUMBER, 1e6},    {"G", SPEC_NUMBER, 1e9},
		{"", SPEC_NUMBER, 1},	   {"", SPEC_PROBABILITY, 1},
	};
	size_t n = word_length(c->at);

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		if (suffixes[i].unit == unit && is_word(c->at, n, suffixes[i].name)) {
			*factor = suffixes[i].factor;
			c->at += n;
			return 0;
		}
	}
	if (unit == SPEC_DURATION)
		return fail(c, "a duration needs a unit: ns, us, ms, s, m or h");
	return fail(c, "unknown suffix '%.*s'%s", (int)n, c->at,
		    unit == SPEC_NUMBER ? " (k, M and G are known)" : "");
}

static int read_value(struct cursor *c, enum spec_unit unit, double *value)
{
	struct cursor begin = *c;
	double factor = 1;
	char *end;

	/* strtod would take hexadecimal, infinities and signs, none of which means anything here.
	 */
	if (!isdigit((unsigned char)c->at[0]) && c->at[0] != '.')
		return fail(c, "a number is wanted here");
	if (c->at[0] == '0' && (c->at[1] == 'x' || c->at[1] == 'X'))
		return fail(c, "a decimal number is wanted here");
	*value = strtod(c->at, &end);
	if (end == c->at)
		return fail(c, "a number is wanted here");
	c->at = end;
	if (read_suffix(c, unit, &factor) != 0)
		return -EINVAL;
	*value *= factor;
	if (unit == SPEC_PROBABILITY && *value > 1)
		return fail(&begin, "a probability lies between 0 and 1");
	if (!isfinite(*value) || *value > 9e18)
		return fail(&begin, "the number is too large");
	return 0;
}

/* One letter more of the text in spec; the NUL follows at its end. */
static int add_letter(const struct cursor *c, struct spec *spec, char letter)
{
	if (spec->text_bytes >= SPEC_TEXT_BYTES - 1)
		return fail(c, "the text is too long (%d bytes are taken)", SPEC_TEXT_BYTES - 1);
	spec->texts[spec->text_bytes++] = letter;
	return 0;
}

static int read_quoted(struct cursor *c, struct spec *out)
{
	struct cursor begin = *c;

	for (c->at++; *c->at != '"'; c->at++) {
		if (*c->at == '\\' && (c->at[1] == '"' || c->at[1] == '\\'))
			c->at++;
		if (*c->at == '\0')
			return fail(&begin, "the quotation has no end");
		if (add_letter(&begin, out, *c->at) != 0)
			return -EINVAL;
	}
	c->at++;
	return 0;
}

static int read_text(struct cursor *c, struct spec *out, int key)
{
	struct cursor begin = *c;

	out->text_at[key] = out->text_bytes;
	if (*c->at == '"') {
		if (read_quoted(c, out) != 0)
			return -EINVAL;
	} else {
		for (; *c->at != ',' && *c->at != '\0'; c->at++) {
			if (add_letter(&begin, out, *c->at) != 0)
				return -EINVAL;
		}
	}
	if (out->text_bytes == out->text_at[key])
		return fail(&begin, "a text is wanted here");
	out->texts[out->text_bytes++] = '\0';
	return 0;
}

static int unknown_name(const struct cursor *c, size_t n, const struct spec_name *names)
{
	char known[128] = "";

	for (const struct spec_name *name = names; name->name != NULL; name++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", name > names ? ", " : "",
			 name->name);
	}
	return fail(c, "'%.*s' is none of: %s", (int)n, c->at, known);
}

/* 0x and up to eight hexadecimal digits. */
static bool is_hex(const char *p, size_t n)
{
	return n > 2 && n <= 10 && p[0] == '0' && p[1] == 'x' &&
	       strspn(p + 2, "0123456789abcdefABCDEF") >= n - 2;
}

static int read_name(struct cursor *c, const struct spec_name *names, double *value)
{
	size_t n = word_length(c->at);

	for (const struct spec_name *name = names; name->name != NULL; name++) {
		bool hex = strcmp(name->name, SPEC_HEX) == 0 && is_hex(c->at, n);

		if (!hex && !is_word(c->at, n, name->name))
			continue;
		*value = hex ? (double)strtoul(c->at, NULL, 16) : name->value;
		c->at += n;
		return 0;
	}
	return unknown_name(c, n, names);
}

static int read_key(struct cursor *c, const struct spec_key *key, int index, struct spec *out)
{
	size_t n = word_length(c->at);

	if (key->unit == SPEC_TEXT)
		return read_text(c, out, index);
	if (key->unit == SPEC_NAME)
		return read_name(c, key->names, &out->value[index]);
	if (key->word != NULL && is_word(c->at, n, key->word)) {
		c->at += n;
		out->value[index] = SPEC_WORD;
		return 0;
	}
	if (key->word != NULL && !isdigit((unsigned char)*c->at) && *c->at != '.')
		return fail(c, "a number or '%s' is wanted here", key->word);
	return read_value(c, key->unit, &out->value[index]);
}

static int unknown_key(const struct cursor *c, size_t n, const struct spec_kind *kind)
{
	char known[128] = "";

	for (int i = 0; i < SPEC_MAX_KEYS && kind->keys[i].name != NULL; i++) {
		size_t used = strlen(known);

		snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
			 kind->keys[i].name);
	}
	return fail(c, "%s has no key '%.*s' (it has %s)", kind->name, (int)n, c->at, known);
}

static int find_key(struct cursor *c, size_t n, const struct spec_kind *kind)
{
	for (int i = 0; i < SPEC_MAX_KEYS && kind->keys[i].name != NULL; i++) {
		if (is_word(c->at, n, kind->keys[i].name))
			return i;
	}
	return unknown_key(c, n, kind);
}

/* key=value, or a value alone in first place, which is the first key's. */
static int read_pair(struct cursor *c, const struct spec_kind *kind, bool first, struct spec *out)
{
	size_t n = word_length(c->at);
	int key = 0;

	if (c->at[n] == '=') {
		key = find_key(c, n, kind);
		if (key < 0)
			return key;
		if (out->given[key])
			return fail(c, "'%s' is given twice", kind->keys[key].name);
		c->at += n + 1;
	} else if (!first) {
		return fail(c, "key=value is wanted here");
	}
	out->given[key] = true;
	return read_key(c, &kind->keys[key], key, out);
}

static bool is_end(const struct cursor *c)
{
	return *c->at == '\0' || (c->part && *c->at == '+' && isalpha((unsigned char)c->at[1]));
}

static int read_pairs(struct cursor *c, const struct spec_kind *kind, struct spec *out)
{
	bool first = true;

	if (is_end(c))
		return 0;
	if (*c->at != ':')
		return fail(c, "':' is wanted after '%s'", kind->name);
	do {
		c->at++;
		if (read_pair(c, kind, first, out) != 0)
			return -EINVAL;
		first = false;
	} while (*c->at == ',');
	return is_end(c) ? 0 : fail(c, "',' or the end is wanted here");
}

static int fill_in(const struct cursor *c, const struct spec_kind *kind, struct spec *out)
{
	for (int i = 0; i < SPEC_MAX_KEYS && kind->keys[i].name != NULL; i++) {
		if (out->given[i])
			continue;
		if (kind->keys[i].required)
			return fail(c, "%s needs %s=", kind->name, kind->keys[i].name);
		out->value[i] = kind->keys[i].otherwise;
	}
	return 0;
}

static int find_kind(struct cursor *c, const struct spec_kind *kinds, size_t nr_kinds)
{
	size_t n = word_length(c->at);
	char known[160] = "";

	for (size_t i = 0; i < nr_kinds; i++) {
		size_t used = strlen(known);

		if (is_word(c->at, n, kinds[i].name)) {
			c->at += n;
			return (int)i;
		}
		snprintf(known + used, sizeof(known) - used, "%s%s", i > 0 ? ", " : "",
			 kinds[i].name);
	}
	return fail(c, "unknown kind '%.*s' (known: %s)", (int)n, c->at, known);
}

static int parse(struct cursor *c, const struct spec_kind *kinds, size_t nr_kinds, struct spec *out)
{
	int kind = find_kind(c, kinds, nr_kinds);

	memset(out, 0, sizeof(*out));
	if (kind < 0)
		return kind;
	out->kind = (unsigned int)kind;
	if (read_pairs(c, &kinds[kind], out) != 0)
		return -EINVAL;
	return fill_in(c, &kinds[kind], out);
}

int spec_parse(const char *text, const struct spec_kind *kinds, size_t nr_kinds, struct spec *out,
	       char why[SPEC_WHY_BYTES])
{
	return spec_parse_from(text, 0, kinds, nr_kinds, out, why);
}

int spec_parse_from(const char *text, size_t from, const struct spec_kind *kinds, size_t nr_kinds,
		    struct spec *out, char why[SPEC_WHY_BYTES])
{
	struct cursor c = {.start = text, .at = text + from};

	c.why = why;
	return parse(&c, kinds, nr_kinds, out);
}

int spec_parse_part(const char *text, size_t *from, const struct spec_kind *kinds, size_t nr_kinds,
		    struct spec *out, char why[SPEC_WHY_BYTES])
{
	struct cursor c = {.start = text, .at = text + *from, .part = true};

	c.why = why;
	if (parse(&c, kinds, nr_kinds, out) != 0)
		return -EINVAL;
	*from = (size_t)(c.at - text);
	return 0;
}

const char *spec_text(const struct spec *spec, unsigned int key)
{
	return spec->given[key] ? spec->texts + spec->text_at[key] : "";
}

int spec_value(const char *text, enum spec_unit unit, double *value, char why[SPEC_WHY_BYTES])
{
	struct cursor c = {.start = text, .at = text};

	c.why = why;
	if (read_value(&c, unit, value) != 0)
		return -EINVAL;
	return *c.at == '\0' ? 0 : fail(&c, "the number should end here");
}
