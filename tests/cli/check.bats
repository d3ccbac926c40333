#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `poolscope check`: the gate.
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell of its own

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	poolscope=$BUILD/poolscope
	makedb=$BUILD/tests/tools/makedb
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "a whole recording passes without a criterion: one line each" {
	"$makedb" a.db --seconds 1 --pools 2
	run "$poolscope" check a.db
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 9 ] # audit, identity, leaks and violations of two pools; loss
	[ "$(grep -c '^ok ' <<<"$output")" -eq 9 ]
}

@test "each criterion is met at its figure and missed next to it" {
	"$BUILD/refnic" --clock virtual --seed 5 --for 3s --traffic burst:rate=100k \
		--lead lognormal:median=20ms,p99=80ms --fail null:p=0.2 -o a.db
	"$poolscope" stat a.db --json >s.json
	python3 - s.json >cases <<-'END'
		import json, sys
		p = json.load(open(sys.argv[1]))["pools"][0]
		figures = {"max-drops": p["dropped"], "max-resources": p["resources"], "max-refused": p["refused"],
		           "max-failed": p["failed"], "max-violations": p["violations"],
		           "max-total": p["total"]["max"], "min-available": p["available"]["min"],
		           "max-lead-p99": p["lead_ns"]["p99"], "max-hold-p99": p["hold_ns"]["p99"]}
		for name, value in figures.items():
		    unit = "ns" if "p99" in name else ""
		    worse = value + 1 if name == "min-available" else value - 1
		    print(f"--{name} {value}{unit} {worse}{unit}")
	END
	[ "$(wc -l <cases)" -eq 9 ]
	missed=0
	while read -r option met worse; do
		run "$poolscope" check a.db "$option" "$met"
		echo "$output"
		[ "$status" -eq 0 ]
		[[ $worse == -* ]] && continue # a figure of 0 cannot be missed
		run "$poolscope" check a.db "$option" "$worse"
		echo "$output"
		[ "$status" -eq 1 ]
		[ "$(grep -c '^FAILED ' <<<"$output")" -eq 1 ]
		[[ $output == *"; first "*" +"*" s"* ]]
		missed=$((missed + 1))
	done <cases
	[ "$missed" -ge 6 ]
}

@test "--json carries the same verdicts, and the place in nanoseconds" {
	"$makedb" a.db --seconds 2 --pools 2
	run "$poolscope" check a.db --json --max-total 300 --max-lead-p99 1h
	[ "$status" -eq 1 ]
	python3 - "$output" <<-'END'
		import json, sys
		c = json.loads(sys.argv[1])
		assert c["schema"] == 1 and c["result"] == "failed"
		assert c["trace"]["complete"] is True and c["trace"]["lost"] == 0
		of = {(x["pool"], x["name"]): x for x in c["criteria"]}
		assert len(of) == 8
		for pool in 0, 1:
		    assert of[pool, "audit"]["result"] == of[pool, "identity"]["result"] == "ok"
		    assert of[pool, "max-lead-p99"]["result"] == "ok"
		    assert of[pool, "max-lead-p99"]["allowed"] == 3600 * 10**9
		    total = of[pool, "max-total"]
		    assert total["result"] == "failed" and total["measured"] > total["allowed"] == 300
		    assert c["trace"]["start_ns"] - 2**23 < total["first_ns"]
	END
}

@test "--pool judges one pool only" {
	"$makedb" a.db --seconds 1 --pools 2
	run "$poolscope" check a.db --pool 1 --max-drops 0
	[ "$status" -eq 0 ]
	[[ $output == *"pool 1"* && $output != *"pool 0"* ]]
	run "$poolscope" check a.db --pool 7
	[ "$status" -eq 2 ]
	[ "$output" = "poolscope: check: a.db: has no pool 7" ]
}

@test "loss: what is met is unproven and exits 4, what is missed still fails" {
	"$makedb" a.db --seconds 5 --loss --pools 1
	run "$poolscope" check a.db --max-violations 0 --max-leaks 0
	echo "$output"
	[ "$status" -eq 4 ]
	[ "$(grep -c '^unproven ' <<<"$output")" -eq 4 ]
	[[ $output == *"leaks"*"unknown"*"events were lost"* ]]
	run "$poolscope" check a.db --max-total 256
	[ "$status" -eq 1 ]
	lost=$("$poolscope" sql a.db "SELECT sum(events) FROM loss WHERE source = 'seq'")
	run "$poolscope" check a.db --max-loss "$lost"
	[ "$status" -eq 4 ]
	run "$poolscope" check a.db --max-loss "$((lost - 1))"
	[ "$status" -eq 1 ]
	[[ $output == *"FAILED"*"loss"*"$lost events, at most $((lost - 1))"* ]]
}

@test "a program that was killed: leaks are unproven, exit 4" {
	"$makedb" a.db --seconds 1 --die --pools 1
	sqlite3 a.db "UPDATE meta SET value = 'program died' WHERE key = 'ended'"
	run "$poolscope" check a.db --max-leaks 0
	echo "$output"
	[ "$status" -eq 4 ]
	[[ $output == *"unproven"*"leaks"*"the pool was not closed"* ]]
}

@test "a recording of the reference driver passes the gate" {
	"$BUILD/refnic" --clock virtual --for 2s --seed 3 -o v.db
	run "$poolscope" check v.db --max-leaks 0 --max-violations 0 --max-loss 0 --max-lead-p99 1s
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "wrong usage: one line, exit 2" {
	for bad in "" "a.db b.db" "--max-drops a.db" "--max-drops -1 a.db" "--max-drops 1k a.db" \
		"--max-lead-p99 5 a.db" "--pool x a.db" "--bogus a.db"; do
		# shellcheck disable=SC2086 # words
		run "$poolscope" check $bad
		echo "$bad: $output"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == "poolscope: check: "* ]]
	done
}

@test "files that cannot be read or have nothing to judge: one line, exit 3" {
	echo hello >foreign.db
	"$makedb" empty.db --seconds 1 --pools 1
	sqlite3 empty.db "DELETE FROM pool"
	for file in missing.db foreign.db empty.db; do
		run "$poolscope" check "$file"
		[ "$status" -eq 3 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == "poolscope: check: $file: "* ]]
	done
}
