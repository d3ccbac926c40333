/* SPDX-License-Identifier: MIT */
#ifndef NDIS_VERSION_H
#define NDIS_VERSION_H
/*
 * Which NDIS a source is written for.  As with the published header, the source (or its makefile)
 * says NDIS_MINIPORT_DRIVER and one of NDIS50_MINIPORT, NDIS51_MINIPORT, NDIS60_MINIPORT ...
 * NDIS685_MINIPORT before it includes ndis.h, and finds the version here.  A source that says
 * nothing gets NDIS 6.0.  Drivers include ndis.h.
 */
#if defined(NDIS50_MINIPORT) || defined(NDIS50)
#define NDIS_MINIPORT_MAJOR_VERSION 5
#define NDIS_MINIPORT_MINOR_VERSION 0
#elif defined(NDIS51_MINIPORT) || defined(NDIS51)
#define NDIS_MINIPORT_MAJOR_VERSION 5
#define NDIS_MINIPORT_MINOR_VERSION 1
#elif defined(NDIS685_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 85
#elif defined(NDIS680_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 80
#elif defined(NDIS660_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 60
#elif defined(NDIS650_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 50
#elif defined(NDIS640_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 40
#elif defined(NDIS630_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 30
#elif defined(NDIS620_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 20
#elif defined(NDIS61_MINIPORT)
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 1
#else
#define NDIS_MINIPORT_MAJOR_VERSION 6
#define NDIS_MINIPORT_MINOR_VERSION 0
#endif

/* What a source may ask about the header: NDIS 6 is always declared, up to the version wanted. */
#define NDIS_LEGACY_MINIPORT (NDIS_MINIPORT_MAJOR_VERSION < 6)
#define NDIS_SUPPORT_NDIS6   1
#define NDIS_SUPPORT_NDIS61  (NDIS_MINIPORT_MAJOR_VERSION == 6 && NDIS_MINIPORT_MINOR_VERSION >= 1)
#define NDIS_SUPPORT_NDIS620 (NDIS_MINIPORT_MAJOR_VERSION == 6 && NDIS_MINIPORT_MINOR_VERSION >= 20)
#define NDIS_SUPPORT_NDIS630 (NDIS_MINIPORT_MAJOR_VERSION == 6 && NDIS_MINIPORT_MINOR_VERSION >= 30)

/* Versions as NdisGetVersion() says them: major in the high half. */
#define NDIS_RUNTIME_VERSION_60 ((6u << 16) | 0u)
#define NDIS_RUNTIME_VERSION_61 ((6u << 16) | 1u)

/* IRQL: any.  Returns: the version of this host, major in the high half: 6.0. */
unsigned int NdisGetVersion(void);

#endif
