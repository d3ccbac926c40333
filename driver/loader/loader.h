/* SPDX-License-Identifier: MIT */
#ifndef LOADER_H
#define LOADER_H
/*
 * Miniports from files: a shared object with a DriverEntry, whose calls of NDIS (and of
 *poolscope.h) are resolved from this program.
 *
 *	loader_open("./mine.so", &loader, why)
 *	loader_entry(loader)       what ndis_driver_load() runs
 *	loader_close(loader)       after ndis_driver_unload()
 *
 * Thread: one.
 */
#include "driver/ndis/ndis.h"

struct loader; /* opaque */

#define LOADER_WHY_BYTES 512

/*
 * Maps the file and resolves all it needs.
 *	path  without a '/' it is looked for in the current folder, and nowhere else
 * Owns:    *loader is the caller's, until loader_close().
 * Returns: 0; -errno and one line in why, which begins with the path and says what to do.
 */
int loader_open(const char *path, struct loader **loader, char why[LOADER_WHY_BYTES]);
DRIVER_INITIALIZE *loader_entry(const struct loader *loader);
/* The file's name without folders and ".so": what people call the miniport. */
const char *loader_name(const struct loader *loader);
void loader_close(struct loader *loader);

#endif
