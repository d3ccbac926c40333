#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What survives SIGKILL: recordings that are taken up again, and what `doctor --clean` does with the rest.

bats_require_minimum_version 1.5.0
load own_daemons

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	own_daemons "${BUILD:-build}/tests/tools/emit" tests/tools/kill_recorder.sh
}

teardown() {
	own_daemons_end
}

# start FILE ARG...: a recording of refnic that lasts until it is told to end; waits for its first events.
start() {
	local db=$1
	shift
	"${AS[@]}" "$P" record -q -o "$db" "$@" -- "$R" --traffic burst:rate=20k --seed 7 2>>"$T/err" >"$T/out" 3>&- &
	recorder=$!
	wait_for_events "$db" 100
}

kill_recorder() {
	kill -KILL "$recorder"
	wait "$recorder" || true
}

# Once: a second SIGINT would cut its halt short.
end_program() {
	pkill -INT -f "^$R --traffic"
	wait_for program_is_gone
}

program_is_gone() {
	! pgrep -f "^$R --traffic"
}

events() {
	sqlite3 "file:$1?mode=ro" 'SELECT count(*) FROM event' 2>/dev/null || echo 0
}

wait_for_events() {
	for _ in $(seq 200); do
		[ "$(events "$1")" -ge "$2" ] && return 0
		sleep 0.1
	done
	return 1
}

# one EVENTS-ROW: every seq once, nothing lost, pool closed.
whole() {
	[ "$(sqlite3 "$1" "SELECT count(*) = max(seq) + 1 AND min(seq) = 0 AND (SELECT count(*) FROM loss) = 0
		AND sum(kind = 'pool_close') = 1 FROM event")" = 1 ] &&
		[ "$(sqlite3 "$1" 'PRAGMA integrity_check')" = ok ]
}

nothing_left() {
	local left
	left=$(daemons; ls -A "$T/tmp")
	echo "left: $left"
	[ -z "$left" ]
}

@test "a recorder that is killed five times, whenever, loses nothing and doubles nothing" {
	run "${AS[@]}" "$T/bin/kill_recorder.sh" "$P" "$R" "$T" 5
	echo "$output"
	[ "$status" = 0 ]
	nothing_left
}

@test "a recording whose program ended meanwhile is filled, ended and cleared" {
	start x.db
	kill_recorder
	end_program
	run -0 "${AS[@]}" "$P" record --resume x.db
	whole x.db
	[ "$(sqlite3 x.db "SELECT value FROM meta WHERE key = 'ended'")" = complete ]
	nothing_left
	run -3 "${AS[@]}" "$P" record --resume x.db
	[[ $output == *"no recording of it was left unfinished"* ]]
}

@test "a resumed recording is live, welcomes further programs, and ends on Ctrl-C" {
	start x.db
	kill_recorder
	before=$(events x.db)
	"${AS[@]}" "$P" record -q --resume x.db 2>"$T/err" 3>&- &
	second=$!
	wait_for_events x.db $((before + 100))
	announce=$(tr '\0' '\n' <"/proc/$(pgrep -f "^$R ")/environ" | sed -n 's/^POOLSCOPE_ANNOUNCE=//p')
	run -0 "${AS[@]}" env POOLSCOPE_ANNOUNCE="$announce" "$T/bin/emit" 100
	kill -INT "$second"
	wait "$second"
	[ "$(sqlite3 x.db 'SELECT count(*) FROM pool')" = 2 ]
	[ "$(sqlite3 x.db 'SELECT count(*) FROM event WHERE pool >= 1000')" = 105 ]
	[ "$(sqlite3 x.db 'SELECT count(*) FROM loss')" = 0 ]
	[ "$(sqlite3 x.db "SELECT count(*) FROM event WHERE kind = 'pool_close'")" = 2 ]
	nothing_left
}

@test "a living recorder is not resumed beside" {
	start x.db
	run -3 "${AS[@]}" "$P" record --resume x.db
	[[ $output == *"x.db: its recorder still runs"* ]]
	[ "${#lines[@]}" = 1 ]
	kill -INT "$recorder"
	wait "$recorder"
	whole x.db
}

@test "the daemons die with the recorder: what they had is stored, and one line says so" {
	start x.db
	kill_recorder
	# shellcheck disable=SC2046
	kill_all $(daemons)
	run -4 "${AS[@]}" "$P" record --resume x.db
	[[ $output == *"daemons died with the recorder; the program goes on unrecorded"* ]]
	# What one processor's buffer had not handed on while another's had is a loss, to the event.
	[ "$(sqlite3 x.db "SELECT count(*) + (SELECT coalesce(sum(events), 0) FROM loss WHERE source = 'seq') = max(seq) + 1 AND count(*) >= 100 FROM event")" = 1 ]
	[ "$(sqlite3 x.db 'PRAGMA integrity_check')" = ok ]
	pgrep -f "^$R "
	end_program
	nothing_left
}

@test "after a reboot: one line, and the file as it was" {
	start x.db
	kill_recorder
	# shellcheck disable=SC2046
	kill_all $(daemons) $(pgrep -f "^$R ")
	rm -rf "$T"/tmp/poolscope-*-*-*
	cp x.db before.db
	run -3 "${AS[@]}" "$P" record --resume x.db
	[[ $output == *"x.db: nothing of its recording is left"* ]]
	[ "${#lines[@]}" = 1 ]
	cmp x.db before.db
}

@test "doctor --clean removes what a killed recorder left, and touches nothing else" {
	start live.db
	live=$recorder
	"${AS[@]}" lttng --no-sessiond create foreign --output="$T/foreign" >/dev/null
	start killed.db
	kill_recorder
	session=$(sqlite3 killed.db "SELECT value FROM meta WHERE key = 'trace'")
	before=$(daemons)

	run -0 "${AS[@]}" "$P" doctor
	[[ $output == *"leftover  session"*"$session, of $T/killed.db"* ]]
	run -0 "${AS[@]}" "$P" doctor --clean --dry-run
	[ "$(grep -c '^  leftover' <<<"$output")" = 4 ]
	[ "$(daemons)" = "$before" ]
	run -0 "${AS[@]}" "$P" doctor --clean
	[ "$(grep -c '^  removed' <<<"$output")" = 4 ]
	[[ $output != *live.db* ]]
	run -0 "${AS[@]}" "$P" doctor --clean
	[ "$output" = "No recorder that was killed has left anything behind." ]

	[ "$(daemons | wc -l)" = $(($(wc -l <<<"$before") - 1)) ]
	run -0 "${AS[@]}" lttng --no-sessiond list
	[[ $output == *foreign* && $output != *"$session"* ]]
	kill -0 "$live"
	kill -INT "$live"
	wait "$live"
	whole live.db
	# Somebody has a session in it: the daemon that a recording started stays.
	[ "$(daemons | wc -l)" -ge 1 ]
	run -0 "${AS[@]}" lttng --no-sessiond destroy foreign
	run -0 "${AS[@]}" "$P" doctor --clean
	[[ $output == *"removed   session daemon"* ]]
	end_program
	nothing_left
}

@test "doctor does not take a process for ours because it has the number" {
	start x.db
	kill_recorder
	trail=$(echo /tmp/poolscope-*-*/"$(sqlite3 x.db "SELECT value FROM meta WHERE key = 'trace'")".trail)
	sleep 300 3>&- &
	stranger=$!
	sed -i "s/^relayd [0-9]*/relayd $stranger/" "$trail"
	run -0 "${AS[@]}" "$P" doctor --clean
	[[ $output != *"relay daemon"* ]]
	kill "$stranger"
	# shellcheck disable=SC2046
	kill $(daemons)
}

@test "a session daemon that dies ends the recording with what it had, and says who died" {
	start x.db
	pid=$(pgrep -P "$recorder" -x lttng-sessiond)
	kill -KILL "$pid"
	# The program may go on with its buffers; the recording ends when it does, or before.
	kill -INT "$recorder"
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	grep -q 'session daemon' "$T/err"
	[ "$(sqlite3 x.db 'PRAGMA integrity_check')" = ok ]
	[ "$(events x.db)" -ge 100 ]
}

@test "mistakes with --resume get one line and status 2" {
	for args in "--resume x.db -- $R" "--resume x.db -o y.db" "--resume x.db -e rx" "--resume"; do
		# shellcheck disable=SC2086
		run -2 "${AS[@]}" "$P" record $args
		[ "${#lines[@]}" = 1 ]
	done
	run -2 "${AS[@]}" "$P" doctor --wash
	[ "${#lines[@]}" = 1 ]
}
