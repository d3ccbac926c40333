#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Whatever a program says, its recording goes on, and every reader of it survives.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "a program that talks nonsense is recorded, and can be looked at" {
	run "$P" record -o x.db -- "$BUILD/tests/tools/hostile"
	echo "$output"
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
	[ "$("$P" sql x.db "SELECT count(*) FROM pool")" = 300 ]
	[ "$("$P" sql x.db "SELECT count(*) FROM event WHERE kind = 'pool_open'")" = 300 ]
	[ "$("$P" sql x.db "SELECT count(*) FROM pool WHERE name = ''")" = 298 ]
	[ "$("$P" sql x.db "SELECT value FROM meta WHERE key = 'ended'")" != failed ]
	[ "$(sqlite3 x.db 'PRAGMA integrity_check')" = ok ]
	run "$P" stat x.db
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
	[[ $output != *$'\e'* ]]
	"$P" stat --json x.db >x.json || [ $? -eq 4 ]
	python3 - <<-'END'
		import json
		s = json.load(open("x.json"))
		assert len(s["pools"]) == 300
		assert all(0 <= p["held"] < 1 << 40 for p in s["pools"])
	END
	run -0 "$P" sql x.db "SELECT * FROM event"
	run -0 "$P" sql x.db "SELECT * FROM allocation"
	run -0 "$P" sql x.db "SELECT * FROM level"
	run "$P" top x.db --once
	echo "$output"
	[ "$status" -eq 0 ] || [ "$status" -eq 4 ]
}

@test "Ctrl-C ends a statement that goes on for ever, with one line" {
	"$BUILD/refnic" --clock virtual --packets 100 -o x.db >/dev/null
	env --default-signal=INT "$P" sql x.db "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
		SELECT x FROM c" >rows 2>said 3>&- &
	sql=$!
	until [ -s rows ]; do sleep 0.01; done
	kill -INT "$sql"
	status=0
	wait "$sql" || status=$?
	[ "$status" = 130 ] # as the shell says of a program that a signal ended
	[ "$(cat said)" = "poolscope: sql: interrupted" ]
}
