/* SPDX-License-Identifier: MIT */
#ifndef REFLECTOR_H
#define REFLECTOR_H
/*
 * The reflector: plays the peers of a network that has none.  To the machine behind the wire every
 * address but its own is answered for, and whatever it sends to one comes back from there: a peer
 * is the machine itself, seen through the NIC.
 *
 *	ARP request, neighbour solicitation    answered, with a made-up hardware address
 *	IPv4, IPv6                             source and destination change places, as do those
 *	                                       of the Ethernet header; check sums stay right
 *	another type                           those of the Ethernet header change places
 *	to a group (broadcast, multicast)      nobody is there; apart from ARP and solicitations
 *
 * So a request to a peer comes back as a request from it, the machine's answer goes to the peer,
 * and comes back as the peer's.
 */
#include <stdint.h>

/*
 * Turns the frame in place; bytes has room for room_bytes.
 * Returns: the length of what is to be sent, or 0: nothing is.
 */
uint32_t reflector_turn(uint8_t *bytes, uint32_t len_bytes, uint32_t room_bytes);

#endif
