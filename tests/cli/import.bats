#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Kept traces into a database: whole ones, several, damaged ones, and the same one again.

bats_require_minimum_version 1.5.0

# One recording with its trace serves all tests here.
setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	"$BUILD/poolscope" record -q -o "$BATS_FILE_TMPDIR/live.db" --keep-trace "$BATS_FILE_TMPDIR/kept" -- \
		"$BUILD/tests/tools/emit" 400 4000 1 3>&-
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	T=$BATS_TEST_TMPDIR
	LIVE=$BATS_FILE_TMPDIR/live.db
	KEPT=$BATS_FILE_TMPDIR/kept
	TRACE=$(dirname "$(find "$KEPT" -name metadata)")
}

events() {
	sqlite3 "$1" 'SELECT count(*) FROM event'
}

# What a database says, less the times of its making.
content() {
	sqlite3 "$1" 'SELECT * FROM event; SELECT pool, number, name, opened_ns, closed_ns FROM pool;
		SELECT * FROM allocation; SELECT * FROM level; SELECT * FROM hold; SELECT * FROM loss'
}

@test "an import is what the live recording is" {
	run -0 --separate-stderr "$P" import -o "$T/x.db" "$KEPT"
	[ -z "$output" ]
	# shellcheck disable=SC2154 # bats sets it
	[[ $stderr == *"events in $T/x.db"* ]]
	diff <(content "$LIVE") <(content "$T/x.db")
	run -0 tests/tools/compare_trace.py "$T/x.db" "$TRACE"
	[ "$(sqlite3 "$T/x.db" 'SELECT group_concat(name) FROM trace')" = \
		"$(sqlite3 "$LIVE" 'SELECT group_concat(name) FROM trace')" ]
	run -0 "$P" stat "$T/x.db"
	[[ $output == *"lost         nothing"* ]]
}

@test "what pieces of a stream are read with says the same of LTTng's own trace" {
	cp -r "$TRACE" "$T/fields"
	run -0 "$BUILD/tests/tools/piece" "$TRACE"
	# shellcheck disable=SC2154 # bats sets it
	[[ $output == *"_frames_resources_available;"* ]]
	printf '%s\n' "$output" >"$T/fields/metadata"
	run -0 "$P" import -q -o "$T/x.db" "$T/fields"
	diff <(content "$LIVE") <(content "$T/x.db")
}

@test "importing a trace over its own recording, or twice, adds nothing" {
	cp "$LIVE" "$T/x.db"
	for _ in 1 2; do
		run -0 "$P" import -o "$T/x.db" "$KEPT"
		[[ $output == *" 0 of them new"* ]]
		diff <(content "$LIVE") <(content "$T/x.db")
	done
	run -0 "$P" import -q -o "$T/y.db" "$KEPT" "$TRACE" "$TRACE"
	[ -z "$output" ]
	diff <(content "$LIVE") <(content "$T/y.db")
}

@test "a new file is there when it is whole: an import that is killed leaves none, and the next one makes it" {
	mkdir "$T/x"
	for i in 1 2 3 4 5 6 7 8; do
		TMPDIR=$T setsid "$P" import -q -o "$T/x/x.db" "$KEPT" 3>&- &
		sleep "0.0$i" # anywhere
		kill -KILL -- "-$!" || true
		wait "$!" || true
		# It may have ended before.
		[ -z "$(ls "$T/x")" ] || [ "$(ls "$T/x")" = x.db ]
		[ ! -e "$T/x/x.db" ] || diff <(content "$LIVE") <(content "$T/x/x.db")
		rm -f "$T/x/x.db"
	done
	run -0 "$P" import -q -o "$T/x/x.db" "$KEPT"
	diff <(content "$LIVE") <(content "$T/x/x.db")
	[ "$(ls "$T/x")" = x.db ]
}

@test "traces of several recordings keep their pools apart" {
	run -0 "$P" record -q -o "$T/b.db" --keep-trace "$T/kept" -- "$BUILD/tests/tools/emit" 100 4000
	run -0 "$P" import -q -o "$T/x.db" "$KEPT" "$T/kept"
	[ "$(events "$T/x.db")" = $(($(events "$LIVE") + $(events "$T/b.db"))) ]
	[ "$(sqlite3 "$T/x.db" 'SELECT count(*), count(DISTINCT trace) FROM pool')" = "3|2" ]
	run -0 "$P" import -q -o "$T/x.db" "$T/kept" "$KEPT"
	[ "$(events "$T/x.db")" = $(($(events "$LIVE") + $(events "$T/b.db"))) ]
}

@test "a stream that is cut off gives what is whole of it" {
	cp -r "$TRACE" "$T/cut"
	largest=$(find "$T/cut" -maxdepth 1 -name '*_[0-9]*' -printf '%s %p\n' | sort -n | tail -1)
	truncate -s $((${largest%% *} - 1)) "${largest#* }"
	run -4 "$P" import -o "$T/x.db" "$T/cut"
	[[ $output == *"is cut off or damaged; what is whole of it is stored"* ]]
	[ "$(sqlite3 "$T/x.db" "SELECT count(*) > 0 FROM loss WHERE source = 'truncated'")" = 1 ]
	[ "$(sqlite3 "$T/x.db" "SELECT value FROM meta WHERE key = 'ended'")" = failed ]
	run -4 "$P" stat "$T/x.db"
	# The whole trace fills what was missing.
	"$P" import -q -o "$T/x.db" "$KEPT" || [ $? = 4 ]
	[ "$(events "$T/x.db")" = "$(events "$LIVE")" ]
	[ "$(sqlite3 "$T/x.db" "SELECT count(*) FROM loss WHERE source = 'seq'")" = 0 ]
}

@test "the trace of a program that died: all of it, one line that says so, and status 4, as stat has it" {
	"$P" record -q -o "$T/r.db" --keep-trace "$T/died" -- "$BUILD/tests/tools/emit" 1000000 5000 3>&- &
	recorder=$!
	until [ "$(sqlite3 "file:$T/r.db?mode=ro" 'SELECT count(*) FROM event' 2>/dev/null || echo 0)" -gt 500 ]; do
		sleep 0.05
	done
	pkill -KILL -P "$recorder" -x emit
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	run -4 "$P" import -q -o "$T/x.db" "$T/died"
	[ "$output" = "poolscope: import: the trace ends with 1 pool open: its program died" ]
	[ "$(events "$T/x.db")" = "$(events "$T/r.db")" ]
	run -4 "$P" stat "$T/x.db"
}

@test "what is no trace is said in one line, and leaves no file" {
	mkdir "$T/empty" "$T/nothing" "$T/text" "$T/foreign"
	touch "$T/nothing/metadata"
	echo 'something else' >"$T/text/metadata"
	for what in "$T/none" "$T/empty" "$T/nothing" "$T/text" "$LIVE"; do
		run -3 "$P" import -o "$T/x.db" "$what"
		[ "${#lines[@]}" = 1 ]
		[[ $output == "poolscope: import: "*"$(basename "$what")"* ]]
		[ ! -e "$T/x.db" ]
	done
	[[ $("$P" import -o "$T/x.db" "$T/nothing" 2>&1) == *"metadata is empty"* ]]
	[[ $("$P" import -o "$T/x.db" "$T/empty" 2>&1) == *"no file \`metadata\`"* ]]
}

@test "a file that is not ours is not touched" {
	echo precious >"$T/x.db"
	run -2 "$P" import -o "$T/x.db" "$KEPT"
	[ "${#lines[@]}" = 1 ]
	[ "$(cat "$T/x.db")" = precious ]
	run -2 "$P" import "$KEPT"
	run -2 "$P" import -o "$T/y.db"
	run -2 "$P" import -o "$T/y.db" --frob "$KEPT"
}

@test "damaged traces never crash it, hang it, or leave half a file" {
	run tests/tools/mutants.py "$P" "$TRACE" "${MUTANTS:-200}" "${MUTANTS_SEED:-1}"
	echo "$output"
	[ "$status" = 0 ]
}
