/* SPDX-License-Identifier: MIT */
#ifndef VIEWER_RESTORE_H
#define VIEWER_RESTORE_H
/*
 * The terminal as it was, on every way out: exit(), SIGTERM, SIGINT, SIGHUP, a crash (SIGSEGV,
 * SIGBUS, SIGFPE, SIGILL, SIGABRT), and while stopped by Ctrl-Z.  What handlers need is plain data
 * that is ready before they are installed; they do nothing but write(), tcsetattr() and tell.
 *
 * Thread: one terminal a process, used by one thread.
 */
#include <stddef.h>

/* What has been told since the last look; the gravest first. */
enum restore_news {
	RESTORE_NOTHING,
	RESTORE_RESIZED, /* or continued: draw everything anew */
	RESTORE_STOP,	 /* Ctrl-Z: give the terminal back and call restore_stop() */
	RESTORE_QUIT,
};

/*
 * Remembers the modes of standard input and how signals were handled, and installs the handlers. To
 * be called before curses, which leaves alone what is handled.
 * Returns: 0, -ENOTTY, -errno.
 */
int restore_begin(void);
/* What a crash handler is to write; before restore_arm().  NULL or -1 (no such string) is nothing.
 */
void restore_add(const char *text);
/* From here on the handlers give the terminal back. */
void restore_arm(void);
/* The terminal is in order again: modes and handlers as they were. */
void restore_end(void);

/* Becomes readable with news. */
int restore_fd(void);
enum restore_news restore_read(void);
/* Stops the process as Ctrl-Z would have; returns when it goes on. */
void restore_stop(void);

#endif
