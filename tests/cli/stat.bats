#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# stat and sql, over recordings of the simulated pool.
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell of its own

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	poolscope=$BUILD/poolscope
	makedb=$BUILD/tests/tools/makedb
	cd "$BATS_TEST_TMPDIR" || return 1
}

@test "stat of a whole recording says so and exits 0" {
	"$makedb" a.db --seconds 1 --pools 2
	run "$poolscope" stat a.db
	[ "$status" -eq 0 ]
	[[ $output == *"a.db: complete"*"lost         nothing"*"pool 0  rx0"*"pool 1  rx1"* ]]
	[[ $output == *"audit        ok"*"identity     ok"* ]]
}

@test "stat --json has the promised keys and its sums agree" {
	"$makedb" a.db --seconds 2 --pools 1
	run "$poolscope" stat a.db --json
	[ "$status" -eq 0 ]
	python3 - "$output" <<-'END'
		import json, sys
		s = json.loads(sys.argv[1])
		assert s["schema"] == 1
		t = s["trace"]
		assert t["events"] > 1000 and t["lost"] == 0 and t["complete"] is True
		assert t["start_ns"] < t["end_ns"]
		p = s["pools"][0]
		assert set(p["marks"]) >= {"base", "block", "low", "high", "limit", "reserve", "max_pending"}
		assert p["requested"] == p["refused"] + p["completed"] + p["failed"] + p["pending"]
		assert p["taken"] == p["returned"] + p["resources"] + p["held"]
		assert p["live_blocks"] == 0 and p["held"] == 0
		assert p["available"]["min"] <= p["available"]["mean"] <= p["available"]["max"]
		assert set(p["lead_ns"]) == set(p["hold_ns"]) == {"count", "p50", "p90", "p95", "p99", "p999", "p9999", "max"}
		assert p["lead_ns"]["count"] == p["completed"] + p["failed"]
		assert p["audit"]["ok"] and p["identity"]["ok"] and p["identity"]["checked"] > 0
		assert set(p) >= set("pool name generation freed dropped total violations".split())
		assert set(p) >= set("low_crossings high_crossings resources pending".split())
	END
}

@test "lost events: exit 4, and the text says how many" {
	"$makedb" a.db --seconds 5 --loss
	run "$poolscope" stat a.db
	[ "$status" -eq 4 ]
	[[ $output == *"LOST"* ]]
	run "$poolscope" stat --json a.db
	[ "$status" -eq 4 ]
	lost=$("$poolscope" sql a.db "SELECT sum(events) FROM loss WHERE source = 'seq'")
	[[ $output == *"\"lost\": $lost,"* ]]
}

@test "lost events: each figure they touch is marked, and each loss is listed" {
	"$makedb" a.db --seconds 5 --loss --pools 1
	run "$poolscope" stat a.db
	for label in requests blocks buffers dropped available total crossings "lead time" "hold time" \
		violations leaks; do
		grep -qE "^  $label +~ " <<<"$output"
	done
	[[ $output == *"leaks      ~ unproven: events were lost"* ]]
	[[ $output == *"figures marked ~ may be off"* ]]
	while IFS=$'\t' read -r events seq; do
		grep -qE "^ +\+[0-9.]+ s to \+[0-9.]+ s  pool 0  $events events?  \(seq, exact, from seq $seq\)$" \
			<<<"$output"
	done < <("$poolscope" sql a.db "SELECT events, first_seq FROM loss WHERE source = 'seq' LIMIT 3")
	"$makedb" whole.db --seconds 1
	run "$poolscope" stat whole.db
	[[ $output != *"~"* && $output == *"leaks        none"* ]]
	"$poolscope" stat a.db --json >a.json || [ $? -eq 4 ]
	"$poolscope" stat whole.db --json >whole.json
	"$poolscope" export a.db --format jsonl --table loss >loss.jsonl || [ $? -eq 4 ]
	python3 - <<-'END'
		import json
		a, whole = json.load(open("a.json")), json.load(open("whole.json"))
		assert a["pools"][0]["touched_by_loss"] and a["pools"][0]["leaks"]["verdict"] == "unproven"
		assert whole["trace"]["loss"] == [] and not whole["pools"][0]["touched_by_loss"]
		assert whole["pools"][0]["leaks"] == {"verdict": "none", "blocks": 0, "buffers": 0, "requests": 0,
		                                      "why": None}
		rows = [json.loads(line) for line in open("loss.jsonl")]
		assert len(rows) == len(a["trace"]["loss"]) == a["trace"]["losses"] > 0
		key = lambda r: (r["start_ns"], r["end_ns"], r["source"], r.get("events"), r.get("first_seq"))
		assert sorted(map(str, map(key, rows))) == sorted(map(str, map(key, a["trace"]["loss"])))
		assert all(l["exact"] == (l["source"] == "seq") for l in a["trace"]["loss"])
	END
}

@test "top marks the figures of a window with loss, and no others" {
	"$makedb" a.db --seconds 5 --loss --pools 1
	"$makedb" whole.db --seconds 1 --pools 1
	for size in 80x24 200x50; do
		run "$poolscope" top --once --view pool --size $size a.db
		[[ $output == *"~min"*"~max"* && $output == *"lost"* ]]
		run "$poolscope" top --once --view pool --size $size whole.db
		[[ $output != *"~"* ]]
	done
}

@test "a recording whose recorder died is told" {
	"$makedb" a.db --seconds 1 --die
	# As it is seconds later.
	sqlite3 a.db 'UPDATE progress SET committed_ns = committed_ns - 3000000000'
	run "$poolscope" stat a.db
	[ "$status" -eq 4 ]
	[[ $output == *"a.db: recorder died"* ]]
}

@test "files that cannot be read: one line, exit 3" {
	echo hello >foreign.db
	for file in missing.db foreign.db .; do
		run "$poolscope" stat "$file"
		[ "$status" -eq 3 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == "poolscope: stat: $file: "* ]]
		run "$poolscope" sql "$file" "SELECT 1"
		[ "$status" -eq 3 ]
		[ "${#lines[@]}" -eq 1 ]
	done
	[ "$(cat foreign.db)" = hello ]
}

@test "wrong usage: exit 2" {
	run "$poolscope" stat
	[ "$status" -eq 2 ]
	run "$poolscope" stat a.db b.db
	[ "$status" -eq 2 ]
	run "$poolscope" stat --xml a.db
	[ "$status" -eq 2 ]
	[[ $output == *"'--xml'"* ]]
	run "$poolscope" sql
	[ "$status" -eq 2 ]
}

@test "sql into a pipe: tab-separated, no header" {
	"$makedb" a.db --seconds 1 --pools 2
	run "$poolscope" sql a.db "SELECT pool, name, NULL, 'a	b' FROM pool"
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = $'0\trx0\t\ta b' ]
	[ "${lines[1]}" = $'1\trx1\t\ta b' ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "sql reads statements from standard input" {
	"$makedb" a.db --seconds 1
	run "$poolscope" sql a.db <<<"SELECT 1; SELECT 2;"
	[ "$status" -eq 0 ]
	[ "$output" = $'1\n2' ]
}

@test "sql refuses to write and says SQLite's words on a mistake" {
	"$makedb" a.db --seconds 1
	before=$(sha256sum a.db)
	run "$poolscope" sql a.db "DELETE FROM pool"
	[ "$status" -eq 2 ]
	[[ $output == *"can only be read"* ]]
	run "$poolscope" sql a.db "SELECT nonsense FROM pool"
	[ "$status" -eq 2 ]
	[[ $output == *"no such column: nonsense"* ]]
	[ "$before" = "$(sha256sum a.db)" ]
}

@test "every error is one line, whatever is quoted in it" {
	"$makedb" a.db --seconds 1
	run "$poolscope" sql a.db $'SELECT [no\nsuch\e[2J] FROM pool'
	[ "$status" -eq 2 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"no such column: no such [2J"* ]]
	run "$poolscope" stat $'no\nsuch.db'
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
}

@test "sql on a damaged file exits 3, and a mistake found while it runs 2" {
	"$makedb" a.db --seconds 1
	run "$poolscope" sql a.db "SELECT json_extract('{', '$') FROM pool"
	[ "$status" -eq 2 ]
	dd if=/dev/urandom of=a.db bs=4096 seek=40 count=100 conv=notrunc status=none
	run "$poolscope" sql a.db "SELECT count(seq), sum(length(buffers)) FROM event"
	[ "$status" -eq 3 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output == *"the database is damaged"* ]]
}

@test "a file's name is a name, not a URI" {
	for name in "file:a.db" "file:a.db?mode=memory" ":memory:" "it's.db" "-a b.db"; do
		"$makedb" --seconds 1 --pools 1 -- "$name"
		[ -s "./$name" ]
		[ "$("$poolscope" sql "./$name" "SELECT name FROM pool")" = rx0 ]
		[[ $name == -* ]] || run "$poolscope" stat "$name"
		[ "$status" -eq 0 ]
		[[ $name == -* ]] || [ "$("$poolscope" sql "$name" "SELECT name FROM pool")" = rx0 ]
	done
	[ "$(find . -name '*.db*' | wc -l)" -eq 4 ]
}

@test "bookmarks are in stat, the report and the table, and harm none of them" {
	"$makedb" b.db --seconds 1 --pools 1
	printf 'key 2\ntype :goto 25%%\nkey Enter\ntype :bookmark k <b>why</b> & when\nkey Enter\ntype ma\n' |
		"$poolscope" top b.db --script /dev/stdin
	[ "$(find . -name 'b.db*')" = ./b.db ]
	sqlite3 b.db "INSERT INTO bookmark VALUES ('x', 1, 99, x'ff', char(27) || '[2J' || x'ff', 0)"
	run "$poolscope" stat b.db
	[ "$status" -eq 0 ]
	[[ $output == *$'\nbookmarks\n'*"k  "*"pool 0  <b>why</b> & when"* ]]
	[[ $output != *$'\e'* ]]
	"$poolscope" stat --json b.db >b.json
	python3 - <<-'END'
		import json
		b = {m["letter"]: m for m in json.load(open("b.json"))["bookmarks"]}
		assert sorted(b) == ["a", "k", "x"]
		assert b["k"]["note"] == "<b>why</b> & when" and b["k"]["view"] == "pool" and b["k"]["pool"] == 0
		assert b["a"]["ts_ns"] == b["k"]["ts_ns"] and b["a"]["note"] is None
		assert b["x"]["ts_ns"] == 1
	END
	"$poolscope" report b.db -o b.html --no-pictures
	grep -q '&lt;b&gt;why&lt;/b&gt; &amp; when' b.html
	run grep -c $'\e' b.html
	[ "$output" = 0 ]
	run "$poolscope" sql b.db "SELECT note FROM bookmark WHERE letter = 'k'"
	[ "$output" = '<b>why</b> & when' ]
}
