/* SPDX-License-Identifier: MIT */
#ifndef DB_CONNECT_PARTS_H
#define DB_CONNECT_PARTS_H
/* What connect.c, the writer's side, and connect_read.c, the readers', have of each other. */
#include "db/connect.h"

/* Is somebody writing into the recording?  An unreadable one is nobody's. */
bool connect_has_writer(struct sqlite3 *db, const char *path);

/* Returns: the file's version; -errno when no program of this version can do anything with it. */
int connect_version(struct sqlite3 *db, const char *path, struct db_error *err);

/* A file is input: nothing in its schema is to run. */
void connect_distrust(struct sqlite3 *db);

/* Brings the file to this schema.  Returns: 0; -EBUSY an older recorder writes it; -errno. */
int connect_migrate(struct sqlite3 *db, const char *path, struct db_error *err);

#endif
