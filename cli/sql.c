/* SPDX-License-Identifier: MIT */
/*
 * `poolscope sql`: read-only SQL on a recording.  On a terminal rows are aligned under their names;
 * into a pipe go tab-separated values without a header, as scripts expect it of sqlite3 -tabs.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "db/query.h"

#define TIMEOUT_NS  INT64_C(300000000000) /* a file may be made to take for ever */
#define ALIGN_ROWS  1000 /* on a terminal so many rows are held back to find the widths */
#define ALIGN_BYTES (1 << 22)
#define WIDTH_MAX   40 /* a wider value pushes its row out of line */

/* Rows that wait to be aligned: texts one after the other, nr_columns a row. */
struct table {
	bool aligned;
	int nr_columns;
	char **cells;
	size_t nr_cells, room, nr_bytes;
	int *widths;
};

static void forget(struct table *t)
{
	for (size_t i = 0; i < t->nr_cells; i++)
		free(t->cells[i]);
	t->nr_cells = t->nr_bytes = 0;
}

static void release(struct table *t)
{
	forget(t);
	free(t->cells);
	free(t->widths);
}

/* Values are data: control characters must neither break a line nor drive the terminal. */
static void print_value(const char *value, bool to_terminal, int width)
{
	int printed = 0;

	for (const char *c = value; *c; c++) {
		bool control = (unsigned char)*c < 0x20 || *c == 0x7f;

		if (control && to_terminal)
			putchar('?');
		else if (*c == '\t' || *c == '\n')
			putchar(' ');
		else
			putchar(*c);
		printed += ((unsigned char)*c & 0xc0) != 0x80; /* characters, not bytes */
	}
	printf("%*s", width > printed ? width - printed : 0, "");
}

static void print_row(const struct table *t, const char *const *values)
{
	for (int i = 0; i < t->nr_columns; i++) {
		bool last = i + 1 == t->nr_columns;

		print_value(values[i] ? values[i] : "", t->aligned,
			    t->aligned && !last ? t->widths[i] : 0);
		if (!last)
			fputs(t->aligned ? "  " : "\t", stdout);
	}
	putchar('\n');
}

static void find_widths(struct table *t)
{
	for (size_t i = 0; i < t->nr_cells; i++) {
		int *width = &t->widths[i % (size_t)t->nr_columns];
		int own = (int)strnlen(t->cells[i], WIDTH_MAX);

		if (own > *width)
			*width = own;
	}
}

static void print_waiting(struct table *t)
{
	find_widths(t);
	for (size_t i = 0; i < t->nr_cells; i += (size_t)t->nr_columns)
		print_row(t, (const char *const *)&t->cells[i]);
	forget(t);
}

static int keep(struct table *t, const char *const *values)
{
	for (int i = 0; i < t->nr_columns; i++) {
		if (t->nr_cells == t->room) {
			size_t room = t->room ? t->room * 2 : 256;
			char **grown = realloc(t->cells, room * sizeof(*grown));

			if (!grown)
				return -1;
			t->cells = grown;
			t->room = room;
		}
		t->cells[t->nr_cells] = strdup(values[i] ? values[i] : "");
		if (!t->cells[t->nr_cells])
			return -1;
		t->nr_bytes += strlen(t->cells[t->nr_cells++]);
	}
	return 0;
}

static int begin_table(struct table *t, int nr)
{
	if (t->nr_columns)
		print_waiting(t);
	free(t->widths);
	t->nr_columns = nr;
	t->widths = calloc((size_t)nr, sizeof(*t->widths));
	return t->widths ? 0 : -1;
}

static int take_row(int nr, const char *const *values, bool is_header, void *ctx)
{
	struct table *t = ctx;

	if (is_header && begin_table(t, nr))
		return -1;
	if (!t->aligned) {
		if (!is_header)
			print_row(t, values);
		return ferror(stdout) ? -1 : 0;
	}
	if (keep(t, values))
		return -1;
	if (t->nr_cells / (size_t)nr > ALIGN_ROWS || t->nr_bytes > ALIGN_BYTES)
		print_waiting(t);
	return ferror(stdout) ? -1 : 0;
}

static char *read_all(FILE *from)
{
	char *text = NULL;
	size_t room = 0;

	/* SQL has no NUL: up to one is the whole of it. */
	if (getdelim(&text, &room, '\0', from) < 0) {
		free(text);
		return ferror(from) ? NULL : strdup("");
	}
	return text;
}

/* Rows that wait are given up; the shell hears of the signal, as it does of other programs. */
static void interrupted(int sig)
{
	static const char line[] = "poolscope: sql: interrupted\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(CLI_UNREADABLE);
	raise(sig); /* SA_RESETHAND: it ends the program now */
}

/* A statement may take as long as it likes; nothing is left to be cleaned up. */
static void catch_interrupt(void)
{
	const struct sigaction action = {.sa_handler = interrupted,
					 .sa_flags = SA_RESETHAND | SA_NODEFER};
	struct sigaction before;

	/* In the background it is not for us. */
	if (!sigaction(SIGINT, NULL, &before) && before.sa_handler == SIG_DFL)
		sigaction(SIGINT, &action, NULL);
}

static int run(const char *path, const char *sql, int64_t limit_ns)
{
	struct table table = {.aligned = isatty(STDOUT_FILENO)};
	struct query *q = NULL;
	struct db_error err = {""};
	int status = CLI_OK, ret;

	if (query_open(path, &q, &err))
		return cli_fail(CLI_UNREADABLE, "sql: %s", err.text);
	query_sql_limit(q, limit_ns);
	ret = query_sql(q, sql, take_row, &table, &err);
	if (ret)
		status = ret == -EINVAL || ret == -EACCES ? CLI_USAGE : CLI_UNREADABLE;
	if (ret == -ETIME)
		snprintf(err.text, sizeof(err.text),
			 "%s: the statement took longer than --timeout allows", path);
	if (table.nr_columns)
		print_waiting(&table);
	if (fflush(stdout) || ferror(stdout))
		status = cli_fail(CLI_UNREADABLE, "sql: cannot write the output");
	else if (status)
		cli_fail(status, "sql: %s", *err.text ? err.text : "out of memory");
	release(&table);
	query_close(q);
	return status;
}

static int parse(int argc, char **argv, int64_t *limit_ns)
{
	static const struct option longs[] = {{"timeout", required_argument, NULL, 't'}, {0}};
	int opt;

	optind = 0;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:", longs, NULL)) != -1) {
		if (opt == ':')
			return cli_fail(CLI_USAGE, "sql: %s needs a value", argv[optind - 1]);
		if (opt != 't')
			return cli_unknown_option("sql", argv);
		if (cli_duration(optarg, limit_ns) || *limit_ns <= 0)
			return cli_fail(CLI_USAGE,
					"sql: --timeout %s: not a duration; give a number with a "
					"unit, as in 30s",
					optarg);
	}
	if (argc - optind < 1 || argc - optind > 2)
		return cli_fail(
			CLI_USAGE,
			"sql: give a recording and at most one query; see: poolscope sql --help");
	return CLI_OK;
}

int cli_sql(int argc, char **argv)
{
	int64_t limit_ns = TIMEOUT_NS;
	int status = parse(argc, argv, &limit_ns);
	char *sql;

	if (status)
		return status;
	catch_interrupt();
	sql = argc - optind == 2 ? strdup(argv[optind + 1]) : read_all(stdin);
	if (!sql)
		return cli_fail(CLI_UNREADABLE, "sql: cannot read standard input");
	status = run(argv[optind], sql, limit_ns);
	free(sql);
	return status;
}
