/* SPDX-License-Identifier: MIT */
/* The reflector, frame by frame; check sums are held against a plain computation of them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdbool.h>
#include <string.h>

#include "driver/stack/reflector.h"
#include "driver/traffic/frame.h"

static const uint8_t machine[6] = {0x0e, 0x30, 0x26, 0x90, 0xd5, 0xa1};
static const uint8_t peer[6] = {0x02, 'p', 's', 9, 0, 2};

struct made {
	uint32_t len;
	uint8_t bytes[128];
};

static void put(struct made *f, const void *bytes, uint32_t len)
{
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static struct made ethernet(const uint8_t *to, unsigned int type)
{
	struct made f = {0};
	uint8_t word[2] = {(uint8_t)(type >> 8), (uint8_t)type};

	put(&f, to, 6);
	put(&f, machine, 6);
	put(&f, word, 2);
	return f;
}

static uint32_t turn(struct made *f)
{
	return reflector_turn(f->bytes, f->len, sizeof(f->bytes));
}

static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* Who has `target`?  Tell `sender`. */
static struct made arp(const char *sender, const char *target)
{
	struct made f = ethernet(everybody, 0x0806);

	put(&f, "\0\1\x08\0\6\4\0\1", 8);
	put(&f, machine, 6);
	put(&f, sender, 4);
	put(&f, "\0\0\0\0\0\0", 6);
	put(&f, target, 4);
	while (f.len < FRAME_MIN_BYTES)
		put(&f, "", 1);
	return f;
}

static void arp_is_answered_for_every_other_address(void **state)
{
	struct made f = arp("\x0a\x09\0\1", "\x0a\x09\0\2");

	assert_int_equal(turn(&f), FRAME_MIN_BYTES);
	assert_memory_equal(f.bytes, machine, 6);
	assert_memory_equal(f.bytes + 6, peer, 6);
	assert_memory_equal(f.bytes + 14, "\0\1\x08\0\6\4\0\2", 8);
	assert_memory_equal(f.bytes + 22, peer, 6);
	assert_memory_equal(f.bytes + 28, "\x0a\x09\0\2", 4);
	assert_memory_equal(f.bytes + 32, machine, 6);
	assert_memory_equal(f.bytes + 38, "\x0a\x09\0\1", 4);
}

static void asker_for_its_own_address_gets_no_answer(void **state)
{
	struct made own = arp("\x0a\x09\0\1", "\x0a\x09\0\1");
	struct made probe = arp("\0\0\0\0", "\x0a\x09\0\1");
	struct made reply = arp("\x0a\x09\0\1", "\x0a\x09\0\2");

	assert_int_equal(turn(&own), 0);
	assert_int_equal(turn(&probe), 0);
	reply.bytes[21] = 2;
	assert_int_equal(turn(&reply), 0);
}

static unsigned int sum(const uint8_t *at, uint32_t len, unsigned int value)
{
	for (uint32_t i = 0; i < len; i++)
		value += i % 2 ? at[i] : (unsigned int)at[i] << 8;
	while (value > 0xffff)
		value = (value & 0xffff) + (value >> 16);
	return value;
}

static void ipv4_comes_back_from_its_destination(void **state)
{
	static const uint8_t header[] = {0x45, 0, 0, 28, 1, 2, 0, 0, 64, 17, 0x65, 0xc2};
	static const uint8_t udp[] = {0x12, 0x34, 0x14, 0x51, 0, 8, 0xab, 0xcd};
	struct made f = ethernet(peer, 0x0800), before;

	put(&f, header, sizeof(header));
	put(&f, "\x0a\x09\0\1\x0a\x09\0\2", 8);
	put(&f, udp, sizeof(udp));
	before = f;
	assert_int_equal(turn(&f), f.len);
	assert_memory_equal(f.bytes, machine, 6);
	assert_memory_equal(f.bytes + 6, peer, 6);
	assert_memory_equal(f.bytes + 14, header, sizeof(header));
	assert_memory_equal(f.bytes + 26, "\x0a\x09\0\2\x0a\x09\0\1", 8);
	assert_memory_equal(f.bytes + 34, udp, sizeof(udp));
	/* Right before, right after. */
	assert_int_equal(sum(f.bytes + 14, 20, 0), sum(before.bytes + 14, 20, 0));
	/* Twice is where it was. */
	assert_int_equal(turn(&f), f.len);
	assert_memory_equal(f.bytes, before.bytes, f.len);
}

static struct made ipv6(const uint8_t *to, const char *header, const char *source,
			const char *target, uint32_t message)
{
	struct made f = ethernet(to, 0x86dd);
	uint8_t length[2] = {0, (uint8_t)message};

	put(&f, "\x60\0\0\0", 4);
	put(&f, length, 2);
	put(&f, header, 2);
	put(&f, source, 16);
	put(&f, target, 16);
	return f;
}

#define ONE   "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"
#define TWO   "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\x09\0\2"
#define GROUP "\xff\2\0\0\0\0\0\0\0\0\0\1\xff\x09\0\2"
#define NONE  "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

static const uint8_t nodes[6] = {0x33, 0x33, 0xff, 9, 0, 2};

static struct made solicitation(const char *source, const char *target)
{
	struct made f = ipv6(nodes, "\x3a\xff", source, GROUP, 32);

	put(&f, "\x87\0\xaa\xbb\0\0\0\0", 8);
	put(&f, target, 16);
	put(&f, "\1\1", 2);
	put(&f, machine, 6);
	return f;
}

static void solicitation_is_answered_with_a_right_sum(void **state)
{
	struct made f = solicitation(ONE, TWO);

	assert_int_equal(turn(&f), 86);
	assert_memory_equal(f.bytes, machine, 6);
	assert_memory_equal(f.bytes + 6, peer, 6);
	assert_memory_equal(f.bytes + 18, "\0\x20\x3a\xff", 4);
	assert_memory_equal(f.bytes + 22, TWO ONE, 32);
	assert_memory_equal(f.bytes + 54, "\x88\0", 2);
	assert_memory_equal(f.bytes + 58, "\x60\0\0\0" TWO "\2\1", 22);
	assert_memory_equal(f.bytes + 80, peer, 6);
	assert_int_equal(sum(f.bytes + 22, 86 - 22, 58 + 32), 0xffff);
	/* It fits into what there is room for, or is left out. */
	f = solicitation(ONE, TWO);
	f.len = 78;
	assert_int_equal(reflector_turn(f.bytes, f.len, 85), 0);
}

static void solicitor_of_its_own_address_gets_no_answer(void **state)
{
	struct made own = solicitation(ONE, ONE), duplicate = solicitation(NONE, ONE);

	assert_int_equal(turn(&own), 0);
	assert_int_equal(turn(&duplicate), 0);
}

static void ipv6_comes_back_from_its_destination(void **state)
{
	struct made f = ipv6(peer, "\x11\x40", ONE, TWO, 8);

	put(&f, "\1\2\3\4\0\x08\5\6", 8);
	assert_int_equal(turn(&f), f.len);
	assert_memory_equal(f.bytes, machine, 6);
	assert_memory_equal(f.bytes + 22, TWO ONE, 32);
	assert_memory_equal(f.bytes + 54, "\1\2\3\4\0\x08\5\6", 8);
}

static void groups_send_nothing_back(void **state)
{
	struct made broadcast = ethernet(everybody, 0x0800);
	struct made group = ipv6(nodes, "\x3a\x01", ONE, GROUP, 8);

	put(&broadcast, arp("\0\0\0\0", "\0\0\0\0").bytes, 60);
	assert_int_equal(turn(&broadcast), 0);
	put(&group, "\x8f\0\0\0\0\0\0\0", 8);
	assert_int_equal(turn(&group), 0);
}

static void other_types_change_hardware_addresses_alone(void **state)
{
	struct made f = ethernet(peer, 0x88b5);

	put(&f, "payload of whatever kind", 24);
	assert_int_equal(turn(&f), f.len);
	assert_memory_equal(f.bytes, machine, 6);
	assert_memory_equal(f.bytes + 6, peer, 6);
	assert_memory_equal(f.bytes + 14, "payload of whatever kind", 24);
}

/* Whatever is cut off: nothing outside the frame is read or written, and nothing odd is sent. */
static void cut_frames_stay_within_their_bytes(void **state)
{
	const struct made whole[] = {arp("\x0a\x09\0\1", "\x0a\x09\0\2"), solicitation(ONE, TWO),
				     ipv6(peer, "\x11\x40", ONE, TWO, 8), ethernet(peer, 0x0800)};

	for (unsigned int i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		for (uint32_t len = 0; len <= whole[i].len; len++) {
			uint8_t bytes[128];

			memset(bytes, 0xee, sizeof(bytes));
			memcpy(bytes, whole[i].bytes, len);
			assert_true(reflector_turn(bytes, len, len) <= len);
			for (uint32_t at = len; at < sizeof(bytes); at++)
				assert_int_equal(bytes[at], 0xee);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp_is_answered_for_every_other_address),
		cmocka_unit_test(asker_for_its_own_address_gets_no_answer),
		cmocka_unit_test(ipv4_comes_back_from_its_destination),
		cmocka_unit_test(solicitation_is_answered_with_a_right_sum),
		cmocka_unit_test(solicitor_of_its_own_address_gets_no_answer),
		cmocka_unit_test(ipv6_comes_back_from_its_destination),
		cmocka_unit_test(groups_send_nothing_back),
		cmocka_unit_test(other_types_change_hardware_addresses_alone),
		cmocka_unit_test(cut_frames_stay_within_their_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
