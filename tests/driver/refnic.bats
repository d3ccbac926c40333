#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The reference NIC's command line.

bats_require_minimum_version 1.5.0

refnic() {
	"$BUILD/refnic" "$@"
}

# A usage error: exit status 2, one line on stderr that holds $1, nothing on stdout.
usage_error() {
	local says=$1 out err status=0
	shift
	err=$(mktemp)
	out=$(refnic "$@" 2>"$err") || status=$?
	[ "$status" = 2 ] && [ -z "$out" ] && [ "$(wc -l <"$err")" = 1 ] && grep -qF -- "$says" "$err"
	status=$?
	[ "$status" = 0 ] || cat "$err"
	rm -f "$err"
	return "$status"
}

@test "a number of packets is sent and every one is accounted for" {
	run refnic --packets 2k --traffic poisson:rate=20k
	[ "$status" = 0 ]
	[[ ${lines[0]} == *"2000 sent"* ]]
	[[ $output == *" 0 live;"* ]]
	[[ $output == *"0 DMA faults, 0 payload errors, 0 violations"* ]]
}

@test "a time limit ends the run" {
	run refnic --for 200ms
	[ "$status" = 0 ]
}

@test "an interrupt halts cleanly" {
	"$BUILD/refnic" --traffic burst:rate=50k >"$BATS_TEST_TMPDIR/out" &
	pid=$!
	# The wire's thread is the last to start.
	until grep -qsx wire "/proc/$pid/task/"*/comm; do sleep 0.01; done
	kill -INT "$pid"
	wait "$pid"
	grep -q ' 0 live;' "$BATS_TEST_TMPDIR/out"
}

@test "faults on purpose are no failure" {
	run refnic --for 300ms --fail refuse:p=0.3+null:p=0.3 --max-pending 3
	[ "$status" = 0 ]
}

@test "both generations run clean under faults" {
	for generation in 5 6; do
		run refnic --ndis "$generation" --for 300ms --fail refuse:p=0.3+null:p=0.3 --max-pending 3
		[ "$status" = 0 ]
		[[ $output == *" 0 live;"* ]]
		[[ $output == *" 0 violations"* ]]
	done
}

@test "an option that does not exist is a usage error" {
	usage_error --mini-port --mini-port x.so
	usage_error extra extra
}

@test "a duration without a unit is a usage error" {
	usage_error unit --for 3
	usage_error unit --tick 100
	usage_error unit --hold fixed:1
}

@test "a SPEC that does not parse names the position and the kinds" {
	usage_error 'position 1 ' --traffic posson:rate=1k
	usage_error 'constant, poisson, burst, mmpp, pareto, incast, tcp, demand, pcap, tap' --traffic posson:rate=1k
	usage_error 'position 9 ' --traffic poisson:rat=1k
	usage_error 'storm, removal, windows' --fail explode:p=1
}

@test "marks that do not fit together are a usage error" {
	usage_error 'reserve' --reserve 64
	usage_error 'high' --high 150
	usage_error 'limit' --limit 300
	usage_error 'base' --base 0
	usage_error 'max-pending' --max-pending 0
}

@test "numbers that are none, or not whole, are usage errors" {
	usage_error position --base x
	usage_error position --base -1
	usage_error whole --base 1.5
	usage_error whole --low 1G
	usage_error '5 or 6' --ndis 4
}

@test "times and numbers that would be cut are usage errors" {
	usage_error 1ns --for 0.5ns
	usage_error packets --packets 0
	usage_error whole --tick 1.5ms
	usage_error whole --traffic poisson:rate=1k,bytes=60.5
}

@test "traffic that never comes or floods the host is a usage error" {
	usage_error rate --traffic poisson:rate=1e-300
	usage_error peak --traffic burst:rate=1M,peak=1e15
	usage_error peak --traffic burst:rate=1k,on=1us,off=1000h
}

@test "a block beyond 32 bits is a usage error that names its option" {
	usage_error '--base:' --base 3M --limit 3M
	usage_error '--block:' --block 3M --high 4M --limit 8M
}

@test "an unknown letter is named" {
	usage_error '-x:' -xyz
	usage_error 'missing' --for
	usage_error '--help=1: takes no value' --help=1
}

@test "an error behind a plus has its position" {
	usage_error 'position 12 ' --fail refuse:p=1+explode:p=1
}

@test "a halt that waits says for what" {
	"$BUILD/refnic" --packets 500 --base 64 --block 32 --low 63 --high 128 --lead fixed:1h --hold fixed:20ms 2>"$BATS_TEST_TMPDIR/err" &
	pid=$!
	until grep -qs 'waited 2 s for 1 pending request; Ctrl-C again ends at once' "$BATS_TEST_TMPDIR/err"; do
		kill -0 "$pid"
		sleep 0.05
	done
	while kill -INT "$pid" 2>/dev/null; do sleep 0.05; done
	status=0
	wait "$pid" || status=$?
	[ "$status" = 130 ]
}

@test "help and version go to stdout" {
	run refnic --help
	[ "$status" = 0 ]
	[[ $output == *--shrink-ticks* ]]
	run refnic --version
	[ "$status" = 0 ]
	[[ $output == refnic\ * ]]
}

@test "virtual time takes no time, and is the same again for a seed" {
	run refnic --clock virtual --seed 7 --for 20s --traffic burst:rate=30k --fail refuse:p=0.2+null:p=0.2
	[ "$status" = 0 ]
	[[ ${lines[0]} != "0 sent"* ]]
	first=$output
	run refnic --clock virtual --seed 7 --for 20s --traffic burst:rate=30k --fail refuse:p=0.2+null:p=0.2
	[ "$output" = "$first" ]
	run refnic --clock virtual --seed 8 --for 20s --traffic burst:rate=30k --fail refuse:p=0.2+null:p=0.2
	[ "$status" = 0 ]
	[ "$output" != "$first" ]
}

@test "in virtual time a halt waits for what takes long" {
	run refnic --clock virtual --for 50ms --lead fixed:1h --hold fixed:20ms --traffic poisson:rate=50k
	[ "$status" = 0 ]
	[[ $output == *"1 completed with memory"* ]]
	[[ $output == *" 0 live;"* ]]
	[[ $output != *"has waited"* ]]
}

@test "a clock that does not exist is a usage error" {
	usage_error 'real and virtual' --clock fast
}

@test "two recordings of a seed in virtual time hold the same events, byte for byte" {
	for name in a b; do
		run refnic --clock virtual --seed 7 --packets 100k -o "$BATS_TEST_TMPDIR/$name.db"
		[ "$status" = 0 ]
		sqlite3 "$BATS_TEST_TMPDIR/$name.db" 'SELECT * FROM event' >"$BATS_TEST_TMPDIR/$name"
	done
	[ -s "$BATS_TEST_TMPDIR/a" ]
	cmp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/b"
	run "$BUILD/poolscope" stat "$BATS_TEST_TMPDIR/a.db"
	[ "$status" = 0 ]
	[[ $output == *"complete (in virtual time)"* ]]
	[[ $output == *"from 2000-01-01 00:00:00 UTC"* ]]
	[[ $output == *"audit        ok, "* ]]
	[[ $output == *"identity     ok, "* ]]
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/a.db" "SELECT value FROM meta WHERE key = 'command'")" = \
		"refnic --clock virtual --seed 7 --packets 100k -o $BATS_TEST_TMPDIR/a.db" ]
}

@test "a recording of its own in real time needs no daemons" {
	run refnic --packets 2k -o "$BATS_TEST_TMPDIR/r.db" --traffic poisson:rate=20k
	[ "$status" = 0 ]
	# All of them, unless the machine was too busy to give back buffers in time.
	[[ ${lines[0]} =~ 2000\ sent,\ ([0-9]+)\ indicated ]]
	taken=${BASH_REMATCH[1]}
	run "$BUILD/poolscope" stat "$BATS_TEST_TMPDIR/r.db"
	[ "$status" = 0 ]
	[[ $output == *"audit        ok, "* ]]
	[[ $output == *"identity     ok, "* ]]
	[[ $output == *" $taken taken"* ]]
}

@test "a recording is never replaced, and one that cannot be written says so" {
	echo mine >"$BATS_TEST_TMPDIR/x"
	usage_error "$BATS_TEST_TMPDIR/x" --packets 10 -o "$BATS_TEST_TMPDIR/x"
	[ "$(cat "$BATS_TEST_TMPDIR/x")" = mine ]
	run refnic --packets 10 -o "$BATS_TEST_TMPDIR/none/x.db"
	[ "$status" = 3 ]
	[ "${#lines[@]}" = 1 ]
}

@test "adapters have pools, traffic and chance of their own, in one recording" {
	for clock in virtual real; do
		run refnic --clock $clock --seed 7 --adapters 3 --packets 20k --traffic poisson:rate=100k \
			--fail null:p=0.5 -o "$BATS_TEST_TMPDIR/$clock.db"
		[ "$status" = 0 ]
		[[ ${lines[0]} == "adapter 0 "*" 20000 sent,"* ]]
		[[ ${lines[2]} == "adapter 2 "*" 20000 sent,"* ]]
		[[ ${lines[3]} == "frames "*" 60000 sent,"* ]]
		run "$BUILD/poolscope" stat "$BATS_TEST_TMPDIR/$clock.db"
		[ "$status" = 0 ]
		[ "$(grep -c '^pool ' <<<"$output")" = 3 ]
		[[ $output == *"pool 2  rx2  "* ]]
		[ "$(grep -c 'audit        ok, ' <<<"$output")" = 3 ]
		[ "$(grep -c 'identity     ok, ' <<<"$output")" = 3 ]
	done
	# Other arrivals, not the same ones three times.
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/virtual.db" \
		"SELECT count(DISTINCT all_of) FROM (SELECT group_concat(buffers) AS all_of FROM event
		 WHERE kind = 'rx_take' GROUP BY pool)")" = 3 ]
}

@test "one adapter among several sees what it sees alone" {
	refnic --clock virtual --seed 7 --packets 20k -o "$BATS_TEST_TMPDIR/1.db"
	refnic --clock virtual --seed 7 --packets 20k --adapters 2 -o "$BATS_TEST_TMPDIR/2.db"
	sql="SELECT ts_ns, kind, buffers FROM event WHERE pool = 0 AND kind LIKE 'rx%' AND seq < 200"
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/1.db" "$sql")" = "$(sqlite3 "$BATS_TEST_TMPDIR/2.db" "$sql")" ]
}

@test "no adapters, or too many, are usage errors" {
	usage_error '--adapters:' --adapters 0
	usage_error '--adapters:' --adapters 65
}

@test "frames longer than a buffer come through several" {
	run refnic --packets 2k --traffic poisson:rate=20k,bytes=9018 --base 512 --buffer-bytes 1024
	[ "$status" = 0 ]
	[[ ${lines[0]} == *"2000 sent"* ]]
	[[ $output == *"0 DMA faults, 0 payload errors, 0 violations"* ]]
	usage_error 'at least 64' --buffer-bytes 63
	usage_error 'up to 65536' --buffer-bytes 70000
}

@test "what a property test says about a run is that run" {
	for seed in 2 11; do
		said=$(PROPERTY_SEED=$seed PROPERTY_RUNS=1 "$BUILD/tests/driver/test_property" 2>&1)
		command=$(grep '^refnic --clock virtual ' <<<"$said" | sed "s,-o x.db,-o $BATS_TEST_TMPDIR/$seed.db,")
		events=$(sed -n 's/^1 runs: .* frames, \([0-9]*\) events, .*/\1/p' <<<"$said")
		eval "$command"
		[ "$(sqlite3 "$BATS_TEST_TMPDIR/$seed.db" 'SELECT count(*) FROM event')" = "$events" ]
	done
}

@test "lead probes ask for a block and free it, and every decision replays" {
	for n in 5 6; do
		rm -f "$BATS_TEST_TMPDIR/p.db"
		run refnic --ndis "$n" --clock virtual --for 10s --lead-probe 300ms --fail null:p=0.1 \
			--traffic burst:rate=20k,on=1s,off=2s --hold exp:mean=3ms -o "$BATS_TEST_TMPDIR/p.db"
		[ "$status" = 0 ]
		run "$BUILD/poolscope" stat "$BATS_TEST_TMPDIR/p.db"
		[[ $output == *"audit        ok, "* ]]
		[[ $output == *"identity     ok, "* ]]
		[[ $output == *"probe-ticks 3"* ]]
		[ "$(sqlite3 "$BATS_TEST_TMPDIR/p.db" "SELECT count(*) > 10 AND
			count(lead_ns) = count(*) AND count(*) = sum(reason = 'probe') AND sum(buffers) = 0
			FROM allocation WHERE outcome = 'probe'")" = 1 ]
		[ "$(sqlite3 "$BATS_TEST_TMPDIR/p.db" "SELECT probe_ticks FROM pool")" = 3 ]
	done
	run refnic --clock virtual --for 10s --lead-probe 3 --traffic poisson:rate=1 \
		-o "$BATS_TEST_TMPDIR/q.db"
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/q.db" "SELECT count(*) > 20 FROM allocation
		WHERE outcome = 'probe'")" = 1 ]
	usage_error '--lead-probe:' --lead-probe 0
	usage_error '--lead-probe:' --lead-probe soon
	usage_error '--lead-probe:' --lead-probe 1000000h
}

@test "in virtual time frames come when they are due, to the nanosecond" {
	run refnic --clock virtual --packets 500 --traffic constant:rate=1k --hold fixed:3us -o "$BATS_TEST_TMPDIR/x.db"
	[ "$status" = 0 ]
	# Frames a millisecond apart, each interrupting for itself; each goes back 3 us later or, at the
	# latest, a step of the stack after it came.
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/x.db" "SELECT count(*), count(DISTINCT ts_ns % 1000000) FROM event
		WHERE kind = 'rx_take'")" = '500|1' ]
	[ "$(sqlite3 "$BATS_TEST_TMPDIR/x.db" "SELECT count(*), count(DISTINCT ts_ns % 1000000) FROM event
		WHERE kind = 'rx_return'")" = '500|1' ]
}

@test "live traffic has no virtual time" {
	usage_error 'real time' --clock virtual --traffic tap:if=ps0
}

@test "a pool that its longest frames could starve is warned of" {
	run --separate-stderr refnic --clock virtual --packets 10 --traffic poisson:rate=1k,bytes=9018 --low 3 --reserve 0
	[ "$status" = 0 ]
	[[ "$stderr" == *'takes up to 5 buffers'*'--low 4 or more' ]]
	run --separate-stderr refnic --clock virtual --packets 10 --traffic poisson:rate=1k,bytes=9018 --low 4 --reserve 0
	[ -z "$stderr" ]
}

@test "the default reserve follows a low that is small; one that is given does not" {
	run -0 refnic --clock virtual --for 10ms --low 4 --block 1 --high 64
	run -2 refnic --clock virtual --for 10ms --low 4 --block 1 --high 64 --reserve 8
	[[ $output == *"reserve 8 is not below low 4"* ]]
}
