/* SPDX-License-Identifier: MIT */
#ifndef NDIS_LINK_H
#define NDIS_LINK_H
/* The state of a link.  Drivers include ndis.h. */
#include "ndis_base.h"

typedef enum _NET_IF_MEDIA_CONNECT_STATE {
	MediaConnectStateUnknown = 0,
	MediaConnectStateConnected = 1,
	MediaConnectStateDisconnected = 2,
} NET_IF_MEDIA_CONNECT_STATE,
	NDIS_MEDIA_CONNECT_STATE;
typedef enum _NET_IF_MEDIA_DUPLEX_STATE {
	MediaDuplexStateUnknown = 0,
	MediaDuplexStateHalf = 1,
	MediaDuplexStateFull = 2,
} NET_IF_MEDIA_DUPLEX_STATE,
	NDIS_MEDIA_DUPLEX_STATE;
typedef enum _NDIS_SUPPORTED_PAUSE_FUNCTIONS {
	NdisPauseFunctionsUnsupported = 0,
	NdisPauseFunctionsSendOnly = 1,
	NdisPauseFunctionsReceiveOnly = 2,
	NdisPauseFunctionsSendAndReceive = 3,
	NdisPauseFunctionsUnknown = 4,
} NDIS_SUPPORTED_PAUSE_FUNCTIONS;

/* AutoNegotiationFlags. */
#define NDIS_LINK_STATE_XMIT_LINK_SPEED_AUTO_NEGOTIATED 0x00000001
#define NDIS_LINK_STATE_RCV_LINK_SPEED_AUTO_NEGOTIATED	0x00000002
#define NDIS_LINK_STATE_DUPLEX_AUTO_NEGOTIATED		0x00000004
#define NDIS_LINK_STATE_PAUSE_FUNCTIONS_AUTO_NEGOTIATED 0x00000008

#endif
