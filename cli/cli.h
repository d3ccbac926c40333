/* SPDX-License-Identifier: MIT */
#ifndef CLI_CLI_H
#define CLI_CLI_H
/*
 * What the subcommands of `poolscope` share: exit statuses, and words for errors.  Their table is
 * cli/command.h.
 *
 * A subcommand is `int cli_NAME(int argc, char **argv)`, argv[0] being its name; it returns the
 * exit status.  Data goes to stdout, everything said to a person to stderr.
 */
#include <stdbool.h>
#include <stdint.h>

enum cli_status {
	CLI_OK = 0,
	CLI_CHECK_FAILED = 1, /* the check failed or the target is missed */
	CLI_USAGE = 2,
	CLI_UNREADABLE =
		3,    /* input unreadable, output unwritable, a daemon or package is missing */
	CLI_LOSS = 4, /* finished, but with loss or truncation */
};

/*
 * Prints one line, "poolscope NAME: ...", on stderr: what, where, what to do.
 * Returns: status, so that a command can `return cli_fail(CLI_USAGE, ...)`.
 */
int cli_fail(int status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* After getopt_long() said '?': names the option that it did not know.  Returns: CLI_USAGE. */
int cli_unknown_option(const char *command, char *const *argv);

/*
 * Reads a duration with its unit: "250ms", "2s", "300us", "5m", "1h", "10ns"; fractions are
 * allowed. Returns: 0 and *ns, or -EINVAL when it has no unit, is no number, or is out of range.
 */
int cli_duration(const char *text, int64_t *ns);

/*
 * Reads an instant of a recording: "1.5s" or "+1.5s" after its start, or nanoseconds since the
 * epoch, as `sql` shows them.  Returns: 0 and *ns, or -EINVAL.
 */
int cli_instant(const char *text, int64_t start_ns, int64_t *ns);

/*
 * The exit status of a command that only looked at a recording: CLI_LOSS when events are missing or
 * its end was cut off.
 */
struct trace_status;
int cli_status_of(const struct trace_status *trace);

int cli_check(int argc, char **argv);
int cli_completion(int argc, char **argv);
int cli_demo(int argc, char **argv);
int cli_record(int argc, char **argv);
int cli_attach(int argc, char **argv);
int cli_import(int argc, char **argv);
int cli_snapshot(int argc, char **argv);
int cli_top(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_export(int argc, char **argv);
int cli_report(int argc, char **argv);
int cli_stat(int argc, char **argv);
int cli_sql(int argc, char **argv);
int cli_doctor(int argc, char **argv);
int cli_tune(int argc, char **argv);

#endif
