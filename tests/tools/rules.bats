#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# docs/ndis-rules.md, which is made from the rules and the tests.

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

@test "every rule and every pitfall has a test, and the page says which" {
	tests/tools/rules.py --check
}

@test "a rule without a test, and a page that is old, are noticed" {
	cp -r tests driver docs "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	echo >>docs/ndis-rules.md
	run tests/tools/rules.py --check
	[ "$status" = 1 ]
	[[ $output == *"run make rules"* ]]
	sed -i 's/\bR25\b/R24/' tests/*/test_*.c
	run tests/tools/rules.py --check
	[ "$status" = 1 ]
	[[ $output == *"no test names R25"* ]]
}
