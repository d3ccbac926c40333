#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# top and replay without a terminal: their options, and files that cannot be read.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	"${BUILD:-build}/tests/tools/makedb" "$BATS_FILE_TMPDIR/x.db" --seconds 5
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	P=$(realpath "${BUILD:-build}")/poolscope
	cd "$BATS_TEST_TMPDIR" || return 1
	cp "$BATS_FILE_TMPDIR/x.db" .
}

# fails STATUS WORDS ARGUMENT...: with this exit status, nothing on stdout, and one line with these words.
fails() {
	local status_wanted=$1 words=$2
	shift 2
	run --separate-stderr "$P" "$@" </dev/null
	# shellcheck disable=SC2154 # run sets it
	echo "$status: $stderr"
	[ "$status" = "$status_wanted" ]
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == "poolscope: $1: "*"$words"* ]]
}

@test "a wrong option is a mistake in usage, and the line says what to give" {
	for command in top replay; do
		fails 2 'braille, block, ascii' $command --chars round x.db
		fails 2 '256, 16, 8, mono' $command --color pink x.db
		fails 2 'dark, safe, light, gray' $command --theme pink x.db
		fails 2 '120x40' $command --size 80 x.db
		fails 2 'overview, pool' $command --view nowhere x.db
		fails 2 'needs a value' $command --theme
		fails 2 '--fast' $command --fast x.db
		fails 2 'one recording at a time' $command x.db x.db
		fails 2 "poolscope $command FILE" $command
	done
	fails 2 '0.001 to 10000' replay --speed 0 x.db
	fails 2 '0.001 to 10000' replay --speed 1e9 x.db
	fails 2 '--speed' top --speed 2 x.db
	fails 2 'is no time' replay --from teatime x.db
	fails 2 'not in the recording, which is from' replay --from 1h x.db
}

@test "a file that cannot be read gives one clear line" {
	: >empty.db
	head -c 50000 x.db >cut.db
	echo 'hello, I am no database' >text.db
	cp x.db newer.db
	sqlite3 newer.db 'PRAGMA user_version = 99'
	for command in top replay; do
		fails 3 'no such file' $command none.db
		fails 3 'not a Poolscope recording' $command empty.db
		fails 3 'not a Poolscope recording' $command text.db
		fails 3 'damaged' $command cut.db
		fails 3 'newer Poolscope' $command newer.db
		fails 3 'plain file' $command .
	done
}

@test "a locked file is told after a short wait" {
	sqlite3 x.db 'PRAGMA journal_mode = delete'
	mkfifo hold
	sqlite3 x.db <hold 3>&- &
	exec 7>hold
	echo "BEGIN EXCLUSIVE; SELECT 'locked';" >&7
	for _ in $(seq 100); do
		sqlite3 -cmd '.timeout 0' x.db 'SELECT count(*) FROM meta' >/dev/null 2>&1 || break
		sleep 0.05
	done
	fails 3 'locked' top --once x.db
	exec 7>&-
	wait
}

@test "without a terminal one screen is printed, and nothing but text" {
	run "$P" top x.db
	[ "$status" = 0 ]
	[ "${#lines[@]}" -ge 20 ]
	[[ $output != *$'\033'* ]]
	[[ $output == *'alarm'*'ENDED'* ]]
	run "$P" top --once --color always --view pool x.db
	[[ $output == *$'\033[0;'* ]]
}

@test "replay prints what had happened by then" {
	run "$P" replay --once --from 2s --view 2 --size 120x40 x.db
	[ "$status" = 0 ]
	[[ $output == *'▶ 1x'*'@ 00:00:02.0'* ]]
	run "$P" replay --once --from 00:00:03.5 --speed 0.5 x.db
	[[ $output == *'▶ 0.5x'*'@ 00:00:03.5'* ]]
}

@test "a script saves text, colours and pictures" {
	cat >script <<-'END'
		size 100x30
		key 2
		type :goto 50%
		key Enter
		save a.txt
		save a.ansi
		save a.svg
		click 30,12
		key S
	END
	run "$P" top x.db --script script
	[ "$status" = 0 ]
	grep -q '@ 00:00:02.5' a.txt
	grep -q $'\033' a.ansi
	[ "$(wc -l <a.txt)" = 30 ]
	python3 -c 'import sys, xml.dom.minidom as m; [m.parse(f) for f in sys.argv[1:]]' a.svg poolscope-*.svg
	saved=(poolscope-*.txt)
	[ "${#saved[@]}" = 1 ]
}

@test "the manual pages list every key, and completion every view" {
	for command in top replay; do
		"$P" help --man $command >page
		grep -q '^  *Shift-Left  *an eighth earlier' page
		grep -q '^  *:goto TIME' page
		grep -q '^  *\. .*the next event' page
	done
	names=$("$P" top --view nowhere x.db 2>&1 | sed 's/.*give //; s/,//g')
	"$P" completion bash >words
	grep -qF "$names" words
}
