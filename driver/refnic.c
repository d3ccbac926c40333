/* SPDX-License-Identifier: MIT */
/* refnic: the reference NIC driver, at work over a simulated device. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "driver/loader/crash.h"
#include "driver/loader/loader.h"
#include "driver/machine/machine.h"
#include "driver/miniport/ndis5.h"
#include "driver/miniport/ndis6.h"
#include "driver/ndis/rules.h"
#include "driver/options.h"
#include "driver/record.h"

static uint32_t stop;

/* The second time patience is over: what was found so far is told, and the signal ends it. */
static void on_signal(int number)
{
	if (__atomic_exchange_n(&stop, 1, __ATOMIC_ACQ_REL) == 0)
		return;
	ndis_violations_write(STDERR_FILENO);
	signal(number, SIG_DFL);
	raise(number); /* blocked until this handler returns */
}

/* The halt waits; what for is most likely the first of these that there is. */
static void say_stalled(const struct ndis_stall *stall)
{
	const struct {
		uint32_t n;
		const char *one, *several;
	} whats[] = {
		{stall->completing, "completion function that did not return",
		 "completion functions that did not return"},
		{stall->pending, "pending request", "pending requests"},
		{stall->indicated, "frame that the protocols have",
		 "frames that the protocols have"},
	};
	double for_s = (double)stall->for_ns / 1e9;

	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		if (whats[i].n == 0)
			continue;
		fprintf(stderr,
			"refnic: the halt has waited %.0f s for %" PRIu32
			" %s; Ctrl-C again ends at once\n",
			for_s, whats[i].n, whats[i].n == 1 ? whats[i].one : whats[i].several);
		return;
	}
	fprintf(stderr,
		"refnic: the halt has waited %.0f s, though no request is pending; Ctrl-C again "
		"ends at once\n",
		for_s);
}

/* refnic stops at a broken rule; atomic. */
static uint32_t stopping;

/* A function of the driver does not come back.  Thread: the watch's. */
static void say_stuck(const char *name, const char *waits)
{
	if (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE) != 0)
		return; /* it waits for us, who store what is recorded */
	fprintf(stderr, "refnic: %s has not ended for 1 s%s%s\n", name, waits != NULL ? ": " : "",
		waits != NULL ? waits : "");
}

/* What -o records: when refnic stops at a broken rule, that is stored first. */
static struct record *recording;

/* --verify abort.  Any thread, with any locks: nothing is taken down, the system does that. */
static void stop_at(const struct ndis_violation *v)
{
	if (__atomic_exchange_n(&stopping, 1, __ATOMIC_ACQ_REL) != 0) {
		for (;;)
			pause(); /* somebody else was first */
	}
	fprintf(stderr, "refnic: stopped: R%u: %s; the rule: %s\n", v->rule, v->first,
		ndis_rule(v->rule)->says);
	if (recording != NULL)
		record_end(recording, false);
	_exit(EXIT_CHECK_FAILED);
}

static void print_violations(void)
{
	struct ndis_violation v;

	for (unsigned int i = 0; ndis_violation_at(i, &v); i++) {
		printf("violation   R%u, %" PRIu64 " time", v.rule, v.count);
		if (v.count > 1)
			printf("s; the first after %.3f s, ", (double)v.first_ns / 1e9);
		else
			printf(": ");
		printf("%s\n            the rule: %s\n", v.first, ndis_rule(v.rule)->says);
	}
}

/* Where frames went that nobody above has seen; what is 0 is not told. */
static void print_losses(const struct machine_summary *s)
{
	const struct {
		uint64_t frames;
		const char *how;
	} losses[] = {
		{s->device.no_descriptor, "no descriptor was free"},
		{s->device.fifo, "the device's own buffer was full"},
		{s->device.unheard, "the receiver was off (CTRL.RX_ENABLE, docs/nic.md 5.4)"},
		{s->device.refused - s->device.unheard, "too long, or a bus access failed"},
		{s->device.stored > s->stack.frames ? s->device.stored - s->stack.frames : 0,
		 "stored by the device, never indicated by the driver"},
	};

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++) {
		if (losses[i].frames != 0)
			printf("lost        %" PRIu64 " frame%s: %s\n", losses[i].frames,
			       losses[i].frames == 1 ? "" : "s", losses[i].how);
	}
}

static void print_summary(const struct machine_summary *s, uint64_t ran_ns)
{
	double ran_s = (double)ran_ns / 1e9;

	printf("frames      %" PRIu64 " sent, %" PRIu64 " indicated (%" PRIu64
	       " as RESOURCES), %" PRIu64 " dropped\n",
	       s->wire.sent, s->stack.frames, s->stack.resources, s->wire.sent - s->stack.frames);
	print_losses(s);
	printf("time        %.3f s, %.0f frames a second\n", ran_s,
	       ran_s > 0 ? (double)s->wire.sent / ran_s : 0);
	if (s->stack.reflected > 0)
		printf("reflector   %" PRIu64 " frames sent back to the machine\n",
		       s->stack.reflected);
	printf("requests    %" PRIu64 " made, %" PRIu64 " refused, %" PRIu64
	       " completed with memory, %" PRIu64 " without\n",
	       s->memory.requests, s->memory.refused, s->memory.completed,
	       s->memory.completed_null);
	printf("memory      %" PRIu64 " blocks allocated, %" PRIu64 " freed, %" PRIu32
	       " live; peak %" PRIu64 " kB\n",
	       s->memory.allocated, s->memory.freed, s->memory.blocks_live,
	       s->memory.bytes_peak / 1024);
	printf("faults      %" PRIu64 " DMA faults, %" PRIu64 " payload errors, %" PRIu64
	       " violations\n",
	       s->dma_faults, s->stack.payload_errors, s->violations);
	if (s->stack.payload_errors > 0)
		printf("payload     %" PRIu64 " indicated frame%s not as sent on the wire: other "
		       "bytes, another length, out of turn, or twice\n",
		       s->stack.payload_errors, s->stack.payload_errors == 1 ? " was" : "s were");
	print_violations();
}

static void print_adapters(struct machine *machine)
{
	struct machine_summary s;

	for (uint32_t i = 0; machine_adapters(machine) > 1 && i < machine_adapters(machine); i++) {
		machine_adapter_summary(machine, i, &s);
		printf("adapter %-3" PRIu32 " %" PRIu64 " sent, %" PRIu64 " indicated (%" PRIu64
		       " as RESOURCES), %" PRIu64 " dropped; %" PRIu64 " blocks allocated, %" PRIu32
		       " live; peak %" PRIu64 " kB\n",
		       i, s.wire.sent, s.stack.frames, s.stack.resources,
		       s.wire.sent - s.stack.frames, s.memory.allocated, s.memory.blocks_live,
		       s.memory.bytes_peak / 1024);
	}
}

static void catch_signals(void)
{
	/* A halt that waits for a far-off completion can still be cut short. */
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

/* Returns: the exit status. */
static int judge(const struct machine_summary *summary)
{
	if (!machine_summary_ok(summary))
		return EXIT_CHECK_FAILED;
	if (summary->traffic_fault[0] == '\0')
		return EXIT_OK;
	fprintf(stderr, "refnic: %s\n", summary->traffic_fault);
	return EXIT_LOSS;
}

/* A miniport from outside is named: it is most likely the one to look at. */
static void say_failed(const struct options *o, const char *why)
{
	fprintf(stderr, "refnic: %s%s%s\n", o->miniport != NULL ? o->miniport : "",
		o->miniport != NULL ? ": " : "", why);
}

static int status_of(int error)
{
	switch (error) {
	case -EIO:
		return EXIT_UNREADABLE;
	case -EPROTO:
		return EXIT_USAGE;
	default:
		return EXIT_CHECK_FAILED;
	}
}

/* Returns: the exit status. */
static int run(const struct options *o, DRIVER_INITIALIZE *entry, struct exec *exec)
{
	char why[SPEC_WHY_BYTES];
	struct machine_summary summary;
	struct machine *machine;
	int error = machine_open(&o->machine, exec, entry, &machine, why);
	int status = EXIT_CHECK_FAILED;
	uint64_t began_ns, ran_ns;

	if (error != 0) {
		say_failed(o, why);
		return status_of(error);
	}
	error = machine_start(machine, why);
	began_ns = exec_now_ns(exec);
	if (error == 0)
		machine_run(machine, (uint64_t)o->for_ns, &stop);
	else
		say_failed(o, why);
	ran_ns = exec_now_ns(exec) - began_ns;
	machine_stop(machine);
	machine_summary(machine, &summary);
	if (error == 0) {
		print_adapters(machine);
		print_summary(&summary, ran_ns);
		status = judge(&summary);
	} else {
		print_violations();
	}
	machine_close(machine);
	return status;
}

/* With -o, what happens is recorded around it all.  Returns: the exit status. */
static int run_recorded(const struct options *o, DRIVER_INITIALIZE *entry, struct exec *exec,
			int argc, char **argv)
{
	int status = EXIT_OK;

	if (o->output != NULL) {
		recording = record_begin(o->output, exec, argc, argv, &status);
		if (recording == NULL)
			return status;
	}
	status = run(o, entry, exec);
	if (recording != NULL && !record_end(recording, true) && status == EXIT_OK)
		status = EXIT_UNREADABLE;
	return status;
}

static void say_line(const char *line)
{
	fprintf(stderr, "%s\n", line);
}

/* A miniport from a file. */
static int run_loaded(struct options *o, struct exec *exec, int argc, char **argv)
{
	char why[LOADER_WHY_BYTES];
	struct loader *loader;
	int status;

	if (loader_open(o->miniport, &loader, why) != 0) {
		fprintf(stderr, "refnic: %s\n", why);
		return EXIT_UNREADABLE;
	}
	o->machine.driver_name = loader_name(loader);
	o->machine.generation = o->generation;
	o->machine.log = say_line;
	crash_watch(o->miniport, loader_entry(loader));
	status = run_recorded(o, loader_entry(loader), exec, argc, argv);
	crash_watch_end();
	loader_close(loader);
	return status;
}

static int run_reference(const struct options *o, struct exec *exec, int argc, char **argv)
{
	DRIVER_INITIALIZE *entry = o->generation == 5 ? ndis5_driver_entry : DriverEntry;

	return run_recorded(o, entry, exec, argc, argv);
}

int main(int argc, char **argv)
{
	struct options options;
	struct exec *exec;
	int status = options_read(&options, argc, argv);

	if (status != 0)
		return status > 0 ? EXIT_OK : EXIT_USAGE;
	/* In virtual time nobody waits. */
	options.machine.broken = stop_at;
	options.machine.stalled = options.virtual_time ? NULL : say_stalled;
	options.machine.stuck = say_stuck;
	exec = options.virtual_time ? exec_virtual_open(EXEC_VIRTUAL_EPOCH_NS) : exec_real_open();
	if (exec == NULL) {
		fprintf(stderr, "refnic: out of memory\n");
		return EXIT_CHECK_FAILED;
	}
	catch_signals();
	status = options.miniport != NULL ? run_loaded(&options, exec, argc, argv)
					  : run_reference(&options, exec, argc, argv);
	exec_close(exec);
	return status;
}
