/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/ndis/faults.h"

enum fault_kind { FAULT_REFUSE, FAULT_NULL };

static const struct spec_kind kinds[] = {
	[FAULT_REFUSE] = {"refuse", {{"p", SPEC_PROBABILITY, true}}},
	[FAULT_NULL] = {"null", {{"p", SPEC_PROBABILITY, true}}},
};

static int parse_one(const char *text, size_t from, struct ndis_faults *faults,
		     char why[SPEC_WHY_BYTES])
{
	struct spec spec;

	if (spec_parse_from(text, from, kinds, sizeof(kinds) / sizeof(kinds[0]), &spec, why) != 0)
		return -EINVAL;
	switch ((enum fault_kind)spec.kind) {
	case FAULT_REFUSE:
		faults->refuse = spec.value[0];
		break;
	case FAULT_NULL:
		faults->null = spec.value[0];
		break;
	}
	return 0;
}

int ndis_faults_parse(const char *text, struct ndis_faults *faults, char why[SPEC_WHY_BYTES])
{
	char begun[128]; /* text up to the end of the part that is read */
	size_t from = 0;

	if (strlen(text) >= sizeof(begun)) {
		snprintf(why, SPEC_WHY_BYTES, "'%.60s...' is too long", text);
		return -EINVAL;
	}
	for (;;) {
		size_t end = from + strcspn(text + from, "+");

		memcpy(begun, text, end);
		begun[end] = '\0';
		if (parse_one(begun, from, faults, why) != 0)
			return -EINVAL;
		if (text[end] == '\0')
			return 0;
		from = end + 1;
	}
}
