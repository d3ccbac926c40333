/* SPDX-License-Identifier: MIT */
#include "viewer/palette.h"

#include "viewer/canvas.h"

static const struct {
	short c256, c16, c8;
} palette[NR_INKS] = {
	[INK_DEFAULT] = {-1, -1, -1},	 [INK_DIM] = {245, 8, -1},
	[INK_TITLE] = {255, 15, 7},	 [INK_BAR] = {236, 8, 4},
	[INK_SELECTED] = {238, 4, 4},	 [INK_AVAILABLE] = {38, 14, 6},
	[INK_SWING] = {30, 6, 4},	 [INK_HELD] = {241, 8, 7},
	[INK_PENDING] = {140, 13, 5},	 [INK_LOW] = {208, 11, 3},
	[INK_HIGH] = {229, 15, 7},	 [INK_LIMIT] = {252, 7, 7},
	[INK_P50] = {179, 11, 3},	 [INK_P99] = {136, 3, 4},
	[INK_MAX] = {94, 1, 7},		 [INK_HEAT_1] = {94, 8, 4},
	[INK_HEAT_1 + 1] = {136, 3, 4},	 [INK_HEAT_1 + 2] = {178, 3, 3},
	[INK_HEAT_1 + 3] = {221, 11, 3}, [INK_HEAT_5] = {230, 15, 7},
	[INK_RESERVE] = {131, 9, 1},	 [INK_GOOD] = {79, 10, 2},
	[INK_WARN] = {220, 11, 3},	 [INK_ALARM] = {203, 9, 1},
	[INK_CURSOR] = {231, 15, 7},	 [INK_MARK] = {213, 13, 5},
};

int palette_color(int ink, int colors)
{
	if (ink < 0 || ink >= NR_INKS)
		return -1;
	switch (colors) {
	case 256:
		return palette[ink].c256;
	case 16:
		return palette[ink].c16;
	case 8:
		return palette[ink].c8;
	default:
		return -1;
	}
}
