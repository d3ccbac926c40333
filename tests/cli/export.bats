#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# `poolscope export`: what comes out is what the database says.
# shellcheck disable=SC2030,SC2031 # bats runs each test in a subshell of its own

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	poolscope=$BUILD/poolscope
	makedb=$BUILD/tests/tools/makedb
	check=$PWD/tests/tools/check_export.py
	cd "$BATS_TEST_TMPDIR" || return 1
}

# Two pools, slow and unreliable memory, drops: every kind of event but violations.
eventful() {
	"$BUILD/refnic" --clock virtual --seed 5 --for 1s --traffic burst:rate=100k --adapters 2 \
		--lead lognormal:median=20ms,p99=80ms --fail null:p=0.2 --max-pending 4 -o "$1"
}

@test "csv and jsonl say what the views say, every table" {
	eventful a.db
	for table in event allocation level lead hold loss; do
		for format in csv jsonl; do
			"$poolscope" export a.db --format $format --table $table >x.$format
			nr=$("$check" $format $table a.db x.$format)
			[ "$table" = loss ] || [ "$nr" -gt 0 ]
		done
	done
}

@test "a recording with loss: exit 4, and table loss has every gap" {
	"$makedb" a.db --seconds 3 --loss
	run -4 "$poolscope" export a.db --format csv --table loss -o x.csv
	[ -z "$output" ]
	nr=$("$check" csv loss a.db x.csv)
	[ "$nr" = "$("$poolscope" sql a.db 'SELECT count(*) FROM loss')" ]
	[ "$nr" -gt 0 ]
	run -4 "$poolscope" export a.db --format chrome -o x.json
	"$check" chrome a.db x.json
	run -4 "$poolscope" export a.db --format jsonl -o x.jsonl
	"$check" jsonl event a.db x.jsonl
}

@test "chrome: slices nest, counts and times are the database's" {
	eventful a.db
	"$poolscope" export a.db --format chrome -o x.json
	"$check" chrome a.db x.json
}

@test "names are data: quotes, line ends and bytes that are no text" {
	"$makedb" a.db --seconds 1 --pools 1
	sqlite3 a.db "UPDATE pool SET name = 'a\"b' || char(10) || CAST(x'ff' AS TEXT);
		UPDATE ev_open SET name = ',\"' || char(13) || char(10) || CAST(x'c3' AS TEXT)"
	"$poolscope" export a.db --format csv -o x.csv
	"$check" csv event a.db x.csv
	for format in jsonl chrome; do
		"$poolscope" export a.db --format $format -o x.$format
	done
	python3 - <<-'END'
		import json
		first = json.loads(open("x.jsonl", encoding="utf-8").readline())
		assert first["name"] == ',"\r\n\ufffd', first
		trace = json.load(open("x.chrome", encoding="utf-8"))
		assert trace["traceEvents"][0]["args"]["name"] == 'pool 0 a"b\n\ufffd'
	END
}

@test "--pool, --from and --to choose; times are after the start or since the epoch" {
	"$makedb" a.db --seconds 2 --pools 2
	start=$("$poolscope" sql a.db "SELECT start_ns FROM progress")
	want=$("$poolscope" sql a.db "SELECT count(*) FROM event WHERE pool = 1
		AND ts_ns BETWEEN $start + 500000000 AND $start + 1500000000")
	[ "$want" -gt 100 ]
	got=$("$poolscope" export a.db --format jsonl --pool 1 --from 0.5s --to 1.5s | wc -l)
	[ "$got" = "$want" ]
	got=$("$poolscope" export a.db --format jsonl --pool 1 --from $((start + 500000000)) \
		--to $((start + 1500000000)) | wc -l)
	[ "$got" = "$want" ]
	got=$("$poolscope" export a.db --format jsonl --table allocation --from 1s --to 1s --pool 0 | wc -l)
	[ "$got" = "$("$poolscope" sql a.db "SELECT count(*) FROM allocation WHERE pool = 0
		AND coalesce(requested_ns, completed_ns) <= $start + 1000000000
		AND coalesce(freed_ns, completed_ns) >= $start + 1000000000")" ]
	[ "$got" -ge 1 ]
}

@test "--width chooses the roll-up" {
	"$makedb" a.db --seconds 2 --pools 1
	for width in 8.4ms:8388608 100ms:67108864 1h:274877906944 1ns:8388608; do
		[ "$("$poolscope" export a.db --format csv --table level --width "${width%:*}" |
			sed 1d | cut -d, -f3 | sort -u)" = "${width#*:}" ]
	done
}

@test "an empty table still has its header in csv" {
	"$makedb" a.db --seconds 1 --pools 1
	run -0 "$poolscope" export a.db --format csv --table loss
	[ "$output" = $'pool,start_ns,end_ns,events,source,first_seq,trace\r' ]
}

@test "-o never overwrites, and leaves nothing behind when it fails" {
	"$makedb" a.db --seconds 1 --pools 1
	echo precious >x.csv
	run -2 "$poolscope" export a.db --format csv -o x.csv
	[ "$output" = "poolscope: export: x.csv: exists; remove it or choose another name" ]
	[ "$(cat x.csv)" = precious ]
	run -3 "$poolscope" export a.db --format csv -o no/such/x.csv
	[ "${#lines[@]}" -eq 1 ]
	dd if=/dev/urandom of=a.db bs=4096 seek=40 count=100 conv=notrunc status=none
	run -3 "$poolscope" export a.db --format csv -o y.csv
	[ "${#lines[@]}" -eq 1 ]
	[ ! -e y.csv ]
}

@test "| head is quiet; a full disk is not" {
	"$makedb" a.db --seconds 2
	for format in csv jsonl chrome; do
		"$poolscope" export a.db --format $format 2>err | head -n 3 >first
		[ "${PIPESTATUS[0]}" -eq 0 ]
		[ ! -s err ]
		[ "$(wc -l <first)" -eq 3 ]
	done
	run -3 bash -c "'$poolscope' export a.db --format csv >/dev/full"
	[[ $output == *"No space left"* ]]
}

@test "memory does not grow with the recording" {
	if nm "$poolscope" | grep -qE '__(asan|tsan)_init'; then
		skip "a sanitizer keeps memory of its own"
	fi
	"$makedb" small.db --seconds 1 --pools 1
	"$BUILD/refnic" --clock virtual --seed 5 --for 10s --traffic poisson:rate=200k -o big.db
	python3 - "$poolscope" <<-'END'
		import os, subprocess, sys
		def peak(db, form):
		    p = subprocess.Popen([sys.argv[1], "export", db, "--format", form], stdout=subprocess.DEVNULL)
		    _, status, usage = os.wait4(p.pid, 0)
		    assert status == 0
		    return usage.ru_maxrss
		assert os.path.getsize("big.db") > 8 * os.path.getsize("small.db")
		for form in "csv", "jsonl", "chrome":
		    small, big = peak("small.db", form), peak("big.db", form)
		    assert big < small + 4096 and big < 32768, (form, small, big) # KiB
	END
}

@test "wrong usage: one line, exit 2" {
	"$makedb" a.db --seconds 1 --pools 1
	for bad in "a.db" "a.db --format xml" "--format csv" "a.db b.db --format csv" \
		"a.db --format csv --table x" "a.db --format chrome --table event" \
		"a.db --format csv --pool -1" "a.db --format csv --from x" "a.db --format csv --from 2s --to 1s" \
		"a.db --format csv --width 5" "a.db --format csv --bogus" "a.db --format"; do
		# shellcheck disable=SC2086 # words
		run "$poolscope" export $bad
		echo "$bad: $output"
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
		[[ $output == "poolscope: export: "* ]]
	done
}
