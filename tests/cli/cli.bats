#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The command line: help, mistakes, demo and doctor.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	T=$(mktemp -d)
}

teardown() {
	rm -rf "$T"
}

@test "--help lists every command, and each has its own" {
	run -0 "$P" --help
	for command in demo record top stat sql doctor; do
		grep -q "^  $command " <<<"$output"
	done
	for command in demo record top stat sql doctor; do
		run -0 "$P" "$command" --help
		[[ ${lines[0]} == "usage: poolscope $command"* ]]
	done
}

@test "--version says the version" {
	run -0 "$P" --version
	[[ $output =~ ^poolscope\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test "no command and unknown commands: status 2" {
	run -2 "$P"
	run -2 "$P" frobnicate
	[ "${#lines[@]}" = 1 ]
	run -2 "$P" demo --frobnicate
	[ "${#lines[@]}" = 1 ]
	run -2 "$P" demo --for 10
	[ "${#lines[@]}" = 1 ]
	run -2 "$P" demo --scenario none
	run -2 "$P" doctor now
}

@test "a demo without a terminal prints the summary and says where the recording is" {
	run -0 "$P" demo --for 1500ms -o "$T/demo.db" </dev/null
	[[ $output == *"$T/demo.db"* ]]
	[[ $output == *" top $T/demo.db"* ]]
	[[ $output == *requested* ]] || [[ $output == *requests* ]]
	[ "$(sqlite3 "$T/demo.db" "SELECT value FROM meta WHERE key = 'ended'")" = complete ]
}

@test "a demo keeps its recording in the user's data folder" {
	XDG_DATA_HOME=$T run -0 "$P" demo --for 500ms </dev/null
	ls "$T"/poolscope/demo-*.db
}

@test "every scenario of the demo runs" {
	run -0 "$P" demo --scenario list
	names=$(awk '/^[a-z]/ { print $1 }' <<<"$output")
	[ "$(wc -w <<<"$names")" -ge 10 ]
	for name in $names; do
		run -0 "$P" demo --scenario "$name" --for 200ms -o "$T/$name.db" </dev/null
	done
}

@test "the help of the demo lists its scenarios, and what each stands for" {
	run -0 "$P" demo --help
	for name in $("$P" demo --scenario list | awk '/^[a-z]/ { print $1 }'); do
		[[ $output == *$'\n'"$name "* ]]
	done
	[[ $output == *" --traffic burst:rate=60k"* ]]
}

@test "doctor finds what the tests need" {
	run -0 "$P" doctor
	[[ $output == *lttng-relayd* ]]
	PATH=/nonexistent run -1 "$P" doctor
	[[ $output == *"apt-get install lttng-tools"* ]]
}

@test "files that are no recording: one line and status 3" {
	echo text >"$T/text"
	: >"$T/empty"
	sqlite3 "$T/other.db" 'CREATE TABLE t(x)'
	for file in "$T/text" "$T/empty" "$T/other.db" "$T/none" "$T"; do
		for command in stat sql "top --once"; do
			# shellcheck disable=SC2086
			run -3 "$P" $command "$file" </dev/null
			[ "${#lines[@]}" = 1 ]
			[[ $output == *"$file"* ]]
		done
	done
}
