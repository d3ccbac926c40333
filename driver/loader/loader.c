/* SPDX-License-Identifier: MIT */
#include "driver/loader/loader.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loader {
	void *object;
	DRIVER_INITIALIZE *entry;
	char name[64];
};

#define HOW "compile it with cc -shared -fPIC, see docs/miniport.md"

static bool begins_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Whose header a name would come from. */
static const char *header_of(const char *symbol)
{
	static const char *const published[] = {"Ndis", "NDIS", "Net",	 "NET_", "Ke",	  "Mm",
						"Ex",	"Rtl",	"Io",	 "Hal",	 "Ps",	  "Zw",
						"Ob",	"Etw",	"READ_", "Dbg",	 "WRITE_"};

	for (size_t i = 0; i < sizeof(published) / sizeof(published[0]); i++) {
		if (begins_with(symbol, published[i]))
			return "ndis.h does not offer";
	}
	return begins_with(symbol, "poolscope_") ? "poolscope.h does not offer"
						 : "no header of Poolscope declares; link it in";
}

/* The dynamic linker's words to ours. */
static void explain(const char *path, const char *error, char why[LOADER_WHY_BYTES])
{
	static const char undefined[] = "undefined symbol: ";
	const char *symbol = strstr(error, undefined);
	const char *words = begins_with(error, path) ? error + strlen(path) : error;

	while (*words == ':' || *words == ' ')
		words++;
	if (symbol == NULL) {
		snprintf(why, LOADER_WHY_BYTES, "%s: cannot be loaded: %s; " HOW, path, words);
		return;
	}
	symbol += strlen(undefined);
	snprintf(why, LOADER_WHY_BYTES, "%s: needs %.*s, which %s", path,
		 (int)strcspn(symbol, " \t,("), symbol, header_of(symbol));
}

/* What the dynamic linker says of other files is of little use to people. */
static int check_file(const char *path, char why[LOADER_WHY_BYTES])
{
	Elf64_Ehdr header = {0};
	FILE *file = fopen(path, "rb");
	size_t n;

	if (file == NULL) {
		int error = errno;

		snprintf(why, LOADER_WHY_BYTES, "%s: cannot be read: %s", path, strerror(error));
		return -error;
	}
	n = fread(&header, 1, sizeof(header), file);
	fclose(file);
	if (n != sizeof(header) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 ||
	    header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_type != ET_DYN) {
		snprintf(why, LOADER_WHY_BYTES, "%s: is not a shared object; " HOW, path);
		return -ENOEXEC;
	}
	return 0;
}

static void set_name(struct loader *loader, const char *path)
{
	const char *base = strrchr(path, '/');
	size_t n;

	base = base != NULL ? base + 1 : path;
	n = strlen(base);
	if (n > 3 && strcmp(base + n - 3, ".so") == 0)
		n -= 3;
	snprintf(loader->name, sizeof(loader->name), "%.*s", (int)(n < 60 ? n : 60), base);
}

static int open_object(struct loader *loader, const char *path, const char *shown, char *why)
{
	void *entry;

	/* All symbols now: a missing one must not end a run in the middle. */
	loader->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (loader->object == NULL) {
		explain(shown, dlerror(), why);
		return -ENOEXEC;
	}
	entry = dlsym(loader->object, "DriverEntry");
	if (entry == NULL) {
		snprintf(why, LOADER_WHY_BYTES,
			 "%s: has no DriverEntry; a miniport is entered through it, as a function "
			 "that is not static",
			 shown);
		return -ENOEXEC;
	}
	memcpy(&loader->entry, &entry, sizeof(entry));
	return 0;
}

int loader_open(const char *path, struct loader **loader, char why[LOADER_WHY_BYTES])
{
	struct loader *l;
	char *here = NULL;
	int error = check_file(path, why);

	if (error != 0)
		return error;
	l = calloc(1, sizeof(*l));
	/* dlopen() would search its own folders for a name without a slash. */
	if (l == NULL || (strchr(path, '/') == NULL && asprintf(&here, "./%s", path) < 0)) {
		free(l);
		snprintf(why, LOADER_WHY_BYTES, "%s: out of memory", path);
		return -ENOMEM;
	}
	set_name(l, path);
	error = open_object(l, here != NULL ? here : path, path, why);
	free(here);
	if (error != 0) {
		loader_close(l);
		return error;
	}
	*loader = l;
	return 0;
}

DRIVER_INITIALIZE *loader_entry(const struct loader *loader)
{
	return loader->entry;
}

const char *loader_name(const struct loader *loader)
{
	return loader->name;
}

void loader_close(struct loader *loader)
{
	if (loader->object != NULL)
		dlclose(loader->object);
	free(loader);
}
