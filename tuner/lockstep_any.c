/* SPDX-License-Identifier: MIT */
/* The loop of lockstep for any machine. */
#define LOCKSTEP_CELL lockstep_cell_any
#include "tuner/lockstep_cell.h"
