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

# begin PITFALL ARG...: the same in the background: $! is refnic itself; its stderr in $T/err.
begin() {
	local pitfall=$1
	shift
	cc -shared -fPIC -Idriver/ndis -DNDIS_MINIPORT_DRIVER -DNDIS60_MINIPORT=1 \
		"-DPITFALL=$pitfall" tests/faulty/faulty6.c -o "$T/faulty.so"
	"$BUILD/refnic" --miniport "$T/faulty.so" --traffic poisson:rate=20k --hold fixed:2ms "$@" \
		>"$T/out" 2>"$T/err" 3>&- &
}

# says TEXT: waits until stderr has it.
says() {
	for ((i = 0; i < 600; i++)); do
		grep -qF "$1" "$T/err" && return
		sleep 0.05
	done
	cat "$T/err"
	return 1
}

# died_by_ctrl_c: it ends, with the status of that.
died_by_ctrl_c() {
	local status=0
	wait $! || status=$?
	[ "$status" = 130 ]
}

# give_up: Ctrl-C until it has ended.
give_up() {
	while kill -INT $! && ! grep -q "^State:.*Z" "/proc/$!/status"; do
		sleep 0.05
	done
	died_by_ctrl_c
}

@test "a second Ctrl-C ends a run that hangs, with what was found; the stuck function is named" {
	begin COMPLETION_NEVER_RETURNS --lead fixed:1ms
	says "refnic: the shared-memory completion function has not ended for 1 s"
	kill -INT $!
	says "refnic: MiniportHaltEx has not ended for 1 s: it is in NdisWaitEvent"
	says " for 1 completion function that did not return; Ctrl-C again ends at once"
	run ! grep -q "pending request" "$T/err"
	kill -INT $!
	died_by_ctrl_c
	says "violation   R14: in the shared-memory completion function"
	[ ! -s "$T/out" ]
}

@test "a restart that is left pending for ever is not silent, in real and in virtual time" {
	for clock in real virtual; do
		begin RESTART_NEVER_COMPLETES --clock $clock
		says "refnic: MiniportRestart has not ended for 1 s: it returned PENDING, and NdisMRestartComplete was not called"
		give_up
	done
}

@test "a DPC that does not return is named" {
	begin DPC_NEVER_RETURNS --clock virtual
	says "refnic: MiniportInterruptDPC has not ended for 1 s"
	give_up
}

@test "--limit is what a miniport from a file is held to, live and pending together" {
	run -1 faulty P7_LIMIT_WITHOUT_PENDING --clock virtual --for 100ms --lead fixed:25ms \
		--fail null:p=1 --limit 400 --buffer-bytes 212
	[[ $output == *"violation   R27, "*"goes beyond the limit of 84800"* ]]
	run -0 faulty P7_LIMIT_WITHOUT_PENDING --clock virtual --for 100ms --lead fixed:25ms --fail null:p=1
	run -0 faulty SOUND --clock virtual --for 100ms --lead fixed:25ms --limit 400 --buffer-bytes 212
}
