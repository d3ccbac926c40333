#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Does what `poolscope tune` recommends hold for traffic that it has not seen?

    advice.py [--build DIR] [--seeds N] [--first SEED] [--reruns N] [--for DUR] [--only WORD]
              [--short] [--by-traffic] [--jobs N] [--markdown] [--json FILE]

In each world (a traffic, a hold time, a lead time) the reference driver is recorded with bad marks,
`tune` says what to use, and the driver runs again with other seeds of the same world: with what is
recommended; as a fixed pool of the size that just loses nothing in the recording (static); and as one
with the cushion, too (static+).  Exit 1: what is recommended lost more often than it says it does, was
larger than static+, or came out beside what was printed too often.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

HOLDS = {"short": "lognormal:median=1ms,p99=10ms", "long": "lognormal:median=4ms,p99=20ms",
         "tail": "lognormal:median=200us,p99=2ms+pareto:min=20ms,cap=300ms,p=0.01"}
LEADS = {"fixed": "fixed:300us", "fast": "lognormal:median=200us,p99=600us", "exp": "exp:mean=1ms",
         "usual": "lognormal:median=2ms,p99=12ms", "pareto": "pareto:min=300us,alpha=1.5,cap=50ms",
         "slow": "lognormal:median=30ms,p99=100ms"}
TRAFFIC = [("constant:rate=30k", "long"), ("poisson:rate=10k", "short"), ("poisson:rate=50k", "tail"),
           ("burst:rate=50k", "long"), ("burst:rate=20k,on=20ms,off=80ms", "short"),
           ("burst:rate=30k,on=1s,off=4s,idle=2k", "tail"), ("mmpp:rate=30k", "short"),
           ("mmpp:rate=20k,ratio=5,high=300ms,low=700ms", "long"), ("pareto:rate=30k", "short"),
           ("incast:rate=30k", "short"), ("incast:rate=20k,senders=64,frames=20", "long"),
           ("tcp:rate=20k", "short")]
# One of each sort, of little traffic: for every run of the tests.
SHORT = [("burst:rate=60k", "long", "fast"), ("burst:rate=20k,on=20ms,off=80ms", "short", "slow"),
         ("mmpp:rate=20k", "short", "usual"), ("incast:rate=20k", "short", "exp"),
         ("poisson:rate=20k", "short", "fast")]
BAD = {"low": 4, "block": 1, "high": 64, "limit": 65536, "reserve": 2, "base": 16}


class World:
    def __init__(self, traffic, hold, lead):
        self.traffic, self.hold, self.lead = traffic, hold, lead
        self.name = f"{traffic} {hold} {lead}"


def worlds_of(options):
    every = [World(t, h, lead) for t, h in TRAFFIC for lead in LEADS]
    if options.short:
        every = [World(*w) for w in SHORT]
    return [w for w in every if options.only in w.name]


class Bench:
    """One world and seed: where its files are, and how its programs run."""

    def __init__(self, options, world, folder):
        self.options, self.world, self.folder = options, world, folder

    def drive(self, seed, marks, name):
        db = os.path.join(self.folder, name + ".db")
        w = self.world
        argv = [os.path.join(self.options.build, "refnic"), "--clock", "virtual", "--seed", str(seed),
                "--for", self.options.span, "--traffic", w.traffic, "--hold", HOLDS[w.hold],
                "--lead", LEADS[w.lead], "-o", db]
        for key in ("base", "block", "low", "high", "limit", "reserve", "max_pending", "shrink_ticks"):
            if key in marks:
                argv += ["--" + key.replace("_", "-"), str(marks[key])]
        subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
        return db

    def stat(self, db):
        out = subprocess.run([os.path.join(self.options.build, "poolscope"), "stat", "--json", db],
                             check=True, capture_output=True).stdout
        return json.loads(out)["pools"][0]

    def measure(self, seed, marks):
        db = self.drive(seed, marks, "rerun")
        pool = self.stat(db)
        os.unlink(db)
        return pool

    def tune(self, db):
        out = subprocess.run([os.path.join(self.options.build, "poolscope"), "tune", "--json", db],
                             capture_output=True)
        if out.returncode not in (0, 1):
            raise RuntimeError(f"tune: {out.returncode} {out.stderr.decode()}")
        return json.loads(out.stdout)["pools"][0]


def fixed(size):
    return {"base": size, "limit": size, "block": 1, "low": 3, "high": 5, "reserve": 2}


def missed(pool):
    return pool["dropped"] + pool["resources"]


def inside(value, interval):
    if interval is None:  # nothing is said
        return True
    return interval[0] - 0.5 <= value <= interval[1] + 0.5


def one(options, world, seed):
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, world, folder)
        said = bench.tune(bench.drive(seed, BAD, "bad"))
        if not said["recommend"]:
            return {"world": world.name, "seed": seed, "why": "no lead"}
        safe = said["recommend"][0]
        marks, predicted = safe["marks"], safe["predicted"]
        static = said["static"]["marks"]["base"]
        cushioned = said["static_cushioned"]["marks"]["base"]
        out = {"world": world.name, "seed": seed, "marks": marks, "static": static,
               "cushioned": cushioned, "predicted": predicted, "max_held": said["max_held"],
               "validity": safe["validity"], "reruns": []}
        for k in range(options.reruns):
            other = seed + 1000 * (k + 1)
            got = bench.measure(other, marks)
            row = {"missed": missed(got), "mean": got["total"]["mean"], "peak": got["total"]["max"],
                   "taken": got["taken"], "static_missed": missed(bench.measure(other, fixed(static))),
                   "cushioned_missed": missed(bench.measure(other, fixed(cushioned))),
                   "mean_in": inside(got["total"]["mean"], predicted["mean_interval"]),
                   "requests_in": inside(got["requested"], predicted["requests_interval"]),
                   "frees_in": inside(got["freed"], predicted["frees_interval"]),
                   "peak_in": got["total"]["max"] <= marks["limit"],
                   "requests": got["requested"], "frees": got["freed"]}
            out["reruns"].append(row)
        return out


def summary(results):
    """Sums over the re-runs of one world, or of all."""
    rows = [(r, x) for r in results for x in r.get("reruns", [])]
    n = len(rows)
    if not n:
        return None
    return {"n": n, "lost": sum(x["missed"] > 0 for _, x in rows),
            "static_lost": sum(x["static_missed"] > 0 for _, x in rows),
            "cushioned_lost": sum(x["cushioned_missed"] > 0 for _, x in rows),
            "mean": sum(x["mean"] / r["static"] for r, x in rows) / n,
            "mean_cushioned": sum(x["mean"] / r["cushioned"] for r, x in rows) / n,
            "peak": max(x["peak"] / r["static"] for r, x in rows),
            "peak_cushioned": max(x["peak"] / r["cushioned"] for r, x in rows),
            "above": sum(x["mean"] > r["cushioned"] or x["peak"] > r["cushioned"] for r, x in rows),
            **{k: sum(bool(x[k]) for _, x in rows) for k in ("mean_in", "peak_in", "requests_in", "frees_in")}}


HEAD = ("traffic, hold, lead", "re-runs", "lost", "static lost", "static+ lost", "mean / static",
        "mean / static+", "peak / static+", "mean in", "peak in", "req. in", "frees in")


def cells(name, s):
    return (name, s["n"], s["lost"], s["static_lost"], s["cushioned_lost"], f"{s['mean']:.3f}",
            f"{s['mean_cushioned']:.3f}", f"{s['peak_cushioned']:.3f}", s["mean_in"], s["peak_in"],
            s["requests_in"], s["frees_in"])


def show(values, markdown):
    if markdown:
        print("| " + " | ".join(str(v) for v in values) + " |", flush=True)
    else:
        print(f"{values[0]:58}" + " ".join(f"{v!s:>11}" for v in values[1:]), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=os.environ.get("BUILD", "build"))
    p.add_argument("--seeds", type=int, default=2)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--reruns", type=int, default=3)
    p.add_argument("--for", dest="span", default="20s")
    p.add_argument("--only", default="")
    p.add_argument("--short", action="store_true")
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--by-traffic", action="store_true")
    p.add_argument("--markdown", action="store_true")
    p.add_argument("--json")
    options = p.parse_args()

    worlds, results = worlds_of(options), []
    if not worlds:
        p.error(f"--only {options.only}: there is no such world")
    show(HEAD, options.markdown)
    if options.markdown:
        show(["---"] * len(HEAD), True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        jobs = [[pool.submit(one, options, w, options.first + s) for s in range(options.seeds)]
                for w in worlds]
        line = []
        for i, (world, futures) in enumerate(zip(worlds, jobs)):
            line += [f.result() for f in futures]
            if options.by_traffic and i + 1 < len(worlds) and worlds[i + 1].traffic == world.traffic:
                continue
            s = summary(line)
            name = world.traffic if options.by_traffic else world.name
            show(cells(name, s) if s else (name, line[0]["why"]), options.markdown)
            results += line
            line = []
    show(cells("all", summary(results)), options.markdown)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump(results, f, indent=1)
    return judge(summary(results), options)


def judge(s, options):
    """The chance that is printed is 1 %; of few runs, one may have bad luck."""
    wrong = []
    if s["lost"] > 1 + 0.02 * s["n"]:
        wrong.append(f"{s['lost']} of {s['n']} re-runs lost something")
    if s["above"]:
        wrong.append(f"{s['above']} re-runs had more buffers than the fixed pool")
    for key in ("mean_in", "peak_in", "requests_in", "frees_in"):
        if s[key] < 0.95 * s["n"] - 1:
            wrong.append(f"{key}: {s[key]} of {s['n']}")
    for line in wrong:
        print(f"advice.py --first {options.first}: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
