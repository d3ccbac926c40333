/* SPDX-License-Identifier: MIT */
#include "cli/text.h"

#include <stdio.h>
#include <time.h>

/* A few short texts can be formatted in one printf. */
#define TEXTS	   8
#define TEXT_BYTES 128

static char *next_text(void)
{
	static char texts[TEXTS][TEXT_BYTES];
	static unsigned next;

	return texts[next++ % TEXTS];
}

const char *text_duration(int64_t ns)
{
	static const struct {
		double ns;
		const char *unit;
	} units[] = {{3600e9, "h"}, {60e9, "min"}, {1e9, "s"}, {1e6, "ms"}, {1e3, "us"}};
	char *text = next_text();

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		double value = (double)ns / units[i].ns;

		if (value < 1)
			continue;
		snprintf(text, TEXT_BYTES, "%.*f %s",
			 value < 10    ? 2
			 : value < 100 ? 1
				       : 0,
			 value, units[i].unit);
		return text;
	}
	snprintf(text, TEXT_BYTES, "%lld ns", (long long)ns);
	return text;
}

const char *text_moment(int64_t ns)
{
	char *text = next_text();
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm utc;

	if (!gmtime_r(&seconds, &utc) || !strftime(text, TEXT_BYTES, "%Y-%m-%d %H:%M:%S UTC", &utc))
		snprintf(text, TEXT_BYTES, "?");
	return text;
}

const char *text_printable(const char *name)
{
	char *text = next_text();

	snprintf(text, TEXT_BYTES, "%s", name);
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return text;
}

const char *text_plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

const char *text_since(int64_t ns, int64_t start_ns)
{
	char *text = next_text();
	/* Of a damaged file the difference may be anything: computed without overflow. */
	uint64_t apart = ns < start_ns ? (uint64_t)start_ns - (uint64_t)ns
				       : (uint64_t)ns - (uint64_t)start_ns;

	snprintf(text, TEXT_BYTES, "%c%llu.%09llu s", ns < start_ns ? '-' : '+',
		 (unsigned long long)(apart / 1000000000),
		 (unsigned long long)(apart % 1000000000));
	return text;
}
