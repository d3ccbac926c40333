#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Demand without a driver: packets of a CSV or a capture into a database.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	T=$BATS_TEST_TMPDIR
}

demand() {
	printf '%s\n' "$@" >"$T/d.csv"
	"$P" import -o "$T/x.db" --demand "$T/d.csv"
}

# The events, times from the beginning of virtual time on.
events() {
	sqlite3 "$T/x.db" "SELECT (ts_ns - 946684800000000000) || ' ' || kind || coalesce(' ' || buffers, '')
		FROM event ORDER BY seq"
}

@test "each packet is a take and a return; what comes back is before what is taken; numbers are the lowest free" {
	run -0 demand arrival_ns,hold_ns 0,1000 10,5 15,0 15,20 20,1
	[[ $output == "poolscope: 5 packets in $T/x.db, 12 events of them new"* ]]
	diff <(events) - <<-'END'
		0 pool_open
		0 rx_take [0]
		10 rx_take [1]
		15 rx_return [1]
		15 rx_take [1]
		15 rx_return [1]
		15 rx_take [1]
		20 rx_take [2]
		21 rx_return [2]
		35 rx_return [1]
		1000 rx_return [0]
		1000 pool_close
	END
	run -0 "$P" stat "$T/x.db"
	[[ $output == *"5 taken, 5 returned, 0 held"* ]]
	[[ $output == *"complete (imported demand)"* ]]
}

@test "the same demand again adds nothing, another one is another pool" {
	run -0 demand 0,10 5,10
	run -0 demand 0,10 5,10
	[[ $output == *", 0 events of them new"* ]]
	run -0 demand 0,10 5,11
	[ "$(sqlite3 "$T/x.db" 'SELECT count(*) FROM pool')" = 2 ]
}

@test "times of today stay as they are; Windows line ends, empty lines and a last line without an end are read" {
	printf 'arrival_ns,hold_ns\r\n1700000000000000000,5\r\n\r\n 1700000000000000007 , 6' >"$T/d.csv"
	run -0 "$P" import -q -o "$T/x.db" --demand "$T/d.csv"
	[ -z "$output" ]
	[ "$(sqlite3 "$T/x.db" 'SELECT max(ts_ns) FROM event')" = 1700000000000000013 ]
}

@test "a hundred thousand packets that overlap" {
	awk 'BEGIN { srand(5); t = 0; for (i = 0; i < 100000; i++) { t += int(rand() * 2000); print t "," int(rand() * 1000000) } }' >"$T/d.csv"
	run -0 "$P" import -o "$T/x.db" --demand "$T/d.csv"
	# What awk holds at most is the highest number, plus one.
	most=$(awk -F, '{ print $1 " 1"; print $1 + $2 " 0" }' "$T/d.csv" | sort -n -k1,1 -k2,2 |
		awk '{ x += $2 ? 1 : -1; if (x > m) m = x } END { print m }')
	[ "$(sqlite3 "$T/x.db" "SELECT max(CAST(trim(buffers, '[]') AS INT)) + 1 FROM event WHERE kind = 'rx_take'")" = "$most" ]
	[ "$(sqlite3 "$T/x.db" 'SELECT count(*) FROM event')" = 200002 ]
}

@test "a bad row is named, and no database is made" {
	while IFS='|' read -r row words; do
		run demand 0,1 "$row"
		[ "$status" = 3 ]
		[[ ${#lines[@]} = 1 && $output == *"d.csv:2: "*"$words"* ]]
		[ ! -e "$T/x.db" ]
	done <<-'END'
		-5,1|arrival_ns is negative
		5,-1|hold_ns is negative
		x,1|arrival_ns is no whole number
		5,1e3|nothing else
		1.5,3|two numbers are wanted
		5|two numbers are wanted
		5,|hold_ns is no whole number
		5,6,7|nothing else
		99999999999999999999,1|arrival_ns is too large
		5,9223372036854775807|hold_ns is too large
		2000000000000000000,2000000000000000000|arrival_ns + hold_ns is too large
	END
	run demand 10,1 9,1
	[ "$status" = 3 ]
	[[ $output == *"d.csv:2: arrival_ns 9 is before the row above (10); sort the rows"* ]]
	run demand "$(printf '%0300d,1' 5)"
	[ "$status" = 3 ]
	[[ $output == *"line is too long"* ]]
	run demand arrival_ns,hold_ns
	[ "$status" = 3 ]
	[[ $output == *"holds no packet"* ]]
	printf '1,2\n\0,3\n' >"$T/d.csv"
	run -3 "$P" import -o "$T/x.db" --demand "$T/d.csv"
	run -3 "$P" import -o "$T/x.db" --demand "$T/none.csv"
	[[ $output == *"none.csv: No such file"* ]]
	[ ! -e "$T/x.db" ]
}

# pcap FILE ARRIVAL_US...: a capture of 60-byte frames.
pcap() {
	python3 - "$@" <<-'END'
		import struct, sys
		with open(sys.argv[1], 'wb') as f:
		    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
		    for us in map(int, sys.argv[2:]):
		        f.write(struct.pack('<IIII', us // 1000000, us % 1000000, 60, 60) + bytes(60))
	END
}

@test "the arrivals of a capture, with hold times that the seed decides" {
	pcap "$T/a.pcap" 1700000000000000 1700000000000010 1700000000000005
	run -0 "$P" import -o "$T/x.db" --pcap "$T/a.pcap" --hold fixed:3us
	[[ $output == *"1 packets were earlier than the one before"* ]]
	diff <(sqlite3 "$T/x.db" "SELECT ts_ns - 1700000000000000000, kind, buffers FROM event ORDER BY seq") - <<-'END'
		0|pool_open|
		0|rx_take|[0]
		3000|rx_return|[0]
		10000|rx_take|[0]
		10000|rx_take|[1]
		13000|rx_return|[0]
		13000|rx_return|[1]
		13000|pool_close|
	END
	for seed in 1 2 1; do
		"$P" import -q -o "$T/s.db" --pcap "$T/a.pcap" --hold lognormal:median=50us,p99=2ms --seed "$seed"
	done
	[ "$(sqlite3 "$T/s.db" 'SELECT count(*) FROM pool')" = 2 ]
	[ "$(sqlite3 "$T/s.db" "SELECT count(DISTINCT ts_ns) FROM event WHERE kind = 'rx_return'")" = 6 ]
}

@test "a capture that is cut off gives what is before the cut, and exit status 4" {
	pcap "$T/a.pcap" 1 2 3
	truncate -s -10 "$T/a.pcap"
	run -4 "$P" import -o "$T/x.db" --pcap "$T/a.pcap" --hold fixed:1ms
	[[ $output == *"what is before it is stored"* ]]
	[ "$(sqlite3 "$T/x.db" "SELECT count(*) FROM event WHERE kind = 'rx_take'")" = 2 ]
	head -c 10 "$T/a.pcap" >"$T/b.pcap"
	run -3 "$P" import -o "$T/y.db" --pcap "$T/b.pcap" --hold fixed:1ms
	[ ! -e "$T/y.db" ]
}

@test "usage" {
	run -2 "$P" import -o "$T/x.db" --demand a.csv --pcap b.pcap --hold fixed:1ms
	run -2 "$P" import -o "$T/x.db" --pcap b.pcap
	[[ $output == *"give --hold SPEC"* ]]
	run -2 "$P" import -o "$T/x.db" --pcap b.pcap --hold nonsense:1ms
	[[ $output == *"--hold"*nonsense* ]]
	run -2 "$P" import -o "$T/x.db" --demand a.csv --seed 5
	run -2 "$P" import -o "$T/x.db" --pcap a.pcap --hold fixed:1ms --seed x
	run -2 "$P" import --demand a.csv
}
