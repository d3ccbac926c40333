/* SPDX-License-Identifier: MIT */
#ifndef DB_QUERY_LOG_SQL_H
#define DB_QUERY_LOG_SQL_H
#include "db/query_log.h"

/*
 * The ids, relative times, and whether it is a gap, of a pool's rows that pass.  Owns: the caller
 * frees it with sqlite3_free(); NULL: out of memory.
 */
char *query_log_sql(const struct log_filter *filter, int by);

/*
 * The id of the first row between ?1 and ?2 (of pool ?4 with first id ?5), backwards the last, that
 * is of the filter's kinds or a gap, whether it passes or not; NULL: none.  It costs a few seeks.
 */
char *query_log_leap_sql(const struct log_filter *filter, int by);

#endif
