#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Live sessions of this machine that somebody else runs: by name, with buffers that are too small, with collectors
# that are killed, and with relay daemons that go away.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	spaces=(unshare -n -m -p -f --mount-proc)
	[ "$(id -u)" = 0 ] || spaces+=(-U -c --keep-caps)
	if ! "${spaces[@]}" mount -t tmpfs none /dev/shm 2>/dev/null; then
		return 0
	fi
	touch "$BATS_FILE_TMPDIR/can"
	timeout 280 "${spaces[@]}" --kill-child tests/tools/local_session.sh "$BUILD" \
		"$BATS_FILE_TMPDIR" >"$BATS_FILE_TMPDIR/said" 2>&1 3>&- || touch "$BATS_FILE_TMPDIR/failed"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	P=$(realpath "${BUILD:-build}")/poolscope
	H=$BATS_FILE_TMPDIR
	T=$BATS_TEST_TMPDIR
	[ -e "$H/can" ] || skip "no namespaces can be made here"
	cat "$H"/said "$H"/*.said
	[ ! -e "$H/failed" ]
}

ask() {
	sqlite3 "$1" "$2"
}

# trace NAME: the relay daemon's folder of a session.
trace() {
	dirname "$(find "$H/trace" -path "*/$1-*" -name metadata)"
}

# Every seq once, from 0 on, and no gap on record.
exactly_once() {
	[ "$(ask "$1" "SELECT count(*) = max(seq) + 1 AND count(DISTINCT seq) = count(*) AND min(seq) = 0 AND
		sum(kind = 'pool_close') = 1 AND (SELECT count(*) FROM loss WHERE source = 'seq') = 0 FROM event")" = 1 ]
	[ "$(ask "$1" 'PRAGMA integrity_check')" = ok ]
}

@test "--session finds a relay daemon whose live port is not the usual one, and nothing is lost" {
	grep -q '^poolscope: joined net://127.0.0.1:6999/' "$H/whole.said"
	grep -q '^whole 0$' "$H/status"
	exactly_once "$H/whole.db"
	[ "$(ask "$H/whole.db" 'SELECT count(*) FROM loss')" = 0 ]
	run -0 "$P" check "$H/whole.db"
}

@test "joined before the first program, whose metadata comes in pieces: nothing is lost" {
	[ "$(wc -l <"$H/second.waits")" -gt 20 ]
	grep -q '^pieces 0$' "$H/status"
	exactly_once "$H/pieces.db"
	[ "$(ask "$H/pieces.db" 'SELECT count(*) FROM loss')" = 0 ]
	run -0 "$P" check "$H/pieces.db"
}

@test "processes with buffers of their own, however late they start and however soon they end: nothing is lost" {
	grep -q '^own 0$' "$H/status"
	run ! grep -q broke "$H/own.said"
	[ "$(ask "$H/own.db" 'SELECT count(*) FROM loss')" = 0 ]
	[ "$(ask "$H/own.db" "SELECT count(*), sum(n = x + 1), sum(d = n), sum(m = 0), sum(c) FROM (SELECT count(*) AS n,
		max(seq) AS x, count(DISTINCT seq) AS d, min(seq) AS m, sum(kind = 'pool_close') AS c FROM event
		GROUP BY pool)")" = "7|7|7|7|7" ]
	run -0 "$P" check "$H/own.db"
}

@test "a second collector on the same file is refused, and told who the first is" {
	grep -q '^second 3$' "$H/status"
	[ "$(wc -l <"$H/second.said")" = 1 ]
	grep -q 'whole.db: is being recorded by process [0-9]* since' "$H/second.said"
}

@test "a collector that is killed again and again, and joins again: the relay daemon's folder fills what was between, and doubles nothing" {
	grep -q '^killed 0$' "$H/status"
	grep -q "what the connection missed was read from the relay daemon's folder" "$H/killed.said"
	exactly_once "$H/killed.db"
	[ "$(ask "$H/killed.db" 'SELECT count(*) FROM loss')" = 0 ]
	run -0 "$P" check "$H/killed.db"
}

@test "a connection that is cut, beside the relay daemon's folder: nothing is lost" {
	grep -q '^mend 0$' "$H/status"
	grep -q "what the connection missed was read from the relay daemon's folder" "$H/mend.said"
	exactly_once "$H/mend.db"
	[ "$(ask "$H/mend.db" 'SELECT count(*) FROM loss')" = 0 ]
}

@test "a session that ends with pools open, where nobody can say what they said last: exit 4" {
	grep -q '^open 4$' "$H/status"
	grep -q 'ended with pools open' "$H/open.said"
	[ "$(ask "$H/open.db" "SELECT value FROM meta WHERE key = 'ended'")" != complete ]
	run -4 "$P" stat "$H/open.db"
}

@test "a connection that is cut is joined again; the gap is a loss, exit 4, until an import fills it" {
	grep -q '^cut 4$' "$H/status"
	grep -q 'broke and was joined again' "$H/cut.said"
	[ "$(ask "$H/cut.db" "SELECT count(*) >= 1 FROM loss WHERE source = 'truncated'")" = 1 ]
	[ "$(ask "$H/cut.db" "SELECT sum(events) + (SELECT count(*) FROM event) = (SELECT max(seq) + 1 FROM event)
		FROM loss WHERE source = 'seq'")" = 1 ]
	cp "$H/cut.db" "$T/x.db"
	"$P" import -q -o "$T/x.db" "$(trace cut)" || [ $? = 4 ]
	exactly_once "$T/x.db"
}

@test "buffers that are too small: what is reported lost are the seq numbers that the trace does not have" {
	/usr/bin/python3 - "$(trace small)" >"$T/missing" <<-'END'
		import bt2, sys
		messages = list(bt2.TraceCollectionMessageIterator(sys.argv[1]))
		discarded = sum(m.count for m in messages if type(m) is bt2._DiscardedEventsMessageConst)
		expected = 0
		print(discarded)
		for seq in sorted(int(m.event.payload_field["seq"]) for m in messages if type(m) is bt2._EventMessageConst):
		    if seq > expected:
		        print("%d|%d" % (expected, seq - expected))
		    expected = seq + 1
	END
	# The program ended in the middle of a loss: what LTTng discarded then no seq tells, but LTTng's count does.
	discarded=$(head -n 1 "$T/missing")
	missing=$(awk -F '|' 'NR > 1 { n += $2 } END { print n + 0 }' "$T/missing")
	lost=$((discarded > missing ? discarded : missing))
	[ "$missing" -gt 0 ]
	grep -q '^small 4$' "$H/status"
	run -4 "$P" import -q -o "$T/again.db" "$(trace small)"
	[[ $output == *"$lost events were lost"* ]]
	for db in "$H/small.db" "$T/again.db"; do
		diff <(tail -n +2 "$T/missing") <(ask "$db" "SELECT first_seq, events FROM loss WHERE source = 'seq' ORDER BY 1")
		[ "$(ask "$db" "SELECT count(*) > 0 FROM loss WHERE source = 'lttng'")" = 1 ]
		run -4 "$P" stat --json "$db"
		[[ $output == *"\"lost\": $lost,"* ]]
		run -4 "$P" check "$db" --max-leaks 0 --max-violations 0
		[[ $output == *"unproven"*"leaks"*"events were lost"* ]]
		run -1 "$P" check "$db" --max-loss $((lost - 1))
	done
}

@test "a relay daemon that dies: what came stays, the end is a loss, exit 4" {
	grep -q '^broken 4$' "$H/status"
	grep -q '/broken: .*Babeltrace: cannot read the trace' "$H/broken.said"
	[ "$(ask "$H/broken.db" "SELECT count(*) > 500 AND (SELECT count(*) FROM loss WHERE source = 'truncated') >= 1 FROM event")" = 1 ]
	[ "$(ask "$H/broken.db" 'PRAGMA integrity_check')" = ok ]
	[ "$(ask "$H/broken.db" "SELECT value FROM meta WHERE key = 'ended'")" = failed ]
	run -4 "$P" stat "$H/broken.db"
}

@test "what --session cannot join is said in one line each, exit 3" {
	[ "$(grep -c '^wrong 3$' "$H/status")" = 3 ]
	[ "$(wc -l <"$H/wrong.said")" = 3 ]
	grep -q 'session files is not live; a live one is made with: lttng create NAME --live' "$H/wrong.said"
	grep -q 'there is no session nix' "$H/wrong.said"
	grep -q 'session small2: no relay daemon answers at net://127.0.0.1:6998.*--live-port PORT' "$H/wrong.said"
	[ ! -e "$H/wrong.db" ]
	run -2 "$P" attach -o "$T/x.db" --session app --live-port 0
	[ "${#lines[@]}" = 1 ]
}
