#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Fault points and the verifier, on refnic's command line.

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

# A run of either generation in virtual time under fault $1 ends whole.
clean_under() {
	local generation
	for generation in 5 6; do
		run refnic --ndis "$generation" --clock virtual --for 400ms --max-pending 4 --fail "$1"
		echo "NDIS $generation, $1: $output"
		[ "$status" = 0 ]
		[[ $output == *" 0 live;"* ]]
		[[ $output == *" 0 violations"* ]]
	done
}

@test "both generations end whole under every fault point" {
	for fault in refuse:p=0.5 refuse:p=0.5,status=any refuse:p=0.5,status=0xc0010011 \
		null:p=0.5 null:p=0.5,pa=null null:p=0.5,pa=garbage delay:p=0.5,by=30ms \
		reorder:p=0.7 early:p=0.7 wrap:p=0.7 base:n=2 storm storm:p=0.5 \
		removal:after=150ms windows:good=50ms,bad=20ms; do
		clean_under "$fault"
	done
}

@test "both generations end whole under all fault points at once" {
	clean_under refuse:p=0.2,status=any+null:p=0.2+delay:p=0.2,by=10ms+reorder:p=0.3+early:p=0.3+wrap:p=0.3+base:n=1+storm:p=0.3
	clean_under refuse:p=0.2,status=any+early:p=0.5+storm:p=0.3+removal:after=200ms
}

@test "a base block that cannot be had at all is a clean failure" {
	for generation in 5 6; do
		run refnic --ndis "$generation" --fail base:n=99 --for 100ms
		[ "$status" = 1 ]
		[[ $output == *"did not start: NDIS_STATUS_RESOURCES (0xc000009a)"* ]]
		[[ $output != *violation* ]]
	done
}

@test "a device that is pulled out ends the run" {
	run refnic --clock virtual --fail removal:after=100ms
	[ "$status" = 0 ]
	[[ $output == *" 0 violations"* ]]
}

@test "a fault that does not parse names the position and what is valid" {
	usage_error 'refuse, null, delay, reorder, early, wrap, base, storm, removal, windows' --fail explode:p=1
	usage_error 'position 19 ' --fail refuse:p=1,status=nonsense
	usage_error 'failure, resources, invalid, state, not_ready, any' --fail refuse:p=1,status=nonsense
	usage_error 'position 29 ' --fail storm+early:p=1+null:p=1,pa=gibberish
	usage_error 'no refusal' --fail refuse:p=1,status=0x103
	usage_error 'whole number' --fail base:n=1.5
	usage_error 'needs by=' --fail delay:p=1
	usage_error 'needs a unit' --fail removal:after=3
}

@test "a way to verify that does not exist is a usage error" {
	usage_error 'report, abort and off' --verify maybe
}

@test "the reference driver gives the verifier nothing to say" {
	for how in report abort off; do
		run refnic --clock virtual --for 300ms --verify "$how"
		[ "$status" = 0 ]
		[[ $output == *" 0 violations"* ]]
	done
}
