/* SPDX-License-Identifier: MIT */
#ifndef NDIS_H
#define NDIS_H
/*
 * The NDIS interface for miniport drivers, in user space: names, types and contracts as published,
 * over a simulated machine.  A driver includes this header and nothing else of the host.
 *
 * Each function's comment says what it does, who owns what afterwards, at which IRQL it may be
 * called, and which rules (R-numbers, docs/ndis-rules.md) it keeps.  A broken rule does not crash
 * the host: it is counted, told to the adapter's pool as a `violation` event, and listed when the
 * program ends.  What is not declared here does not exist yet.
 */
#include "ndis_base.h"
#include "ndis_debug.h"
#include "ndis_sync.h"
#include "ndis_lists.h"
#include "ndis_string.h"
#include "ndis_work.h"
#include "ndis_memory.h"
#include "ndis_packet.h"
#include "ndis_oid.h"
#include "ndis_miniport.h"
#include "ndis_bus.h"
#include "ndis_pool.h"
#include "ndis5_packet.h"
#include "ndis5_miniport.h"
#include "ndis_absent.h"

#endif
