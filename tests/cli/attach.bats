#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Live sessions that somebody else runs: two machines in namespaces, and one that collects from both.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	spaces=(unshare -n -m -p -f --mount-proc)
	[ "$(id -u)" = 0 ] || spaces+=(-U -c --keep-caps)
	if ! "${spaces[@]}" -u ip link add name here0 type veth peer name there0 2>/dev/null; then
		return 0
	fi
	touch "$BATS_FILE_TMPDIR/can"
	timeout 250 "${spaces[@]}" --kill-child tests/tools/hosts.sh "$BUILD" \
		"$BATS_FILE_TMPDIR" >"$BATS_FILE_TMPDIR/said" 2>&1 3>&- || touch "$BATS_FILE_TMPDIR/failed"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	P=$(realpath "${BUILD:-build}")/poolscope
	H=$BATS_FILE_TMPDIR
	T=$BATS_TEST_TMPDIR
}

# need_hosts: skips where two machines cannot be made.
need_hosts() {
	[ -e "$H/can" ] || skip "no namespaces with a veth pair can be made here"
	cat "$H"/said "$H"/*/said "$H"/*.said
	[ ! -e "$H/failed" ]
}

ask() {
	sqlite3 "$H/$1.db" "$2"
}

@test "two relay daemons on other addresses go into one file, and pools say their host" {
	need_hosts
	[ "$(ask both "SELECT group_concat(host) FROM (SELECT host FROM pool ORDER BY host)")" = "alpha,alpha,beta,beta" ]
	# Per-user buffers with the context vpid, and per-process ones: processes keep their pools apart.
	[ "$(ask both 'SELECT count(DISTINCT trace), max(number) FROM pool')" = "4|0" ]
	grep -q '^both 0$' "$H/status"
}

@test "a session is left as it was, and goes on" {
	need_hosts
	[ -e "$H/alpha/active" ]
	[ -e "$H/beta/active" ]
}

@test "a late join is exact from its first tick on" {
	need_hosts
	grep -q '^late 0$' "$H/status"
	[ "$(ask late 'SELECT count(*), min(first_seq) > 1000 FROM summary')" = "2|1" ]
	[ "$(ask late 'SELECT sum(audit_ticks) > 4, sum(audit_mismatches), sum(identity_mismatches) FROM summary')" = "1|0|0" ]
	[ "$(ask late "SELECT count(*) FROM loss")" = 0 ]
	[ "$(ask late "SELECT value BETWEEN $(cat "$H/before_late") AND $(cat "$H/after_late") FROM meta WHERE key = 'joined_ns'")" = 1 ]
	[ "$(ask late 'SELECT count(*) FROM pool WHERE opened_ns IS NULL AND closed_ns IS NOT NULL')" = 2 ]
}

@test "the relay daemons' own traces fill what was not seen" {
	need_hosts
	for f in both late; do
		cp "$H/$f.db" "$T/$f.db"
		run -0 "$P" import -q -o "$T/$f.db" "$H/alpha/trace" "$H/beta/trace"
		echo "$output"
		[ "$(sqlite3 "$T/$f.db" 'SELECT count(*), sum(m = 0), sum(n = x + 1) FROM
			(SELECT min(seq) AS m, max(seq) AS x, count(*) AS n FROM event GROUP BY pool)')" = "4|4|4" ]
		[ "$(sqlite3 "$T/$f.db" 'SELECT count(*) FROM loss')" = 0 ]
		[ "$(sqlite3 "$T/$f.db" 'SELECT count(*) FROM pool WHERE opened_ns IS NULL OR closed_ns IS NULL')" = 0 ]
	done
}

@test "what cannot be joined is said in one line" {
	need_hosts
	[ "$(wc -l <"$H/wrong.said")" = 3 ]
	grep -q 'has no live session nix of host alpha; it has alpha/app' "$H/wrong.said"
	grep -q 'no relay daemon answers at net://10.77.1.1' "$H/wrong.said"
	grep -q 'already a viewer attached' "$H/wrong.said"
	[ ! -e "$H/wrong.db" ]
}

@test "usage" {
	for args in "" "-o $T/x.db" "-o $T/x.db --url foo" "-o $T/x.db --session a --for 3" "-o $T/x.db app" \
		"-o $T/x.db --frob"; do
		# shellcheck disable=SC2086
		run -2 "$P" attach $args
		[ "${#lines[@]}" = 1 ]
	done
	run -3 "$P" attach -o "$T/x.db" --session poolscope-no-such
	[ "${#lines[@]}" = 1 ]
	[ ! -e "$T/x.db" ]
}
