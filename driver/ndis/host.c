/* SPDX-License-Identifier: MIT */
/* The host itself, and drivers that register with it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "driver/ndis/holdings.h"
#include "driver/ndis/internal.h"
#include "driver/ndis/watch.h"

/* There is one kernel in a machine: functions without a handle find it here. */
static struct ndis_host the_host;
static bool host_is_open;

/* What registered itself while DriverEntry runs. */
static struct ndis_driver *registered;

struct ndis_host *ndis_host(void)
{
	return &the_host;
}

static void close_lanes(void)
{
	struct exec_lane *const lanes[] = {the_host.work,    the_host.worker,	the_host.timers,
					   the_host.early,   the_host.storm[0], the_host.storm[1],
					   the_host.storm[2]};

	for (size_t i = 0; i < ARRAYSIZE(lanes); i++) {
		if (lanes[i] != NULL)
			exec_lane_close(lanes[i]);
	}
}

/* What the wall clock says now: from here on the executor's clock is added to it. */
static void note_time(void)
{
	struct timespec wall;

	clock_gettime(CLOCK_REALTIME, &wall);
	the_host.opened_wall_ns = wall.tv_sec * INT64_C(1000000000) + wall.tv_nsec;
	the_host.opened_ns = exec_now_ns(the_host.config.exec);
	/* Virtual time counts from the Unix epoch itself. */
	if (the_host.config.exec->one_thread)
		the_host.opened_wall_ns = (int64_t)the_host.opened_ns;
}

/* The threads that only some faults want. */
static bool open_fault_lanes(const struct ndis_host_config *config)
{
	if (config->faults.early > 0) {
		the_host.early = exec_lane_open(config->exec, "ndis-early");
		if (the_host.early == NULL)
			return false;
	}
	for (int i = 0; i < NDIS_STORM_LANES && config->faults.storm > 0; i++) {
		the_host.storm[i] = exec_lane_open(config->exec, "ndis-storm");
		if (the_host.storm[i] == NULL)
			return false;
	}
	return true;
}

int ndis_host_open(const struct ndis_host_config *config)
{
	if (host_is_open)
		return -EBUSY;
	the_host = (struct ndis_host){.config = *config};
	the_host.worker = exec_lane_open(config->exec, "ndis-worker");
	the_host.timers = exec_lane_open(config->exec, "ndis-timer");
	the_host.work = exec_lane_open(config->exec, "ndis-work");
	if (the_host.worker == NULL || the_host.timers == NULL || the_host.work == NULL ||
	    !open_fault_lanes(config)) {
		close_lanes();
		return -ENOMEM;
	}
	if (config->stuck != NULL && watch_begin(config->stuck) != 0) {
		close_lanes();
		return -ENOMEM;
	}
	note_time();
	ndis_violations_forget();
	ndis_sync_begin(config->exec);
	host_is_open = true;
	return 0;
}

void ndis_host_close(void)
{
	exec_flush(the_host.timers); /* timers that were freed by their own functions */
	close_lanes();
	watch_end();
	ndis_timers_forget();
	ndis_sync_end(the_host.config.exec);
	host_is_open = false;
}

void ndis_host_flush(void)
{
	struct exec_lane *lanes[] = {the_host.worker,
				     the_host.early,
				     the_host.storm[0],
				     the_host.storm[1],
				     the_host.storm[2],
				     /* what those have handed on */ the_host.worker};

	for (size_t i = 0; i < ARRAYSIZE(lanes); i++) {
		if (lanes[i] != NULL)
			exec_flush(lanes[i]);
	}
}

void ndis_driver_register(struct ndis_driver *driver)
{
	registered = driver;
}

void ndis_driver_deregister(struct ndis_driver *driver)
{
	ndis_object_remove(&driver->object);
	if (registered == driver)
		registered = NULL;
	if (!driver->is_loaded)
		free(driver);
}

NDIS_STATUS ndis_driver_load(DRIVER_INITIALIZE *entry, struct ndis_driver **driver)
{
	static UNICODE_STRING path = NDIS_STRING_CONST("");
	struct poolscope_pool *last;
	const char *outer;
	NTSTATUS status;

	registered = NULL;
	ndis_refusal_forget();
	last = poolscope_pool_last();
	outer = ndis_callback_begin("DriverEntry");
	status = entry((PDRIVER_OBJECT)&the_host, &path);
	ndis_callback_end(outer);
	*driver = status == NDIS_STATUS_SUCCESS ? registered : NULL;
	registered = NULL;
	if (*driver != NULL) {
		(*driver)->is_loaded = true;
		(*driver)->has_pool = poolscope_pool_last() != last;
		ndis_driver_set_name(*driver, "miniport");
	}
	return status;
}

void ndis_driver_set_name(struct ndis_driver *driver, const char *name)
{
	snprintf(driver->name, sizeof(driver->name), "%s", name);
}

unsigned int ndis_driver_generation(const struct ndis_driver *driver)
{
	return driver->face->generation;
}

void ndis_driver_end(struct ndis_driver *driver)
{
	const char *outer;

	if (driver->has_ended)
		return;
	driver->has_ended = true;
	outer = ndis_callback_begin("MiniportDriverUnload");
	driver->face->unload(driver);
	ndis_callback_end(outer);
	ndis_object_remove(&driver->object);
	ndis_left_by_unload();
}

void ndis_driver_unload(struct ndis_driver *driver)
{
	ndis_driver_end(driver);
	holdings_forget();
	free(driver->wrapper);
	free(driver);
}

/* A driver without an unload function cannot be unloaded; this machine ends all the same. */
void ndis6_unload(struct ndis_driver *driver)
{
	if (driver->functions.UnloadHandler == NULL)
		return;
	driver->functions.UnloadHandler((PDRIVER_OBJECT)&the_host);
	if (ndis_object_kind(driver) == NDIS_KIND_DRIVER)
		ndis_broken(NULL, 50, (uintptr_t)driver,
			    "the unload function left the driver registered: "
			    "NdisMDeregisterMiniportDriver was not called");
}

/* Returns: what the characteristics lack; NULL: nothing. */
static const char *what_lacks(const NDIS_MINIPORT_DRIVER_CHARACTERISTICS *c)
{
	if (c->Header.Type != NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS)
		return "Header.Type is not NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS";
	if (c->Header.Size < NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1)
		return "Header.Size is less than that of revision 1";
	if (c->InitializeHandlerEx == NULL)
		return "InitializeHandlerEx is NULL";
	if (c->HaltHandlerEx == NULL)
		return "HaltHandlerEx is NULL";
	if (c->PauseHandler == NULL)
		return "PauseHandler is NULL";
	if (c->RestartHandler == NULL)
		return "RestartHandler is NULL";
	return c->ReturnNetBufferListsHandler == NULL ? "ReturnNetBufferListsHandler is NULL"
						      : NULL;
}

/* The driver may ask for more while it registers. */
static NDIS_STATUS set_options(struct ndis_driver *driver)
{
	const char *outer;
	NDIS_STATUS status;

	if (driver->functions.SetOptionsHandler == NULL)
		return NDIS_STATUS_SUCCESS;
	outer = ndis_callback_begin("MiniportSetOptions");
	status = driver->functions.SetOptionsHandler(driver, driver->context);
	ndis_callback_end(outer);
	return status;
}

NDIS_STATUS
NdisMRegisterMiniportDriver(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath,
			    NDIS_HANDLE MiniportDriverContext,
			    PNDIS_MINIPORT_DRIVER_CHARACTERISTICS MiniportDriverCharacteristics,
			    PNDIS_HANDLE NdisMiniportDriverHandle)
{
	static const char where[] = "NdisMRegisterMiniportDriver";
	const char *lack = what_lacks(MiniportDriverCharacteristics);
	struct ndis_driver *driver;
	NDIS_STATUS status;

	if (lack != NULL)
		return ndis_refuse(NDIS_STATUS_BAD_CHARACTERISTICS, "%s: %s", where, lack);
	if (MiniportDriverCharacteristics->MajorNdisVersion != 6)
		return ndis_refuse(NDIS_STATUS_BAD_VERSION, "%s: MajorNdisVersion is %u, not 6",
				   where, MiniportDriverCharacteristics->MajorNdisVersion);
	driver = calloc(1, sizeof(*driver));
	if (driver == NULL)
		return NDIS_STATUS_RESOURCES;
	driver->face = &ndis6_face;
	driver->context = MiniportDriverContext;
	driver->functions = *MiniportDriverCharacteristics;
	ndis_object_add(&driver->object, NDIS_KIND_DRIVER);
	*NdisMiniportDriverHandle = driver;
	status = set_options(driver);
	if (status != NDIS_STATUS_SUCCESS) {
		NdisMDeregisterMiniportDriver(driver);
		return ndis_refuse(status, "%s: MiniportSetOptions returned a failure", where);
	}
	ndis_driver_register(driver);
	return NDIS_STATUS_SUCCESS;
}

VOID NdisMDeregisterMiniportDriver(NDIS_HANDLE NdisMiniportDriverHandle)
{
	enum ndis_kind kind = ndis_object_kind(NdisMiniportDriverHandle);

	if (kind == NDIS_KIND_DRIVER)
		ndis_driver_deregister(NdisMiniportDriverHandle);
	else
		ndis_broken(NULL, 19, (uintptr_t)NdisMiniportDriverHandle,
			    "NdisMDeregisterMiniportDriver was given %s; it wants the driver "
			    "handle",
			    ndis_kind_name(kind));
}
