#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# refnic --verify, over a miniport that frees a block twice.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	T=$(mktemp -d)
	cc -shared -fPIC -Idriver/ndis -DNDIS_MINIPORT_DRIVER -DNDIS60_MINIPORT=1 \
		-DPITFALL=P12_FREED_TWICE tests/faulty/faulty6.c -o "$T/twice.so"
}

teardown() {
	rm -rf "$T"
}

# twice ARG...: the faulty miniport, short of buffers so that it asks for a block.
twice() {
	"$BUILD/refnic" --miniport "$T/twice.so" --traffic poisson:rate=20k --hold fixed:2ms "$@"
}

@test "a broken rule is told at the end: where, which block, and what the rule says" {
	run -1 twice --clock virtual --for 200ms
	[[ $output == *"violation   R21, 1 time: in MiniportHaltEx (callback "*"a second time"* ]]
	[[ $output == *"the block of 38400 bytes at va 0x"*"of request 1, freed in MiniportHaltEx"* ]]
	[[ $output == *"the rule: only a whole, live block can be freed, and only once"* ]]
	[[ $output == *" 1 violations"* ]]
}

@test "abort stops at the first broken rule, and the recording is whole" {
	run -1 --separate-stderr twice --clock virtual --for 200ms --verify abort -o "$T/x.db"
	[ -z "$output" ]
	# shellcheck disable=SC2154
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == "refnic: stopped: R21: in MiniportHaltEx "*"the rule: only a whole"* ]]
	[ "$("$BUILD/poolscope" sql "$T/x.db" "SELECT kind, rule FROM event ORDER BY seq DESC LIMIT 1")" = \
		"$("$BUILD/poolscope" sql "$T/x.db" "SELECT 'violation' AS kind, 21 AS rule")" ]
	run -0 "$BUILD/poolscope" stat "$T/x.db" --json
}

@test "abort stops in real time as well" {
	run -1 --separate-stderr twice --for 300ms --verify abort
	[[ $stderr == *"stopped: R21: "* ]]
}

@test "off looks for nothing, and says nothing" {
	run -0 twice --clock virtual --for 200ms --verify off
	[[ $output == *" 0 violations"* ]]
	[[ $output == *" 0 live;"* ]]
}

# faulty PITFALL ARG...: a miniport that makes one mistake, under light traffic.
faulty() {
	local pitfall=$1
	shift
	cc -shared -fPIC -Idriver/ndis -DNDIS_MINIPORT_DRIVER -DNDIS60_MINIPORT=1 \
		"-DPITFALL=$pitfall" tests/faulty/faulty6.c -o "$T/faulty.so"
	"$BUILD/refnic" --miniport "$T/faulty.so" --traffic poisson:rate=20k --hold fixed:2ms "$@"
}

@test "memory that is left is told with its bytes, its tag and who took it" {
	run -1 faulty MEMORY_LEFT --clock virtual --for 50ms
	[[ $output == *"R50, 1 time: "*"MiniportHaltEx left memory of its own (1) of "*" bytes, tag 'Falt', the last of it allocated in MiniportInitializeEx"* ]]
	run -1 faulty MEMORY_OF_THE_DRIVER_LEFT --clock virtual --for 50ms
	[[ $output == *"after the unload the driver still has memory of its own (1) of 100 bytes, tag 'Falt', the last of it allocated in DriverEntry"* ]]
}

@test "a driver that its unload leaves registered is told" {
	run -1 faulty DRIVER_LEFT_REGISTERED --clock virtual --for 50ms
	[[ $output == *"R50, 1 time: in MiniportDriverUnload: "*"NdisMDeregisterMiniportDriver was not called"* ]]
}
