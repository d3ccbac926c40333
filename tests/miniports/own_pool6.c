/* SPDX-License-Identifier: MIT */
/* async6.c, with a pool of its own that is opened as soon as the driver is entered. */
#include <ndis.h>

#include "poolscope.h"

#define DriverEntry AsyncDriverEntry
#include "async6.c"
#undef DriverEntry
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	const struct poolscope_marks Marks = {.base = 4, .low = 1, .high = 4};
	const struct poolscope_totals Totals = {0};
	struct poolscope_pool *Pool = poolscope_pool_open("own", 6, 2048, &Marks);

	poolscope_pool_close(Pool, &Totals, 0, 0);
	return AsyncDriverEntry(DriverObject, RegistryPath);
}
