/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_PALETTE_H
#define VIEWER_PALETTE_H
/*
 * What colour each ink has on a terminal with so many colours, in a theme.
 *
 * Chosen so that neighbours differ in lightness as well as in hue, and so that no pair depends on
 * telling red from green.  Everything that matters is also said by a letter, a label or bold.
 */
#include <stddef.h>

enum palette_theme {
	THEME_DARK, /* blue for what the driver has, grey for what others hold, red for trouble */
	THEME_SAFE, /* only hues that all eyes tell apart (Okabe and Ito), further apart in light */
	THEME_LIGHT, /* for light backgrounds */
	THEME_GRAY,  /* lightness alone */
	NR_THEMES
};

/*
 * Inks are enum ink of canvas.h; colors is 256, 16 or 8 (anything else: monochrome).
 * Returns: the terminal's colour number, or -1 for its default.
 */
int palette_color(int theme, int ink, int colors);

/*
 * As palette_color for both inks of a cell, with the text readable: on bars and the selected row of
 * terminals with few colours, inks too near to their ground give way to white.
 */
void palette_pair(int theme, int fg, int bg, int colors, int *f, int *b);

/* The theme of a name, or -1. */
int palette_theme_named(const char *name);
const char *palette_theme_name(int theme);

/* The colour of a number of the 256-colour palette: 0xrrggbb. */
unsigned palette_rgb(int color);

#endif
