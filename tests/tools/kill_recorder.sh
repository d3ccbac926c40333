#!/bin/bash
# SPDX-License-Identifier: MIT
# kill_recorder.sh POOLSCOPE REFNIC DIR KILLS: one recording whose recorder gets SIGKILL that many times, at
# random instants, and is taken up again each time.  Fails unless in the end every event is there once.
# SEED makes the instants the same again.
set -u
P=$1 R=$2 dir=$3 kills=$4
RANDOM=${SEED:-$$}
db=$dir/killed.db
fail() {
	echo "kill_recorder: $1 (SEED=$seed)"
	exit 1
}
seed=${SEED:-$$}
RANDOM=$seed

"$P" record -q -o "$db" -- "$R" --traffic burst:rate=20k --seed 7 2>"$dir/err" >"$dir/out" 3>&- &
recorder=$!
# Before it has written down what it is going to start there is nothing to take up.
until [ -s "$db" ]; do sleep 0.01; done

landed=0
for ((i = 0; i < kills; i++)); do
	sleep "0.$(printf '%03d' $((RANDOM % 700)))"
	if [ "$i" = 0 ]; then # the first kill finds a recording that has begun, so that there is one
		until [ "$(sqlite3 "file:$db?mode=ro" 'SELECT count(*) FROM event' 2>/dev/null || echo 0)" -gt 0 ]; do
			sleep 0.05
		done
	fi
	kill -KILL "$recorder" 2>/dev/null && landed=$((landed + 1))
	wait "$recorder" 2>/dev/null
	if [ -s "$db" ]; then
		cp "$db" "$dir/look.db"
		[ -e "$db-wal" ] && cp "$db-wal" "$dir/look.db-wal"
		[ "$(sqlite3 "$dir/look.db" 'PRAGMA integrity_check')" = ok ] || fail "kill $i: the file is not whole"
		rm -f "$dir"/look.db*
	fi
	"$P" record -q --resume "$db" 2>>"$dir/err" 3>&- &
	recorder=$!
done
[ "$landed" = "$kills" ] || fail "only $landed of $kills kills found a recorder"

# The program ends in order now, and the last recorder with it.
until pkill -INT -f "^$R --traffic burst:rate=20k --seed 7\$"; do
	kill -0 "$recorder" 2>/dev/null || fail "the program has gone: $(tail -n 1 "$dir/err")"
	sleep 0.1
done
status=0
wait "$recorder" || status=$?
[ "$status" = 0 ] || fail "status $status: $(cat "$dir/err")"

got=$(sqlite3 "$db" "SELECT count(*), max(seq) + 1, count(DISTINCT seq), (SELECT count(*) FROM event WHERE kind = 'pool_close'),
	(SELECT coalesce(sum(events), 0) FROM loss), (SELECT value FROM meta WHERE key = 'ended') FROM event WHERE pool = 0")
n=${got%%|*}
[ "$got" = "$n|$n|$n|1|0|complete" ] || fail "events, seqs, different seqs, closes, lost, end: $got"
[ "$(sqlite3 "$db" 'SELECT count(*) FROM pool')" = 1 ] || fail "more than one pool"
[ "$(sqlite3 "$db" 'PRAGMA integrity_check')" = ok ] || fail "the file is not whole"
echo "$kills kills, $n events, 0 lost, 0 double"
