/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <string.h>

#include "driver/stack/reflector.h"

/* Offsets in an Ethernet frame, and what stands there.  RFC 826, 791, 8200, 4443, 4861. */
enum {
	ETH_TO = 0,
	ETH_FROM = 6,
	ETH_TYPE = 12,
	ETH_BYTES = 14,
	MAC_BYTES = 6,

	ARP_OPERATION = 20,
	ARP_SENDER_MAC = 22,
	ARP_SENDER_IP = 28,
	ARP_TARGET_MAC = 32,
	ARP_TARGET_IP = 38,
	ARP_BYTES = 42,

	IP4_FROM = 26,
	IP4_TO = 30,
	IP4_BYTES = 34,

	IP6_PAYLOAD = 18,
	IP6_NEXT = 20,
	IP6_HOPS = 21,
	IP6_FROM = 22,
	IP6_TO = 38,
	IP6_BYTES = 54,
	IP6_ADDRESS = 16,

	ND_TYPE = 54,
	ND_CODE = 55,
	ND_CHECKSUM = 56,
	ND_FLAGS = 58,
	ND_TARGET = 62,
	ND_SOLICITATION_BYTES = 78,
	ND_OPTION = 78,
	ND_ADVERTISEMENT_BYTES = 86,
};

#define TYPE_IP4 0x0800u
#define TYPE_ARP 0x0806u
#define TYPE_IP6 0x86ddu

#define ICMP6		  58u
#define ND_SOLICITATION	  135u
#define ND_ADVERTISEMENT  136u
#define ND_SOLICITED	  0x40u
#define ND_OVERRIDE	  0x20u
#define ND_TARGET_ADDRESS 2u /* the option */

/* --- bytes ------------------------------------------------------------------------------------ */

static unsigned int read_16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

static void write_16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void swap(uint8_t *a, uint8_t *b, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

static bool is_zero(const uint8_t *at, unsigned int bytes)
{
	while (bytes > 0 && at[bytes - 1] == 0)
		bytes--;
	return bytes == 0;
}

/* The hardware address of a peer: locally administered, and its own for each end of an address. */
static void make_mac(uint8_t *mac, const uint8_t *address_end)
{
	mac[0] = 0x02;
	mac[1] = 'p';
	mac[2] = 's';
	memcpy(mac + 3, address_end - 3, 3);
}

/* --- who has that address? -------------------------------------------------------------------- */

/* Returns: the reply's length, or 0: a machine that asks for its own address looks for others. */
static uint32_t answer_arp(uint8_t *f, uint32_t len_bytes)
{
	/* Ethernet and IPv4 addresses, a request. */
	static const uint8_t wanted[] = {0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t mac[MAC_BYTES];

	if (len_bytes < ARP_BYTES || memcmp(f + ETH_BYTES, wanted, sizeof(wanted)) != 0 ||
	    is_zero(f + ARP_SENDER_IP, 4) || memcmp(f + ARP_SENDER_IP, f + ARP_TARGET_IP, 4) == 0)
		return 0;
	make_mac(mac, f + ARP_TARGET_IP + 4);
	f[ARP_OPERATION + 1] = 2;
	memcpy(f + ARP_TARGET_MAC, f + ARP_SENDER_MAC, MAC_BYTES);
	memcpy(f + ARP_SENDER_MAC, mac, MAC_BYTES);
	swap(f + ARP_SENDER_IP, f + ARP_TARGET_IP, 4);
	memcpy(f + ETH_TO, f + ETH_FROM, MAC_BYTES);
	memcpy(f + ETH_FROM, mac, MAC_BYTES);
	return len_bytes;
}

static unsigned int sum_16(const uint8_t *at, unsigned int bytes, unsigned int sum)
{
	for (unsigned int i = 0; i + 1 < bytes; i += 2)
		sum += read_16(at + i);
	return sum;
}

/* Over the addresses, the length, the protocol and the message, whose own field is zero. */
static unsigned int icmp6_checksum(const uint8_t *f, unsigned int message_bytes)
{
	unsigned int sum = sum_16(f + IP6_FROM, 2 * IP6_ADDRESS, ICMP6 + message_bytes);

	sum = sum_16(f + ND_TYPE, message_bytes, sum);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum & 0xffff;
}

/* IPv6 without extension headers, with a whole solicitation. */
static bool is_solicitation(const uint8_t *f, uint32_t len_bytes)
{
	return len_bytes >= ND_SOLICITATION_BYTES && f[IP6_NEXT] == ICMP6 && f[IP6_HOPS] == 255 &&
	       f[ND_TYPE] == ND_SOLICITATION && f[ND_CODE] == 0 &&
	       read_16(f + IP6_PAYLOAD) >= ND_SOLICITATION_BYTES - IP6_BYTES;
}

static uint32_t answer_solicitation(uint8_t *f, uint32_t room_bytes)
{
	const unsigned int message_bytes = ND_ADVERTISEMENT_BYTES - IP6_BYTES;
	uint8_t *option = f + ND_OPTION;

	if (room_bytes < ND_ADVERTISEMENT_BYTES || is_zero(f + IP6_FROM, IP6_ADDRESS) ||
	    memcmp(f + IP6_FROM, f + ND_TARGET, IP6_ADDRESS) == 0)
		return 0;
	option[0] = ND_TARGET_ADDRESS;
	option[1] = 1; /* of 8 bytes */
	make_mac(option + 2, f + ND_TARGET + IP6_ADDRESS);
	memcpy(f + ETH_TO, f + ETH_FROM, MAC_BYTES);
	memcpy(f + ETH_FROM, option + 2, MAC_BYTES);
	memcpy(f + IP6_TO, f + IP6_FROM, IP6_ADDRESS);
	memcpy(f + IP6_FROM, f + ND_TARGET, IP6_ADDRESS);
	write_16(f + IP6_PAYLOAD, message_bytes);
	f[ND_TYPE] = ND_ADVERTISEMENT;
	memset(f + ND_FLAGS, 0, 4);
	f[ND_FLAGS] = ND_SOLICITED | ND_OVERRIDE;
	write_16(f + ND_CHECKSUM, 0);
	write_16(f + ND_CHECKSUM, icmp6_checksum(f, message_bytes));
	return ND_ADVERTISEMENT_BYTES;
}

/* --- everything else -------------------------------------------------------------------------- */

/* The sums of IPv4, ICMP, TCP and UDP add both addresses up: they stay right. */
static uint32_t send_back(uint8_t *f, uint32_t len_bytes, unsigned int type)
{
	if ((f[ETH_TO] & 1) != 0)
		return 0;
	swap(f + ETH_TO, f + ETH_FROM, MAC_BYTES);
	if (type == TYPE_IP4 && len_bytes >= IP4_BYTES)
		swap(f + IP4_FROM, f + IP4_TO, 4);
	else if (type == TYPE_IP6 && len_bytes >= IP6_BYTES)
		swap(f + IP6_FROM, f + IP6_TO, IP6_ADDRESS);
	return len_bytes;
}

uint32_t reflector_turn(uint8_t *f, uint32_t len_bytes, uint32_t room_bytes)
{
	unsigned int type;

	if (len_bytes < ETH_BYTES)
		return 0;
	type = read_16(f + ETH_TYPE);
	if (type == TYPE_ARP)
		return answer_arp(f, len_bytes);
	if (type == TYPE_IP6 && is_solicitation(f, len_bytes))
		return answer_solicitation(f, room_bytes);
	return send_back(f, len_bytes, type);
}
