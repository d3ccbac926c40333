#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# docs/generations.md names tests that exist.

@test "every test that the page of the generations names exists" {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	missing=0 named=0
	while read -r name; do
		named=$((named + 1))
		grep -qs "cmocka_unit_test($name)" tests/driver/test_*.c || {
			echo "no test: $name"
			missing=$((missing + 1))
		}
	done < <(sed -n 's/^|.*| \([^|]*\) |$/\1/p' docs/generations.md | tr -cs 'a-z0-9_' '\n' |
		grep _)
	[ "$missing" = 0 ]
	[ "$named" -gt 30 ]
}
