#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Traffic of refnic from outside: captures, and a TAP interface on the machine's own network stack.
# shellcheck disable=SC2016 # scripts for other shells are in single quotes

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	PATH=$(realpath "$BATS_TEST_DIRNAME/../..")/$BUILD:$PATH
	TOOLS=$(realpath "$BATS_TEST_DIRNAME/../tools")
}

# capture FILE COUNT [CUT]: a capture of COUNT frames 100 us apart; CUT bytes are missing at its end.
capture() {
	python3 - "$@" <<-'END'
		import struct, sys
		name, count, cut = sys.argv[1], int(sys.argv[2]), int((sys.argv + ["0"])[3])
		out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
		for i in range(count):
		    frame = bytes((i * 7 + at * 13) & 255 for at in range(60 + i * 37 % 1400))
		    out += struct.pack("<IIII", i // 10000, i % 10000 * 100, len(frame), len(frame)) + frame
		open(name, "wb").write(out[:len(out) - cut])
	END
}

# in_own_network SCRIPT: runs it with a network of its own, or skips.
in_own_network() {
	unshare -n true 2>/dev/null || skip "no network namespace can be made here (unshare -n)"
	[ -c /dev/net/tun ] || skip "the kernel has no /dev/net/tun"
	unshare -n bash -euc 'refnic --for 1ms --traffic tap:if=ps0' >/dev/null 2>&1 ||
		skip "no TAP interface can be made here"
	printf '%s\n' "$1" >script
	unshare -n bash -eu script
}

@test "every frame of a capture arrives, with its bytes" {
	capture a.pcap 500
	# In real time a busy machine may be late with a buffer, and then the device drops.
	for clock in virtual real; do
		run refnic --clock $clock --traffic pcap:a.pcap,speed=5,loop=2 --hold fixed:200us
		[ "$status" = 0 ]
		[[ ${lines[0]} == *"1000 sent, "* ]]
		[ "$clock" = real ] || [[ ${lines[0]} == *"1000 sent, 1000 indicated"* ]]
		[[ $output == *"0 payload errors, 0 violations"* ]]
	done
}

@test "lost frames of a capture are no damaged ones" {
	capture a.pcap 2000
	run refnic --traffic pcap:a.pcap,speed=50 --hold fixed:20ms --base 32 --low 8 --high 48 \
		--block 32 --limit 64 --reserve 2
	[ "$status" = 0 ]
	[[ ${lines[0]} == *"2000 sent"* ]]
	[[ ${lines[0]} != *" 0 dropped"* ]]
	[[ $output == *"0 payload errors, 0 violations"* ]]
}

@test "a capture that is cut short is replayed up to the fault: status 4" {
	capture 'a,b.pcap' 20 5
	local status=0
	refnic --traffic 'pcap:file="a,b.pcap"' >out 2>err || status=$?
	[ "$status" = 4 ]
	grep -q '19 sent, 19 indicated' out
	[ "$(wc -l <err)" = 1 ]
	grep -q '^refnic: pcap: a,b.pcap: packet 20, which begins at byte [0-9]*: ' err
}

@test "a capture that cannot be read is status 3, with one line" {
	echo 'this is no capture' >text
	local file
	for file in text missing /; do
		status=0
		refnic --traffic "pcap:$file" >out 2>err || status=$?
		[ "$status" = 3 ]
		[ ! -s out ]
		[ "$(wc -l <err)" = 1 ]
		grep -q "^refnic: pcap: $file: " err
	done
}

@test "frames longer than the device takes are a usage error" {
	run refnic --packets 1 --traffic constant:rate=1k,bytes=99999
	[ "$status" = 2 ]
	[[ $output == *"bytes must be"* ]]
}

@test "each synthetic kind runs, and every frame is accounted for" {
	local kind
	for kind in constant poisson burst mmpp pareto incast tcp; do
		run refnic --packets 500 --traffic "$kind:rate=20k,bytes=imix"
		[ "$status" = 0 ]
		[[ ${lines[0]} == *"500 sent"* ]]
		[[ $output == *"0 payload errors, 0 violations"* ]]
	done
}

@test "help lists the kinds of traffic" {
	run refnic --help
	local kind
	for kind in constant poisson burst mmpp pareto incast tcp demand pcap tap; do
		grep -q "^  $kind  *[a-z]" <<<"$output"
	done
}

@test "without the capability the TAP interface says which one: status 3" {
	if [ "$(id -u)" = 0 ]; then
		run setpriv --bounding-set=-net_admin --inh-caps=-net_admin refnic --traffic tap:if=psx
	else
		run refnic --traffic tap:if=psx
	fi
	[ "$status" = 3 ]
	[ "${#lines[@]}" = 1 ]
	[[ $output == *CAP_NET_ADMIN* && $output == */dev/net/tun* ]] || [ ! -c /dev/net/tun ]
}

# tap_script COMMANDS [OPTIONS]: a script that runs the commands while refnic, with these options, has
# the interface.
tap_script() {
	cat <<-END
		ip link set lo up
		refnic --traffic tap:if=ps%d,address=10.9.0.1/24 --hold fixed:100us ${2:-} >out 2>err &
		pid=\$!
		until [ -n "\$(ip -br address show up to 10.9.0.1)" ]; do
			kill -0 \$pid
			sleep 0.02
		done
		$1
		kill -INT \$pid
		wait \$pid
	END
}

@test "every ping through the NIC is answered, while it is recorded" {
	in_own_network "$(tap_script '
		ip -6 address add fd00::1/64 dev ps0 nodad
		ping -q -c 20 -i 0.01 10.9.0.2 >ping
		ping -6 -q -c 10 -i 0.01 fd00::77 >ping6
		ping -q -c 3 -i 0.01 -s 1400 10.9.0.254 >>ping6
		'"'$TOOLS/echo_replies.sh' 23 10")"
	grep -q '^20 packets transmitted' ping
	grep -q '^10 packets transmitted' ping6
	grep -q '^3 packets transmitted' ping6
	grep -q ' 0 dropped' out
	grep -q '0 payload errors, 0 violations' out
	# The same under the recorder: requests, answers, and the way back of both.
	poolscope record -q -o x.db -- unshare -n bash -eu script
	poolscope stat --json x.db >stat.json
	python3 - <<-'END'
		import json
		stat = json.load(open("stat.json"))
		pool = stat["pools"][0]
		assert stat["trace"]["lost"] == 0 and pool["violations"] == 0, pool
		assert pool["identity"]["mismatches"] == 0 and pool["held"] == 0, pool
		assert pool["taken"] >= 4 * 20 / 2 + 4 * 10 / 2 and pool["dropped"] == 0, pool
	END
}

@test "jumbo frames and both generations take the way through the NIC, too" {
	in_own_network "$(tap_script '
		ip link set ps0 mtu 9000
		ping -q -c 5 -i 0.01 -s 8900 -M do 10.9.0.2 >ping
		'"'$TOOLS/echo_replies.sh' 5 0" '--ndis 5')"
	grep -q '^5 packets transmitted' ping
	grep -q '^reflector *[1-9]' out
	grep -q '0 payload errors, 0 violations' out
}

@test "each of several adapters has an interface of its own" {
	in_own_network '
		refnic --adapters 2 --traffic tap:if=ps%d >out 2>err &
		pid=$!
		until ip link show ps1 >/dev/null 2>&1; do
			kill -0 $pid
			sleep 0.02
		done
		ip link show ps0
		kill -INT $pid
		wait $pid
		status=0
		refnic --adapters 2 --traffic tap:if=psx 2>err || status=$?
		[ $status = 3 ]
		grep -q "attach to psx: .*adapter has it" err'
}

@test "a TAP interface in virtual time is a usage error" {
	run refnic --clock virtual --traffic tap:if=ps0 --packets 1
	[ "$status" = 2 ]
	[ "${#lines[@]}" = 1 ]
	[[ $output == *real* ]]
}

@test "a TCP connection through the NIC carries data" {
	in_own_network "$(tap_script '
		iperf3 -s -1 -I server >/dev/null & server=$!
		until ss -ltn | grep -q :5201; do sleep 0.02; done
		iperf3 -c 10.9.0.3 -n 16M --json >iperf.json
		wait $server')"
	# What is in the sender's socket at the end does not count as received.
	python3 -c 'import json; assert json.load(open("iperf.json"))["end"]["sum_received"]["bytes"] > 8e6'
	grep -q '0 payload errors, 0 violations' out
}

@test "an interface that goes away ends the run: status 4" {
	in_own_network "$(tap_script '
		ip link delete ps0
		status=0
		wait $pid || status=$?
		[ $status = 4 ]
		grep -q "^refnic: tap: ps0 has gone" err
		exit 0')"
}
