/* SPDX-License-Identifier: MIT */
/* The loop of lockstep for machines with AVX-512. */
#if defined(__x86_64__) && !defined(__clang__)
#pragma GCC target("avx512f")
#endif
#define LOCKSTEP_CELL lockstep_cell_avx512
#include "tuner/lockstep_cell.h"
