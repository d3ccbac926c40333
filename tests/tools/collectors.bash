# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154,SC2034
# Collectors in the background, for scripts that leave in $dir what they made: NAME.db, what each said in
# NAME.said, and a line "NAME STATUS" each in status.  $build is the folder of the programs.

# wait_for WORDS...: until the command succeeds; gives up after 1200 times.
wait_for() {
	local _
	for _ in $(seq 1200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	echo "waited in vain for: $*" >&2
	return 1
}

# attach NAME ARG...: its pid in $pid; returns when it has joined.
attach() {
	local said=$dir/$1.said
	: >"$said"
	"$build/poolscope" attach -o "$dir/$1.db" "${@:2}" 2>>"$said" 3>&- &
	pid=$!
	wait_for grep -q joined "$said"
}

# ended NAME PID: notes the exit status.
ended() {
	local status=0
	wait "$2" || status=$?
	echo "$1 $status" >>"$dir/status"
}
