#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What is recommended, on traffic that it has not seen.  `make soak` does all worlds.

@test "what is recommended loses nothing with other seeds, and is never larger than the fixed pool" {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	tests/tools/advice.py --build "$(realpath "${BUILD:-build}")" --short --seeds 1 --reruns 1 \
		--for 4s --first "${ADVICE_SEED:-1}"
}
