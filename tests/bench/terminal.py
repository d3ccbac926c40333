# SPDX-License-Identifier: MIT
"""A terminal that keeps what is written to it: what ncurses writes for TERM=xterm-256color, colours left out."""
import codecs
import re

SEQUENCE = re.compile(r"\x1b(?:\[([?>!]?)([\d;]*)([@-~])|[()].|[78=>MDEc]|\][^\x07\x1b]*(?:\x07|\x1b\\))")


class Terminal:
    def __init__(self, width, height):
        self.width, self.height = width, height
        self.rows = [[" "] * width for _ in range(height)]
        self.x = self.y = 0
        self.top, self.bottom = 0, height - 1
        self.last = " "
        self.rest = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def text(self):
        return ["".join(row) for row in self.rows]

    def write(self, data):
        text = self.rest + self.decoder.decode(data)
        self.rest = ""
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                self.put(text[at])
                at += 1
                continue
            found = SEQUENCE.match(text, at)
            if not found:  # the rest of it comes with the next read
                self.rest = text[at:]
                return
            if found.group(3) and not found.group(1):
                self.control(found.group(3), [int(n or 0) for n in found.group(2).split(";")])
            elif text[at + 1] == "M":
                self.reverse_feed()
            at = found.end()

    def put(self, char):
        if char == "\r":
            self.x = 0
        elif char == "\n":
            self.feed()
        elif char == "\b":
            self.x = max(self.x - 1, 0)
        elif char == "\t":
            self.x = min(self.x // 8 * 8 + 8, self.width - 1)
        elif char >= " ":
            if self.x == self.width:
                self.x = 0
                self.feed()
            self.rows[self.y][self.x] = self.last = char
            self.x += 1

    def blank(self):
        return [" "] * self.width

    def feed(self):
        if self.y == self.bottom:
            self.scroll(self.top, 1)
        else:
            self.y = min(self.y + 1, self.height - 1)

    def reverse_feed(self):
        if self.y == self.top:
            self.scroll(self.top, -1)
        else:
            self.y = max(self.y - 1, 0)

    def scroll(self, top, lines):
        """Rows top to the bottom of the region go up; down when lines are negative."""
        part = self.rows[top:self.bottom + 1]
        blank = [self.blank() for _ in range(min(abs(lines), len(part)))]
        part = part[len(blank):] + blank if lines > 0 else blank + part[:len(part) - len(blank)]
        self.rows[top:self.bottom + 1] = part

    def control(self, what, numbers):
        n = numbers[0] or 1
        row = self.rows[self.y]
        self.x = min(self.x, self.width - 1) if what not in "mb" else self.x
        if what in "Hf":
            self.y = min(n, self.height) - 1
            self.x = min((numbers[1] if len(numbers) > 1 else 1) or 1, self.width) - 1
        elif what in "ABCDGd":
            self.y = {"A": max(self.y - n, 0), "B": min(self.y + n, self.height - 1), "d": n - 1}.get(what, self.y)
            self.x = {"C": min(self.x + n, self.width - 1), "D": max(self.x - n, 0), "G": n - 1}.get(what, self.x)
        elif what == "J":
            first = {0: self.y, 1: 0, 2: 0}[numbers[0]]
            last = {0: self.height, 1: self.y, 2: self.height}[numbers[0]]
            for y in range(first + (numbers[0] == 0), last):
                self.rows[y] = self.blank()
            if numbers[0] == 0:
                row[self.x:] = " " * (self.width - self.x)
        elif what == "K":
            first, last = {0: (self.x, self.width), 1: (0, self.x + 1), 2: (0, self.width)}[numbers[0]]
            row[first:last] = " " * (last - first)
        elif what == "X":
            row[self.x:self.x + n] = " " * (min(self.x + n, self.width) - self.x)
        elif what == "b":
            for _ in range(n):
                self.put(self.last)
        elif what == "@":
            row[self.x:] = ([" "] * n + row[self.x:])[:self.width - self.x]
        elif what == "P":
            row[self.x:] = (row[self.x + n:] + [" "] * n)[:self.width - self.x]
        elif what in "LM":
            self.scroll(self.y, n if what == "M" else -n)
        elif what in "ST":
            self.scroll(self.top, n if what == "S" else -n)
        elif what == "r":
            self.top = n - 1
            self.bottom = ((numbers[1] if len(numbers) > 1 else 0) or self.height) - 1
            self.x = self.y = 0
