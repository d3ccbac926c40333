#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""mutants.py POOLSCOPE TRACE NR [SEED]: imports damaged copies of a trace.

First every file cut off at every packet boundary and beside it, then NR copies damaged at random by the
seed: flipped bits, cut files, absurd numbers, bytes overwritten, pieces doubled or removed, files gone.
Each import must end within 60 s with status 0, 3 or 4, say why in lines of ours alone when it is not 0,
and leave a database that is whole and closed, or none.  Prints what failed and how to make it again.
"""
import os
import random
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile

PAGE = 4096


def files_of(trace):
    found = []
    for folder, _, names in os.walk(trace):
        found += [os.path.relpath(os.path.join(folder, name), trace) for name in names]
    return sorted(found)


def cuts(size):
    """Lengths to cut a file to: around each packet boundary, and around what a packet's head holds."""
    wanted = {0, 1, 20, 31, 32, 48, 63, 64, 87, 88, 100, size - 1}
    for at in range(PAGE, size, PAGE):
        wanted |= {at - 1, at, at + 1, at + 64, at + 100}
    return sorted(x for x in wanted if 0 <= x < size)


def flip(data, rng):
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        at = rng.randrange(len(data))
        data[at] ^= 1 << rng.randrange(8)


def cut(data, rng):
    del data[rng.randrange(len(data)):]


def absurd(data, rng):
    value = rng.choice((b"\xff\xff\xff\xff", b"\xff" * 8, b"\xff\xff\xff\x7f", b"\x00" * 8, b"\x00\x00\x00\x80"))
    at = rng.randrange(len(data))
    data[at:at + len(value)] = value


def overwrite(data, rng):
    at = rng.randrange(len(data))
    nr = min(rng.choice((16, 256, 4096)), len(data) - at)
    data[at:at + nr] = rng.randbytes(nr)


def double(data, rng):
    at = rng.randrange(len(data))
    data[at:at] = data[at:at + rng.choice((1, 64, PAGE))]


def remove(data, rng):
    at = rng.randrange(len(data))
    del data[at:at + rng.choice((1, 64, PAGE))]


def head(data, rng):
    """In the first bytes of a packet, where the sizes are."""
    at = rng.randrange(0, len(data), PAGE) + rng.randrange(92)
    if at < len(data):
        data[at] = rng.choice((0, 0xff, data[at] ^ 0x80))


def mutate(trace, rng):
    names = [name for name in files_of(trace) if os.path.getsize(os.path.join(trace, name))]
    streams = [name for name in names if "index" not in name and name != "metadata"]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        path = os.path.join(trace, rng.choice(rng.choice((names, streams, ["metadata"]))))
        if not os.path.exists(path):
            continue
        if rng.random() < 0.02:
            os.unlink(path)
            continue
        data = bytearray(open(path, "rb").read())
        if data:
            rng.choice((flip, cut, absurd, overwrite, double, remove, head, head))(data, rng)
            open(path, "wb").write(data)


def said(stderr, sanitized):
    """The lines of stderr.  With sanitizers the reading child keeps it open, and GLib and Babeltrace write there:
    Babeltrace also what it found wrong with itself before it gave up, with a table in the air."""
    lines = stderr.splitlines()
    if sanitized:
        lines = [line for line in lines if line and not re.match(r"\(process:|\d\d-\d\d \d\d:\d\d:| \(╯", line)]
    return lines


def complaint(poolscope, trace, folder):
    """What is wrong with the import of trace; None when nothing is."""
    db = os.path.join(folder, "x.db")
    try:
        done = subprocess.run([poolscope, "import", "-q", "-o", db, trace], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=60, check=False)
    except subprocess.TimeoutExpired:
        return "it hangs"
    lines = said(done.stderr, "-asan/" in poolscope or "-tsan/" in poolscope)
    if done.returncode not in (0, 3, 4):
        return f"exit status {done.returncode}: {done.stderr}"
    if done.stdout or any(not line.startswith("poolscope: ") for line in lines):
        return f"it says {done.stdout}{done.stderr}"
    if done.returncode and not lines:
        return f"exit status {done.returncode}, and not a word"
    if len(lines) > 4:
        return f"it says too much: {done.stderr}"
    if os.path.exists(db):
        con = sqlite3.connect(db)
        whole = con.execute("PRAGMA integrity_check").fetchone()[0]
        ended = con.execute("SELECT value FROM meta WHERE key = 'ended'").fetchone()[0]
        con.close()
        if whole != "ok" or ended == "recording":
            return f"the database is {whole}, ended: {ended}"
    for name in os.listdir(folder):
        if name.startswith("x.db"):
            os.unlink(os.path.join(folder, name))
    left = [name for name in os.listdir(folder) if name != "trace"]
    for name in left:
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    if left:
        return f"it leaves {left}"
    return None


def main():
    poolscope, source, nr = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    failed = done = 0
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="poolscope-mutants-", dir=memory) as folder:
        os.environ["TMPDIR"] = folder
        # What Babeltrace crashes of is not for a sanitizer to tell: it ends the child, as without one.
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS"):
            os.environ[name] = os.environ.get(name, "") + ":handle_segv=0:handle_sigbus=0:handle_abort=0"
        trace = os.path.join(folder, "trace")
        jobs = [(name, length) for name in files_of(source)
                for length in cuts(os.path.getsize(os.path.join(source, name)))]
        jobs += [(None, seed + i) for i in range(nr)]
        for name, number in jobs:
            shutil.rmtree(trace, ignore_errors=True)
            shutil.copytree(source, trace)
            if name:
                os.truncate(os.path.join(trace, name), number)
                label = f"{name} cut to {number} bytes"
            else:
                mutate(trace, random.Random(number))
                label = f"mutants.py {poolscope} {source} 1 {number}"
            why = complaint(poolscope, trace, folder)
            done += 1
            if why:
                failed += 1
                print(f"{label}: {why}")
    print(f"{done} damaged traces, {failed} failed")
    sys.exit(failed != 0)


main()
