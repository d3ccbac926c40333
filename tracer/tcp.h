/* SPDX-License-Identifier: MIT */
#ifndef TRACER_TCP_H
#define TRACER_TCP_H
/*
 * TCP as a gate needs it: sockets of small messages that go at once, and bytes that come and go
 * whole.
 *
 * Thread:  any.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Connects to the first address of the host that answers.  Returns: a socket, or -1. */
int tcp_connect(const char *host, const char *port);

/* Listens on a free port of 127.0.0.1 for one connection.  Returns: a socket, or -1. */
int tcp_listen(int *port);

/* Sends small messages of a connection at once. */
void tcp_hurry(int fd);

/* Exactly len bytes.  False: the connection is at its end, or broke. */
bool tcp_receive(int fd, void *to, uint64_t len);
bool tcp_give(int fd, const void *from, uint64_t len);

#endif
