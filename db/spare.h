/* SPDX-License-Identifier: MIT */
#ifndef DB_SPARE_H
#define DB_SPARE_H
/*
 * Some bytes of the disk that nobody sees, kept to be given back when it is full: so that a
 * recording can still say in its file how it ended.  They are a file without a name, which goes
 * with the process.
 */

/* Beside the file at path.  Returns: what spare_give_back() takes; -1 where that cannot be had. */
int spare_take(const char *path);
void spare_give_back(int *spare);

#endif
