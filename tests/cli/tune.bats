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

# rec FILE SEED OPTION...: bursty traffic in virtual time.
rec() {
	local db=$1 seed=$2
	shift 2
	"$refnic" --clock virtual --traffic burst:rate=60k --hold lognormal:median=4ms,p99=20ms \
		--lead lognormal:median=200us,p99=600us --reserve 2 --for 12s --seed "$seed" "$@" \
		-o "$db" >/dev/null
}

@test "bad marks miss the target, and what is recommended loses nothing with another seed" {
	rec bad.db 1 --low 4 --block 1 --high 64 --limit 8192
	run "$poolscope" tune bad.db
	[ "$status" -eq 1 ]
	[[ $output == *"MISSES the target"*"re-run needed"*"validity     C"* ]]
	# What is wrong with them is said, and none of it of good ones.
	[[ $output == *"1 buffer a lead, at most, cannot follow a rise of "*"low 4 is below the steepest rise"* ]]
	[[ $output == *"high 64 is too near low 4: "*" frees were asked back at once"* ]]
	"$poolscope" tune bad.db --json >bad.json || [ $? -eq 1 ]
	# shellcheck disable=SC2046
	rec good.db 2 $(python3 - <<-'END'
		import json
		m = json.load(open("bad.json"))["pools"][0]["recommend"][0]["marks"]
		print(*(f"--{k} {m[k]}" for k in ("base", "block", "low", "high", "limit")))
	END
	)
	run "$poolscope" tune good.db
	[ "$status" -eq 0 ]
	[[ $output == *"dropped 0  RESOURCES 0"*"validity     A"* ]]
	[[ $output != *"cannot follow"* && $output != *"too near"* && $output != *"is below the steepest"* ]]
	"$poolscope" stat good.db --json >good.json
	python3 - <<-'END'
		import json
		said = json.load(open("bad.json"))["pools"][0]
		safe, static = said["recommend"][0], said["static"]
		assert safe["name"] == "safe" and safe["certificate"] is None and safe["validity"] == "C"
		now = said["current"]
		assert len(now["wrong"]) == 3 and "too near" in now["wrong"][2], now["wrong"]
		assert now["predicted"]["frees"] >= now["predicted"]["wasted_frees"] > 1000
		p = json.load(open("good.json"))["pools"][0]
		assert p["dropped"] == p["resources"] == 0
		low, high = safe["predicted"]["mean_interval"]
		assert low <= p["total"]["mean"] <= high, (low, p["total"], high)
		assert p["total"]["mean"] < static["predicted"]["mean_buffers"]
		assert p["total"]["max"] <= safe["marks"]["limit"]
		low, high = safe["predicted"]["requests_interval"]
		assert low <= p["requested"] <= high, (low, p["requested"], high)
	END
}

@test "tune --json has the promised keys, and a recording that is whole gets a certificate" {
	rec a.db 3 --base 400 --block 300 --low 300 --high 700 --limit 4000
	run "$poolscope" tune a.db --json
	[ "$status" -eq 0 ]
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		assert {"pool", "identity", "robust_low", "exact_low", "max_held", "static_curve", "current",
			"recommend"} <= set(p)
		assert p["identity"]["mismatches"] == 0 < p["identity"]["checked"]
		curve = p["static_curve"]
		assert curve[-1] == {"buffers": p["max_held"], "lost": 0}
		assert all(a["lost"] >= b["lost"] for a, b in zip(curve, curve[1:]))
		names = [r["name"] for r in p["recommend"]]
		assert names == ["safe", "balanced", "lean"]
		for r in p["recommend"]:
		    assert r["validity"] == "A" and r["predicted"]["lost"] == 0, r
		    c = r["certificate"]
		    assert 0 <= c["chance_per_block"] <= 1 and c["confidence"] == 0.95
		    assert r["predicted"]["mean_interval"][0] <= r["predicted"]["mean_buffers"]
		safe = p["recommend"][0]
		assert safe["luck"] == 0 and safe["marks"]["low"] >= p["robust_low"]
		assert p["clairvoyant"]["mean_buffers"] <= safe["predicted"]["mean_buffers"]
		assert p["hold_out"]["lost"] == 0
	END
	"$poolscope" tune a.db --json >again.json
	[ "$output" = "$(cat again.json)" ]
}

@test "a setting that loses a few packets is replayed with senders that send again, or pause" {
	rec r.db 3 --reserve 0 --base 400 --block 300 --low 300 --high 700 --limit 4000
	run "$poolscope" tune r.db --loss 0.009% --json
	[ "$status" -eq 0 ]
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		rows = p["recommend"] + [p["static"], p["current"]]
		lossy = [r for r in rows if 0 < r["predicted"]["lost"]]
		assert lossy and all(r["validity"] == "B" for r in lossy), rows
		for r in lossy:
		    of, said = r["replays"], r["predicted"]
		    assert of["lost"][0] <= said["lost"] * 1.1 and of["lost"][1] >= said["lost"] * 0.9, r
		    low, high = said["mean_interval"]
		    assert low <= of["mean_buffers"][0] <= of["mean_buffers"][1] <= high, r
		assert all("replays" not in r for r in rows if not r["predicted"]["lost"])
	END
}

@test "what the wire allows is said beside the steepest rise" {
	rec a.db 3 --base 400 --block 300 --low 300 --high 700 --limit 4000
	run "$poolscope" tune a.db --wire 10G
	[ "$status" -eq 0 ]
	[[ $output == *"the wire allows "*" full frames in that time, or "*" of the smallest: this is "*"% of the former"* ]]
	run "$poolscope" tune a.db --wire 2.5G --json
	python3 - "$output" <<-'END'
		import json, math, re, sys
		p = json.loads(sys.argv[1])["pools"][0]
		w = p["wire"]
		assert w["bits_per_s"] == 2.5e9 and w["rise"] >= p["burst"]["rise"], w
		# As many nanoseconds as make the one figure make the other.
		tau = w["least_frames"] * 8 * 84 / 2.5
		assert abs(w["full_frames"] - tau * 2.5 / 8 / 1538) <= 1, w
		assert tau > 2 * p["lead_ns"]["max"] - 1000
	END
	run "$poolscope" tune a.db
	[[ $output != *"the wire"* ]]
	for wrong in 10 G 0G -1G 10g 10GG x 1e9G nanG; do
		run "$poolscope" tune a.db --wire "$wrong"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

@test "what-if with the recorded marks is what was recorded" {
	rec a.db 3 --base 400 --block 300 --low 300 --high 700 --limit 4000
	run "$poolscope" tune a.db --what-if '' --json
	[ "$status" -eq 0 ]
	"$poolscope" stat a.db --json >stat.json
	python3 - "$output" <<-'END'
		import json, sys
		w = json.loads(sys.argv[1])["pools"][0]["what_if"]
		p = json.load(open("stat.json"))["pools"][0]
		assert w["requests"] == p["requested"] > 0 and w["peak_buffers"] == p["total"]["max"], (w, p)
		assert w["lost"] == p["dropped"] == 0 and w["resources"] == p["resources"] == 0
	END
}

@test "without a request there is no low, and it says what is known all the same" {
	"$refnic" --clock virtual --traffic poisson:rate=10k --for 2s -o a.db >/dev/null
	run "$poolscope" tune a.db
	[ "$status" -eq 0 ]
	[[ $output == *"and no growth"*"0 packets lost here"*"why base"*"cannot be told: no request was recorded"* ]]
	[[ $output != *"sure?"* ]]
	run "$poolscope" tune a.db --lead fixed:1ms
	[ "$status" -eq 0 ]
	[[ $output == *"why fixed"*"leads do not matter"* ]]
}

@test "where every request failed, nobody knows how long one takes" {
	"$refnic" --clock virtual --for 2s --base 64 --limit 512 --low 40 --block 32 --high 200 \
		--traffic burst:rate=50k --fail refuse:p=1,status=resources -o a.db >/dev/null
	run "$poolscope" tune a.db
	[ "$status" -eq 1 ]
	[[ $output == *"and no growth"*"cannot be told: every request that was recorded failed"* ]]
	run "$poolscope" tune a.db --what-if low=30
	[ "$status" -eq 0 ]
	[[ $output == *", 0 failed, 0 blocks granted"* && $output != *"is enough whatever"* ]]
	run "$poolscope" tune a.db --json --what-if low=30
	[ "$status" -eq 0 ]
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		assert p["what_if"]["refused"] == p["what_if"]["requests"] > 0, p
		assert p["robust_low"] is p["exact_low"] is p["burst"] is None and "exact_low_why" not in p, p
	END
	run "$poolscope" tune a.db --lead fixed:1ms
	[[ $output == *"bracket "*"use "* ]]
}

@test "a recording that is shorter than a block proves nothing" {
	demand a.db 0,100 10,100 20,100 30,100
	run "$poolscope" tune a.db --lead fixed:1ms
	[ "$status" -eq 0 ]
	[[ $output == *"sure?        no: the recording is shorter than one block of 10.0 ms"* ]]
	run "$poolscope" tune a.db --lead fixed:1ms --json
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		assert p["current"] is None and p["hold_out"] is None
		assert all(r["certificate"] is None and r["validity"] == "B" for r in p["recommend"])
	END
}

# The marks in a.db are others from when on; a limit that is never reached decides nothing.
change_limit() {
	sqlite3 a.db "UPDATE ev_tick SET limit_buffers = 5000 WHERE $1"
}

@test "marks that changed in the middle: only what happened since then is theirs" {
	# It is short of buffers in the beginning alone: 2 blocks come, and stay.
	"$refnic" --clock virtual --traffic poisson:rate=20k --hold fixed:10ms --lead fixed:30ms --for 4s \
		--base 16 --low 15 --block 200 --high 2000 --limit 4000 -o a.db >/dev/null
	run "$poolscope" tune a.db
	[ "$status" -eq 1 ]
	[[ $output == *"limit 4000 reserve 8"*"MISSES the target"* ]]
	change_limit "ts > (SELECT (min(ts) + max(ts)) / 2 FROM ev_tick)"
	run "$poolscope" tune a.db
	[ "$status" -eq 0 ]
	[[ $output == *"the marks changed 1 time, the last time at +2.1"*"those since then count as now"* ]]
	[[ $output == *"limit 5000 reserve 8"*"only since +2.1"*"until then base 16 "*"limit 4000"*"which missed "* ]]
	[[ $output == *"dropped 0  RESOURCES 0 (0% of the packets since then)"* && $output != *"MISSES"* ]]
	# They would have lost in the beginning, too: that is simulated, and said in their row.
	run "$poolscope" tune a.db --json
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		c = p["current"]
		since = c["since_change"]
		assert p["quality"]["marks_changed"] == 1 and c["marks"]["limit"] == 5000, p["quality"]
		assert since["marks_before"]["limit"] == 4000 and since["lost"] == since["resources"] == 0
		assert 0 < since["packets"] < p["packets"] and c["recorded"]["resources"] > 0
		assert c["predicted"]["resources"] > 0
	END
	run "$poolscope" tune a.db --explain 1s
	[[ $output == *"in force only since +2.1"* ]]
	# At the very end: nothing was seen of them.
	sqlite3 a.db "UPDATE ev_tick SET limit_buffers = 4000 WHERE id < (SELECT max(id) FROM ev_tick)"
	run "$poolscope" tune a.db
	[ "$status" -eq 0 ]
	[[ $output == *"no packet came since then: what these miss was not seen"* ]]
	# There and back: twice.
	sqlite3 a.db "UPDATE ev_tick SET limit_buffers = 4000"
	change_limit "id = (SELECT id FROM ev_tick ORDER BY id DESC LIMIT 1 OFFSET 2)"
	run "$poolscope" tune a.db
	[[ $output == *"the marks changed 2 times"* ]]
}

@test "marks that do nothing, or too much, are named" {
	say_wrong() {
		rm -f w.db
		rec w.db 4 "$@"
		"$poolscope" tune w.db --json >w.json || [ $? -eq 1 ]
		python3 -c 'import json; print(*json.load(open("w.json"))["pools"][0]["current"]["wrong"], sep="\n")'
	}
	# Each needs a request: the probe's.
	run say_wrong --base 3000 --low 300 --block 300 --high 700 --limit 4000 --lead-probe 100ms
	[[ $output == "base 3000 is enough for all "*" that were in use and low 300: it does not grow" ]]
	run say_wrong --base 300 --low 300 --block 400 --high 701 --limit 4000
	[[ $output == "base 300 is not above low 300: it asks at once, before the first packet"* ]]
	run say_wrong --base 400 --low 300 --block 300 --high 700 --limit 700
	[[ $output == "limit 700 is less than the "*" that were in use, and reserve 2"* ]]
}

@test "a recording of one block of time proves next to nothing, and says so" {
	rec a.db 3 --traffic burst:rate=60k,on=20ms,off=30ms --base 400 --block 300 --low 300 --high 700 \
		--limit 4000 --for 400ms
	run "$poolscope" tune a.db
	[ "$status" -eq 0 ]
	[[ $output == *"sure?        0 of 1 block of "*"at most 98%"*"(95% sure): next to nothing is known"* ]]
	[[ $output == *"limited by its length: record "*"hold-out     the recording is too short"* ]]
}

@test "a recording with lost events is no proof: C, and exit 4" {
	"$BUILD/tests/tools/makedb" a.db --seconds 5 --pools 1 --loss
	run "$poolscope" tune a.db --loss 0.9
	[ "$status" -eq 4 ]
	[[ $output == *"validity     C: events are missing"* ]]
}

@test "wrong words are one line and exit 2" {
	"$refnic" --clock virtual --for 1s -o a.db >/dev/null
	run "$poolscope" tune a.db --pool 7
	[ "$status" -eq 2 ]
	run "$poolscope" tune none.db
	[ "$status" -eq 3 ]
	run "$poolscope" tune a.db --loss 2
	[ "$status" -eq 2 ]
	run "$poolscope" tune
	[ "$status" -eq 2 ]
	run "$poolscope" tune a.db --colour
	[ "$status" -eq 2 ]
}

@test "explain says what the policy saw, and why it asked" {
	demand a.db 0,1000000 5000,1000000 10000,1000000 400000,1000000
	run "$poolscope" tune a.db --lead fixed:10us --explain 12us \
		--what-if base=2,block=2,low=1,high=5,limit=9
	[ "$status" -eq 0 ]
	[[ $output == *"+0.000000000 s    asks for 2: 1 available and 0 on their way, low 1; due at +0.000010000 s"* ]]
	[[ $output == *"+0.000010000 s    a block joins: 4 in all, 2 available"* ]]
	[[ $output == *"then         4 in all, 3 held, 1 available, 1 request on the way"* ]]
	[[ $output == *"grow         no: 1 available and 2 on their way are more than low 1"* ]]
	run "$poolscope" tune a.db --lead fixed:10us --explain 12us
	[ "$status" -eq 2 ]
	run "$poolscope" tune a.db --lead fixed:10us --explain "then" \
		--what-if base=2,block=2,low=1,high=5,limit=9
	[ "$status" -eq 2 ]
}

@test "explain as JSON says the same, for scripts" {
	demand a.db 0,1000000 5000,1000000 10000,1000000 400000,1000000
	run "$poolscope" tune a.db --lead fixed:10us --explain 12us --json \
		--what-if base=2,block=2,low=1,high=5,limit=9
	[ "$status" -eq 0 ]
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		x = p["explain"]
		assert set(p) == {"pool", "name", "identity", "explain"}, p
		assert x["marks"]["block"] == 2 and x["at_ns"] - x["start_ns"] == 12000
		first = x["events"][0]
		assert first["what"] == "request" and first["t_ns"] == x["start_ns"] and first["available"] == 1
		assert first["due_ns"] == first["t_ns"] + 10000
		grant = next(e for e in x["events"] if e["what"] == "grant")
		assert grant["total"] == 4 and grant["available"] == 2
		assert all(a["t_ns"] <= b["t_ns"] for a, b in zip(x["events"], x["events"][1:]))
		assert x["then"] == {"total": 4, "held": 3, "available": 1, "pending": 1, "demand": 3, "exact": True}
		assert x["grow"] == {"wants": False, "why": "1 available and 2 on their way are more than low 1"}
		assert x["free"]["wants"] is False and x["events_left_out"] == 0
	END
	# Losses in a row are one entry.
	run "$poolscope" tune a.db --lead fixed:10ms --explain 12us --json --what-if base=1,block=1,low=1,high=3,limit=2
	[ "$status" -eq 0 ]
	python3 - "$output" <<-'END'
		import json, sys
		x = json.loads(sys.argv[1])["pools"][0]["explain"]
		lost = [e for e in x["events"] if e["what"] == "lost"]
		assert len(lost) == 1 and lost[0]["packets"] == 3 and x["then"]["exact"] is False, x
	END
	run "$poolscope" tune a.db --lead fixed:10us --explain 12us --verify
	[ "$status" -eq 2 ]
}

@test "a pool that never grew and dropped: the fixed pool, and that senders may have noticed" {
	"$refnic" --clock virtual --for 2s --base 64 --limit 64 --low 4 --block 8 --high 30 --traffic poisson:rate=50k \
		-o a.db >/dev/null
	run "$poolscope" tune a.db
	[ "$status" -eq 1 ]
	[[ $output == *"MISSES the target"*"and no growth"*"0 packets lost here"*"validity     C: packets were dropped"* ]]
	[[ $output == *"cannot be told: no request was recorded"* ]]
	[[ $output != *"sure?"* ]]
	run "$poolscope" tune a.db --json
	[ "$status" -eq 1 ]
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		assert p["recommend"] == [] and p["robust_low"] is None and p["quality"]["dropped"] > 0
		assert p["quality"]["gaps"] == p["quality"]["marks_changed"] == 0
	END
}

@test "one packet, or all at one moment, proves nothing and says so" {
	demand one.db 5,100
	demand same.db 5,0 5,0 5,0
	for db in one.db same.db; do
		run "$poolscope" tune "$db" --lead fixed:1ms
		[ "$status" -eq 0 ]
		[[ $output == *"sure?        no: the recording is shorter than one block"* ]]
		[[ $output != *"95% sure"* ]]
	done
}

@test "requests that fail in a row: no low outlasts them, the base must carry it" {
	rec a.db 3 --base 1400 --block 200 --low 600 --high 1300 --limit 8192 --lead-probe 100ms \
		--fail windows:good=3s,bad=400ms,p=1,late=0.5
	run "$poolscope" tune a.db
	[ "$status" -eq 0 ]
	[[ $output == *"storm        "*" requests in a row failed from +"*"until memory"* ]]
	[[ $output == *"no low outlasts that storm: the base must carry it"* ]]
	run "$poolscope" tune a.db --json
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		storm, safe = p["lead_ns"]["storm"], p["recommend"][0]
		assert storm["failures"] >= 3 and storm["lead"] == p["lead_ns"]["max"]
		assert storm["lead"] > 10 * storm["longest_otherwise"] > 0
		assert safe["marks"]["base"] >= p["max_held"] and safe["predicted"]["lost"] == 0
		# The recorded pool grows: it is tried where the storm would hurt it most.
		assert p["current"]["predicted"]["missed_with_storm_at_worst"] >= 0
		assert "missed_with_storm_at_worst" not in safe["predicted"]
	END
	rec b.db 3 --base 400 --block 300 --low 300 --high 700 --limit 4000
	run "$poolscope" tune b.db
	[[ $output != *"storm"* ]]
}

# parts FILE COMMAND...: what the command writes, a string for each part that it wrote at once.
parts() {
	python3 - "$@" <<-'END'
		import json, os, subprocess, sys
		# A pipe that keeps what was written at once together.
		end, begin = os.pipe2(os.O_DIRECT)
		tune = subprocess.Popen(sys.argv[2:], stdout=begin)
		os.close(begin)
		said = list(iter(lambda: os.read(end, 65536).decode(), ""))
		json.dump(said, open(sys.argv[1], "w"))
		sys.exit(tune.wait())
	END
}

@test "the first answer is written before the search, and what a re-run does after the rest" {
	rec a.db 3 --base 400 --block 300 --low 300 --high 700 --limit 4000
	parts said "$poolscope" tune a.db --verify
	"$poolscope" tune a.db >whole
	"$poolscope" tune a.db --json >a.json
	python3 - <<-'END'
		import json, re
		said = json.load(open("said"))
		first, found, end = said[0], "".join(said[1:-1]), said[-1]
		bracket = re.search(r"^  bracket      low (\d+) to (\d+), limit (\d+) to (\d+), mean ([\d.]+) to (\d+)$", first, re.M)
		assert bracket and first.index("  now   ") > bracket.start()
		assert "  use  " not in first and found.startswith("  use  ")
		assert "re-run " not in found and end.startswith("\n  re-run ") and end.rstrip().count("\n  refnic ") == 1
		# It is what the answer rests on.
		p = json.load(open("a.json"))["pools"][0]
		robust, safe, static, size, least, most = (float(x) for x in bracket.groups())
		assert p["robust_low"] <= robust <= safe <= p["recommend"][0]["marks"]["low"]
		assert static == p["static"]["marks"]["base"] and size == most == p["recommend"][0]["marks"]["limit"]
		assert abs(least - p["clairvoyant"]["mean_buffers"]) < 0.051
		b = p["bracket"]
		assert b["low"] == [robust, safe] and b["limit"] == [static, size], b
		assert b["mean_buffers"] == [p["clairvoyant"]["mean_buffers"], most]
		assert open("whole").read() == first + found + end[end.rindex("\n\n") + 1:]
	END
	# Whoever names the lead times knows the longest.
	run "$poolscope" tune a.db --lead fixed:1ms
	[[ $output =~ "bracket      low "[0-9]+", limit " ]]
}

@test "a report that was begun and cannot go on does not look whole" {
	rec a.db 3 --base 400 --block 300 --low 300 --high 700 --limit 4000
	status=0
	TMPDIR=/nowhere "$poolscope" tune a.db --verify >out 2>err || status=$?
	[ "$status" -eq 3 ]
	[ "$(wc -l <err)" -eq 1 ]
	grep -q '^poolscope: tune: --verify: pool 0: ' err
	grep -q '^  simulated ' out
	[[ $(tail -n 1 out) == "  UNFINISHED   pool 0 is not answered to the end, and none behind it" ]]
	[ "$(grep -c '^  refnic ' out)" -eq 0 ]
	# What was not begun says nothing.
	TMPDIR=/nowhere run "$poolscope" tune a.db --verify --json
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	# Where nothing can be written, nothing is searched for.
	status=0
	"$poolscope" tune a.db >/dev/full 2>err || status=$?
	[ "$status" -eq 3 ]
	[ "$(cat err)" = "poolscope: tune: cannot write the output" ]
}

@test "verify re-runs the driver, prints predicted beside measured, and keeps the pair" {
	rec a.db 3 --base 400 --block 300 --low 300 --high 700 --limit 4000
	run "$poolscope" tune a.db --verify
	[ "$status" -eq 0 ]
	[[ $output == *"re-run       refnic"*"missed"*"0             0  inside"* ]]
	[[ $output == *"track record of this recording: "*" of 1 re-runs"* ]]
	run "$poolscope" tune a.db --verify --json
	python3 - "$output" <<-'END'
		import json, sys
		v = json.loads(sys.argv[1])["pools"][0]["verify"]
		assert v["measured"]["lost"] == 0 and v["kept"] == 2
	END
	[ "$("$poolscope" sql a.db "SELECT count(*) FROM meta WHERE key LIKE 'tuning %'" | tail -n 1)" = 2 ]
	run "$poolscope" check a.db
	[ "$status" -eq 0 ]
	# Nothing is left in the temporary folder.
	TMPDIR=$PWD run "$poolscope" tune a.db --verify
	[ -z "$(find . -name 'poolscope-tune-*')" ]
}

@test "what the driver does is inside what was predicted: the same packets, and those of another seed" {
	LOOP_FOR=4s run python3 "$top/tests/tools/closed_loop.py" "$poolscope" "$refnic" . 3
	echo "$output"
	[ "$status" -eq 0 ]
}

@test "a table of packets is traffic for the reference driver: each is held as it says" {
	printf '%s\n' arrival_ns,hold_ns 1000,5000000 2000000,1000000 3000000,9000000 >d.csv
	"$refnic" --clock virtual --traffic demand:file=d.csv -o a.db >/dev/null
	run "$poolscope" stat a.db --json
	python3 - "$output" <<-'END'
		import json, sys
		p = json.loads(sys.argv[1])["pools"][0]
		assert p["taken"] == p["returned"] == 3
		h = p["hold_ns"]
		assert 5000000 <= h["p50"] * 1.01 and 9000000 <= h["max"] < 9300000, h
	END
	for bad in 'x' '5,1\n4,1' '-1,2' '1' '1,2,3' ''; do
		printf '%b\n' "$bad" >d.csv
		run "$refnic" --clock virtual --traffic demand:file=d.csv
		[ "$status" -eq 3 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}
