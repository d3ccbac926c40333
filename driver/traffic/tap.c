/* SPDX-License-Identifier: MIT */
/*
 * A TAP interface of the machine: what its network stack sends there arrives on our wire, and what
 * source_write() is given arrives there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "driver/traffic/family.h"
#include "driver/traffic/frame.h"

#define TUN_DEVICE "/dev/net/tun"

enum { INTERFACE, ADDRESS };

struct tap {
	struct source source;
	bool is_open;
	int fd;
	char name[IFNAMSIZ]; /* as the kernel says it: %d in the wished one is a number by now */
	uint8_t frame[65536];
};

/* --- descriptions ----------------------------------------------------------------------------- */

struct address {
	struct in_addr host, mask;
};

/* 10.9.0.1/24 */
static bool read_address(const char *text, struct address *address)
{
	char host[INET_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	char *end;
	long bits;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host) || slash[1] < '0' ||
	    slash[1] > '9')
		return false;
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	bits = strtol(slash + 1, &end, 10);
	if (*end != '\0' || bits < 1 || bits > 30 || inet_pton(AF_INET, host, &address->host) != 1)
		return false;
	address->mask.s_addr = htonl(~0u << (32 - bits));
	return true;
}

static int check(const struct traffic *t, char *why)
{
	const char *name = spec_text(&t->spec, INTERFACE);
	const char *address = spec_text(&t->spec, ADDRESS);
	struct address parsed;

	if (strlen(name) >= IFNAMSIZ || strpbrk(name, "/ \t:") != NULL)
		return traffic_refuse(t, why, "'%.40s' is no name for an interface", name);
	if (address[0] != '\0' && !read_address(address, &parsed))
		return traffic_refuse(t, why,
				      "address is like 10.9.0.1/24, with 1 to 30 bits of network");
	return 0;
}

/* --- the interface ---------------------------------------------------------------------------- */

static int cannot(const char *name, char *why, const char *what)
{
	int error = errno;
	const char *advice = "";

	if (error == EPERM || error == EACCES)
		advice = "; it takes the capability CAP_NET_ADMIN and access to " TUN_DEVICE;
	else if (error == ENOENT || error == ENODEV)
		advice = "; the kernel's module tun is missing (modprobe tun)";
	else if (error == EBUSY)
		advice =
			"; another program or adapter has it (a name like ps%d gives each its own)";
	snprintf(why, SPEC_WHY_BYTES, "tap: cannot %s %.20s: %s%s", what, name, strerror(error),
		 advice);
	return -error;
}

static int attach(struct tap *tap, const char *name, char *why)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	tap->fd = open(TUN_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap->fd < 0)
		return cannot(TUN_DEVICE, why, "open");
	tap->is_open = true;
	memcpy(request.ifr_name, name, strlen(name) + 1);
	if (ioctl(tap->fd, TUNSETIFF, &request) != 0)
		return cannot(name, why, "attach to");
	memcpy(tap->name, request.ifr_name, sizeof(tap->name));
	return 0;
}

/* One of the requests that set an address of an interface. */
static int set_address(int socket, const char *name, unsigned long what, struct in_addr value)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = value};
	struct ifreq request = {0};

	memcpy(request.ifr_name, name, IFNAMSIZ);
	memcpy(&request.ifr_addr, &address, sizeof(address));
	return ioctl(socket, what, &request);
}

static int bring_up(int socket, const char *name)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, name, IFNAMSIZ);
	if (ioctl(socket, SIOCGIFFLAGS, &request) != 0)
		return -1;
	request.ifr_flags |= IFF_UP;
	return ioctl(socket, SIOCSIFFLAGS, &request);
}

/* The interface gets its address and is up, as `ip address add` and `ip link set up` do it. */
static int configure(const struct tap *tap, const char *text, char *why)
{
	struct address address;
	int error = 0;
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return cannot(tap->name, why, "configure");
	if (!read_address(text, &address) ||
	    set_address(s, tap->name, SIOCSIFADDR, address.host) != 0 ||
	    set_address(s, tap->name, SIOCSIFNETMASK, address.mask) != 0 ||
	    bring_up(s, tap->name) != 0)
		error = cannot(tap->name, why, "configure");
	close(s);
	return error;
}

static int prepare(struct source *source, const struct traffic *t, char *why)
{
	struct tap *tap = (struct tap *)source;
	const char *address = spec_text(&t->spec, ADDRESS);
	int error = attach(tap, spec_text(&t->spec, INTERFACE), why);

	if (error == 0 && address[0] != '\0')
		error = configure(tap, address, why);
	return error;
}

/* --- frames ----------------------------------------------------------------------------------- */

static enum source_state next(struct source *source, struct arrival *arrival)
{
	struct tap *tap = (struct tap *)source;
	ssize_t len = read(tap->fd, tap->frame, sizeof(tap->frame));

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return SOURCE_IDLE;
	if (len <= 0) {
		snprintf(source->fault, sizeof(source->fault), "tap: %s has gone: %s", tap->name,
			 len < 0 ? strerror(errno) : "end of file");
		return SOURCE_END;
	}
	/* As a sender on a real wire fills up short frames. */
	for (; len < FRAME_MIN_BYTES; len++)
		tap->frame[len] = 0;
	arrival->at_ns = 0;
	arrival->len_bytes = (uint32_t)len;
	arrival->bytes = tap->frame;
	return SOURCE_FRAME;
}

static bool write_frame(struct source *source, const uint8_t *bytes, uint32_t len_bytes)
{
	return write(((struct tap *)source)->fd, bytes, len_bytes) == (ssize_t)len_bytes;
}

static void release(struct source *source)
{
	struct tap *tap = (struct tap *)source;

	if (tap->is_open)
		close(tap->fd);
}

static const struct source_ops ops = {.next = next, .write = write_frame, .release = release};

const struct traffic_family traffic_tap = {
	.spec = {"tap",
		 {[INTERFACE] = {"if", SPEC_TEXT, true},
		  [ADDRESS] = {"address", SPEC_TEXT, false}}},
	.help = "a TAP interface of this machine (if=ps0, address=10.9.0.1/24)",
	.bytes_key = -1,
	.live = true,
	.source_bytes = sizeof(struct tap),
	.ops = &ops,
	.check = check,
	.prepare = prepare,
};
