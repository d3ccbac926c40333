/* SPDX-License-Identifier: MIT */
#include "viewer/palette.h"

#include <stdbool.h>
#include <string.h>

#include "viewer/canvas.h"

struct shade {
	short c256, c16, c8;
};

/* clang-format off */
static const struct shade palette[NR_THEMES][NR_INKS] = {
	[THEME_DARK] = {
		[INK_DEFAULT] = {-1, -1, -1},	[INK_DIM] = {245, 8, -1},
		[INK_TITLE] = {255, 15, 7},	[INK_BAR] = {236, 8, 4},
		[INK_SELECTED] = {238, 4, 4},	[INK_AVAILABLE] = {38, 14, 6},
		[INK_SWING] = {30, 4, 4},	[INK_HELD] = {241, 8, 7},
		[INK_PENDING] = {140, 13, 5},	[INK_LOW] = {208, 11, 3},
		[INK_HIGH] = {229, 15, 7},	[INK_LIMIT] = {252, 7, 7},
		[INK_P50] = {179, 11, 3},	[INK_P99] = {136, 3, 4},
		[INK_MAX] = {94, 1, 7},		[INK_HEAT_1] = {94, 8, 4},
		[INK_HEAT_1 + 1] = {136, 3, 4},	[INK_HEAT_1 + 2] = {178, 3, 3},
		[INK_HEAT_1 + 3] = {221, 11, 3}, [INK_HEAT_5] = {230, 15, 7},
		[INK_RESERVE] = {131, 9, 1},	[INK_GOOD] = {79, 10, 2},
		[INK_WARN] = {220, 11, 3},	[INK_ALARM] = {203, 9, 1},
		[INK_CURSOR] = {231, 15, 7},	[INK_MARK] = {213, 13, 5},
	},
	/* Blue for good, vermilion for bad, yellow between: told apart without red or green cones. */
	[THEME_SAFE] = {
		[INK_DEFAULT] = {-1, -1, -1},	[INK_DIM] = {246, 8, -1},
		[INK_TITLE] = {255, 15, 7},	[INK_BAR] = {236, 8, 4},
		[INK_SELECTED] = {239, 4, 4},	[INK_AVAILABLE] = {75, 14, 6},
		[INK_SWING] = {25, 4, 4},	[INK_HELD] = {241, 8, 7},
		[INK_PENDING] = {175, 13, 5},	[INK_LOW] = {214, 11, 3},
		[INK_HIGH] = {227, 15, 7},	[INK_LIMIT] = {252, 7, 7},
		[INK_P50] = {227, 15, 7},	[INK_P99] = {178, 11, 3},
		[INK_MAX] = {94, 3, 4},		[INK_HEAT_1] = {17, 8, 4},
		[INK_HEAT_1 + 1] = {25, 4, 4},	[INK_HEAT_1 + 2] = {75, 12, 6},
		[INK_HEAT_1 + 3] = {153, 14, 7}, [INK_HEAT_5] = {230, 15, 7},
		[INK_RESERVE] = {166, 9, 1},	[INK_GOOD] = {117, 14, 6},
		[INK_WARN] = {220, 11, 3},	[INK_ALARM] = {202, 9, 1},
		[INK_CURSOR] = {231, 15, 7},	[INK_MARK] = {219, 13, 5},
	},
	[THEME_LIGHT] = {
		[INK_DEFAULT] = {-1, -1, -1},	[INK_DIM] = {242, 8, -1},
		[INK_TITLE] = {232, 0, 0},	[INK_BAR] = {253, 7, 7},
		[INK_SELECTED] = {189, 14, 6},	[INK_AVAILABLE] = {32, 6, 6},
		[INK_SWING] = {117, 14, 4},	[INK_HELD] = {250, 7, 7},
		[INK_PENDING] = {97, 5, 5},	[INK_LOW] = {166, 1, 1},
		[INK_HIGH] = {94, 3, 3},	[INK_LIMIT] = {238, 8, 0},
		[INK_P50] = {94, 3, 3},		[INK_P99] = {136, 3, 4},
		[INK_MAX] = {180, 7, 7},	[INK_HEAT_1] = {229, 7, 7},
		[INK_HEAT_1 + 1] = {221, 11, 3}, [INK_HEAT_1 + 2] = {172, 3, 3},
		[INK_HEAT_1 + 3] = {130, 1, 1},	[INK_HEAT_5] = {52, 0, 0},
		[INK_RESERVE] = {131, 1, 1},	[INK_GOOD] = {28, 2, 2},
		[INK_WARN] = {130, 3, 3},	[INK_ALARM] = {160, 1, 1},
		[INK_CURSOR] = {16, 0, 0},	[INK_MARK] = {127, 5, 5},
	},
	[THEME_GRAY] = {
		[INK_DEFAULT] = {-1, -1, -1},	[INK_DIM] = {244, 8, -1},
		[INK_TITLE] = {255, 15, 7},	[INK_BAR] = {236, 8, 0},
		[INK_SELECTED] = {239, 8, 7},	[INK_AVAILABLE] = {252, 15, 7},
		[INK_SWING] = {245, 7, 7},	[INK_HELD] = {238, 8, 0},
		[INK_PENDING] = {241, 8, 7},	[INK_LOW] = {255, 15, 7},
		[INK_HIGH] = {255, 15, 7},	[INK_LIMIT] = {250, 7, 7},
		[INK_P50] = {252, 15, 7},	[INK_P99] = {245, 7, 7},
		[INK_MAX] = {239, 8, 7},	[INK_HEAT_1] = {237, 8, 0},
		[INK_HEAT_1 + 1] = {241, 8, 7},	[INK_HEAT_1 + 2] = {246, 7, 7},
		[INK_HEAT_1 + 3] = {251, 7, 7},	[INK_HEAT_5] = {255, 15, 7},
		[INK_RESERVE] = {250, 7, 7},	[INK_GOOD] = {250, 7, 7},
		[INK_WARN] = {253, 15, 7},	[INK_ALARM] = {255, 15, 7},
		[INK_CURSOR] = {231, 15, 7},	[INK_MARK] = {255, 15, 7},
	},
};
/* clang-format on */

static const char *const names[NR_THEMES] = {"dark", "safe", "light", "gray"};

int palette_color(int theme, int ink, int colors)
{
	const struct shade *shade;

	if (ink < 0 || ink >= NR_INKS || theme < 0 || theme >= NR_THEMES)
		return -1;
	shade = &palette[theme][ink];
	switch (colors) {
	case 256:
		return shade->c256;
	case 16:
		return shade->c16;
	case 8:
		return shade->c8;
	default:
		return -1;
	}
}

/* Red, green, magenta, gray: on blue they are one to many eyes, and to most screens. */
static bool lost_on_blue(int color)
{
	return color >= 0 && color != 3 && color != 6 && color != 7 && color != 11 && color != 14 &&
	       color != 15;
}

void palette_pair(int theme, int fg, int bg, int colors, int *f, int *b)
{
	bool ground = bg == INK_BAR || bg == INK_SELECTED;

	*f = palette_color(theme, fg, colors);
	*b = palette_color(theme, bg, colors);
	if (ground && *b == 4 && colors < 256 && lost_on_blue(*f))
		*f = colors == 16 ? 15 : 7;
	if (*f == *b)
		*f = -1;
}

int palette_theme_named(const char *name)
{
	for (int i = 0; i < NR_THEMES; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}

const char *palette_theme_name(int theme)
{
	return names[theme];
}

unsigned palette_rgb(int color)
{
	static const unsigned first[16] = {
		0x000000, 0xcd3131, 0x0dbc79, 0xe5e510, 0x2472c8, 0xbc3fbc, 0x11a8cd, 0xe5e5e5,
		0x666666, 0xf14c4c, 0x23d18b, 0xf5f543, 0x3b8eea, 0xd670d6, 0x29b8db, 0xffffff};
	static const unsigned steps[6] = {0, 95, 135, 175, 215, 255};
	unsigned gray;

	if (color < 0 || color > 255)
		return 0;
	if (color < 16)
		return first[color];
	if (color < 232) {
		color -= 16;
		return steps[color / 36] << 16 | steps[color / 6 % 6] << 8 | steps[color % 6];
	}
	gray = 8 + (unsigned)(color - 232) * 10;
	return gray << 16 | gray << 8 | gray;
}
