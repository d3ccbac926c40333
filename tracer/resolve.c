/* SPDX-License-Identifier: MIT */
#include "tracer/resolve.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stddef.h>

#define ANSWER_BYTES 8192 /* names and addresses of a host */

__attribute__((visibility("default"))) struct hostent *gethostbyname(const char *name)
{
	static _Thread_local struct hostent host;
	static _Thread_local char bytes[ANSWER_BYTES];
	struct hostent *found = NULL;
	int why;

	if (gethostbyname_r(name, &host, bytes, sizeof(bytes), &found, &why) != 0 || !found) {
		h_errno = why;
		return NULL;
	}
	return found;
}

bool resolve_is_per_thread(void)
{
	return dlsym(RTLD_DEFAULT, "gethostbyname") == (void *)gethostbyname;
}
