/* SPDX-License-Identifier: MIT */
/* What a driver says to its developer and to the system's log. */
#include <inttypes.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>

#include "driver/ndis/format.h"
#include "driver/ndis/internal.h"

#define LINE_BYTES 512

/* Whole lines only; what a driver leaves unended is ended here. */
static void say(char *line)
{
	const struct ndis_host_config *config = &ndis_host()->config;
	size_t n = strlen(line);

	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		line[--n] = '\0';
	if (config->log != NULL && n > 0)
		config->log(line);
}

ULONG DbgPrint(PCSTR Format, ...)
{
	char line[LINE_BYTES];
	va_list args;

	va_start(args, Format);
	ndis_format(line, sizeof(line), Format, args);
	va_end(args);
	say(line);
	return STATUS_SUCCESS;
}

VOID DbgBreakPoint(VOID)
{
	raise(SIGTRAP);
}

VOID NdisWriteErrorLogEntry(NDIS_HANDLE NdisAdapterHandle, NDIS_ERROR_CODE ErrorCode,
			    ULONG NumberOfErrorValues, ...)
{
	enum { MOST_VALUES = 16 };
	char line[LINE_BYTES];
	int n = snprintf(line, sizeof(line), "error log: code 0x%08" PRIx32, ErrorCode);
	va_list args;

	va_start(args, NumberOfErrorValues);
	for (ULONG i = 0; i < NumberOfErrorValues && i < MOST_VALUES; i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n, " 0x%" PRIx32,
			      va_arg(args, ULONG));
	va_end(args);
	say(line);
}

VOID NdisCheckPagedCode(PCSTR Function)
{
	ndis_check_irql(NULL, APC_LEVEL, 13, Function);
}
