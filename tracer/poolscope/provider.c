/* SPDX-License-Identifier: MIT */
/* Where LTTng's macros expand into the provider's probes and tracepoints. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "tracer/poolscope/provider.h"
