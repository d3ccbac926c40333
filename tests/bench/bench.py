#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""bench.py [PART...]: measures Poolscope on this machine and prints medians.

PARTS: cost (a tracepoint call absent, off, on, and LTTng-UST's own price), rate (the highest live rate
with nothing lost), lag (event to row), memory (the collector's peak), virtual (packets a second of the
reference driver in virtual time), threads (the same in real threads, with tracing absent, off, alloc and
all), stat (summary, gate and export of a file of more than 10 M events), import (a kept trace of 10 M events
beside Babeltrace alone; TRACE names one that is there), frames (the viewer's screens, queries included), screen (event to
screen, through a terminal, and what a live and an idle screen cost), tuner (its
tables and simulators on calm, bursty and lossy demands).  All of them without arguments.
BUILD names the build folder.  docs/benchmarks.md says what was measured where.
"""
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
POOLSCOPE = f"{BUILD}/poolscope"
EMIT = f"{BUILD}/tests/tools/emit"
BENCH = f"{BUILD}/tests/bench"
SOURCE = os.path.dirname(os.path.abspath(__file__))


def run(*argv):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def median(values):
    return statistics.median(values)


def record(folder, name, *program):
    """Records program; returns (stat, the collector's peak resident memory in MiB)."""
    db = f"{folder}/{name}.db"
    command = [POOLSCOPE, "record", "-q", "-o", db, "--", *program]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = 0
    while process.poll() is None:
        try:
            status = open(f"/proc/{process.pid}/status").read()
            peak = max(peak, int(re.search(r"VmHWM:\s+(\d+)", status).group(1)))
        except (OSError, AttributeError):
            pass
        time.sleep(0.02)
    return json.loads(run(POOLSCOPE, "stat", db, "--json")), peak / 1024


def cost(folder):
    """Paired: each line has all three cases, run one after another."""
    lines = {"off": run(f"{BENCH}/event_cost").split("\n")}
    lines["on"] = run(POOLSCOPE, "record", "-q", "-o", f"{folder}/cost.db", "--",
                      f"{BENCH}/event_cost").split("\n")
    for state, text in lines.items():
        rows = [[float(x) for x in re.findall(r"[\d.]+", line)] for line in text if line]
        absent, call, bare = (median(column) for column in zip(*rows))
        print(f"cost, tracing {state}: loop alone {absent:.2f} ns, with poolscope_rx_take {call:.2f} ns"
              f" (+{call - absent:.2f}), with the bare tracepoint {bare:.2f} ns (+{bare - absent:.2f})")
        if state == "on":
            ratios = [(c - a) / (b - a) for a, c, b in rows]
            print(f"cost, tracing on: {median(ratios):.3f} x a bare LTTng-UST event")


def keeps_up(folder, events_per_s):
    """One run of 8 s: nothing lost, and all stored within 1.8 s of its end (an idle one takes 1.2 s)."""
    start = time.monotonic()
    stat, _ = record(folder, "rate", EMIT, str(8 * events_per_s), str(events_per_s))
    wall = time.monotonic() - start
    for name in os.listdir(folder):
        os.unlink(f"{folder}/{name}")
    said = (stat["trace"]["end_ns"] - stat["trace"]["start_ns"]) / 1e9
    return stat["trace"]["lost"] == 0 and wall - said < 1.8 and said < 8.2


def rate(folder):
    """Goes up in steps of 250 k events/s until one of three runs does not keep up."""
    good = 0
    while all(keeps_up(folder, good + 250_000) for _ in range(3)):
        good += 250_000
    print(f"rate: {good} events/s live for 8 s with 0 lost and no backlog, three times out of three;"
          f" not {good + 250_000}")


def lag(folder):
    for events_per_s in (1_000, 100_000):
        results = []
        for attempt in range(3):
            db = f"{folder}/lag{events_per_s}-{attempt}.db"
            process = subprocess.Popen(
                [POOLSCOPE, "record", "-q", "-o", db, "--", EMIT, str(7 * events_per_s),
                 str(events_per_s)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(2)
            results.append([float(x) for x in re.findall(r"[\d.]+", run(f"{BENCH}/live_lag", db, "4")
                                                         .replace("p50", "").replace("p99", ""))])
            process.wait()
        p50, p99, worst = (median(column) for column in zip(*results))
        print(f"lag at {events_per_s} events/s: p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {worst:.0f} ms")


def memory(folder):
    for seconds in (2, 10, 30):
        stat, peak = record(folder, f"memory{seconds}", EMIT, str(200_000 * seconds), "200000")
        size = os.path.getsize(f"{folder}/memory{seconds}.db")
        events = stat["trace"]["events"]
        print(f"memory: {events} events in {seconds} s: peak {peak:.0f} MiB,"
              f" {size / events:.1f} bytes an event in the database")


REFNIC = f"{BUILD}/refnic"
# The driver's own cost: short frames, a pool that suffices, arrivals and hold times that are cheap to draw.
SMALL = ["--traffic", "poisson:rate=2M,bytes=64", "--hold", "exp:mean=200us",
         "--base", "1024", "--high", "1536", "--limit", "4096"]


def seconds(*argv):
    start = time.monotonic()
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def virtual(folder):
    """Wall time of whole runs, start and end included; one run is warm-up."""
    packets = 5_000_000
    for name, options in (("64 bytes", SMALL), ("defaults (512 bytes, log-normal hold)", [])):
        command = [REFNIC, "--clock", "virtual", "--seed", "7", "--packets", str(packets), *options]
        bare, recorded = [], []
        for attempt in range(6):
            db = f"{folder}/v{attempt}.db"
            bare.append(packets / seconds(*command))
            recorded.append(packets / seconds(*command, "-o", db))
            os.unlink(db)
        print(f"virtual, {name}: {median(bare[1:]) / 1e6:.2f} M packets/s,"
              f" with the direct sink {median(recorded[1:]) / 1e6:.2f} M packets/s")


def refnic_rate(*argv):
    """Frames a second that reached the stack, as refnic says itself: not what starting a recorder takes."""
    said = run(*argv)
    return int(re.search(r"(\d+) indicated", said).group(1)) / float(re.search(r"([\d.]+) s,", said).group(1))


def threads(folder):
    """More traffic than the threads can carry, so that what is measured is what they carry."""
    bare = f"{BUILD}/bare"
    subprocess.run(["make", "-s", f"BUILD={bare}", "CPPFLAGS=-DPOOLSCOPE_NONE", f"{bare}/refnic"],
                   check=True, stdout=subprocess.DEVNULL)
    load = ["--seed", "7", "--packets", "5000000", "--traffic", "poisson:rate=5M,bytes=64", *SMALL[2:]]
    rates = {"absent": [], "off": [], "alloc": [], "all": []}
    for attempt in range(6):
        rates["absent"].append(refnic_rate(f"{bare}/refnic", *load))
        rates["off"].append(refnic_rate(REFNIC, *load))
        for groups in ("alloc", "all"):
            db = f"{folder}/{groups}{attempt}.db"
            rates[groups].append(refnic_rate(POOLSCOPE, "record", "-q", "-e", groups, "-o", db, "--",
                                             REFNIC, *load))
    for state, values in rates.items():
        ratios = [v / a for v, a in zip(values[1:], rates["absent"][1:])]
        print(f"threads, tracing {state}: {median(values[1:]) / 1e6:.2f} M packets/s,"
              f" {median(ratios):.3f} x absent")


def stat(folder):
    """Whole runs of the command, start and end of the process included; the file is in the cache."""
    db, events = f"{folder}/stat.db", 0
    subprocess.run([REFNIC, "--clock", "virtual", "--seed", "7", "--packets", "12000000",
                    "--traffic", "poisson:rate=20k,bytes=64", "--hold", "exp:mean=200us", "-o", db],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name, argv in (("stat", ["stat", db]), ("stat --json", ["stat", db, "--json"]),
                       ("check", ["check", db, "--max-drops", "0", "--max-lead-p99", "1s"]),
                       ("top --once", ["top", db, "--once"])):
        times = []
        for attempt in range(21):
            start = time.monotonic()
            said = run(POOLSCOPE, *argv)
            times.append(time.monotonic() - start)
            if name == "stat --json":
                events = json.loads(said)["trace"]["events"]
        print(f"stat: {name}: {1000 * median(times[1:]):.1f} ms, worst {1000 * max(times[1:]):.1f} ms")
    print(f"stat: on {events} events, {os.path.getsize(db) / 1e6:.0f} MB")
    for form in ("csv", "jsonl", "chrome"):
        took = seconds(POOLSCOPE, "export", db, "--format", form)
        print(f"stat: export {form}: {events / took / 1e6:.2f} M events/s")


def frames(folder):
    """Every view at every zoom, on files made once: one long, two of many pools."""
    driver = [REFNIC, "--clock", "virtual", "--seed", "7"]
    long_one = ["--packets", "28000000", "--traffic", "mmpp:rate=20k,bytes=64", "--hold", "exp:mean=2ms",
                "--base", "64", "--block", "32", "--low", "24", "--high", "96", "--limit", "1024"]
    many = ["--adapters", "64", "--traffic", "burst:rate=20k", "--for", "3s"]
    db = f"{folder}/frames.db"
    for name, command in (("long", [*driver, *long_one, "-o", db]), ("64 pools", [*driver, *many, "-o", db]),
                          ("300 pools", [f"{BENCH}/pools", db, "300", "3"])):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        events = json.loads(run(POOLSCOPE, "stat", db, "--json"))["trace"]["events"]
        print(f"frames: {name}: {events} events, {os.path.getsize(db) / 1e6:.0f} MB")
        for size in ("80x24", "200x50"):
            for line in run(f"{BENCH}/frames", db, size).splitlines():
                what, *values = line.split(maxsplit=8)
                if what == "open":
                    print(f"frames: {name}, {size}: first screen after {values[0]} ms, at worst {values[1]}")
                elif what == "memory":
                    print(f"frames: {name}, {size}: at most {values[0]} MiB")
                else:
                    count, middle, p99, worst, cpu99, cpu, single, where = values
                    print(f"frames: {name}, {size}, {what}: {count} frames, median {middle} ms, p99 {p99} ms,"
                          f" worst {worst} ms; processor p99 {cpu99} ms, worst {cpu} ms ({where}); worst of one walk {single} ms")
        os.unlink(db)


def live_screen(folder, name, program, what, keys):
    """A recording of a shell's program with the viewer beside it; what screen.py prints, as numbers."""
    db = f"{folder}/{name}.db"
    process = subprocess.Popen([POOLSCOPE, "record", "-q", "-o", db, "--", "sh", "-c", program],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while time.monotonic() < until and not (os.path.exists(db) and (what.isdigit() or os.path.exists(what))):
        time.sleep(0.05)
    time.sleep(0.5)  # its pool's first events
    values = [float(x) for x in run(f"{SOURCE}/screen.py", what, keys, POOLSCOPE, "top", db).split()]
    if what.isdigit():
        process.terminate()
    process.wait()
    for suffix in ("", "-wal", "-shm"):  # the viewer may have been the last to close it
        if os.path.exists(db + suffix):
            os.unlink(db + suffix)
    return values


def screen(folder):
    """The same drops alone, and beside 100,000 events a second of another program; each three times."""
    said = f"{folder}/said"
    drops = f"exec {BENCH}/say 400 25 >{said}"
    for name, program, keys in (("alone, the log", drops, "5"),
                                ("alone, the log filtered", drops, "5frx_drop\\r"),
                                ("beside 100000/s, the log filtered", f"{EMIT} 2200000 100000 & {drops}", "5frx_drop\\r")):
        results = []
        for attempt in range(3):
            results.append(live_screen(folder, f"screen{attempt}", program, said, keys))
            os.unlink(said)
        p50, p99, worst, seen, of = (median(column) for column in zip(*results))
        print(f"screen: {name}: p50 {p50:.0f} ms, p99 {p99:.0f} ms, longest {worst:.0f} ms; {seen:.0f} of {of:.0f} seen")
    load = f"exec {REFNIC} --adapters 4 --traffic burst:rate=60k --for 60s"
    for view in "1234567":
        cpu, rate = live_screen(folder, f"live{view}", load, "10", view)
        print(f"screen: view {view}, live, 4 pools: {cpu:.1f} % of a core, {rate / 1000:.1f} kB/s")
    db = f"{folder}/ended.db"
    run(REFNIC, "--clock", "virtual", "--for", "20s", "-o", db)
    for view in "1234567":
        cpu, rate = [float(x) for x in run(f"{SOURCE}/screen.py", "10", view, POOLSCOPE, "top", db).split()]
        print(f"screen: view {view}, at rest: {cpu:.1f} % of a core, {rate / 1000:.1f} kB/s")


def trace_of(folder, packets):
    """A kept trace of refnic, both groups, as fast as its driver thread goes: about 0.94 events a packet."""
    subprocess.run([POOLSCOPE, "record", "-q", "-o", f"{folder}/live.db", "--keep-trace", f"{folder}/kept", "--",
                    REFNIC, "--clock", "virtual", "--seed", "7", "--packets", str(packets),
                    "--traffic", "poisson:rate=20k,bytes=64", "--hold", "exp:mean=2ms"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    for where, _, names in os.walk(f"{folder}/kept"):
        if "metadata" in names:
            return where
    sys.exit("import: no trace was kept")


def timed(*argv):
    """Wall and processor seconds of one run; the latter say something on a busy machine, too."""
    start = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{argv[0]} {argv[1]}: exit status {process.returncode}")
    return time.monotonic() - start, used.ru_utime + used.ru_stime


def paired(name, over, under):
    """The median of the ratios of runs that came one after the other."""
    wall, cpu = (median([o[i] / u[i] for o, u in zip(over, under)]) for i in (0, 1))
    return f"{name}: {wall:.2f} by the clock, {cpu:.2f} in processor time"


def importing(folder):
    """In turn: Babeltrace into nothing, Babeltrace into text, and the import; one run of each is warm-up."""
    trace = os.environ.get("TRACE") or trace_of(folder, 11_500_000)
    db = f"{folder}/import.db"
    runs = {"nothing": [], "import": [], "text": [], "stat": []}
    for _ in range(6):
        runs["nothing"].append(timed("babeltrace2", trace, "--component=sink.utils.dummy"))
        runs["import"].append(timed(POOLSCOPE, "import", "-q", "-o", db, trace))
        runs["stat"].append(timed(POOLSCOPE, "stat", db))
        runs["text"].append(timed("babeltrace2", trace))
        size = os.path.getsize(db)
        events = json.loads(run(POOLSCOPE, "stat", db, "--json"))["trace"]["events"]
        os.unlink(db)
    ctf = sum(os.path.getsize(f"{trace}/{name}") for name in os.listdir(trace) if os.path.isfile(f"{trace}/{name}"))
    good = {what: values[1:] for what, values in runs.items()}
    print(f"import: {events} events; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    for what, values in good.items():
        wall, cpu = (median([v[i] for v in values]) for i in (0, 1))
        print(f"import: {what}: {wall:.2f} s by the clock, {cpu:.2f} s of processor time")
    print("import: " + paired("import / Babeltrace into nothing", good["import"], good["nothing"]))
    print("import: " + paired("Babeltrace into text / import", good["text"], good["import"]))
    print(f"import: database {size / 1e6:.0f} MB, trace {ctf / 1e6:.0f} MB: {size / ctf:.2f} x")


def tuner(folder):
    """Made demands of a million steps each, then a recording of as many events."""
    print(run(f"{BENCH}/tuner"), end="")
    db = f"{folder}/tuner.db"
    subprocess.run([REFNIC, "--clock", "virtual", "--seed", "7", "--packets", "1000000", "--traffic",
                    "burst:rate=50k,bytes=64", "--base", "512", "--low", "400", "--high", "700", "-o", db],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    events = json.loads(run(POOLSCOPE, "stat", db, "--json"))["trace"]["events"]
    print(f"# recording of {events} events")
    print(run(f"{BENCH}/tuner", db), end="")


def answered(*argv):
    """Wall and processor seconds, and the peak of memory, of one answer, whatever it says."""
    start = time.monotonic()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode > 1:
        sys.exit(f"{argv[0]} {argv[1]}: exit status {process.returncode}")
    return time.monotonic() - start, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def first_answered(db):
    """Seconds until the first answer of `tune` stands at the other end of a pipe."""
    start = time.monotonic()
    with subprocess.Popen([POOLSCOPE, "tune", db], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        for line in process.stdout:
            if line.startswith(b"  bracket "):
                took = time.monotonic() - start
                break
        else:
            sys.exit(f"tune {db}: no first answer")
        process.stdout.read()
    return took


def first(folder):
    """`tune` on recordings of EVENTS events (1,000,000): until the first answer, whole runs, and one what-if."""
    events = int(os.environ.get("EVENTS", "1000000"))
    loads = (("calm", 1.07, ["poisson:rate=20k,bytes=64", "--hold", "exp:mean=2ms", "--base", "64", "--block", "32",
                             "--low", "24", "--high", "96", "--limit", "1024"]),
             ("bursty", 7.43, ["burst:rate=50k,bytes=64", "--base", "512", "--low", "400", "--high", "700"]),
             ("lossy", 1.3, ["mmpp:rate=20k,bytes=64", "--hold", "exp:mean=2ms", "--base", "64", "--block", "32",
                             "--low", "24", "--high", "96", "--limit", "160"]))
    for name, packets, options in loads:
        db = f"{folder}/first.db"
        subprocess.run([REFNIC, "--clock", "virtual", "--seed", "7", "--packets", str(round(packets * events)),
                        "--traffic", *options, "-o", db], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        stored = json.loads(run(POOLSCOPE, "stat", db, "--json"))["trace"]["events"]
        size = os.path.getsize(db)
        until = [first_answered(db) for _ in range(12 if events <= 4_000_000 else 4)][1:]
        print(f"first: {name}: first answer: {1000 * median(until):.0f} ms (best {1000 * min(until):.0f})")
        for what, more in (("tune", []), ("what-if", ["--what-if", "low=40,high=200,base=64,block=32"])):
            runs = [answered(POOLSCOPE, "tune", db, *more) for _ in range(12 if events <= 4_000_000 else 4)][1:]
            wall, cpu, peak = (median([r[i] for r in runs]) for i in range(3))
            print(f"first: {name}: {what}: {1000 * wall:.0f} ms (best {1000 * min(r[0] for r in runs):.0f}), "
                  f"{1000 * cpu:.0f} ms of processor time, {peak:.0f} MiB; {stored} events, {size / 1e6:.0f} MB")
        os.unlink(db)
    print(f"first: load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


PARTS = {"import": importing, "tuner": tuner, "first": first, "cost": cost, "rate": rate, "lag": lag, "memory": memory, "virtual": virtual,
         "threads": threads, "stat": stat, "frames": frames,
         "screen": screen}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="poolscope-bench-") as where:
            PARTS[part](where)
            sys.stdout.flush()
