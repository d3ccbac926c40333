#!/bin/sh
# SPDX-License-Identifier: MIT
# packages.sh --install|--require WHAT...: looks which Debian packages of packages.txt are missing for
# the purposes WHAT (build, check, lint, bench), and installs them, or says what to install.
set -eu
cd "$(dirname "$0")"
mode=$1
shift

if ! command -v dpkg-query >/dev/null 2>&1; then
	echo "packages.sh: no dpkg here: install by hand what packages.txt lists" >&2
	exit 0
fi

missing=
for what in "$@"; do
	[ "$what" = build ] && what=
	names=$(awk -v what="$what" '!/^#/ && NF && $2 == what { print $1 }' packages.txt)
	for name in $names; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null || true)
		[ "$state" = installed ] || missing="$missing $name"
	done
done
[ -n "$missing" ] || exit 0

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
if [ "$mode" = --require ]; then
	echo "missing packages; install them with:" >&2
	echo "  ${sudo:+$sudo }apt-get install$missing" >&2
	exit 1
fi
if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
	echo "missing packages, and no sudo here to install them; as root:" >&2
	echo "  apt-get install$missing" >&2
	exit 1
fi
echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # words on purpose
if ! { $sudo apt-get -q update && $sudo apt-get -q install -y --no-install-recommends $missing; } \
	>"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	echo "packages.sh: apt-get failed; the end of its output is above" >&2
	exit 1
fi
