#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# poolscope report: one page, whole without a network, whatever the recording says.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	"$BUILD/refnic" --clock virtual --seed 3 --for 3s --adapters 2 --traffic burst:rate=200k --fail null:p=0.2 \
		-o "$BATS_FILE_TMPDIR/v.db" >/dev/null
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	BUILD=$(realpath "${BUILD:-build}")
	P=$BUILD/poolscope
	T=$BATS_TEST_TMPDIR
	V=$BATS_FILE_TMPDIR/v.db
}

# Elements are closed in order, nothing is fetched, nothing runs.
well_formed() {
	python3 - "$1" <<-'END'
		import html.parser, sys
		void = {'meta', 'br', 'link', 'img', 'input', 'hr'}
		loose = {'p', 'td', 'th', 'tr', 'dt', 'dd', 'body', 'html', 'head'}
		class P(html.parser.HTMLParser):
		    stack = []
		    def handle_starttag(self, tag, attrs):
		        assert tag not in ('script', 'iframe', 'link', 'img', 'object'), tag
		        for name, value in attrs:
		            assert not name.startswith('on'), name
		            if name in ('src', 'href', 'xlink:href'):
		                assert value.startswith('#'), value
		        if tag not in void and tag not in loose:
		            self.stack.append(tag)
		    def handle_endtag(self, tag):
		        if tag in loose or tag in void:
		            return
		        assert self.stack and self.stack.pop() == tag, (tag, self.getpos())
		p = P()
		text = open(sys.argv[1], encoding='utf-8').read()
		p.feed(text)
		assert not p.stack, p.stack
		assert text.startswith('<!DOCTYPE html>') and 'url(' not in text.replace('url(#', '') and '@import' not in text
	END
}

pictures() {
	grep -c '^<svg' "$1"
}

@test "summary, pictures, tables, settings and worst moments of every pool" {
	run -0 "$P" report "$V" -o "$T/r.html"
	[ -z "$output" ]
	well_formed "$T/r.html"
	[ "$(pictures "$T/r.html")" = 20 ]
	[ "$(grep -c '<h3>Worst moments' "$T/r.html")" = 2 ]
	# The worst lead is the one that SQL finds.
	worst=$(sqlite3 "$V" 'SELECT request FROM allocation WHERE pool = 0 ORDER BY lead_ns DESC LIMIT 1')
	grep -A1 '<th>requested at' "$T/r.html" | grep -q . && grep -m1 -A1 'dropped meanwhile' "$T/r.html" >"$T/first"
	grep -q "<td>$worst<td>" "$T/first"
	taken=$(sqlite3 "$V" 'SELECT taken FROM summary WHERE pool = 0')
	grep -q "<dd>$taken taken, " "$T/r.html"
	grep -q '<td>schema<td class=text>' "$T/r.html"
}

@test "of one pool, of a part of the time, on standard output, without pictures" {
	run -0 --separate-stderr "$P" report "$V" --pool 1 --from 1s --to 2s -o -
	echo "$output" >"$T/r.html"
	well_formed "$T/r.html"
	[ "$(pictures "$T/r.html")" = 10 ]
	run ! grep -q '<h2 class=first>Pool 0' "$T/r.html"
	run -0 "$P" report "$V" --no-pictures -o "$T/n.html"
	well_formed "$T/n.html"
	[ "$(grep -c '<svg' "$T/n.html")" = 0 ]
}

@test "which marks to set: what tune says, with the pictures that say why" {
	run -0 "$P" report "$V" --pool 1 -o "$T/r.html"
	# The marks are those of tune.
	marks=$("$P" tune "$V" --pool 1 --json | python3 -c 'import json, sys
m = json.load(sys.stdin)["pools"][0]["recommend"][0]["marks"]
print(", ".join(f"{k} {m[k]}" for k in ("base", "block", "low", "high", "limit")))')
	grep -q "<p>$marks: " "$T/r.html"
	for words in 'How many buffers were taken at most' 'The burst that decides' 'What memory buys' \
		'A wider gap' 'What low each block of time needs' 'leads all half, all twice the longest'; do
		[ "$(grep -c "$words" "$T/r.html")" = 1 ]
	done
	# Readable without colour: what each line is, is said beside it.
	for line in 'steepest rise' "low [0-9]* is enough" 'asks from here on' 'frees below' 'fixed pools' clairvoyant; do
		grep -q ">$line<" "$T/r.html"
	done
	# Without a lead time there is nothing to show, and it says so.
	"$BUILD/refnic" --clock virtual --traffic poisson:rate=10k --for 2s -o "$T/p.db" >/dev/null
	run -0 "$P" report "$T/p.db" -o "$T/p.html"
	grep -q 'No request was recorded, so nobody knows how long one takes' "$T/p.html"
	[ "$(grep -c 'The burst that decides' "$T/p.html")" = 0 ]
}

@test "without gnuplot: one line, and all the rest" {
	mkdir "$T/bin"
	PATH=$T/bin run -0 "$P" report "$V" -o "$T/r.html"
	[ "$output" = "poolscope: report: without pictures: gnuplot is not installed; install it with: apt-get install gnuplot-nox" ]
	well_formed "$T/r.html"
	grep -q 'Pictures are missing: gnuplot' "$T/r.html"
	[ "$(grep -c '<h3>Worst moments' "$T/r.html")" = 2 ]
}

@test "names from a recording do nothing in the page, nor in gnuplot" {
	cp "$V" "$T/x.db"
	# shellcheck disable=SC2016 # the backticks are the point
	sqlite3 "$T/x.db" "UPDATE pool SET name = '<script>x</script>\`touch $T/owned\`' || char(7);
		UPDATE meta SET value = '\"><img src=x onerror=y>' WHERE key = 'note'"
	run -0 "$P" report "$T/x.db" -o "$T/r.html"
	well_formed "$T/r.html"
	[ ! -e "$T/owned" ]
	grep -q '&lt;script&gt;' "$T/r.html"
}

@test "losses are told first, listed, and mark what they touch; status 4" {
	"$BUILD/tests/tools/makedb" "$T/l.db" --seed 1 --seconds 3 --rate 30000 --loss
	run -4 "$P" report "$T/l.db" -o "$T/r.html"
	well_formed "$T/r.html"
	grep -q 'class=bad>.* events were lost in' "$T/r.html"
	grep -q '<h2>Losses</h2>' "$T/r.html"
	grep -q '<dd>~ ' "$T/r.html"
	grep -q '<td>~ hold time<td>' "$T/r.html"
}

@test "a recording without a pool says so" {
	cp "$V" "$T/e.db"
	sqlite3 "$T/e.db" 'DELETE FROM pool'
	run -0 "$P" report "$T/e.db" -o "$T/r.html"
	well_formed "$T/r.html"
	grep -q 'No pool is in the recording' "$T/r.html"
}

@test "mistakes get one line" {
	run -2 "$P" report "$V"
	[[ $output == *"give -o FILE.html"* ]]
	touch "$T/there.html"
	run -2 "$P" report "$V" -o "$T/there.html"
	[ ! -s "$T/there.html" ]
	run -3 "$P" report "$V" --pool 7 -o "$T/r.html"
	[[ $output == *"there is no pool 7" ]]
	[ ! -e "$T/r.html" ]
	run -2 "$P" report "$V" --pool x -o "$T/r.html"
	run -2 "$P" report "$V" --from 2s --to 1s -o "$T/r.html"
	run -2 "$P" report "$V" --from yesterday -o "$T/r.html"
	run -3 "$P" report "$T/none.db" -o "$T/r.html"
	[ ! -e "$T/r.html" ]
}
