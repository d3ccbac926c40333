#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Miniports from outside: compiled as docs/miniport.md says, loaded by refnic, recorded and judged.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	R=$BUILD/refnic
	T=$(mktemp -d)
}

teardown() {
	rm -rf "$T"
}

# build NAME [GENERATION [FLAG]...]: the very command of docs/miniport.md, with warnings as errors.
build() {
	local name=$1 generation=${2:-60}
	shift "$(($# < 2 ? $# : 2))"
	cc -shared -fPIC -Idriver/ndis -DNDIS_MINIPORT_DRIVER "-DNDIS${generation}_MINIPORT=1" -Wall \
		-Wextra -Werror "$@" "tests/miniports/$name.c" -o "$T/$name.so"
}

# json FILE EXPRESSION: evaluates a Python expression over `stat --json`: s the whole, p its first pool.
json() {
	"$P" stat "$1" --json >"$T/stat.json" || true
	python3 -c 'import json, sys
s = json.load(open(sys.argv[1]))
p = s["pools"][0] if s["pools"] else None
print(eval(sys.argv[2]))' "$T/stat.json" "$2"
}

# refused STATUS TEXT ARG...: refnic ends with the status and one line on stderr that holds the text.
refused() {
	local status=$1 says=$2
	shift 2
	run "-$status" --separate-stderr "$R" "$@"
	# shellcheck disable=SC2154
	echo "$stderr"
	[ -z "$output" ]
	[ "$(wc -l <<<"$stderr")" = 1 ]
	[[ $stderr == *"$says"* ]]
}

@test "the reference page's declaration and definition compile, in either generation" {
	build page 60
	build page 51
}

@test "names of the published reference that few drivers need do what is published" {
	build names6 60 -DDBG=1 -Wno-unknown-pragmas
	run -0 --separate-stderr "$R" --miniport "$T/names6.so" --clock virtual --for 100ms
	[[ $output == *"0 violations"* ]]
	[[ $stderr == *"names6: wide one text 123456789abcdef 7"* ]]
	[[ $stderr == *"names6: 1 restarts"* ]]
	[[ $stderr != *"not as published"* ]]
	run -0 "$R" --miniport "$T/names6.so" --for 50ms
	[[ $output == *"0 violations"* ]]
	build names5 51
	run --separate-stderr "$R" --miniport "$T/names5.so" --clock virtual --for 100ms
	# Its one frame is its own, and not what the traffic sent.
	[ "$status" = 1 ]
	[[ $output == *" 1 indicated (1 as RESOURCES)"* ]]
	[[ $output == *"1 payload errors, 0 violations"* ]]
	[ -z "$stderr" ] || [[ $stderr != *"not as published"* ]]
}

@test "headers that are installed are enough" {
	make -s -o "$BUILD/refnic" -o "$BUILD/poolscope" BUILD="$BUILD" install DESTDIR="$T/root" PREFIX=/usr
	cc -shared -fPIC -I"$T/root/usr/include/poolscope/ndis" -DNDIS_MINIPORT_DRIVER \
		-DNDIS60_MINIPORT=1 -Wall -Wextra -Werror tests/miniports/async6.c -o "$T/async6.so"
	run -0 "$R" --miniport "$T/async6.so" --for 50ms
}

@test "a miniport that only allocates runs for its time and leaves nothing" {
	build async6
	run -0 "$R" --miniport "$T/async6.so" --clock virtual --for 2s -o "$T/x.db"
	[[ $output == *" 0 live;"* ]]
	[[ $output == *"0 violations"* ]]
	[ "$(json "$T/x.db" '(len(s["pools"]), p["name"], p["generation"])')" = "(1, 'async6', 6)" ]
	[ "$(json "$T/x.db" 'p["requested"] == p["completed"] == p["freed"] == p["lead_ns"]["count"] > 100')" = True ]
	[ "$(json "$T/x.db" '(p["live_blocks"], p["pending"], p["violations"])')" = "(0, 0, 0)" ]
}

@test "what the host cannot know is NULL, and every view says so" {
	build async6
	"$R" --miniport "$T/async6.so" --clock virtual --for 1s -o "$T/x.db"
	[ "$(json "$T/x.db" '[p[k] for k in ("marks", "available", "available_now", "total", "buffer_bytes", "low_crossings", "identity")]')" = \
		"[None, None, None, None, None, None, None]" ]
	[ "$(json "$T/x.db" 'p["audit"]["ok"] and p["audit"]["checked"] > 5')" = True ]
	run -0 "$P" stat "$T/x.db"
	[[ $output == *"marks        unknown"* ]]
	[[ $output =~ blocks\ +([0-9]+)\ granted\ on\ request,\ ([0-9]+)\ of\ them\ freed\;\ 0\ live ]]
	[ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
	[[ $output == *"available    unknown"* ]]
	[[ $output == *"identity     not applicable"* ]]
	[ "$("$P" sql "$T/x.db" 'SELECT count(*) FROM event WHERE available IS NOT NULL OR total IS NOT NULL OR low IS NOT NULL')" = 0 ]
	[ "$("$P" sql "$T/x.db" 'SELECT count(*) FROM level WHERE available_min IS NOT NULL OR available_mean IS NOT NULL OR held_max IS NOT NULL')" = 0 ]
	[ "$("$P" sql "$T/x.db" "SELECT count(*) FROM allocation WHERE request = 0 AND outcome = 'used' AND reason = 'halt'")" = 1 ]
	[ "$("$P" sql "$T/x.db" "SELECT count(*) FROM allocation WHERE reason = 'shrink' AND life_ns > 0" )" -gt 10 ]
	for view in overview pool; do
		run -0 "$P" top --once --view "$view" --size 100x30 "$T/x.db"
		[[ $output == *async6* ]]
		[[ $output == *"available is unknown"*"requests pending"* ]]
		[[ $output != *4294967295* ]]
		[[ $output != *4.29G* ]]
	done
	run -0 "$P" top --once --view pool --chars ascii --size 100x30 "$T/x.db"
	[ "$(grep -c '|[ /]*/[ /]*//' <<<"$output")" -ge 3 ]
}

@test "a small receiving miniport is recorded with takes, returns, hold times and drops" {
	build receive6
	run -0 "$R" --miniport "$T/receive6.so" --clock virtual --for 2s --traffic burst:rate=100k -o "$T/x.db"
	[[ $output == *"0 DMA faults, 0 payload errors, 0 violations"* ]]
	[ "$(json "$T/x.db" 'p["taken"] == p["returned"] + p["resources"] > 10000')" = True ]
	[ "$(json "$T/x.db" '(p["requested"], p["completed"], p["freed"], p["held"])')" = "(1, 1, 1, 0)" ]
	[ "$(json "$T/x.db" 'p["hold_ns"]["count"] == p["returned"] and p["dropped"] > 0')" = True ]
	[ "$(json "$T/x.db" 'p["audit"]["ok"]')" = True ]
	[ "$("$P" sql "$T/x.db" "SELECT group_concat(length_bytes) FROM (SELECT length_bytes FROM allocation WHERE request = 0 AND freed_ns - completed_ns > 1900000000 ORDER BY 1)")" = 4104,262144 ]
}

@test "a miniport of NDIS 5 that only allocates" {
	build async5 51
	run -0 "$R" --miniport "$T/async5.so" --ndis 5 --clock virtual --for 1s -o "$T/x.db"
	[[ $output == *"0 violations"* ]]
	[ "$(json "$T/x.db" '(p["generation"], p["requested"] == p["completed"] == p["freed"] > 50)')" = "(5, True)" ]
	[ "$("$P" sql "$T/x.db" "SELECT count(DISTINCT irql) FROM event WHERE kind = 'alloc_complete' AND request > 0")" = 2 ]
}

@test "faults reach a miniport from outside, and are recorded" {
	build async6
	run -0 "$R" --miniport "$T/async6.so" --clock virtual --for 1s --fail refuse:p=0.2 --fail null:p=0.2 -o "$T/x.db"
	[ "$(json "$T/x.db" 'p["refused"] > 0 and p["failed"] > 0 and p["requested"] == p["refused"] + p["failed"] + p["completed"]')" = True ]
	[ "$(json "$T/x.db" 'p["audit"]["ok"]')" = True ]
}

@test "a miniport with a pool of its own gets no second one" {
	build own_pool6 60 -Itracer
	run -0 "$R" --miniport "$T/own_pool6.so" --clock virtual --for 200ms -o "$T/x.db"
	[ "$(json "$T/x.db" '[q["name"] for q in s["pools"]]')" = "['own']" ]
}

@test "what a miniport leaves behind is a broken rule, and live in the record" {
	build leak6
	run -1 "$R" --miniport "$T/leak6.so" --clock virtual --for 100ms -o "$T/x.db"
	[[ $output == *"R50"* ]]
	[[ $output =~ R50,\ [0-9]+\ times\;\ the\ first\ after\ 0\.[0-9]+\ s,\ in\ Mini|R50,\ [0-9]+\ times\;\ the\ first\ after\ 0\.[0-9]+\ s,\ outside ]]
	[ "$(json "$T/x.db" 'p["live_blocks"] > 1 and p["freed"] == 0 and p["violations"] > 0')" = True ]
}

@test "several adapters of one miniport have a pool each" {
	build async6
	run -0 "$R" --miniport "$T/async6.so" --adapters 3 --clock virtual --for 200ms -o "$T/x.db"
	[ "$(json "$T/x.db" '[q["name"] for q in s["pools"]]')" = "['async6', 'async6-1', 'async6-2']" ]
}

@test "a crash names the function, dies by its signal, and leaves what was recorded" {
	build crash6
	run -139 --separate-stderr bash -c "exec '$R' --miniport '$T/crash6.so' --for 10s"
	[[ $stderr == "refnic: $T/crash6.so crashed in a timer function: SIGSEGV"* ]]
	run "$P" record -o "$T/x.db" --for 20s -- "$R" --miniport "$T/crash6.so"
	[ "$status" = 4 ]
	[[ $output == *"crashed in a timer function: SIGSEGV"* ]]
	[ "$(json "$T/x.db" '(p["name"], p["completed"] >= 8, p["freed"], s["trace"]["lost"])')" = "('crash6', True, 1, 0)" ] ||
		[ "$(json "$T/x.db" '(p["name"], p["completed"] >= 8, p["freed"], s["trace"]["lost"])')" = "('crash6', True, 0, 0)" ]
	[ "$(json "$T/x.db" 's["trace"]["ended"]')" = "program died" ]
}

@test "real tracepoints say the same of a miniport from outside" {
	build async6
	run -0 "$P" record -o "$T/x.db" --for 20s -- "$R" --miniport "$T/async6.so" --for 500ms
	[ "$(json "$T/x.db" '(p["marks"], p["available"], p["identity"], s["trace"]["complete"])')" = "(None, None, None, True)" ]
	[ "$(json "$T/x.db" 'p["requested"] == p["completed"] == p["freed"] > 10 and p["audit"]["ok"]')" = True ]
}

@test "--ndis must be what the miniport registers as" {
	build async6
	refused 2 "async6.so: the driver registered as NDIS 6, not as NDIS 5" --miniport "$T/async6.so" --ndis 5
}

@test "a file that is no miniport says why in one line" {
	build no_entry
	refused 3 "no_entry.so: has no DriverEntry" --miniport "$T/no_entry.so"
	build unresolved 60 -DMISSING=NdisMNobodyKnowsThis
	refused 3 "unresolved.so: needs NdisMNobodyKnowsThis, which ndis.h does not offer" --miniport "$T/unresolved.so"
	build unresolved 60 -DMISSING=poolscope_nobody_knows_this
	refused 3 "needs poolscope_nobody_knows_this, which poolscope.h does not offer" --miniport "$T/unresolved.so"
	build unresolved 60 -DMISSING=my_own
	refused 3 "needs my_own, which no header of Poolscope declares" --miniport "$T/unresolved.so"
	refused 3 "$T/nothing.so: cannot be read" --miniport "$T/nothing.so"
	echo text >"$T/text.so"
	refused 3 "text.so: is not a shared object" --miniport "$T/text.so"
	refused 3 "cannot be loaded" --miniport "$R"
}

@test "a start that fails says which call was refused, and why" {
	build wrong6 60 -DNO_REGISTRATION
	refused 1 "wrong6.so: DriverEntry returned SUCCESS without registering a miniport" --miniport "$T/wrong6.so"
	build wrong6 60 -DWRONG_TYPE
	refused 1 "DriverEntry failed: NDIS_STATUS_BAD_CHARACTERISTICS (0xc0010005); NdisMRegisterMiniportDriver: Header.Type is not" \
		--miniport "$T/wrong6.so"
	build wrong6 60 -DNO_ATTRIBUTES
	refused 1 "NDIS_STATUS_NOT_SUPPORTED (0xc00000bb); NdisMRegisterScatterGatherDma: the adapter is no bus master until NdisMSetMiniportAttributes" \
		--miniport "$T/wrong6.so"
}

@test "a register touched as memory is named, with the place in the file" {
	build wrong6 60 -DTOUCHES_WINDOW -g
	run -139 --separate-stderr bash -c "exec '$R' --miniport '$T/wrong6.so' --for 1s"
	[[ $stderr == *"crashed in MiniportInitializeEx: SIGSEGV at address 0x"*"a mapped register is no memory; use NdisReadRegisterUlong"* ]]
	offset=$(grep -o 'offset 0x[0-9a-f]*' <<<"$stderr" | cut -d' ' -f2)
	[[ $(addr2line -f -e "$T/wrong6.so" "$offset") == *ReadWindow* ]]
}

@test "a driver that calls exit() is named, and its status stays" {
	build wrong6 60 -DEXITS
	run -7 --separate-stderr "$R" --miniport "$T/wrong6.so" --for 1s
	[[ $stderr == "refnic: $T/wrong6.so called exit() in a timer function"* ]]
}

@test "frames that nobody heard are told apart from frames that found no buffer" {
	build async6
	run -0 "$R" --miniport "$T/async6.so" --clock virtual --for 200ms
	sent=$(sed -n 's/^frames *\([0-9]*\) sent.*/\1/p' <<<"$output")
	[ "$sent" -gt 100 ]
	[[ $output == *"lost        $sent frames: the receiver was off"* ]]
	[[ $output != *"no descriptor"* ]]
	build receive6
	run -0 "$R" --miniport "$T/receive6.so" --clock virtual --for 1s --traffic burst:rate=100k
	[[ $output == *"frames: no descriptor was free"* ]]
	[[ $output != *"receiver was off"* ]]
}

@test "payload errors are counted and explained" {
	build spoil6
	run -1 "$R" --miniport "$T/spoil6.so" --clock virtual --for 100ms --traffic constant:rate=10k
	[[ $output =~ payload\ +[0-9]+\ indicated\ frames\ were\ not\ as\ sent\ on\ the\ wire ]]
}
