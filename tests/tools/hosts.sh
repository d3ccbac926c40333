#!/bin/bash
# SPDX-License-Identifier: MIT
# hosts.sh BUILD DIR: two machines with LTTng of their own, in namespaces, and a third that collects from both.
# Leaves in DIR: both.db (joined soon after the programs started, left in their middle, then one joined again),
# late.db (joined the other one in the middle), the relay daemons' traces below alpha/trace and beta/trace, what
# was said, and the exit statuses.
# Run as root inside: unshare -n -m -p -f --mount-proc --kill-child; as anybody else with -U -c --keep-caps, too.
set -eu
build=$1 dir=$2
# shellcheck source=tests/tools/collectors.bash
. "${0%/*}/collectors.bash"

# One machine: session daemon, relay daemon on its outer address, a live session, two programs.
machine() {
	local name=$1 nr=$2 home=$dir/$1
	hostname "$name"
	if [ "$(id -u)" = 0 ]; then # the daemons of others have theirs in their homes
		mkdir -p /var/run/lttng
		mount -t tmpfs none /var/run/lttng
	fi
	mount -t tmpfs none /dev/shm
	ip link set lo up
	wait_for ip link show eth0
	ip addr add "10.77.$nr.2/24" dev eth0
	ip link set eth0 up
	export LTTNG_HOME=$home HOME=$home
	lttng-sessiond -d --no-kernel
	lttng-relayd -d -o "$home/trace" -C tcp://127.0.0.1:5342 -D tcp://127.0.0.1:5343 -L "tcp://10.77.$nr.2:5344"
	lttng create app --live=50000 --set-url=net://127.0.0.1
	# Buffers that hold for twelve seconds when their reader does not come to run: a live one begins another
	# part of them 20 times a second.
	local room="--subbuf-size=64K --num-subbuf=256"
	# shellcheck disable=SC2086
	if [ "$name" = alpha ]; then
		lttng enable-channel -u $room all
		lttng enable-event -u -c all 'poolscope:*'
		lttng add-context -u -c all -t vpid -t procname
	else
		lttng enable-channel -u --buffers-pid $room all
		lttng enable-event -u -c all 'poolscope:*'
	fi
	lttng start
	touch "$home/ready"
	wait_for test -e "$dir/go"
	"$build/tests/tools/emit" 3000 1000 1 "$dir/last" flows
	lttng list | grep -q 'app \[active\]' && touch "$home/active"
	lttng stop
	lttng destroy app
	touch "$home/over"
	wait_for test -e "$dir/end"
}

if [ "${3:-}" ]; then
	machine "$3" "$4"
	exit
fi

ip link set lo up
nr=0
for name in alpha beta; do
	nr=$((nr + 1))
	mkdir -p "$dir/$name"
	unshare -n -m -u -p -f --mount-proc --kill-child "$0" "$build" "$dir" "$name" "$nr" \
		>"$dir/$name/said" 2>&1 &
	pid=$!
	ours=$(readlink /proc/self/ns/net)
	wait_for bash -c "[ \$(readlink /proc/$pid/ns/net) != '$ours' ]"
	ip link add "to$nr" type veth peer name eth0 netns "$pid"
	ip addr add "10.77.$nr.1/24" dev "to$nr"
	ip link set "to$nr" up
done
wait_for test -e "$dir/alpha/ready"
wait_for test -e "$dir/beta/ready"

alpha=net://10.77.1.2/host/alpha/app beta=net://10.77.2.2:5344/host/beta/app

# events FILE MORE_THAN: of each of the four programs.
events() {
	[ "$(sqlite3 "file:$1?mode=ro" "SELECT sum(n > $2) FROM (SELECT count(*) AS n FROM event GROUP BY pool)")" = 4 ]
}

# traced MACHINE N: the relay daemon has events of N traces, and then what describes them, too.  Babeltrace 2.0
# stops at an assertion when it looks at a trace whose streams are not described yet.
traced() {
	[ "$(find "$dir/$1/trace" -name 'all_*[0-9]' -size +0 -printf '%h\n' | sort -u | wc -l)" = "$2" ]
}

touch "$dir/go"
wait_for traced alpha 1
wait_for traced beta 2
attach both --url "$alpha" --url "$beta"
both=$pid
"$build/poolscope" attach -o "$dir/wrong.db" --url "${alpha%app}nix" 2>"$dir/wrong.said" || true
"$build/poolscope" attach -o "$dir/wrong.db" --url net://10.77.1.1/host/alpha/app 2>>"$dir/wrong.said" || true
wait_for events "$dir/both.db" 1200
"$build/poolscope" attach --for 5s -o "$dir/wrong.db" --url "$alpha" 2>>"$dir/wrong.said" || true
kill -INT "$both"
ended both "$both"
# A relay daemon gives a session to one viewer at a time.
date +%s%N >"$dir/before_late"
attach late --url "$alpha"
late=$pid
date +%s%N >"$dir/after_late"
attach both --url "$beta"
both=$pid
touch "$dir/last" # the programs end, 3000 events later each
wait_for test -e "$dir/alpha/over"
wait_for test -e "$dir/beta/over"
ended late "$late"
ended again "$both"
touch "$dir/end"
wait
