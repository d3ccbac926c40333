/* SPDX-License-Identifier: MIT */
/*
 * Both generations of NDIS in one host, each with the reference driver under its face: they live
 * beside each other, and what belongs to one does not work for the other.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/miniport/ndis5.h"
#include "driver/miniport/ndis6.h"
#include "driver/ndis/internal.h"
#include "driver/nic/nic.h"
#include "driver/stack/stack.h"
#include "driver/traffic/frame.h"
#include "tests/driver/recorder.h"
#include "tests/driver/verdicts.h"

#define SEED   5u
#define FRAMES 300u

/* One adapter, with what is below and above it. */
struct side {
	DRIVER_INITIALIZE *entry;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	struct stack *stack;
	uint64_t sent;
};

static struct exec *exec;
static struct side five, six;

static void side_begin(struct side *side, DRIVER_INITIALIZE *entry)
{
	static const struct {
		const char *keyword;
		ULONG value;
	} values[] = {{"PoolBase", 32},	  {"PoolBlock", 16},  {"PoolLow", 12},	{"PoolHigh", 48},
		      {"PoolLimit", 512}, {"PoolReserve", 2}, {"PoolTickMs", 2}};
	struct ndis_protocol protocol;
	char why[SPEC_WHY_BYTES];
	struct draw hold;

	*side = (struct side){.entry = entry};
	side->space = dma_space_open();
	side->nic = nic_open(side->space);
	assert_int_equal(ndis_driver_load(entry, &side->driver), NDIS_STATUS_SUCCESS);
	side->adapter = ndis_adapter_open(side->driver, side->nic);
	for (size_t i = 0; i < ARRAYSIZE(values); i++)
		ndis_adapter_configure(side->adapter, values[i].keyword, values[i].value);
	assert_int_equal(draw_parse("fixed:2ms", &hold, why), 0);
	side->stack = stack_open(exec, &hold, SEED);
	protocol = stack_protocol(side->stack);
	ndis_adapter_bind(side->adapter, &protocol);
	assert_int_equal(ndis_adapter_initialize(side->adapter), NDIS_STATUS_SUCCESS);
	assert_int_equal(ndis_adapter_restart(side->adapter), NDIS_STATUS_SUCCESS);
}

static void side_send(struct side *side, uint32_t n)
{
	uint8_t frame[200];

	for (; n > 0; n--) {
		frame_fill(frame, sizeof(frame), SEED, side->sent++);
		side->nic->ops->receive(side->nic, frame, sizeof(frame));
	}
	ndis_adapter_flush_interrupts(side->adapter);
}

static void side_halt(struct side *side)
{
	stack_pause(side->stack, exec_now_ns(exec));
	ndis_adapter_pause(side->adapter);
	ndis_adapter_halt(side->adapter, NdisHaltDeviceDisabled);
}

static void side_end(struct side *side)
{
	ndis_adapter_close(side->adapter);
	ndis_driver_unload(side->driver);
	stack_close(side->stack);
	side->nic->ops->close(side->nic);
	dma_space_close(side->space);
}

static void begin(void)
{
	struct ndis_host_config config = {.seed = 3};
	char why[SPEC_WHY_BYTES];

	rec_reset();
	exec = exec_real_open();
	config.exec = exec;
	assert_int_equal(draw_parse("fixed:100us", &config.lead, why), 0);
	assert_int_equal(ndis_host_open(&config), 0);
	side_begin(&five, ndis5_driver_entry);
	side_begin(&six, DriverEntry);
}

static void end(void)
{
	side_halt(&five);
	side_halt(&six);
	side_end(&five);
	side_end(&six);
	ndis_host_close();
	exec_close(exec);
}

static void assert_all_came_back(struct side *side)
{
	struct ndis_memory_counts memory;
	struct device_counts device;
	struct stack_counts stack;

	ndis_adapter_counts(side->adapter, &memory);
	side->nic->ops->count(side->nic, &device);
	stack_count(side->stack, &stack);
	assert_int_equal(stack.payload_errors, 0);
	assert_int_equal(stack.frames, device.stored);
	assert_int_equal(stack.frames, stack.returned + stack.resources);
	assert_int_equal(stack.held, 0);
	assert_int_equal(memory.blocks_live, 0);
	assert_int_equal(memory.pending, 0);
	assert_int_equal(memory.indicated, 0);
	assert_true(memory.completed > 0);
	assert_int_equal(dma_space_faults(side->space), 0);
}

static void both_generations_run_in_one_host(void **state)
{
	begin();
	for (uint32_t n = 0; n < FRAMES; n += 30) {
		side_send(&five, 30);
		side_send(&six, 30);
		ndis_host_flush();
	}
	side_halt(&five);
	side_halt(&six);
	assert_all_came_back(&five);
	assert_all_came_back(&six);
	assert_int_equal(ndis_violations(), 0);
	side_end(&five);
	side_end(&six);
	ndis_host_close();
	exec_close(exec);
}

/* R19 (delta 1, 2): the same handle, the wrong call. */
static void each_asynchronous_call_is_for_its_own_generation(void **state)
{
	begin();
	assert_int_equal(NdisMAllocateSharedMemoryAsync(six.adapter, 64, TRUE, NULL),
			 NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(19), 1);
	assert_int_equal(NdisMAllocateSharedMemoryAsync(six.adapter->dma, 64, TRUE, NULL),
			 NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(19), 2);
	assert_int_equal(NdisMAllocateSharedMemoryAsyncEx(five.adapter, 64, TRUE, NULL),
			 NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(19), 3);
	end();
	assert_int_equal(ndis_violations(), 3);
}

/* R19 (delta 22): the adapter's handle and no other, in both. */
static void memory_is_freed_with_the_adapters_handle_in_both(void **state)
{
	NDIS_PHYSICAL_ADDRESS pa = {.QuadPart = 0};
	NDIS_STATUS status;
	NDIS_HANDLE pool;

	begin();
	NdisAllocatePacketPool(&status, &pool, 1, 0);
	NdisMFreeSharedMemory(pool, 64, TRUE, &pa, pa);
	assert_int_equal(times_broken(19), 1);
	NdisMFreeSharedMemory(NULL, 64, TRUE, &pa, pa);
	assert_int_equal(times_broken(19), 2);
	NdisFreePacketPool(pool);
	end();
	assert_int_equal(ndis_violations(), 2);
}

/* What frames are wrapped in is the generation's, too. */
static void frames_are_indicated_in_the_generations_own_way(void **state)
{
	NET_BUFFER_LIST list = {0};
	NDIS_STATUS status;
	PNDIS_PACKET packet;
	NDIS_HANDLE pool;

	begin();
	NdisAllocatePacketPool(&status, &pool, 1, 0);
	NdisAllocatePacket(&status, &packet, pool);
	NDIS_SET_PACKET_STATUS(packet, NDIS_STATUS_SUCCESS);
	NdisMIndicateReceivePacket(six.adapter, &packet, 1);
	assert_int_equal(times_broken(42), 1);
	NdisMIndicateReceiveNetBufferLists(five.adapter, &list, 0, 1, 0);
	assert_int_equal(times_broken(43), 1);
	NdisReturnNetBufferLists(five.adapter, &list, 0);
	assert_int_equal(times_broken(44), 1);
	NdisFreePacket(packet); /* it never left */
	NdisFreePacketPool(pool);
	end();
	assert_int_equal(ndis_violations(), 3);
}

/* R25: interrupts and attributes, too, before anything is called through a NULL pointer. */
static void interrupts_and_attributes_are_the_generations_own(void **state)
{
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, 1, sizeof(c)}};
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1,
			   sizeof(a)}};
	NDIS_MINIPORT_INTERRUPT interrupt;
	NDIS_MINIPORT_TIMER timer;
	NDIS_HANDLE handle;

	begin();
	assert_int_equal(NdisMRegisterInterruptEx(five.adapter, NULL, &c, &handle),
			 NDIS_STATUS_INVALID_PARAMETER);
	assert_int_equal(NdisMRegisterInterrupt(&interrupt, six.adapter, 0, 0, TRUE, TRUE,
						NdisInterruptLevelSensitive),
			 NDIS_STATUS_FAILURE);
	assert_int_equal(times_broken(48), 2);
	assert_int_equal(NdisMSetMiniportAttributes(five.adapter, &a),
			 NDIS_STATUS_INVALID_PARAMETER);
	NdisMSetAttributesEx(six.adapter, NULL, 0, 0, NdisInterfacePci);
	assert_int_equal(times_broken(25), 2);
	assert_non_null(six.adapter->context);
	NdisMInitializeTimer(&timer, NULL, adapter_tick, NULL);
	end();
	assert_true(ndis_violations() >= 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_generations_run_in_one_host),
		cmocka_unit_test(each_asynchronous_call_is_for_its_own_generation),
		cmocka_unit_test(memory_is_freed_with_the_adapters_handle_in_both),
		cmocka_unit_test(frames_are_indicated_in_the_generations_own_way),
		cmocka_unit_test(interrupts_and_attributes_are_the_generations_own),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
