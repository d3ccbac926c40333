#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""read_trace.py TRACE_DIR: an independent reading of a CTF trace, for comparison with the database.

Prints JSON: the number of events of each kind, the lead time of each request in nanoseconds, where each
block was when it came and when it went, and the last value of `available`, each by pool.  Shares no code with Poolscope: it uses Babeltrace's Python
bindings and the trace alone.
"""
import json
import sys

import bt2


def main(path):
    kinds, leads, blocks, available, requested, last_seq = {}, {}, [], {}, {}, {}
    for message in bt2.TraceCollectionMessageIterator(path):
        if type(message) is not bt2._EventMessageConst:
            continue
        event = message.event
        if not event.name.startswith("poolscope:"):
            continue
        kind = event.name.split(":", 1)[1]
        payload = event.payload_field
        pool = int(payload["pool"])
        now = message.default_clock_snapshot.ns_from_origin
        kinds[kind] = kinds.get(kind, 0) + 1
        if kind == "alloc_request":
            requested[pool, int(payload["request"])] = now
        elif kind == "alloc_complete" and int(payload["request"]):
            lead = now - requested[pool, int(payload["request"])]
            leads.setdefault(str(pool), {})[str(int(payload["request"]))] = lead
        if kind in ("alloc_complete", "block_free"):
            blocks.append([pool, int(payload["seq"])] + [
                int(payload[name]) for name in ("block", "va", "pa", "length_bytes", "buffers")])
        if "available" in payload and last_seq.get(pool, -1) < int(payload["seq"]):
            last_seq[pool] = int(payload["seq"])
            available[str(pool)] = int(payload["available"])
    blocks.sort()
    json.dump({"kinds": kinds, "lead_ns": leads, "blocks": blocks, "available": available}, sys.stdout, sort_keys=True)
    print()


main(sys.argv[1])
