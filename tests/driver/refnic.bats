#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The reference NIC's command line.

refnic() {
	"$BUILD/refnic" "$@"
}

# A usage error: exit status 2, one line on stderr that holds $1, nothing on stdout.
usage_error() {
	local says=$1 out err status=0
	shift
	err=$(mktemp)
	out=$(refnic "$@" 2>"$err") || status=$?
	[ "$status" = 2 ] && [ -z "$out" ] && [ "$(wc -l <"$err")" = 1 ] && grep -qF -- "$says" "$err"
	status=$?
	[ "$status" = 0 ] || cat "$err"
	rm -f "$err"
	return "$status"
}

@test "a number of packets is sent and every one is accounted for" {
	run refnic --packets 2k --traffic poisson:rate=20k
	[ "$status" = 0 ]
	[[ ${lines[0]} == *"2000 sent"* ]]
	[[ $output == *" 0 live;"* ]]
	[[ $output == *"0 DMA faults, 0 payload errors, 0 violations"* ]]
}

@test "a time limit ends the run" {
	run refnic --for 200ms
	[ "$status" = 0 ]
}

@test "an interrupt halts cleanly" {
	"$BUILD/refnic" --traffic burst:rate=50k >"$BATS_TEST_TMPDIR/out" &
	pid=$!
	# The wire's thread is the last to start.
	until grep -qsx wire "/proc/$pid/task/"*/comm; do sleep 0.01; done
	kill -INT "$pid"
	wait "$pid"
	grep -q ' 0 live;' "$BATS_TEST_TMPDIR/out"
}

@test "faults on purpose are no failure" {
	run refnic --for 300ms --fail refuse:p=0.3+null:p=0.3 --max-pending 3
	[ "$status" = 0 ]
}

@test "an option that does not exist is a usage error" {
	usage_error --miniport --miniport x.so
	usage_error --adapters --adapters 2
	usage_error --clock --clock virtual
	usage_error -o -o x.db
	usage_error extra extra
}

@test "a duration without a unit is a usage error" {
	usage_error unit --for 3
	usage_error unit --tick 100
	usage_error unit --hold fixed:1
}

@test "a SPEC that does not parse names the position and the kinds" {
	usage_error 'position 1 ' --traffic posson:rate=1k
	usage_error 'poisson, burst' --traffic posson:rate=1k
	usage_error 'position 9 ' --traffic poisson:rat=1k
	usage_error 'refuse, null' --fail explode:p=1
}

@test "marks that do not fit together are a usage error" {
	usage_error 'reserve' --reserve 64
	usage_error 'high' --high 150
	usage_error 'limit' --limit 300
	usage_error 'base' --base 0
	usage_error 'max-pending' --max-pending 0
}

@test "numbers that are none, or not whole, are usage errors" {
	usage_error position --base x
	usage_error position --base -1
	usage_error whole --base 1.5
	usage_error whole --low 1G
	usage_error 'only 6' --ndis 5
}

@test "help and version go to stdout" {
	run refnic --help
	[ "$status" = 0 ]
	[[ $output == *--shrink-ticks* ]]
	run refnic --version
	[ "$status" = 0 ]
	[[ $output == refnic\ * ]]
}
