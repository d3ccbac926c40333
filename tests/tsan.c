/* SPDX-License-Identifier: MIT */
/* Linked into poolscope when it is built with ThreadSanitizer. */

const char *__tsan_default_suppressions(void);

/* GLib's locks, under which Babeltrace's graphs share its strings, are futexes that it does not
 * see. */
const char *__tsan_default_suppressions(void)
{
	return "called_from_lib:libglib-2.0.so\n";
}
