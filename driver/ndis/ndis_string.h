/* SPDX-License-Identifier: MIT */
#ifndef NDIS_STRING_H
#define NDIS_STRING_H
/*
 * Counted strings.  A WCHAR has 16 bits here as published, an L"" literal of this platform 32:
 * write literals as NDIS_STRING_CONST("text") or u"text".  NdisInitUnicodeString() takes L"" as
 * well. Drivers include ndis.h.
 */
#include "ndis_base.h"

/*
 * Makes a counted string of one that ends in 0, without copying: SourceString stays the caller's
 * and must live as long.  NULL makes an empty string.  (An L"" literal is kept as UTF-16 by the
 * host until the program ends.)  IRQL: PASSIVE_LEVEL.
 */
#define NdisInitUnicodeString(destination, source)                                                 \
	_Generic((source),                                                                         \
		const wchar_t *: NdisInitUnicodeStringFromWide,                                    \
		wchar_t *: NdisInitUnicodeStringFromWide,                                          \
		default: NdisInitUnicodeStringFromWchar)((destination), (source))
VOID NdisInitUnicodeStringFromWchar(PNDIS_STRING DestinationString, PCWSTR SourceString);
VOID NdisInitUnicodeStringFromWide(PNDIS_STRING DestinationString, const wchar_t *SourceString);
#define RtlInitUnicodeString(destination, source) NdisInitUnicodeString((destination), (source))

VOID NdisInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString);
#define RtlInitAnsiString(destination, source) NdisInitAnsiString((destination), (source))

/*
 * New storage with the text; NdisFreeString() gives it back.
 * IRQL:    PASSIVE_LEVEL.
 */
VOID NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source);
VOID NdisFreeString(NDIS_STRING String);

/* Returns: TRUE if equal; with CaseInsensitive letters count as the same in both cases. */
BOOLEAN NdisEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			       BOOLEAN CaseInsensitive);
#define NdisEqualString(one, other, insensitive)                                                   \
	NdisEqualUnicodeString((one), (other), (insensitive))
#define RtlEqualUnicodeString(one, other, insensitive)                                             \
	NdisEqualUnicodeString((one), (other), (insensitive))

/*
 * Copies text between the encodings; characters that the other lacks become '?'.
 *	DestinationString  MaximumLength bytes of room; Length is written
 * IRQL:    PASSIVE_LEVEL.
 * Returns: NDIS_STATUS_SUCCESS; _RESOURCES the room is too small, nothing is written.
 */
NDIS_STATUS NdisAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
					  PCANSI_STRING SourceString);
NDIS_STATUS NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString,
					  PCUNICODE_STRING SourceString);
/* The text of a number to its value; base 0 reads 0x, 0o and 0b before it.  Returns as above. */
NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value);

#endif
