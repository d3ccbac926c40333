/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_PLOT_H
#define VIEWER_PLOT_H
/*
 * A picture as SVG, drawn by gnuplot, which is looked for when it is needed.
 *
 * Write the script, data blocks included, to the stream that plot_begin() gives.  Nothing that a
 * recording says as text may go there: gnuplot runs commands that it finds between backticks.
 */
#include <stdio.h>

#include "db/store.h" /* struct db_error */

/* Colours that colour-blind people tell apart; lines differ in dashes and weight as well. */
#define PLOT_BLUE   "#0072b2"
#define PLOT_ORANGE "#e69f00"
#define PLOT_GREEN  "#009e73"
#define PLOT_RED    "#d55e00"
#define PLOT_PURPLE "#aa4499"
#define PLOT_GREY   "#666666"

/*
 * The terminal is set: SVG, `height` high where it is 960 wide.
 * Owns:    *script until plot_end().
 * Returns: 0, or -errno with err filled.
 */
int plot_begin(int height, FILE **script, struct db_error *err);

/*
 * Runs the script; the picture goes to out, as an <svg> element without what stands before it.
 * Owns:    script is closed either way.
 * Returns: 0; -ENOENT gnuplot is not installed; -EIO it failed, with its first words in err.
 */
int plot_end(FILE *script, FILE *out, struct db_error *err);

#endif
