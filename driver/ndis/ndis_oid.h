/* SPDX-License-Identifier: MIT */
#ifndef NDIS_OID_H
#define NDIS_OID_H
/*
 * What an adapter says about itself: general attributes, status indications, OID requests.
 * Drivers include ndis.h.
 */
#include "ndis_base.h"
#include "ndis_link.h"
#include "ndis_oid_data.h"

typedef ULONG NDIS_OID, *PNDIS_OID;

#define OID_GEN_SUPPORTED_LIST		    0x00010101
#define OID_GEN_HARDWARE_STATUS		    0x00010102
#define OID_GEN_MEDIA_SUPPORTED		    0x00010103
#define OID_GEN_MEDIA_IN_USE		    0x00010104
#define OID_GEN_MAXIMUM_LOOKAHEAD	    0x00010105
#define OID_GEN_MAXIMUM_FRAME_SIZE	    0x00010106
#define OID_GEN_LINK_SPEED		    0x00010107
#define OID_GEN_TRANSMIT_BUFFER_SPACE	    0x00010108
#define OID_GEN_RECEIVE_BUFFER_SPACE	    0x00010109
#define OID_GEN_TRANSMIT_BLOCK_SIZE	    0x0001010A
#define OID_GEN_RECEIVE_BLOCK_SIZE	    0x0001010B
#define OID_GEN_VENDOR_ID		    0x0001010C
#define OID_GEN_VENDOR_DESCRIPTION	    0x0001010D
#define OID_GEN_CURRENT_PACKET_FILTER	    0x0001010E
#define OID_GEN_CURRENT_LOOKAHEAD	    0x0001010F
#define OID_GEN_DRIVER_VERSION		    0x00010110
#define OID_GEN_MAXIMUM_TOTAL_SIZE	    0x00010111
#define OID_GEN_PROTOCOL_OPTIONS	    0x00010112
#define OID_GEN_MAC_OPTIONS		    0x00010113
#define OID_GEN_MEDIA_CONNECT_STATUS	    0x00010114
#define OID_GEN_MAXIMUM_SEND_PACKETS	    0x00010115
#define OID_GEN_VENDOR_DRIVER_VERSION	    0x00010116
#define OID_GEN_PHYSICAL_MEDIUM		    0x00010202
#define OID_GEN_LINK_STATE		    0x00010207
#define OID_GEN_LINK_PARAMETERS		    0x00010208
#define OID_GEN_INTERRUPT_MODERATION	    0x00010209
#define OID_GEN_MINIPORT_RESTART_ATTRIBUTES 0x0001021D
#define OID_GEN_STATISTICS		    0x00020106
#define OID_GEN_XMIT_OK			    0x00020101
#define OID_GEN_RCV_OK			    0x00020102
#define OID_GEN_XMIT_ERROR		    0x00020103
#define OID_GEN_RCV_ERROR		    0x00020104
#define OID_GEN_RCV_NO_BUFFER		    0x00020105
#define OID_GEN_DIRECTED_BYTES_XMIT	    0x00020201
#define OID_GEN_DIRECTED_FRAMES_XMIT	    0x00020202
#define OID_GEN_MULTICAST_BYTES_XMIT	    0x00020203
#define OID_GEN_MULTICAST_FRAMES_XMIT	    0x00020204
#define OID_GEN_BROADCAST_BYTES_XMIT	    0x00020205
#define OID_GEN_BROADCAST_FRAMES_XMIT	    0x00020206
#define OID_GEN_DIRECTED_BYTES_RCV	    0x00020207
#define OID_GEN_DIRECTED_FRAMES_RCV	    0x00020208
#define OID_GEN_MULTICAST_BYTES_RCV	    0x00020209
#define OID_GEN_MULTICAST_FRAMES_RCV	    0x0002020A
#define OID_GEN_BROADCAST_BYTES_RCV	    0x0002020B
#define OID_GEN_BROADCAST_FRAMES_RCV	    0x0002020C
#define OID_GEN_RCV_CRC_ERROR		    0x0002020D
#define OID_GEN_TRANSMIT_QUEUE_LENGTH	    0x0002020E
#define OID_GEN_BYTES_RCV		    0x00020219
#define OID_GEN_BYTES_XMIT		    0x0002021A
#define OID_GEN_RCV_DISCARDS		    0x0002021B
#define OID_GEN_XMIT_DISCARDS		    0x0002021C
#define OID_802_3_PERMANENT_ADDRESS	    0x01010101
#define OID_802_3_CURRENT_ADDRESS	    0x01010102
#define OID_802_3_MULTICAST_LIST	    0x01010103
#define OID_802_3_MAXIMUM_LIST_SIZE	    0x01010104
#define OID_802_3_MAC_OPTIONS		    0x01010105
#define OID_802_3_RCV_ERROR_ALIGNMENT	    0x01020101
#define OID_802_3_XMIT_ONE_COLLISION	    0x01020102
#define OID_802_3_XMIT_MORE_COLLISIONS	    0x01020103
#define OID_802_3_XMIT_DEFERRED		    0x01020201
#define OID_802_3_XMIT_MAX_COLLISIONS	    0x01020202
#define OID_802_3_RCV_OVERRUN		    0x01020203
#define OID_802_3_XMIT_UNDERRUN		    0x01020204
#define OID_802_3_XMIT_HEARTBEAT_FAILURE    0x01020205
#define OID_802_3_XMIT_TIMES_CRS_LOST	    0x01020206
#define OID_802_3_XMIT_LATE_COLLISIONS	    0x01020207
#define OID_PNP_CAPABILITIES		    0xFD010100
#define OID_PNP_SET_POWER		    0xFD010101
#define OID_PNP_QUERY_POWER		    0xFD010102
#define OID_PNP_ADD_WAKE_UP_PATTERN	    0xFD010103
#define OID_PNP_REMOVE_WAKE_UP_PATTERN	    0xFD010104
#define OID_PNP_WAKE_UP_PATTERN_LIST	    0xFD010105
#define OID_PNP_ENABLE_WAKE_UP		    0xFD010106

#define NDIS_PACKET_TYPE_DIRECTED      0x00000001
#define NDIS_PACKET_TYPE_MULTICAST     0x00000002
#define NDIS_PACKET_TYPE_ALL_MULTICAST 0x00000004
#define NDIS_PACKET_TYPE_BROADCAST     0x00000008
#define NDIS_PACKET_TYPE_PROMISCUOUS   0x00000020

#define NDIS_MAC_OPTION_COPY_LOOKAHEAD_DATA 0x00000001
#define NDIS_MAC_OPTION_RECEIVE_SERIALIZED  0x00000002
#define NDIS_MAC_OPTION_TRANSFERS_NOT_PEND  0x00000004
#define NDIS_MAC_OPTION_NO_LOOPBACK	    0x00000008

typedef enum _NDIS_MEDIUM {
	NdisMedium802_3 = 0,
	NdisMedium802_5 = 1,
	NdisMediumFddi = 2,
	NdisMediumWan = 3,
	NdisMediumNative802_11 = 16,
	NdisMediumIP = 19,
} NDIS_MEDIUM,
	*PNDIS_MEDIUM;
typedef enum _NDIS_PHYSICAL_MEDIUM {
	NdisPhysicalMediumUnspecified = 0,
	NdisPhysicalMediumWirelessLan = 1,
	NdisPhysicalMedium802_3 = 14,
} NDIS_PHYSICAL_MEDIUM,
	*PNDIS_PHYSICAL_MEDIUM;
typedef enum _NET_IF_ACCESS_TYPE {
	NET_IF_ACCESS_LOOPBACK = 1,
	NET_IF_ACCESS_BROADCAST = 2,
	NET_IF_ACCESS_POINT_TO_POINT = 3,
} NET_IF_ACCESS_TYPE;
typedef enum _NET_IF_DIRECTION_TYPE {
	NET_IF_DIRECTION_SENDRECEIVE = 0,
	NET_IF_DIRECTION_SENDONLY = 1,
	NET_IF_DIRECTION_RECEIVEONLY = 2,
} NET_IF_DIRECTION_TYPE;
typedef enum _NET_IF_CONNECTION_TYPE {
	NET_IF_CONNECTION_DEDICATED = 1,
} NET_IF_CONNECTION_TYPE;
#define IF_TYPE_ETHERNET_CSMACD	       6
#define NET_IF_MAX_PHYS_ADDRESS_LENGTH 32
#define NDIS_MAX_PHYS_ADDRESS_LENGTH   NET_IF_MAX_PHYS_ADDRESS_LENGTH
#define NDIS_LINK_SPEED_UNKNOWN	       UINT64_MAX

/* --- General attributes ------------------------------------------------------------------------
 */

/* Given to NdisMSetMiniportAttributes() after the registration attributes. */
typedef struct _NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES {
	NDIS_OBJECT_HEADER Header;
	ULONG Flags;
	NDIS_MEDIUM MediaType;
	NDIS_PHYSICAL_MEDIUM PhysicalMediumType;
	ULONG MtuSize;
	ULONG64 MaxXmitLinkSpeed;
	ULONG64 XmitLinkSpeed;
	ULONG64 MaxRcvLinkSpeed;
	ULONG64 RcvLinkSpeed;
	NDIS_MEDIA_CONNECT_STATE MediaConnectState;
	NDIS_MEDIA_DUPLEX_STATE MediaDuplexState;
	ULONG LookaheadSize;
	PNDIS_PNP_CAPABILITIES PowerManagementCapabilities;
	ULONG MacOptions;
	ULONG SupportedPacketFilters;
	ULONG MaxMulticastListSize;
	USHORT MacAddressLength;
	UCHAR PermanentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
	UCHAR CurrentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
	PNDIS_RECEIVE_SCALE_CAPABILITIES RecvScaleCapabilities;
	NET_IF_ACCESS_TYPE AccessType;
	NET_IF_DIRECTION_TYPE DirectionType;
	NET_IF_CONNECTION_TYPE ConnectionType;
	USHORT IfType;
	BOOLEAN IfConnectorPresent;
	ULONG SupportedStatistics;
	NDIS_SUPPORTED_PAUSE_FUNCTIONS SupportedPauseFunctions;
	ULONG DataBackFillSize;
	ULONG ContextBackFillSize;
	PNDIS_OID SupportedOidList;
	ULONG SupportedOidListLength;
	ULONG AutoNegotiationFlags;
	PVOID PowerManagementCapabilitiesEx; /* revision 2 */
} NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, *PNDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES;
#define NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1 1
#define NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2 2
#define NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_1                                 \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES, AutoNegotiationFlags)
#define NDIS_SIZEOF_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES_REVISION_2                                 \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES,                         \
				 PowerManagementCapabilitiesEx)

/* --- Status indications ------------------------------------------------------------------------
 */

typedef struct _NDIS_LINK_STATE {
	NDIS_OBJECT_HEADER Header;
	NDIS_MEDIA_CONNECT_STATE MediaConnectState;
	NDIS_MEDIA_DUPLEX_STATE MediaDuplexState;
	ULONG64 XmitLinkSpeed;
	ULONG64 RcvLinkSpeed;
	NDIS_SUPPORTED_PAUSE_FUNCTIONS PauseFunctions;
	ULONG AutoNegotiationFlags;
} NDIS_LINK_STATE, *PNDIS_LINK_STATE;
#define NDIS_LINK_STATE_REVISION_1 1
#define NDIS_SIZEOF_LINK_STATE_REVISION_1                                                          \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_LINK_STATE, AutoNegotiationFlags)

typedef struct _NDIS_STATUS_INDICATION {
	NDIS_OBJECT_HEADER Header;
	NDIS_HANDLE SourceHandle;
	NDIS_PORT_NUMBER PortNumber;
	NDIS_STATUS StatusCode;
	ULONG Flags;
	NDIS_HANDLE DestinationHandle;
	PVOID RequestId;
	PVOID StatusBuffer;
	ULONG StatusBufferSize;
	PVOID NdisReserved[4];
} NDIS_STATUS_INDICATION, *PNDIS_STATUS_INDICATION;
#define NDIS_STATUS_INDICATION_REVISION_1 1
#define NDIS_SIZEOF_STATUS_INDICATION_REVISION_1                                                   \
	RTL_SIZEOF_THROUGH_FIELD(NDIS_STATUS_INDICATION, NdisReserved)

/*
 * Tells the protocols of a change, such as the link's.  The stack of this host asks for no status:
 * the call is checked and has no further effect.
 * Owns:    the caller keeps the indication and its buffer.
 * IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisMIndicateStatusEx(NDIS_HANDLE MiniportAdapterHandle,
			   PNDIS_STATUS_INDICATION StatusIndication);

/* --- OID requests ------------------------------------------------------------------------------
 */

typedef enum _NDIS_REQUEST_TYPE {
	NdisRequestQueryInformation = 0,
	NdisRequestSetInformation = 1,
	NdisRequestQueryStatistics = 2,
	NdisRequestMethod = 12,
} NDIS_REQUEST_TYPE,
	*PNDIS_REQUEST_TYPE;

/*
 * The stack of this host makes one request, at PASSIVE_LEVEL: it sets
 * OID_GEN_CURRENT_PACKET_FILTER, to DIRECTED and BROADCAST once MiniportRestart has returned, and
 * to 0 before MiniportPause.  A driver without MiniportOidRequest is not asked; NOT_SUPPORTED and
 * INVALID_OID are as good as SUCCESS; any other failure of the first ends the start.
 */
typedef struct _NDIS_OID_REQUEST {
	NDIS_OBJECT_HEADER Header;
	NDIS_REQUEST_TYPE RequestType;
	NDIS_PORT_NUMBER PortNumber;
	UINT Timeout;
	PVOID RequestId;
	NDIS_HANDLE RequestHandle;
	union _REQUEST_DATA {
		struct _QUERY {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength;
			UINT BytesWritten;
			UINT BytesNeeded;
		} QUERY_INFORMATION;
		struct _SET {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			UINT InformationBufferLength;
			UINT BytesRead;
			UINT BytesNeeded;
		} SET_INFORMATION;
		struct _METHOD {
			NDIS_OID Oid;
			PVOID InformationBuffer;
			ULONG InputBufferLength;
			ULONG OutputBufferLength;
			ULONG MethodId;
			UINT BytesWritten;
			UINT BytesRead;
			UINT BytesNeeded;
		} METHOD_INFORMATION;
	} DATA;
	UCHAR NdisReserved[16 * sizeof(PVOID)];
	UCHAR MiniportReserved[2 * sizeof(PVOID)];
	UCHAR SourceReserved[2 * sizeof(PVOID)];
	UCHAR SupportedRevision;
	UCHAR Reserved1;
	USHORT Reserved2;
} NDIS_OID_REQUEST, *PNDIS_OID_REQUEST;
#define NDIS_OID_REQUEST_REVISION_1	   1
#define NDIS_SIZEOF_OID_REQUEST_REVISION_1 RTL_SIZEOF_THROUGH_FIELD(NDIS_OID_REQUEST, Reserved2)

/*
 * Ends an OID request for which MiniportOidRequest returns NDIS_STATUS_PENDING; it may be called
 * before that.  Exactly once: any other call is reported and has no effect.
 * IRQL:    <= DISPATCH_LEVEL.
 */
VOID NdisMOidRequestComplete(NDIS_HANDLE MiniportAdapterHandle, PNDIS_OID_REQUEST OidRequest,
			     NDIS_STATUS Status);

#endif
