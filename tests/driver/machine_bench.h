/* SPDX-License-Identifier: MIT */
#ifndef MACHINE_BENCH_H
#define MACHINE_BENCH_H
/*
 * The whole machine for tests: traffic, device, NDIS, miniport, stack, on either executor.
 *
 *	struct machine_config c = bench_config("poisson:rate=20k", "fixed:1ms", "fixed:1ms");
 *	started = bench_live(exec_virtual_open(0), &c, DriverEntry, SECOND, &summary);
 *
 * Included by one file of a program, as recorder.h is.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "driver/machine/machine.h"
#include "tests/driver/recorder.h"
#include "tests/driver/verdicts.h"

#define SECOND UINT64_C(1000000000)

/* A small pool under that load; the SPECs are those of refnic. */
static inline struct machine_config bench_config(const char *traffic, const char *hold,
						 const char *lead)
{
	struct machine_config c = {
		.marks = {.base = 64,
			  .block = 32,
			  .low = 24,
			  .high = 96,
			  .limit = 512,
			  .reserve = 4,
			  .max_pending = 2,
			  .shrink_ticks = 2},
		.tick_ms = 5,
		.seed = 7,
	};
	char why[SPEC_WHY_BYTES] = "";

	if (traffic_parse(traffic, c.seed, &c.traffic, why) != 0 ||
	    draw_parse(hold, &c.hold, why) != 0 || draw_parse(lead, &c.lead, why) != 0)
		fail_msg("%s", why);
	return c;
}

/*
 * A whole life of a machine, from DriverEntry to its unload, with the recorder emptied before; what
 * was broken is printed.  The executor is closed.
 * Returns: whether it started; only then the traffic ran, for for_ns.
 */
static inline bool bench_live(struct exec *exec, const struct machine_config *config,
			      DRIVER_INITIALIZE *entry, uint64_t for_ns,
			      struct machine_summary *summary)
{
	static const uint32_t never_stop;
	char why[SPEC_WHY_BYTES] = "";
	struct machine *machine;
	bool started;

	rec_reset();
	assert_non_null(exec);
	if (machine_open(config, exec, entry, &machine, why) != 0)
		fail_msg("%s", why);
	started = machine_start(machine, why) == 0;
	if (started)
		machine_run(machine, for_ns, &never_stop);
	machine_stop(machine);
	machine_summary(machine, summary);
	print_broken();
	machine_close(machine);
	exec_close(exec);
	return started;
}

/* Nothing is broken, damaged or left; the policy asks for exactly what was recorded. */
static inline void assert_ended_well(const struct machine_summary *summary)
{
	char first[200] = "";

	assert_true(machine_summary_ok(summary));
	assert_int_equal(recorder.violations, 0);
	assert_int_equal(summary->stack.held, 0);
	if (rec_replay(first) != 0)
		fail_msg("%s", first);
}

#endif
