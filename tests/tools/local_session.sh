#!/bin/bash
# SPDX-License-Identifier: MIT
# local_session.sh BUILD DIR: live sessions of this machine that somebody else runs, with a relay daemon whose
# live port is not the usual one; and collectors that join, are killed, and lose their relay daemon.
# All are joined before the session has seen any program.
# Leaves in DIR: whole.db (joined by name), killed.db (killed by SIGKILL, joined again), cut.db (whose connection
# was cut in the middle), mend.db (the same, beside the relay daemon's folder), open.db (whose program died), pieces.db
# (whose metadata came in two pieces), own.db (of processes with buffers of their own), small.db (of buffers that are
# too small), broken.db (whose relay daemon was killed), the traces below trace, what was said, and the exit statuses.
# ATTACH_KILLS: how often a collector is killed, at instants that SEED chooses.
# Run as root inside: unshare -n -m -p -f --mount-proc --kill-child; as anybody else with -U -c --keep-caps, too.
set -eu
build=$1 dir=$2
# shellcheck source=tests/tools/collectors.bash
. "${0%/*}/collectors.bash"
P=$build/poolscope

events() {
	[ "$(sqlite3 "file:$1?mode=ro" 'SELECT count(*) FROM event')" -gt "$2" ]
}

pools() {
	[ "$(sqlite3 "file:$1?mode=ro" 'SELECT count(*) FROM pool')" -ge "$2" ]
}

# joined_again FILE: a gap is behind it.
joined_again() {
	[ "$(sqlite3 "file:$1?mode=ro" "SELECT count(*) > 0 FROM loss WHERE source = 'seq'")" = 1 ]
}

# session NAME CHANNEL-ARG...: a live one of all our events.
session() {
	lttng create "$1" --live=50000 --set-url=net://127.0.0.1:6342:6343
	lttng enable-channel -u -s "$1" all "${@:2}"
	lttng enable-event -u -s "$1" -c all 'poolscope:*'
	lttng add-context -u -s "$1" -c all -t vpid
	lttng start "$1"
}

# join_again NAME ARG...: as attach, once the relay daemon has noticed that the one before is gone.
join_again() {
	pid=
	until [ "$pid" ]; do
		: >"$dir/$1.said"
		"$P" attach -o "$dir/$1.db" "${@:2}" 2>>"$dir/$1.said" 3>&- &
		pid=$!
		until grep -q joined "$dir/$1.said"; do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.02
		done
		grep -q joined "$dir/$1.said" || { wait "$pid" || pid=; }
	done
}

# asked_in_vain: the collector waits for the second piece of the metadata, and goes on asking.
asked_in_vain() {
	[ "$(wc -l <"$dir/second.waits")" -gt 20 ]
}

if [ "$(id -u)" = 0 ]; then # the daemons of others have theirs in their homes
	mkdir -p /var/run/lttng
	mount -t tmpfs none /var/run/lttng
fi
mount -t tmpfs none /dev/shm
ip link set lo up
export LTTNG_HOME=$dir HOME=$dir
lttng-sessiond -d --no-kernel
lttng-relayd -o "$dir/trace" -C tcp://127.0.0.1:6342 -D tcp://127.0.0.1:6343 -L tcp://127.0.0.1:6999 3>&- &
relayd=$!
wait_for bash -c 'exec 9<>/dev/tcp/127.0.0.1/6999'

# By name, from the first event to the last.
session app --subbuf-size=64K --num-subbuf=64
attach whole --session app
"$P" attach -o "$dir/whole.db" --session app 2>"$dir/second.said" || echo "second $?" >>"$dir/status"
"$build/tests/tools/emit" 4000 8000
lttng destroy app
ended whole "$pid"

# SIGKILL of the collector at random instants, and another one each time.
session kill --subbuf-size=64K --num-subbuf=64
attach killed --session kill --live-port 6999
"$build/tests/tools/emit" 4000 10000 0 "$dir/kill-end" flows 3>&- &
emit=$!
wait_for events "$dir/killed.db" 3000
RANDOM=${SEED:-1}
for ((i = 0; i < ${ATTACH_KILLS:-3}; i++)); do
	sleep "0.$(printf '%03d' $((RANDOM % 500)))"
	kill -KILL "$pid"
	wait "$pid" || true
	join_again killed --session kill
done
echo "$i" >"$dir/kills"
touch "$dir/kill-end"
wait "$emit"
lttng destroy kill
ended killed "$pid"

# A connection that is cut, while the session goes on: once where the relay daemon's folder cannot be had, once where
# it can.
for name in cut mend; do
	session "$name" --subbuf-size=64K --num-subbuf=64
	folder='' more=10000
	[ "$name" = cut ] || folder=$(echo "$dir"/trace/*/mend-*) more=1000
	tests/tools/cut_proxy.py 7000 6999 "$dir/cut" ${folder:+"$folder"} 3>&- &
	proxy=$!
	wait_for bash -c 'exec 9<>/dev/tcp/127.0.0.1/7000'
	attach "$name" --session "$name" --live-port 7000
	"$build/tests/tools/emit" "$more" 5000 0 "$dir/$name-joined" flows 3>&- &
	emit=$!
	wait_for events "$dir/$name.db" 3000
	touch "$dir/cut"
	wait_for [ ! -e "$dir/cut" ]
	wait_for joined_again "$dir/$name.db"
	touch "$dir/$name-joined"
	wait "$emit"
	lttng destroy "$name"
	ended "$name" "$pid"
	kill "$proxy"
	wait "$proxy" || true
done

# A program that dies, where nobody can say what it said last.
session open --subbuf-size=64K --num-subbuf=64
tests/tools/cut_proxy.py 7000 6999 "$dir/cut" 3>&- &
proxy=$!
wait_for bash -c 'exec 9<>/dev/tcp/127.0.0.1/7000'
attach open --session open --live-port 7000
"$build/tests/tools/emit" 1000000 5000 3>&- &
emit=$!
wait_for events "$dir/open.db" 500
kill -KILL "$emit"
wait "$emit" || true
lttng destroy open
ended open "$pid"
kill "$proxy"

# Metadata that comes in pieces: the first one declares no stream.
session pieces --subbuf-size=64K --num-subbuf=64
tests/tools/piece_proxy.py 7001 6999 "$dir/second" 3>&- &
proxy=$!
wait_for bash -c 'exec 9<>/dev/tcp/127.0.0.1/7001'
attach pieces --session pieces --live-port 7001
"$build/tests/tools/emit" 4000 8000 0 "$dir/second" 3>&- &
emit=$!
wait_for asked_in_vain
touch "$dir/second"
wait "$emit"
lttng destroy pieces
ended pieces "$pid"
kill "$proxy"

# Each process has buffers of its own: a second one comes while the first rests, a third while the second is busy, and
# some are over before anybody hears of them.
session own --buffers-pid --subbuf-size=64K --num-subbuf=64
attach own --session own
"$build/tests/tools/emit" 2000 8000 0 "$dir/own-end" 3>&- &
emits=$!
wait_for pools "$dir/own.db" 1
"$build/tests/tools/emit" 2000 8000 0 "$dir/own-end" flows 3>&- &
emits="$emits $!"
wait_for pools "$dir/own.db" 2
"$build/tests/tools/emit" 2000 8000 0 "$dir/own-end" 3>&- &
emits="$emits $!"
wait_for pools "$dir/own.db" 3
for _ in 1 2 3 4; do
	"$build/tests/tools/emit" 10
done
touch "$dir/own-end"
# shellcheck disable=SC2086
wait $emits
lttng destroy own
ended own "$pid"

# More than the buffers take, for a second: they are emptied now and then, so that something follows a loss.
session small --subbuf-size=4096 --num-subbuf=2
attach small --session small
"$build/tests/tools/emit" 300000 300000
lttng destroy small
ended small "$pid"

# What cannot be joined.
lttng create files --output="$dir/files"
for args in "--session files" "--session nix" "--session small2 --live-port 6998"; do
	[ "${args#*small2}" = "$args" ] || session small2 >&2
	# shellcheck disable=SC2086
	"$P" attach -o "$dir/wrong.db" $args 2>>"$dir/wrong.said" || echo "wrong $?" >>"$dir/status"
done

# The relay daemon dies.
session broken --subbuf-size=64K --num-subbuf=64
attach broken --session broken
"$build/tests/tools/emit" 1000000 5000 3>&- &
emit=$!
wait_for events "$dir/broken.db" 500
kill -KILL "$relayd"
ended broken "$pid"
kill -KILL "$emit"
