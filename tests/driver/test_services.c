/* SPDX-License-Identifier: MIT */
/* What ndis.h offers beside memory and frames: locks, lists, strings, timers, work, bus, settings.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "driver/nic/nic.h"
#include "tests/driver/verdicts.h"

static struct fixture {
	struct exec *exec;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	NDIS_EVENT ran;
	KIRQL irql; /* where it ran */
	char line[128];
} fx;

/* --- a miniport that is only there --------------------------------------------------------------
 */

static NDIS_STATUS initialize(NDIS_HANDLE handle, NDIS_HANDLE context,
			      PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	return NDIS_STATUS_FAILURE;
}

static VOID halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
}

static NDIS_STATUS pause_adapter(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	return NDIS_STATUS_SUCCESS;
}

static VOID return_lists(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags)
{
}

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
	};

	return NdisMRegisterMiniportDriver(object, path, NULL, &c, &handle);
}

static void keep_line(const char *line)
{
	snprintf(fx.line, sizeof(fx.line), "%s", line);
}

static int open_machine(void **state)
{
	struct ndis_host_config config = {.seed = 1, .log = keep_line};

	fx = (struct fixture){.exec = exec_real_open()};
	config.exec = fx.exec;
	fx.space = dma_space_open();
	fx.nic = nic_open(fx.space);
	assert_int_equal(ndis_host_open(&config), 0);
	assert_int_equal(ndis_driver_load(entry, &fx.driver), NDIS_STATUS_SUCCESS);
	fx.adapter = ndis_adapter_open(fx.driver, fx.nic);
	assert_non_null(fx.adapter);
	NdisInitializeEvent(&fx.ran);
	return 0;
}

static int close_machine(void **state)
{
	ndis_adapter_close(fx.adapter);
	ndis_driver_unload(fx.driver);
	ndis_host_close();
	fx.nic->ops->close(fx.nic);
	dma_space_close(fx.space);
	exec_close(fx.exec);
	return 0;
}

/* --- locks and lists ----------------------------------------------------------------------------
 */

static void read_write_locks_raise_and_give_the_level_back(void **state)
{
	PNDIS_RW_LOCK_EX lock = NdisAllocateRWLock(fx.adapter);
	LOCK_STATE_EX one, two;

	NdisAcquireRWLockRead(lock, &one, 0);
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisAcquireRWLockRead(lock, &two, NDIS_RWL_AT_DISPATCH_LEVEL); /* readers share it */
	NdisReleaseRWLock(lock, &two);
	assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
	NdisReleaseRWLock(lock, &one);
	assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
	NdisAcquireRWLockWrite(lock, &one, 0);
	NdisReleaseRWLock(lock, &one);
	assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
	NdisFreeRWLock(lock);
	assert_int_equal(ndis_violations(), 0);
}

static void interlocked_lists_keep_their_order(void **state)
{
	LIST_ENTRY head, a, b, c;
	NDIS_SPIN_LOCK lock;

	NdisAllocateSpinLock(&lock);
	InitializeListHead(&head);
	assert_null(NdisInterlockedRemoveHeadList(&head, &lock));
	assert_null(NdisInterlockedInsertTailList(&head, &b, &lock));
	assert_ptr_equal(NdisInterlockedInsertTailList(&head, &c, &lock), &b);
	assert_ptr_equal(NdisInterlockedInsertHeadList(&head, &a, &lock), &b);
	assert_ptr_equal(NdisInterlockedRemoveHeadList(&head, &lock), &a);
	assert_ptr_equal(NdisInterlockedRemoveHeadList(&head, &lock), &b);
	assert_ptr_equal(RemoveTailList(&head), &c);
	assert_true(IsListEmpty(&head));
	NdisFreeSpinLock(&lock);
}

static void interlocked_stacks_and_sums(void **state)
{
	SINGLE_LIST_ENTRY head = {NULL}, a, b;
	LARGE_INTEGER large = {.QuadPart = 0xffffffff};
	NDIS_SPIN_LOCK lock;
	ULONG sum = 5;
	LONG word = 7;

	NdisAllocateSpinLock(&lock);
	assert_null(NdisInterlockedPushEntryList(&head, &a, &lock));
	assert_ptr_equal(NdisInterlockedPushEntryList(&head, &b, &lock), &a);
	assert_ptr_equal(NdisInterlockedPopEntryList(&head, &lock), &b);
	assert_ptr_equal(NdisInterlockedPopEntryList(&head, &lock), &a);
	assert_null(NdisInterlockedPopEntryList(&head, &lock));
	assert_int_equal(NdisInterlockedAddUlong(&sum, 3, &lock), 5);
	assert_int_equal(sum, 8);
	NdisInterlockedAddLargeInteger(&large, 1, &lock);
	assert_int_equal(large.QuadPart, INT64_C(0x100000000));
	NdisFreeSpinLock(&lock);
	assert_int_equal(InterlockedIncrement(&word), 8);
	assert_int_equal(InterlockedExchange(&word, 1), 8);
	assert_int_equal(InterlockedCompareExchange(&word, 2, 9), 1);
	assert_int_equal(InterlockedCompareExchange(&word, 2, 1), 1);
	assert_int_equal(word, 2);
}

/* --- strings ------------------------------------------------------------------------------------
 */

static void strings_of_every_kind_of_literal_are_equal(void **state)
{
	NDIS_STRING constant = NDIS_STRING_CONST("PoolLow"), narrow, wide, empty;
	NDIS_STRING lower = NDIS_STRING_CONST("poollow");

	NdisInitUnicodeString(&narrow, u"PoolLow");
	NdisInitUnicodeString(&wide, L"PoolLow");
	NdisInitUnicodeString(&empty, (PCWSTR)NULL);
	assert_int_equal(wide.Length, 14);
	assert_int_equal(wide.MaximumLength, 16);
	assert_true(NdisEqualString(&constant, &narrow, FALSE));
	assert_true(NdisEqualString(&constant, &wide, FALSE));
	assert_false(NdisEqualString(&constant, &lower, FALSE));
	assert_true(NdisEqualString(&constant, &lower, TRUE));
	assert_int_equal(empty.Length, 0);
	assert_null(empty.Buffer);
}

static void strings_change_their_encoding(void **state)
{
	WCHAR room[4];
	CHAR bytes[4];
	UNICODE_STRING unicode = {0, sizeof(room), room};
	ANSI_STRING ansi, back = {0, sizeof(bytes), bytes};
	NDIS_STRING copy;

	NdisInitAnsiString(&ansi, "eth\xe4");
	assert_int_equal(NdisAnsiStringToUnicodeString(&unicode, &ansi), NDIS_STATUS_SUCCESS);
	assert_memory_equal(room, u"eth?", sizeof(room));
	assert_int_equal(NdisUnicodeStringToAnsiString(&back, &unicode), NDIS_STATUS_SUCCESS);
	assert_memory_equal(bytes, "eth?", 4);
	back.MaximumLength = 3;
	back.Length = 0;
	assert_int_equal(NdisUnicodeStringToAnsiString(&back, &unicode), NDIS_STATUS_RESOURCES);
	assert_int_equal(back.Length, 0);
	NdisInitializeString(&copy, (PUCHAR) "eth?");
	assert_true(NdisEqualString(&copy, &unicode, FALSE));
	NdisFreeString(copy);
}

static void numbers_are_read_in_their_base(void **state)
{
	static const struct {
		NDIS_STRING text;
		ULONG base, value;
	} rows[] = {
		{NDIS_STRING_CONST("1500"), 10, 1500}, {NDIS_STRING_CONST("0x5DC"), 0, 1500},
		{NDIS_STRING_CONST("5dcX"), 16, 1500}, {NDIS_STRING_CONST("  -1"), 10, UINT32_MAX},
		{NDIS_STRING_CONST("0b101"), 0, 5},    {NDIS_STRING_CONST(""), 10, 0},
	};
	ULONG value;

	for (size_t i = 0; i < ARRAYSIZE(rows); i++) {
		value = 77;
		assert_int_equal(RtlUnicodeStringToInteger(&rows[i].text, rows[i].base, &value),
				 STATUS_SUCCESS);
		assert_int_equal(value, rows[i].value);
	}
	assert_int_equal(RtlUnicodeStringToInteger(&rows[0].text, 7, &value),
			 STATUS_INVALID_PARAMETER);
}

/* --- timers, work and time ----------------------------------------------------------------------
 */

static VOID on_timer(PVOID one, PVOID context, PVOID two, PVOID three)
{
	fx.irql = KeGetCurrentIrql();
	NdisSetEvent(context);
}

static void a_timer_in_the_drivers_storage_runs_once_at_dispatch(void **state)
{
	NDIS_TIMER timer;
	BOOLEAN cancelled;

	NdisInitializeTimer(&timer, on_timer, &fx.ran);
	NdisSetTimer(&timer, 60000);
	NdisCancelTimer(&timer, &cancelled);
	assert_true(cancelled);
	NdisSetTimer(&timer, 1);
	assert_true(NdisWaitEvent(&fx.ran, 60000));
	KeFlushQueuedDpcs();
	assert_int_equal(fx.irql, DISPATCH_LEVEL);
	NdisCancelTimer(&timer, &cancelled);
	assert_false(cancelled);
}

static VOID on_io_work(PVOID context, NDIS_HANDLE item)
{
	fx.irql = KeGetCurrentIrql();
	NdisFreeIoWorkItem(item); /* from inside it is allowed */
	NdisSetEvent(context);
}

static void a_work_item_runs_at_passive_and_may_free_itself(void **state)
{
	NDIS_HANDLE item = NdisAllocateIoWorkItem(fx.adapter);
	KIRQL old;

	fx.irql = HIGH_LEVEL;
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisQueueIoWorkItem(item, on_io_work, &fx.ran);
	KeLowerIrql(old);
	assert_true(NdisWaitEvent(&fx.ran, 60000));
	assert_int_equal(fx.irql, PASSIVE_LEVEL);
	assert_int_equal(ndis_violations(), 0);
}

static VOID on_work(PNDIS_WORK_ITEM item, PVOID context)
{
	NDIS_EVENT *ran = context;

	fx.irql = KeGetCurrentIrql();
	NdisFreeMemory(item, sizeof(*item), 0);
	NdisSetEvent(ran);
}

static void a_work_item_in_the_drivers_storage_may_go_with_its_run(void **state)
{
	PNDIS_WORK_ITEM item;

	assert_int_equal(NdisAllocateMemoryWithTag((PVOID *)&item, sizeof(*item), 0),
			 NDIS_STATUS_SUCCESS);
	NdisInitializeWorkItem(item, on_work, &fx.ran);
	assert_int_equal(NdisScheduleWorkItem(item), NDIS_STATUS_SUCCESS);
	assert_true(NdisWaitEvent(&fx.ran, 60000));
	assert_int_equal(fx.irql, PASSIVE_LEVEL);
}

static void sleeping_takes_its_time_and_is_refused_at_dispatch(void **state)
{
	LARGE_INTEGER before, after;
	KIRQL old;

	NdisGetSystemUpTimeEx(&before);
	NdisMSleep(2000);
	NdisGetSystemUpTimeEx(&after);
	assert_true(after.QuadPart - before.QuadPart >= 20000);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	NdisMSleep(60000000); /* R13: returns at once */
	KeLowerIrql(old);
	assert_true(times_broken(13));
}

static void the_time_goes_on_from_1601(void **state)
{
	LARGE_INTEGER one, two, counter, frequency;
	ULONG up_ms;

	NdisGetCurrentSystemTime(&one);
	NdisStallExecution(100);
	NdisGetCurrentSystemTime(&two);
	assert_true(two.QuadPart - one.QuadPart >= 1000);
	assert_true(one.QuadPart > INT64_C(130000000000000000)); /* 2012 */
	NdisGetSystemUpTime(&up_ms);
	counter = KeQueryPerformanceCounter(&frequency);
	assert_true(counter.QuadPart / (frequency.QuadPart / 1000) >= (LONGLONG)up_ms);
	assert_true(NdisSystemProcessorCount() >= 1);
}

static void paged_code_at_dispatch_is_a_broken_rule(void **state)
{
	KIRQL old;

	PAGED_CODE();
	assert_int_equal(ndis_violations(), 0);
	KeRaiseIrql(DISPATCH_LEVEL, &old);
	PAGED_CODE();
	KeLowerIrql(old);
	assert_true(times_broken(13));
}

/* --- the bus ------------------------------------------------------------------------------------
 */

static void configuration_space_names_the_device(void **state)
{
	PCI_COMMON_CONFIG config;
	USHORT id, command = PCI_ENABLE_BUS_MASTER | 0x400;

	memset(&config, 0xee, sizeof(config));
	assert_int_equal(
		NdisMGetBusData(fx.adapter, PCI_WHICHSPACE_CONFIG, 0, &config, sizeof(config)), 64);
	assert_int_equal(config.VendorID, 0x5053);
	assert_int_equal(config.DeviceID, 0x0001);
	assert_int_equal(config.BaseClass, 2);
	assert_int_equal(config.Command & PCI_ENABLE_BUS_MASTER, 0);
	assert_int_equal(config.u.type0.BaseAddresses[0] & ~0xfu, 0xfeb00000u);
	assert_int_equal(NdisReadPciSlotInformation(fx.adapter, 0, 2, &id, 2), 2);
	assert_int_equal(id, 0x0001);
	assert_int_equal(NdisMGetBusData(fx.adapter, PCI_WHICHSPACE_CONFIG, 62, &config, 8), 2);
	assert_int_equal(NdisMGetBusData(fx.adapter, PCI_WHICHSPACE_CONFIG, 64, &config, 8), 0);
	assert_int_equal(NdisMSetBusData(fx.adapter, PCI_WHICHSPACE_CONFIG, 4, &command, 2), 2);
	NdisMGetBusData(fx.adapter, PCI_WHICHSPACE_CONFIG, 4, &id, 2);
	assert_int_equal(id, PCI_ENABLE_MEMORY_SPACE | PCI_ENABLE_BUS_MASTER);
}

static void narrow_register_reads_are_parts_of_the_register(void **state)
{
	NDIS_PHYSICAL_ADDRESS window = {.QuadPart = 0xfeb00000};
	PVOID offset = &fx, mapped;
	PUCHAR regs;
	USHORT half;
	UCHAR byte;

	assert_int_equal(NdisMMapIoSpace(&mapped, fx.adapter, window, 4096), NDIS_STATUS_SUCCESS);
	regs = mapped;
	NdisWriteRegisterUlong(regs + 0x0c, 0x5); /* MASK_SET, of which 7 is known */
	NdisReadRegisterUchar(regs + 0x0c, &byte);
	assert_int_equal(byte, 5);
	NdisReadRegisterUshort(regs + 0x0e, &half);
	assert_int_equal(half, 0);
	NdisWriteRegisterUchar(regs + 0x0c, 2);
	NdisReadRegisterUchar(regs + 0x0c, &byte);
	assert_int_equal(byte, 7);
	NdisMUnmapIoSpace(fx.adapter, mapped, 4096);
	assert_int_equal(NdisMRegisterIoPortRange(&offset, fx.adapter, 0x300, 8),
			 NDIS_STATUS_RESOURCE_CONFLICT);
	assert_null(offset);
}

/* --- settings, the log and net buffers ----------------------------------------------------------
 */

static void written_configuration_is_found_again(void **state)
{
	NDIS_CONFIGURATION_OBJECT object = {
		.Header = {NDIS_OBJECT_TYPE_CONFIGURATION_OBJECT, 1, sizeof(object)},
		.NdisHandle = fx.adapter,
	};
	NDIS_STRING keyword = NDIS_STRING_CONST("*MyMark"), number = NDIS_STRING_CONST("1514");
	NDIS_CONFIGURATION_PARAMETER value = {NdisParameterString, {.StringData = number}}, *found;
	NDIS_HANDLE handle;
	NDIS_STATUS status;
	PVOID address;
	UINT length;

	assert_int_equal(NdisOpenConfigurationEx(&object, &handle), NDIS_STATUS_SUCCESS);
	NdisReadConfiguration(&status, &found, handle, &keyword, NdisParameterString);
	assert_int_equal(status, NDIS_STATUS_FAILURE);
	NdisWriteConfiguration(&status, handle, &keyword, &value);
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	NdisReadConfiguration(&status, &found, handle, &keyword, NdisParameterString);
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	assert_true(NdisEqualString(&found->ParameterData.StringData, &number, FALSE));
	NdisReadConfiguration(&status, &found, handle, &keyword, NdisParameterInteger);
	assert_int_equal(status, NDIS_STATUS_SUCCESS);
	assert_int_equal(found->ParameterData.IntegerData, 1514);
	value.ParameterType = NdisParameterInteger;
	value.ParameterData.IntegerData = 9;
	NdisWriteConfiguration(&status, handle, &keyword, &value);
	NdisReadConfiguration(&status, &found, handle, &keyword, NdisParameterInteger);
	assert_int_equal(found->ParameterData.IntegerData, 9);
	NdisReadNetworkAddress(&status, &address, &length, handle);
	assert_int_equal(status, NDIS_STATUS_FAILURE);
	NdisCloseConfiguration(handle);
}

static void what_a_driver_says_comes_in_whole_lines(void **state)
{
	DbgPrint("ring of %u slots\n", 256u);
	assert_string_equal(fx.line, "ring of 256 slots");
	NdisWriteErrorLogEntry(fx.adapter, NDIS_ERROR_CODE_OUT_OF_RESOURCES, 2, 1u, 0xffu);
	assert_string_equal(fx.line, "error log: code 0xc0001389 0x1 0xff");
}

static void messages_have_the_kernels_formats(void **state)
{
	UNICODE_STRING wide = NDIS_STRING_CONST("Network Address"), empty = {0, 0, NULL};
	ANSI_STRING bytes = {3, 8, (PCHAR) "abcdefgh"};

	DbgPrint("%I64u %I64x %I64d|", 0xffffffffffffffffull, 0x123456789aull, -5ll);
	assert_string_equal(fx.line, "18446744073709551615 123456789a -5|");
	DbgPrint("%8I64x|%-8I64x|%08I64X|%Iu", 0xabcull, 0xabcull, 0xabcull, (ULONG_PTR)7);
	assert_string_equal(fx.line, "     abc|abc     |00000ABC|7");
	DbgPrint("%wZ=%Z %wZ %d", &wide, &bytes, &empty, 17);
	assert_string_equal(fx.line, "Network Address=abc (null) 17");
	DbgPrint("%ws %S %ls %hs %s %u", u"one", u"two", u"three", "four", "five", 6u);
	assert_string_equal(fx.line, "one two three four five 6");
	DbgPrint("%.2ws|%5S|%-5ws|%wc%C%c", u"text", u"abc", u"abc", u'x', u'y', 'z');
	assert_string_equal(fx.line, "te|  abc|abc  |xyz");
	DbgPrint("%lu %lx %ld %hu %hhd %#x %+i", 0xffffffffu, 0x80000000u, -1, 65537, 255, 16, 3);
	assert_string_equal(fx.line, "4294967295 80000000 -1 1 -1 0x10 +3");
	DbgPrint("%*d|%-*d|%.*s|%p", 4, 1, 3, 2, 2, "abc", (PVOID)0x1234);
	assert_string_equal(fx.line, "   1|2  |ab|0000000000001234");
	DbgPrint("100%% %q %u %ws", 5u, (PWSTR)NULL);
	assert_string_equal(fx.line, "100% %q 5 (null)");
	DbgPrint("%0600u", 1u);
	assert_true(strlen(fx.line) < 512);
}

/* A frame of two MDLs, of 10 and 6 bytes. */
static void net_buffers_move_along_their_mdls(void **state)
{
	NET_BUFFER_POOL_PARAMETERS parameters = {
		.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(parameters)}};
	NDIS_HANDLE pool = NdisAllocateNetBufferPool(fx.adapter, &parameters);
	UCHAR bytes[17] = "0123456789abcdef", room[8];
	PMDL one = NdisAllocateMdl(fx.adapter, bytes, 10), two, next;
	PNET_BUFFER nb;
	UINT length;
	PVOID va;

	two = NdisAllocateMdl(fx.adapter, bytes + 10, 6);
	NDIS_MDL_LINKAGE(one) = two;
	NdisQueryMdl(two, &va, &length, NormalPagePriority);
	assert_ptr_equal(va, bytes + 10);
	assert_int_equal(length, 6);
	NdisGetNextMdl(one, &next);
	assert_ptr_equal(next, two);
	nb = NdisAllocateNetBuffer(pool, one, 2, 14);
	assert_int_equal(NET_BUFFER_DATA_LENGTH(nb), 14);
	assert_ptr_equal(NdisGetDataBuffer(nb, 8, room, 1, 0), bytes + 2);
	assert_ptr_equal(NdisGetDataBuffer(nb, 9, NULL, 1, 0), NULL); /* in two pieces */
	NdisAdvanceNetBufferDataStart(nb, 6, FALSE, NULL);
	assert_ptr_equal(NdisGetDataBuffer(nb, 4, room, 1, 0), room);
	assert_memory_equal(room, "89ab", 4);
	NdisAdvanceNetBufferDataStart(nb, 4, FALSE, NULL);
	assert_ptr_equal(NET_BUFFER_CURRENT_MDL(nb), two);
	assert_int_equal(NET_BUFFER_CURRENT_MDL_OFFSET(nb), 2);
	assert_int_equal(NdisRetreatNetBufferDataStart(nb, 12, 0, NULL), NDIS_STATUS_SUCCESS);
	assert_int_equal(NET_BUFFER_DATA_LENGTH(nb), 16);
	assert_int_equal(NdisRetreatNetBufferDataStart(nb, 1, 0, NULL), NDIS_STATUS_RESOURCES);
	NdisFreeNetBuffer(nb);
	NdisFreeMdl(one);
	NdisFreeMdl(two);
	NdisFreeNetBufferPool(pool);
	assert_int_equal(ndis_violations(), 0);
}

static void a_send_that_nobody_made_cannot_be_completed(void **state)
{
	NET_BUFFER_LIST list = {0};

	NdisMSendNetBufferListsComplete(fx.adapter, &list, 0);
	assert_true(times_broken(45));
}

#define ON(test) cmocka_unit_test_setup_teardown(test, open_machine, close_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON(read_write_locks_raise_and_give_the_level_back),
		ON(interlocked_lists_keep_their_order),
		ON(interlocked_stacks_and_sums),
		ON(strings_of_every_kind_of_literal_are_equal),
		ON(strings_change_their_encoding),
		ON(numbers_are_read_in_their_base),
		ON(a_timer_in_the_drivers_storage_runs_once_at_dispatch),
		ON(a_work_item_runs_at_passive_and_may_free_itself),
		ON(a_work_item_in_the_drivers_storage_may_go_with_its_run),
		ON(sleeping_takes_its_time_and_is_refused_at_dispatch),
		ON(the_time_goes_on_from_1601),
		ON(paged_code_at_dispatch_is_a_broken_rule),
		ON(configuration_space_names_the_device),
		ON(narrow_register_reads_are_parts_of_the_register),
		ON(written_configuration_is_found_again),
		ON(what_a_driver_says_comes_in_whole_lines),
		ON(messages_have_the_kernels_formats),
		ON(net_buffers_move_along_their_mdls),
		ON(a_send_that_nobody_made_cannot_be_completed),
	};

	return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
