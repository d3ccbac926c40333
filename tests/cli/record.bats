#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The main path with the real parts: refnic under LTTng, Babeltrace, SQLite.

bats_require_minimum_version 1.5.0
load own_daemons

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	R=$BUILD/refnic
	T=$(mktemp -d)
}

teardown() {
	rm -rf "$T"
	[ -z "${OWN:-}" ] || { T=$OWN && own_daemons_end; }
}

# From here on the test has daemons of its own: it starts, counts or kills them.
with_own_daemons() {
	rm -rf "$T"
	own_daemons "$@"
	OWN=$T
}

# json FILE EXPRESSION: evaluates a Python expression over `stat --json`: s the whole, p its first pool.
json() {
	"$P" stat "$1" --json >"$T/stat.json" || true
	python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
p = s["pools"][0] if s["pools"] else None
print(eval(sys.argv[2]))' "$T/stat.json" "$2"
}

# events FILE: how many rows a fresh reader sees; 0 while there is no database yet.
events() {
	sqlite3 "file:$1?mode=ro" 'SELECT count(*) FROM event' 2>/dev/null || echo 0
}

# wait_for_events FILE N: until a reader sees at least N events; gives up after 20 s.
wait_for_events() {
	for _ in $(seq 200); do
		[ "$(events "$1")" -ge "$2" ] && return 0
		sleep 0.1
	done
	return 1
}

@test "the database is what an independent reading of the kept trace says" {
	run -0 "$P" record -o "$T/x.db" --keep-trace "$T/t" -- \
		"$R" --traffic burst:rate=30k --packets 20k
	run -0 tests/tools/compare_trace.py "$T/x.db" "$T/t"
	echo "$output"
	[ "$(json "$T/x.db" 's["trace"]["events"] > 1000')" = True ]
	[ "$(json "$T/x.db" 's["trace"]["lost"]')" = 0 ]
	[ "$(json "$T/x.db" 's["trace"]["complete"]')" = True ]
	[ "$(json "$T/x.db" 'p["requested"] > 0 and p["requested"] == p["refused"] + p["completed"] + p["failed"] + p["pending"]')" = True ]
	[ "$(json "$T/x.db" '(p["live_blocks"], p["held"], p["pending"], p["violations"])')" = "(0, 0, 0, 0)" ]
	[ "$(json "$T/x.db" 'p["audit"]["ok"] and p["identity"]["ok"]')" = True ]
	[ "$(json "$T/x.db" 'p["taken"] == p["returned"] + p["resources"]')" = True ]
}

@test "a recording of the NDIS 5 face says so, and replays" {
	run -0 "$P" record -o "$T/x.db" -- "$R" --ndis 5 --traffic burst:rate=50k --hold exp:mean=2ms \
		--base 64 --block 32 --low 24 --high 96 --limit 512 --reserve 4 --tick 10ms --packets 20k
	[ "$(json "$T/x.db" 'p["generation"]')" = 5 ]
	[ "$(json "$T/x.db" 's["trace"]["lost"]')" = 0 ]
	[ "$(json "$T/x.db" 'p["requested"] > 0 and p["taken"] > 1000')" = True ]
	[ "$(json "$T/x.db" '(p["live_blocks"], p["held"], p["pending"], p["violations"])')" = "(0, 0, 0, 0)" ]
	[ "$(json "$T/x.db" 'p["audit"]["ok"] and p["identity"]["ok"]')" = True ]
}

@test "identity holds while requests are refused, fail and come late" {
	run -0 "$P" record -o "$T/x.db" -- "$R" --traffic burst:rate=60k --for 2s --seed 3 \
		--fail refuse:p=0.2 --fail null:p=0.2 --lead lognormal:median=3ms,p99=30ms
	[ "$(json "$T/x.db" 'p["refused"] > 0 and p["failed"] > 0')" = True ]
	[ "$(json "$T/x.db" '(p["audit"]["mismatches"], p["identity"]["mismatches"])')" = "(0, 0)" ]
	[ "$(json "$T/x.db" 'p["identity"]["ok"]')" = True ]
}

@test "a program killed in mid-run leaves a whole database that says so" {
	"$P" record -q -o "$T/x.db" -- "$R" --traffic burst:rate=50k 2>"$T/err" 3>&- &
	recorder=$!
	wait_for_events "$T/x.db" 1000
	pkill -KILL -P "$recorder" -x refnic
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	grep -q 'killed by signal 9' "$T/err"
	[ "$(sqlite3 "$T/x.db" 'PRAGMA integrity_check')" = ok ]
	[ "$(json "$T/x.db" 's["trace"]["complete"]')" = False ]
	run -4 "$P" stat "$T/x.db"
	[[ $output == *"killed"* ]]
}

@test "Ctrl-C halts the program in order and records its halt" {
	"$P" record -q -o "$T/x.db" -- "$R" --traffic burst:rate=50k 2>"$T/err" 3>&- &
	recorder=$!
	wait_for_events "$T/x.db" 1000
	kill -INT "$recorder"
	wait "$recorder"
	[ "$(sqlite3 "$T/x.db" "SELECT count(*) FROM event WHERE kind = 'pool_close'")" = 1 ]
	[ "$(json "$T/x.db" 's["trace"]["complete"]')" = True ]
}

@test "--for ends the program and its halt is recorded" {
	run -0 "$P" record -q -o "$T/x.db" --for 1s -- "$R" --traffic poisson:rate=10k
	[ "$(json "$T/x.db" '(s["trace"]["complete"], p["live_blocks"])')" = "(True, 0)" ]
}

@test "two recordings at once see their own programs only" {
	"$P" record -q -o "$T/a.db" -- "$R" --traffic poisson:rate=5k --for 2s --base 100 3>&- &
	a=$!
	"$P" record -q -o "$T/b.db" -- "$R" --traffic poisson:rate=5k --for 2s --base 200 3>&- &
	b=$!
	wait "$a"
	wait "$b"
	for x in a:100 b:200; do
		[ "$(json "$T/${x%:*}.db" '(len(s["pools"]), p["pool"], s["trace"]["lost"], p["marks"]["base"])')" = "(1, 0, 0, ${x#*:})" ]
		[ "$(json "$T/${x%:*}.db" 'p["identity"]["ok"]')" = True ]
	done
}

@test "the recording that started the session daemon may end first" {
	with_own_daemons
	"${AS[@]}" "$P" record -q -o "$T/a.db" -- "$R" --traffic poisson:rate=5k 3>&- &
	a=$!
	wait_for_events "$T/a.db" 100
	"${AS[@]}" "$P" record -q -o "$T/b.db" -- "$R" --traffic poisson:rate=5k 3>&- &
	b=$!
	wait_for_events "$T/b.db" 100
	kill -INT "$a"
	wait "$a"
	[ -n "$(daemons)" ]
	wait_for_events "$T/b.db" $(($(events "$T/b.db") + 100))
	kill -INT "$b"
	wait "$b"
	[ "$(json "$T/b.db" '(s["trace"]["complete"], s["trace"]["lost"], p["identity"]["ok"])')" = "(True, 0, True)" ]
	[ -z "$(daemons)" ]
}

@test "several processes of one recording have pools of their own" {
	run -0 "$P" record -q -o "$T/x.db" -- "$BUILD/tests/tools/emit" 2000 10000 2
	[ "$(json "$T/x.db" 'sorted(q["pool"] for q in s["pools"])')" = "[0, 1000, 2000]" ]
	[ "$(json "$T/x.db" 's["trace"]["lost"]')" = 0 ]
}

@test "events with sequences may join when the trace is being read already" {
	# Babeltrace 2.0 would store their lengths where it has no room for them: tracer/room.h.
	"$P" record -q -o "$T/x.db" -- sh -c "$BUILD/tests/tools/partial
		until [ -e $T/go ]; do sleep 0.05; done; exec $R --traffic poisson:rate=10k --packets 5k" 3>&- &
	recorder=$!
	wait_for_events "$T/x.db" 1
	touch "$T/go"
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ] # the pool of the first program is never closed
	[ "$(sqlite3 "$T/x.db" 'SELECT group_concat(number) FROM pool')" = "0,1000" ]
	[ "$(json "$T/x.db" '(s["pools"][1]["taken"] > 1000, s["pools"][1]["identity"]["ok"], s["trace"]["lost"])')" = "(True, True, 0)" ]
}

@test "a program that ends at once is recorded whole" {
	for _ in 1 2 3; do
		run -0 "$P" record -q -o "$T/x.db" -- "$BUILD/tests/tools/emit" 10
		[ "$(sqlite3 "$T/x.db" 'SELECT min(seq), max(seq), count(*) FROM event')" = "0|14|15" ]
		rm "$T"/x.db*
	done
}

@test "a program that declares less than all events, and ends at once, is recorded whole" {
	# Nothing says before its end that its metadata are complete, and no viewer has asked for its streams.
	run -4 "$P" record -q -o "$T/x.db" -- "$BUILD/tests/tools/partial"
	[ "$(sqlite3 "$T/x.db" 'SELECT group_concat(kind) FROM event')" = fallback ]
}

@test "-e alloc leaves the packets out, and nothing counts as lost" {
	run -0 "$P" record -q -o "$T/x.db" -e alloc -- "$R" --traffic burst:rate=50k --for 1s
	[ "$(sqlite3 "$T/x.db" "SELECT count(*) FROM event WHERE kind LIKE 'rx_%'")" = 0 ]
	[ "$(json "$T/x.db" '(p["requested"] > 0, s["trace"]["lost"], p["audit"]["mismatches"])')" = "(True, 0, 0)" ]
}

@test "daemons that were not there before are gone afterwards" {
	with_own_daemons
	run -0 "${AS[@]}" "$P" record -q -o "$T/x.db" -- "$R" --traffic poisson:rate=1k --for 200ms
	[ -z "$(daemons)" ]
	[ -z "$(ls -A "$T/tmp")" ]
}

@test "a session daemon that ran before is used and left alone" {
	with_own_daemons
	"${AS[@]}" lttng-sessiond --no-kernel >"$T/sessiond.log" 2>&1 </dev/null 3>&- &
	started=$!
	wait_for sessions
	status=0
	"${AS[@]}" "$P" record -q -o "$T/x.db" -- "$R" --traffic poisson:rate=1k --for 200ms || status=$?
	left=$(sessions)
	alive=$(daemons | grep -cx "$started")
	kill "$started"
	wait "$started" || true
	[ "$status" = 0 ]
	[ "$alive" = 1 ]
	[[ $left != *poolscope-* ]]
}

# What LTTng says of the sessions of this test's own daemon.
sessions() {
	"${AS[@]}" lttng --no-sessiond list 2>/dev/null
}

@test "events that LTTng has no room for are counted to the event" {
	with_own_daemons "$BUILD/tests/tools/emit"
	"${AS[@]}" "$P" record -q -o "$T/x.db" -- "$T/bin/emit" 3000000 0 0 "$T/go" 2>"$T/err" 3>&- &
	recorder=$!
	wait_for_events "$T/x.db" 100
	# Nobody empties the buffers while far more events come than they take.
	consumers=$(pgrep -P "$(pgrep -d, -P "$recorder" -x lttng-sessiond)" -x lttng-consumerd)
	kill -STOP "$consumers"
	touch "$T/go"
	wait_for program_has_ended
	kill -CONT "$consumers"
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	missing=$(sqlite3 "$T/x.db" 'SELECT max(seq) + 1 - count(*) FROM event')
	[ "$missing" -gt 0 ]
	[ "$(json "$T/x.db" 's["trace"]["lost"]')" = "$missing" ]
	[ "$(sqlite3 "$T/x.db" "SELECT sum(events) FROM loss WHERE source = 'seq'")" = "$missing" ]
	grep -q "$missing events were lost" "$T/err"
}

program_has_ended() {
	! pgrep -r D,R,S,T -f "^$T/bin/emit"
}

@test "-e rx has the packets and the life of the pool" {
	run -0 "$P" record -q -o "$T/x.db" -e rx -- "$R" --traffic burst:rate=50k --for 1s
	[ "$(sqlite3 "$T/x.db" "SELECT count(*) FROM event WHERE kind = 'alloc_request'")" = 0 ]
	[ "$(json "$T/x.db" '(p["name"], p["taken"] > 1000, p["marks"]["base"], s["trace"]["complete"])')" = "('rx0', True, 256, True)" ]
}

@test "a recording that is stopped at once is whole" {
	for delay in 1ms 5ms 20ms 60ms; do
		run -0 "$P" record -q -o "$T/x.db" --for "$delay" -- "$R" --traffic burst:rate=50k
		[ "$(json "$T/x.db" 's["trace"]["lost"]')" = 0 ]
		rm "$T"/x.db*
	done
}

@test "a program that fails makes record fail, and poolscope.h is not blamed" {
	run -1 --separate-stderr "$P" record -o "$T/x.db" -- sh -c 'echo its own words >&2; exit 3'
	# shellcheck disable=SC2154
	[[ $stderr == *"its own words"* ]]
	[[ $stderr == *"the program ended with exit status 3, and no event came; what it said is above"* ]]
	[[ $stderr != *"poolscope.h"* ]]
	[ "$(json "$T/x.db" 's["trace"]["note"]')" = "the program ended, exit status 3" ]
	run -0 "$P" record -q -o "$T/y.db" -- sh -c 'exit 143'
}

@test "a program that fails after it has recorded makes record fail, and the recording is whole" {
	run -1 --separate-stderr "$P" record -q -o "$T/x.db" -- sh -c "'$R' --for 200ms; exit 7"
	[[ $stderr == *"the program ended with exit status 7" ]]
	[ "$(json "$T/x.db" '(s["trace"]["complete"], p["requested"] > 0)')" = "(True, True)" ]
	"$P" record --help | grep -q 'Exit status: 0; 1 CMD ended with another status'
}

@test "a program that will not end is ended" {
	"$P" record -q -o "$T/x.db" -- sh -c "trap '' INT TERM; echo up >$T/up; while :; do sleep 1; done" 2>"$T/err" 3>&- &
	recorder=$!
	until [ -e "$T/up" ]; do sleep 0.05; done
	# Two that come at once are one; the third that is heard is the last.
	while kill -INT "$recorder" 2>/dev/null; do sleep 0.2; done
	wait "$recorder" || true
	grep -q 'no event came' "$T/err"
}

@test "a consumer daemon that dies is named, and what it had is stored" {
	with_own_daemons
	"${AS[@]}" "$P" record -q -o "$T/x.db" -- "$R" --traffic burst:rate=20k 2>"$T/err" 3>&- &
	recorder=$!
	wait_for_events "$T/x.db" 1000
	sessiond=$(pgrep -P "$recorder" -x lttng-sessiond)
	pkill -KILL -P "$sessiond" -x lttng-consumerd
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	grep -q 'daemon died' "$T/err"
	[ "$(sqlite3 "$T/x.db" 'PRAGMA integrity_check')" = ok ]
}

@test "a relay daemon that dies ends the recording with what was stored" {
	"$P" record -q -o "$T/x.db" -- "$R" --traffic burst:rate=20k 2>"$T/err" 3>&- &
	recorder=$!
	wait_for_events "$T/x.db" 1000
	pkill -KILL -P "$recorder" -x lttng-relayd
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	grep -q 'relay daemon died' "$T/err"
	[ "$(sqlite3 "$T/x.db" 'PRAGMA integrity_check')" = ok ]
	[ "$(events "$T/x.db")" -ge 1000 ]
}

@test "a program and a relay daemon that are killed together: both are said" {
	"$P" record -q -o "$T/x.db" -- "$R" --traffic burst:rate=20k 2>"$T/err" 3>&- &
	recorder=$!
	wait_for_events "$T/x.db" 1000
	kill -STOP "$recorder"
	# shellcheck disable=SC2046
	kill_all $(pgrep -P "$recorder" -x 'lttng-relayd|refnic')
	kill -CONT "$recorder"
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	grep -q 'relay daemon died' "$T/err"
	grep -q 'killed by signal 9' "$T/err"
	[ "$(sqlite3 "$T/x.db" 'PRAGMA integrity_check')" = ok ]
}

@test "a missing relay daemon: one line that says what to install, and no database" {
	PATH=/nonexistent run -3 "$P" record -o "$T/x.db" -- "$R"
	[[ $output == *"apt-get install lttng-tools"* ]]
	[ "${#lines[@]}" = 1 ]
	[ ! -e "$T/x.db" ]
}

@test "a file that is there already is refused and not touched" {
	echo precious >"$T/notes.txt"
	run -2 "$P" record -o "$T/notes.txt" -- "$R" --for 100ms
	[[ $output == *"$T/notes.txt"* ]]
	[ "$(cat "$T/notes.txt")" = precious ]
	sqlite3 "$T/other.db" 'CREATE TABLE t(x)'
	run -2 "$P" record -o "$T/other.db" -- "$R" --for 100ms
	[ "$(sqlite3 "$T/other.db" .tables)" = t ]
}

@test "a limit on the size drops the oldest events and keeps the figures" {
	run "$P" record -q -o "$T/r.db" --max-size 1M -- "$R" --packets 120000 --traffic poisson:rate=30k
	[ "$status" = 0 ]
	[ "$(json "$T/r.db" 's["trace"]["events_from_ns"] > s["trace"]["start_ns"]')" = True ]
	[ "$(json "$T/r.db" 'p["audit"]["ok"] and p["identity"]["ok"] and p["audit"]["checked"] > 15')" = True ]
	[ "$(json "$T/r.db" 's["trace"]["events"]')" -gt "$(events "$T/r.db")" ]
	[ "$(json "$T/r.db" 'p["taken"]')" = "$(sqlite3 "$T/r.db" 'SELECT sum(taken) FROM level WHERE width_ns = 1 << 23')" ]
	for bad in '--max-size 10K' '--max-size x' '--max-age 5' '--max-age 0s'; do
		# shellcheck disable=SC2086
		run "$P" record -o "$T/x.db" $bad -- "$R"
		[ "$status" = 2 ]
		[ "${#lines[@]}" = 1 ]
	done
}

@test "mistakes on the command line get one line and status 2" {
	for args in "-o $T/x.db" "-- $R" "-o $T/x.db --for 3 -- $R" "-o $T/x.db -e all,none -- $R" \
		"--wrong -o $T/x.db -- $R" "-z -o $T/x.db -- $R" "-o $T/x.db -- $T/nothing-here" \
		"-o $T/x.db -- $T" "-o"; do
		# shellcheck disable=SC2086
		run -2 "$P" record $args
		[ "${#lines[@]}" = 1 ]
		[ ! -e "$T/x.db" ]
	done
}

@test "an output that cannot be written: status 3" {
	run -3 "$P" record -o /nonexistent/x.db -- "$R" --for 100ms
	[ "${#lines[@]}" = 1 ]
	[[ $output == */nonexistent/x.db* ]]
}
