/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_PALETTE_H
#define VIEWER_PALETTE_H
/*
 * What colour each ink has on a terminal with so many colours.
 *
 * Chosen so that neighbours differ in lightness as well as in hue, and so that no pair depends on
 * telling red from green: blue for what the driver has, grey for what others hold, orange and
 * vermilion for trouble.  Everything that matters is also said by a letter, a label or bold.
 */

/*
 * Inks are enum ink of canvas.h; colors is 256, 16 or 8 (anything else: monochrome).
 * Returns: the terminal's colour number, or -1 for its default.
 */
int palette_color(int ink, int colors);

#endif
