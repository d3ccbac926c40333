/* SPDX-License-Identifier: MIT */
#include "viewer/when.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "viewer/human.h"

#define SECOND_NS INT64_C(1000000000)
#define TOO_FAR	  (INT64_C(1) << 61)	 /* outside of every recording, and can be added to it */
#define EPOCH_MIN INT64_C(1000000000000) /* fewer digits are no time in nanoseconds */

/* "01.25" as nanoseconds below a minute. */
static bool parse_seconds(const char *text, int64_t *ns)
{
	int64_t unit = SECOND_NS / 10;
	int digits = 0;

	*ns = 0;
	for (; isdigit((unsigned char)*text) && digits < 2; text++, digits++)
		*ns = *ns * 10 + (*text - '0');
	if (!digits || *ns > 60)
		return false;
	*ns *= SECOND_NS;
	if (*text == '.' || *text == ',')
		for (text++; isdigit((unsigned char)*text); text++, unit /= 10)
			*ns += (*text - '0') * unit;
	return !*text;
}

/* "12:30" or "12:30:01.25". */
static bool parse_clock(const char *text, struct tm *tm, int64_t *ns)
{
	int end = 0;

	*ns = 0;
	if (sscanf(text, "%2d:%2d%n", &tm->tm_hour, &tm->tm_min, &end) != 2 || !end)
		return false;
	tm->tm_sec = 0;
	if (tm->tm_hour < 0 || tm->tm_hour > 24 || tm->tm_min < 0 || tm->tm_min > 59)
		return false;
	if (!text[end])
		return true;
	return text[end] == ':' && parse_seconds(text + end + 1, ns);
}

/* The day of the recording on which the clock shows that: the first that lies in it, else its
 * first. */
static int clock_time(const char *text, struct recording_span recording, int64_t *ns)
{
	time_t start = recording.start_ns / SECOND_NS;
	struct tm day, tm;
	int64_t below;

	localtime_r(&start, &day);
	for (int i = 0; i < 2; i++) {
		tm = day;
		if (!parse_clock(text, &tm, &below))
			return -EINVAL;
		tm.tm_mday += i;
		tm.tm_isdst = -1;
		*ns = mktime(&tm) * SECOND_NS + below;
		if (*ns >= recording.start_ns / SECOND_NS * SECOND_NS)
			break;
	}
	/* Nothing in it either way: what is nearer to its beginning. */
	if (*ns > recording.end_ns && *ns - recording.end_ns > 43200 * SECOND_NS)
		*ns -= 86400 * SECOND_NS;
	return 0;
}

static int date_time(const char *text, int64_t *ns)
{
	struct tm tm = {.tm_isdst = -1};
	int64_t below = 0;
	int end = 0;

	if (sscanf(text, "%4d-%2d-%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &end) != 3 || !end)
		return -EINVAL;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	if (text[end] &&
	    ((text[end] != ' ' && text[end] != 'T') || !parse_clock(text + end + 1, &tm, &below)))
		return -EINVAL;
	if (tm.tm_year < 0 || tm.tm_year > 200)
		return -EINVAL;
	*ns = mktime(&tm) * SECOND_NS + below;
	return 0;
}

static int parse_number(const char *text, int64_t *ns)
{
	char *end;

	errno = 0;
	*ns = strtoll(text, &end, 10);
	return errno || *end || *ns < EPOCH_MIN ? -EINVAL : 0;
}

static int parse_percent(const char *text, struct recording_span recording, int64_t *ns)
{
	char *end;
	double percent = strtod(text, &end);

	if (end == text || strcmp(end, "%") != 0 || !(percent >= 0 && percent <= 100))
		return -EINVAL;
	*ns = recording.start_ns +
	      (int64_t)((double)(recording.end_ns - recording.start_ns) * percent / 100);
	return 0;
}

int when_parse(const char *text, struct recording_span recording, int64_t now_ns, int64_t *ns)
{
	int64_t by_ns;

	if (strcasecmp(text, "start") == 0 || strcasecmp(text, "end") == 0) {
		*ns = tolower((unsigned char)*text) == 's' ? recording.start_ns : recording.end_ns;
		return 0;
	}
	if (*text == '-' || *text == '+') {
		if (human_parse_duration(text + 1, &by_ns))
			return -EINVAL;
		by_ns = by_ns < TOO_FAR ? by_ns : TOO_FAR;
		*ns = *text == '-' ? now_ns - by_ns : now_ns + by_ns;
		return 0;
	}
	if (!human_parse_duration(text, &by_ns)) {
		*ns = recording.start_ns + (by_ns < TOO_FAR ? by_ns : TOO_FAR);
		return 0;
	}
	if (!parse_percent(text, recording, ns) || !parse_number(text, ns) || !date_time(text, ns))
		return 0;
	return clock_time(text, recording, ns);
}
