#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What `make install` and `make deb` give: programs, library, manual, completions.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make --no-print-directory BUILD="${BUILD:-build}" PREFIX=/opt/ps DESTDIR="$BATS_FILE_TMPDIR" install 3>&-
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	T=$BATS_TEST_TMPDIR
	AT=$BATS_FILE_TMPDIR/opt/ps
	P=$AT/bin/poolscope
}

commands() {
	"$P" --help | sed -n 's/^  \([a-z][a-z]*\)  *[A-Z].*/\1/p'
}

@test "every command has a manual page with each of its options" {
	[ "$(commands | wc -l)" -ge 12 ]
	for command in $(commands); do
		page=$AT/share/man/man1/poolscope-$command.1
		grep -q "^poolscope.-$command .- [a-z]" "$page"
		for option in $("$P" "$command" --help | sed -n 's/^  \(--*[a-z][a-z0-9-]*\).*/\1/p'); do
			sed 's/\\//g' "$page" | grep -q -- "^fB${option}fR"
		done
		grep -q "poolscope.-$command (1)" "$AT/share/man/man1/poolscope.1"
	done
	for option in $("$AT/bin/refnic" --help | sed -n 's/^  \(--[a-z][a-z0-9-]*\).*/\1/p'); do
		sed 's/\\//g' "$AT/share/man/man1/refnic.1" | grep -q -- "^fB${option}fR"
	done
}

# complete WORD...: what bash would offer for the last of these words.
complete_words() {
	bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _poolscope; printf "%s\n" "${COMPREPLY[@]}"' \
		_ "$AT/share/bash-completion/completions/poolscope" poolscope "$@"
}

@test "bash completes commands, options, their values and files" {
	[ "$(complete_words exp)" = export ]
	[ "$(complete_words export x.db --format j)" = jsonl ]
	[ "$(complete_words export x.db --tab)" = --table ]
	[ "$(complete_words completion f)" = fish ]
	[ "$(complete_words help sna)" = snapshot ]
	touch "$T/a recording.db"
	[ "$(complete_words stat "$T/a")" = "$T/a recording.db" ]
	[ "$(complete_words record -o "$T/a")" = "$T/a recording.db" ]
	[ -z "$(complete_words check --max-drops '')" ]
}

@test "zsh and fish read their completions" {
	for shell in zsh fish; do
		"$P" completion $shell >"$T/c"
		for command in $(commands); do grep -q "$command" "$T/c"; done
		if command -v $shell >/dev/null; then $shell -n "$T/c"; fi
	done
	run -2 "$P" completion tcsh
	run -2 "$P" completion
}

@test "a driver finds header and library through pkg-config" {
	case $BUILD in *-asan | *-tsan) skip "the library wants the sanitizer's flags" ;; esac
	cat >"$T/d.c" <<-'END'
		#include <poolscope.h>
		int main(void)
		{
			struct poolscope_pool *pool = 0;
			return pool != 0;
		}
	END
	export PKG_CONFIG_PATH=$AT/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$BATS_FILE_TMPDIR
	# shellcheck disable=SC2046 # words on purpose
	cc -Wall -Werror "$T/d.c" $(pkg-config --cflags --libs poolscope) -o "$T/d"
	"$T/d"
	[ "$(pkg-config --modversion poolscope)" = "$("$P" --version | cut -d' ' -f2)" ]
}

@test "a miniport compiles against the installed headers and runs on the installed refnic" {
	case $BUILD in *-asan | *-tsan) skip "loaded code is not of the sanitizer's build" ;; esac
	cc -shared -fPIC -I"$AT/include/poolscope/ndis" -DNDIS_MINIPORT_DRIVER -DNDIS60_MINIPORT=1 \
		tests/miniports/receive6.c -o "$T/receive6.so"
	run -0 "$AT/bin/refnic" --miniport "$T/receive6.so" --clock virtual --for 100ms
}
