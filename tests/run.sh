#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the unit tests (cmocka) and the command tests (bats), and ends with "N passed, N failed".
# BUILD: folder of the build; T: only tests whose path contains this.
set -u
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
only=${T:-}
export BUILD=$build LC_ALL=C.UTF-8 TZ=UTC TERM=xterm-256color CMOCKA_MESSAGE_OUTPUT=TAP
unset NO_COLOR
# Sanitizers are slow.
case $build in *-asan | *-tsan) times=4 ;; *) times=1 ;; esac
passed=0 failed=0
failures=()
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# count NAME STATUS: adds up one test program's TAP lines; a program that died is one failure.
count() {
	local ok not_ok
	# cmocka says "not ok N # SKIP" of a test that does not apply.
	ok=$(grep -c -E '^(ok|not ok [0-9]+ # SKIP) ?' "$log")
	not_ok=$(grep '^not ok ' "$log" | grep -c -v '^not ok [0-9]* # SKIP')
	if [ "$2" != 0 ] && [ "$not_ok" = 0 ]; then
		not_ok=1
	fi
	if [ $((ok + not_ok)) = 0 ]; then
		not_ok=1
		echo "# $1 ran no test" >>"$log"
	fi
	passed=$((passed + ok)) failed=$((failed + not_ok))
	if [ "$not_ok" != 0 ]; then
		failures+=("$1")
		printf '  FAILED  %s (exit status %s)\n' "$1" "$2"
		sed 's/^/    /' "$log" | tail -n 60
	else
		printf '  ok %4d  %s\n' "$ok" "$1"
	fi
}

for source in tests/*/test_*.c; do
	[ -e "$source" ] || continue
	case $source in *"$only"*) ;; *) continue ;; esac
	timeout $((120 * times)) "$build/${source%.c}" >"$log" 2>&1 </dev/null
	count "$source" $?
done
for suite in tests/*/*.bats; do
	[ -e "$suite" ] || continue
	case $suite in *"$only"*) ;; *) continue ;; esac
	timeout $((300 * times)) bats --tap "$suite" >"$log" 2>&1 </dev/null
	count "$suite" $?
done

if [ ${#failures[@]} != 0 ]; then
	printf 'failed: %s\n' "${failures[*]}"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
