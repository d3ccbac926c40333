/* SPDX-License-Identifier: MIT */
/*
 * Another device than the reference NIC, and a driver for it: a mailbox with room for one frame. It
 * shares no register, no layout and no ring with docs/nic.md; the machine, NDIS and the stack are
 * the same.  That it works is what driver/nic/device.h promises.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/driver/machine_bench.h"

/* --- the mailbox ------------------------------------------------------------------------------ */

#define LETTER_BYTES 1000u

/* Registers; the window is 64 bytes, and what is not named reads as zero. */
enum {
	BOX_ROOM = 0x04, /* write: bytes at the address; the box may fill it from now on */
	BOX_HIGH = 0x08, /* write: the address, its upper half first */
	BOX_LOW = 0x10,
	BOX_MAIL = 0x20, /* read: bytes of the frame that has come; 0: none */
	BOX_BELL = 0x30, /* write: 1 the line may be pulled, 0 it may not */
};

struct mailbox {
	struct device device;
	pthread_mutex_t mutex;
	uint64_t address;
	uint32_t room, mail, bell;
	struct device_counts counts;
};

static void ring_bell(struct mailbox *box)
{
	if (box->mail != 0 && box->bell != 0 && box->device.line.raise != NULL)
		box->device.line.raise(box->device.line.ctx);
}

static uint32_t box_read(struct device *device, uint32_t offset)
{
	struct mailbox *box = (struct mailbox *)device;
	uint32_t value;

	pthread_mutex_lock(&box->mutex);
	value = offset == BOX_MAIL ? box->mail : 0;
	pthread_mutex_unlock(&box->mutex);
	return value;
}

static void box_write(struct device *device, uint32_t offset, uint32_t value)
{
	struct mailbox *box = (struct mailbox *)device;

	pthread_mutex_lock(&box->mutex);
	switch (offset) {
	case BOX_HIGH:
		box->address = (uint64_t)value << 32;
		break;
	case BOX_LOW:
		box->address |= value;
		break;
	case BOX_ROOM:
		box->room = value;
		box->mail = 0;
		break;
	case BOX_BELL:
		box->bell = value;
		ring_bell(box);
		break;
	default:
		break;
	}
	pthread_mutex_unlock(&box->mutex);
}

static bool box_receive(struct device *device, const void *frame, uint32_t len_bytes)
{
	struct mailbox *box = (struct mailbox *)device;
	bool kept = false;

	pthread_mutex_lock(&box->mutex);
	if (box->room < len_bytes || box->mail != 0) {
		box->counts.no_descriptor++;
	} else if (dma_write(device->space, bus_addr(box->address), frame, len_bytes) != 0) {
		box->counts.refused++;
		box->counts.faults++;
	} else {
		box->mail = len_bytes;
		box->counts.stored++;
		kept = true;
	}
	pthread_mutex_unlock(&box->mutex);
	return kept;
}

static void box_step(struct device *device)
{
	struct mailbox *box = (struct mailbox *)device;

	pthread_mutex_lock(&box->mutex);
	ring_bell(box);
	pthread_mutex_unlock(&box->mutex);
}

static void box_count(struct device *device, struct device_counts *counts)
{
	struct mailbox *box = (struct mailbox *)device;

	pthread_mutex_lock(&box->mutex);
	*counts = box->counts;
	pthread_mutex_unlock(&box->mutex);
}

static void box_close(struct device *device)
{
	struct mailbox *box = (struct mailbox *)device;

	pthread_mutex_destroy(&box->mutex);
	free(box);
}

static const struct device_ops box_ops = {
	.name = "mailbox",
	.register_bytes = 64,
	.reaches_64_bit = false,
	.read = box_read,
	.write = box_write,
	.receive = box_receive,
	.step = box_step,
	.count = box_count,
	.close = box_close,
};

static struct device *box_open(struct dma_space *space)
{
	struct mailbox *box = calloc(1, sizeof(*box));

	if (box == NULL)
		return NULL;
	box->device.ops = &box_ops;
	box->device.space = space;
	pthread_mutex_init(&box->mutex, NULL);
	return &box->device;
}

static const struct device_model box_model = {.frame_bytes = LETTER_BYTES, .open = box_open};

/* --- its driver ------------------------------------------------------------------------------- */

static struct {
	NDIS_HANDLE driver, adapter, dma, nbl_pool, interrupt;
	PUCHAR regs;
	PVOID va;
	NDIS_PHYSICAL_ADDRESS pa;
	PMDL mdl;
	PNET_BUFFER_LIST nbl;
	NDIS_SPIN_LOCK lock; /* guards running against the DPC */
	bool running;
	uint32_t letters;
} mp;

static void set_register(ULONG offset, ULONG value)
{
	NdisWriteRegisterUlong((PULONG)(PVOID)(mp.regs + offset), value);
}

static ULONG get_register(ULONG offset)
{
	ULONG value;

	NdisReadRegisterUlong((PULONG)(PVOID)(mp.regs + offset), &value);
	return value;
}

/* The buffer is the mailbox's. */
static void put_out(void)
{
	set_register(BOX_HIGH, (ULONG)mp.pa.HighPart);
	set_register(BOX_LOW, mp.pa.LowPart);
	set_register(BOX_ROOM, LETTER_BYTES);
}

static BOOLEAN mp_isr(NDIS_HANDLE context, PBOOLEAN queue_dpc, PULONG processors)
{
	if (get_register(BOX_MAIL) == 0)
		return FALSE;
	set_register(BOX_BELL, 0);
	*queue_dpc = TRUE;
	return TRUE;
}

static void indicate(ULONG length)
{
	NdisAdjustMdlLength(mp.mdl, length);
	NET_BUFFER_DATA_LENGTH(NET_BUFFER_LIST_FIRST_NB(mp.nbl)) = length;
	NET_BUFFER_LIST_NEXT_NBL(mp.nbl) = NULL;
	mp.letters++;
	/* There is one buffer: it cannot be kept. */
	NdisMIndicateReceiveNetBufferLists(mp.adapter, mp.nbl, NDIS_DEFAULT_PORT_NUMBER, 1,
					   NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL |
						   NDIS_RECEIVE_FLAGS_RESOURCES);
}

static VOID mp_dpc(NDIS_HANDLE context, PVOID dpc_context, PVOID throttle, PVOID reserved)
{
	ULONG length = get_register(BOX_MAIL);
	bool running;

	NdisAcquireSpinLock(&mp.lock);
	running = mp.running;
	NdisReleaseSpinLock(&mp.lock);
	if (!running)
		return;
	if (length != 0)
		indicate(length);
	put_out();
	set_register(BOX_BELL, 1);
}

static NDIS_STATUS map_registers(PNDIS_RESOURCE_LIST resources)
{
	PVOID regs;
	NDIS_STATUS status = NDIS_STATUS_ADAPTER_NOT_FOUND;

	for (ULONG i = 0; i < resources->Count; i++) {
		PCM_PARTIAL_RESOURCE_DESCRIPTOR d = &resources->PartialDescriptors[i];

		if (d->Type != CmResourceTypeMemory)
			continue;
		assert_int_equal(d->u.Memory.Length, 64);
		status = NdisMMapIoSpace(&regs, mp.adapter, d->u.Memory.Start, d->u.Memory.Length);
		mp.regs = regs;
	}
	return status;
}

static void register_adapter(void)
{
	NDIS_MINIPORT_ADAPTER_ATTRIBUTES a = {
		.RegistrationAttributes = {
			.Header = {NDIS_OBJECT_TYPE_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES, 1,
				   NDIS_SIZEOF_MINIPORT_ADAPTER_REGISTRATION_ATTRIBUTES_REVISION_1},
			.MiniportAdapterContext = &mp,
			.AttributeFlags = NDIS_MINIPORT_ATTRIBUTES_HARDWARE_DEVICE |
					  NDIS_MINIPORT_ATTRIBUTES_BUS_MASTER,
			.InterfaceType = NdisInterfacePci,
		}};
	NDIS_SG_DMA_DESCRIPTION dma = {
		.Header = {NDIS_OBJECT_TYPE_SG_DMA_DESCRIPTION, 1,
			   NDIS_SIZEOF_SG_DMA_DESCRIPTION_REVISION_1},
		.MaximumPhysicalMapping = LETTER_BYTES,
	};
	NDIS_MINIPORT_INTERRUPT_CHARACTERISTICS interrupt = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_INTERRUPT, 1,
			   NDIS_SIZEOF_MINIPORT_INTERRUPT_CHARACTERISTICS_REVISION_1},
		.InterruptHandler = mp_isr,
		.InterruptDpcHandler = mp_dpc,
	};

	assert_int_equal(NdisMSetMiniportAttributes(mp.adapter, &a), NDIS_STATUS_SUCCESS);
	assert_int_equal(NdisMRegisterScatterGatherDma(mp.adapter, &dma, &mp.dma),
			 NDIS_STATUS_SUCCESS);
	assert_int_equal(NdisMRegisterInterruptEx(mp.adapter, &mp, &interrupt, &mp.interrupt),
			 NDIS_STATUS_SUCCESS);
}

static NDIS_STATUS mp_initialize(NDIS_HANDLE handle, NDIS_HANDLE context,
				 PNDIS_MINIPORT_INIT_PARAMETERS parameters)
{
	NET_BUFFER_LIST_POOL_PARAMETERS pool = {
		.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
			   NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1},
		.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT,
		.fAllocateNetBuffer = TRUE,
		.PoolTag = 0x786f6250,
	};

	mp.adapter = handle;
	register_adapter();
	assert_int_equal(map_registers(parameters->AllocatedResources), NDIS_STATUS_SUCCESS);
	NdisAllocateSpinLock(&mp.lock);
	NdisMAllocateSharedMemory(handle, LETTER_BYTES, TRUE, &mp.va, &mp.pa);
	assert_non_null(mp.va);
	assert_int_equal(mp.pa.HighPart, 0); /* the model drives 32 address lines */
	mp.nbl_pool = NdisAllocateNetBufferListPool(handle, &pool);
	mp.mdl = NdisAllocateMdl(handle, mp.va, LETTER_BYTES);
	mp.nbl = NdisAllocateNetBufferAndNetBufferList(mp.nbl_pool, 0, 0, mp.mdl, 0, 0);
	assert_non_null(mp.nbl);
	return NDIS_STATUS_SUCCESS;
}

static void set_running(bool running)
{
	NdisAcquireSpinLock(&mp.lock);
	mp.running = running;
	NdisReleaseSpinLock(&mp.lock);
}

static NDIS_STATUS mp_restart(NDIS_HANDLE context, PNDIS_MINIPORT_RESTART_PARAMETERS parameters)
{
	set_running(true);
	put_out();
	set_register(BOX_BELL, 1);
	return NDIS_STATUS_SUCCESS;
}

static NDIS_STATUS mp_pause(NDIS_HANDLE context, PNDIS_MINIPORT_PAUSE_PARAMETERS parameters)
{
	set_running(false);
	set_register(BOX_BELL, 0);
	set_register(BOX_ROOM, 0);
	return NDIS_STATUS_SUCCESS;
}

static VOID mp_return(NDIS_HANDLE context, PNET_BUFFER_LIST lists, ULONG flags)
{
	fail_msg("nothing was given away");
}

static VOID mp_halt(NDIS_HANDLE context, NDIS_HALT_ACTION action)
{
	NdisMDeregisterInterruptEx(mp.interrupt);
	NdisFreeNetBufferList(mp.nbl);
	NdisFreeMdl(mp.mdl);
	NdisFreeNetBufferListPool(mp.nbl_pool);
	NdisMFreeSharedMemory(mp.adapter, LETTER_BYTES, TRUE, mp.va, mp.pa);
	NdisMDeregisterScatterGatherDma(mp.dma);
	NdisMUnmapIoSpace(mp.adapter, mp.regs, 64);
	NdisFreeSpinLock(&mp.lock);
}

static VOID mp_unload(PDRIVER_OBJECT driver_object)
{
	NdisMDeregisterMiniportDriver(mp.driver);
}

static NTSTATUS mailbox_entry(PDRIVER_OBJECT driver_object, PUNICODE_STRING path)
{
	NDIS_MINIPORT_DRIVER_CHARACTERISTICS c = {
		.Header = {NDIS_OBJECT_TYPE_MINIPORT_DRIVER_CHARACTERISTICS, 1,
			   NDIS_SIZEOF_MINIPORT_DRIVER_CHARACTERISTICS_REVISION_1},
		.MajorNdisVersion = 6,
		.InitializeHandlerEx = mp_initialize,
		.HaltHandlerEx = mp_halt,
		.UnloadHandler = mp_unload,
		.PauseHandler = mp_pause,
		.RestartHandler = mp_restart,
		.ReturnNetBufferListsHandler = mp_return,
	};

	memset(&mp, 0, sizeof(mp));
	return NdisMRegisterMiniportDriver(driver_object, path, NULL, &c, &mp.driver);
}

/* --- tests ------------------------------------------------------------------------------------ */

static struct machine_summary run(struct exec *exec, const struct device_model *model)
{
	struct machine_config c = {
		.model = model, .marks = {.base = 1, .block = 1}, .seed = 5, .max_frames = 2000};
	char why[SPEC_WHY_BYTES] = "";
	struct machine_summary s;

	assert_int_equal(traffic_parse("poisson:rate=5k,bytes=900", c.seed, &c.traffic, why), 0);
	assert_int_equal(draw_parse("fixed:1ms", &c.hold, why), 0);
	assert_int_equal(draw_parse("fixed:1ms", &c.lead, why), 0);
	assert_true(bench_live(exec, &c, mailbox_entry, 0, &s));
	return s;
}

static void check(const struct machine_summary *s)
{
	assert_true(machine_summary_ok(s));
	assert_int_equal(s->wire.sent, 2000);
	assert_true(s->stack.frames > 0);
	assert_int_equal(s->stack.frames, mp.letters);
	assert_int_equal(s->stack.resources, mp.letters);
	/* What lay in the box at the end was nobody's any more. */
	assert_true(s->device.stored - s->stack.frames <= 1);
	assert_int_equal(s->memory.allocated, 1);
	assert_int_equal(s->memory.freed, 1);
}

static void another_model_with_its_driver_works_in_real_threads(void **state)
{
	struct machine_summary s = run(exec_real_open(), &box_model);

	check(&s);
}

static void another_model_with_its_driver_works_in_virtual_time(void **state)
{
	struct machine_summary s = run(exec_virtual_open(0), &box_model);

	check(&s);
}

static void without_a_model_it_is_the_reference_nic(void **state)
{
	struct machine_config c = {0}, other = {.model = &box_model};

	assert_int_equal(machine_model(&c)->frame_bytes, 9216);
	assert_ptr_equal(machine_model(&other), &box_model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_model_with_its_driver_works_in_real_threads),
		cmocka_unit_test(another_model_with_its_driver_works_in_virtual_time),
		cmocka_unit_test(without_a_model_it_is_the_reference_nic),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	rec_reset();
	return failed;
}
