/* SPDX-License-Identifier: MIT */
#include "tracer/piece_metadata.h"

#include <stdlib.h>
#include <string.h>

#include "tracer/metadata.h"

/* As LTTng-UST 2.13 declares an unsigned integer; fields get a '_' before their name. */
#define FIELD(size, name)                                                                          \
	"\t\tinteger { size = " size                                                               \
	"; align = 8; signed = 0; encoding = none; base = 10; } _" name ";\n"

static const char side_by_side[] =
	FIELD("16", "frames") FIELD("16", "resources") FIELD("32", "available");
static const char as_one[] = FIELD("64", PIECE_TAKEN);

_Static_assert(sizeof(as_one) <= sizeof(side_by_side), "the text gets shorter");

char *piece_metadata(const char *path)
{
	char *text = metadata_text(path);
	char *event = text ? strstr(text, "name = \"poolscope:rx_take\";") : NULL;
	char *end = event ? strstr(event, "};\n") : NULL;
	char *at = event ? strstr(event, side_by_side) : NULL;

	if (!end || !at || at > end || !strstr(text, "byte_order = le;")) {
		free(text);
		return NULL;
	}
	memcpy(at, as_one, sizeof(as_one) - 1);
	end = at + sizeof(side_by_side) - 1;
	memmove(at + sizeof(as_one) - 1, end, strlen(end) + 1);
	return text;
}
