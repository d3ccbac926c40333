/* SPDX-License-Identifier: MIT */
/*
 * Deliberately faulty miniports, and what the verifier says of them: exactly the rule that each
 * breaks, and no other.  A sound run of the same miniports breaks none.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/ndis/host.h"
#include "driver/ndis/rules.h"
#include "driver/nic/nic.h"
#include "tests/driver/recorder.h"
#include "tests/faulty/pitfalls.h"

/* faulty6.c and faulty5.c, under names of their own */
DRIVER_INITIALIZE faulty6_entry, faulty5_entry;

enum pitfall faulty_pitfall;

#define FRAMES_MAX		256
#define ROUNDS			12
#define TWO_BLOCKS_AND_THE_RING 85000u
#define ROUND_NS		5000000u

/* What happens beside the usual. */
enum {
	IN_REAL_TIME = 1,
	SHUT_DOWN = 2,
	PULLED_OUT = 4,
	STAYS_PAUSED = 8,
	DOES_NOT_START = 16,
	RUNS_LONG = 32
};

struct mistake {
	enum pitfall pitfall;
	const char *name;
	uint16_t rule; /* 0: none */
	const char *lead, *fail;
	int what;
	uint16_t also; /* another rule that the mistake cannot but break with it */
	DRIVER_INITIALIZE *entry;
};

static struct rig {
	struct exec *exec;
	struct dma_space *space;
	struct device *nic;
	struct ndis_driver *driver;
	struct ndis_adapter *adapter;
	PNET_BUFFER_LIST lists[FRAMES_MAX];
	PNDIS_PACKET packets[FRAMES_MAX];
	uint32_t nr_lists, nr_packets; /* that the rig holds as a protocol */
	pthread_mutex_t mutex;
} rig;

/* --- the protocol ----------------------------------------------------------------------------- */

static void receive(void *ctx, NDIS_HANDLE binding, PNET_BUFFER_LIST chain, ULONG count,
		    ULONG flags)
{
	pthread_mutex_lock(&rig.mutex);
	for (; chain != NULL && NDIS_TEST_RECEIVE_CAN_PEND(flags);
	     chain = NET_BUFFER_LIST_NEXT_NBL(chain)) {
		assert_true(rig.nr_lists < FRAMES_MAX);
		rig.lists[rig.nr_lists++] = chain;
	}
	pthread_mutex_unlock(&rig.mutex);
}

static void receive_packets(void *ctx, PNDIS_PACKET *packets, UINT n, bool cannot_keep)
{
	pthread_mutex_lock(&rig.mutex);
	for (UINT i = 0; i < n && !cannot_keep; i++) {
		assert_true(rig.nr_packets < FRAMES_MAX);
		rig.packets[rig.nr_packets++] = packets[i];
	}
	pthread_mutex_unlock(&rig.mutex);
}

/* Everything that is held goes back, as one chain. */
static void give_back(void)
{
	PNET_BUFFER_LIST chain = NULL;
	PNDIS_PACKET packets[FRAMES_MAX];
	uint32_t nr_packets;

	pthread_mutex_lock(&rig.mutex);
	while (rig.nr_lists > 0) {
		PNET_BUFFER_LIST nbl = rig.lists[--rig.nr_lists];

		NET_BUFFER_LIST_NEXT_NBL(nbl) = chain;
		chain = nbl;
	}
	nr_packets = rig.nr_packets;
	memcpy(packets, rig.packets, sizeof(packets));
	rig.nr_packets = 0;
	pthread_mutex_unlock(&rig.mutex);
	if (chain != NULL)
		NdisReturnNetBufferLists(rig.adapter, chain, 0);
	if (nr_packets > 0)
		NdisReturnPackets(packets, nr_packets);
}

/* --- the machine ------------------------------------------------------------------------------ */

static void begin(const struct mistake *m)
{
	struct ndis_protocol protocol = {receive, NULL, receive_packets};
	struct ndis_host_config config = {.seed = 11, .patience_ns = 100000000};
	char why[SPEC_WHY_BYTES];

	rec_reset();
	memset(&rig, 0, sizeof(rig));
	faulty_pitfall = m->pitfall;
	pthread_mutex_init(&rig.mutex, NULL);
	rig.exec = m->what & IN_REAL_TIME ? exec_real_open() : exec_virtual_open(1000);
	config.exec = rig.exec;
	assert_int_equal(draw_parse(m->lead, &config.lead, why), 0);
	if (m->fail != NULL)
		assert_int_equal(ndis_faults_parse(m->fail, &config.faults, why), 0);
	assert_int_equal(ndis_host_open(&config), 0);
	rig.space = dma_space_open();
	rig.nic = nic_open(rig.space);
	assert_int_equal(ndis_driver_load(m->entry, &rig.driver), NDIS_STATUS_SUCCESS);
	rig.adapter = ndis_adapter_open(rig.driver, rig.nic);
	assert_non_null(rig.adapter);
	ndis_adapter_bind(rig.adapter, &protocol);
	if (m->pitfall == P7_LIMIT_WITHOUT_PENDING)
		ndis_adapter_set_limit(rig.adapter, TWO_BLOCKS_AND_THE_RING);
}

static int end(void **state)
{
	ndis_adapter_close(rig.adapter);
	ndis_driver_unload(rig.driver);
	ndis_host_close();
	rig.nic->ops->close(rig.nic);
	dma_space_close(rig.space);
	exec_close(rig.exec);
	pthread_mutex_destroy(&rig.mutex);
	return 0;
}

static void pass(uint64_t ns)
{
	const uint32_t never = 0;

	exec_wait(rig.exec, &never, exec_now_ns(rig.exec) + ns);
}

static void send(unsigned int n)
{
	static const uint8_t frame[100] = {1, 2, 3};

	for (; n > 0; n--)
		rig.nic->ops->receive(rig.nic, frame, sizeof(frame));
	rig.nic->ops->step(rig.nic);
}

static void run(const struct mistake *m)
{
	assert_int_equal(ndis_adapter_restart(rig.adapter), NDIS_STATUS_SUCCESS);
	for (int i = 0; i < ROUNDS; i++) {
		send(4);
		pass(ROUND_NS);
		/* Late enough for the ring to run short, and then some are held again. */
		if (i == 6 || i == 9) {
			give_back();
			pass(2 * ROUND_NS);
		}
	}
	give_back();
	if (m->what & RUNS_LONG)
		pass(2500000000); /* a check for hang comes */
	give_back();
	if (m->what & SHUT_DOWN)
		ndis_adapter_shut_down(rig.adapter, NdisShutdownPowerOff);
	ndis_adapter_pause(rig.adapter);
	give_back();
	if (m->what & STAYS_PAUSED)
		pass(60000000);
	ndis_adapter_halt(rig.adapter, m->what & PULLED_OUT ? NdisHaltDeviceSurpriseRemoved
							    : NdisHaltDeviceDisabled);
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void assert_only_broken(uint16_t rule, uint16_t also)
{
	struct ndis_violation v;
	bool was_broken = false;
	unsigned int others = 0;

	for (unsigned int i = 0; ndis_violation_at(i, &v); i++) {
		was_broken |= v.rule == rule;
		others += v.rule != rule && v.rule != also;
		if (v.rule != rule && v.rule != also)
			print_message("R%u, %u times: %s\n", v.rule, (unsigned int)v.count,
				      v.first);
	}
	assert_int_equal(others, 0);
	assert_int_equal(was_broken, rule != 0);
}

static void is_caught(void **state)
{
	const struct mistake *m = *state;
	struct ndis_memory_counts counts;

	begin(m);
	if (m->what & DOES_NOT_START)
		assert_int_not_equal(ndis_adapter_initialize(rig.adapter), NDIS_STATUS_SUCCESS);
	else {
		assert_int_equal(ndis_adapter_initialize(rig.adapter), NDIS_STATUS_SUCCESS);
		run(m);
	}
	ndis_driver_end(rig.driver);
	assert_only_broken(m->rule, m->also);
	ndis_adapter_counts(rig.adapter, &counts);
	assert_int_equal(counts.blocks_live, 0); /* whatever it did, the host has it all back */
	assert_int_equal(counts.pending, 0);
}

/* A row: the mistake, the rule it breaks, how long memory takes, faults, what else happens. */
#define CATCHES(pitfall, rule, ...)                                                                \
	{                                                                                          \
		pitfall, #pitfall, rule, __VA_ARGS__                                               \
	}
#define SOON "fixed:25ms"
#define LATE "fixed:100ms" /* when the adapter is paused and halted already */

static struct mistake mistakes[] = {
	CATCHES(SOUND, 0, SOON),
	CATCHES(SOUND, 0, LATE),
	CATCHES(SOUND, 0, LATE, NULL, STAYS_PAUSED),
	CATCHES(SOUND, 0, SOON, "wrap:p=1"),
	CATCHES(SOUND, 0, SOON, "refuse:p=0.5,status=any+null:p=0.5+early:p=0.5+wrap:p=0.5"),
	CATCHES(SOUND, 0, LATE, NULL, PULLED_OUT),
	CATCHES(SOUND, 0, LATE, NULL, IN_REAL_TIME),
	CATCHES(P1_HALT_DOES_NOT_WAIT, 18, LATE, NULL, 0, 48),
	CATCHES(P2_EVENT_UNDER_THE_LOCK, 52, "fixed:800ms", NULL, IN_REAL_TIME),
	CATCHES(P3_COUNT_IN_TWO_STEPS, 52, LATE),
	CATCHES(P4_UNWRAPPED_BLOCK_IS_LOST, 36, SOON, "wrap:p=1", 0, 48),
	CATCHES(P5_FAILURE_ALONE_IS_A_REFUSAL, 4, SOON, "refuse:p=1,status=resources"),
	CATCHES(P6_BOOKS_AFTER_THE_CALL, 6, SOON, "early:p=1"),
	CATCHES(P7_LIMIT_WITHOUT_PENDING, 27, SOON, "null:p=1"),
	CATCHES(P9_FAILURE_TOLD_BY_ADDRESS, 8, SOON, "null:p=1,pa=garbage"),
	CATCHES(P9_ADDRESS_POINTER_KEPT, 11, SOON),
	CATCHES(P11_FREE_WITH_THE_DMA_HANDLE, 19, SOON),
	CATCHES(P11_FREE_WITH_ANOTHER_LENGTH, 20, SOON),
	CATCHES(P11_FREE_WITH_ANOTHER_CACHED, 20, SOON),
	CATCHES(P11_FREE_OF_THE_FIRST_BUFFER, 20, SOON),
	CATCHES(P12_FREED_TWICE, 21, SOON),
	CATCHES(P12_LENT_FRAMES_RETURNED, 44, LATE),
	CATCHES(P13_FREE_FROM_SHUTDOWN, 55, SOON, NULL, SHUT_DOWN),
	CATCHES(P14_DMA_GOES_BEFORE_THE_MEMORY, 48, SOON),
	CATCHES(P18_BUFFERS_SHARE_A_LINE, 38, SOON),
	CATCHES(P22_BASE_BLOCK_SHRUNK, 34, SOON),
	CATCHES(P25_RESOURCES_BY_LIST, 43, SOON),
	CATCHES(P27_REFUSAL_STORM, 28, SOON, "refuse:p=1"),
	CATCHES(P28_LATE_BLOCK_RESTARTS_RECEIVING, 54, LATE, NULL, STAYS_PAUSED),
	CATCHES(P29_REQUEST_WITHOUT_A_HANDLER, 17, SOON),
	CATCHES(P30_SYNCHRONOUS_CALL_WHILE_RUNNING, 23, SOON),
	CATCHES(P31_REST_OF_THE_CHAIN_DROPPED, 60, SOON),
	CATCHES(P34_REGISTERS_AFTER_REMOVAL, 56, SOON, NULL, PULLED_OUT),
	CATCHES(P36_RECEIVE_FLAGS_KEPT, 44, LATE),
	CATCHES(REFUSED_REQUEST_AWAITED, 2, SOON, "refuse:p=1"),
	CATCHES(WAIT_IN_A_DPC, 13, SOON),
	CATCHES(REQUEST_FROM_THE_ISR, 14, SOON),
	CATCHES(REQUEST_WITH_THE_ADAPTER_HANDLE, 19, SOON),
	CATCHES(REQUEST_BEFORE_DMA_IS_REGISTERED, 22, SOON),
	CATCHES(PART_OF_A_BLOCK_FREED, 21, SOON),
	CATCHES(BLOCK_FREED_WITH_ITS_BUFFERS_POSTED, 35, SOON),
	CATCHES(BLOCK_FREED_WITH_ITS_FRAMES_OUT, 35, SOON),
	CATCHES(FRAME_WRITTEN_WHILE_OUT, 45, SOON),
	CATCHES(INTERRUPT_GOES_AFTER_THE_MEMORY, 48, SOON),
	CATCHES(BASE_BLOCK_LEFT, 50, SOON, NULL, 0, 48),
	CATCHES(FAILED_START_LEAVES_ITS_MEMORY, 53, SOON, NULL, DOES_NOT_START, 48),
	CATCHES(REQUEST_WHILE_PAUSED, 54, SOON, "refuse:p=1", STAYS_PAUSED),
	CATCHES(DEVICE_TOLD_ANOTHER_ADDRESS, 39, SOON),
	CATCHES(LOCK_RELEASED_TWICE, 14, SOON),
	CATCHES(LOCK_RELEASED_TWICE, 14, SOON, NULL, IN_REAL_TIME),
	CATCHES(LOCK_TAKEN_TWICE, 14, SOON),
	CATCHES(LOCK_TAKEN_TWICE, 14, SOON, NULL, IN_REAL_TIME),
	CATCHES(LOCK_FREED_WHILE_HELD, 14, SOON),
	CATCHES(LOCK_FREED_WHILE_HELD, 14, SOON, NULL, IN_REAL_TIME),
	CATCHES(COMPLETION_RETURNS_WITH_A_LOCK, 14, SOON),
	CATCHES(COMPLETION_RETURNS_WITH_A_LOCK, 14, SOON, NULL, IN_REAL_TIME, 52),
	CATCHES(TIMER_RETURNS_WITH_A_LOCK, 14, SOON),
	CATCHES(RETURN_FUNCTION_LEAVES_ITS_LEVEL, 14, SOON),
	CATCHES(LIST_TWICE_IN_ITS_CHAIN, 45, SOON),
	CATCHES(LIST_INDICATED_WHILE_OUT, 45, SOON),
	CATCHES(TIMER_FREED_WHILE_SET, 18, SOON),
	CATCHES(TIMER_LEFT_SET, 18, SOON, NULL, 0, 50),
	CATCHES(POOL_LEFT, 50, SOON),
	CATCHES(MDL_LEFT, 50, SOON),
	CATCHES(MEMORY_LEFT, 50, SOON),
	CATCHES(MEMORY_OF_THE_DRIVER_LEFT, 50, SOON),
	CATCHES(REGISTERS_LEFT_MAPPED, 50, SOON),
	CATCHES(WORK_ITEM_LEFT_QUEUED, 18, SOON, NULL, IN_REAL_TIME),
	CATCHES(WORK_ITEM_LEFT_QUEUED, 18, SOON),
	CATCHES(IO_WORK_ITEM_LEFT_QUEUED, 18, SOON, NULL, 0, 50),
	CATCHES(DRIVER_LEFT_REGISTERED, 50, SOON),
};

static struct mistake mistakes5[] = {
	CATCHES(SOUND, 0, SOON),
	CATCHES(SOUND, 0, LATE),
	CATCHES(P23_SUCCESS_BEHIND_RESOURCES, 42, SOON),
	CATCHES(P24_STATUS_READ_AFTERWARDS, 46, SOON),
	CATCHES(WAIT_IN_A_COMPLETION, 13, "fixed:2ms"),
	CATCHES(PACKETS_INDICATED_TWICE, 45, SOON),
	CATCHES(PACKET_TWICE_IN_AN_ARRAY, 45, SOON),
	CATCHES(COMPLETION_OF_NDIS5_RETURNS_WITH_A_LOCK, 14, "fixed:2ms"),
	CATCHES(SOUND, 0, SOON, NULL, RUNS_LONG | SHUT_DOWN | PULLED_OUT),
	CATCHES(RESET_RETURNS_WITH_A_LOCK, 14, SOON, NULL, RUNS_LONG),
	CATCHES(PNP_EVENT_LEAVES_ITS_LEVEL, 14, SOON, NULL, PULLED_OUT),
	CATCHES(SHUTDOWN_LEAVES_ITS_LEVEL, 14, SOON, NULL, SHUT_DOWN),
};

#define MISTAKES  (sizeof(mistakes) / sizeof(mistakes[0]))
#define MISTAKES5 (sizeof(mistakes5) / sizeof(mistakes5[0]))

static void add(struct CMUnitTest *tests, struct mistake *m, size_t n, DRIVER_INITIALIZE *entry,
		char (*names)[64])
{
	for (size_t i = 0; i < n; i++) {
		m[i].entry = entry;
		snprintf(names[i], sizeof(names[i]), "%s_breaks_R%u", m[i].name, m[i].rule);
		tests[i] = (struct CMUnitTest){names[i], is_caught, NULL, end, &m[i]};
	}
}

int main(void)
{
	static char names[MISTAKES + MISTAKES5][64];
	struct CMUnitTest tests[MISTAKES + MISTAKES5];
	int failed;

	add(tests, mistakes, MISTAKES, faulty6_entry, names);
	add(tests + MISTAKES, mistakes5, MISTAKES5, faulty5_entry, names + MISTAKES);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rec_reset();
	return failed;
}
