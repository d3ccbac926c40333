# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# For tests that start, count or kill LTTng's daemons: those of a user with a home of his own, so that nobody
# else's are met, and nobody else meets these, be it another run of the same tests.

# own_daemons PROGRAM...: sets T (a folder), P and R (programs of this test alone, in T/bin with the others
# given), AS (runs a command as that user), and goes to T.
own_daemons() {
	BUILD=$(realpath "${BUILD:-build}")
	T=$(mktemp -d)
	# The paths of LTTng's sockets begin with it, and must be short.
	[ "${#T}" -le 50 ] || { rmdir "$T" && T=$(mktemp -d /tmp/tmp.XXXXXXXXXX); }
	chmod 755 "$T"
	mkdir -m 755 "$T/bin" "$T/home" "$T/tmp"
	cp "$BUILD/poolscope" "$BUILD/refnic" "$@" "$T/bin"
	chmod 755 "$T"/bin/*
	P=$T/bin/poolscope
	R=$T/bin/refnic
	AS=()
	if [ "$(id -u)" = 0 ]; then # root's session daemon is the machine's: be somebody else
		chown -R 65534:65534 "$T"
		AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	fi
	AS+=(env -u XDG_RUNTIME_DIR HOME="$T/home" LTTNG_HOME="$T/home" TMPDIR="$T/tmp")
	cd "$T" || return 1
}

# Whatever a test that failed has left.
own_daemons_end() {
	pkill -KILL -f "^$R " || true
	"${AS[@]}" "$P" doctor --clean >/dev/null 2>&1 || true
	cd / && rm -rf "$T"
}

# The pids of these daemons; they name the home in their environment.  One that has ended and that nobody
# waits for is none.
daemons() {
	local pid
	for pid in $(pgrep -r D,R,S,I,T -f 'lttng-(relayd|sessiond|consumerd)'); do
		tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "HOME=$T/home" && echo "$pid"
	done | sort
}

# gone PID...: none of them runs any more.
gone() {
	local pid state
	for pid; do
		state=$(ps -o state= -p "$pid") || continue
		[ "$state" = Z ] || return 1
	done
}

# wait_for WORDS...: until the command succeeds; gives up after 400 times.
wait_for() {
	local _
	for _ in $(seq 400); do
		"$@" && return
		sleep 0.05
	done
	return 1
}

# kill_all PID...: kills them, and waits until they are dead.
kill_all() {
	kill -KILL "$@"
	wait_for gone "$@"
}
