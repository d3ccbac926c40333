#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""screen.py SAID KEYS COMMAND...: how long after a program said an event it stands on the screen of COMMAND.

Runs COMMAND on a terminal of 200x50, types KEYS, and reads what it shows.  SAID is the file that tests/bench/say
writes meanwhile.  Prints p50, p99 and the longest time in ms, and how many of its drops were seen, of how many.
With a number of seconds for SAID: the processor time of COMMAND over that time in percent of a core, and the bytes
that it wrote in a second.
"""
import fcntl
import os
import pty
import re
import select
import struct
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402

WIDTH, HEIGHT = 200, 50
DROP = re.compile(r" rx_drop .* (\d+) frames?,")


def start(argv):
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execvp(argv[0], argv)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    return pid, fd


def said(path):
    with open(path, encoding="ascii") as lines:
        return {int(n): int(ns) for n, ns in (line.split() for line in lines)}


def output(fd):
    """What COMMAND writes, b"" when it rests for a while; None at its end."""
    if not select.select([fd], [], [], 0.2)[0]:
        return b""
    try:
        return os.read(fd, 1 << 20)
    except OSError:
        return None


def wait_for_drops(fd):
    """When each drop was first seen; the end is when none came for four seconds."""
    screen, seen, newest = Terminal(WIDTH, HEIGHT), {}, time.monotonic()
    while time.monotonic() - newest < 4:
        data = output(fd)
        now = time.time_ns()
        if data is None:
            break
        screen.write(data)
        for row in screen.text() if data else ():
            found = DROP.search(row)
            if found and int(found.group(1)) not in seen:
                seen[int(found.group(1))] = now
                newest = time.monotonic()
    return seen


def used_s(pid):
    """Processor time of a process."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        user, system = stat.read().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def say_cost(pid, fd, seconds):
    began, used, size = time.monotonic(), used_s(pid), 0
    while time.monotonic() - began < seconds:
        size += len(output(fd) or b"")
    took = time.monotonic() - began
    print(f"{100 * (used_s(pid) - used) / took:.2f} {size / took:.0f}")


def say_lags(fd, path):
    seen, spoken = wait_for_drops(fd), said(path)
    lags = sorted((seen[n] - spoken[n]) / 1e6 for n in spoken if n in seen)
    if not lags:
        sys.exit("screen.py: no drop was seen")
    print(f"{lags[len(lags) // 2]:.1f} {lags[len(lags) * 99 // 100]:.1f} {lags[-1]:.1f} {len(lags)} {len(spoken)}")


def main():
    path, keys, *argv = sys.argv[1:]
    pid, fd = start(argv)
    while not output(fd):
        pass
    time.sleep(0.5)
    os.write(fd, keys.encode().decode("unicode_escape").encode())
    if path.isdigit():
        settled = time.monotonic() + 1
        while time.monotonic() < settled:
            output(fd)
        say_cost(pid, fd, int(path))
    else:
        say_lags(fd, path)
    os.write(fd, b"\x1bQ")
    os.close(fd)
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
