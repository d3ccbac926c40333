#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""compare_trace.py DATABASE TRACE_DIR: is the database what an independent reading of the trace says?

Compares the number of events of each kind, each request's lead time, where the blocks
were, and each pool's last `available`.
Prints each difference; exit status 1 when there is one.
"""
import json
import os
import sqlite3
import subprocess
import sys

reader = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_trace.py")
trace = json.loads(subprocess.check_output(["/usr/bin/python3", reader, sys.argv[2]]))
db = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)

kinds = dict(db.execute("SELECT kind, count(*) FROM event GROUP BY kind"))
leads = {}
for pool, request, lead in db.execute(
        "SELECT pool, request, lead_ns FROM allocation WHERE request > 0 AND lead_ns IS NOT NULL"):
    leads.setdefault(str(pool), {})[str(request)] = lead
blocks = [list(row) for row in db.execute(
    "SELECT pool, seq, block, va, pa, length_bytes, buffers FROM event"
    " WHERE kind IN ('alloc_complete', 'block_free') ORDER BY pool, seq")]
available = {
    str(pool): value for pool, value in db.execute(
        "SELECT pool, available FROM event e WHERE available IS NOT NULL AND seq ="
        " (SELECT max(seq) FROM event WHERE pool = e.pool AND available IS NOT NULL)")}

different = False
for name, ours, theirs in (("events of each kind", kinds, trace["kinds"]),
                           ("lead times", leads, trace["lead_ns"]),
                           ("blocks", blocks, trace["blocks"]),
                           ("last available", available, trace["available"])):
    if ours != theirs:
        different = True
        print(f"{name}: the database says {str(ours)[:500]}, the trace {str(theirs)[:500]}")
print(f"compared {sum(kinds.values())} events, {sum(map(len, leads.values()))} lead times")
sys.exit(different)
