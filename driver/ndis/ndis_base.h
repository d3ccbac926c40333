/* SPDX-License-Identifier: MIT */
#ifndef NDIS_BASE_H
#define NDIS_BASE_H
/*
 * Types, annotations and status values of the NDIS interface.  Drivers include ndis.h.
 *
 * Names and meanings are the published ones.  ULONG and LONG have 32 bits here as there, though a
 * `long` of this platform has 64.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <uchar.h>
#include <wchar.h>

#include "ndis_sal.h"
#include "ndis_version.h"

#define VOID void
typedef void *PVOID, **PPVOID;
typedef const void *PCVOID, *LPCVOID;
typedef char CHAR, *PCHAR, *PSTR;
typedef const char *PCSTR, *PCSZ;
typedef uint8_t UCHAR, *PUCHAR;
typedef int16_t SHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef int32_t LONG, *PLONG;
typedef uint32_t ULONG, *PULONG;
typedef uint8_t UINT8, *PUINT8;
typedef uint16_t UINT16, *PUINT16;
typedef int32_t INT32, LONG32;
typedef uint32_t UINT32, *PUINT32, ULONG32, DWORD;
typedef int64_t INT64;
typedef uint64_t UINT64, *PUINT64, DWORD64;
typedef int32_t INT, *PINT;
typedef uint32_t UINT, *PUINT;
typedef int64_t LONGLONG, *PLONGLONG, LONG64, *PLONG64;
typedef uint64_t ULONGLONG, *PULONGLONG, ULONG64, *PULONG64;
typedef uintptr_t ULONG_PTR, *PULONG_PTR, UINT_PTR;
typedef intptr_t LONG_PTR, INT_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef char16_t WCHAR, *PWCHAR, *PWSTR, *PWCH;
typedef const char16_t *PCWSTR, *PCWCH;
typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef UCHAR KIRQL, *PKIRQL;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef PVOID HANDLE;
typedef uint8_t BYTE, *PBYTE;
typedef uint16_t WORD, *PWORD;
typedef int32_t BOOL, *PBOOL;
static_assert(sizeof(ULONG) == 4 && sizeof(LONG) == 4, "P33: ULONG has 32 bits");
static_assert(sizeof(WCHAR) == 2, "WCHAR has 16 bits");

#ifndef TRUE
#define TRUE  1
#define FALSE 0
#endif
#define UNREFERENCED_PARAMETER(p)	      ((void)(p))
#define ARRAYSIZE(a)			      (sizeof(a) / sizeof((a)[0]))
#define RTL_NUMBER_OF(a)		      ARRAYSIZE(a)
#define C_ASSERT(e)			      static_assert(e, #e)
#define FIELD_OFFSET(type, field)	      ((ULONG)offsetof(type, field))
#define FIELD_SIZE(type, field)		      (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) (offsetof(type, field) + sizeof(((type *)0)->field))
#define CONTAINING_RECORD(address, type, field)                                                    \
	((type *)(void *)((char *)(address)-offsetof(type, field)))

#define RtlUshortByteSwap(value)    __builtin_bswap16((USHORT)(value))
#define RtlUlongByteSwap(value)	    __builtin_bswap32((ULONG)(value))
#define RtlUlonglongByteSwap(value) __builtin_bswap64((ULONGLONG)(value))
/* Either argument may be evaluated twice. */
#ifndef min
#define min(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) ((a) > (b) ? (a) : (b))
#endif

typedef union _LARGE_INTEGER {
	struct {
		ULONG LowPart;
		LONG HighPart;
	};
	struct {
		ULONG LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER, PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;
static_assert(sizeof(LARGE_INTEGER) == 8, "ndis.md 2.2");
typedef union _ULARGE_INTEGER {
	struct {
		ULONG LowPart;
		ULONG HighPart;
	};
	struct {
		ULONG LowPart;
		ULONG HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* Counted UTF-16, lengths in bytes. */
typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING, NDIS_STRING, *PNDIS_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

/* Counted bytes. */
typedef struct _ANSI_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PCHAR Buffer;
} ANSI_STRING, *PANSI_STRING, STRING, *PSTRING, NDIS_ANSI_STRING, *PNDIS_ANSI_STRING;
typedef const ANSI_STRING *PCANSI_STRING;

/* NDIS_STRING_CONST("name"): an initialiser. */
#define NDIS_STRING_CONST(text)                                                                    \
	{                                                                                          \
		sizeof(u"" text) - sizeof(WCHAR), sizeof(u"" text), (PWSTR)(u"" text)              \
	}

typedef struct _DRIVER_OBJECT *PDRIVER_OBJECT;
typedef struct _DEVICE_OBJECT *PDEVICE_OBJECT;

/* --- NDIS's own basic types ------------------------------------------------------------------- */

typedef PVOID NDIS_HANDLE, *PNDIS_HANDLE;
typedef LONG NDIS_STATUS, *PNDIS_STATUS;
typedef PHYSICAL_ADDRESS NDIS_PHYSICAL_ADDRESS, *PNDIS_PHYSICAL_ADDRESS;
typedef ULONG NDIS_PORT_NUMBER, *PNDIS_PORT_NUMBER;
#define NDIS_DEFAULT_PORT_NUMBER ((NDIS_PORT_NUMBER)0)

#define NDIS_PHYSICAL_ADDRESS_CONST(low, high)                                                     \
	{                                                                                          \
		{                                                                                  \
			(ULONG)(low), (LONG)(high)                                                 \
		}                                                                                  \
	}
#define NdisGetPhysicalAddressLow(pa)	      ((pa).LowPart)
#define NdisGetPhysicalAddressHigh(pa)	      ((pa).HighPart)
#define NdisSetPhysicalAddressLow(pa, value)  ((pa).LowPart = (value))
#define NdisSetPhysicalAddressHigh(pa, value) ((pa).HighPart = (value))

/* What each structure with a version begins with. */
typedef struct _NDIS_OBJECT_HEADER {
	UCHAR Type;
	UCHAR Revision;
	USHORT Size;
} NDIS_OBJECT_HEADER, *PNDIS_OBJECT_HEADER;
static_assert(sizeof(NDIS_OBJECT_HEADER) == 4, "ndis.md 2.2");

#define NDIS_OBJECT_TYPE_DEFAULT				  0x80
#define NDIS_OBJECT_TYPE_MINIPORT_INIT_PARAMETERS		  0x81
#define NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION			  0x83
#define NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT			  0x84
#define NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS	  0x8a
#define NDIS_OBJECT_TYPE_TIMER_CHARACTERISTICS			  0x97
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES 0x9e
#define NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_GENERAL_ATTRIBUTES	  0x9f
#define NDIS_OBJECT_TYPE_OID_REQUEST				  0x96
#define NDIS_OBJECT_TYPE_STATUS_INDICATION			  0x98
#define NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT			  0xa9

/* Status values (ndis.md 2.1). */
#define NDIS_STATUS_SUCCESS		   ((NDIS_STATUS)0x00000000)
#define NDIS_STATUS_PENDING		   ((NDIS_STATUS)0x00000103)
#define NDIS_STATUS_NOT_ACCEPTED	   ((NDIS_STATUS)0x00010003)
#define NDIS_STATUS_HARD_ERRORS		   ((NDIS_STATUS)0x80010004)
#define NDIS_STATUS_FAILURE		   ((NDIS_STATUS)0xC0000001)
#define NDIS_STATUS_INVALID_PARAMETER	   ((NDIS_STATUS)0xC000000D)
#define NDIS_STATUS_RESOURCES		   ((NDIS_STATUS)0xC000009A)
#define NDIS_STATUS_NOT_SUPPORTED	   ((NDIS_STATUS)0xC00000BB)
#define NDIS_STATUS_INVALID_STATE	   ((NDIS_STATUS)0xC0000184)
#define NDIS_STATUS_CLOSING		   ((NDIS_STATUS)0xC0010002)
#define NDIS_STATUS_BAD_VERSION		   ((NDIS_STATUS)0xC0010004)
#define NDIS_STATUS_BAD_CHARACTERISTICS	   ((NDIS_STATUS)0xC0010005)
#define NDIS_STATUS_ADAPTER_NOT_FOUND	   ((NDIS_STATUS)0xC0010006)
#define NDIS_STATUS_DEVICE_FAILED	   ((NDIS_STATUS)0xC0010008)
#define NDIS_STATUS_REQUEST_ABORTED	   ((NDIS_STATUS)0xC001000C)
#define NDIS_STATUS_RESET_IN_PROGRESS	   ((NDIS_STATUS)0xC001000D)
#define NDIS_STATUS_INVALID_PACKET	   ((NDIS_STATUS)0xC001000F)
#define NDIS_STATUS_ADAPTER_NOT_READY	   ((NDIS_STATUS)0xC0010011)
#define NDIS_STATUS_INVALID_LENGTH	   ((NDIS_STATUS)0xC0010014)
#define NDIS_STATUS_ADAPTER_REMOVED	   ((NDIS_STATUS)0xC0010018)
#define NDIS_STATUS_PAUSED		   ((NDIS_STATUS)0xC023002A)
#define NDIS_STATUS_NOT_RECOGNIZED	   ((NDIS_STATUS)0x00010001)
#define NDIS_STATUS_NOT_COPIED		   ((NDIS_STATUS)0x00010002)
#define NDIS_STATUS_BUFFER_OVERFLOW	   ((NDIS_STATUS)0x80000005)
#define NDIS_STATUS_INVALID_DEVICE_REQUEST ((NDIS_STATUS)0xC0000010)
#define NDIS_STATUS_SOFT_ERRORS		   ((NDIS_STATUS)0x80010003)
#define NDIS_STATUS_OPEN_FAILED		   ((NDIS_STATUS)0xC0010007)
#define NDIS_STATUS_INVALID_DATA	   ((NDIS_STATUS)0xC0010015)
#define NDIS_STATUS_BUFFER_TOO_SHORT	   ((NDIS_STATUS)0xC0010016)
#define NDIS_STATUS_INVALID_OID		   ((NDIS_STATUS)0xC0010017)
#define NDIS_STATUS_RESOURCE_CONFLICT	   ((NDIS_STATUS)0xC001001E)
#define NDIS_STATUS_MULTICAST_FULL	   ((NDIS_STATUS)0xC0010009)
#define NDIS_STATUS_UNSUPPORTED_MEDIA	   ((NDIS_STATUS)0xC0010019)
#define NDIS_STATUS_LINK_STATE		   ((NDIS_STATUS)0x40010017)
#define NDIS_STATUS_MEDIA_CONNECT	   ((NDIS_STATUS)0x4001000B)
#define NDIS_STATUS_MEDIA_DISCONNECT	   ((NDIS_STATUS)0x4001000C)

/* DriverEntry returns one of these; they mean the same as their namesakes above. */
#define STATUS_SUCCESS			  ((NTSTATUS)0x00000000)
#define STATUS_PENDING			  ((NTSTATUS)0x00000103)
#define STATUS_BUFFER_OVERFLOW		  ((NTSTATUS)0x80000005)
#define STATUS_UNSUCCESSFUL		  ((NTSTATUS)0xC0000001)
#define STATUS_INVALID_PARAMETER	  ((NTSTATUS)0xC000000D)
#define STATUS_INSUFFICIENT_RESOURCES	  ((NTSTATUS)0xC000009A)
#define STATUS_NOT_SUPPORTED		  ((NTSTATUS)0xC00000BB)
#define STATUS_DEVICE_CONFIGURATION_ERROR ((NTSTATUS)0xC0000182)
#define NT_SUCCESS(status)		  ((NTSTATUS)(status) >= 0)
#define NDIS_ERROR(status)		  ((ULONG)(status) >= 0xC0000000u)

#endif
