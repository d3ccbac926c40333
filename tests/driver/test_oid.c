/* SPDX-License-Identifier: MIT */
/* The packet filter as a miniport of NDIS 6 gets it, and what calls that are refused say. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "driver/ndis/host.h"
#include "driver/nic/nic.h"

enum answer {
	AT_ONCE,
	NOT_SUPPORTED,
	FAILS,
	FROM_INSIDE, /* completed before PENDING is returned */
	FROM_WORK,   /* completed on another thread, later */
	NEVER,
	TWICE,
	COMPLETED_AND_SUCCESS,
};

static struct fixture {
	struct exec *exec;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	enum answer answer;
	NDIS_HANDLE work;
	PNDIS_OID_REQUEST request;
	char calls[64]; /* what was called: r, p, + for a filter, - for none */
	bool well_formed;
} fx;

static void called(char what)
{
	size_t n = strlen(fx.calls);

	assert_true(n + 1 < sizeof(fx.calls));
	fx.calls[n] = what;
}

/* --- the miniport ----------------------------------------------------------------------------- */

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE context,
			      PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = {
		.RegistrationAttributes = {
			.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1,
				   NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
			.MiniportAdapterContext = &fx,
		}};

	fx.work = NdisAllocateIoWorkItem(handle);
	return NdisMSetMiniportAttributes(handle, &a);
}

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
	NdisFreeIoWorkItem(fx.work);
}

static NDIS_STATUS pause_adapter(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	called('p');
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	called('r');
	return NDIS_STATUS_SUCCESS;
}

static VOID return_lists(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
}

static VOID complete_later(PVOID context, NDIS_HANDLE work)
{
	NdisMOidRequestComplete(fx.adapter, fx.request, NDIS_STATUS_SUCCESS);
}

static NDIS_STATUS complete_inside(PNDIS_OID_REQUEST request, NDIS_STATUS status)
{
	NdisMOidRequestComplete(fx.adapter, request, NDIS_STATUS_SUCCESS);
	if (fx.answer == TWICE)
		NdisMOidRequestComplete(fx.adapter, request, NDIS_STATUS_SUCCESS);
	return status;
}

static NDIS_STATUS oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request)
{
	ULONG filter = *(PULONG)request->DATA.SET_INFORMATION.InformationBuffer;

	fx.well_formed &= context == &fx && KeGetCurrentIrql() == PASSIVE_LEVEL &&
			  request->RequestType == NdisRequestSetInformation &&
			  request->Header.Type == NDIS_OBJECT_TYPE_OID_REQUEST &&
			  request->DATA.SET_INFORMATION.InformationBufferLength == sizeof(ULONG) &&
			  request->DATA.SET_INFORMATION.Oid == OID_GEN_CURRENT_PACKET_FILTER &&
			  strcmp(ndis_callback_now(), "MiniportOidRequest") == 0;
	called(filter == (NDIS_PACKET_TYPE_DIRECTED | NDIS_PACKET_TYPE_BROADCAST) ? '+'
	       : filter == 0							  ? '-'
										  : '?');
	fx.request = request;
	switch (fx.answer) {
	case AT_ONCE:
		return NDIS_STATUS_SUCCESS;
	case NOT_SUPPORTED:
		return NDIS_STATUS_NOT_SUPPORTED;
	case FAILS:
		return NDIS_STATUS_RESOURCES;
	case FROM_INSIDE:
	case TWICE:
		return complete_inside(request, NDIS_STATUS_PENDING);
	case COMPLETED_AND_SUCCESS:
		return complete_inside(request, NDIS_STATUS_SUCCESS);
	case FROM_WORK:
		NdisQueueIoWorkItem(fx.work, complete_later, NULL);
		return NDIS_STATUS_PENDING;
	default:
		return NDIS_STATUS_PENDING;
	}
}

static MINIPORT_OID_REQUEST *handler;

static NTSTATUS entry(PDRIVER_OBJECT object, PUNICODE_STRING path)
{
	static NDIS_HANDLE handle;
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 1, sizeof(c)},
		.MajorNdisVersion = NDIS_MINIPORT_MAJOR_VERSION,
		.InitializeHandlerEx = initialize,
		.HaltHandlerEx = halt,
		.PauseHandler = pause_adapter,
		.RestartHandler = restart,
		.ReturnNetBufferListsHandler = return_lists,
		.OidRequestHandler = handler,
	};

	return NdisMRegisterMiniportDriver(object, path, NULL, &c, &handle);
}

/* --- the machine ------------------------------------------------------------------------------ */

static void open_machine(struct exec *exec, enum answer answer)
{
	struct ndis_host_config config = {.exec = exec, .seed = 1, .patience_ns = 50000000};

	fx = (struct fixture){.exec = exec, .answer = answer, .well_formed = true};
	fx.space = dma_space_open();
	fx.nic = nic_open(fx.space);
	fx.nic->alone = exec->one_thread;
	assert_int_equal(ndis_host_open(&config), 0);
	assert_int_equal(ndis_driver_load(entry, &fx.driver), NDIS_STATUS_SUCCESS);
	fx.adapter = ndis_adapter_open(fx.driver, fx.nic);
	assert_non_null(fx.adapter);
	assert_int_equal(ndis_adapter_initialize(fx.adapter), NDIS_STATUS_SUCCESS);
}

static void close_machine(void)
{
	ndis_adapter_halt(fx.adapter, NdisHaltDeviceDisabled);
	ndis_adapter_close(fx.adapter);
	ndis_driver_unload(fx.driver);
	ndis_host_close();
	fx.nic->ops->close(fx.nic);
	dma_space_close(fx.space);
	exec_close(fx.exec);
}

/* Restart, pause, and again.  Returns: what the first restart returned. */
static NDIS_STATUS live(enum answer answer, bool in_virtual_time, uint64_t violations)
{
	NDIS_STATUS status;

	open_machine(in_virtual_time ? exec_virtual_open(0) : exec_real_open(), answer);
	status = ndis_adapter_restart(fx.adapter);
	ndis_adapter_pause(fx.adapter);
	ndis_adapter_restart(fx.adapter);
	ndis_adapter_pause(fx.adapter);
	assert_int_equal(ndis_violations(), violations);
	close_machine();
	return status;
}

static const bool times[] = {false, true};

static void filter_is_set_after_the_restart_and_taken_away_before_the_pause(void **state)
{
	static const enum answer good[] = {AT_ONCE, NOT_SUPPORTED, FROM_INSIDE, FROM_WORK};

	handler = oid_request;
	for (size_t i = 0; i < 2 * ARRAYSIZE(good); i++) {
		assert_int_equal(live(good[i / 2], times[i % 2], 0), NDIS_STATUS_SUCCESS);
		assert_string_equal(fx.calls, "r+-pr+-p");
		assert_true(fx.well_formed);
	}
}

static void driver_without_a_handler_is_not_asked(void **state)
{
	handler = NULL;
	assert_int_equal(live(AT_ONCE, false, 0), NDIS_STATUS_SUCCESS);
	assert_string_equal(fx.calls, "rprp");
}

static void failure_of_the_filter_ends_the_restart(void **state)
{
	handler = oid_request;
	assert_int_equal(live(FAILS, true, 0), NDIS_STATUS_RESOURCES);
}

static void filter_that_is_never_answered_is_given_up_and_reported(void **state)
{
	handler = oid_request;
	for (size_t i = 0; i < ARRAYSIZE(times); i++)
		assert_int_equal(live(NEVER, times[i], 4), NDIS_STATUS_FAILURE);
}

static void filter_that_is_completed_once_too_often_is_reported(void **state)
{
	handler = oid_request;
	assert_int_equal(live(TWICE, true, 4), NDIS_STATUS_SUCCESS);
	assert_int_equal(live(COMPLETED_AND_SUCCESS, true, 4), NDIS_STATUS_SUCCESS);
}

/* --- refusals --------------------------------------------------------------------------------- */

static void refused_registration_of_dma_says_why(void **state)
{
	NDIS_SG_DMA_DESCRIPTION d = {.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1, 8}};
	NDIS_HANDLE dma;

	handler = NULL;
	open_machine(exec_virtual_open(0), AT_ONCE);
	assert_string_equal(ndis_last_refusal(), "");
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &dma),
			 NDIS_STATUS_INVALID_PARAMETER);
	assert_non_null(strstr(ndis_last_refusal(), "Header.Size is 8"));
	d.Header.Size = sizeof(d);
	assert_int_equal(NdisMRegisterScatterGatherDma(fx.adapter, &d, &dma),
			 NDIS_STATUS_NOT_SUPPORTED);
	assert_non_null(strstr(ndis_last_refusal(), "NdisMSetMiniportAttributes"));
	close_machine();
}

static void statuses_have_names(void **state)
{
	assert_string_equal(ndis_status_name(NDIS_STATUS_RESOURCES),
			    "NDIS_STATUS_RESOURCES (0xc000009a)");
	assert_string_equal(ndis_status_name((NDIS_STATUS)0xdead0001), "0xdead0001");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filter_is_set_after_the_restart_and_taken_away_before_the_pause),
		cmocka_unit_test(driver_without_a_handler_is_not_asked),
		cmocka_unit_test(failure_of_the_filter_ends_the_restart),
		cmocka_unit_test(filter_that_is_never_answered_is_given_up_and_reported),
		cmocka_unit_test(filter_that_is_completed_once_too_often_is_reported),
		cmocka_unit_test(refused_registration_of_dma_says_why),
		cmocka_unit_test(statuses_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
