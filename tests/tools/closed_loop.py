#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The loop closed: does the reference driver do what `tune` says of it?

    closed_loop.py POOLSCOPE REFNIC FOLDER [LOOPS [SEED]]

Each loop records the reference driver with generous marks under traffic that is drawn, tunes the
recording, and runs the driver with what is recommended twice: with the recorded packets (--verify),
and with packets and leads of another seed.  Only recordings of grade A count.  Prints how many of the
measured figures were inside what was predicted; fails when they are fewer than 93 %, or, of few, when
half are outside.  LOOP_FOR is how long each is recorded (12s).
"""
import json
import os
import random
import subprocess
import sys

FIGURES = ("missed", "mean", "peak", "requests", "frees")
MARKS = ("base", "block", "low", "high", "limit", "reserve")


def traffic(rng):
    rate = rng.choice((20, 40, 60))
    return rng.choice((
        f"burst:rate={rate}k,on={rng.randint(80, 400)}ms,off={rng.randint(100, 800)}ms",
        f"mmpp:rate={rate}k,high={rng.randint(20, 200)}ms,low={rng.randint(50, 400)}ms,ratio={rng.randint(2, 8)}",
        f"incast:rate={rate}k,senders={rng.randint(8, 64)},frames={rng.randint(2, 12)}",
        f"poisson:rate={rate}k"))


def options(rng):
    median, lead = rng.choice((1, 2, 4)), rng.choice((100, 200, 400))
    return ["--clock", "virtual", "--for", os.environ.get("LOOP_FOR", "12s"), "--traffic", traffic(rng),
            "--hold", f"lognormal:median={median}ms,p99={4 * median}ms",
            "--lead", f"lognormal:median={lead}us,p99={3 * lead}us", "--lead-probe", "100ms", "--reserve", "2"]


def run(*args):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, text=True)


def record(refnic, db, what, seed, marks):
    if os.path.exists(db):
        os.remove(db)
    args = [x for k, v in marks.items() for x in (f"--{k}", str(v))]
    done = run(refnic, *what, *args, "--seed", str(seed), "-o", db)
    if done.returncode:
        sys.exit(f"refnic {' '.join(what + args)}: {done.stderr}")


def inside(predicted, marks, pool):
    """As --verify judges: what is printed of an interval is what counts."""
    def within(value, interval, digit):
        return interval[0] - digit / 2 <= value <= interval[1] + digit / 2
    return {"missed": pool["dropped"] + pool["resources"] == 0,
            "mean": within(pool["total"]["mean"], predicted["mean_interval"], 0.1),
            "peak": pool["total"]["max"] <= marks["limit"],
            "requests": within(pool["requested"], predicted["requests_interval"], 1),
            "frees": within(pool["freed"], predicted["frees_interval"], 1)}


def loop(poolscope, refnic, folder, seed):
    """One loop; None when the recording is not of grade A, or too little of it is known."""
    rng = random.Random(seed)
    what, a, b = options(rng), os.path.join(folder, "a.db"), os.path.join(folder, "b.db")
    record(refnic, a, what, 2 * seed,
           {"base": 800, "block": 400, "low": 400, "high": 1200, "limit": 8192})
    done = run(poolscope, "tune", a, "--verify", "--json")
    if "nothing to verify" in done.stderr:
        return None
    said = json.loads(done.stdout)["pools"][0]
    safe = next((r for r in said["recommend"] if r["name"] == "safe"), None)
    if not safe or safe["validity"] != "A" or not safe["predicted"]["mean_interval"]:
        return None
    verified = said["verify"]
    what = [x for x in what if x not in ("--reserve", "2")]
    record(refnic, b, what, 2 * seed + 1, {k: safe["marks"][k] for k in MARKS})
    pool = json.loads(run(poolscope, "stat", b, "--json").stdout)["pools"][0]
    pool["freed"] = int(run(poolscope, "sql", b, "SELECT count(*) FROM allocation WHERE reason = 'shrink'")
                        .stdout.split()[-1])
    other = inside(safe["predicted"], safe["marks"], pool)
    if not all(other.values()) or not verified["inside"]:
        print(f"seed {seed}: {what[5]}: verify {verified}\n  predicted {safe['predicted']}\n"
              f"  other seed: {other}, mean {pool['total']['mean']:.1f}, requests {pool['requested']}, "
              f"frees {pool['freed']}", file=sys.stderr)
    return verified["figures_inside"], other


def main():
    poolscope, refnic, folder = sys.argv[1:4]
    loops = int(sys.argv[4]) if len(sys.argv) > 4 else 3
    first = int(sys.argv[5]) if len(sys.argv) > 5 else 1
    counts = [dict.fromkeys(FIGURES, 0), dict.fromkeys(FIGURES, 0)]
    counted = 0
    for seed in range(first, first + loops):
        found = loop(poolscope, refnic, folder, seed)
        if not found:
            continue
        counted += 1
        for count, one in zip(counts, found):
            for figure in FIGURES:
                count[figure] += one[figure]
    least = 0.93 if counted >= 40 else 0.5
    ok = counted >= loops / 2
    print(f"| figure | {counted} re-runs with the recorded packets | {counted} runs with another seed |")
    print("| --- | --- | --- |")
    for figure in FIGURES:
        print(f"| {figure} | {counts[0][figure]} inside | {counts[1][figure]} inside |")
        ok &= counts[0][figure] >= least * counted and counts[1][figure] >= least * counted
    if not ok:
        sys.exit(f"of {loops} recordings {counted} are of grade A; predictions hold less often than they say")


if __name__ == "__main__":
    main()
