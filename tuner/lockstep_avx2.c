/* SPDX-License-Identifier: MIT */
/* The loop of lockstep for machines with AVX2. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("avx2")
#endif
#define LOCKSTEP_CELL lockstep_cell_avx2
#include "tuner/lockstep_cell.h"
