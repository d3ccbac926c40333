#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The what-if semantics of docs/tuning.md, written down once more: slow, simple, and on its own.

    what_if.py DEMAND.csv base=4,block=2,low=1,high=8,limit=40 (fixed:NS | file:LEADS.csv)

prints the figures as one JSON object.  With --compare POOLSCOPE FILE N SEED it makes N random
demands and marks and says where `poolscope tune --what-if` answers otherwise.
"""
import json
import os
import random
import subprocess
import sys
from fractions import Fraction


def events_of(rows):
    """(time, 'take'|'return', packet), at equal times returns first; a packet that is held for no
    time comes back right behind its take."""
    takes = sorted(range(len(rows)), key=lambda i: (rows[i][0], i))
    returns = sorted((i for i in takes if rows[i][1] > 0),
                     key=lambda i: (rows[i][0] + rows[i][1], takes.index(i)))
    out = []
    while takes or returns:
        if returns and (not takes or sum(rows[returns[0]]) <= rows[takes[0]][0]):
            i = returns.pop(0)
            out.append((sum(rows[i]), "return", i))
        else:
            i = takes.pop(0)
            out.append((rows[i][0], "take", i))
            if rows[i][1] == 0:
                out.append((rows[i][0], "return", i))
    return out


class Pool:
    def __init__(self, marks, lead):
        self.m = marks
        self.lead = lead
        self.blocks = [[marks["base"], 0]]  # size and held; the base block first
        self.due = []
        self.last_due = None
        self.home = {}  # packet -> its block
        self.now = None
        self.area = 0
        self.out = {"lost": 0, "resources": 0, "requests": 0, "frees": 0}
        self.peak = marks["base"]

    def total(self):
        return sum(size for size, _ in self.blocks)

    def available(self):
        return sum(size - held for size, held in self.blocks)

    def move_to(self, t):
        if self.now is not None:
            self.area += self.total() * (t - self.now)
        self.now = t

    def act(self):
        m, b = self.m, self.m["block"]
        while (len(self.due) < m["max_pending"]
               and self.available() + b * len(self.due) <= m["low"]
               and self.total() + b * (len(self.due) + 1) <= m["limit"]):
            due = self.now + self.lead(self.out["requests"])
            if self.last_due is not None:
                due = max(due, self.last_due)  # nothing overtakes
            self.last_due = due
            self.due.append(due)
            self.out["requests"] += 1
        while self.available() >= m["high"]:
            idle = [x for x in self.blocks[1:] if x[1] == 0]
            if not idle:
                break
            for at in range(len(self.blocks) - 1, 0, -1):
                if self.blocks[at] is idle[-1]:
                    del self.blocks[at]
                    break
            self.out["frees"] += 1

    def complete_until(self, t):
        while self.due and self.due[0] <= t:
            self.move_to(self.due.pop(0))
            self.blocks.append([self.m["block"], 0])
            self.peak = max(self.peak, self.total())
            self.act()

    def take(self, packet):
        v = self.available()
        if v == 0:
            self.out["lost"] += 1
            return False
        if v - 1 < self.m["reserve"]:
            self.out["resources"] += 1
            return True
        block = next(x for x in self.blocks if x[1] < x[0])
        block[1] += 1
        self.home[packet] = block
        return True

    def give_back(self, packet):
        block = self.home.pop(packet, None)
        if block is None:
            return False
        block[1] -= 1
        return True

    def run(self, events):
        first = events[0][0]
        for t, kind, packet in events:
            self.complete_until(t)
            self.move_to(t)
            if self.take(packet) if kind == "take" else self.give_back(packet):
                self.act()
        span = events[-1][0] - first
        mean = float(Fraction(self.area, span)) if span else float(self.total())
        return dict(self.out, peak_buffers=self.peak, mean_buffers=mean)


def lead_of(spec):
    if spec.startswith("fixed:"):
        ns = int(spec[6:].removesuffix("ns"))
        return lambda k: ns
    with open(spec.removeprefix("file:")) as f:
        leads = [int(line) for line in f]
    return lambda k: leads[k % len(leads)]


def answer(rows, marks, spec):
    return Pool(marks, lead_of(spec)).run(events_of(rows))


def marks_of(text):
    marks = {"reserve": 0, "max_pending": 1, "limit": 2**31 - 1, "shrink_ticks": 0}
    marks.update((k, int(v)) for k, v in (pair.split("=") for pair in text.split(",")))
    return marks


def random_world(rng):
    rows, t = [], rng.randrange(3)
    burst, pause, tail = rng.randint(1, 6), rng.randint(1, 40), rng.randint(1, 200)
    for _ in range(rng.randint(1, 120)):
        rows.append((t, rng.randrange(12) + (rng.randrange(tail) if not rng.randrange(8) else 0)))
        t += rng.randrange(2) if rng.randrange(burst) else rng.randrange(pause)
    m = {"base": rng.randint(1, 12), "block": rng.randint(1, 5), "reserve": rng.choice((0, 0, 1, 3)),
         "max_pending": rng.choice((1, 1, 2, 9)), "shrink_ticks": 0}
    m["low"] = m["reserve"] + rng.randint(1, 6)
    m["high"] = m["low"] + m["block"] + rng.randint(1, 6)
    m["limit"] = rng.choice((m["base"], m["base"] + m["block"] * rng.randint(1, 30)))
    return rows, m


def compare(poolscope, folder, runs, seed):
    bad = 0
    for run in range(runs):
        rng = random.Random(seed * 1000003 + run)
        rows, marks = random_world(rng)
        csv, db, leads = (os.path.join(folder, x) for x in ("r.csv", "r.db", "leads.csv"))
        with open(csv, "w") as f:
            f.writelines(f"{a},{h}\n" for a, h in rows)
        with open(leads, "w") as f:
            f.writelines(f"{rng.randrange(30)}\n" for _ in range(rng.randint(1, 5)))
        if os.path.exists(db):
            os.unlink(db)
        spec = rng.choice((f"fixed:{rng.randrange(40)}ns", "file:" + leads))
        subprocess.run([poolscope, "import", "--demand", csv, "-o", db, "-q"], check=True)
        text = ",".join(f"{k}={v}" for k, v in marks.items())
        said = json.loads(subprocess.run(
            [poolscope, "tune", db, "--json", "--lead", spec, "--what-if", text],
            check=True, stdout=subprocess.PIPE).stdout)["pools"][0]["what_if"]
        right = answer(rows, marks, spec)
        wrong = [k for k, v in right.items()
                 if (abs(said[k] - v) > 1e-9 * max(1, v) if k == "mean_buffers" else said[k] != v)]
        if wrong:
            bad += 1
            print(f"run {run}: {text} {spec}: {wrong}: {right}, but it says {said}; rows {rows}")
    print(f"{runs} compared, {bad} differ")
    return bad


def main():
    if sys.argv[1] == "--compare":
        sys.exit(compare(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])) > 0)
    with open(sys.argv[1]) as f:
        rows = [tuple(map(int, line.split(","))) for line in f if line[0].isdigit()]
    print(json.dumps(answer(rows, marks_of(sys.argv[2]), sys.argv[3])))


if __name__ == "__main__":
    main()
