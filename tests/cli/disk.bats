#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# A disk that fills up under the recorder, or that cannot be written: on a file system of 1 MiB of the test's own.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	T=$BATS_TEST_TMPDIR
	mkdir "$T/disk"
	unshare -m true 2>/dev/null || skip "no file system can be mounted here"
}

# on_disk OPTIONS COMMAND: where the disk is mounted, and only there.
on_disk() {
	unshare -m bash -c "mount -t tmpfs -o '$1' none '$T/disk' && $2"
}

@test "the disk fills up: the recording ends, says so, and has everything until then" {
	run on_disk size=1M "P='$P'; cd '$T/disk'; status=0
		\$P record -o x.db -- '$BUILD/tests/tools/emit' 300000 100000 2>'$T/said' || status=\$?
		cp x.db* '$T'; exit \$status"
	said=$(cat "$T/said")
	echo "$said"
	[ "$status" = 4 ]
	[[ $said == *"poolscope: record: storing: the disk is full"*"x.db is whole up to then"* ]]
	[ "$(sqlite3 "$T/x.db" 'PRAGMA integrity_check')" = ok ]
	[ "$(sqlite3 "$T/x.db" "SELECT value FROM meta WHERE key = 'ended'")" = failed ]
	[ "$(sqlite3 "$T/x.db" "SELECT value FROM meta WHERE key = 'note'")" = "storing: the disk is full" ]
	stored=$(sqlite3 "$T/x.db" 'SELECT count(*) FROM event')
	[ "$stored" -gt 1000 ]
	[[ $said == *"poolscope: $stored events in x.db"* ]]
	run -4 "$P" stat "$T/x.db"
}

@test "a disk that cannot be written: one line, exit 3, before anything starts" {
	run on_disk ro "'$P' record -o '$T/disk/x.db' -- '$BUILD/tests/tools/emit' 10"
	[ "$status" = 3 ]
	[ "$output" = "poolscope: record: $T/disk/x.db: cannot create: Read-only file system" ]
}

@test "the disk fills up under an import: what it had stored stays, with exit 3" {
	"$P" record -q -o "$T/live.db" --keep-trace "$T/kept" -- "$BUILD/tests/tools/emit" 60000 3>&-
	run on_disk size=1M "P='$P'; cd '$T/disk'; status=0
		\$P import -o x.db '$T/kept' 2>'$T/said' || status=\$?
		cp x.db* '$T'; exit \$status"
	said=$(cat "$T/said")
	echo "$said"
	[ "$status" = 3 ]
	[[ $said == "poolscope: import: storing: the disk is full"* ]]
	[ "$(sqlite3 "$T/x.db" 'PRAGMA integrity_check')" = ok ]
	[ "$(sqlite3 "$T/x.db" "SELECT value FROM meta WHERE key = 'ended'")" = failed ]
	[ "$(sqlite3 "$T/x.db" 'SELECT count(*) FROM event')" -gt 1000 ]
}
