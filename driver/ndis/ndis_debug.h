/* SPDX-License-Identifier: MIT */
#ifndef NDIS_DEBUG_H
#define NDIS_DEBUG_H
/* What a driver says to its developer and to the system's log.  Drivers include ndis.h. */
#include "ndis_base.h"

/*
 * Ends the program with the place and the expression when it is false, in checked builds (DBG);
 * with DBG 0 or undefined it is not evaluated, as in the published header.
 */
#ifndef DBG
#define DBG 0
#endif
#undef ASSERT
#if DBG
#define ASSERT(expression)	       assert(expression)
#define ASSERTMSG(message, expression) assert((expression) && (message))
#define KdPrint(words)		       DbgPrint words
#else
#define ASSERT(expression)	       ((void)0)
#define ASSERTMSG(message, expression) ((void)0)
#define KdPrint(words)		       ((void)0)
#endif
#define NT_ASSERT(expression)	ASSERT(expression)
#define NDIS_ASSERT(expression) ASSERT(expression)

/*
 * Text for whoever runs the program: a line on the host's log, with the miniport's name before it.
 *
 * printf's formats, of 32-bit longs (%d, %u, %lu, %lx take LONG and ULONG), and the kernel's own:
 * %I64u, %I64x, %I32u, %Iu (pointer width); %ws, %ls, %S text of WCHARs, %wc, %C one; %wZ a
 * PUNICODE_STRING, %Z a PANSI_STRING.  64 bits are %I64 or %ll; no floating point.
 * IRQL:    any; texts of WCHARs at PASSIVE_LEVEL, as published.
 */
ULONG DbgPrint(PCSTR Format, ...);
#define DbgPrintEx(component, level, ...) DbgPrint(__VA_ARGS__)

/* Stops in a debugger; without one the program dies by SIGTRAP.  IRQL: any. */
VOID DbgBreakPoint(VOID);
#define KdBreakPoint() DbgBreakPoint()

/* Code that touches pageable memory must run below DISPATCH_LEVEL: violation R13 otherwise. */
VOID NdisCheckPagedCode(PCSTR Function);
#define PAGED_CODE() NdisCheckPagedCode(__func__)

typedef ULONG NDIS_ERROR_CODE;
#define NDIS_ERROR_CODE_RESOURCE_CONFLICT		((NDIS_ERROR_CODE)0xC0001388)
#define NDIS_ERROR_CODE_OUT_OF_RESOURCES		((NDIS_ERROR_CODE)0xC0001389)
#define NDIS_ERROR_CODE_HARDWARE_FAILURE		((NDIS_ERROR_CODE)0xC000138A)
#define NDIS_ERROR_CODE_ADAPTER_NOT_FOUND		((NDIS_ERROR_CODE)0xC000138B)
#define NDIS_ERROR_CODE_INTERRUPT_CONNECT		((NDIS_ERROR_CODE)0xC000138C)
#define NDIS_ERROR_CODE_DRIVER_FAILURE			((NDIS_ERROR_CODE)0xC000138D)
#define NDIS_ERROR_CODE_BAD_VERSION			((NDIS_ERROR_CODE)0xC000138E)
#define NDIS_ERROR_CODE_TIMEOUT				((NDIS_ERROR_CODE)0x8000138F)
#define NDIS_ERROR_CODE_NETWORK_ADDRESS			((NDIS_ERROR_CODE)0xC0001390)
#define NDIS_ERROR_CODE_UNSUPPORTED_CONFIGURATION	((NDIS_ERROR_CODE)0xC0001391)
#define NDIS_ERROR_CODE_INVALID_VALUE_FROM_ADAPTER	((NDIS_ERROR_CODE)0xC0001392)
#define NDIS_ERROR_CODE_MISSING_CONFIGURATION_PARAMETER ((NDIS_ERROR_CODE)0xC0001393)

/*
 * An entry for the system's log: here a line on the host's log.
 *	NumberOfErrorValues  how many ULONGs follow
 * IRQL:    PASSIVE_LEVEL, from MiniportInitialize, MiniportHalt or MiniportReset.
 */
VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode,
			    ULONG NumberOfErrorValues, ...);

#endif
