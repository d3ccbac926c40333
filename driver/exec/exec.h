/* SPDX-License-Identifier: MIT */
#ifndef EXEC_H
#define EXEC_H
/*
 * What runs when.  Everything that happens in the driver's world happens in a job on a lane: the
 * device's wire, interrupts, NDIS workers, timers, the stack.  A lane runs its jobs one at a time
 * in order of their due times; different lanes run beside each other, as the processors of a
 * machine do.  Who provides lanes and the time is an executor:
 *
 *	exec_real_open()     one thread a lane, the monotonic clock
 *	exec_virtual_open()  all lanes on the caller's thread, in virtual time
 *
 * Code that uses this interface alone runs on either.  It must not sleep or block on anything but
 * exec_wait() and exec_flush(), and must hold no lock meanwhile.
 */
#include <stdbool.h>
#include <stdint.h>

struct exec_lane; /* opaque */

/* Something to run.  The caller's storage, zeroed before first use; not moved while it is queued.
 */
struct exec_job {
	void (*run)(struct exec_job *job);
	/* The executor's own. */
	uint64_t due_ns;
	struct exec_job *next;
	bool queued;
	/* In virtual time: */
	struct exec_job *prev, *child;
	struct exec_lane *lane;
	uint64_t order;
};

struct exec;

/* What belongs to a thread of the simulated machine, put aside while others run on its thread. */
struct exec_context {
	uintptr_t word[3];
};

struct exec_ops {
	uint64_t (*now_ns)(struct exec *exec);
	struct exec_lane *(*lane_open)(struct exec *exec, const char *name);
	void (*lane_close)(struct exec_lane *lane);
	void (*submit)(struct exec_lane *lane, struct exec_job *job, uint64_t due_ns);
	bool (*cancel)(struct exec_lane *lane, struct exec_job *job);
	void (*flush)(struct exec_lane *lane);
	bool (*wait)(struct exec *exec, const uint32_t *flag, uint64_t until_ns);
	void (*wake)(struct exec *exec);
	bool (*reach)(struct exec *exec, uint64_t at_ns);
	void (*close)(struct exec *exec);
};

struct exec {
	const struct exec_ops *ops;
	/*
	 * All lanes are on one thread, in virtual time: nothing takes time but what says so, and
	 * nothing runs beside anything else, so locks need not lock.
	 */
	bool one_thread;
	/*
	 * With one thread, jobs run inside exec_wait() and exec_flush() of another.  suspend() puts
	 * aside what the waiting one has on its thread, and leaves the thread as a fresh one is;
	 * resume() brings it back.  Both may be NULL.
	 */
	void (*suspend)(struct exec_context *context);
	void (*resume)(const struct exec_context *context);
};

/* Each lane starts with its pointer to the operations. */
struct exec_lane {
	struct exec *exec;
};

#define EXEC_NEVER UINT64_MAX

/* 2000-01-01 00:00:00 UTC, ns since the Unix epoch: where virtual time begins, as a date that
 * nobody takes for a real one. */
#define EXEC_VIRTUAL_EPOCH_NS (UINT64_C(946684800) * 1000000000)

/* Real threads.  Returns: the executor, or NULL when memory is out. */
struct exec *exec_real_open(void);

/*
 * One thread and virtual time, which begins at start_ns and goes on only when nothing is due: it
 * jumps to the next due time.  Jobs of the same time run in the order of their submission, so that
 * a run follows from its input alone.
 *
 * Jobs run inside exec_wait(), exec_flush() and exec_lane_close(), also when these are called by a
 * job: then jobs of all lanes but those that wait run in between.  What would wait for ever (no job
 * is left that could set the flag; a lane waits for itself; 2^24 jobs ran and the time stands
 * still) is a mistake of the program's: one line on stderr, and abort().
 *
 * Thread:  one, which everything happens on.
 * Returns: the executor, or NULL when memory is out.
 */
struct exec *exec_virtual_open(uint64_t start_ns);

/* Every lane must be closed before. */
static inline void exec_close(struct exec *exec)
{
	exec->ops->close(exec);
}

/* Nanoseconds since some fixed moment; never goes back. */
static inline uint64_t exec_now_ns(struct exec *exec)
{
	return exec->ops->now_ns(exec);
}

/*
 * A new lane; name is for people (at most 15 bytes are kept).
 * Owns:    the caller, until exec_lane_close().
 * Returns: the lane, or NULL when a thread or memory cannot be had.
 */
static inline struct exec_lane *exec_lane_open(struct exec *exec, const char *name)
{
	return exec->ops->lane_open(exec, name);
}

/* Waits for the job that is running; queued jobs are dropped without running. */
static inline void exec_lane_close(struct exec_lane *lane)
{
	lane->exec->ops->lane_close(lane);
}

/*
 * Runs job on the lane once due_ns is reached (0: as soon as possible).  A job that is queued
 * already keeps the earlier of both times and runs once.  A job may submit itself while it runs.
 * Thread: any.
 * Owns:   the executor owns job until it runs or is cancelled.
 */
static inline void exec_submit(struct exec_lane *lane, struct exec_job *job, uint64_t due_ns)
{
	lane->exec->ops->submit(lane, job, due_ns);
}

/* Takes job off the lane.  Returns: true if it was queued, and then it does not run. */
static inline bool exec_cancel(struct exec_lane *lane, struct exec_job *job)
{
	return lane->exec->ops->cancel(lane, job);
}

/*
 * Returns when no job of the lane is running and none is due.  Not from a job of the same lane.
 */
static inline void exec_flush(struct exec_lane *lane)
{
	lane->exec->ops->flush(lane);
}

/*
 * Waits until *flag, written atomically by somebody who then calls exec_wake(), is not zero, or
 * until the time until_ns.  Returns: whether it is not zero.
 */
static inline bool exec_wait(struct exec *exec, const uint32_t *flag, uint64_t until_ns)
{
	return exec->ops->wait(exec, flag, until_ns);
}

/* Makes waiters look at their flags again. */
static inline void exec_wake(struct exec *exec)
{
	exec->ops->wake(exec);
}

/*
 * For a job that has several things to do, one after another: whether the time at_ns has come.  In
 * virtual time that moves the clock there, if no other job is due by then; so what is done next
 * happens at exactly that time without a job of its own.
 */
static inline bool exec_reach(struct exec *exec, uint64_t at_ns)
{
	return exec->ops->reach(exec, at_ns);
}

#endif
