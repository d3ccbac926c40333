/* SPDX-License-Identifier: MIT */
/* A miniport that needs MISSING, which nobody offers. */
#include <ndis.h>

VOID MISSING(VOID);
DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
	UNREFERENCED_PARAMETER(DriverObject);
	UNREFERENCED_PARAMETER(RegistryPath);
	MISSING();
	return STATUS_SUCCESS;
}
