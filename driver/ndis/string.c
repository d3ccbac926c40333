/* SPDX-License-Identifier: MIT */
/* Counted strings. */
#include <stdlib.h>

#include "driver/ndis/internal.h"

#define STRING_MOST_BYTES 0xfffeu /* what a counted string's USHORT can say, in whole WCHARs */

static void point_at(PNDIS_STRING string, PCWSTR text, size_t bytes)
{
	if (bytes > STRING_MOST_BYTES - sizeof(WCHAR))
		bytes = STRING_MOST_BYTES - sizeof(WCHAR);
	string->Length = (USHORT)bytes;
	string->MaximumLength = (USHORT)(bytes + sizeof(WCHAR));
	string->Buffer = (PWSTR)(uintptr_t)text; /* as published: the type lacks the const */
}

VOID NdisInitUnicodeStringFromWchar(PNDIS_STRING DestinationString, PCWSTR SourceString)
{
	size_t n = 0;

	*DestinationString = (NDIS_STRING){0};
	if (SourceString == NULL)
		return;
	while (SourceString[n] != 0)
		n++;
	point_at(DestinationString, SourceString, n * sizeof(WCHAR));
}

/* Literals that were turned into UTF-16: each once, found again by its address and text. */
struct literal {
	struct literal *next;
	size_t nr;
	WCHAR text[];
};
static pthread_mutex_t literals_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct literal *literals;

static WCHAR narrow(wchar_t c)
{
	return (unsigned int)c <= 0xffff ? (WCHAR)c : u'?';
}

static bool is_literal(const struct literal *l, const wchar_t *text, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (l->nr != n || l->text[i] != narrow(text[i]))
			return false;
	}
	return l->nr == n;
}

static struct literal *keep(const wchar_t *text, size_t n)
{
	struct literal *l = calloc(1, sizeof(*l) + (n + 1) * sizeof(WCHAR));

	if (l == NULL)
		return NULL;
	l->nr = n;
	for (size_t i = 0; i < n; i++)
		l->text[i] = narrow(text[i]);
	l->next = literals;
	literals = l;
	return l;
}

VOID NdisInitUnicodeStringFromWide(PNDIS_STRING DestinationString, const wchar_t *SourceString)
{
	struct literal *l;
	size_t n;

	*DestinationString = (NDIS_STRING){0};
	if (SourceString == NULL)
		return;
	n = wcslen(SourceString);
	pthread_mutex_lock(&literals_mutex);
	for (l = literals; l != NULL && !is_literal(l, SourceString, n); l = l->next)
		;
	if (l == NULL)
		l = keep(SourceString, n);
	pthread_mutex_unlock(&literals_mutex);
	if (l != NULL)
		point_at(DestinationString, l->text, n * sizeof(WCHAR));
}

VOID NdisInitAnsiString(PANSI_STRING DestinationString, PCSTR SourceString)
{
	size_t n = SourceString != NULL ? strlen(SourceString) : 0;

	if (n > STRING_MOST_BYTES)
		n = STRING_MOST_BYTES;
	DestinationString->Length = (USHORT)n;
	DestinationString->MaximumLength = (USHORT)(SourceString != NULL ? n + 1 : 0);
	DestinationString->Buffer = (PCHAR)(uintptr_t)SourceString;
}

NDIS_STATUS NdisAnsiStringToUnicodeString(PUNICODE_STRING DestinationString,
					  PCANSI_STRING SourceString)
{
	size_t bytes = SourceString->Length * sizeof(WCHAR);

	if (bytes > DestinationString->MaximumLength)
		return NDIS_STATUS_RESOURCES;
	for (size_t i = 0; i < SourceString->Length; i++) {
		unsigned char c = (unsigned char)SourceString->Buffer[i];

		DestinationString->Buffer[i] = c < 0x80 ? c : u'?';
	}
	DestinationString->Length = (USHORT)bytes;
	return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NdisUnicodeStringToAnsiString(PANSI_STRING DestinationString,
					  PCUNICODE_STRING SourceString)
{
	size_t n = SourceString->Length / sizeof(WCHAR);

	if (n > DestinationString->MaximumLength)
		return NDIS_STATUS_RESOURCES;
	for (size_t i = 0; i < n; i++) {
		WCHAR c = SourceString->Buffer[i];

		DestinationString->Buffer[i] = (CHAR)(c < 0x80 ? c : u'?');
	}
	DestinationString->Length = (USHORT)n;
	return NDIS_STATUS_SUCCESS;
}

VOID NdisInitializeString(PNDIS_STRING Destination, PUCHAR Source)
{
	ANSI_STRING text;
	size_t bytes;

	NdisInitAnsiString(&text, (PCSTR)Source);
	bytes = (text.Length + 1u) * sizeof(WCHAR);
	*Destination = (NDIS_STRING){0};
	if (bytes > STRING_MOST_BYTES)
		return;
	Destination->Buffer = calloc(1, bytes);
	if (Destination->Buffer == NULL)
		return;
	Destination->MaximumLength = (USHORT)bytes;
	NdisAnsiStringToUnicodeString(Destination, &text);
}

VOID NdisFreeString(NDIS_STRING String)
{
	free(String.Buffer);
}

static WCHAR fold(WCHAR c)
{
	return c >= u'a' && c <= u'z' ? (WCHAR)(c - u'a' + u'A') : c;
}

BOOLEAN NdisEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
			       BOOLEAN CaseInsensitive)
{
	if (String1->Length != String2->Length)
		return FALSE;
	for (size_t i = 0; i < String1->Length / sizeof(WCHAR); i++) {
		WCHAR a = String1->Buffer[i], b = String2->Buffer[i];

		if (CaseInsensitive ? fold(a) != fold(b) : a != b)
			return FALSE;
	}
	return TRUE;
}

static int digit_of(WCHAR c)
{
	if (c >= u'0' && c <= u'9')
		return c - u'0';
	c = fold(c);
	return c >= u'A' && c <= u'F' ? c - u'A' + 10 : 16;
}

/* The base that a prefix says; *at is moved behind it. */
static ULONG base_of(PCUNICODE_STRING string, size_t *at)
{
	size_t n = string->Length / sizeof(WCHAR);
	WCHAR letter =
		n > *at + 1 && string->Buffer[*at] == u'0' ? fold(string->Buffer[*at + 1]) : 0;
	ULONG base = letter == u'X' ? 16 : letter == u'O' ? 8 : letter == u'B' ? 2 : 10;

	if (base != 10)
		*at += 2;
	return base;
}

NTSTATUS RtlUnicodeStringToInteger(PCUNICODE_STRING String, ULONG Base, PULONG Value)
{
	size_t n = String->Length / sizeof(WCHAR), at = 0;
	bool negative;
	ULONG value = 0;

	if (Base != 0 && Base != 2 && Base != 8 && Base != 10 && Base != 16)
		return STATUS_INVALID_PARAMETER;
	while (at < n && String->Buffer[at] <= u' ')
		at++;
	negative = at < n && String->Buffer[at] == u'-';
	if (at < n && (negative || String->Buffer[at] == u'+'))
		at++;
	if (Base == 0)
		Base = base_of(String, &at);
	for (; at < n && (ULONG)digit_of(String->Buffer[at]) < Base; at++)
		value = value * Base + (ULONG)digit_of(String->Buffer[at]);
	*Value = negative ? 0u - value : value;
	return STATUS_SUCCESS;
}
