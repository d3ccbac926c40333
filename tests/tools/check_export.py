#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""check_export.py csv|jsonl TABLE DB EXPORT: the export says what the database's view says.
check_export.py chrome DB EXPORT: a whole trace whose slices nest and whose counts are the database's."""
import collections
import csv
import json
import sqlite3
import sys


def view_rows(db, table):
    order = {"event": "id", "loss": "rowid", "allocation": "1"}
    where, by = "", order.get(table, "pool, start_ns")
    if table in ("level", "lead", "hold"):
        where = "WHERE width_ns = 1 << 23"
    cursor = db.execute(f"SELECT * FROM {table} {where} ORDER BY {by}" if table != "allocation"
                        else "SELECT * FROM allocation")
    names = [d[0] for d in cursor.description]
    if table == "loss":
        names = [n for n in names if n != "id"]
        cursor = db.execute(f"SELECT {', '.join(names)} FROM loss ORDER BY id")
    return names, cursor


def same(wanted, text):
    if wanted is None:
        return text == ""
    if isinstance(wanted, float):
        return abs(float(text) - wanted) <= 1e-12 * abs(wanted)
    return str(wanted) == text


def check_csv(table, db, path):
    names, rows = view_rows(db, table)
    raw = open(path, "rb").read()
    assert raw.endswith(b"\r\n"), "lines end as RFC 4180 says"
    reader = csv.reader(open(path, newline="", encoding="utf-8", errors="surrogateescape"))
    assert next(reader) == names
    nr = 0
    for wanted, got in zip(rows, reader, strict=True):
        assert len(got) == len(names)
        for name, w, g in zip(names, wanted, got):
            assert same(w, g), (nr, name, w, g)
        nr += 1
    return nr


def check_jsonl(table, db, path):
    names, rows = view_rows(db, table)
    nr = 0
    for wanted, line in zip(rows, open(path, encoding="utf-8"), strict=True):
        got = json.loads(line)
        if table == "event" and isinstance(got.get("buffers"), list):
            got["buffers"] = json.dumps(got["buffers"], separators=(",", ":"))
        wanted = {n: w for n, w in zip(names, wanted) if w is not None}
        assert set(got) == set(wanted), (nr, set(got) ^ set(wanted))
        for name, value in wanted.items():
            assert got[name] == value or abs(got[name] - value) <= 1e-12 * abs(value), (name, value)
        nr += 1
    return nr


def spans_nest(events):
    """Begins and ends of one track: each end belongs to the newest begin, and none is left."""
    tracks = collections.defaultdict(list)
    for e in events:
        if e["ph"] in "be":
            tracks[e["pid"], e["cat"], e["id"]].append(e)
    for key, track in tracks.items():
        free_at = None
        for begin, end in zip(track[::2], track[1::2], strict=True):
            assert (begin["ph"], end["ph"]) == ("b", "e"), key
            assert begin["name"] == end["name"] and begin["ts"] <= end["ts"], key
            assert free_at is None or begin["ts"] >= free_at, (key, begin, free_at)
            free_at = end["ts"]
    return len(tracks)


def check_chrome(db, path):
    trace = json.load(open(path, encoding="utf-8"))
    events = trace["traceEvents"]
    start = int(trace["otherData"]["start_ns"])
    one = lambda sql: db.execute(sql).fetchone()[0]
    assert start == one("SELECT start_ns FROM progress")
    count = collections.Counter((e["ph"], e["name"]) for e in events)
    assert count["b", "lead"] == count["e", "lead"] == one(
        "SELECT count(*) FROM allocation WHERE requested_ns IS NOT NULL AND outcome IS NOT 'refused'")
    assert count["b", "life"] == one(
        "SELECT count(*) FROM allocation WHERE completed_ns IS NOT NULL AND block IS NOT NULL"
        " AND (outcome = 'used' OR freed_ns IS NOT NULL)")
    for name, kind in {"drop": "rx_drop", "refused": "alloc_refused", "violation": "violation"}.items():
        assert count["i", name] == one(f"SELECT count(*) FROM event WHERE kind = '{kind}'"), name
    assert count["i", "RESOURCES"] == one(
        "SELECT count(*) FROM event WHERE kind = 'rx_take' AND resources > 0")
    assert count["i", "fallback on"] + count["i", "fallback off"] == one(
        "SELECT count(*) FROM event WHERE kind = 'fallback'")
    assert count["i", "loss"] == one("SELECT count(*) FROM loss")
    assert count["M", "process_name"] == one("SELECT count(*) FROM pool")
    spans_nest(events)
    # Times are exact: "ts" in microseconds has all nanoseconds.
    leads = sorted(round((e["ts"]) * 1000) for e in events if (e["ph"], e["name"]) == ("b", "lead"))
    wanted = sorted(ns - start for (ns,) in db.execute(
        "SELECT requested_ns FROM allocation WHERE requested_ns IS NOT NULL AND outcome IS NOT 'refused'"))
    assert leads == wanted
    # The newest counter before each tick is what the tick says.
    for pool, seq, ns, available, total, pending in db.execute(
            "SELECT pool, seq, ts_ns, available, total, pending FROM event"
            " WHERE kind = 'tick' AND total IS NOT NULL ORDER BY id"):
        at = (pool + 1, ns - start)
        levels = counters(events, at[0])
        for name, value in (("buffers", {"available": available, "held": total - available}),
                            ("total", {"buffers": total}), ("pending", {"requests": pending})):
            assert value in newest(levels[name], at[1]), (at, name, value)
    return len(events)


CACHE = {}


def counters(events, pid):
    if pid not in CACHE:
        CACHE[pid] = collections.defaultdict(list)
        for e in events:
            if e["ph"] == "C" and e["pid"] == pid:
                CACHE[pid][e["name"]].append((round(e["ts"] * 1000), e["args"]))
    return CACHE[pid]


def newest(samples, ns):
    """What a counter was at a time: all its values of that nanosecond, or the last one before."""
    import bisect
    times = [t for t, _ in samples] if not isinstance(samples, tuple) else samples
    last = bisect.bisect_right(times, ns)
    first = bisect.bisect_left(times, ns)
    return [args for _, args in samples[max(first - 1, 0):last]]


if __name__ == "__main__":
    if sys.argv[1] == "chrome":
        database = sqlite3.connect(f"file:{sys.argv[2]}?mode=ro", uri=True)
        print(check_chrome(database, sys.argv[3]))
    else:
        database = sqlite3.connect(f"file:{sys.argv[3]}?mode=ro", uri=True)
        database.text_factory = lambda b: b.decode("utf-8", "surrogateescape")
        check = check_csv if sys.argv[1] == "csv" else check_jsonl
        print(check(sys.argv[2], database, sys.argv[4]))
