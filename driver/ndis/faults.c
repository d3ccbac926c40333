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

static int parse_one(const char *text, struct ndis_faults *faults, char why[SPEC_WHY_BYTES])
{
	struct spec spec;

	if (spec_parse(text, kinds, sizeof(kinds) / sizeof(kinds[0]), &spec, why) != 0)
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
	char part[128];

	for (;;) {
		size_t n = strcspn(text, "+");

		if (n >= sizeof(part)) {
			snprintf(why, SPEC_WHY_BYTES, "'%.60s...' is too long", text);
			return -EINVAL;
		}
		memcpy(part, text, n);
		part[n] = '\0';
		if (parse_one(part, faults, why) != 0)
			return -EINVAL;
		if (text[n] == '\0')
			return 0;
		text += n + 1;
	}
}
