#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The flight recorder: nothing is stored until a trigger fires, and then what the buffers hold is exact.

bats_require_minimum_version 1.5.0
load own_daemons

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	own_daemons
}

teardown() {
	own_daemons_end
}

# start ARG... -- REFNIC-ARG...: a flight recorder of refnic; waits until it takes orders, or has ended.
start() {
	local record=()
	while [ "$1" != -- ]; do record+=("$1") && shift; done
	shift
	"${AS[@]}" "$P" record -o x.db "${record[@]}" -- "$R" --seed 7 "$@" 2>"$T/err" >"$T/out" 3>&- &
	recorder=$!
	wait_for is_up
}

is_up() {
	pgrep -f "^$R " >/dev/null && [ -S "$(echo "$T"/tmp/poolscope-*/control)" ] || ! kill -0 "$recorder" 2>/dev/null
}

halt() {
	kill -INT "$recorder"
	wait "$recorder"
}

meta() {
	sqlite3 "$1" "SELECT value FROM meta WHERE key = '$2'"
}

# exact FILE: some events, no seq missing among them, nothing lost, and what was derived agrees.
exact() {
	[ "$(sqlite3 "$1" 'SELECT count(*) > 50 AND max(seq) - min(seq) + 1 = count(*) AND (SELECT count(*) FROM loss) = 0 FROM event')" = 1 ] &&
		[ "$(sqlite3 "$1" 'SELECT sum(audit_mismatches) + sum(identity_mismatches) FROM summary')" = 0 ] &&
		[ "$(sqlite3 "$1" 'PRAGMA integrity_check')" = ok ]
}

# holds FILE N: there are more than N events in it.
holds() {
	[ "$(sqlite3 "$1" "SELECT count(*) > $2 FROM event")" = 1 ]
}

# snapshot_of N: $last is a snapshot with more than N events, and $seen its last seq.
snapshot_of() {
	last=$("${AS[@]}" "$P" snapshot)
	until holds "$last" "$1"; do last=$("${AS[@]}" "$P" snapshot); done
	seen=$(sqlite3 "$last" 'SELECT max(seq) FROM event')
}

@test "on demand: exact from where all buffers reach back to, and the first of it is overwritten" {
	start --flight 64K --trigger crash -- --traffic burst:rate=20k
	[ ! -e x.db ]
	first=$("${AS[@]}" "$P" snapshot)
	[ "$first" = "$T/x.db" ]
	# By then the receive events of the beginning are overwritten: a snapshot a file, none replaced.
	for _ in $(seq 100); do
		last=$("${AS[@]}" "$P" snapshot x.db)
		[ "$(sqlite3 "$last" 'SELECT min(seq) > 0 FROM event')" = 1 ] && break
	done
	[ "$(sqlite3 "$last" 'SELECT min(seq) > 0 FROM event')" = 1 ]
	exact "$last"
	[ "$(meta "$last" trigger)" = demand ]
	[ "$(meta "$last" flight_bytes)" = 65536 ]
	[ "$(meta "$last" trigger_ns)" -gt 0 ]
	run -0 "${AS[@]}" "$P" snapshot "$recorder"
	run -0 "${AS[@]}" "$P" snapshot "$(pgrep -f "^$R ")"
	halt
	[ -z "$(ls -A "$T/tmp")" ]
	run -3 "${AS[@]}" "$P" snapshot
	[[ $output == *"no flight recorder runs here"* ]]
}

@test "a drop makes a database, further ones at most one a second, and it says how many were passed over" {
	start --flight 8M -- --traffic burst:rate=200k --for 3s
	wait "$recorder"
	exact x.db
	[ "$(meta x.db trigger)" = drop ]
	[ "$(meta x.db trigger_pool)" = 0 ]
	# The drop itself is in it.
	[ "$(sqlite3 x.db "SELECT kind FROM event WHERE pool = 0 AND seq = $(meta x.db trigger_seq)")" = rx_drop ]
	files=(x*.db)
	[ "${#files[@]}" -ge 2 ] && [ "${#files[@]}" -le 5 ]
	passed=0
	for f in "${files[@]}"; do passed=$((passed + $(meta "$f" triggers_passed_over))); done
	[ "$passed" -gt 10 ]
	[ "$(grep -c '^poolscope: drop: ' err)" = "${#files[@]}" ]
}

@test "a violation makes a database, though it is the last that the program does" {
	(cd "$BATS_TEST_DIRNAME/../.." && cc -shared -fPIC -Idriver/ndis -DNDIS_MINIPORT_DRIVER -DNDIS60_MINIPORT=1 \
		tests/miniports/leak6.c -o "$T/bin/leak6.so")
	start --flight 1M -- --miniport "$T/bin/leak6.so" --for 1s
	wait "$recorder" || true
	[ "$(meta x.db trigger)" = violation ]
	[ "$(sqlite3 x.db "SELECT count(*) > 0 FROM event WHERE kind = 'violation'")" = 1 ]
}

@test "a crash of the program makes a database, with what it did last" {
	export ASAN_OPTIONS=handle_segv=0 TSAN_OPTIONS=handle_segv=0 # else nothing crashes under them
	start --flight 1M --trigger crash -- --traffic poisson:rate=2k
	snapshot_of 100
	pkill -SEGV -f "^$R "
	status=0
	wait "$recorder" || status=$?
	[ "$status" = 4 ]
	grep -q 'killed by signal 11' err
	crash=$(sed -n 's/^poolscope: crash: .* events in //p' err)
	exact "$crash"
	[ "$(meta "$crash" trigger)" = crash ]
	[ "$(meta "$crash" ended)" = "program died" ]
	[ "$(sqlite3 "$crash" "SELECT max(seq) >= $seen FROM event")" = 1 ]
}

@test "at the end if asked; and when nothing fired there is no database and one line says so" {
	start --flight 1M --trigger end -- --traffic poisson:rate=2k --for 300ms
	wait "$recorder"
	exact x.db
	[ "$(meta x.db ended)" = complete ]
	[ "$(sqlite3 x.db "SELECT count(*) FROM event WHERE kind = 'pool_close'")" = 1 ]
	rm x.db
	start --flight 1M -- --traffic poisson:rate=2k --for 300ms
	wait "$recorder"
	[ ! -e x.db ]
	grep -q 'nothing triggered' err
}

@test "--crash-safe: SIGKILL of everything, and the buffers are there" {
	start --flight 256K --crash-safe "$T/home/buffers" --trigger violation -- --traffic burst:rate=100k
	snapshot_of 200
	# All at once, as a reboot does it: a consumer daemon that outlives its session daemon removes the buffers.
	all="$recorder $(pgrep -f "^$R ") $(daemons)"
	# shellcheck disable=SC2086
	kill -STOP $all
	# shellcheck disable=SC2086
	kill_all $all
	wait "$recorder" || true
	run -0 "${AS[@]}" "$P" import --crash "$T/home/buffers" -o crash.db
	[[ $output == *"events in crash.db, of 1 recording"* ]]
	exact crash.db
	# Up to the kill: no less than the last snapshot.
	[ "$(sqlite3 crash.db "SELECT max(seq) >= $seen FROM event")" = 1 ]
	# The buffers are as they were: it works again.
	run -0 "${AS[@]}" "$P" import --crash "$T/home/buffers" -o again.db
	[ "$(sqlite3 again.db 'SELECT count(*) FROM event')" = "$(sqlite3 crash.db 'SELECT count(*) FROM event')" ]
	# Damaged, they give what they can, or one line: they are read where import reads.  What Babeltrace crashes of
	# there is not for a sanitizer to tell; with one, the reading child's stderr stays open to GLib.
	local others='^poolscope: ' options=handle_segv=0:handle_sigbus=0:handle_abort=0
	case $BUILD in *-asan | *-tsan) others="$others|^\(process:|^[0-9-]+ [0-9]+:|^\$" ;; esac
	for seed in 1 2 3 4 5 6; do
		cp -r "$T/home/buffers" "$T/damaged"
		/usr/bin/python3 - "$T/damaged" "$seed" <<-'END'
			import os, random, sys
			rng = random.Random(int(sys.argv[2]))
			for folder, _, names in sorted(os.walk(sys.argv[1])):
			    for name in sorted(n for n in names if n.startswith(("rx", "alloc"))):
			        with open(os.path.join(folder, name), "r+b") as f:
			            size = os.path.getsize(f.name)
			            for _ in range(20):
			                f.seek(rng.randrange(size // 2, size))
			                f.write(rng.randbytes(rng.choice((1, 4, 64))))
		END
		chmod -R a+rwX "$T/damaged"
		run "${AS[@]}" env "ASAN_OPTIONS=$options" "TSAN_OPTIONS=$options" timeout 60 "$P" import --crash "$T/damaged" -o "damaged$seed.db"
		echo "$output"
		[ "$status" = 0 ] || [ "$status" = 3 ] || [ "$status" = 4 ]
		run ! grep -vE "$others" <<<"$output"
		[ ! -e "damaged$seed.db" ] || [ "$(sqlite3 "damaged$seed.db" 'PRAGMA integrity_check')" = ok ]
		rm -rf "$T/damaged"
	done
}

@test "--crash-safe leaves nothing when all ends in order" {
	start --flight 256K --crash-safe "$T/home/buffers" -- --traffic poisson:rate=2k --for 200ms
	wait "$recorder"
	[ -z "$(ls -A "$T/home/buffers")" ]
}

@test "a recorder that is killed: doctor takes both sessions down" {
	start --flight 256K -- --traffic poisson:rate=2k
	kill -KILL "$recorder"
	wait "$recorder" || true
	run -3 "${AS[@]}" "$P" record --resume x.db
	[[ $output == *"was a flight recorder"* ]]
	run -0 "${AS[@]}" "$P" doctor --clean
	[ "$(grep -c '^  removed   session  ' <<<"$output")" = 2 ]
	[[ $output == *"session daemon"* ]]
	[ -z "$(ls -A "$T/tmp")" ]
}

@test "two flight recorders at once: snapshot asks which" {
	start --flight 256K -- --traffic poisson:rate=2k
	"${AS[@]}" "$P" record --flight 256K -q -o y.db -- "$R" --for 30s 2>/dev/null >/dev/null 3>&- &
	second=$!
	wait_for sh -c "${AS[*]} $P snapshot y.db >/dev/null 2>&1"
	run -2 "${AS[@]}" "$P" snapshot
	[[ $output == *"2 flight recorders"* ]]
	kill -INT "$second"
	wait "$second"
	run -0 "${AS[@]}" "$P" snapshot
	halt
	[ "$(sqlite3 x.db 'SELECT count(*) FROM pool')" = 1 ]
}

@test "mistakes get one line and status 2" {
	touch there.db
	for args in "--flight 3 -o x.db -- $R" "--flight 1X -o x.db -- $R" "--flight 8G -o x.db -- $R" \
		"--trigger drop -o x.db -- $R" "--crash-safe d -o x.db -- $R" "--flight 1M --trigger none -o x.db -- $R" \
		"--flight 1M --keep-trace t -o x.db -- $R" "--flight 1M -o there.db -- $R" "--flight 1M --resume x.db"; do
		# shellcheck disable=SC2086
		run -2 "${AS[@]}" "$P" record $args
		[ "${#lines[@]}" = 1 ]
	done
	run -2 "${AS[@]}" "$P" snapshot a b
	run -3 "${AS[@]}" "$P" import --crash "$T/nowhere" -o x.db
	[ "${#lines[@]}" = 1 ]
	run -3 "${AS[@]}" "$P" import --crash "$T/bin" -o x.db
	[[ $output == *"no buffers there"* ]]
	[ ! -e x.db ]
}
