/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_LOG_SQL_H
#define DB_QUERY_LOG_SQL_H
#include "db/query_log.h"

/*
 * The ids, relative times, and whether it is a gap, of a pool's rows that pass.  Owns: the caller
 * frees it with sqlite3_free(); NULL: out of memory.
 */
char *query_log_sql(const struct log_filter *filter, int by);

#endif
