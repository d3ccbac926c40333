#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tune, over demands that are worked out by hand and over recordings of the reference driver.
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell of its own

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	top=$PWD
	BUILD=$(realpath "${BUILD:-build}")
	poolscope=$BUILD/poolscope
	refnic=$BUILD/refnic
	cd "$BATS_TEST_TMPDIR" || return 1
}

# demand FILE ROW...: a demand-only database.
demand() {
	local db=$1
	shift
	printf '%s\n' "$@" >demand.csv
	"$poolscope" import --demand demand.csv -o "$db" -q
}

@test "what other marks would have done is as its rules say, in 40 demands nobody chose" {
	"$top/tests/tools/what_if.py" --compare "$poolscope" . 40 "${WHAT_IF_SEED:-7}"
}

@test "a what-if that is worked out by hand" {
	# Base 1, low 1: asks at 0, 10, 20 and 40; loses the packet at 5; has 1 buffer until 10, then
	# 2, 3 from 20, 4 from 30, 5 from 50; frees at 100, 110 and 140, the end: 520 / 140.
	demand a.db 0,100 5,100 10,100 40,100
	run "$poolscope" tune a.db --json --lead fixed:10ns \
		--what-if base=1,block=1,low=1,high=3,limit=9
	[ "$status" -eq 0 ]
	python3 - "$output" <<-'END'
		import json, sys
		w = json.loads(sys.argv[1])["pools"][0]["what_if"]
		assert w["lost"] == 1 and w["resources"] == 0, w
		assert w["requests"] == 4 and w["frees"] == 3 and w["peak_buffers"] == 5, w
		assert abs(w["mean_buffers"] - 520 / 140) < 1e-12
		assert w["marks"]["max_pending"] == 1 and w["marks"]["reserve"] == 0
	END
}

@test "a demand without a driver needs marks and lead times, and says which" {
	demand a.db 0,100 5,100
	run "$poolscope" tune a.db --what-if low=1,high=4 --lead fixed:1us
	[ "$status" -eq 2 ]
	[[ $output == *"have to be given, too: base, block"* ]]
	run "$poolscope" tune a.db --what-if base=1,block=1,low=1,high=4
	[ "$status" -eq 2 ]
	[[ $output == *"no request was recorded"*"--lead fixed:1ms"* ]]
	# A pool that never grows asks for nothing.
	run "$poolscope" tune a.db --what-if base=1,block=1,low=1,high=4,limit=1
	[ "$status" -eq 0 ]
	[[ $output == *"lost         1 of 2 packets"* ]]
}

@test "marks that no driver accepts are refused with the policy's own sentence" {
	demand a.db 0,100
	run "$poolscope" tune a.db --lead fixed:1us --what-if base=4,block=4,low=4,high=8
	[ "$status" -eq 2 ]
	[[ $output == *"high 8 is too near low 4"* ]]
	run "$poolscope" tune a.db --lead fixed:1us --what-if base=4,block=4,low=4,high=9,limit=7
	[ "$status" -eq 2 ]
	[[ $output == *"leaves no room for a block"* ]]
	for wrong in colour=3 low low= low=-1 low=x low=1,low=2 low=4294967296; do
		run "$poolscope" tune a.db --lead fixed:1us --what-if "base=4,block=4,high=99,$wrong"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "lead times that are none are refused with their line" {
	demand a.db 0,100
	printf '10\nfast\n' >leads.csv
	run "$poolscope" tune a.db --lead file:leads.csv --what-if base=4,block=4,low=4,high=9
	[ "$status" -eq 2 ]
	[[ $output == *"leads.csv:2:"* ]]
	: >leads.csv
	run "$poolscope" tune a.db --lead file:leads.csv --what-if base=4,block=4,low=4,high=9
	[ "$status" -eq 2 ]
	for wrong in fixed fixed:1 soon file:none.csv lognormal:median=5ms,p99=1ms; do
		run "$poolscope" tune a.db --lead "$wrong" --what-if base=4,block=4,low=4,high=9
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "the same seed draws the same lead times" {
	demand a.db 0,1000 5,1000 10,1000 40,1000 60,1000 70,900 71,900 72,900
	for i in 1 2; do
		"$poolscope" tune a.db --json --lead uniform:min=1ns,max=40ns --seed 5 \
			--what-if base=2,block=1,low=1,high=3 >"out$i"
	done
	cmp out1 out2
}
