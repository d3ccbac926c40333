/* SPDX-License-Identifier: MIT */
/* What people read of a status, and of calls that were refused. */
#include <stdarg.h>
#include <stdio.h>

#include "driver/ndis/internal.h"

#define NAME(status)                                                                               \
	{                                                                                          \
		status, #status                                                                    \
	}

static const struct {
	NDIS_STATUS status;
	const char *name;
} names[] = {
	NAME(NDIS_STATUS_SUCCESS),
	NAME(NDIS_STATUS_PENDING),
	NAME(NDIS_STATUS_NOT_ACCEPTED),
	NAME(NDIS_STATUS_HARD_ERRORS),
	NAME(NDIS_STATUS_FAILURE),
	NAME(NDIS_STATUS_INVALID_PARAMETER),
	NAME(NDIS_STATUS_RESOURCES),
	NAME(NDIS_STATUS_NOT_SUPPORTED),
	NAME(NDIS_STATUS_INVALID_STATE),
	NAME(NDIS_STATUS_CLOSING),
	NAME(NDIS_STATUS_BAD_VERSION),
	NAME(NDIS_STATUS_BAD_CHARACTERISTICS),
	NAME(NDIS_STATUS_ADAPTER_NOT_FOUND),
	NAME(NDIS_STATUS_DEVICE_FAILED),
	NAME(NDIS_STATUS_REQUEST_ABORTED),
	NAME(NDIS_STATUS_RESET_IN_PROGRESS),
	NAME(NDIS_STATUS_INVALID_PACKET),
	NAME(NDIS_STATUS_ADAPTER_NOT_READY),
	NAME(NDIS_STATUS_INVALID_LENGTH),
	NAME(NDIS_STATUS_ADAPTER_REMOVED),
	NAME(NDIS_STATUS_PAUSED),
	NAME(NDIS_STATUS_NOT_RECOGNIZED),
	NAME(NDIS_STATUS_NOT_COPIED),
	NAME(NDIS_STATUS_BUFFER_OVERFLOW),
	NAME(NDIS_STATUS_INVALID_DEVICE_REQUEST),
	NAME(NDIS_STATUS_SOFT_ERRORS),
	NAME(NDIS_STATUS_OPEN_FAILED),
	NAME(NDIS_STATUS_INVALID_DATA),
	NAME(NDIS_STATUS_BUFFER_TOO_SHORT),
	NAME(NDIS_STATUS_INVALID_OID),
	NAME(NDIS_STATUS_RESOURCE_CONFLICT),
	NAME(NDIS_STATUS_MULTICAST_FULL),
	NAME(NDIS_STATUS_UNSUPPORTED_MEDIA),
};

static __thread char refusal[NDIS_REFUSAL_BYTES];

const char *ndis_status_name(NDIS_STATUS status)
{
	static __thread char text[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].status != status)
			continue;
		snprintf(text, sizeof(text), "%s (0x%08x)", names[i].name, (unsigned int)status);
		return text;
	}
	snprintf(text, sizeof(text), "0x%08x", (unsigned int)status);
	return text;
}

NDIS_STATUS ndis_refuse(NDIS_STATUS status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(refusal, sizeof(refusal), format, args);
	va_end(args);
	return status;
}

const char *ndis_last_refusal(void)
{
	return refusal;
}

void ndis_refusal_forget(void)
{
	refusal[0] = '\0';
}
